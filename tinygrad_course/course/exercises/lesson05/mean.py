"""mean averages over an axis, over several, or over all."""

from __future__ import annotations

from math import prod
from typing import Any
from unittest.mock import patch

import numpy as np

import tinygrad_course as tg
from tinygrad_course.methods.reductions import Reductions

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf
from .arrays import Shape, count


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


def _mean_sizes_added(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    axes = tuple(range(x.ndim)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return x.sum(dim, keepdim) / sum(x.shape[i] for i in axes)


def _mean_upside_down(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    total = x.sum(dim, keepdim)
    return total / (total.numel() / x.numel())


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
            "sizes added",
            _mean_sizes_added,
            "You add the sizes of the folded axes. 2 rows of 3 hold 6 numbers, not 5: multiply them.",
        ),
        Mistake(
            "upside down",
            _mean_upside_down,
            "You divide by the count after over the count before. It is the other way round.",
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
