"""Methods that lay the same numbers out in another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


class Shapes:
    """Methods of Tensor that lay the same numbers out in another shape."""

    __slots__ = ()

    def reshape(self, *shape: Any) -> Tensor:
        """The same numbers in another shape; one size may be -1 (whatever is left)."""
        return ops.Reshape(self, size=resolve(self.shape, sizes(shape)))

    view = reshape

    def expand(self, *shape: Any) -> Tensor:
        """Repeat axes of size 1, and new leading axes, without copying; -1 keeps an axis."""
        target = sizes(shape)
        own = (1,) * (len(target) - self.ndim) + self.shape
        return ops.Expand(self, size=tuple(m if n == -1 else n for n, m in zip(target, own, strict=True)))

    def permute(self, *dims: Any) -> Tensor:
        """The axes in another order."""
        return ops.Permute(self, axes=tuple(d % self.ndim for d in sizes(dims)))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Two axes exchanged."""
        order = list(range(self.ndim))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return self.permute(order)

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""
        return self.transpose(-2, -1)

    @property
    def T(self) -> Tensor:
        """The axes in reverse order."""
        return self.permute(tuple(reversed(range(self.ndim))))



def sizes(shape: tuple) -> tuple[int, ...]:
    """f(2, 3) and f((2, 3)) alike as (2, 3)."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape


def resolve(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """Fill in a -1 of `target` for a tensor of `shape`. Raises RuntimeError if the numbers do not fit."""
    count = int(np.prod(shape))
    known = int(np.prod([n for n in target if n != -1]))
    if target.count(-1) == 1 and known and count % known == 0:
        return tuple(count // known if n == -1 else n for n in target)
    if -1 in target or known != count:
        raise RuntimeError(f"shape '{list(target)}' is invalid for input of size {count}, of shape {list(shape)}")
    return target
