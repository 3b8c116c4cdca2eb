"""Activations as modules."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional as F
from .module import Module


class ReLU(Module):
    """x where it is positive, else 0."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation of x."""
        return F.relu(x)


class Softmax(Module):
    """Positive numbers that add up to 1 along dim."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Return the softmax of x."""
        return F.softmax(x, -1 if self.dim is None else self.dim)

    def extra_repr(self) -> str:
        """The axis, for printing."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of softmax along dim, computed without its rounding errors."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the log-softmax of x."""
        return F.log_softmax(x, -1 if self.dim is None else self.dim)
