"""Permute gets its gradient rule: the axes of g are put back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_course.ops.movement import Permute

from ...exercise import Case, Exercise, Mistake
from .arrays import Shape, count
from .matmul import turned
from .rules import rule_case, with_rules


def _inverse_by_argsort(g: Any, axes: Any) -> Any:
    return Permute(g, axes=tuple(int(i) for i in np.argsort(axes)))


def _inverse_by_loop(g: Any, axes: Any) -> Any:
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return Permute(g, axes=tuple(back))


def _permute_case(name: str, shape: Shape, axes: Shape, tensors: bool = False) -> Case:
    g = count(*(shape[i] for i in axes))
    return rule_case(name, g, tensors, {"axes": axes}, x=np.zeros(shape))


PERMUTE = Exercise(
    id="06.Permute",
    target="tinygrad_course.ops.movement.Permute",
    minutes=7,
    difficulty=3,
    reference=Permute,
    cases=(
        _permute_case("x of shape (2, 3), axes = (1, 0)", (2, 3), (1, 0)),
        _permute_case("x of shape (2, 3, 4), axes = (2, 0, 1)", (2, 3, 4), (2, 0, 1)),
        _permute_case("x of shape (2, 2, 2), axes = (1, 2, 0)", (2, 2, 2), (1, 2, 0)),
        _permute_case("a Tensor of shape (2, 3, 4), axes = (2, 0, 1)", (2, 3, 4), (2, 0, 1), True),
    ),
    accepts=(with_rules(Permute, x=_inverse_by_argsort), with_rules(Permute, x=_inverse_by_loop)),
    mistakes=(
        Mistake(
            "the same again",
            with_rules(Permute, x=lambda g, axes: Permute(g, axes=axes)),
            "You exchange the axes once more in the same way. For two axes that leads back; for three it goes on in a "
            "circle. Axis number axes[i] of x is axis i of g: turn that round.",
        ),
        Mistake(
            "back to front",
            with_rules(Permute, x=lambda g, axes: Permute(g, axes=tuple(reversed(axes)))),
            "You read axes from the back. What is wanted is where each axis went to: the inverse of axes.",
        ),
        Mistake(
            "NumPy's transpose",
            with_rules(Permute, x=lambda g, axes: g.transpose(tuple(int(i) for i in np.argsort(axes)))),
            "Right for arrays. But g may be a Tensor, whose transpose exchanges two axes: use Permute(g, axes=...), "
            "which serves both.",
        ),
        Mistake(
            "a method of Tensors",
            with_rules(Permute, x=lambda g, axes: g.permute(tuple(int(i) for i in np.argsort(axes)))),
            "Only a Tensor has the method permute, and g may be an array. Permute(g, axes=...) serves both.",
        ),
        Mistake(
            "the last two exchanged",
            with_rules(Permute, x=lambda g: g.mT),
            "You exchange the last two axes, whatever axes says. Read axes: it tells where each one went.",
        ),
        Mistake(
            "all axes turned",
            with_rules(Permute, x=lambda g: turned(g)),
            "`.T` turns all axes round, whatever axes says. Read axes: it tells where each one went.",
        ),
        Mistake(
            "reshaped",
            with_rules(Permute, x=lambda g, shape: g.reshape(shape)),
            "The shape is right, the numbers are at the wrong places: reshape keeps the order of the numbers in "
            "memory, and moves no axis.",
        ),
        Mistake(
            "as it came",
            with_rules(Permute, x=lambda g: g),
            "g has the axes of the output. The gradient of x has those of x.",
        ),
    ),
    hints=(
        "Axis 0 of x went to some place in the output. Where in axes do you read which?",
        "Axis i of x stands in the output at axes.index(i). So the axes that lead back are that, for every i in order.",
        "Fill in what is missing:\nback = tuple(... for i in range(len(axes)))\nreturn Permute(g, axes=...)",
    ),
)
