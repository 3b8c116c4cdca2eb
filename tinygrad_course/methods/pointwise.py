"""Methods that work on each element by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


class Pointwise:
    """Methods of Tensor that work on each element by itself."""

    __slots__ = ()

    def exp(self) -> Tensor:
        """e to the power of each element."""
        return ops.Exp(self)

    def log(self) -> Tensor:
        """Natural logarithm of each element."""
        return ops.Log(self)

    def relu(self) -> Tensor:
        """Each element where positive, else 0."""
        return ops.ReLU(self)
