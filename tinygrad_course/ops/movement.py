"""Operations that lay the same numbers out in another shape."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided

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


class Cat(Op):
    """Several tensors one after another along an axis; the other sizes are equal."""

    label, onnx, promotes = "cat", "Concat", "common"

    def forward(*xs, axis):
        return np.concatenate(xs, axis)

    def grad_xs(g, i, shapes, axis):
        start = sum(shape[axis] for shape in shapes[:i])
        return g[(slice(None),) * axis + (slice(start, start + shapes[i][axis]),)]


class Pad(Op):
    """x with a border of one value; widths holds a pair (before, after) for each axis."""

    label, onnx = "pad", "Pad"

    def forward(x, *, widths, value):
        size = [before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)]
        z = np.full_like(x, value, shape=size)  # in the order of x's memory
        z[inside(x.shape, widths)] = x
        return z

    def grad_x(g, shape, widths):
        return g[inside(shape, widths)]


def inside(shape, widths):
    """The slices at which a tensor of this shape lies within its border."""
    return tuple(slice(before, before + n) for n, (before, after) in zip(shape, widths, strict=True))


class Flip(Op):
    """The order along some axes turned round."""

    label, onnx = "flip", "Slice"

    def forward(x, *, axes):
        return np.flip(x, axes).copy()

    def grad_x(g, axes):
        return Flip(g, axes=axes)


class Roll(Op):
    """The elements moved along some axes; what leaves at one end comes back at the other."""

    label = "roll"

    def forward(x, *, shifts, axes):
        return np.roll(x, shifts, axes)

    def grad_x(g, shifts, axes):
        return Roll(g, shifts=tuple(-shift for shift in shifts), axes=axes)


class Trilu(Op):
    """The lower, or upper, triangle of the last two axes, with zeros elsewhere; diagonal k is kept."""

    label, onnx = "triangle", "Trilu"

    def forward(x, *, k, upper):
        return np.triu(x, k) if upper else np.tril(x, k)

    def grad_x(g, k, upper):
        return Trilu(g, k=k, upper=upper)


class Diagonal(Op):
    """The main diagonal of the last two axes, which have one size."""

    label, views = "diagonal", True

    def forward(x):
        return np.einsum("...ii->...i", x)

    def grad_x(g):
        return DiagonalMatrix(g)


class DiagonalMatrix(Op):
    """Square matrices with the last axis of x on their diagonal and zeros elsewhere."""

    label = "diagonal matrix"

    def forward(x):
        z = np.zeros((*x.shape, x.shape[-1]), x.dtype)
        np.einsum("...ii->...i", z)[...] = x
        return z

    def grad_x(g):
        return Diagonal(g)


class Window(Op):
    """Every window of `size` over the last axes, as new axes at the end: (..., places, size); nothing is copied.

    A window begins at each multiple of `step`; its elements stand `dilation` apart.
    """

    label, views = "windows", True

    def forward(x, *, size, step, dilation):
        return windows(x, size, step, dilation)

    def grad_x(g, shape, size, step, dilation):
        return Fold(g, size=shape[len(shape) - len(size) :], step=step, dilation=dilation)


class Fold(Op):
    """The reverse of Window: windows put back into last axes of this `size`, and summed where they meet."""

    label, onnx = "fold", "Col2Im"

    def forward(x, *, size, step, dilation):
        return fold(x, size, step, dilation)

    def grad_x(g, shape, size, step, dilation):
        return Window(g, size=shape[len(shape) - len(size) :], step=step, dilation=dilation)


def places(length, size, step, dilation):
    """How many windows of this size fit into an axis of this length."""
    return (length - dilation * (size - 1) - 1) // step + 1


def windows(x, size, step, dilation):
    """The array that Window is; a view."""
    lead = x.ndim - len(size)
    counts = tuple(map(places, x.shape[lead:], size, step, dilation))
    strides = x.strides[lead:]
    jumps = tuple(a * s for a, s in zip(strides, step, strict=True))
    apart = tuple(a * d for a, d in zip(strides, dilation, strict=True))
    return as_strided(x, x.shape[:lead] + counts + tuple(size), x.strides[:lead] + jumps + apart)


@lru_cache
def positions(size, counts, step, dilation):
    """For each position inside a window, the key of that element in all windows: slices of the last axes."""
    keys = []
    for position in itertools.product(*map(range, size)):
        begin = [i * d for i, d in zip(position, dilation, strict=True)]
        keys.append((..., *(slice(b, b + c * s, s) for b, c, s in zip(begin, counts, step, strict=True))))
    return keys


def fold(x, size, step, dilation):
    """The array that Fold is: one addition for each position inside a window. Its memory is in the order of x's."""
    n = len(size)
    counts, kernel = x.shape[-2 * n : -n], x.shape[-n:]
    z = np.zeros_like(x[(..., *(0,) * n)], shape=(*x.shape[: -2 * n], *size))
    for at, position in zip(positions(kernel, counts, step, dilation), np.ndindex(kernel), strict=True):
        z[at] += x[(..., *position)]
    return z
