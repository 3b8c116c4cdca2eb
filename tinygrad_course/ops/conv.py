"""Convolution and pooling over any number of axes of space: x is (n, channels, *space). Borders are Pad's affair.

stride, dilation and kernel sizes are tuples with one number for each axis of space. Convolution is linear in its input
and in its weight, so that Conv, ConvInput and ConvWeight are each other's rules and every derivative stays among them.

A convolution is a matrix product: each window of x is a row of the first matrix, the weight is the second. What comes
out has the channels of a place side by side in memory, whatever its shape says, and stays so in the operations after
it, so that the next convolution copies its windows in runs of kernel width times channels.
"""

from __future__ import annotations

import math

import numpy as np

from ..graph import Op
from .movement import Expand, Fold, places, positions, windows

BLOCK = 2**18  # numbers: windows of a megabyte in float32, which stay in a processor's cache


def patches(x, size, stride, dilation):
    """The windows of x as rows, a block of samples at a time: pairs of a slice of n and (samples, places, columns).

    A window has kernel * channels columns. Blocks take less memory than all windows at once, and a tenth less time for
    a step of training on 28x28. Where the channels of x lie apart in memory and the places together, the matrix is
    written column by column: 7 times faster for images of one channel.
    """
    z, space = windows(x, size, stride, dilation), len(size)
    where, inside = range(2, 2 + space), range(2 + space, 2 + 2 * space)
    rows, columns = math.prod(z.shape[2 : 2 + space]), math.prod(size) * x.shape[1]
    step = max(1, BLOCK // max(1, rows * columns))
    for start in range(0, max(1, len(x)), step):
        some = slice(start, start + step)
        part, n = z[some], len(z[some])
        if x.strides[1] < x.strides[-1]:
            yield some, part.transpose(0, *where, *inside, 1).reshape(n, rows, columns)
        else:
            yield some, part.transpose(*inside, 1, 0, *where).reshape(columns, n, rows).transpose(1, 2, 0)


def channels_last(y):
    """y (n, channels, *places) as a matrix with a row for each place of each sample: (n * places, channels)."""
    z = y.transpose(0, *range(2, y.ndim), 1)
    return z.reshape(math.prod(z.shape[:-1]), z.shape[-1])


def channels_first(z, n, counts):
    """The reverse of channels_last, with `counts` places along each axis of space: (n, channels, *counts), a view."""
    z = z.reshape(n, *counts, z.shape[-1])
    return z.transpose(0, z.ndim - 1, *range(1, z.ndim - 1))


def by_groups(op, x, y, axes, groups, **params):
    """An op of each group of channels by itself. axes: where x, y and what comes out hold the groups."""
    pairs = zip(np.split(x, groups, axes[0]), np.split(y, groups, axes[1]), strict=True)
    return np.concatenate([op.forward(*pair, groups=1, **params) for pair in pairs], axes[2])


class Conv(Op):
    """Convolution of x (n, c, *space) with w (out, c / groups, *kernel): the sum of w times each window of x."""

    label, onnx = "conv", "Conv"

    def forward(x, w, *, stride, dilation, groups):
        if groups > 1:
            return by_groups(Conv, x, w, (1, 0, 1), groups, stride=stride, dilation=dilation)
        counts = tuple(map(places, x.shape[2:], w.shape[2:], stride, dilation))
        matrix = w.transpose(*range(2, w.ndim), 1, 0).reshape(math.prod(w.shape[1:]), len(w))
        z = np.empty((len(x), math.prod(counts), len(w)), x.dtype)
        for some, rows in patches(x, w.shape[2:], stride, dilation):
            np.matmul(rows, matrix, out=z[some])
        return channels_first(z, len(x), counts)

    def grad_x(g, w, shape, stride, dilation, groups):
        return ConvInput(g, w, size=shape[2:], stride=stride, dilation=dilation, groups=groups)

    def grad_w(g, x, shape, stride, dilation, groups):
        return ConvWeight(x, g, size=shape[2:], stride=stride, dilation=dilation, groups=groups)


class ConvInput(Op):
    """Transposed convolution: w times each element of y (n, out, *places), added into an input of this `size`."""

    label, onnx = "conv input", "ConvTranspose"

    def forward(y, w, *, size, stride, dilation, groups):
        if groups > 1:
            return by_groups(ConvInput, y, w, (1, 0, 1), groups, size=size, stride=stride, dilation=dilation)
        n, rows, counts, kernel = len(y), channels_last(y), y.shape[2:], w.shape[2:]
        z = channels_first(np.zeros((n * math.prod(size), w.shape[1]), y.dtype), n, size)
        matrices = w.transpose(*range(2, w.ndim), 0, 1).reshape(math.prod(kernel), *w.shape[:2])
        for at, matrix in zip(positions(kernel, counts, stride, dilation), matrices, strict=True):
            z[at] += channels_first(rows @ matrix, n, counts)
        return z

    def grad_y(g, w, stride, dilation, groups):
        return Conv(g, w, stride=stride, dilation=dilation, groups=groups)

    def grad_w(g, y, shape, stride, dilation, groups):
        return ConvWeight(g, y, size=shape[2:], stride=stride, dilation=dilation, groups=groups)


class ConvWeight(Op):
    """What a weight with `size` as its kernel receives: each element of y (n, out, *places) times its window of x."""

    label = "conv weight"

    def forward(x, y, *, size, stride, dilation, groups):
        if groups > 1:
            return by_groups(ConvWeight, x, y, (1, 1, 0), groups, size=size, stride=stride, dilation=dilation)
        z = np.zeros((math.prod(size) * x.shape[1], y.shape[1]), x.dtype)
        for some, rows in patches(x, size, stride, dilation):
            z += rows.reshape(math.prod(rows.shape[:2]), len(z)).T @ channels_last(y[some])
        z = z.reshape(*size, x.shape[1], y.shape[1])
        return z.transpose(z.ndim - 1, z.ndim - 2, *range(len(size)))

    def grad_x(g, y, shape, stride, dilation, groups):
        return ConvInput(y, g, size=shape[2:], stride=stride, dilation=dilation, groups=groups)

    def grad_y(g, x, stride, dilation, groups):
        return Conv(x, g, stride=stride, dilation=dilation, groups=groups)


def parts(x, size, step, dilation):
    """For each position inside a window, that element of all windows of the last axes: views (..., *places)."""
    counts = tuple(map(places, x.shape[x.ndim - len(size) :], size, step, dilation))
    return [x[at] for at in positions(size, counts, step, dilation)]


class AvgPool(Op):
    """Average of each window over the last axes."""

    label, onnx = "avg pool", "AveragePool"

    def forward(x, *, size, step):
        z, *others = parts(x, size, step, (1,) * len(size))
        z = z / math.prod(size)
        for part in others:
            z += part / math.prod(size)
        return z

    def grad_x(g, shape, size, step):
        share = (g / math.prod(size)).reshape(*g.shape, *(1,) * len(size))
        spread = Expand(share, size=(*g.shape, *size))
        return Fold(spread, size=shape[len(shape) - len(size) :], step=step, dilation=(1,) * len(size))


class MaxPool(Op):
    """Largest element of each window over the last axes; the gradient goes to the first that is largest."""

    label, onnx = "max pool", "MaxPool"

    def forward(x, *, size, step, dilation):
        first, *others = parts(x, size, step, dilation)
        z = np.copy(first)
        for part in others:
            np.maximum(z, part, out=z)
        return z

    def grad_x(g, x, z, shape, size, step, dilation):
        at = MaxPoolPlaces(x, z, size=size, step=step, dilation=dilation)
        return Unpool(g, at, shape=shape, size=size, step=step, dilation=dilation)


class MaxPoolPlaces(Op):
    """Where inside each window of x its largest element z first stands: a position, counted row by row."""

    label = "max pool places"

    def forward(x, z, *, size, step, dilation):
        at = np.zeros_like(z, np.min_scalar_type(math.prod(size)))
        before, z = np.ones_like(z, bool), np.fmin(z, np.inf)  # nan as inf, which nan itself is not less than
        for part in parts(x, size, step, dilation)[:-1]:
            before &= part < z
            at += before
        return at


def in_order_of(x, y):
    """A copy of y with its memory in the order of x's, of the same shape: NumPy is slow where two orders meet."""
    z = np.empty_like(x, y.dtype)
    z[...] = y
    return z


class Unpool(Op):
    """Zeros of this `shape` with each element of g at its position `at` inside its window; what meets is summed.

    Where windows do not overlap nothing meets, and each part is written without a sum: 1.6 times faster.
    """

    label, onnx = "unpool", "MaxUnpool"

    def forward(g, at, *, shape, size, step, dilation):
        z = np.zeros_like(at, g.dtype, shape=shape)
        g, apart = in_order_of(at, g), all(s > d * (k - 1) for k, s, d in zip(size, step, dilation, strict=True))
        for i, part in enumerate(parts(z, size, step, dilation)):
            if apart:
                np.multiply(g, at == i, out=part)
            else:
                part += g * (at == i)
        return z

    def grad_g(g, at, size, step, dilation):
        return Pick(g, at, size=size, step=step, dilation=dilation)


class Pick(Op):
    """The reverse of Unpool: of each window of x the element at position `at`."""

    label = "pick"

    def forward(x, at, *, size, step, dilation):
        z = np.zeros_like(at, x.dtype)
        for i, part in enumerate(parts(x, size, step, dilation)):
            z += part * (at == i)
        return z

    def grad_x(g, at, shape, size, step, dilation):
        return Unpool(g, at, shape=shape, size=size, step=step, dilation=dilation)
