"""Sum gets its gradient rule: every element that was added gets g."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from tinygrad_course.ops.movement import Expand
from tinygrad_course.ops.reduce import Sum, kept

from ...exercise import Case, Exercise, Mistake
from .arrays import Shape, count
from .rules import graph_case, rule_case, tensor_case, with_rule


def sum_by_ones(g: Any, shape: Shape, axis: Shape) -> Any:
    return np.ones(shape) * g.reshape(kept(shape, axis))


def _sum_axis_by_axis(g: Any, shape: Shape, axis: Shape, keepdims: bool) -> Any:
    if not keepdims:
        g = g.reshape(tuple(1 if i in axis else n for i, n in enumerate(shape)))
    return g + np.zeros(shape)


def _sum_again_put_back(g: Any, shape: Shape, axis: Shape) -> Any:
    for i in sorted(axis):
        g = g.reshape((*g.shape[:i], 1, *g.shape[i:]))
    return np.ones(shape) * g


def _sum_divided(g: Any, shape: Shape, axis: Shape) -> Any:
    return sum_by_ones(g, shape, axis) / prod(shape[i] for i in axis)


def _sum_numpy(g: Any, shape: Shape, axis: Shape) -> Any:
    return np.broadcast_to(g.reshape(kept(shape, axis)), shape)


def _reduction_case(make: Callable, of: Shape, axis: Shape, keepdims: bool = False) -> Case:
    """A case for a reduction of 1, 2, 3 …, with 10, 20 … for g."""
    shape = kept(of, axis) if keepdims else tuple(n for i, n in enumerate(of) if i not in axis)
    name = f"x of shape {of}, axis = {axis}, keepdims = {keepdims}"
    made: Case = make(name, count(of), count(shape, 10), axis=axis, keepdims=keepdims)
    return made


SUM = Exercise(
    id="05.Sum",
    target="tinygrad_course.ops.reduce.Sum",
    minutes=9,
    difficulty=3,
    reference=Sum,
    cases=(
        _reduction_case(rule_case, (2, 3), (0, 1)),
        _reduction_case(rule_case, (2, 3), (0,)),
        _reduction_case(rule_case, (3, 3), (1,)),
        _reduction_case(rule_case, (2, 3), (1,), keepdims=True),
        _reduction_case(rule_case, (2, 2, 2), (0, 2)),
        _reduction_case(tensor_case, (3, 3), (1,)),
        graph_case("x of shape (2, 3), axis = (1,), keepdims = True", count((2, 3)), axis=(1,), keepdims=True),
    ),
    accepts=(with_rule(Sum, sum_by_ones), with_rule(Sum, _sum_axis_by_axis)),
    mistakes=(
        Mistake(
            "handed on",
            with_rule(Sum, lambda g: g),
            "Your rule hands g on as it is, with the shape of the sums. The gradient of x has the shape of x: repeat "
            "each sum's gradient for every number that went into it.",
        ),
        Mistake(
            "g forgotten",
            with_rule(Sum, lambda g, shape: np.ones(shape)),
            "The slope of a sum is 1 for each number, that is true. But what comes after the sum has its own slope, "
            "and that is g: 1 times g.",
        ),
        Mistake(
            "axis not put back",
            with_rule(Sum, lambda g, shape: Expand(g, size=shape)),
            "Broadcasting lays g flush right, which fits only where the folded axes were in front. Put a 1 where each "
            "folded axis was, with kept and reshape. On a square array nothing warns you: rows become columns.",
        ),
        Mistake(
            "put back twice",
            with_rule(Sum, _sum_again_put_back),
            "With keepdims=True the folded axes are still in g, and you put them in a second time. g.reshape to the "
            "shape wanted does for both.",
        ),
        Mistake(
            "expand_dims",
            with_rule(Sum, lambda g, shape, axis: Expand(np.expand_dims(g, axis), size=shape)),
            "np.expand_dims puts the folded axes in, and with keepdims=True they are there already. "
            "g.reshape(kept(shape, axis)) serves both, and Tensors too.",
        ),
        Mistake(
            "a Tensor's method, flush right",
            with_rule(Sum, lambda g, shape: g.expand(shape)),
            "g may be an array, which has no expand: use Expand(g, size=...). And first put a 1 where each folded axis "
            "was, with kept and reshape.",
        ),
        Mistake(
            "a Tensor's method",
            with_rule(Sum, lambda g, shape, axis: g.reshape(kept(shape, axis)).expand(shape)),
            "Right for Tensors. But g may be an array, which has no expand: use Expand(g, size=...), which serves "
            "both.",
        ),
        Mistake(
            "not repeated",
            with_rule(Sum, lambda g, shape, axis: g.reshape(kept(shape, axis))),
            "g has a 1 where each folded axis was, and that is half of it. Repeat it now, until it has the shape of x.",
        ),
        Mistake(
            "kept for g's shape",
            with_rule(Sum, lambda g, shape, axis: Expand(g.reshape(kept(g.shape, axis)), size=shape)),
            "axis counts the axes of x, and g has lost some of them. Ask kept(shape, axis): `shape` is that of x.",
        ),
        Mistake(
            "kept for g",
            with_rule(Sum, lambda g, shape, axis: Expand(kept(g, axis), size=shape)),
            "kept takes a shape and gives a shape, and g is an array. Reshape g to it: g.reshape(kept(shape, axis)).",
        ),
        Mistake(
            "size without its name",
            with_rule(Sum, lambda g, shape, axis: Expand(g.reshape(kept(shape, axis)), shape)),
            "The size is handed to Expand by its name: Expand(..., size=shape).",
        ),
        Mistake(
            "a column always",
            with_rule(Sum, lambda g, shape: Expand(g[..., None], size=shape)),
            "You put the new axis last, which is right where the last one was folded. kept(shape, axis) has it where "
            "it was.",
        ),
        Mistake(
            "divided",
            with_rule(Sum, _sum_divided),
            "You divide by the number of summands. That is the rule of a mean; in a sum each number counts in full.",
        ),
        Mistake(
            "added up",
            with_rule(Sum, lambda g, shape: np.ones(shape) * g.sum()),
            "You add up the gradients of all the sums. Each number went into one of them, and hears of that one's "
            "gradient alone.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rule(Sum, _sum_numpy),
            "Right for arrays. But a rule is handed Tensors where a gradient is to have a gradient of its own, and "
            "NumPy's function cannot follow them. Expand does the same for both.",
        ),
    ),
    hints=(
        "If one number of a row grows by 1, by how much does the row's sum grow, and which of the numbers in g knows "
        "what that is worth?",
        "Two steps: give g an axis of size 1 where each folded one was, then repeat it until it has the shape of x. "
        "`kept` says the first shape, `Expand` does the second.",
        "Fill in what is missing:\ndef grad_x(g, shape, axis):\n    column = g.reshape(...)\n"
        "    return Expand(..., size=...)",
    ),
)
