"""Operations that lay the same numbers out in another shape."""

from __future__ import annotations

import numpy as np

from ..graph import Op, sum_to


class Reshape(Op):
    """The same numbers, in the same order, in another shape."""

    label, onnx, views = "reshape", "Reshape", True

    def forward(x, *, size):
        return x.reshape(size)

    def grad_x(g, shape):
        return g.reshape(shape)


class Expand(Op):
    """Repeat axes of size 1, and new leading axes, without copying."""

    label, onnx, views = "expand", "Expand", True

    def forward(x, *, size):
        return np.broadcast_to(x, size)

    def grad_x(g, shape):
        return sum_to(g, shape)


class Permute(Op):
    """The axes in another order: axis i of the output is axis axes[i] of x."""

    label, onnx, views = "permute", "Transpose", True

    def forward(x, *, axes):
        return x.transpose(axes)

    def grad_x(g, axes):
        return Permute(g, axes=tuple(sorted(range(len(axes)), key=axes.__getitem__)))


class Clone(Op):
    """A copy with memory of its own."""

    label, onnx = "copy", "Identity"

    def forward(x):
        return x.copy()

    def grad_x(g):
        return g


class Cast(Op):
    """The same numbers in another dtype."""

    label, onnx = "cast", "Cast"

    def forward(x, *, dtype):
        return x.astype(dtype)

    def grad_x(g):
        return g
