"""Activations as modules: the function of the same name in nn.functional, to be put in a Sequential."""

from __future__ import annotations

from typing import Any

from ..creation import full
from ..tensor import Tensor
from . import functional as F
from .module import Module
from .parameter import Parameter


class Activation(Module):
    """What the modules of this file share: a function, its settings, and how they print.

    A subclass names its settings in `settings`, in the order of its own arguments.
    """

    settings: tuple[str, ...] = ()

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.settings)


class ReLU(Activation):
    """x where it is positive, else 0."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        """Return relu of x; with inplace=True, x itself is changed."""
        return F.relu(x, self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place, where it does."""
        return "inplace=True" if self.inplace else ""


class ReLU6(Activation):
    """x between 0 and 6."""

    def forward(self, x: Tensor) -> Tensor:
        """Return relu6 of x."""
        return F.relu6(x)


class Hardtanh(Activation):
    """x between min_val and max_val."""

    settings = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        super().__init__()
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Tensor) -> Tensor:
        """Return hardtanh of x."""
        return F.hardtanh(x, self.min_val, self.max_val)


class LeakyReLU(Activation):
    """x where it is positive, else negative_slope times x."""

    settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """Return leaky_relu of x."""
        return F.leaky_relu(x, self.negative_slope)


class PReLU(Activation):
    """leaky_relu with slopes that are learned: one, or one for each channel."""

    settings = ("num_parameters",)

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return prelu of x."""
        return F.prelu(x, self.weight)


class ELU(Activation):
    """x where it is positive, else alpha * (e^x - 1)."""

    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        """Return elu of x."""
        return F.elu(x, self.alpha)


class SELU(Activation):
    """elu, scaled so that activations keep mean 0 and variance 1."""

    def forward(self, x: Tensor) -> Tensor:
        """Return selu of x."""
        return F.selu(x)


class GELU(Activation):
    """x times the normal distribution's share below x."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        """Return gelu of x."""
        return F.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """The approximation."""
        return f"approximate={self.approximate!r}"


class SiLU(Activation):
    """x times sigmoid(x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return silu of x."""
        return F.silu(x)


class Mish(Activation):
    """x times tanh(softplus(x))."""

    def forward(self, x: Tensor) -> Tensor:
        """Return mish of x."""
        return F.mish(x)


class Softplus(Activation):
    """log(1 + e^(beta x)) / beta."""

    settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Tensor) -> Tensor:
        """Return softplus of x."""
        return F.softplus(x, self.beta, self.threshold)


class Softsign(Activation):
    """x / (1 + |x|)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return softsign of x."""
        return F.softsign(x)


class LogSigmoid(Activation):
    """The logarithm of sigmoid."""

    def forward(self, x: Tensor) -> Tensor:
        """Return logsigmoid of x."""
        return F.logsigmoid(x)


class Sigmoid(Activation):
    """1 / (1 + e^-x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return sigmoid of x."""
        return F.sigmoid(x)


class Tanh(Activation):
    """The hyperbolic tangent."""

    def forward(self, x: Tensor) -> Tensor:
        """Return tanh of x."""
        return F.tanh(x)


class Softmax(Activation):
    """Positive numbers that add up to 1 along an axis."""

    settings = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Return softmax of x."""
        return F.softmax(x, self.dim)


class LogSoftmax(Softmax):
    """The logarithm of softmax, computed stably."""

    def forward(self, x: Tensor) -> Tensor:
        """Return log_softmax of x."""
        return F.log_softmax(x, self.dim)
