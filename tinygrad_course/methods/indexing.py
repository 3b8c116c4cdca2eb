"""Methods that pick elements out by position."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..graph import Op
from ..ops.indexing import ARRAY
from .joining import broadcast_tensors
from .shapes import KEEP, axis_of

if TYPE_CHECKING:
    from ..tensor import Tensor


class Indexing:
    """Methods of Tensor that pick elements out by position."""

    __slots__ = ()

    def __getitem__(self: Any, key: Any) -> Tensor:
        x, template, indices = prepare(self, key)
        try:
            return ops.GetItem(x, *indices, key=template)
        except IndexError as error:
            raise IndexError(f"{error}: the indexed tensor has shape {list(x.shape)}") from None

    def gather(self: Any, dim: int, index: Tensor) -> Tensor:
        """For each place of index, the element along `dim` that it names: z[i, j] = x[index[i, j], j] for dim 0."""
        return ops.GetItem(self, *grid(self, dim, index), key=(ARRAY,) * self.ndim)

    def scatter(self: Any, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
        """A copy with the elements of `src` (or one value) put where `index` names: z[index[i, j], j] = src[i, j].

        Of several that meet at one place, the last stays.
        """
        source = like(self, value if src is None else src, index)
        return ops.SetItem(self, source, *grid(self, dim, index), key=(ARRAY,) * self.ndim)

    def scatter_add(self: Any, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """A copy with the elements of `src` added where `index` names: z[index[i, j], j] += src[i, j] for dim 0."""
        places = grid(self, dim, index)
        return self + ops.AddInto(like(self, src, index), *places, size=self.shape, key=(ARRAY,) * self.ndim)

    def index_select(self: Any, dim: int, index: Tensor) -> Tensor:
        """The slices along `dim` that the 1-d `index` names."""
        return ops.GetItem(self, along(self, dim, index), key=(KEEP,) * axis_of(dim, self.ndim) + (ARRAY,))

    def index_add(self: Any, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
        """A copy with alpha times the slices of `source` added to those along `dim` that the 1-d `index` names."""
        at, key = along(self, dim, index), (KEEP,) * axis_of(dim, self.ndim) + (ARRAY,)
        added = slices(self, source if alpha == 1 else source * alpha, key, index)
        return self + ops.AddInto(added, at, size=self.shape, key=key)

    def masked_fill(self: Any, mask: Tensor, value: Any) -> Tensor:
        """A copy with one value where `mask`, which broadcasts, is True."""
        if mask.dtype.kind != "b":
            raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}")
        if isinstance(value, Op.result) and value.ndim:
            given = f"one with {value.ndim} dimension(s)"
            raise RuntimeError(f"masked_fill_ only supports a 0-dimensional value tensor, but got {given}")
        check_number(self, value)
        return ops.Where(mask, value, self).to(self.dtype)

    def masked_select(self: Any, mask: Tensor) -> Tensor:
        """The elements where `mask` is True, in a 1-d tensor; the two broadcast."""
        x, chosen = broadcast_tensors(self, mask)
        return x[chosen]

    def take_along_dim(self: Any, indices: Tensor, dim: int | None = None) -> Tensor:
        """As gather, where indices and tensor broadcast over the other axes; without dim, on the flattened tensor."""
        if dim is None:
            return self.reshape(-1).gather(0, indices.reshape(-1))
        axis = axis_of(dim, self.ndim)
        others = [x.shape[:axis] + x.shape[axis + 1 :] for x in (self, indices)]
        shape = list(np.broadcast_shapes(*others))
        x = self.expand([*shape[:axis], self.shape[axis], *shape[axis:]])
        return x.gather(axis, indices.expand([*shape[:axis], indices.shape[axis], *shape[axis:]]))

    def nonzero(self: Any, *, as_tuple: bool = False) -> Any:
        """The positions that are not 0: one row each; as_tuple: one 1-d tensor for each axis, an index for x[...]."""
        if as_tuple:
            return tuple(Op.result(place) for place in np.nonzero(np.atleast_1d(self.data)))
        return self.argwhere()

    def argwhere(self: Any) -> Tensor:
        """The positions that are not 0, one row each."""
        return Op.result(np.argwhere(self.data))


def prepare(x: Any, key: Any) -> tuple[Any, tuple, list[Any]]:
    """An index as the ops take it: a tensor, the key with ARRAY for each index array, and those arrays as Tensors.

    As in PyTorch, integers, slices and None come first, and index arrays pick from what they leave: where both are
    in one key, the tensor returned is a view of x that they have been applied to.
    """
    parts = [part(k) for k in (key if isinstance(key, tuple) else (key,))]
    first: list[Any] = []
    then: list[Any] = []
    indices: list[Any] = []
    for k in spread(parts, x.ndim):
        axis = sum(p is not None for p in first)
        if isinstance(k, Op.result):
            first += [KEEP] * axes_taken(k)
            then.append(ARRAY)
            indices.append(k)
        elif isinstance(k, bool):
            first.append(None)
            then.append(ARRAY)
            indices.append(Op.result(np.zeros(int(k), np.int64)))
        else:
            first.append(k if k is None or isinstance(k, slice) else within(k, axis, x.shape[axis]))
            then += [] if isinstance(k, int) else [KEEP]
    if not indices:
        return x, tuple(first), []
    plain = all(k == KEEP for k in first)
    return x if plain else ops.GetItem(x, key=tuple(first)), tuple(then), indices


def part(k: Any) -> Any:
    """One entry of a key as None, Ellipsis, a bool, an int, a slice, or a Tensor of integers or bools."""
    if k is None or k is Ellipsis or isinstance(k, (bool, int)):
        return k
    if isinstance(k, slice):
        return ranged(k)
    if isinstance(k, (list, tuple, range, np.ndarray)):
        array = np.asarray(k)
        k = Op.result(array if array.size else array.astype(array.dtype if array.dtype.kind == "b" else np.int64))
    if isinstance(k, Op.result) and (k.ndim or k.dtype.kind == "b"):
        if k.dtype.kind not in "iub":
            raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, not {k.dtype}")
        k = k.to(bool) if k.dtype == np.uint8 else k
        return k if k.ndim else bool(k)
    try:
        return operator.index(k)
    except TypeError:
        valid = "integers, slices (`:`), ellipsis (`...`), None and long or byte Variables"
        raise IndexError(f"only {valid} are valid indices (got {type(k).__name__})") from None


def ranged(k: slice) -> slice:
    """A slice of plain integers. Raises ValueError for a step that does not go forward."""
    start, stop, step = (None if n is None else operator.index(n) for n in (k.start, k.stop, k.step))
    if step is not None and step < 1:
        raise ValueError("step must be greater than zero: x.flip(0) turns the order round")
    return slice(start, stop, step)


def axes_taken(k: Any) -> int:
    """How many axes of the tensor an entry of a key uses up."""
    if k is None or isinstance(k, bool):
        return 0
    return k.ndim if isinstance(k, Op.result) and k.dtype.kind == "b" else 1


def spread(parts: list[Any], ndim: int) -> list[Any]:
    """The entries of a key with Ellipsis written out as slices. Raises IndexError where there are too many."""
    dots = [i for i, k in enumerate(parts) if k is Ellipsis]
    taken = sum(axes_taken(k) for k in parts if k is not Ellipsis)
    if taken > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}: {taken} were given")
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    at = dots[0] if dots else len(parts)
    return parts[:at] + [KEEP] * (ndim - taken if dots else 0) + parts[at + 1 :]


def within(k: int, axis: int, n: int) -> int:
    """The position k of an axis of size n. Raises IndexError if it is not there."""
    if not -n <= k < n:
        there = f"positions run from {-n} to {n - 1}" if n else "it has no positions"
        raise IndexError(f"index {k} is out of bounds for dimension {axis} with size {n}: {there}")
    return k


def grid(x: Any, dim: int, index: Any) -> list[Any]:
    """One index tensor for each axis of x: `index` along dim, elsewhere its own places.

    Raises RuntimeError where the shapes do not fit or a position is not there.
    """
    axis = axis_of(dim, x.ndim)
    if index.ndim != x.ndim:
        given = f"the index has shape {list(index.shape)}, the tensor {list(x.shape)}"
        raise RuntimeError(f"Index tensor must have the same number of dimensions as input tensor: {given}")
    if any(n > m for i, (n, m) in enumerate(zip(index.shape, x.shape, strict=True)) if i != axis):
        rule = f"must be no larger than the tensor {list(x.shape)} apart from dimension {dim}"
        raise RuntimeError(f"Size does not match: index {list(index.shape)} {rule}")
    check_positions(index, axis, x.shape[axis], RuntimeError)
    places: list[Any] = [Op.result(p) for p in np.ogrid[tuple(slice(n) for n in index.shape)]]
    places[axis] = index
    return places


def along(x: Any, dim: int, index: Any) -> Any:
    """The 1-d index of slices along an axis, checked. Raises IndexError for a position that is not there."""
    if index.ndim > 1:
        raise IndexError(f"Index is supposed to be a vector, but got dim: {index.ndim}")
    axis = axis_of(dim, x.ndim)
    check_positions(index, axis, x.shape[axis], IndexError)
    return index.reshape(-1)


def check_positions(index: Any, axis: int, n: int, error: type[Exception]) -> None:
    """Raise `error` for a position outside 0 to n - 1, or an index that does not hold integers."""
    if index.dtype.kind not in "iu":
        raise error(f"expected an index of dtype int64, got {index.dtype}: use index.long()")
    for k in (index.data.min(), index.data.max()) if index.numel() else ():
        if not 0 <= k < n:
            raise error(f"index {k} is out of bounds for dimension {axis} with size {n}: it must be from 0 to {n - 1}")


def like(x: Any, source: Any, index: Any) -> Any:
    """What scatter puts into x: the part of a source tensor that has index's shape, or a number as it is."""
    if not isinstance(source, Op.result):
        check_number(x, source)
        return source
    check_dtype(x, source)
    if source.ndim != index.ndim or any(n > m for n, m in zip(index.shape, source.shape, strict=True)):
        both = f"index {list(index.shape)} to be no larger than src {list(source.shape)}"
        raise RuntimeError(f"Expected {both} in any dimension")
    return source[tuple(slice(n) for n in index.shape)] if source.shape != index.shape else source


def slices(x: Any, source: Any, key: tuple, index: Any) -> Any:
    """The source of index_add, checked: as many slices of x's shape as index has positions."""
    check_dtype(x, source)
    size = (*x.shape[: len(key) - 1], index.numel(), *x.shape[len(key) :])
    if source.shape != size:
        raise RuntimeError(f"source has shape {list(source.shape)}; for this index it must be {list(size)}")
    return source


def check_dtype(x: Any, source: Any) -> None:
    """Raise RuntimeError unless both hold numbers of one type."""
    if source.dtype != x.dtype:
        cure = f"{source.dtype}: use .to(x.dtype)"
        raise RuntimeError(f"expected a source of dtype {x.dtype}, as the tensor, but got {cure}")


def check_number(x: Any, value: Any) -> None:
    """Raise RuntimeError for a fraction that would be put among integers."""
    kind = value.dtype.kind if isinstance(value, Op.result) else np.asarray(value).dtype.kind
    if kind == "f" and x.dtype.kind != "f":
        raise RuntimeError(f"value {value} cannot be converted to type {x.dtype} without overflow: use x.float() first")
