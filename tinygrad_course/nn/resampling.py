"""Images and signals in another size: interpolate, and Upsample, which is its module."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from ..tensor import Tensor
from .stateless import Stateless

NDIM = {"linear": 3, "bilinear": 4}  # how many axes the input of a mode has; "nearest" takes any number


def interpolate(
    input: Tensor, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest", align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """Return (n, c, length) or (n, c, h, w) with its axes of space resized: to `size`, or scale_factor times as large.

    mode: "nearest" copies elements; "linear" (of lengths) and "bilinear" (of images) go straight from one to the next.
    align_corners: whether the outermost elements stay at the ends; else each stands for its part of the axis.
    Raises ValueError unless there is either a size or a scale_factor.
    """
    if mode not in ("nearest", *NDIM) or input.ndim < 3 or input.ndim != NDIM.get(mode, input.ndim):
        needs = "nearest takes (n, c, ...), linear needs 3D input, bilinear needs 4D input; other modes are not here"
        raise NotImplementedError(f"Got {input.ndim}D input and mode {mode!r}: {needs}")
    if mode == "nearest" and align_corners is not None:
        raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear")
    for axis, (out, step) in enumerate(targets(input.shape[2:], size, scale_factor), 2):
        input = resize(input, axis, out, step, mode, align_corners)
    return input


def targets(shape: tuple[int, ...], size: Any, scale_factor: Any) -> list[tuple[int, float]]:
    """For each axis of space its new size, and how much of the old axis each new element stands for."""
    if (size is None) == (scale_factor is None):
        raise ValueError("either size or scale_factor should be defined, and only one of them")
    given = scale_factor if size is None else size
    each = tuple(given) if isinstance(given, Sequence) else (given,) * len(shape)
    if len(each) != len(shape):
        raise ValueError(f"Input and output must have the same number of spatial dimensions: {list(shape)} and {each}")
    out = [math.floor(n * k) if size is None else index(k) for n, k in zip(shape, each, strict=True)]
    if min(*shape, *out) < 1:
        raise RuntimeError(f"Input and output sizes should be greater than 0, but they are {list(shape)} and {out}")
    return [(m, 1 / k if size is None else n / m) for n, k, m in zip(shape, each, out, strict=True)]


def resize(x: Tensor, axis: int, out: int, step: float, mode: str, align_corners: bool | None) -> Tensor:
    """One axis in another size; step: how much of the old axis each new element stands for."""
    last = x.shape[axis] - 1
    # PyTorch computes places in the input's precision, and cuts them to float32 for "nearest".
    places: Any = np.arange(out, dtype=np.float64 if x.dtype == np.float64 else np.float32)
    if mode == "nearest":
        near = (places * step).astype(np.float32).astype(np.int64)
        return x.index_select(axis, Tensor(np.minimum(near, last)))
    if out == x.shape[axis]:
        return x
    places = places * (last / max(out - 1, 1)) if align_corners else ((places + 0.5) * step - 0.5).clip(0)
    before = np.minimum(places.astype(np.int64), last)
    share = Tensor((places - before).astype(x.dtype).reshape(-1, *(1,) * (x.ndim - 1 - axis)))
    after = x.index_select(axis, Tensor(np.minimum(before + 1, last)))
    return x.index_select(axis, Tensor(before)).lerp(after, share)


class Upsample(Stateless, function=interpolate):
    """Images or signals made larger: see nn.functional.interpolate."""

    size: int | Sequence[int] | None = None
    scale_factor: float | Sequence[float] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    unprinted = ("align_corners",)
