"""Methods that fold axes away. dim and keepdim are PyTorch's names, axis and keepdims NumPy's: either may be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..graph import Op

if TYPE_CHECKING:
    from ..tensor import Tensor


class Reductions:
    """Methods of Tensor that fold axes away."""

    __slots__ = ()

    def sum(self, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Sum over `dim` (an axis or several; all when left out). bool and integers are summed as int64."""
        x = self.astype(np.int64) if self.dtype.kind in "bui" else self
        return ops.Sum(x, axis=axes_of(x, axis if dim is None else dim), keepdims=keepdim or keepdims)

    def mean(self, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Average over `dim` (an axis or several; all when left out). Raises RuntimeError for integers."""
        if self.dtype.kind != "f":
            raise RuntimeError(f"mean(): could not infer output dtype from {self.dtype}; use x.float().mean()")
        total = self.sum(axis if dim is None else dim, keepdim or keepdims)
        return total * (max(total.numel(), 1) / self.numel()) if self.numel() else total / 0

    def amax(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Largest value over `dim` (an axis or several; all when left out); ties share the gradient equally."""
        return ops.Max(self, axis=axes_of(self, dim), keepdims=keepdim)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Position of the first largest value along `dim`, or in the flattened tensor."""
        return Op.result(np.asarray(self.data.argmax(axis=dim, keepdims=keepdim)))



def axes_of(x: Tensor, dim: Any) -> tuple[int, ...]:
    """The axes that `dim` names (None: all of them), counted from 0. Raises IndexError for one that x has not."""
    dims = range(x.ndim) if dim is None else dim if isinstance(dim, Sequence) else (dim,)
    for d in dims:
        if not -max(x.ndim, 1) <= d < max(x.ndim, 1):
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-max(x.ndim, 1)}, {max(x.ndim, 1) - 1}], "
                f"but got {d}) for a tensor of shape {list(x.shape)}"
            )
    return tuple(d % x.ndim for d in dims) if x.ndim else ()
