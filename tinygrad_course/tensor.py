"""Tensor: an array, its gradient, and the Node that remembers where it came from."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import ops
from .backward import run_backward
from .graph import Node, Op, View, place_of
from .methods.conversion import Conversion
from .methods.indexing import Indexing
from .methods.inplace import InPlace
from .methods.linalg import LinearAlgebra, matmul
from .methods.pointwise import Pointwise
from .methods.reductions import Reductions
from .methods.shapes import Shapes

if TYPE_CHECKING:
    from .draw.picture import Picture
    from .draw.play import Player

Scalar = int | float | bool

_keys = itertools.count()  # a key is never used again, so that a late second remove() takes no other hook


class Handle:
    """Takes a hook away again: handle.remove()."""

    def __init__(self, hooks: dict[int, Callable], hook: Callable) -> None:
        self.hooks, self.key = hooks, next(_keys)
        hooks[self.key] = hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self.hooks.pop(self.key, None)


class Tensor(Pointwise, Reductions, Shapes, Indexing, LinearAlgebra, Conversion, InPlace):
    """An n-dimensional array that can be differentiated through.

    data: the NumPy array. grad: the gradient that has arrived here, a Tensor of the same shape, or None.
    requires_grad: whether gradients are wanted. node (grad_fn in PyTorch): the record of the operation that made it;
    None for a leaf. version: counts the writes to its memory, shared by all views of it.
    """

    __slots__ = ("__weakref__", "_requires_grad", "data", "grad", "hooks", "node", "origin", "version")
    __array_priority__ = 1000  # so that array * tensor asks Tensor.__rmul__ and not NumPy

    data: np.ndarray
    grad: Tensor | None
    node: Node | None
    hooks: dict[int, Callable] | None
    version: list[int]
    origin: View | None

    def __init__(self, data: Any, node: Node | None = None, version: list[int] | None = None) -> None:
        self.data = data if type(data) is np.ndarray else np.asarray(data)
        self.grad = None
        self.node = node
        self.hooks = None
        self.version = [0] if version is None else version
        self.origin = None
        self._requires_grad = False

    # What it is

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted here. Set it on leaves only."""
        return self._requires_grad or self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.node is not None and not wanted:
            cure = "To use a computed one where no gradient is wanted, take var_no_grad = var.detach()."
            raise RuntimeError(f"you can only change requires_grad flags of leaf variables. {cure}")
        if wanted and self.dtype.kind != "f":
            cure = "Write its numbers with a point (2.0), or give dtype=tg.float32."
            raise RuntimeError(f"only Tensors of floating point dtype can require gradients, not {self.dtype}. {cure}")
        self._requires_grad = bool(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set requires_grad; returns the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The Node that made this tensor, under PyTorch's name; None for a leaf."""
        place_of(self)
        return self.node

    @property
    def _version(self) -> int:
        """How often its memory was written to."""
        return self.version[0]

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self.node is None

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype:
        """The type of its numbers."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    def dim(self) -> int:
        """Return the number of axes."""
        return self.data.ndim

    def numel(self) -> int:
        """Return how many numbers it holds."""
        return self.data.size

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of axis `dim`."""
        return self.shape if dim is None else self.shape[dim]

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (ops.GetItem(self, key=(i,)) for i in range(len(self)))

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())

    __hash__ = object.__hash__  # each Tensor is a key of its own, whatever its numbers

    def __repr__(self) -> str:
        from .printing import text

        return text(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """Return a leaf with memory of its own. Raises RuntimeError for a tensor that an operation made."""
        if self.node is not None:
            cure = "copy tensor.detach(), or use tensor.clone(), through which gradients flow."
            raise RuntimeError(f"Only Tensors created explicitly by the user support the deepcopy protocol: {cure}")
        copied = memo[id(self)] = Tensor(self.data.copy()).requires_grad_(self.requires_grad)
        copied.grad = None if self.grad is None else Tensor(self.grad.data.copy())
        return copied

    def __reduce__(self) -> tuple:
        """For pickle: the numbers and whether gradients are wanted; the graph is left behind."""
        return unpickled, (type(self), self.data, self.requires_grad)

    # To Python and NumPy

    def item(self) -> Scalar:
        """Return the only number of the tensor as a Python number. Raises RuntimeError if it has more, or none."""
        if self.data.size != 1:
            raise RuntimeError(f"a Tensor with {self.data.size} elements cannot be converted to Scalar")
        return self.data.item()

    def tolist(self) -> Any:
        """Return the numbers as nested Python lists."""
        return self.data.tolist()

    def numpy(self) -> np.ndarray:
        """Return the array itself, sharing memory. Raises RuntimeError if gradients are wanted here: detach first."""
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if copy is False and dtype is not None and np.dtype(dtype) != array.dtype:
            raise ValueError(f"a copy is needed to make {np.dtype(dtype)} of {array.dtype}")
        return np.array(array, dtype=dtype) if copy else np.asarray(array, dtype=dtype)

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Tensor:
        return Tensor(array)

    def __array_function__(self, function: Callable, types: Any, args: Any, kwargs: Any) -> Any:
        """NumPy's functions (np.sum, np.concatenate …) see the array itself, and give arrays."""
        return function(*as_arrays(args), **as_arrays(kwargs))

    def __bool__(self) -> bool:
        if self.data.size != 1:
            cure = ": use .any() or .all()" if self.data.size else ""
            raise RuntimeError(f"Boolean value of Tensor with {self.data.size or 'no'} values is ambiguous{cure}")
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iub" or self.data.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.data.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.ndim == 0 and spec else format(str(self), spec)

    # Gradients

    def backward(self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
        """Send a gradient back through the graph: each leaf that wants one has it added to its `.grad`.

        gradient: the gradient of this tensor, of its shape; may be left out where the tensor has one element (then 1).
        retain_graph: keep what the rules need, for a second backward. create_graph: record the backward pass itself,
        for gradients of gradients. Raises RuntimeError if nothing here wants a gradient.
        """
        if not self.requires_grad:
            raise RuntimeError(
                "element 0 of tensors does not require grad and does not have a grad_fn: no input was made with "
                "requires_grad=True, or the graph was cut by no_grad() or detach()."
            )
        g = self.seed(gradient)
        retain = create_graph if retain_graph is None else retain_graph
        run_backward([self], [g], create_graph=create_graph, retain_graph=retain)

    def seed(self, gradient: Any = None) -> Tensor:
        """The gradient a backward pass from here begins with: ones for a single element, else what is given."""
        if gradient is None:
            if self.data.size != 1:
                cure = "call .sum() or .mean() first, or give backward(gradient)"
                wrong = f"grad can be implicitly created only for scalar outputs, not for shape {list(self.shape)}"
                raise RuntimeError(f"{wrong}: {cure}")
            return Tensor(np.ones(self.data.shape, self.data.dtype))
        g = gradient if isinstance(gradient, Tensor) else Tensor(np.asarray(gradient, self.dtype))
        if g.shape != self.shape:
            given = f"the gradient has shape {list(g.shape)}, the tensor {list(self.shape)}"
            raise RuntimeError(f"Mismatch in shape: {given}")
        return g

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call hook(gradient) when this tensor's whole gradient is known; what it returns, unless None, replaces it.

        Returns a handle whose remove() takes the hook away.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        owner = self if self.node is None else self.node
        if owner.hooks is None:
            owner.hooks = {}
        return Handle(owner.hooks, hook)

    def retain_grad(self) -> None:
        """Keep this tensor's gradient in .grad although it is not a leaf."""
        if self.node is not None:
            me = weakref.ref(self)

            def keep(g: Tensor) -> None:
                if (tensor := me()) is not None:
                    tensor.grad = g.clone() if tensor.grad is None else tensor.grad + g

            self.register_hook(keep)

    def detach(self) -> Tensor:
        """Return the same memory as a tensor of its own, cut from the graph."""
        return Tensor(self.data, None, self.version)

    def clone(self) -> Tensor:
        """Return a copy with memory of its own; gradients flow through it."""
        return Tensor(self.data.copy()) if place_of(self) is None else ops.Clone(self)

    def draw(self, **options: Any) -> Picture:
        """Draw the graph this tensor came from: see `tg.draw`."""
        from .draw import draw

        return draw(self, **options)

    def play(self, gradient: Any = None, **options: Any) -> Player:
        """Step through the graph this tensor came from, forward and backward: see `tg.play`."""
        from .draw.play import play

        return play(self, gradient, **options)

    # Arithmetic and comparison

    def __add__(self, other: Any) -> Tensor:
        return ops.Add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.Add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.Sub(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.Sub(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.Mul(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.Mul(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.Div(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.Div(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return matmul(Tensor(other), self)

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None else ops.Equal(self, other)

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None else ops.Not(ops.Equal(self, other))


def as_arrays(thing: Any) -> Any:
    """What a NumPy function was given, with the array in place of each Tensor, also inside tuples, lists and dicts."""
    if isinstance(thing, Tensor):
        return thing.numpy()
    if isinstance(thing, dict):
        return {name: as_arrays(value) for name, value in thing.items()}
    return type(thing)(map(as_arrays, thing)) if type(thing) in (tuple, list) else thing


def unpickled(kind: type[Tensor], data: np.ndarray, requires_grad: bool) -> Tensor:
    """A tensor from what its pickle holds."""
    tensor = kind(Tensor(data))
    return tensor.requires_grad_(requires_grad)


Op.result = Tensor
