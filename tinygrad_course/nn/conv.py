"""Convolution, as functions of nn.functional and as modules; windows as columns (unfold) and back (fold)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import ops
from ..methods.shapes import pad
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import blank

Sizes = int | Sequence[int]
Each = tuple[int, ...]  # one number for each axis of space
Pairs = tuple[tuple[int, int], ...]  # for each axis of space, how wide the border is before and after


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over length: input (n, c, length), weight (out, c / groups, kernel); see conv2d."""
    return convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over height and width: for each place of the kernel, the sum of weight times the input under it.

    input (n, c, h, w) or (c, h, w), weight (out, c / groups, kernel h, kernel w), bias (out). padding: the width of the
    border of zeros, "valid" (none) or "same" (the output is as large as the input; stride 1 alone). stride, padding and
    dilation: one number, or one for each axis. Raises RuntimeError where the shapes do not fit.
    """
    return convolve(2, input, weight, bias, stride, padding, dilation, groups)


def convolve(
    space: int, x: Tensor, w: Tensor, bias: Tensor | None, stride: Sizes, padding: Sizes | str, dilation: Sizes,
    groups: int,
) -> Tensor:  # fmt: skip
    """Convolution over so many axes of space."""
    if x.ndim == space + 1:
        return convolve(space, x.unsqueeze(0), w, bias, stride, padding, dilation, groups).squeeze(0)
    step, apart = each(stride, space), each(dilation, space)
    check_channels(space, x, w, w.shape[1] * groups, groups)
    border = conv_border(padding, w.shape[2:], step, apart)
    check_fit(x, border, w.shape[2:], apart)
    return ops.Conv(x, w, *([] if bias is None else [bias]), stride=step, padding=border, dilation=apart, groups=groups)


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
    step, apart, extra = each(stride, 2), each(dilation, 2), each(output_padding, 2, 0)
    check_channels(2, input, weight, len(weight), groups)
    if any(e >= max(s, d) for e, s, d in zip(extra, step, apart, strict=True)):
        raise RuntimeError(f"output padding must be smaller than either stride {step} or dilation {apart}; got {extra}")
    border = tuple((p, p - e) for p, e in zip(each(padding, 2, 0), extra, strict=True))
    axes = zip(input.shape[2:], weight.shape[2:], step, border, apart, strict=True)
    size = tuple((n - 1) * s + d * (k - 1) + 1 - before - after for n, k, s, (before, after), d in axes)
    z = ops.ConvInput(input, weight, size=size, stride=step, padding=border, dilation=apart, groups=groups)
    # The bias goes through (n, out), so that its gradient is first summed over places: those sums are of long runs.
    return z if bias is None else z + bias.expand(len(z), -1).reshape(*z.shape[:2], 1, 1)


def unfold(input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """Each window of (n, c, h, w) as a column: (n, c * kernel h * kernel w, places)."""
    size, step, apart, border = each(kernel_size, 2), each(stride, 2), each(dilation, 2), symmetric(padding, 2)
    check_fit(input, border, size, apart)
    x = padded(input, border)
    z = ops.Window(x, size=size, step=step, dilation=apart).permute(0, 1, 4, 5, 2, 3)
    return z.reshape(len(x), x.shape[1] * math.prod(size), math.prod(z.shape[4:]))


def fold(
    input: Tensor, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """The reverse of unfold: columns put back as windows of (n, c, *output_size), and summed where they meet."""
    size, step, apart = each(kernel_size, 2), each(stride, 2), each(dilation, 2)
    whole = tuple(n + 2 * p for n, p in zip(each(output_size, 2), each(padding, 2, 0), strict=True))
    out = tuple(map(ops.movement.places, whole, size, step, apart))
    if input.ndim != 3 or input.shape[1] % math.prod(size) or input.shape[2] != math.prod(out):
        wanted = f"(n, c * {math.prod(size)}, {math.prod(out)}) for this output_size, kernel_size and stride"
        raise RuntimeError(f"fold: input of shape {list(input.shape)} must be {wanted}")
    z = input.reshape(len(input), input.shape[1] // math.prod(size), *size, *out).permute(0, 1, 4, 5, 2, 3)
    return padded(ops.Fold(z, size=whole, step=step, dilation=apart), tuple((-p, -p) for p in each(padding, 2, 0)))


# Sizes and borders, checked


def each(n: Any, space: int, least: int = 1) -> Each:
    """One number, or one for each axis of space, as a tuple of the latter; none may be below `least`."""
    if type(n) is int and n >= least:
        return (n,) * space
    numbers = tuple(n) if isinstance(n, Sequence) else (n,)
    if len(numbers) not in (1, space) or not all(isinstance(k, (int, np.integer)) for k in numbers):
        raise TypeError(f"expected a whole number or {space} of them, got {n!r}")
    if min(numbers) < least:
        raise RuntimeError(f"sizes, strides and dilations must be at least 1, paddings at least 0; got {n}")
    return tuple(int(k) for k in numbers) * (space // len(numbers))


def symmetric(padding: Sizes, space: int) -> Pairs:
    """A border as wide before as after."""
    return tuple((p, p) for p in each(padding, space, 0))


def conv_border(padding: Sizes | str, size: Each, stride: Each, dilation: Each) -> Pairs:
    """The border of a convolution. "same": where it is odd, the end gets the wider part."""
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        reach = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        return tuple((r // 2, r - r // 2) for r in reach)
    if isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"Invalid padding string: {padding!r}, should be one of 'valid', 'same'")
    return symmetric(0 if isinstance(padding, str) else padding, len(size))


def padded(x: Tensor, border: Pairs, value: float = 0) -> Tensor:
    """x with a border of one value, or cropped where a width is negative; x itself where all are 0."""
    widths = [width for pair in reversed(border) for width in pair]
    return pad(x, widths, value=value) if any(widths) else x


def check_channels(space: int, x: Tensor, w: Tensor, channels: int, groups: int) -> None:
    """Raise RuntimeError unless x, of (n, channels, *space), and the weight fit each other."""
    if x.ndim != space + 2 or w.ndim != space + 2:
        expected = f"Expected {space + 1}D (unbatched) or {space + 2}D (batched) input and a {space + 2}D weight"
        raise RuntimeError(f"{expected}, but got input of size {list(x.shape)} and weight of size {list(w.shape)}")
    if x.shape[1] != channels or len(w) % groups:
        given = f"Given groups={groups}, weight of size {list(w.shape)} ({len(w)} must be divisible by groups)"
        raise RuntimeError(f"{given}, expected input{list(x.shape)} to have {channels} channels, but got {x.shape[1]}")
    if x.dtype != w.dtype:
        raise RuntimeError(f"Input type ({x.dtype}) and weight type ({w.dtype}) should be the same: convert one")


def check_fit(x: Tensor, border: Pairs, size: Each, dilation: Each) -> None:
    """Raise RuntimeError if a window is larger than x with its border."""
    reach = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    space = [n + before + after for n, (before, after) in zip(x.shape[x.ndim - len(size) :], border, strict=True)]
    if min([n - k for n, k in zip(space, reach, strict=True)]) < 0:
        sizes = f"Calculated padded input size: {tuple(space)}. Kernel size: {tuple(reach)}"
        raise RuntimeError(f"{sizes}. Kernel size can't be greater than actual input size: use more padding")


# As modules


class Convolution(Module):
    """What the convolutions share. weight and bias begin evenly spread between ±1/√(inputs of an output)."""

    function: ClassVar[Callable[..., Tensor]]
    space: ClassVar[int]  # how many axes the kernel has
    transposed: ClassVar[bool] = False  # whether the weight begins with the channels of the input
    settings: ClassVar[tuple[str, ...]] = ("stride", "padding", "dilation", "groups")

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes | str = 0,
        dilation: Sizes = 1, groups: int = 1, bias: bool = True, *, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"in_channels {in_channels} and out_channels {out_channels} must be divisible by {groups}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = (each(n, self.space) for n in (kernel_size, stride, dilation))
        self.padding: Any = padding if isinstance(padding, str) else each(padding, self.space, 0)
        self.output_padding = (0,) * self.space
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = blank(first, second // groups, *self.kernel_size, device=device, dtype=dtype)
        self.bias = blank(out_channels, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Give weight and bias new random numbers."""
        init.spread_(init.fans(self.weight)[0], self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of the input."""
        settings = {name: getattr(self, name) for name in self.settings}
        return type(self).function(input, self.weight, self.bias, **settings)

    def extra_repr(self) -> str:
        """The channels and settings; those that are as usual stay out."""
        none, ones = (0,) * self.space, (1,) * self.space
        usual = {"padding": none, "dilation": ones, "output_padding": none, "groups": 1}
        changed = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        settings = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        return ", ".join([settings, *changed, *(["bias=False"] if self.bias is None else [])])


class Conv1d(Convolution):
    """Convolution over length: (n, in_channels, length) becomes (n, out_channels, ...)."""

    function, space = conv1d, 1


class Conv2d(Convolution):
    """Convolution over height and width: (n, in_channels, h, w) becomes (n, out_channels, ...)."""

    function, space = conv2d, 2


class ConvTranspose2d(Convolution):
    """The reverse of Conv2d in shape: makes images larger."""

    function, space, transposed = conv_transpose2d, 2, True
    settings = (*Convolution.settings, "output_padding")

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0,
        output_padding: Sizes = 0, groups: int = 1, bias: bool = True, dilation: Sizes = 1, *, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        where: Any = {"device": device, "dtype": dtype}
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, **where)
        self.output_padding = each(output_padding, 2, 0)
