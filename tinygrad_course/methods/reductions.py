"""Methods that fold axes away or run along one. `dim` and `keepdim` as in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import ops
from ..dtypes import get_default_dtype
from ..graph import Op
from .pointwise import where
from .shapes import KEEP, axis_of, each_axis

if TYPE_CHECKING:
    from ..tensor import Tensor


class Picked(NamedTuple):
    """Values picked out of a tensor along an axis, and their positions on that axis."""

    values: Any
    indices: Any


class Reductions:
    """Methods of Tensor that fold axes away."""

    __slots__ = ()

    def sum(
        self: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None,
        keepdims: bool = False,
    ) -> Tensor:  # fmt: skip
        """Sum over `dim` (an axis or several; all when left out). bool and integers are summed as int64."""
        x = countable(self, dtype)
        return ops.Sum(x, axis=axes_of(x, axis if dim is None else dim), keepdims=keepdim or keepdims)

    def mean(
        self: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None,
        keepdims: bool = False,
    ) -> Tensor:  # fmt: skip
        """Average over `dim` (an axis or several; all when left out). Raises RuntimeError for integers."""
        x = self if dtype is None else self.astype(dtype)
        if x.dtype.kind != "f":
            raise RuntimeError(f"mean(): could not infer output dtype from {x.dtype}; use x.float().mean()")
        axes = axes_of(x, axis if dim is None else dim)
        return x.sum(axes, keepdim or keepdims) / prod(x.shape[i] for i in axes)

    def var(
        self: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
    ) -> Tensor:
        """Mean squared distance from the mean over `dim`, divided by n - correction: 1, or 0 if not unbiased."""
        if isinstance(dim, bool):  # var(False), PyTorch's other form
            dim, unbiased = None, dim
        if self.dtype.kind != "f":
            raise RuntimeError(f"std and var only support floating point dtypes, not {self.dtype}; use x.float()")
        axes = axes_of(self, dim)
        away = self - self.mean(axes, keepdim=True)
        count = prod(self.shape[i] for i in axes) - (int(unbiased) if correction is None else correction)
        return (away * away).sum(axes, keepdim) / max(count, 0)

    def std(
        self: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
    ) -> Tensor:
        """Square root of `var`; where that is 0, so is the gradient."""
        return root(self.var(dim, unbiased, keepdim, correction=correction), 2)

    def prod(self: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
        """Product over the axis `dim`, or of all elements; bool and integers are multiplied as int64.

        It is a tree of products of halves, so that zeros need no case of their own in any derivative.
        """
        x = countable(self, dtype)
        axis = None if dim is None else axis_of(dim, x.ndim)
        lined = x.reshape(-1) if axis is None or x.ndim == 0 else x.movedim(axis, 0)
        z = product(lined)
        return z.reshape(ops.reduce.kept(self.shape, axes_of(self, dim))) if keepdim else z

    def amax(self: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Largest value over `dim` (an axis or several; all when left out); ties share the gradient equally."""
        return ops.Max(self, axis=filled(self, axes_of(self, dim), "amax"), keepdims=keepdim)

    def amin(self: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Smallest value over `dim` (an axis or several; all when left out); ties share the gradient equally."""
        return ops.Min(self, axis=filled(self, axes_of(self, dim), "amin"), keepdims=keepdim)

    def max(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
        """Largest value of all; along `dim`: (values, indices) of the first largest; given a tensor: maximum."""
        if isinstance(dim, Op.result):
            return ops.Maximum(self, dim)
        return self.amax() if dim is None else pick(self, self.argmax(dim, keepdim=True), dim, keepdim)

    def min(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
        """Smallest value of all; along `dim`: (values, indices) of the first smallest; given a tensor: minimum."""
        if isinstance(dim, Op.result):
            return ops.Minimum(self, dim)
        return self.amin() if dim is None else pick(self, self.argmin(dim, keepdim=True), dim, keepdim)

    def argmax(self: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Position of the first largest value along `dim`, or in the flattened tensor."""
        axes = filled(self, axes_of(self, dim), "argmax")
        return Op.result(self.data.argmax(axis=None if dim is None or not axes else axes[0], keepdims=keepdim))

    def argmin(self: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Position of the first smallest value along `dim`, or in the flattened tensor."""
        axes = filled(self, axes_of(self, dim), "argmin")
        return Op.result(self.data.argmin(axis=None if dim is None or not axes else axes[0], keepdims=keepdim))

    def logsumexp(self: Any, dim: Any, keepdim: bool = False) -> Tensor:
        """log(sum(exp(x))) over `dim`. The largest element is taken out first, so that nothing overflows."""
        x, axes = self if self.dtype.kind == "f" else self.astype(get_default_dtype()), axes_of(self, dim)
        shift = x.data.max(axis=axes, keepdims=True, initial=-np.inf)
        shift = np.where(np.isfinite(shift), shift, 0).astype(x.dtype)
        total = (x - shift).exp().sum(axes, keepdim)
        return total.log() + shift.reshape(total.shape)

    def softmax(self: Any, dim: int, dtype: Any = None) -> Tensor:
        """exp(x) / sum(exp(x)) along the axis `dim`: positive numbers that add up to 1. Large x do not overflow."""
        z = below_largest(self if dtype is None else self.to(dtype), dim).exp()
        return z / z.sum(dim, keepdim=True)

    def log_softmax(self: Any, dim: int, dtype: Any = None) -> Tensor:
        """The logarithm of softmax along the axis `dim`, exact also where softmax itself is too small to hold."""
        x = below_largest(self if dtype is None else self.to(dtype), dim)
        return x - x.exp().sum(dim, keepdim=True).log()

    def norm(self: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Tensor:
        """Length over `dim`: (sum |x|**p) ** (1/p); p "fro" or None is 2, inf is max |x|, 0 counts what is not 0.

        Where the length is 0, its gradient is 0. Raises RuntimeError for integers.
        """
        if self.dtype.kind != "f":
            raise RuntimeError(f"norm: expected a floating point tensor, got {self.dtype}; use x.float()")
        p = 2 if p in (None, "fro") else p
        if p in (inf, -inf):
            return self.abs().amax(dim, keepdim) if p > 0 else self.abs().amin(dim, keepdim)
        if p == 0:
            return (self != 0).sum(dim, keepdim).astype(self.dtype)
        total = (self * self if p == 2 else self.abs() ** p).sum(dim, keepdim)
        return total if p == 1 else root(total, p)

    def all(self: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
        """True where no element over `dim` (an axis or several; all when left out) is 0 or False."""
        found = self.data.all(axis=axes_of(self, dim), keepdims=keepdim)
        return Op.result(np.asarray(found, np.uint8 if self.dtype == np.uint8 else bool))

    def any(self: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
        """True where an element over `dim` (an axis or several; all when left out) is not 0 or False."""
        found = self.data.any(axis=axes_of(self, dim), keepdims=keepdim)
        return Op.result(np.asarray(found, np.uint8 if self.dtype == np.uint8 else bool))

    def count_nonzero(self: Any, dim: Any = None) -> Tensor:
        """How many elements over `dim` (an axis or several; all when left out) are not 0."""
        return (self != 0).sum(dim)

    # Along one axis

    def cumsum(self: Any, dim: int, *, dtype: Any = None) -> Tensor:
        """Running sum along `dim`."""
        x, axis = countable(self, dtype), axis_of(dim, self.ndim)
        return ops.CumSum(x, axis=axis, reverse=False) if x.ndim else x.clone()

    def cumprod(self: Any, dim: int, *, dtype: Any = None) -> Tensor:
        """Running product along `dim`; zeros need no case of their own in any derivative."""
        x, axis = countable(self, dtype), axis_of(dim, self.ndim)
        z, step = x, 1
        while x.ndim and step < x.shape[axis]:  # z holds the products of up to `step` elements: join each two that meet
            rest = x.shape[axis] - step
            joined = z.narrow(axis, step, rest) * z.narrow(axis, 0, rest)
            z, step = ops.SetItem(z, joined, key=(KEEP,) * axis + (slice(step, None),)), 2 * step
        return z

    def cummax(self: Any, dim: int) -> Picked:
        """Running largest value along `dim`, with the position of the last largest: (values, indices)."""
        return pick(self, running(np.maximum, self, dim), dim)

    def cummin(self: Any, dim: int) -> Picked:
        """Running smallest value along `dim`, with the position of the last smallest: (values, indices)."""
        return pick(self, running(np.minimum, self, dim), dim)

    def argsort(self: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
        """The positions along `dim` in order of their values; equal ones stay in order, nan counts as the largest."""
        axis, x = axis_of(dim, self.ndim), np.atleast_1d(self.data)
        if descending:  # sort from the back, so that equal elements stay in order when all is turned
            order = x.shape[axis] - 1 - np.flip(np.flip(x, axis).argsort(axis, kind="stable"), axis)
        else:
            order = x.argsort(axis, kind="stable")
        return Op.result(order.reshape(self.shape))

    def sort(self: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Picked:
        """The elements along `dim` in order, with where they were: (values, indices); equal ones stay in order."""
        return pick(self, self.argsort(dim, descending), dim)

    def topk(self: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Picked:
        """The k largest (or smallest) elements along `dim`, in order: (values, indices)."""
        axis = axis_of(dim, self.ndim)
        if not 0 <= k <= (self.shape[axis] if self.ndim else 1):
            raise RuntimeError(f"topk: selected index k out of range: k is {k}, the shape {list(self.shape)}")
        order = self.argsort(dim, descending=largest)
        return pick(self, order.narrow(axis, 0, k) if self.ndim else order, dim)

    def kthvalue(self: Any, k: int, dim: int = -1, keepdim: bool = False) -> Picked:
        """The k-th smallest element along `dim`, k from 1: (values, indices)."""
        axis = axis_of(dim, self.ndim)
        if not 1 <= k <= (self.shape[axis] if self.ndim else 1):
            raise RuntimeError(f"kthvalue: selected number k out of range: k is {k}, the shape {list(self.shape)}")
        order = self.argsort(dim)
        return pick(self, order.narrow(axis, k - 1, 1) if self.ndim else order, dim, keepdim)

    def median(self: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle value of all, of two the lower; along the axis `dim`: (values, indices). nan if there is a nan."""
        if dim is None:
            return self.reshape(-1).median(0).values
        axis = filled(self, (axis_of(dim, self.ndim),), "median")[0]
        if self.ndim == 0:
            return self.kthvalue(1)
        order = self.argsort(axis)
        middle = order.narrow(axis, (self.shape[axis] - 1) // 2, 1)
        last = order.narrow(axis, -1, 1)  # where a nan is, if there is one
        return pick(self, where(self.isnan().any(axis, keepdim=True), last, middle), axis, keepdim)

    def unique(
        self: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:  # fmt: skip
        """The elements (or slices along `dim`) without repeats, in order; on request where each went, and how often."""
        options: Any = {"return_inverse": return_inverse, "return_counts": return_counts, "axis": dim}
        found = np.unique(self.data, **options)
        return tuple(map(Op.result, found)) if return_inverse or return_counts else Op.result(found)


def var_mean(x: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, **options: Any) -> tuple:
    """Return (variance, mean) over `dim`: see Tensor.var."""
    return x.var(dim, unbiased, keepdim, **options), x.mean(dim, keepdim)


def std_mean(x: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, **options: Any) -> tuple:
    """Return (standard deviation, mean) over `dim`: see Tensor.std."""
    return x.std(dim, unbiased, keepdim, **options), x.mean(dim, keepdim)


def axes_of(x: Tensor, dim: Any) -> tuple[int, ...]:
    """The axes that `dim` names (None: all of them), counted from 0. Raises RuntimeError for one named twice."""
    if dim is None or (isinstance(dim, Sequence) and not dim):
        return tuple(range(x.ndim))
    axes = each_axis(dim, x.ndim)
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"dim {dim}: an axis appears multiple times in the list of dims")
    return axes if x.ndim else ()


def filled(x: Tensor, axes: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The axes, unless a value would be picked from none: RuntimeError, or IndexError for some axes of several."""
    if any(x.shape[i] == 0 for i in axes if x.ndim):
        error = RuntimeError if len(axes) == x.ndim and not name.startswith("arg") else IndexError
        raise error(f"{name}(): expected the reduced axes {axes} to have non-zero size; the shape is {list(x.shape)}")
    return axes


def countable(x: Any, dtype: Any) -> Any:
    """x in `dtype`; where none is given, bool and integers as int64, so that totals have room."""
    wanted = dtype if dtype is not None else np.int64 if x.dtype.kind in "bui" else x.dtype
    return x.astype(wanted)


def below_largest(x: Any, dim: int) -> Any:
    """x minus its largest value along `dim`, taken as a constant: exp of the result is at most 1.

    The constant changes neither softmax nor its gradient. Raises RuntimeError for integers.
    """
    if x.dtype.kind != "f":
        raise RuntimeError(f"softmax: expected a floating point tensor, got {x.dtype}; use x.float()")
    return x if x.numel() == 0 else x - x.detach().amax(dim, keepdim=True)


def root(x: Any, p: float) -> Any:
    """x ** (1/p), with slope 0 in place of infinity at 0."""
    zero = x == 0
    return where(zero, 0, where(zero, 1, x) ** (1 / p))


def product(x: Any) -> Any:
    """Product over the first axis, by halves."""
    rest = None
    while (count := x.shape[0]) > 1:
        if count % 2:
            rest = x[count - 1] if rest is None else rest * x[count - 1]
        x = x[: count // 2] * x[count // 2 : count - count % 2]
    if count == 0:
        return Op.result(np.ones(x.shape[1:], x.dtype))
    return x[0] if rest is None else x[0] * rest


def pick(x: Any, indices: Any, dim: int, keepdim: bool = True) -> Picked:
    """x at indices along an axis; without keepdim that axis, of size 1, is dropped."""
    axis = axis_of(dim, x.ndim)
    if x.ndim == 0:
        return Picked(x.clone(), indices)
    picked = Picked(x.gather(axis, indices), indices)
    return picked if keepdim else Picked(*(z.squeeze(axis) for z in picked))


def running(better: np.ufunc, x: Any, dim: int) -> Any:
    """Where the best so far along an axis was last seen; nan counts as best."""
    axis, data = axis_of(dim, x.ndim), np.atleast_1d(x.data)
    best = better.accumulate(data, axis=axis)
    places = np.arange(data.shape[axis]).reshape((-1,) + (1,) * (data.ndim - 1 - axis))
    seen = np.where((data == best) | (data != data), places, 0)
    return Op.result(np.maximum.accumulate(seen, axis=axis).reshape(x.shape))
