"""Convolution and pooling over any number of axes of space: x is (n, channels, *space). Borders are Pad's affair.

stride, dilation and kernel sizes are tuples with one number for each axis of space. Convolution is linear in its input
and in its weight, so that Conv, ConvInput and ConvWeight are each other's rules and every derivative stays among them.
"""

from __future__ import annotations

import math

import numpy as np

from ..graph import Op
from .indexing import ARRAY, AddInto
from .movement import Expand, Fold, fold, places, windows


def columns(x, size, stride, dilation, groups):
    """Each window of x as a column: (n, groups, channels / groups * kernel, places)."""
    z = exchanged(windows(x, size, stride, dilation))
    return z.reshape(len(x), groups, x.shape[1] // groups * math.prod(size), math.prod(z.shape[x.ndim :]))


def exchanged(z):
    """(n, channels, *places, *kernel) as (n, channels, *kernel, *places), or the other way."""
    space = z.ndim // 2 - 1
    return z.transpose(0, 1, *range(2 + space, z.ndim), *range(2, 2 + space))


def rows(w, groups):
    """The weight as one matrix for each group: (groups, out / groups, channels / groups * kernel)."""
    return w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))


def flat(y, groups):
    """An output as one matrix for each sample and group: (n, groups, out / groups, places)."""
    return y.reshape(len(y), groups, y.shape[1] // groups, math.prod(y.shape[2:]))


class Conv(Op):
    """Convolution of x (n, c, *space) with w (out, c / groups, *kernel): the sum of w times each window of x."""

    label, onnx = "conv", "Conv"

    def forward(x, w, *, stride, dilation, groups):
        z = rows(w, groups) @ columns(x, w.shape[2:], stride, dilation, groups)
        return z.reshape(len(x), len(w), *map(places, x.shape[2:], w.shape[2:], stride, dilation))

    def grad_x(g, w, shape, stride, dilation, groups):
        return ConvInput(g, w, size=shape[2:], stride=stride, dilation=dilation, groups=groups)

    def grad_w(g, x, shape, stride, dilation, groups):
        return ConvWeight(x, g, size=shape[2:], stride=stride, dilation=dilation, groups=groups)


class ConvInput(Op):
    """Transposed convolution: w times each element of y (n, out, *places), added into an input of this `size`."""

    label, onnx = "conv input", "ConvTranspose"

    def forward(y, w, *, size, stride, dilation, groups):
        z = rows(w, groups).mT @ flat(y, groups)
        z = z.reshape(len(y), groups * w.shape[1], *w.shape[2:], *y.shape[2:])
        return fold(exchanged(z), size, stride, dilation)

    def grad_y(g, w, stride, dilation, groups):
        return Conv(g, w, stride=stride, dilation=dilation, groups=groups)

    def grad_w(g, y, shape, stride, dilation, groups):
        return ConvWeight(g, y, size=shape[2:], stride=stride, dilation=dilation, groups=groups)


class ConvWeight(Op):
    """What a weight with `size` as its kernel receives: each element of y (n, out, *places) times its window of x."""

    label = "conv weight"

    def forward(x, y, *, size, stride, dilation, groups):
        z = (flat(y, groups) @ columns(x, size, stride, dilation, groups).mT).sum(0)
        return z.reshape(y.shape[1], x.shape[1] // groups, *size)

    def grad_x(g, y, shape, stride, dilation, groups):
        return ConvInput(y, g, size=shape[2:], stride=stride, dilation=dilation, groups=groups)

    def grad_y(g, x, stride, dilation, groups):
        return Conv(x, g, stride=stride, dilation=dilation, groups=groups)


def gathered(x, size, step, dilation):
    """For each position inside a window, that element of all windows: (positions, *lead, *places), a copy.

    NumPy folds this first axis several times faster than many short last ones.
    """
    z, space = windows(x, size, step, dilation), len(size)
    z = np.moveaxis(z, range(-space, 0), range(space))
    return z.reshape(math.prod(size), *z.shape[space:])


class AvgPool(Op):
    """Average of each window over the last axes."""

    label, onnx = "avg pool", "AveragePool"

    def forward(x, *, size, step):
        return gathered(x, size, step, (1,) * len(size)).mean(0)

    def grad_x(g, shape, size, step):
        share = (g / math.prod(size)).reshape(*g.shape, *(1,) * len(size))
        spread = Expand(share, size=(*g.shape, *size))
        return Fold(spread, size=shape[len(shape) - len(size) :], step=step, dilation=(1,) * len(size))


class MaxPool(Op):
    """Largest element of each window over the last axes; the gradient goes to the first that is largest."""

    label, onnx = "max pool", "MaxPool"

    def forward(x, *, size, step, dilation):
        return gathered(x, size, step, dilation).max(0)

    def grad_x(g, x, shape, size, step, dilation):
        at = MaxPoolPlaces(x, size=size, step=step, dilation=dilation)
        return AddInto(g, at, size=(math.prod(shape),), key=(ARRAY,)).reshape(shape)


class MaxPoolPlaces(Op):
    """Where in the flattened x each window has its first largest element."""

    label = "max pool places"

    def forward(x, *, size, step, dilation):
        z = gathered(x, size, step, dilation)
        largest, which = z[0], np.zeros(z.shape[1:], np.intp)
        for i, candidate in enumerate(z[1:], 1):
            better = (candidate > largest) | (candidate != candidate)
            largest, which = np.maximum(largest, candidate), np.maximum(which, better * i)
        lead, space = x.shape[: x.ndim - len(size)], x.shape[x.ndim - len(size) :]
        plane = windows(np.arange(math.prod(space)).reshape(space), size, step, dilation)
        corner = (0,) * len(size)
        first = np.arange(math.prod(lead)).reshape(*lead, *(1,) * len(size)) * math.prod(space)
        return first + plane[(..., *corner)] + plane[corner].reshape(-1)[which]
