"""Convolution and pooling over any number of axes of space.

stride, dilation and kernel sizes are tuples with one number for each axis of space; padding holds a pair for each: how
wide the border of zeros is before and after. Convolution is linear in its input and in its weight, so that Conv,
ConvInput and ConvWeight are each other's rules and every derivative stays among them.

Each goes through the positions of the kernel. What one position meets, in all images, is multiplied by one matrix. So
images lie in memory as (*space, n, channels), whatever their shape says: what is met are long runs there, and nothing
is copied; windows copied out as rows of a matrix took 1.3 times as long. What comes out stays so in the operations
after it.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

from ..graph import Op
from .movement import Expand, Fold, places, positions

FEW = 4  # channels: matrices as thin as that are slow to multiply


@lru_cache
def meetings(kernel, size, counts, stride, padding, dilation):
    """For each position of the kernel: where in an input of this size it falls, and for which of the `counts` places.

    Both are keys of slices, one for each axis of space. Places where it falls on the border are left out.
    """
    axes = []
    for k, n, count, s, (before, _), d in zip(kernel, size, counts, stride, padding, dilation, strict=True):
        pairs = []
        for shift in range(-before, k * d - before, d):  # for place i it falls on element i * s + shift
            first, last = max(0, -(shift // s)), min(count - 1, (n - 1 - shift) // s)
            falls = slice(first * s + shift, last * s + shift + 1, s), slice(first, last + 1)
            pairs.append(falls if first <= last else (slice(0), slice(0)))
        axes.append(pairs)
    return [tuple(zip(*pairs, strict=True)) for pairs in itertools.product(*axes)]


def inside_out(x):
    """An image (n, channels, *space) as (*space, n, channels); copied where its memory is not in that order."""
    return np.ascontiguousarray(x.transpose(*range(2, x.ndim), 0, 1))


def outside_in(z):
    """The reverse of inside_out, a view."""
    return z.transpose(z.ndim - 2, z.ndim - 1, *range(z.ndim - 2))


def lines(x):
    """x (*space, n, channels) as a matrix for each line along the last axis of space: (lines, length * n, channels)."""
    return x.reshape(math.prod(x.shape[:-3]), x.shape[-3] * x.shape[-2], x.shape[-1])


def met(x, counts, keys):
    """What each position of the kernel meets in x (*space, n, channels): pairs of lines and a key of places.

    Of few channels, all that a place meets is laid side by side first, as one position with many channels: 12 times
    faster for images of one channel.
    """
    n, c = x.shape[-2:]
    if c > FEW:
        return [(lines(x[at]), to) for at, to in keys]
    # (*counts, n, positions, c), but with the places together in memory, so that it is written in long runs.
    z = np.zeros((len(keys), c, *counts, n), x.dtype).transpose(*range(2, x.ndim + 1), 0, 1)
    for k, (at, to) in enumerate(keys):
        z[(*to, ..., k, slice(None))] = x[at]
    return [(lines(z.reshape(*counts, n, len(keys) * c)), ())]


def by_groups(op, x, y, axes, groups, **params):
    """An op of each group of channels by itself. axes: where x, y and what comes out hold the groups."""
    pairs = zip(np.split(x, groups, axes[0]), np.split(y, groups, axes[1]), strict=True)
    return np.concatenate([op.forward(*pair, groups=1, **params) for pair in pairs], axes[2])


class Conv(Op):
    """Convolution of x (n, c, *space) with w (out, c / groups, *kernel): the sum of w times each window of x.

    A bias (out,) may come with them: its number is added to each place of a channel.
    """

    label, onnx = "conv", "Conv"

    def forward(x, w, *bias, stride, padding, dilation, groups):
        if groups > 1:
            z = by_groups(Conv, x, w, (1, 0, 1), groups, stride=stride, padding=padding, dilation=dilation)
            return sum((b.reshape(-1, *(1,) * (x.ndim - 2)) for b in bias), z)
        size = [n + sum(pair) for n, pair in zip(x.shape[2:], padding, strict=True)]
        counts = tuple(map(places, size, w.shape[2:], stride, dilation))
        z = np.zeros((*counts, len(x), len(w)), x.dtype)
        for b in bias:
            z[:] = np.repeat(b[None], len(x), 0)  # in long runs
        parts = met(inside_out(x), counts, meetings(w.shape[2:], x.shape[2:], counts, stride, padding, dilation))
        matrices = inside_out(w.swapaxes(0, 1)).reshape(len(parts), -1, len(w))
        for (rows, to), matrix in zip(parts, matrices, strict=True):
            z[to] += (rows @ matrix).reshape(z[to].shape)
        return outside_in(z)

    def grad_x(g, w, shape, stride, padding, dilation, groups):
        return ConvInput(g, w, size=shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups)

    def grad_w(g, x, shape, stride, padding, dilation, groups):
        return ConvWeight(x, g, size=shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups)

    def grad_bias(g):
        return g.sum(tuple(range(2, g.ndim))).sum(0)


class ConvInput(Op):
    """Transposed convolution: w times each element of y (n, out, *places), added into an input of this `size`."""

    label, onnx = "conv input", "ConvTranspose"

    def forward(y, w, *, size, stride, padding, dilation, groups):
        if groups > 1:
            settings = {"size": size, "stride": stride, "padding": padding, "dilation": dilation}
            return by_groups(ConvInput, y, w, (1, 0, 1), groups, **settings)
        keys = meetings(w.shape[2:], size, y.shape[2:], stride, padding, dilation)
        y, z = inside_out(y), np.zeros((*size, len(y), w.shape[1]), y.dtype)
        for (at, to), matrix in zip(keys, inside_out(w).reshape(len(keys), *w.shape[:2]), strict=True):
            z[at] += (lines(y[to]) @ matrix).reshape(z[at].shape)
        return outside_in(z)

    def grad_y(g, w, stride, padding, dilation, groups):
        return Conv(g, w, stride=stride, padding=padding, dilation=dilation, groups=groups)

    def grad_w(g, y, shape, stride, padding, dilation, groups):
        return ConvWeight(g, y, size=shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups)


class ConvWeight(Op):
    """What a weight with `size` as its kernel receives: each element of y (n, out, *places) times its window of x."""

    label = "conv weight"

    def forward(x, y, *, size, stride, padding, dilation, groups):
        if groups > 1:
            settings = {"size": size, "stride": stride, "padding": padding, "dilation": dilation}
            return by_groups(ConvWeight, x, y, (1, 1, 0), groups, **settings)
        keys, y = meetings(size, x.shape[2:], y.shape[2:], stride, padding, dilation), inside_out(y)
        parts = met(inside_out(x), y.shape[:-2], keys)
        z = np.stack([(rows.mT @ lines(y[to])).sum(0) for rows, to in parts])
        return outside_in(z.reshape(*size, x.shape[1], y.shape[-1])).swapaxes(0, 1)

    def grad_x(g, y, shape, stride, padding, dilation, groups):
        return ConvInput(y, g, size=shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups)

    def grad_y(g, x, stride, padding, dilation, groups):
        return Conv(x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)


def parts(x, size, step, dilation):
    """For each position inside a window, that element of all windows of the last axes: views (..., *places)."""
    counts = tuple(map(places, x.shape[x.ndim - len(size) :], size, step, dilation))
    return [x[at] for at in positions(size, counts, step, dilation)]


class AvgPool(Op):
    """Average of each window over the last axes."""

    label, onnx = "avg pool", "AveragePool"

    def forward(x, *, size, step):
        return sum(part / math.prod(size) for part in parts(x, size, step, (1,) * len(size)))

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

    def grad_x(g, x, z, size, step, dilation):
        return Unpool(g, x, z, size=size, step=step, dilation=dilation)


def where_largest(x, z, size, step, dilation):
    """For each position inside a window, where the first of x's elements that is the largest, z, stands there."""
    left, z = np.ones_like(z, bool), np.fmin(z, np.inf)  # nan as inf, which nan itself is not less than
    for part in parts(x, size, step, dilation):
        less = part < z
        yield left > less
        left &= less


def in_order_of(x, y):
    """A copy of y with its memory in the order of x's, of the same shape: NumPy is slow where two orders meet."""
    z = np.empty_like(x, y.dtype)
    z[...] = y
    return z


class Unpool(Op):
    """Zeros of x's shape with each element of g where z, the largest of x's window, stands; what meets is summed.

    Where windows do not overlap nothing meets, and each part is written without a sum: 1.6 times faster.
    """

    label = "unpool"

    def forward(g, x, z, *, size, step, dilation):
        out = np.zeros_like(x, g.dtype)
        g, apart = in_order_of(z, g), all(s > d * (k - 1) for k, s, d in zip(size, step, dilation, strict=True))
        for part, here in zip(parts(out, size, step, dilation), where_largest(x, z, size, step, dilation), strict=True):
            if apart:
                np.multiply(g, here, out=part)
            else:
                part += g * here
        return out

    def grad_g(g, x, z, size, step, dilation):
        return Pick(g, x, z, size=size, step=step, dilation=dilation)


class Pick(Op):
    """The reverse of Unpool: of each window of y the element where z, the largest of x's window, stands."""

    label = "pick"

    def forward(y, x, z, *, size, step, dilation):
        chosen = zip(parts(y, size, step, dilation), where_largest(x, z, size, step, dilation), strict=True)
        return sum(part * here for part, here in chosen)

    def grad_y(g, x, z, size, step, dilation):
        return Unpool(g, x, z, size=size, step=step, dilation=dilation)
