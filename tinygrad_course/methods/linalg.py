"""Products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..graph import Op

if TYPE_CHECKING:
    from ..tensor import Tensor


class LinearAlgebra:
    """Methods of Tensor that multiply matrices."""

    __slots__ = ()

    def matmul(self, other: Any) -> Tensor:
        """Matrix product: see `tg.matmul`."""
        return matmul(self, other)



def matmul(x: Tensor, y: Any) -> Tensor:
    """Matrix product. (..., n, k) @ (..., k, m) gives (..., n, m); a 1-d side is a row or a column, dropped after.

    Raises RuntimeError if the inner sizes differ or a side is 0-d.
    """
    y = y if isinstance(y, Op.result) else Op.result(y)
    if x.ndim == 0 or y.ndim == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D; multiply by a number with *")
    inner = y.shape[-2] if y.ndim > 1 else y.shape[0]
    if x.shape[-1] != inner:
        cure = "; did you mean y.mT?" if y.ndim > 1 and x.shape[-1] == y.shape[-1] else ""
        raise RuntimeError(f"matmul: {x.shape} @ {y.shape}: {x.shape[-1]} and {inner} must be equal{cure}")
    a = x if x.ndim > 1 else x.reshape(1, -1)
    b = y if y.ndim > 1 else y.reshape(-1, 1)
    z = ops.MatMul(a, b)
    dropped = z.shape[: z.ndim - 2] + (z.shape[-2:-1] if x.ndim > 1 else ()) + (z.shape[-1:] if y.ndim > 1 else ())
    return z if z.shape == dropped else z.reshape(dropped)
