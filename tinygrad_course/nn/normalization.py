"""Activations brought to mean 0 and variance 1, then scaled and shifted as is learned: functions and layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..autograd import no_grad
from ..creation import ones, zeros
from ..fused import FusedLayerNorm
from ..modes import modes
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import blank


def standardized(x: Tensor, axes: tuple[int, ...], eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return x with mean 0 and variance 1 over the axes, and the mean and (biased) variance it had."""
    mean = x.mean(axes, keepdim=True)
    away = x - mean
    variance = (away * away).mean(axes, keepdim=True)
    return away / (variance + eps).sqrt(), mean, variance


def affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Return x * weight + bias, where they are given."""
    z = x if weight is None else x * weight
    return z if bias is None else z + bias


def per_channel(parameter: Tensor | None, x: Tensor) -> Any:
    """One number for each channel (the second axis of x), in a shape that broadcasts with x."""
    return None if parameter is None else parameter.reshape(-1, *(1,) * (x.ndim - 2))


# Over the last axes of each example


def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each example to mean 0 and variance 1 over its last axes, then scale and shift (Ba et al., 2016)."""
    axes = trailing(input, normalized_shape)
    if modes.fused and weight is not None and bias is not None and input.dtype == weight.dtype == bias.dtype:
        return FusedLayerNorm(input, weight, bias, axes=axes, eps=eps)
    return normalized(input, weight, bias, axes, eps)


def normalized(x: Tensor, weight: Tensor | None, bias: Tensor | None, axes: tuple[int, ...], eps: float) -> Tensor:
    """Return x with mean 0 and variance 1 over the axes, then times weight, plus bias, where they are given."""
    return affine(standardized(x, axes, eps)[0], weight, bias)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide each example by its root mean square over its last axes, then scale (Zhang and Sennrich, 2019)."""
    axes = trailing(input, normalized_shape)
    square = (input * input).mean(axes, keepdim=True)
    return affine(input / (square + (float(np.finfo(input.dtype).eps) if eps is None else eps)).sqrt(), weight, None)


def trailing(input: Tensor, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    """The axes that have normalized_shape: the last ones. Raises RuntimeError if the input does not end in it."""
    wanted = tuple(normalized_shape)
    if not wanted or input.shape[-len(wanted) :] != wanted:
        expected, given = ", ".join(["*", *map(str, wanted)]), list(input.shape)
        raise RuntimeError(f"normalized_shape: expected input with shape [{expected}], but got input of size {given}")
    return tuple(range(-len(wanted), 0))


# Over channels: the second axis of (n, c, ...)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Bring each group of channels of each example to mean 0 and variance 1 (Wu and He, 2018)."""
    if input.shape[1] % num_groups:
        raise RuntimeError(f"group_norm: {input.shape[1]} channels must be divisible by num_groups={num_groups}")
    grouped = input.reshape(len(input), num_groups, -1)
    z = standardized(grouped, (2,), eps)[0].reshape(input.shape)
    return affine(z, per_channel(weight, input), per_channel(bias, input))


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each channel to mean 0 and variance 1 over the batch (Ioffe and Szegedy, 2015).

    training: by the batch's own mean and variance, which the running ones take up at the rate `momentum` (the variance
    as an unbiased estimate); else by the running ones. Raises ValueError for a training batch of one value a channel.
    """
    axes = (0, *range(2, input.ndim))
    return channel_norm(input, axes, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None,
    bias: Tensor | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each channel of each example to mean 0 and variance 1 (Ulyanov et al., 2016).

    Arguments as for batch_norm, of which this is the form for a batch of one; use_input_stats is its `training`.
    """
    axes = tuple(range(2, input.ndim))
    return channel_norm(input, axes, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def channel_norm(
    input: Tensor, axes: tuple[int, ...], running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None, bias: Tensor | None, training: bool, momentum: float, eps: float,
) -> Tensor:  # fmt: skip
    """Normalise over these axes by the input's own mean and variance, or by the running ones; see batch_norm."""
    if training or running_mean is None or running_var is None:
        z, mean, variance = standardized(input, axes, eps)
        count = input.numel() // max(mean.numel(), 1)
        if training and count <= 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input {list(input.shape)}")
        follow(running_mean, mean.data, momentum)
        follow(running_var, variance.data * (count / max(count - 1, 1)), momentum)
    else:
        z = (input - per_channel(running_mean, input)) / (per_channel(running_var, input) + eps).sqrt()
    return affine(z, per_channel(weight, input), per_channel(bias, input))


@no_grad()
def follow(running: Tensor | None, now: np.ndarray, momentum: float) -> None:
    """Move a running average, in place, by the share `momentum` towards the mean over the examples of `now`."""
    if running is not None:
        running.copy_(running * (1 - momentum) + Tensor(now.mean(0).reshape(running.shape)) * momentum)


# Directions and lengths


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide by the p-norm along `dim`, or by eps where that is larger."""
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between x1 and x2 along `dim`."""
    return (normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps)).sum(dim)


# Layers


class Normalization(Module):
    """What the layers of this file share: a weight that begins as ones and a bias that begins as zeros, or None."""

    def __init__(self, shape: Sequence[int], weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        super().__init__()
        self.weight = blank(*shape, device=device, dtype=dtype) if weight else None
        self.bias = blank(*shape, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Let the weight be ones and the bias zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(Normalization):
    """Each example to mean 0 and variance 1 over its last axes, of sizes normalized_shape (Ba et al., 2016)."""

    shown = "normalized_shape eps= elementwise_affine= bias="

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, *, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        shape = shape_of(normalized_shape)
        super().__init__(shape, elementwise_affine, elementwise_affine and bias, device, dtype)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalised, scaled and shifted."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Normalization):
    """Each example divided by its root mean square over its last axes, then scaled (Zhang and Sennrich, 2019)."""

    shown = "normalized_shape eps= elementwise_affine="

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True, *,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        shape = shape_of(normalized_shape)
        super().__init__(shape, elementwise_affine, False, device, dtype)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalised and scaled."""
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)


def shape_of(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """3 and (3,) alike as (3,)."""
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class GroupNorm(Normalization):
    """Each group of channels of each example to mean 0 and variance 1 (Wu and He, 2018)."""

    shown = "num_groups num_channels eps= affine= bias="

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        super().__init__((num_channels,), affine, affine and bias, device, dtype)
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalised, scaled and shifted."""
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class ChannelNorm(Normalization):
    """What batch and instance normalisation share: running_mean and running_var, kept for evaluation mode.

    While training they take up what each input is like at the rate `momentum`.
    """

    shown = "num_features eps= momentum= affine= bias= track_running_stats="
    function: ClassVar[Callable[..., Tensor]]
    axes: ClassVar[tuple[int, ...]]  # how many axes an input may have
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__((num_features,), affine, affine and bias, device, dtype)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype="int64") if track_running_stats else None)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalised, scaled and shifted."""
        self.check(input)
        own, rate = self.training or self.running_mean is None, self.rate() if self.training else 0.0
        parameters = self.running_mean, self.running_var, self.weight, self.bias
        return type(self).function(input, *parameters, own, rate, self.eps)

    def rate(self) -> float:
        """The rate at which the running numbers take up a training batch."""
        return self.momentum or 0.0

    def check(self, x: Tensor) -> None:
        """Raise what is wrong with an input's shape; the channels count where something is kept for each."""
        if x.ndim not in self.axes or ((self.affine or self.track_running_stats) and x.shape[1] != self.num_features):
            wanted = f"{' or '.join(f'{n}D' for n in self.axes)} input of {self.num_features} channels"
            raise ValueError(f"expected {wanted} (got {x.ndim}D, {list(x.shape)}): the channels are the second axis")

    def reset_running_stats(self) -> None:
        """Forget what the batches so far were like."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)


class BatchNorm(ChannelNorm):
    """Each channel to mean 0 and variance 1 over the batch (Ioffe and Szegedy, 2015).

    While training by the batch's own numbers, in evaluation mode by the running ones. momentum None: those are the
    average of all batches so far.
    """

    function = batch_norm

    @no_grad()
    def rate(self) -> float:
        """Count a training batch; return the rate at which the running numbers take it up."""
        if self.num_batches_tracked is None:
            return 0.0
        self.num_batches_tracked += 1
        return 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum


class BatchNorm1d(BatchNorm):
    """Batch normalisation of (n, c) or (n, c, length): see BatchNorm."""

    axes = (2, 3)


class BatchNorm2d(BatchNorm):
    """Batch normalisation of (n, c, height, width): see BatchNorm."""

    axes = (4,)


class InstanceNorm(ChannelNorm):
    """Each channel of each example to mean 0 and variance 1 (Ulyanov et al., 2016), with nothing learned by default.

    track_running_stats: keep running numbers while training, and use them in evaluation mode.
    """

    function = instance_norm

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, *, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        where: Any = {"device": device, "dtype": dtype}
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, **where)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalised, scaled and shifted; it may be a single example."""
        alone = input.ndim == self.axes[0]
        return super().forward(input.unsqueeze(0)).squeeze(0) if alone else super().forward(input)


class InstanceNorm1d(InstanceNorm):
    """Instance normalisation of (n, c, length) or (c, length): see InstanceNorm."""

    axes = (2, 3)


class InstanceNorm2d(InstanceNorm):
    """Instance normalisation of (n, c, height, width) or (c, height, width): see InstanceNorm."""

    axes = (3, 4)
