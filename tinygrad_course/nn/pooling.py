"""Pooling: one number for each window of the last axes, as functions of nn.functional and as modules."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..methods.joining import cat
from ..tensor import Tensor
from .conv import Each, Pairs, Sizes, check_fit, each, padded, symmetric
from .stateless import Stateless

if TYPE_CHECKING:
    from dataclasses import KW_ONLY


def max_pool1d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """Largest element of each window over the last axis; see max_pool2d."""
    return largest(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """Largest element of each window over the last two axes; the gradient goes to the first that is largest.

    stride: kernel_size if left out. ceil_mode: a last window may reach over the end.
    """
    return largest(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def largest(
    space: int, x: Tensor, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> Tensor:
    """Max pooling over so many axes of space."""
    size, apart = each(kernel_size, space), each(dilation, space)
    step = size if stride is None else each(stride, space)
    lowest = -np.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)
    border = pool_border(x, size, step, padding, apart, ceil_mode)
    check_fit(x, border, size, apart)
    return ops.MaxPool(padded(x, border, lowest), size=size, step=step, dilation=apart)


def avg_pool1d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """Average of each window over the last axis; see avg_pool2d."""
    return average(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Average of each window over the last two axes.

    stride: kernel_size if left out. count_include_pad: whether the border's zeros count. divisor_override: a number to
    divide the sums by. ceil_mode: a last window may reach over the end, which then does not count.
    """
    return average(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def average(
    space: int, x: Tensor, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool,
    count_include_pad: bool, divisor: int | None,
) -> Tensor:  # fmt: skip
    """Average pooling over so many axes of space: where a part of the border does not count, divided by what does."""
    size, ones = each(kernel_size, space), (1,) * space
    step = size if stride is None else each(stride, space)
    border = pool_border(x, size, step, padding, ones, ceil_mode)
    counted = symmetric(padding if count_include_pad else 0, space)
    places = np.pad(np.ones(x.shape[x.ndim - space :], x.dtype), counted, constant_values=1)
    check_fit(x, border, size, ones)
    z = ops.AvgPool(padded(x, border), size=size, step=step)
    if divisor is not None:
        return z * (math.prod(size) / divisor)
    if border == counted:
        return z
    rest = tuple((b - p, a - p) for (b, a), (p, _) in zip(border, counted, strict=True))
    return z / ops.AvgPool(np.pad(places, rest), size=size, step=step)


def pool_border(x: Tensor, size: Each, step: Each, padding: Sizes, dilation: Each, ceil_mode: bool) -> Pairs:
    """The border a pooling adds: its padding and, under ceil_mode, what a last window over the end needs."""
    widths = each(padding, len(size), 0)
    if any(2 * p > k for p, k in zip(widths, size, strict=True)):
        raise RuntimeError(f"pad should be at most half of effective kernel size, but pad={widths}, kernel_size={size}")
    pairs = []
    for n, k, s, p, d in zip(x.shape[x.ndim - len(size) :], size, step, widths, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        over = -room % s if ceil_mode else 0
        pairs.append((p, p + over if room + over < n + p else p))  # else the last window would begin in the border
    return tuple(pairs)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Average over the last axis, cut into output_size parts as equal as they can be."""
    return adaptive(1, input, output_size, average_windows)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Average over the last two axes, cut into output_size parts as equal as they can be; None keeps an axis."""
    return adaptive(2, input, output_size, average_windows)


def adaptive_max_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Largest element over the last two axes, each cut into output_size parts as equal as they can be."""
    return adaptive(2, input, output_size, largest_of_windows)


def average_windows(x: Tensor, size: Each) -> Tensor:
    """The average of each window of this size, without gaps or overlap."""
    return ops.AvgPool(x, size=size, step=size)


def largest_of_windows(x: Tensor, size: Each) -> Tensor:
    """The largest element of each window of this size, without gaps or overlap."""
    return ops.MaxPool(x, size=size, step=size, dilation=(1,) * len(size))


def adaptive(space: int, x: Tensor, output_size: Any, windows: Callable[..., Tensor]) -> Tensor:
    """Pool each of the last axes into n parts: part i goes from floor(i * size / n) to ceil((i + 1) * size / n)."""
    wanted = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * space
    sizes = x.shape[x.ndim - space :]
    out = tuple(n if k is None else k for n, k in zip(sizes, wanted, strict=True))
    if all(k and n % k == 0 for n, k in zip(sizes, out, strict=True)):
        return windows(x, tuple(n // k for n, k in zip(sizes, out, strict=True)))
    for axis, (n, k) in enumerate(zip(sizes, out, strict=True), x.ndim - space):
        turned = x.transpose(axis, -1)
        parts = [turned[..., i * n // k : -(-(i + 1) * n // k)] for i in range(k)]
        x = cat([windows(part, part.shape[-1:]) for part in parts], -1).transpose(axis, -1)
    return x


# As modules


class Pooling(Stateless):
    """What the poolings share: the size of a window, how far the next one is (kernel_size if left out), the border."""

    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Sizes = 0

    def __post_init__(self) -> None:
        self.stride = self.kernel_size if self.stride is None else self.stride


class MaxPool(Pooling):
    """The largest element of each window."""

    dilation: Sizes = 1
    _: KW_ONLY  # in PyTorch's order return_indices stands before it
    ceil_mode: bool = False


class MaxPool1d(MaxPool, function=max_pool1d):
    """The largest element of each window over the last axis."""


class MaxPool2d(MaxPool, function=max_pool2d):
    """The largest element of each window over the last two axes."""


class AvgPool(Pooling):
    """The average of each window."""

    ceil_mode: bool = False
    count_include_pad: bool = True
    unprinted = ("ceil_mode", "count_include_pad", "divisor_override")


class AvgPool1d(AvgPool, function=avg_pool1d):
    """The average of each window over the last axis."""


class AvgPool2d(AvgPool, function=avg_pool2d):
    """The average of each window over the last two axes."""

    divisor_override: int | None = None


class AdaptivePooling(Stateless):
    """What the adaptive poolings share: into how many parts an axis is cut; None keeps it."""

    output_size: Any


class AdaptiveAvgPool1d(AdaptivePooling, function=adaptive_avg_pool1d):
    """The average of each of output_size parts of the last axis."""


class AdaptiveAvgPool2d(AdaptivePooling, function=adaptive_avg_pool2d):
    """The average of each of output_size parts of the last two axes."""


class AdaptiveMaxPool2d(AdaptivePooling, function=adaptive_max_pool2d):
    """The largest element of each of output_size parts of the last two axes."""
