"""Operations that fold axes away. `axis` is a tuple of axes counted from 0; `keepdims` leaves them with size 1."""

from __future__ import annotations

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
