"""Expand gets its gradient rule: what was repeated adds up."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_course.ops.movement import Expand

from ...exercise import Exercise, Mistake
from .arrays import Shape, count
from .rules import graph_case, rule_case, tensor_case, with_rule
from .sum_to import sum_to_mean, sum_to_one_copy, sum_to_padded


def _expand_unrolled(g: Any, shape: Shape) -> Any:
    return sum_to_padded(g, shape)


def _expand_first_axis(g: Any, shape: Shape) -> Any:
    return g.sum(axis=0)


EXPAND = Exercise(
    id="05.Expand",
    target="tinygrad_course.ops.movement.Expand",
    minutes=4,
    difficulty=1,
    reference=Expand,
    cases=(
        rule_case("x of shape (3,), size = (2, 3)", count((3,)), count((2, 3), 10), size=(2, 3)),
        rule_case("x of shape (2, 1), size = (2, 3)", count((2, 1)), count((2, 3), 10), size=(2, 3)),
        rule_case("x of shape (), size = (4,)", count(()), count((4,), 10), size=(4,)),
        rule_case("x of shape (3, 1), size = (2, 3, 2)", count((3, 1)), count((2, 3, 2), 10), size=(2, 3, 2)),
        tensor_case("x of shape (3,), size = (2, 3)", count((3,)), count((2, 3), 10), size=(2, 3)),
        graph_case("x of shape (3,), size = (2, 3)", count((3,)), size=(2, 3)),
    ),
    accepts=(with_rule(Expand, _expand_unrolled),),
    mistakes=(
        Mistake(
            "handed on",
            with_rule(Expand, lambda g: g),
            "Your rule hands g on as it is, with the shape of the output. The gradient of x has the shape of x: bring "
            "the copies together.",
        ),
        Mistake(
            "everything",
            with_rule(Expand, lambda g: g.sum()),
            "You sum all numbers into one. Each number of x was repeated by itself: only its own copies belong to it.",
        ),
        Mistake(
            "mean",
            with_rule(Expand, sum_to_mean),
            "You take the mean of the copies. Each copy brings a part, and parts are added.",
        ),
        Mistake(
            "first axis",
            with_rule(Expand, _expand_first_axis),
            "You sum over the first axis, wherever x was repeated. Which axes those are, `shape` and g.shape tell.",
        ),
        Mistake(
            "one copy",
            with_rule(Expand, sum_to_one_copy),
            "You keep the gradient of the first copy. All copies are in the output, and each brings a part.",
        ),
        Mistake(
            "repeated again",
            with_rule(Expand, lambda g, shape: Expand(g, size=shape)),
            "You repeat once more. The way back undoes the repeating: many copies become the one that they came from.",
        ),
        Mistake(
            "NumPy's repeating",
            with_rule(Expand, lambda g, shape: np.broadcast_to(g, shape)),
            "np.broadcast_to repeats, as the way forward did. On the way back the copies add up to the one that they "
            "came from.",
        ),
        Mistake(
            "reshaped",
            with_rule(Expand, lambda g, shape: g.reshape(shape)),
            "reshape keeps all the numbers, and g has more of them than x. Bring the copies together first.",
        ),
    ),
    hints=(
        "x was repeated on the way forward. What is done with the gradients of the copies?",
        "You have just written the function that sums g over the repeated axes. What does it need?",
        "Fill in what is missing:\ndef grad_x(g, shape):\n    return ...(g, ...)",
    ),
)
