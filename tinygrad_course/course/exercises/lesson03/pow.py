"""Pow gets its gradient rules: how a power hands g on to base and exponent."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinygrad_course.ops.elementwise import Log, Pow

from ...exercise import Exercise, Mistake
from .rules import graph_case, rule_case, tensor_case, with_rules


def _pow_x(slope: Callable) -> Callable:
    """A rule for x, from a slope in x, y and the base without zeros."""
    return lambda g, x, y: g * slope(x, y, x + (x == 0) * (y == 0))


def _pow_y(slope: Callable) -> Callable:
    """A rule for y, from a slope in x, y, z and the base without zeros."""
    return lambda g, x, y, z: g * slope(x, y, z, x + (x == 0) * (y >= 0))


POW = Exercise(
    id="03.Pow",
    target="tinygrad_course.ops.elementwise.Pow",
    minutes=15,
    difficulty=4,
    reference=Pow,
    cases=(
        rule_case([2.0], x=[3.0], y=[2.0]),
        rule_case([5.0, -4.0], x=[2.0, 4.0], y=[3.0, 0.5]),
        rule_case([3.0, 7.0], x=[5.0, 0.5], y=[-1.0, 4.0]),
        rule_case([3.0, 7.0, 2.0], x=[0.0, 0.0, 0.0], y=[2.0, 1.0, 0.0]),
        tensor_case([5.0, -4.0], x=[2.0, 4.0], y=[3.0, 0.5]),
        graph_case(x=[0.5, 1.5], y=[1.5, -0.5]),
        graph_case(x=[1.5, -1.0], y=3),
    ),
    accepts=(
        with_rules(Pow, x=_pow_x(lambda x, y, base: y * base ** (y - 1))),
        with_rules(Pow, x=lambda g, x, y: g * y * (x + (x == 0) * (y == 0)) ** (y - 1)),
        with_rules(Pow, y=_pow_y(lambda x, y, z, base: x**y * Log(base))),
    ),
    mistakes=(
        Mistake(
            "exponent as it was",
            with_rules(Pow, x=_pow_x(lambda x, y, base: y * base**y)),
            "In your rule for x the exponent stays as it was. Of x³ the slope is 3x²: the exponent comes down by one.",
        ),
        Mistake(
            "factor forgotten",
            with_rules(Pow, x=_pow_x(lambda x, y, base: base ** (y - 1))),
            "In your rule for x the old exponent is missing as a factor. Of x³ the slope is 3x², not x².",
        ),
        Mistake(
            "as for the base",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: x * y ** (x - 1))),
            "Your rule for y is the one for x with the letters exchanged. Where the exponent varies, the curve is one "
            "like exp, and its slope has the output in it.",
        ),
        Mistake(
            "logarithm forgotten",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z)),
            "Your rule for y has the output in it, as that of exp has. That is enough where the base is e. For another "
            "base one factor is missing.",
        ),
        Mistake(
            "logarithm of the exponent",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * Log(y))),
            "In your rule for y it is the logarithm of the wrong number. How fast 2**y grows has to do with the 2.",
        ),
        Mistake(
            "less one too late",
            with_rules(Pow, x=lambda g, x, y: g * y * (x + (x == 0) * (y == 0)) ** y - 1),
            "Python raises to the power before it subtracts, so your 1 is taken from the whole product. Put brackets "
            "round the exponent, y - 1.",
        ),
        Mistake(
            "output forgotten",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: Log(base))),
            "In your rule for y the output is missing. The slope of exp is its own height, here z, and the logarithm "
            "multiplies it.",
        ),
        Mistake(
            "exponent for output",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: y * Log(base))),
            "Your rule for y multiplies by y. That is so for the base; where the exponent varies, the output stands in "
            "its place.",
        ),
        Mistake(
            "g forgotten",
            with_rules(
                Pow,
                x=lambda g, x, y: y * (x + (x == 0) * (y == 0)) ** (y - 1),
                y=lambda g, x, y, z: z * Log(x + (x == 0) * (y >= 0)),
            ),
            "Your rules give the slopes of the power alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g forgotten for x",
            with_rules(Pow, x=lambda g, x, y: y * (x + (x == 0) * (y == 0)) ** (y - 1)),
            "Your rule for x gives the slope of the power alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g forgotten for y",
            with_rules(Pow, y=lambda g, x, y, z: z * Log(x + (x == 0) * (y >= 0))),
            "Your rule for y gives the slope of the power alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "z not handed in",
            with_rules(Pow, x=lambda g, x, y: g * y * z / x),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names, and in grad_x that is not z. Compute a power of `base` instead.",
        ),
        Mistake(
            "base not used for x",
            with_rules(Pow, x=lambda g, x, y: g * (y * x ** (y - 1))),
            "Right but for x = 0, where your rule for x gives nan. Its first line makes `base` for that: use it in "
            "place of x.",
        ),
        Mistake(
            "base not used for y",
            with_rules(Pow, y=lambda g, x, y, z: g * (z * Log(x))),
            "Right but for x = 0, where your rule for y gives nan. Its first line makes `base` for that: take the "
            "logarithm of it.",
        ),
        Mistake(
            "a Tensor's function",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * base.log())),
            "Arrays have no `.log()`, only Tensors have. `Log(base)` takes both.",
        ),
        Mistake(
            "logarithm of one number",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * math.log(base))),
            "Python's `math.log` takes one number, and an array has several. `Log(base)` takes both.",
        ),
        Mistake(
            "base not used",
            with_rules(Pow, x=lambda g, x, y: g * (y * x ** (y - 1)), y=lambda g, x, y, z: g * (z * Log(x))),
            "Right but for x = 0, where it is nan. The first line of each rule makes `base` for that: use it in place "
            "of x.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * np.log(base))),
            "Right for arrays. But a rule can be handed Tensors as well, and NumPy's function does not take those. "
            "`Log` is an operation and takes both.",
        ),
    ),
    hints=(
        "What is the slope of x³, and of x² and x, and which part of that does the exponent play?",
        "For x: the exponent becomes a factor, and the power one lower. For y: the output times the logarithm of the "
        "base, since x**y is exp(y log x). Take `base` where x would stand.",
        "Fill in what is missing:\ndef grad_x(g, x, y):\n    base = (the given line)\n    slope = ... * base ** (...)\n"
        "    return ...\n\ndef grad_y(g, x, y, z):\n    base = (the given line)\n    slope = ... * Log(...)\n"
        "    return ...",
    ),
)
