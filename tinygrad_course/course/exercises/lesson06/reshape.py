"""Reshape gets its gradient rule: g gets the shape of x again."""

from __future__ import annotations

import numpy as np

from tinygrad_course.ops.movement import Reshape

from ...exercise import Case, Exercise, Mistake
from .arrays import Shape, count
from .rules import rule_case, with_rules


def _reshape_case(name: str, shape: Shape, size: Shape, tensors: bool = False) -> Case:
    return rule_case(name, count(*size), tensors, {"size": size}, x=np.zeros(shape))


RESHAPE = Exercise(
    id="06.Reshape",
    target="tinygrad_course.ops.movement.Reshape",
    minutes=3,
    difficulty=1,
    reference=Reshape,
    cases=(
        _reshape_case("x of shape (2, 3), size = (6,)", (2, 3), (6,)),
        _reshape_case("x of shape (2, 3), size = (3, 2)", (2, 3), (3, 2)),
        _reshape_case("a Tensor of shape (2, 3), size = (6,)", (2, 3), (6,), True),
    ),
    accepts=(with_rules(Reshape, x=lambda g, shape: Reshape(g, size=shape)),),
    mistakes=(
        Mistake(
            "as it came",
            with_rules(Reshape, x=lambda g: g),
            "g has the shape of the output. The gradient of x has the shape of x.",
        ),
        Mistake(
            "transposed",
            with_rules(Reshape, x=lambda g, shape: g.reshape(tuple(reversed(shape))).mT),
            "You turn the matrix round on the way back. On the way forward no number has moved: give g the old shape, "
            "and nothing else.",
        ),
    ),
    hints=(
        "Did any number move in memory?",
        "The numbers are the same, in the same order. Only the shape is to be put back, and the rule may read `shape`.",
        "Fill in what is missing:\ndef grad_x(g, ...):\n    return g....",
    ),
)
