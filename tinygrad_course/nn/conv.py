"""Convolutions and poolings as modules: see the functions of the same names in nn.functional."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..creation import zeros
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

Sizes = int | Sequence[int]


class Convolution(Module):
    """What the convolutions share. weight and bias begin evenly spread between ±1/√(inputs of an output)."""

    space: int  # how many axes the kernel has
    transposed = False
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"in_channels {in_channels} and out_channels {out_channels} must be divisible by {groups}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = map(self.each, (kernel_size, stride, dilation))
        self.padding = padding if isinstance(padding, str) else self.each(padding)
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(zeros(first, second // groups, *self.kernel_size, dtype=dtype))
        self.register_parameter("bias", Parameter(zeros(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def each(self, size: Sizes) -> tuple[int, ...]:
        """One number for each axis of the kernel."""
        return (size,) * self.space if isinstance(size, int) else tuple(size)

    def reset_parameters(self) -> None:
        """Give weight and bias new random numbers."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(init.fans(self.weight)[0], 1))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The channels and settings; those that are as usual stay out."""
        parts = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}",
            f"padding={self.padding}" if self.padding != (0,) * self.space else "",
            f"dilation={self.dilation}" if self.dilation != (1,) * self.space else "",
            f"groups={self.groups}" if self.groups != 1 else "",
            "bias=False" if self.bias is None else "",
        ]
        return ", ".join(filter(None, parts))


class Conv1d(Convolution):
    """Convolution over length: (n, in_channels, length) becomes (n, out_channels, ...)."""

    space = 1

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of x."""
        return F.conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv2d(Convolution):
    """Convolution over height and width: (n, in_channels, h, w) becomes (n, out_channels, ...)."""

    space = 2

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of x."""
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ConvTranspose2d(Convolution):
    """The reverse of Conv2d in shape: makes images larger."""

    space, transposed = 2, True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype=dtype)
        self.border, self.output_padding = self.each(padding), self.each(output_padding)

    def forward(self, x: Tensor) -> Tensor:
        """Return the transposed convolution of x."""
        stride, padding, more = self.stride, self.border, self.output_padding
        return F.conv_transpose2d(x, self.weight, self.bias, stride, padding, more, self.groups, self.dilation)


class Pooling(Module):
    """What the poolings share: the settings of their windows."""

    settings: tuple[str, ...] = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.settings)


class MaxPool(Pooling):
    """The largest element of each window."""

    settings = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.dilation, self.ceil_mode = dilation, ceil_mode


class MaxPool1d(MaxPool):
    """The largest element of each window over the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.max_pool1d(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class MaxPool2d(MaxPool):
    """The largest element of each window over the last two axes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class AvgPool(Pooling):
    """The average of each window."""

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad


class AvgPool1d(AvgPool):
    """The average of each window over the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.avg_pool1d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(AvgPool):
    """The average of each window over the last two axes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.avg_pool2d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AdaptivePooling(Module):
    """What the adaptive poolings share: into how many parts an axis is cut; None keeps it."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The size of the output."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(AdaptivePooling):
    """The average of each of output_size parts of the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.adaptive_avg_pool1d(x, self.output_size)


class AdaptiveAvgPool2d(AdaptivePooling):
    """The average of each of output_size parts of the last two axes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.adaptive_avg_pool2d(x, self.output_size)


class AdaptiveMaxPool2d(AdaptivePooling):
    """The largest element of each of output_size parts of the last two axes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled x."""
        return F.adaptive_max_pool2d(x, self.output_size)
