"""Activations as modules: the function of the same name in nn.functional, to be put in a Sequential."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional as F
from .module import Module


class ReLU(Module):
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


class Softmax(Module):
    """Positive numbers that add up to 1 along an axis."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Return softmax of x."""
        return F.softmax(x, self.dim)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of softmax, computed stably."""

    def forward(self, x: Tensor) -> Tensor:
        """Return log_softmax of x."""
        return F.log_softmax(x, self.dim)
