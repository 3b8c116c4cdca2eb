"""Methods that write into a tensor's own memory; their names end in _.

A write makes a new Node and gives it to the tensor: edges made before keep the old one. Writing a view rewrites its
base as well, as a whole with the view's elements replaced, and other views of that base make themselves again when
they are next used. The version counter, shared by all of them, is what the engine compares before it trusts an array
that a rule saved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from .. import ops
from ..graph import Op, place_of
from ..modes import modes
from ..random import Generator, default_generator
from .indexing import Indexing, prepare
from .pointwise import Pointwise

if TYPE_CHECKING:
    from ..tensor import Tensor

P = ParamSpec("P")


def in_place(method: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """A method that writes what another one gives into the tensor itself, and returns that."""

    @wraps(method)
    def writing(*args: P.args, **options: P.kwargs) -> Tensor:
        return write(args[0], method(*args, **options))

    writing.__name__ = f"{method.__name__}_"
    writing.__doc__ = f"Write what `{method.__name__}` gives into this tensor's own memory: {method.__doc__}"
    return writing


class InPlace:
    """Methods of Tensor that write into its own memory."""

    __slots__ = ()

    add_, sub_, mul_ = in_place(Pointwise.add), in_place(Pointwise.sub), in_place(Pointwise.mul)
    div_, pow_, neg_ = in_place(Pointwise.div), in_place(Pointwise.pow), in_place(Pointwise.neg)
    exp_, sqrt_, tanh_ = in_place(Pointwise.exp), in_place(Pointwise.sqrt), in_place(Pointwise.tanh)
    relu_, sigmoid_, clamp_ = in_place(Pointwise.relu), in_place(Pointwise.sigmoid), in_place(Pointwise.clamp)
    lerp_, addcmul_, addcdiv_ = in_place(Pointwise.lerp), in_place(Pointwise.addcmul), in_place(Pointwise.addcdiv)
    masked_fill_, index_add_ = in_place(Indexing.masked_fill), in_place(Indexing.index_add)
    scatter_, scatter_add_ = in_place(Indexing.scatter), in_place(Indexing.scatter_add)
    __iadd__, __isub__, __imul__, __itruediv__, __ipow__ = add_, sub_, mul_, div_, pow_

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


def write(x: Any, value: Any) -> Any:
    """Put value, a Tensor computed from x, into x's memory and let x's graph be value's; returns x.

    Raises RuntimeError for a leaf that wants gradients, and where value's shape or kind of number does not fit.
    """
    if modes.grad:
        refuse_leaf(x, value.requires_grad)
    if value.shape != x.shape:
        wrong = f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(value.shape)}"
        cure = "write x = x + y in place of x += y"
        raise RuntimeError(f"{wrong}: an in-place operation cannot change the shape; {cure}")
    if not np.can_cast(value.dtype, x.dtype, "same_kind"):
        cure = "write x = x + y in place of x += y, or convert first: x = x.float()"
        raise RuntimeError(f"result type {value.dtype} can't be cast to the desired output type {x.dtype}: {cure}")
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
            wrong = "A view was created in no_grad mode and is being modified inplace with grad mode enabled"
            raise RuntimeError(f"{wrong}: write to its base, or make the view outside no_grad.")
        x = x.origin.base
    if x.is_leaf and x.requires_grad:
        cure = "wrap the write in `with tg.no_grad():`, or make a new tensor (y = x + 1 in place of x += 1)."
        raise RuntimeError(f"a leaf Variable that requires grad is being used in an in-place operation: {cure}")


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
