"""Lesson 05, Tensors: arrays in the nodes, what broadcasting does to a gradient, reductions, a first regression."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from math import prod
from typing import Any
from unittest.mock import patch

import numpy as np

import tinygrad_course as tg
from tinygrad_course.graph import Op, sum_to
from tinygrad_course.methods.reductions import Reductions
from tinygrad_course.ops.movement import Expand
from tinygrad_course.ops.reduce import Max, Sum, kept

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction

Shape = tuple[int, ...]


def count(shape: Shape, times: float = 1.0) -> np.ndarray:
    """An array of this shape that holds 1, 2, 3 and so on, times a number."""
    return times * np.arange(1.0, prod(shape) + 1).reshape(shape)


def leaf(array: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(array, dtype=tg.float64, requires_grad=True)


def with_rule(op: type[Op], rule: Callable) -> type[Op]:
    """The operation with another gradient rule for x."""
    made: type[Op] = type(op.__name__, (Op,), {"forward": op.forward, "grad_x": rule})
    return made


def apply_rule(op: Any, g: Any, x: Any, **params: Any) -> Any:
    """What the rule for x gives for g, handed whatever it names."""
    rule, z = op.rules["x"], op(x, **params)
    known = {"x": x, "z": z, "shape": x.shape, "shapes": (x.shape,), "i": 0, **params}
    return as_array(rule.function(g, *[known[name] for name in rule.reads]))


def as_array(gradient: Any) -> Any:
    """NumPy's sums come as numbers of its own where no axis is left; the engine takes them for arrays."""
    return np.asarray(gradient) if isinstance(gradient, np.generic) else gradient


def rule_case(name: str, x: np.ndarray, g: np.ndarray, **params: Any) -> Case:
    """The rule by itself, on arrays."""
    return Case(name, lambda op: {"gradient of x": apply_rule(op, g, x, **params)})


def tensor_case(name: str, x: np.ndarray, g: np.ndarray, **params: Any) -> Case:
    """The rule by itself on Tensors, through which a gradient travels in its turn."""

    def run(op: Piece) -> dict[str, Any]:
        asked = leaf(g)
        gradient = apply_rule(op, asked, leaf(x), **params)
        (gradient * count(gradient.shape)).sum().backward()
        return {"gradient of x": gradient, "g.grad": asked.grad}

    return Case(f"{name}; x and g are Tensors", run)


def graph_case(name: str, x: np.ndarray, **params: Any) -> Case:
    """The operation in a graph: its output, and what backward brings to x if the output is weighed 1, 2, 3 …"""

    def run(op: Piece) -> dict[str, Any]:
        asked = leaf(x)
        y = op(asked, **params)
        (y * count(y.shape)).sum().backward()
        return {"x.grad": asked.grad, "output": y}

    return Case(f"{name}; in a graph, backward from (output * [1, 2, 3 …]).sum()", run)


# broadcast_shape


def broadcast_shape(a: Shape, b: Shape) -> Shape:
    """The shape of x + y, where x has shape a and y has shape b. Raises ValueError where they do not fit."""
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    for i, j in zip(a, b, strict=True):
        if i != j and 1 not in (i, j):
            raise ValueError(f"{a} and {b} do not fit: {i} and {j} differ, and neither is 1")
    return tuple(j if i == 1 else i for i, j in zip(a, b, strict=True))


def _shape_by_numpy(a: Shape, b: Shape) -> Shape:
    return np.broadcast_shapes(a, b)


def _shape_backwards(a: Shape, b: Shape) -> Shape:
    found: list[int] = []
    for i, j in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if i == j or j == 1:
            found.insert(0, i)
        elif i == 1:
            found.insert(0, j)
        else:
            raise ValueError
    return tuple(found)


def _shape_from_the_left(a: Shape, b: Shape) -> Shape:
    return broadcast_shape(a[::-1], b[::-1])[::-1]


def _shape_cut(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b))
    return broadcast_shape(a[len(a) - n :], b[len(b) - n :])


def _shape_zipped(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b))
    return broadcast_shape(a[:n], b[:n])


def _shape_never_refuses(a: Shape, b: Shape) -> Shape:
    return tuple(map(max, zip_longest(a[::-1], b[::-1], fillvalue=1)))[::-1]


def _shape_no_stretching(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b))
    if a[len(a) - n :] != b[len(b) - n :]:
        raise ValueError
    return max(a, b, key=len)


def _shape_second_only(a: Shape, b: Shape) -> Shape:
    if broadcast_shape(a, b) != a:
        raise ValueError
    return a


def _shape_same_length(a: Shape, b: Shape) -> Shape:
    if len(a) != len(b):
        raise ValueError
    return broadcast_shape(a, b)


def _shape_from_minus_0(a: Shape, b: Shape) -> Shape:
    found: list[int] = []
    for k in range(max(len(a), len(b))):
        i = a[-k] if k < len(a) else 1
        j = b[-k] if k < len(b) else 1
        if i != j and 1 not in (i, j):
            raise ValueError
        found.insert(0, j if i == 1 else i)
    return tuple(found)


def _shape_list(a: Shape, b: Shape) -> Any:
    return list(broadcast_shape(a, b))


def _shape_larger(a: Shape, b: Shape) -> Shape:
    n = max(len(a), len(b))
    broadcast_shape(a, b)
    return tuple(map(max, (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b))


def _shape_case(a: Shape, b: Shape) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        try:
            shape = piece(a, b)
            return {"shape": str(tuple(shape)), "it is a": type(shape).__name__}
        except ValueError:
            return {"shape": "a ValueError"}

    return Case(f"a = {a}, b = {b}", run)


BROADCAST_SHAPE = Exercise(
    id="05.broadcast_shape",
    target=None,
    minutes=7,
    difficulty=2,
    reference=broadcast_shape,
    cases=(
        _shape_case((2, 3), (2, 3)),
        _shape_case((2, 3), (3,)),
        _shape_case((3,), (2, 3)),
        _shape_case((), (2,)),
        _shape_case((2, 3), (2, 1)),
        _shape_case((5, 1), (1, 4)),
        _shape_case((4,), (5, 1)),
        _shape_case((2, 3), (2,)),
        _shape_case((2,), (3,)),
        _shape_case((7, 1, 5), (6, 1)),
        _shape_case((2, 1), (0,)),
    ),
    accepts=(_shape_by_numpy, _shape_backwards),
    mistakes=(
        Mistake(
            "from the left",
            _shape_from_the_left,
            "You compare the shapes from the first axis on. They are laid flush right: begin at the last axis of both.",
        ),
        Mistake(
            "cut",
            _shape_cut,
            "Where one shape is longer, its first axes are missing in your answer. A missing size counts as 1, so the "
            "longer shape's stays.",
        ),
        Mistake(
            "zip alone",
            _shape_zipped,
            "zip lays the first axes side by side, and stops where the shorter shape ends. Shapes are laid flush "
            "right: first fill up the shorter one in front with 1.",
        ),
        Mistake(
            "never refuses",
            _shape_never_refuses,
            "You take the larger size, whatever the other is. Two rows and three rows cannot be laid on each other: "
            "where sizes differ and neither is 1, raise ValueError.",
        ),
        Mistake(
            "nothing is stretched",
            _shape_no_stretching,
            "You refuse sizes that differ even where one is 1. A size of 1 is stretched to the other's.",
        ),
        Mistake(
            "second alone",
            _shape_second_only,
            "You stretch b to the shape of a, but a is never stretched. Either can be, at each axis anew: a column "
            "and a row both are.",
        ),
        Mistake(
            "one length",
            _shape_same_length,
            "You refuse shapes of different lengths. The shorter one is filled up in front with 1.",
        ),
        Mistake(
            "from -0",
            _shape_from_minus_0,
            "a[-0] is a[0], the first size. Counted from the end the last one is a[-1]: let the count begin at 1.",
        ),
        Mistake("a list", _shape_list, "You give back a list. A shape is a tuple."),
        Mistake(
            "the larger",
            _shape_larger,
            "You take the larger of two sizes. That is right but for one case: a size of 1 gives way to the other, to "
            "0 as well.",
        ),
    ),
    hints=(
        "If both shapes had the same number of axes, what would you do at each axis?",
        "Put as many 1 in front of the shorter shape as it lacks. Then go through both at once: equal sizes stay, a 1 "
        "gives way to the other, anything else is an error.",
        "Fill in what is missing:\nlonger = ...\na = (1,) * ... + a\nb = ...\nshape = []\n"
        "for i, j in zip(a, b):\n    if ...:\n        raise ValueError\n    shape.append(...)\nreturn tuple(shape)",
    ),
)


# sum_to


def _stretched(g: Any, shape: Shape) -> Shape:
    """The axes of g that were stretched, counted behind the extra ones."""
    extra = g.ndim - len(shape)
    return tuple(extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1)


def _extra(g: Any, shape: Shape) -> Shape:
    return tuple(range(g.ndim - len(shape)))


def _sum_to_by_loops(g: Any, shape: Shape) -> Any:
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g


def _sum_to_padded(g: Any, shape: Shape) -> Any:
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    for i, (n, m) in enumerate(zip(padded, g.shape, strict=True)):
        if n != m:
            g = g.sum(axis=i, keepdims=True)
    return g.reshape(shape)


def _sum_to_stretched_only(g: Any, shape: Shape) -> Any:
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g


def _sum_to_extra_only(g: Any, shape: Shape) -> Any:
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    return g


def _sum_to_stretched_first(g: Any, shape: Shape) -> Any:
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return _sum_to_extra_only(g, shape)


def _sum_to_axes_lost(g: Any, shape: Shape) -> Any:
    axes = (*_extra(g, shape), *_stretched(g, shape))
    return g.sum(axis=axes) if axes else g


def _sum_to_last_first(g: Any, shape: Shape) -> Any:
    while g.ndim > len(shape):
        g = g.sum(axis=-1)
    return _sum_to_stretched_only(g, shape)


def _sum_to_counted_axes(g: Any, shape: Shape) -> Any:
    for i in range(g.ndim - len(shape)):
        g = g.sum(axis=i)
    return _sum_to_stretched_only(g, shape)


def _sum_to_everything(g: Any, shape: Shape) -> Any:
    return g if g.shape == shape else g.sum()


def _sum_to_mean(g: Any, shape: Shape) -> Any:
    axes = (*_extra(g, shape), *_stretched(g, shape))
    return g.mean(axis=axes, keepdims=True).reshape(shape) if axes else g


def _sum_to_one_copy(g: Any, shape: Shape) -> Any:
    for _ in _extra(g, shape):
        g = g[0]
    return g[tuple(slice(0, n) for n in shape)]


def _sum_to_no_axes(g: Any, shape: Shape) -> Any:
    if extra := _extra(g, shape):
        g = g.sum(axis=extra)
    return g.sum(axis=_stretched(g, shape), keepdims=True)


def _sum_to_list(g: Any, shape: Shape) -> Any:
    return g.sum(axis=[*_extra(g, shape), *_stretched(g, shape)], keepdims=True).reshape(shape)


def _sum_to_case(of: Shape, to: Shape) -> Case:
    return Case(f"g = 1, 2, 3 … of shape {of}, shape = {to}", lambda piece: {"summed": as_array(piece(count(of), to))})


def _sum_to_tensor(piece: Piece) -> dict[str, Any]:
    return {"summed": piece(leaf(count((2, 3))), (3,))}


SUM_TO = Exercise(
    id="05.sum_to",
    target="tinygrad_course.graph.sum_to",
    minutes=12,
    difficulty=4,
    reference=sum_to,
    cases=(
        _sum_to_case((2, 3), (2, 3)),
        _sum_to_case((2, 3), (3,)),
        _sum_to_case((2, 3), (2, 1)),
        _sum_to_case((3, 3), (3,)),
        _sum_to_case((2, 3), ()),
        _sum_to_case((2, 1), (1, 1)),
        _sum_to_case((2, 3, 4), (3, 1)),
        Case("g = a Tensor, 1, 2, 3 … of shape (2, 3), shape = (3,)", _sum_to_tensor),
    ),
    accepts=(_sum_to_by_loops, _sum_to_padded),
    mistakes=(
        Mistake(
            "extra axes missed",
            _sum_to_stretched_only,
            "You sum the axes of size 1, but g can also have more axes than `shape`. Those stand in front, and the "
            "array was repeated along them too. Once they are gone, the rest is counted from 0.",
        ),
        Mistake(
            "axes of size 1 missed",
            _sum_to_extra_only,
            "You sum the axes that g has in front, and stop there. Where `shape` has a 1 and g has more, the array was "
            "stretched, and that axis is to be summed as well.",
        ),
        Mistake(
            "size 1 first",
            _sum_to_stretched_first,
            "You look for the axes of size 1 while g still has extra axes in front, so axis i of `shape` is another "
            "axis of g. Sum the extra ones away first.",
        ),
        Mistake(
            "axes lost",
            _sum_to_axes_lost,
            "The sums are right, but an axis of size 1 has gone. `shape` has it: keep it with keepdims=True, or "
            "reshape at the end.",
        ),
        Mistake(
            "last for first",
            _sum_to_last_first,
            "You take away the extra axes at the end. Shapes are laid flush right, so the extra ones are in front. On "
            "a square array this gives the right shape and wrong numbers.",
        ),
        Mistake(
            "axes counted on",
            _sum_to_counted_axes,
            "You sum axis 0, then axis 1, and so on. But once axis 0 is gone, the next one is axis 0 in its turn: sum "
            "axis 0 each time, or all of them in one call.",
        ),
        Mistake(
            "everything",
            _sum_to_everything,
            "You sum all numbers into one. Sum only over those axes along which the array was repeated; the others "
            "stay.",
        ),
        Mistake(
            "mean",
            _sum_to_mean,
            "You take the mean of the copies. Each copy brings a part of the gradient, and parts are added.",
        ),
        Mistake(
            "no axes, all axes",
            _sum_to_no_axes,
            "Right for arrays. But where no axis is left to sum, you ask for axis=(). NumPy then sums nothing, a "
            "Tensor, as PyTorch's does, sums everything. Sum only if there is an axis.",
        ),
        Mistake(
            "a list of axes",
            _sum_to_list,
            "You ask for a list of axes. NumPy wants one number or a tuple: axis=tuple(axes).",
        ),
    ),
    hints=(
        "How do you see from g.shape and `shape` along which axes the array was repeated?",
        "There are two kinds. Axes that g has more, in front: sum them away. Axes where `shape` has a 1: sum them, but "
        "leave them in place.",
        "Fill in what is missing:\nwhile g.ndim > ...:\n    g = g.sum(axis=...)\nfor i, n in enumerate(shape):\n"
        "    if ...:\n        g = g.sum(axis=..., keepdims=...)\nreturn ...",
    ),
)


# Expand


def _expand_unrolled(g: Any, shape: Shape) -> Any:
    return _sum_to_padded(g, shape)


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
            with_rule(Expand, _sum_to_mean),
            "You take the mean of the copies. Each copy brings a part, and parts are added.",
        ),
        Mistake(
            "first axis",
            with_rule(Expand, _expand_first_axis),
            "You sum over the first axis, wherever x was repeated. Which axes those are, `shape` and g.shape tell.",
        ),
        Mistake(
            "one copy",
            with_rule(Expand, _sum_to_one_copy),
            "You keep the gradient of the first copy. All copies are in the output, and each brings a part.",
        ),
        Mistake(
            "repeated again",
            with_rule(Expand, lambda g, shape: Expand(g, size=shape)),
            "You repeat once more. The way back undoes the repeating: many copies become the one that they came from.",
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


# Sum


def _sum_by_ones(g: Any, shape: Shape, axis: Shape) -> Any:
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
    return _sum_by_ones(g, shape, axis) / prod(shape[i] for i in axis)


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
    accepts=(with_rule(Sum, _sum_by_ones), with_rule(Sum, _sum_axis_by_axis)),
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


# mean


def _mean_by_axes(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    axes = tuple(range(x.ndim)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return x.sum(dim, keepdim) / prod(x.shape[i] for i in axes)


def _mean_by_counts(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    total = x.sum(dim, keepdim)
    return total * (total.numel() / x.numel())


def _mean_is_sum(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return x.sum(dim, keepdim)


def _mean_of_all(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return x.sum(dim, keepdim) / x.numel()


def _mean_of_rows(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return x.sum(dim, keepdim) / len(x)


def _mean_one_axis(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return x.sum(dim, keepdim) / (x.numel() if dim is None else x.shape[dim])


def _mean_zero_is_false(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return x.sum(dim, keepdim) / (x.shape[dim] if dim else x.numel())


def _mean_keepdim_lost(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return _mean_by_axes(x, dim)


def _mean_cut(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return tg.tensor(np.mean(x.data, axis=dim, keepdims=keepdim))


def _mean_by_itself(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return x.mean(dim, keepdim)


def _not_yet(*args: Any, **options: Any) -> Any:
    raise RuntimeError("mean is what you are writing")


def _mean_case(shape: Shape, *args: Any, **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf(count(shape) ** 2)
        with patch.object(Reductions, "mean", _not_yet), patch.object(tg, "mean", _not_yet):
            y = piece(x, *args, **options)
        (y * count(y.shape)).sum().backward()
        return {"mean": y, "x.grad": x.grad}

    given = "".join(f", {text}" for text in (*map(str, args), *(f"{k}={v}" for k, v in options.items())))
    return Case(f"x of shape {shape}, mean(x{given}), backward from (mean * [1, 2, 3 …]).sum()", run)


MEAN = Exercise(
    id="05.mean",
    target="tinygrad_course.mean",
    minutes=6,
    difficulty=2,
    reference=tg.mean,
    cases=(
        _mean_case((2, 3)),
        _mean_case((2, 3), 0),
        _mean_case((2, 3), 1),
        _mean_case((2, 3), -1),
        _mean_case((2, 3), 1, keepdim=True),
        _mean_case((2, 3, 4), (0, 2), True),
    ),
    accepts=(_mean_by_axes, _mean_by_counts),
    mistakes=(
        Mistake(
            "sum",
            _mean_is_sum,
            "This is the sum. A mean divides it by how many numbers went in, and so its gradient is that much smaller.",
        ),
        Mistake(
            "by all numbers",
            _mean_of_all,
            "You divide by the count of all numbers in x. Along an axis, fewer went into each average.",
        ),
        Mistake(
            "by the rows",
            _mean_of_rows,
            "You divide by the number of rows, len(x), whichever axis is asked for. Count what was folded into each "
            "average.",
        ),
        Mistake(
            "one axis",
            _mean_one_axis,
            "Right for one axis. But dim may also be a tuple of axes, and x.shape[dim] knows nothing of that. The "
            "count of numbers before and the count after serve every case.",
        ),
        Mistake(
            "0 is false",
            _mean_zero_is_false,
            "You treat axis 0 as if no axis were given: `if dim` is false for 0 as well. Ask whether it `is None`. And "
            "dim may also be a tuple of axes.",
        ),
        Mistake(
            "keepdim lost",
            _mean_keepdim_lost,
            "The averages are right, but keepdim is not passed on: with it the folded axes stay, with size 1.",
        ),
        Mistake(
            "graph cut",
            _mean_cut,
            "The averages are right, but you took the array out of the Tensor, and the graph ends there. Use the "
            "Tensor's own sum, and the gradient comes by itself.",
        ),
        Mistake(
            "by itself",
            _mean_by_itself,
            "You ask the Tensor for the mean, but that is what you are writing: inside mine() yours takes its place "
            "and would call itself without end. Put it together from x.sum and a count.",
        ),
    ),
    hints=(
        "How many numbers of x go into each number of the result?",
        "Sum first, and let dim and keepdim go to the sum. Then count: if 24 numbers became 3, how many went into "
        "each?",
        "Fill in what is missing:\ntotal = x.sum(..., ...)\neach = x.numel() / ...\nreturn ...",
    ),
)


# Max


def _max_mask(x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    return x == z.reshape(kept(shape, axis))


def _max_numbers(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = (x == z.reshape(kept(shape, axis))) * 1.0
    return mask / mask.sum(axis=axis, keepdims=True) * g.reshape(kept(shape, axis))


def _max_whole(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    return _max_mask(x, z, axis, shape) * g.reshape(kept(shape, axis))


def _max_first(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask, places = np.asarray(_max_mask(x, z, axis, shape)), np.arange(prod(shape)).reshape(shape)
    first = np.where(mask, places, places.size).min(axis=axis, keepdims=True)
    return (places == first) * g.reshape(kept(shape, axis))


def _max_of_all(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    mask = x == x.max()
    return mask * g.reshape(kept(shape, axis)) / mask.sum()


def _max_of_all_whole(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    return (x == x.max()) * g.reshape(kept(shape, axis))


def _max_of_all_plain(g: Any, x: Any) -> Any:
    return (x == x.max()) * g


def _max_of_all_shared(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    mask = x == x.max()
    return mask * g.reshape(kept(shape, axis)) / mask.sum(axis=axis, keepdims=True)


def _max_of_all_plain_shared(g: Any, x: Any) -> Any:
    mask = x == x.max()
    return mask * g / mask.sum()


def _max_counts_all(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = _max_mask(x, z, axis, shape)
    return mask * g.reshape(kept(shape, axis)) / mask.sum()


def _max_count_folded(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = _max_mask(x, z, axis, shape)
    return mask * g.reshape(kept(shape, axis)) / mask.sum(axis=axis)


def _max_plain_shared(g: Any, x: Any, z: Any) -> Any:
    mask = x == z
    return mask * g / mask.sum()


def _max_flush_right(g: Any, x: Any, z: Any, axis: Shape) -> Any:
    mask = x == z
    return mask * (g / mask.sum(axis=axis, keepdims=True))


def _max_plain(g: Any, x: Any, z: Any) -> Any:
    return (x == z) * g


def _max_asks_again(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    return _max_numbers(g, x, x.max(axis=axis, keepdims=True), axis, shape)


def _max_to_all(g: Any, axis: Shape, shape: Shape) -> Any:
    return _sum_by_ones(g, shape, axis)


TIED = np.array([[1.0, 7.0, 7.0], [9.0, 2.0, 4.0]])
SQUARE = np.array([[3.0, 5.0, 1.0], [5.0, 5.0, 2.0], [4.0, 1.0, 4.0]])
CUBE = np.array([[[1.0, 8.0], [6.0, 3.0]], [[8.0, 8.0], [2.0, 5.0]]])


def _max_case(make: Callable, x: np.ndarray, axis: Shape, keepdims: bool = False) -> Case:
    shape = x.max(axis=axis, keepdims=keepdims).shape
    name = f"x = {x.tolist()}, axis = {axis}, keepdims = {keepdims}"
    made: Case = make(name, x, count(shape, 12), axis=axis, keepdims=keepdims)
    return made


MAX = Exercise(
    id="05.Max",
    target="tinygrad_course.ops.reduce.Max",
    minutes=10,
    difficulty=4,
    reference=Max,
    cases=(
        _max_case(rule_case, np.array([2.0, 5.0, 3.0]), (0,)),
        _max_case(rule_case, np.array([2.0, 5.0, 5.0]), (0,)),
        _max_case(rule_case, TIED, (0,)),
        _max_case(rule_case, SQUARE, (1,)),
        _max_case(rule_case, TIED, (1,), keepdims=True),
        _max_case(rule_case, CUBE, (0, 2)),
        _max_case(tensor_case, SQUARE, (1,)),
        graph_case("the same x, axis = (1,), keepdims = False", SQUARE, axis=(1,), keepdims=False),
    ),
    accepts=(with_rule(Max, _max_numbers),),
    mistakes=(
        Mistake(
            "the whole to each",
            with_rule(Max, _max_whole),
            "Where several are largest, each of them gets the whole gradient from you. They share it equally: divide "
            "by how many they are.",
        ),
        Mistake(
            "the first alone",
            with_rule(Max, _max_first),
            "Where several are largest, the first takes all. Nothing sets it apart from the others: they share "
            "equally.",
        ),
        Mistake(
            "the largest of all",
            with_rule(Max, _max_of_all),
            "You look for the largest number of the whole array. With an axis, each row or column has a largest of its "
            "own: they are in z.",
        ),
        Mistake(
            "the largest of all, not shared",
            with_rule(Max, _max_of_all_whole),
            "You compare with the largest of all, not of each row: those are in z. And where several are largest, "
            "they share the gradient equally.",
        ),
        Mistake(
            "the largest of all, shared along axis",
            with_rule(Max, _max_of_all_shared),
            "You compare with the largest of all, not of each row. In a row that does not hold it nobody is left to "
            "share, and you divide by 0. The largest of each row are in z.",
        ),
        Mistake(
            "the largest of all, shared by all",
            with_rule(Max, _max_of_all_plain_shared),
            "You compare with the largest of all, not of each row: those are in z. Bring z and g to kept(shape, axis) "
            "before they meet x, and count the largest along `axis`.",
        ),
        Mistake(
            "the largest of all, as it is",
            with_rule(Max, _max_of_all_plain),
            "You compare with the largest of all, not of each row: those are in z. Bring z and g to kept(shape, axis) "
            "before they meet x, and let several largest share equally.",
        ),
        Mistake(
            "all ties together",
            with_rule(Max, _max_counts_all),
            "You divide by the number of largest ones in the whole array. Count them along `axis`, for each maximum by "
            "itself.",
        ),
        Mistake(
            "count folded",
            with_rule(Max, _max_count_folded),
            "Your count of the largest has lost the folded axes, so it is laid at the wrong place, or does not fit at "
            "all. Count with keepdims=True.",
        ),
        Mistake(
            "as they are, shared",
            with_rule(Max, _max_plain_shared),
            "Right where one maximum is taken of all. Else z and g have lost the folded axes: bring both to "
            "kept(shape, axis), and count the largest along `axis`, with keepdims=True.",
        ),
        Mistake(
            "axis not put back",
            with_rule(Max, _max_flush_right),
            "z and g have lost the folded axes, so comparing x with z lays them at the wrong place, or does not work "
            "at all. Bring both to kept(shape, axis) first.",
        ),
        Mistake(
            "as they are",
            with_rule(Max, _max_plain),
            "Two things are missing. Several largest share the gradient equally. And z and g have lost the folded "
            "axes: bring both to kept(shape, axis) before they meet x.",
        ),
        Mistake(
            "asks again",
            with_rule(Max, _max_asks_again),
            "Right for arrays. But x may be a Tensor, whose max takes other arguments, and there is no need to ask "
            "again: z holds the maxima.",
        ),
        Mistake(
            "to all",
            with_rule(Max, _max_to_all),
            "You hand the gradient to every number. Only those that are equal to the maximum have a say in it.",
        ),
    ),
    hints=(
        "How do you find out, for all numbers at once, which of them are the largest of their row?",
        "Compare x with z, once z has its folded axes back as 1. The result holds True at the largest. Summed along "
        "the axis it says how many share; multiplied by a share it keeps the others at 0.",
        "Fill in what is missing:\ndef grad_x(g, x, z, axis, shape):\n    folded = kept(shape, axis)\n"
        "    is_largest = x == ...\n    how_many = is_largest.sum(axis=..., keepdims=...)\n"
        "    return is_largest * (...)",
    ),
)


# step


def step(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    """Take one step of linear regression, and give back the loss as it was before the step."""
    error = (x * w).sum(1) + b - target
    value = loss(error)
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value.item())


def _descended(error: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    """A step, where the errors are known."""
    value = loss(error)
    w.grad = b.grad = None
    value.backward()
    w.data -= lr * w.grad.data
    b.data -= lr * b.grad.data
    return float(value.item())


def _step_on_data(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(dim=-1) + b - target, w, b, loss, lr)


def _step_zeroed_after(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((w * x).sum(axis=1) - target + b)
    value.backward()
    with tg.no_grad():
        for p in (w, b):
            p.copy_(p - p.grad * lr)
            p.grad = None
    return float(value.item())


def _step_not_cleared(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    value.backward()
    w.data -= lr * w.grad.data
    b.data -= lr * b.grad.data
    return float(value.item())


def _step_column(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(1, keepdim=True) + b - target, w, b, loss, lr)


def _step_loss_after(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    step(x, target, w, b, loss, lr)
    return float(loss((x * w).sum(1) + b - target).item())


def _step_twice(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    w.grad = b.grad = None
    value.backward(retain_graph=True)
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value.item())


def _step_uphill(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return step(x, target, w, b, loss, -lr)


def _step_columns(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(0) + b - target, w, b, loss, lr)


def _step_one_sum(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum() + b - target, w, b, loss, lr)


def _step_turned(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended(target - (x * w).sum(1) - b, w, b, loss, lr)


def _step_new_names(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    w.grad = b.grad = None
    value.backward()
    return float(value.item())


def _step_recorded(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    value.backward()
    w -= lr * w.grad
    return float(value.item())


def _step_number_first(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target).item()
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value)


def _step_b_stays(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(1) + b - target, w, b.detach().requires_grad_(), loss, lr)


def _step_own_rate(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return step(x, target, w, b, loss, 0.1)


def _step_own_loss(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    error = (x * w).sum(1) + b - target
    value = (error * error).mean()
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value.item())


def mean_square(error: Any) -> Any:
    """The mean of the squares: large errors count more."""
    return (error * error).mean()


def mean_exp(error: Any) -> Any:
    """The mean of exp: too much counts more than too little."""
    return error.exp().mean()


def _step_case(shape: Shape, loss: Callable, steps: int, left_over: float | None = None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(count(shape, 0.1) ** 2, dtype=tg.float64)
        target = tg.tensor(count(shape[:1], 0.5), dtype=tg.float64)
        w, b = leaf(count(shape[1:], 0.3)), leaf(0.2)
        if left_over is not None:
            w.grad = tg.full_like(w, left_over)
        losses = [piece(x, target, w, b, loss, 0.03) for _ in range(steps)]
        return {"loss": losses[-1], "w": w.detach(), "b": b.detach(), "w and b are leaves": w.is_leaf and b.is_leaf}

    much = "one step" if steps == 1 else f"the last of {steps} steps"
    before = "" if left_over is None else f", w.grad is {left_over} from something before"
    return Case(f"x of shape {shape}, loss = {loss.__name__}, lr = 0.03, {much}{before}", run)


STEP = Exercise(
    id="05.step",
    target=None,
    minutes=10,
    difficulty=3,
    reference=step,
    cases=(
        _step_case((1, 1), mean_square, 1),
        _step_case((4, 2), mean_square, 1),
        _step_case((4, 2), mean_square, 3),
        _step_case((3, 3), mean_square, 1),
        _step_case((4, 2), mean_exp, 1),
        _step_case((4, 2), mean_square, 1, left_over=1.0),
    ),
    accepts=(_step_on_data,),
    mistakes=(
        Mistake(
            "not cleared",
            _step_not_cleared,
            "The first step is right, the later ones are not: the gradients of the earlier ones are still there, and "
            "the new one was added to them. Set w.grad and b.grad to None before backward.",
        ),
        Mistake(
            "cleared after the step",
            _step_zeroed_after,
            "You clear the gradients after the step, so that the first step still has what somebody left there. Clear "
            "them before backward.",
        ),
        Mistake(
            "a column",
            _step_column,
            "Your sum keeps the folded axis, so the predictions are a column, of shape (n, 1). Minus the target, of "
            "shape (n,), that is a table of (n, n). Leave keepdim out.",
        ),
        Mistake(
            "the loss after the step",
            _step_loss_after,
            "You give back the loss as it is after the step. Take the one that backward began with.",
        ),
        Mistake(
            "backward twice",
            _step_twice,
            "Your step is twice as long as it should be: backward is called twice, and what the second pass brings is "
            "added to the first. Call it once for each step.",
        ),
        Mistake(
            "a rate of its own",
            _step_own_rate,
            "Your learning rate is 0.1 whatever is asked for. lr is an argument: use it.",
        ),
        Mistake(
            "a loss of its own",
            _step_own_loss,
            "Your loss is the mean of the squares whatever is asked for. Use the loss that was handed in: loss(error).",
        ),
        Mistake(
            "uphill",
            _step_uphill,
            "Your step goes with the gradient, which is where the loss grows. Go the other way.",
        ),
        Mistake(
            "columns",
            _step_columns,
            "You add up each column of the table. A flower is a row: its numbers lie along axis 1, and one prediction "
            "is wanted for each row.",
        ),
        Mistake(
            "one sum",
            _step_one_sum,
            "You add up the whole table into one number, and broadcasting then quietly compares it with every target. "
            "One prediction is wanted for each row.",
        ),
        Mistake(
            "turned round",
            _step_turned,
            "Your error is target minus prediction. With squares nobody notices; a loss that tells too much from too "
            "little is turned round.",
        ),
        Mistake(
            "new names",
            _step_new_names,
            "The loss is right, but w and b are as before. `w = w - ...` makes a new Tensor and calls it w; the one "
            "outside your function stays as it is. Write into it: `w -= ...`.",
        ),
        Mistake(
            "recorded",
            _step_recorded,
            "The step itself is being recorded as if it belonged to the model, and that is refused for a leaf. Put it "
            "under `with tg.no_grad():`.",
        ),
        Mistake(
            "a number too early",
            _step_number_first,
            ".item() gives a plain number, which has no graph to go back through. Call backward on the Tensor, and "
            "take the number out where you give it back.",
        ),
        Mistake(
            "b stays",
            _step_b_stays,
            "w learns and b stays where it was. It has a gradient too: move both.",
        ),
    ),
    hints=(
        "What are the four parts of a step, from the table to the moved w and b?",
        "First the predictions: multiply, broadcasting w over the rows, and sum along the right axis. Then the loss of "
        "the errors. Then clear both gradients and call backward. Then move both, with nothing recorded.",
        "Fill in what is missing:\nprediction = (...).sum(...) + ...\nnow = loss(...)\nfor p in (w, b):\n    p.grad = "
        "...\n...\nwith tg.no_grad():\n    for p in (w, b):\n        p -= ...\nreturn ...",
    ),
)

PREDICTIONS = (
    Prediction(
        "column-and-row",
        (3, 4),
        "The column is repeated for each of the four places of the row, and the row for each of the three places of "
        "the column: every number of one meets every number of the other.",
    ),
    Prediction(
        "one-for-all",
        6,
        "b was added to each of the six numbers, so if it grows by 1, the sum grows by 6.",
    ),
    Prediction(
        "ties",
        0.5,
        "Two are largest, and they share the gradient of 1 equally. It is a choice, and PyTorch's too.",
    ),
    Prediction(
        "bug-square",
        (150, 150),
        "The predictions have shape (150,), the target is a column, (150, 1). Broadcasting compares every prediction "
        "with every target, so the best the program can do is to predict the average each time. The target was cut out "
        "with table[:, 3:], which keeps the axis; table[:, 3] has shape (150,).",
    ),
    Prediction(
        "bug-sum",
        "the loss",
        "It is a sum over 150 flowers where it was a mean, so its gradient is 150 times as large, and each step jumps "
        "far beyond the goal. With a mean, one learning rate suits a table of any length.",
        choices=("the loss", "the target", "too few steps"),
    ),
)

LESSON = Lesson("05", __name__, (BROADCAST_SHAPE, SUM_TO, EXPAND, SUM, MEAN, MAX, STEP), PREDICTIONS, dtype="float64")
