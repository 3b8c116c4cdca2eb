"""sum_to undoes broadcasting: it sums a gradient over the axes along which a shape was repeated."""

from __future__ import annotations

from typing import Any

from tinygrad_course.graph import sum_to

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf
from .arrays import Shape, as_array, count


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


def sum_to_padded(g: Any, shape: Shape) -> Any:
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


def sum_to_mean(g: Any, shape: Shape) -> Any:
    axes = (*_extra(g, shape), *_stretched(g, shape))
    return g.mean(axis=axes, keepdims=True).reshape(shape) if axes else g


def sum_to_one_copy(g: Any, shape: Shape) -> Any:
    for _ in _extra(g, shape):
        g = g[0]
    return g[tuple(slice(0, n) for n in shape)]


def _sum_to_no_axes(g: Any, shape: Shape) -> Any:
    if extra := _extra(g, shape):
        g = g.sum(axis=extra)
    return g.sum(axis=_stretched(g, shape), keepdims=True)


def _sum_to_extra_left(g: Any, shape: Shape) -> Any:
    return g.sum(axis=(*_extra(g, shape), *_stretched(g, shape)), keepdims=True)


def _sum_to_one_kind(g: Any, shape: Shape) -> Any:
    if extra := _extra(g, shape):
        return g.sum(axis=extra)
    return g.sum(axis=_stretched(g, shape), keepdims=True)


def _sum_to_not_shifted(g: Any, shape: Shape) -> Any:
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=(*_extra(g, shape), *ones), keepdims=True).reshape(shape)


def _sum_to_from_the_left(g: Any, shape: Shape) -> Any:
    for i, n in enumerate(shape):
        if g.shape[i] != n:
            g = g.sum(axis=i, keepdims=True)
    return g.reshape(shape)


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
    accepts=(_sum_to_by_loops, sum_to_padded),
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
            "extra axes left",
            _sum_to_extra_left,
            "The sums are right, but the axes that g has in front are still there, with size 1. Reshape to `shape` at "
            "the end.",
        ),
        Mistake(
            "one kind alone",
            _sum_to_one_kind,
            "You sum the axes in front or those of size 1, never both. Where g has more axes, go on after them: "
            "`shape` may have a 1 as well.",
        ),
        Mistake(
            "not shifted",
            _sum_to_not_shifted,
            "Where g has extra axes in front, axis i of `shape` is not axis i of g. Add to i how many axes g has more.",
        ),
        Mistake(
            "from the left",
            _sum_to_from_the_left,
            "You compare the two shapes from the left. They are laid flush right: the extra axes of g stand in front.",
        ),
        Mistake(
            "reshaped",
            lambda g, shape: g.reshape(shape),
            "reshape keeps all the numbers, and `shape` has room for fewer. Sum over the repeated axes first.",
        ),
        Mistake(
            "everything",
            _sum_to_everything,
            "You sum all numbers into one. Sum only over those axes along which the array was repeated; the others "
            "stay.",
        ),
        Mistake(
            "mean",
            sum_to_mean,
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
