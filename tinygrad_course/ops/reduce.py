"""Operations along axes. `axis` is a tuple of axes counted from 0; `keepdims` leaves folded axes with size 1."""

from __future__ import annotations

import numpy as np

from ..graph import Op
from .movement import Expand


def kept(shape: tuple[int, ...], axis: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that a reduction of `shape` over `axis` has with keepdims=True."""
    return tuple(1 if i in axis else n for i, n in enumerate(shape))


class Sum(Op):
    """Sum over axes."""

    label, onnx = "Σ", "ReduceSum"

    def forward(x, *, axis, keepdims):
        return x.sum(axis=axis, keepdims=keepdims)

    def grad_x(g, shape, axis):
        return Expand(g.reshape(kept(shape, axis)), size=shape)


class Max(Op):
    """Largest value over axes; where several are largest, the gradient is shared equally among them."""

    label, onnx = "max", "ReduceMax"

    def forward(x, *, axis, keepdims):
        return x.max(axis=axis, keepdims=keepdims)

    def grad_x(g, x, z, axis, shape):
        largest = x == z.reshape(kept(shape, axis))
        return largest * (g.reshape(kept(shape, axis)) / largest.sum(axis=axis, keepdims=True))


class Min(Op):
    """Smallest value over axes; where several are smallest, the gradient is shared equally among them."""

    label, onnx = "min", "ReduceMin"

    def forward(x, *, axis, keepdims):
        return x.min(axis=axis, keepdims=keepdims)

    def grad_x(g, x, z, axis, shape):
        smallest = x == z.reshape(kept(shape, axis))
        return smallest * (g.reshape(kept(shape, axis)) / smallest.sum(axis=axis, keepdims=True))


class CumSum(Op):
    """Running sum along one axis (a number here): from its start, or with reverse from its end."""

    label, onnx = "Σ…", "CumSum"

    def forward(x, *, axis, reverse):
        return np.flip(np.flip(x, axis).cumsum(axis), axis) if reverse else x.cumsum(axis)

    def grad_x(g, axis, reverse):
        return CumSum(g, axis=axis, reverse=not reverse)
