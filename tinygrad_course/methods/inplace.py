"""Methods that write into a tensor's own memory; their names end in _.

A write makes a new Node and gives it to the tensor: edges made before keep the old one. Writing a view rewrites its
base as well, as a whole with the view's elements replaced, and other views of that base make themselves again when
they are next used. The version counter, shared by all of them, is what the engine compares before it trusts an array
that a rule saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..graph import Op, place_of
from ..modes import modes
from ..random import Generator, default_generator
from .indexing import prepare

if TYPE_CHECKING:
    from ..tensor import Tensor


class InPlace:
    """Methods of Tensor that write into its own memory."""

    __slots__ = ()

    def add_(self: Any, other: Any, *, alpha: float = 1) -> Tensor:
        """Add alpha times other, in place."""
        return write(self, self + (other if alpha == 1 else other * alpha))

    def sub_(self: Any, other: Any, *, alpha: float = 1) -> Tensor:
        """Subtract alpha times other, in place."""
        return write(self, self - (other if alpha == 1 else other * alpha))

    def mul_(self: Any, other: Any) -> Tensor:
        """Multiply by other, in place."""
        return write(self, self * other)

    def div_(self: Any, other: Any) -> Tensor:
        """Divide by other, in place."""
        return write(self, self / other)

    def pow_(self: Any, exponent: Any) -> Tensor:
        """Raise to a power, in place."""
        return write(self, self**exponent)

    def neg_(self: Any) -> Tensor:
        """Turn every sign, in place."""
        return write(self, -self)

    def exp_(self: Any) -> Tensor:
        """e to the power of each element, in place."""
        return write(self, self.exp())

    def sqrt_(self: Any) -> Tensor:
        """Square root of each element, in place."""
        return write(self, self.sqrt())

    def relu_(self: Any) -> Tensor:
        """0 where an element is negative, in place."""
        return write(self, self.relu())

    def sigmoid_(self: Any) -> Tensor:
        """1 / (1 + e to the power of -x) of each element, in place."""
        return write(self, self.sigmoid())

    def tanh_(self: Any) -> Tensor:
        """Hyperbolic tangent of each element, in place."""
        return write(self, self.tanh())

    def clamp_(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """Bring every element between min and max, in place."""
        return write(self, self.clamp(min, max))

    def lerp_(self: Any, end: Any, weight: Any) -> Tensor:
        """Go the share `weight` of the way to end, in place."""
        return write(self, self.lerp(end, weight))

    def addcmul_(self: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
        """Add value * tensor1 * tensor2, in place."""
        return write(self, self + value * tensor1 * tensor2)

    def addcdiv_(self: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
        """Add value * tensor1 / tensor2, in place."""
        return write(self, self + value * tensor1 / tensor2)

    def masked_fill_(self: Any, mask: Tensor, value: Any) -> Tensor:
        """Write value where mask is True, in place."""
        return write(self, self.masked_fill(mask, value))

    def scatter_(self: Any, dim: int, index: Tensor, src: Any) -> Tensor:
        """Write src at the positions that index names along dim, in place."""
        return write(self, self.scatter(dim, index, src))

    def scatter_add_(self: Any, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """Add src at the positions that index names along dim, in place."""
        return write(self, self.scatter_add(dim, index, src))

    def index_add_(self: Any, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
        """Add alpha times the slices of source to the slices that index names along dim, in place."""
        return write(self, self.index_add(dim, index, source, alpha=alpha))

    def fill_(self: Any, value: Any) -> Tensor:
        """Write one number everywhere, in place."""
        return write(self, ops.SetItem(self, value, key=()))

    def zero_(self: Any) -> Tensor:
        """Write 0 everywhere, in place."""
        return self.fill_(0)

    def copy_(self: Any, src: Any) -> Tensor:
        """Take the numbers of src, which broadcasts and is cast to this dtype, in place."""
        value = src if isinstance(src, Op.result) else Op.result(np.asarray(src))
        return write(self, ops.SetItem(self, value, key=()))

    def uniform_(self: Any, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Random numbers, evenly spread from a to b, in place."""
        return self.copy_((generator or default_generator).numpy.uniform(a, b, self.shape))

    def normal_(self: Any, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Random numbers of the normal distribution, in place."""
        return self.copy_((generator or default_generator).numpy.normal(mean, std, self.shape))

    def __setitem__(self: Any, key: Any, value: Any) -> None:
        x, template, indices = prepare(self, key)
        write(x, ops.SetItem(x, value, *indices, key=template))

    def __iadd__(self: Any, other: Any) -> Tensor:
        return self.add_(other)

    def __isub__(self: Any, other: Any) -> Tensor:
        return self.sub_(other)

    def __imul__(self: Any, other: Any) -> Tensor:
        return self.mul_(other)

    def __itruediv__(self: Any, other: Any) -> Tensor:
        return self.div_(other)

    def __ipow__(self: Any, other: Any) -> Tensor:
        return self.pow_(other)


def write(x: Any, value: Any) -> Any:
    """Put value, a Tensor computed from x, into x's memory and let x's graph be value's; returns x.

    Raises RuntimeError for a leaf that wants gradients, and where value's shape or kind of number does not fit.
    """
    if modes.grad:
        refuse_leaf(x, value.requires_grad)
    if value.shape != x.shape:
        raise RuntimeError(
            f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(value.shape)}: "
            "an in-place operation cannot change the shape; write x = x + y in place of x += y"
        )
    if not np.can_cast(value.dtype, x.dtype, "same_kind"):
        raise RuntimeError(
            f"result type {value.dtype} can't be cast to the desired output type {x.dtype}: "
            "write x = x + y in place of x += y, or convert first: x = x.float()"
        )
    if not x.data.flags.writeable:
        raise RuntimeError("unsupported operation: this memory is read-only or expanded. Clone the tensor first.")
    if modes.grad:
        rebind(x, value)
    np.copyto(x.data, value.data, casting="same_kind")
    x.version[0] += 1
    return x


def refuse_leaf(x: Any, tracked: bool) -> None:
    """Raise RuntimeError if writing x, with a tracked value or not, changes a leaf that wants gradients.

    The same for a view made while recording was off: its base would not learn of the write.
    """
    while x.origin is not None:
        if not x.origin.recorded and (tracked or x.origin.base.requires_grad):
            raise RuntimeError(
                "A view was created in no_grad mode and is being modified inplace with grad mode enabled: "
                "write to its base, or make the view outside no_grad."
            )
        x = x.origin.base
    if x.is_leaf and x.requires_grad:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation: wrap the write in "
            "`with tg.no_grad():`, or make a new tensor (y = x + 1 in place of x += 1)."
        )


def rebind(x: Any, value: Any) -> None:
    """Give x value's place in the graph; for a view, rewrite the base with x's elements replaced by value."""
    while True:
        if x.node is not None and x.node.value is x.data:
            x.node.value = x.data.copy()
        if x.origin is None:
            x.node = place_of(value)
            return
        if not (value.requires_grad or x.origin.base.requires_grad):
            return
        base, op, params = x.origin.base, x.origin.op, x.origin.params
        places = op.forward(np.arange(base.numel()).reshape(base.shape), **params)
        flat = ops.SetItem(base.reshape(-1), value, Op.result(places), key=(ops.indexing.ARRAY,))
        x, value = base, flat.reshape(base.shape)
