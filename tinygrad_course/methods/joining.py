"""Functions that put several tensors together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from .shapes import axis_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors one after another along axis `dim`; their other sizes are equal, their dtypes are promoted.

    A 1-d tensor without elements fits anywhere. Raises RuntimeError where sizes differ.
    """
    xs: list[Any] = list(tensors)
    if not xs:
        raise RuntimeError("torch.cat(): expected a non-empty list of Tensors")
    like = next((x for x in xs if x.shape != (0,)), xs[0])
    if like.ndim == 0:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated: use stack")
    axis = axis_of(dim, like.ndim)
    nothing = (*like.shape[:axis], 0, *like.shape[axis + 1 :])
    xs = [x.reshape(nothing) if x.shape == (0,) else x for x in xs]
    for i, x in enumerate(xs):
        if x.ndim != like.ndim or (*x.shape[:axis], 0, *x.shape[axis + 1 :]) != nothing:
            wanted = f"Sizes of tensors must match except in dimension {dim}. Expected shape like {list(like.shape)}"
            raise RuntimeError(f"{wanted} but got {list(x.shape)} for tensor number {i} in the list.")
    return ops.Cat(*xs, axis=axis)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors of one shape side by side along a new axis `dim`. Raises RuntimeError where shapes differ."""
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for i, x in enumerate(tensors):
        if x.shape != tensors[0].shape:
            given = f"{list(tensors[0].shape)} at entry 0 and {list(x.shape)} at entry {i}"
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {given}")
    axis = axis_of(dim, tensors[0].ndim + 1)
    return cat([x.unsqueeze(axis) for x in tensors], axis)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put tensors one below another; a 1-d tensor is a row."""
    return cat([x.reshape(1, -1) if x.ndim < 2 else x for x in tensors], 0)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put tensors side by side, along axis 1; 1-d tensors are joined end to end."""
    xs = [x.reshape(1) if x.ndim == 0 else x for x in tensors]
    return cat(xs, 0 if xs and xs[0].ndim == 1 else 1)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Expand tensors to the shape that they broadcast to. Raises RuntimeError where there is none."""
    try:
        shape = np.broadcast_shapes(*[x.shape for x in tensors])
    except ValueError:
        shapes = ", ".join(str(list(x.shape)) for x in tensors)
        rule = "from the last axis on, sizes must be equal or 1"
        raise RuntimeError(f"The shapes {shapes} do not broadcast: {rule}") from None
    return tuple(x.expand(shape) for x in tensors)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Coordinates of a grid: for 1-d tensors of n, m, ... elements, each one repeated to the shape (n, m, ...).

    indexing: "ij", or "xy" for the shape (m, n, ...).
    """
    xs = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], Sequence) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    lined = [x.reshape([-1 if i == place else 1 for i in range(len(xs))]) for place, x in enumerate(xs)]
    grids = broadcast_tensors(*lined)
    return tuple(grid.transpose(0, 1) for grid in grids) if indexing == "xy" and len(xs) > 1 else grids
