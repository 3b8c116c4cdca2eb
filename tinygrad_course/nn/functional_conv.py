"""Convolution and pooling, with PyTorch's signatures; nn.functional offers them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..methods.joining import cat
from ..methods.shapes import pad
from ..tensor import Tensor

Sizes = int | Sequence[int]


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over length: input (n, c, length), weight (out, c / groups, kernel); see conv2d."""
    return _conv(input, weight, bias, stride, padding, dilation, groups, 1)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over height and width: for each place of the kernel, the sum of weight times the input under it.

    input (n, c, h, w) or (c, h, w), weight (out, c / groups, kernel h, kernel w), bias (out). padding: the width of the
    border of zeros, "valid" (none) or "same" (the output is as large as the input; stride 1 alone). stride, padding and
    dilation: one number, or one for each axis. Raises RuntimeError where the shapes do not fit.
    """
    return _conv(input, weight, bias, stride, padding, dilation, groups, 2)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Tensor:  # fmt: skip
    """The reverse of conv2d in shape: each element of the input spreads out, times the weight; meeting parts add up.

    input (n, c, h, w) or (c, h, w), weight (c, out / groups, kernel h, kernel w), bias (out). padding is cut off at
    each side, output_padding added at the end.
    """
    if input.ndim == 3:
        batch = input.unsqueeze(0)
        return conv_transpose2d(batch, weight, bias, stride, padding, output_padding, groups, dilation).squeeze(0)
    step, apart, extra = _each(stride, 2), _each(dilation, 2), _each(output_padding, 2, 0)
    _check_channels(input, weight, len(weight), groups, len(weight), 2)
    if any(e >= s for e, s in zip(extra, step, strict=True)):
        raise RuntimeError(f"output padding must be smaller than stride, but got output_padding {extra}, stride {step}")
    size = tuple(
        (n - 1) * s + d * (k - 1) + 1 + e
        for n, k, s, d, e in zip(input.shape[2:], weight.shape[2:], step, apart, extra, strict=True)
    )
    z = ops.ConvInput(input, weight, size=size, stride=step, dilation=apart, groups=groups)
    return _plus(_padded(z, _border(tuple(-p for p in _each(padding, 2, 0)))), bias)


def max_pool1d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """Largest element of each window over the last axis; see max_pool2d."""
    return _max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, 1)


def max_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """Largest element of each window over the last two axes; the gradient goes to the first that is largest.

    stride: kernel_size if left out. ceil_mode: a last window may reach over the end.
    """
    return _max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, 2)


def avg_pool1d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """Average of each window over the last axis; see avg_pool2d."""
    return _avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad, None, 1)


def avg_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Average of each window over the last two axes.

    stride: kernel_size if left out. count_include_pad: whether the border's zeros count. divisor_override: a number to
    divide the sums by. ceil_mode: a last window may reach over the end, which then does not count.
    """
    return _avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, 2)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Average over the last axis, cut into output_size parts as equal as they can be."""
    return _adaptive(input, output_size, 1, ops.AvgPool, lambda x: x.mean(-1, keepdim=True))


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Average over the last two axes, cut into output_size parts as equal as they can be; None keeps an axis."""
    return _adaptive(input, output_size, 2, ops.AvgPool, lambda x: x.mean(-1, keepdim=True))


def adaptive_max_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Largest element over the last two axes, each cut into output_size parts as equal as they can be."""
    return _adaptive(input, output_size, 2, _max_windows, _largest)


def unfold(input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """Each window of (n, c, h, w) as a column: (n, c * kernel h * kernel w, places)."""
    x = _padded(input, _border(_each(padding, 2, 0)))
    size, step, apart = _each(kernel_size, 2), _each(stride, 2), _each(dilation, 2)
    _check_fit(x, size, apart)
    z = ops.Window(x, size=size, step=step, dilation=apart).permute(0, 1, 4, 5, 2, 3)
    return z.reshape(len(x), x.shape[1] * math.prod(size), math.prod(z.shape[4:]))


def fold(
    input: Tensor, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """The reverse of unfold: columns put back as windows of (n, c, *output_size), and summed where they meet."""
    size, step, apart = _each(kernel_size, 2), _each(stride, 2), _each(dilation, 2)
    border = _each(padding, 2, 0)
    whole = tuple(n + 2 * p for n, p in zip(_each(output_size, 2), border, strict=True))
    out = tuple(map(ops.movement.places, whole, size, step, apart))
    if input.ndim != 3 or input.shape[1] % math.prod(size) or input.shape[2] != math.prod(out):
        raise RuntimeError(
            f"fold: input of shape {list(input.shape)} must be (n, c * {math.prod(size)}, {math.prod(out)}) for this "
            "output_size, kernel_size and stride"
        )
    z = input.reshape(len(input), input.shape[1] // math.prod(size), *size, *out).permute(0, 1, 4, 5, 2, 3)
    return _padded(ops.Fold(z, size=whole, step=step, dilation=apart), _border(tuple(-p for p in border)))


def _conv(
    x: Tensor, w: Tensor, bias: Tensor | None, stride: Sizes, padding: Sizes | str, dilation: Sizes, groups: int,
    space: int,
) -> Tensor:  # fmt: skip
    if x.ndim == space + 1:
        return _conv(x.unsqueeze(0), w, bias, stride, padding, dilation, groups, space).squeeze(0)
    step, apart = _each(stride, space), _each(dilation, space)
    _check_channels(x, w, w.shape[1] * groups, groups, len(w), space)
    x = _padded(x, _same(w.shape[2:], step, apart) if padding == "same" else _conv_border(padding, space))
    _check_fit(x, w.shape[2:], apart)
    return _plus(ops.Conv(x, w, stride=step, dilation=apart, groups=groups), bias)


def _plus(z: Tensor, bias: Tensor | None) -> Tensor:
    """z with one number added to each channel."""
    return z if bias is None else z + bias.reshape(-1, *(1,) * (z.ndim - 2))


def _check_channels(x: Tensor, w: Tensor, channels: int, groups: int, divided: int, space: int) -> None:
    """Raise RuntimeError unless x, of (n, channels, *space), and the weight fit each other."""
    if x.ndim != space + 2 or w.ndim != space + 2:
        raise RuntimeError(
            f"Expected {space + 1}D (unbatched) or {space + 2}D (batched) input and a {space + 2}D weight, but got "
            f"input of size {list(x.shape)} and weight of size {list(w.shape)}"
        )
    if x.shape[1] != channels or divided % groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w.shape)}, expected input{list(x.shape)} to have {channels} "
            f"channels, but got {x.shape[1]} channels instead; {divided} must be divisible by groups"
        )
    if x.dtype != w.dtype:
        raise RuntimeError(
            f"Input type ({x.dtype}) and weight type ({w.dtype}) should be the same: convert one with .to"
        )


def _check_fit(x: Tensor, size: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    """Raise RuntimeError if a window is larger than x, which has its border already."""
    reach = tuple(d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True))
    space = x.shape[x.ndim - len(size) :]
    if any(n < k for n, k in zip(space, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size: {space}. Kernel size: {reach}. Kernel size can't be greater than actual "
            "input size: use a smaller kernel or more padding"
        )


def _padded(x: Tensor, border: tuple[int, ...], value: float = 0) -> Tensor:
    """x with a border of one value, or cropped where a width is negative; x itself where all are 0."""
    return pad(x, border, value=value) if any(border) else x


def _conv_border(padding: Sizes | str, space: int) -> tuple[int, ...]:
    if isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"Invalid padding string: {padding!r}, should be one of 'valid', 'same'")
    return _border((0,) * space if isinstance(padding, str) else _each(padding, space, 0))


def _same(size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """The border that makes the output as large as the input; where it is odd, the end gets the wider part."""
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    reach = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    return tuple(n for r in reversed(reach) for n in (r // 2, r - r // 2))


def _border(padding: tuple[int, ...]) -> tuple[int, ...]:
    """One width for each axis as `pad` takes them: twice, the last axis first."""
    return tuple(p for p in reversed(padding) for _ in range(2))


def _each(n: Any, space: int, least: int = 1) -> tuple[int, ...]:
    """One number, or one for each axis of space, as a tuple of the latter; none may be below `least`."""
    numbers = tuple(n) if isinstance(n, Sequence) else (n,)
    if len(numbers) not in (1, space) or not all(isinstance(k, (int, np.integer)) for k in numbers):
        raise TypeError(f"expected a whole number or {space} of them, got {n!r}")
    if min(numbers) < least:
        raise RuntimeError(f"sizes, strides and dilations must be at least 1, paddings at least 0; got {n}")
    return tuple(int(k) for k in numbers) * (space // len(numbers))


def _pool_border(
    x: Tensor, size: tuple[int, ...], step: tuple[int, ...], padding: Sizes, dilation: tuple[int, ...], ceil_mode: bool
) -> tuple[int, ...]:
    """The border a pooling adds: its padding and, under ceil_mode, what a last window over the end needs."""
    border = _each(padding, len(size), 0)
    if any(2 * p > k for p, k in zip(border, size, strict=True)):
        raise RuntimeError(
            f"pad should be at most half of effective kernel size, but got pad={border}, kernel_size={size}"
        )
    pairs: list[tuple[int, int]] = []
    for n, k, s, p, d in zip(x.shape[x.ndim - len(size) :], size, step, border, dilation, strict=True):
        over = -(n + 2 * p - d * (k - 1) - 1) % s if ceil_mode else 0
        begins_inside = (n + 2 * p + over - d * (k - 1) - 1) < n + p
        pairs.append((p, p + over if begins_inside else p))
    return tuple(width for pair in reversed(pairs) for width in pair)


def _max_pool(
    x: Tensor, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool, space: int
) -> Tensor:
    size, apart = _each(kernel_size, space), _each(dilation, space)
    step = size if stride is None else _each(stride, space)
    border = _pool_border(x, size, step, padding, apart, ceil_mode)
    lowest = -np.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)
    x = _padded(x, border, lowest)
    _check_fit(x, size, apart)
    return ops.MaxPool(x, size=size, step=step, dilation=apart)


def _avg_pool(
    x: Tensor, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool, count_include_pad: bool,
    divisor: int | None, space: int,
) -> Tensor:  # fmt: skip
    size, ones = _each(kernel_size, space), (1,) * space
    step = size if stride is None else _each(stride, space)
    border = _pool_border(x, size, step, padding, ones, ceil_mode)
    counted = np.ones(x.shape[x.ndim - space :], x.dtype)
    x = _padded(x, border)
    _check_fit(x, size, ones)
    z = ops.AvgPool(x, size=size, step=step)
    if divisor is not None:
        return z * (math.prod(size) / divisor)
    inner = _each(padding, space, 0) if count_include_pad else (0,) * space
    if border == _border(inner):
        return z
    counted = np.pad(counted, [(p, p) for p in inner], constant_values=1)
    outer = [(b - p, a - p) for b, a, p in zip(border[-2::-2], border[::-2], inner, strict=True)]
    return z / ops.AvgPool(np.pad(counted, outer), size=size, step=step)


def _adaptive(
    x: Tensor, output_size: Any, space: int, windows: Callable[..., Tensor], whole: Callable[[Tensor], Tensor]
) -> Tensor:
    """Pool each of the last axes into n parts: part i goes from floor(i * size / n) to ceil((i + 1) * size / n)."""
    wanted = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * space
    sizes = x.shape[x.ndim - space :]
    out = tuple(n if k is None else k for n, k in zip(sizes, wanted, strict=True))
    if all(k and n % k == 0 for n, k in zip(sizes, out, strict=True)):
        each = tuple(n // k for n, k in zip(sizes, out, strict=True))
        return windows(x, size=each, step=each)
    for axis, (n, k) in enumerate(zip(sizes, out, strict=True), x.ndim - space):
        turned = x.transpose(axis, -1)
        parts = [whole(turned[..., i * n // k : -(-(i + 1) * n // k)]) for i in range(k)]
        x = cat(parts, -1).transpose(axis, -1)
    return x


def _max_windows(x: Tensor, size: tuple[int, ...], step: tuple[int, ...]) -> Tensor:
    return ops.MaxPool(x, size=size, step=step, dilation=(1,) * len(size))


def _largest(x: Tensor) -> Tensor:
    return ops.MaxPool(x, size=x.shape[-1:], step=(1,), dilation=(1,))
