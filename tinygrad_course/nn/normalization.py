"""Layers that bring activations to mean 0 and variance 1, and then let the network scale and shift them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd import no_grad
from ..creation import ones, zeros
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Normalization(Module):
    """What the layers of this file share: a weight that begins as ones, and a bias that begins as zeros."""

    weight: Parameter | None
    bias: Parameter | None

    def make(self, shape: tuple[int, ...], weight: bool, bias: bool, dtype: Any) -> None:
        """Set weight and bias of this shape, or None."""
        self.register_parameter("weight", Parameter(ones(shape, dtype=dtype)) if weight else None)
        self.register_parameter("bias", Parameter(zeros(shape, dtype=dtype)) if bias else None)

    def reset_parameters(self) -> None:
        """Let the weight be ones and the bias zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(Normalization):
    """Each example to mean 0 and variance 1 over its last axes, of sizes normalized_shape (Ba et al., 2016)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape_of(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.make(self.normalized_shape, elementwise_affine, elementwise_affine and bias, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, scaled and shifted."""
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        settings = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{settings}, bias={self.bias is not None}"


class RMSNorm(Normalization):
    """Each example divided by its root mean square over its last axes, then scaled (Zhang and Sennrich, 2019)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape_of(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.make(self.normalized_shape, elementwise_affine, False, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised and scaled."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Normalization):
    """Each group of channels of each example to mean 0 and variance 1 (Wu and He, 2018)."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.make((num_channels,), affine, affine and bias, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, scaled and shifted."""
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        settings = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{settings}, bias={self.bias is not None}"


class BatchNorm(Normalization):
    """Each channel to mean 0 and variance 1 over the batch (Ioffe and Szegedy, 2015).

    While training by the batch's own numbers, which running_mean and running_var take up at the rate `momentum` (None:
    they are the average of all batches so far); in evaluation mode by the running ones.
    """

    axes: tuple[int, ...]  # how many axes an input may have
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.make((num_features,), affine, affine and bias, dtype)
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype="int64") if track_running_stats else None)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, scaled and shifted."""
        if x.ndim not in self.axes or x.shape[1] != self.num_features:
            raise ValueError(
                f"expected {' or '.join(f'{n}D' for n in self.axes)} input of {self.num_features} channels (got "
                f"{x.ndim}D input of shape {list(x.shape)}): the channels are the second axis"
            )
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.count() if self.training else 0.0,
            self.eps,
        )

    @no_grad()
    def count(self) -> float:
        """Count a training batch; return the rate at which the running numbers take it up."""
        if self.num_batches_tracked is None:
            return 0.0
        self.num_batches_tracked += 1
        return 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum

    def reset_running_stats(self) -> None:
        """Forget what the batches so far were like."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(BatchNorm):
    """Batch normalisation of (n, c) or (n, c, length): see BatchNorm."""

    axes = (2, 3)


class BatchNorm2d(BatchNorm):
    """Batch normalisation of (n, c, height, width): see BatchNorm."""

    axes = (4,)


def shape_of(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """3 and (3,) alike as (3,)."""
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
