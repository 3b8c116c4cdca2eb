"""neuron_rule sends a gradient back through tanh(w * a + b), rule by rule, to w, a and b."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_course.ops.elementwise import Add, Mul
from tinygrad_course.ops.functions import Tanh

from ...exercise import Case, Exercise, Mistake, Piece


def neuron_rule(g: Any, w: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The gradients of w, a and b, where z = tanh(w * a + b) and g is the gradient of z."""
    p = w * a
    s = p + b
    z = math.tanh(s)
    g_s = Tanh.grad_x(g, z)
    g_p, g_b = Add.grad_x(g_s), Add.grad_y(g_s)
    return Mul.grad_x(g_p, a), Mul.grad_y(g_p, w), g_b


def _neuron_spelt_out(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    z = math.tanh(w * a + b)
    slope = g * (1 - z * z)
    return slope * a, slope * w, slope


def _neuron_listed(g: float, w: float, a: float, b: float) -> list[float]:
    return list(_neuron_spelt_out(g, w, a, b))


def _neuron_straight(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    return g * a, g * w, g


def _neuron_input(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    s = w * a + b
    slope = g * (1 - s * s)
    return slope * a, slope * w, slope


def _neuron_g_forgotten(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    return _neuron_spelt_out(1.0, w, a, b)


def _neuron_own_number(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, to_b = _neuron_spelt_out(g, w, a, b)
    return to_a, to_w, to_b


def _neuron_added(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    *_, slope = _neuron_spelt_out(g, w, a, b)
    return slope + a, slope + w, slope


def _neuron_one_for_b(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, _ = _neuron_spelt_out(g, w, a, b)
    return to_w, to_a, 1.0


def _neuron_b_straight(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, _ = _neuron_spelt_out(g, w, a, b)
    return to_w, to_a, g


def _neuron_both_handed(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    *_, slope = _neuron_spelt_out(g, w, a, b)
    rule_w: Any = Mul.grad_x
    rule_a: Any = Mul.grad_y
    return rule_w(slope, w, a), rule_a(slope, w, a), slope


def _neuron_b_times(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, to_b = _neuron_spelt_out(g, w, a, b)
    return to_w, to_a, to_b * b


def _neuron_case(g: float, w: float, a: float, b: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        gradients = piece(g, w, a, b)
        named = {f"gradient of {name}": gradient for name, gradient in zip("wab", gradients, strict=False)}
        return {**named, "how many gradients": len(gradients)}

    return Case(f"g = {g}, w = {w}, a = {a}, b = {b}", run)


NEURON_RULE = Exercise(
    id="03.neuron_rule",
    target=None,
    minutes=12,
    difficulty=3,
    reference=neuron_rule,
    cases=(
        _neuron_case(1.0, 2.0, 3.0, -6.0),
        _neuron_case(1.0, 0.5, 1.5, -0.25),
        _neuron_case(-4.0, 0.5, -1.5, 0.25),
        _neuron_case(5.0, -2.0, 0.5, 0.3),
    ),
    accepts=(_neuron_spelt_out, _neuron_listed),
    mistakes=(
        Mistake(
            "past tanh",
            _neuron_straight,
            "You hand g on to the sum as if tanh were not there. g is the gradient of z; tanh's rule makes of it the "
            "gradient of s.",
        ),
        Mistake(
            "input for output",
            _neuron_input,
            "You have put s into tanh's slope. The rule reads z, the output of tanh.",
        ),
        Mistake(
            "g forgotten",
            _neuron_g_forgotten,
            "Your way back begins with 1. It begins with g, whatever that is: behind the neuron there may be a whole "
            "network.",
        ),
        Mistake(
            "the two exchanged",
            _neuron_own_number,
            "The gradients of w and a have changed places. In a product each is multiplied by the other's value.",
        ),
        Mistake(
            "added",
            _neuron_added,
            "At the product you add the slope to what arrives. Slopes along one path are multiplied.",
        ),
        Mistake(
            "1 for b",
            _neuron_one_for_b,
            "The slope of a sum is 1, that is true. But b gets 1 times what arrived at s, not 1.",
        ),
        Mistake(
            "b past tanh",
            _neuron_b_straight,
            "You hand g on to b as it is. b is behind tanh as the others are: it gets what arrives at s.",
        ),
        Mistake(
            "too much handed in",
            _neuron_both_handed,
            "You hand the product's rules both numbers. `Mul.grad_x` reads `y` alone, which is a here; `Mul.grad_y` "
            "reads `x` alone, which is w.",
        ),
        Mistake(
            "b times b",
            _neuron_b_times,
            "You multiply the gradient of b by b. It is only added to the rest, and a sum hands on what it gets.",
        ),
    ),
    hints=(
        "Which operation was the last on the way forward, and so is the first on the way back?",
        "Three steps: tanh's rule turns g into the gradient of s. The sum hands that on to p and to b. The product's "
        "two rules turn the gradient of p into those of w and a.",
        "Fill in what is missing:\ng_s = Tanh.grad_x(..., ...)\ng_p, g_b = ..., ...\ng_w = Mul.grad_x(..., ...)\n"
        "g_a = Mul.grad_y(..., ...)\nreturn g_w, g_a, g_b",
    ),
)
