"""Linear algebra under PyTorch's torch.linalg names."""

from typing import Any

from .methods.linalg import det, inv, solve
from .tensor import Tensor

__all__ = ["det", "inv", "solve", "vector_norm"]


def vector_norm(x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Length of x over `dim` (an axis or several; all when left out): see Tensor.norm."""
    return x.norm(ord, dim, keepdim)
