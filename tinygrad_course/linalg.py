"""Linear algebra under PyTorch's torch.linalg names."""

from .methods.linalg import det, inv, solve
from .tensor import Tensor

__all__ = ["det", "inv", "solve", "vector_norm"]

vector_norm = Tensor.norm
