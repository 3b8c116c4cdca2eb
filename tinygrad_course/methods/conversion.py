"""Methods that change the type of the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


class Conversion:
    """Methods of Tensor that change the type of its numbers."""

    __slots__ = ()

    def astype(self, dtype: Any) -> Tensor:
        """The same numbers in another dtype."""
        return self if self.dtype == dtype else ops.Cast(self, dtype=np.dtype(dtype))

    to = type = astype

    def float(self) -> Tensor:
        """The same numbers as float32."""
        return self.astype(np.float32)

    def double(self) -> Tensor:
        """The same numbers as float64."""
        return self.astype(np.float64)

    def long(self) -> Tensor:
        """The same numbers as int64."""
        return self.astype(np.int64)
