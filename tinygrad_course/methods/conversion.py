"""Methods that change the type of the numbers, or make a new tensor of the same type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import devices, dtypes, ops
from ..graph import Op
from .shapes import sizes

if TYPE_CHECKING:
    from ..tensor import Tensor

DEVICES = ("cpu", "cuda", "mps", "xpu", "meta")


class Conversion:
    """Methods of Tensor that change the type of its numbers."""

    __slots__ = ()

    def to(self: Any, *target: Any, dtype: Any = None, device: Any = None, copy: bool = False) -> Tensor:
        """Convert to a dtype, or to another tensor's dtype; "cpu" is accepted as the one device there is.

        Raises RuntimeError for another device.
        """
        for t in (*target, device):
            if isinstance(t, str) and t.partition(":")[0] in DEVICES:
                devices.device(t)
            elif t is not None:
                dtype = t.dtype if isinstance(t, Op.result) else t
        if dtype is None or np.dtype(dtype) == self.dtype:
            return self.clone() if copy else self
        return ops.Cast(self, dtype=np.dtype(dtype))

    def type(self: Any, dtype: Any) -> Tensor:
        """Convert to a dtype; astype is NumPy's name for it."""
        return self.to(dtype)

    astype = type

    def type_as(self: Any, other: Tensor) -> Tensor:
        """Convert to other's dtype."""
        return self.to(other.dtype)

    @property
    def device(self: Any) -> devices.device:
        """Where its memory is: the CPU."""
        return devices.device("cpu")

    def cpu(self: Any) -> Tensor:
        """Return the tensor itself: it is on the CPU."""
        return self

    def float(self: Any) -> Tensor:
        """Convert to float32."""
        return self.to(dtypes.float32)

    def double(self: Any) -> Tensor:
        """Convert to float64."""
        return self.to(dtypes.float64)

    def half(self: Any) -> Tensor:
        """Convert to float16."""
        return self.to(dtypes.float16)

    def long(self: Any) -> Tensor:
        """Convert to int64."""
        return self.to(dtypes.int64)

    def int(self: Any) -> Tensor:
        """Convert to int32."""
        return self.to(dtypes.int32)

    def bool(self: Any) -> Tensor:
        """Convert to bool: True where an element is not 0."""
        return self.to(dtypes.bool_)

    def new_tensor(self: Any, data: Any, *, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Make a tensor of data, in this tensor's dtype."""
        return Op.result(np.array(data, dtype=dtype or self.dtype)).requires_grad_(requires_grad)

    def new_zeros(self: Any, size: Any = (), *more: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Make a tensor of zeros, in this tensor's dtype."""
        return self.new_full(sizes((size, *more)), 0, dtype=dtype, requires_grad=requires_grad)

    def new_ones(self: Any, size: Any = (), *more: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Make a tensor of ones, in this tensor's dtype."""
        return self.new_full(sizes((size, *more)), 1, dtype=dtype, requires_grad=requires_grad)

    def new_full(self: Any, size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Make a tensor of one number, in this tensor's dtype."""
        return Op.result(np.full(tuple(size), fill_value, dtype or self.dtype)).requires_grad_(requires_grad)

    def new_empty(self: Any, size: Any = (), *more: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """Make a tensor whose numbers are whatever the memory held, in this tensor's dtype."""
        return Op.result(np.empty(sizes((size, *more)), dtype or self.dtype)).requires_grad_(requires_grad)
