"""Methods that lay the same numbers out in another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..graph import Op

if TYPE_CHECKING:
    from ..tensor import Tensor

KEEP = slice(None)


class Shapes:
    """Methods of Tensor that lay the same numbers out in another shape."""

    __slots__ = ()

    # Another shape, the same order

    def reshape(self: Any, shape: Any = (), *more: int) -> Tensor:
        """The same numbers in another shape; one size may be -1 (whatever is left). A view where memory allows it."""
        return ops.Reshape(self, size=resolve(self.shape, sizes((shape, *more))))

    def view(self: Any, *shape: Any) -> Tensor:
        """As reshape, but never a copy: raises RuntimeError where the memory does not lie in that order."""
        z = self.reshape(*shape)
        if z.numel() and not np.may_share_memory(self.data, z.data):
            why = "at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead."
            raise RuntimeError(f"view size is not compatible with input tensor's size and stride ({why}")
        return z

    def reshape_as(self: Any, other: Tensor) -> Tensor:
        """The same numbers in other's shape."""
        return self.reshape(other.shape)

    def view_as(self: Any, other: Tensor) -> Tensor:
        """The same memory in other's shape."""
        return self.view(other.shape)

    def flatten(self: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The axes from start_dim to end_dim made one; a 0-d tensor becomes one with a single element."""
        first, last = axis_of(start_dim, self.ndim), axis_of(end_dim, self.ndim)
        if first > last:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        return self.reshape(*self.shape[:first], math.prod(self.shape[first : last + 1]), *self.shape[last + 1 :])

    def ravel(self: Any) -> Tensor:
        """All axes made one."""
        return self.reshape(-1)

    def unflatten(self: Any, dim: int, sizes: Sequence[int]) -> Tensor:
        """Axis `dim` made several, of these sizes; one may be -1."""
        axis = axis_of(dim, self.ndim)
        parts = resolve(self.shape[axis : axis + 1], tuple(sizes))
        return self.reshape(*self.shape[:axis], *parts, *self.shape[axis + 1 :])

    def squeeze(self: Any, dim: int | Sequence[int] | None = None) -> Tensor:
        """Drop the axes of size 1: all of them, or those among `dim`."""
        chosen = range(self.ndim) if dim is None else each_axis(dim, self.ndim)
        return self.reshape(tuple(n for i, n in enumerate(self.shape) if n != 1 or i not in chosen))

    def unsqueeze(self: Any, dim: int) -> Tensor:
        """A new axis of size 1 at place `dim`."""
        axis = axis_of(dim, self.ndim + 1)
        return self.reshape(*self.shape[:axis], 1, *self.shape[axis:])

    def contiguous(self: Any) -> Tensor:
        """The tensor itself where its memory lies in the order of its axes, else a copy that does."""
        return self if self.is_contiguous() else self.clone()

    def is_contiguous(self: Any) -> bool:
        """Whether its memory lies in the order of its axes, the last one fastest."""
        return bool(self.data.flags.c_contiguous)

    def stride(self: Any, dim: int | None = None) -> Any:
        """How many elements further in memory the next one lies, along each axis or along `dim`."""
        strides = tuple(jump // self.data.itemsize for jump in self.data.strides)
        return strides if dim is None else strides[axis_of(dim, self.ndim)]

    # Another order of axes

    def permute(self: Any, dims: Any = (), *more: int) -> Tensor:
        """The axes in another order: axis i of the result is axis dims[i]. Raises RuntimeError if one is missing."""
        order = sizes((dims, *more))
        axes = each_axis(order, self.ndim)
        if sorted(axes) != list(range(self.ndim)):
            given = f"permute(dims={list(order)}): a tensor of shape {list(self.shape)}"
            raise RuntimeError(f"{given} needs each of its {self.ndim} dims exactly once")
        return ops.Permute(self, axes=axes)

    def transpose(self: Any, dim0: int, dim1: int) -> Tensor:
        """Two axes exchanged."""
        order = list(range(self.ndim))
        i, j = axis_of(dim0, self.ndim), axis_of(dim1, self.ndim)
        if order:
            order[i], order[j] = order[j], order[i]
        return self.permute(order)

    swapaxes = swapdims = transpose

    def t(self: Any) -> Tensor:
        """A matrix transposed; a 1-d tensor stays as it is."""
        if self.ndim > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {self.ndim}D: use .mT")
        return self.T

    @property
    def mT(self: Any) -> Tensor:
        """The last two axes exchanged."""
        if self.ndim < 2:
            wanted = "tensor.mT is only supported on matrices or batches of matrices"
            raise RuntimeError(f"{wanted}. Got {self.ndim}-D tensor.")
        return self.transpose(-2, -1)

    @property
    def T(self: Any) -> Tensor:
        """The axes in reverse order."""
        return self.permute(tuple(reversed(range(self.ndim))))

    def movedim(self: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """Axes taken from `source` and put at `destination`; the others keep their order."""
        taken, goal = each_axis(source, self.ndim), each_axis(destination, self.ndim)
        if not len(set(taken)) == len(taken) == len(goal) == len(set(goal)):
            places = f"source {source} and destination {destination}"
            raise RuntimeError(f"movedim: {places} must name as many dims, each once")
        order = [i for i in range(self.ndim) if i not in taken]
        for place, axis in sorted(zip(goal, taken, strict=True)):
            order.insert(place, axis)
        return self.permute(order)

    moveaxis = movedim

    def flip(self: Any, dims: Any = (), *more: int) -> Tensor:
        """The order along `dims` turned round; a copy."""
        return ops.Flip(self, axes=each_axis(sizes((dims, *more)), self.ndim))

    def roll(self: Any, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
        """The elements moved by `shifts` along `dims`, round the end; without dims, in the flattened tensor."""
        if dims is None:
            return self.reshape(-1).roll(shifts, 0).reshape(self.shape)
        by, axes = tuple(shifts) if isinstance(shifts, Sequence) else (shifts,), each_axis(dims, self.ndim)
        if len(by) != len(axes):
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims: {len(axes)}")
        return ops.Roll(self, shifts=by, axes=axes)

    # More of the same

    def expand(self: Any, *shape: Any) -> Tensor:
        """Repeat axes of size 1, and new leading axes, without copying; -1 keeps an axis.

        Raises RuntimeError where another size than 1 would change.
        """
        target = sizes(shape)
        if len(target) < self.ndim:
            given = f"expand: the number of sizes provided ({len(target)}) must be greater or equal to"
            raise RuntimeError(f"{given} the number of dimensions in the tensor ({self.ndim})")
        own = (1,) * (len(target) - self.ndim) + self.shape
        size = tuple(m if n == -1 else n for n, m in zip(target, own, strict=True))
        for i, (n, m) in enumerate(zip(size, own, strict=True)):
            if n != m and m != 1:
                wrong = f"The expanded size of the tensor ({n}) must match the existing size ({m})"
                sizes_of_both = f"Target sizes: {list(target)}. Tensor sizes: {list(self.shape)}"
                raise RuntimeError(f"{wrong} at non-singleton dimension {i}. {sizes_of_both}")
        return ops.Expand(self, size=size)

    def broadcast_to(self: Any, size: Any) -> Tensor:
        """As expand, with the shape in one piece."""
        return self.expand(size)

    def expand_as(self: Any, other: Tensor) -> Tensor:
        """Expanded to other's shape."""
        return self.expand(other.shape)

    def repeat(self: Any, *repeats: Any) -> Tensor:
        """The whole tensor laid out so many times along each axis; more numbers than axes add leading axes."""
        times = sizes(repeats)
        if len(times) < self.ndim:
            wrong = "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
            cure = "use .tile(...) to repeat the last axes alone"
            raise RuntimeError(f"{wrong}: {len(times)} numbers for shape {list(self.shape)}; {cure}")
        own = (1,) * (len(times) - self.ndim) + self.shape
        pairs = list(zip(times, own, strict=True))
        apart = self.reshape([n for size in own for n in (1, size)]).expand([n for pair in pairs for n in pair])
        return apart.clone().reshape([count * size for count, size in pairs])

    def tile(self: Any, dims: Any = (), *more: int) -> Tensor:
        """As repeat, but fewer numbers than axes are taken for the last axes."""
        times = sizes((dims, *more))
        return self.repeat((1,) * (self.ndim - len(times)) + times)

    def repeat_interleave(self: Any, repeats: int | Tensor, dim: int | None = None) -> Tensor:
        """Each element repeated, one copy after the other, along `dim`; without dim, in the flattened tensor.

        repeats: one number, or a tensor with one for each element along dim.
        """
        if dim is None:
            return self.reshape(-1).repeat_interleave(repeats, 0)
        counts = repeats.data if isinstance(repeats, Op.result) else repeats
        axis = axis_of(dim, self.ndim)
        return self.index_select(axis, Op.result(np.repeat(np.arange(self.shape[axis]), counts)))

    # Parts

    def narrow(self: Any, dim: int, start: int, length: int) -> Tensor:
        """`length` elements along `dim`, from `start` on; a view."""
        axis, size = axis_of(dim, self.ndim), self.shape[dim]
        first = start + size if start < 0 else int(start)
        if length < 0 or first < 0 or first + length > size:
            raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
        return self[(KEEP,) * axis + (slice(first, first + length),)]

    def select(self: Any, dim: int, index: int) -> Tensor:
        """The slice at one position of `dim`, which drops out; a view."""
        return self[(KEEP,) * axis_of(dim, self.ndim) + (index,)]

    def split(self: Any, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """Pieces of this size along `dim` (the last may be smaller), or of each of several sizes; views."""
        n = self.shape[axis_of(dim, self.ndim)]
        if isinstance(split_size, int):
            if split_size < 1:
                raise RuntimeError(f"split expects split_size be positive, but got split_size={split_size}")
            split_size = [min(split_size, n - i) for i in range(0, max(n, 1), split_size)]
        if sum(split_size) != n:
            wanted = f"to sum exactly to {n} (input tensor's size at dimension {dim})"
            raise RuntimeError(f"split_with_sizes expects split_sizes {wanted}, but got split_sizes={list(split_size)}")
        return tuple(self.narrow(dim, end - k, k) for end, k in zip(accumulate(split_size), split_size, strict=True))

    def chunk(self: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """At most so many pieces of one size along `dim`; the last may be smaller; views."""
        if chunks < 1:
            raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
        return self.split(max(1, -(-self.shape[axis_of(dim, self.ndim)] // chunks)), dim)

    def unbind(self: Any, dim: int = 0) -> tuple[Tensor, ...]:
        """The slices along `dim`, which drops out; views."""
        return tuple(self.select(dim, i) for i in range(self.shape[axis_of(dim, self.ndim)]))

    def unfold(self: Any, dimension: int, size: int, step: int) -> Tensor:
        """Every window of `size` along an axis, one each `step`, as a new last axis; a view."""
        axis = axis_of(dimension, self.ndim)
        if size > self.shape[axis]:
            most = f"maximum size for tensor at dimension {dimension} is {self.shape[axis]}"
            raise RuntimeError(f"{most} but size is {size}")
        z = ops.Window(self.movedim(axis, -1), size=(size,), step=(step,), dilation=(1,))
        return z.movedim(-2, axis)

    # Triangles and diagonals

    def tril(self: Any, diagonal: int = 0) -> Tensor:
        """The lower triangle of each matrix, up to that diagonal; zeros above."""
        return ops.Trilu(self, k=diagonal, upper=False)

    def triu(self: Any, diagonal: int = 0) -> Tensor:
        """The upper triangle of each matrix, from that diagonal on; zeros below."""
        return ops.Trilu(self, k=diagonal, upper=True)

    def diagonal(self: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """The diagonal over two axes, as a new last axis: above the main one if offset > 0, below if < 0; a view."""
        x = self.movedim((dim1, dim2), (-2, -1))
        down, right = max(-offset, 0), max(offset, 0)
        length = max(min(x.shape[-2] - down, x.shape[-1] - right), 0)
        return ops.Diagonal(x[..., down : down + length, right : right + length])

    def diag(self: Any, diagonal: int = 0) -> Tensor:
        """The diagonal of a matrix; of a 1-d tensor, the matrix that has it as its diagonal and zeros elsewhere."""
        if self.ndim not in (1, 2):
            raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {self.ndim}D; use .diagonal or .diag_embed")
        return self.diagonal(diagonal) if self.ndim == 2 else self.diag_embed(diagonal)

    def diag_embed(self: Any, offset: int = 0) -> Tensor:
        """Square matrices with the last axis on the diagonal `offset` places above the main one; zeros elsewhere."""
        z = ops.DiagonalMatrix(self)
        down, right = max(-offset, 0), max(offset, 0)
        return pad(z, (right, down, down, right)) if offset else z


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Widen a tensor: `pad` holds (before, after) for the last axis, then for the one before it, and so on.

    mode: "constant" (a border of `value`, 0 if left out), "reflect", "replicate" or "circular". A negative width crops.
    """
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        most = f"at most twice the dims ({input.ndim})"
        raise RuntimeError(f"Padding length must be divisible by 2, and {most}: {list(pad)}")
    pairs = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[-2::-2], pad[::-2], strict=True))
    crop = [slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(input.shape, pairs, strict=True)]
    x = input[tuple(crop)] if min(pad, default=0) < 0 else input
    widths = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    if mode == "constant":
        return ops.Pad(x, widths=widths, value=value or 0)
    return _mirrored(x, widths, mode)


def _mirrored(x: Tensor, widths: tuple[tuple[int, int], ...], mode: str) -> Tensor:
    """A border made of x's own elements: each axis in turn is indexed with the places that the border repeats."""
    numpys = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    if mode not in numpys:
        raise NotImplementedError(f"Unrecognised padding mode {mode}: use constant, reflect, replicate or circular")
    for axis, width in enumerate(widths):
        n = x.shape[axis]
        if max(width) > {"reflect": n - 1, "circular": n}.get(mode, max(width)):
            raise RuntimeError(f"pad: a {mode} border of {max(width)} does not fit an axis of size {n}")
        if any(width):
            x = x.index_select(axis, Op.result(np.pad(np.arange(n), width, mode=numpys[mode])))  # type: ignore[call-overload]
    return x


def sizes(shape: tuple) -> tuple[int, ...]:
    """f(2, 3) and f((2, 3)) alike as (2, 3)."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape


def resolve(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """Fill in a -1 of `target` for a tensor of `shape`. Raises RuntimeError if the numbers do not fit."""
    count, known = math.prod(shape), math.prod(n for n in target if n != -1)
    if min(target, default=0) >= -1:
        if target.count(-1) == 1 and known and count % known == 0:
            return tuple(count // known if n == -1 else n for n in target)
        if -1 not in target and known == count:
            return target
    raise RuntimeError(f"shape '{list(target)}' is invalid for input of size {count}, of shape {list(shape)}")


def axis_of(dim: int, ndim: int) -> int:
    """An axis counted from 0, where a negative `dim` counts from the end. Raises IndexError if there is none."""
    bound = max(ndim, 1)
    if not -bound <= dim < bound:
        there = f"expected to be in range of [{-bound}, {bound - 1}], but got {dim}"
        raise IndexError(f"Dimension out of range ({there}): the tensor has {ndim} dimensions")
    return dim % bound


def each_axis(dims: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """The axes that one number, or several, name, counted from 0. Raises IndexError if there is none."""
    return tuple(axis_of(d, ndim) for d in (dims if isinstance(dims, Sequence) else (dims,)))
