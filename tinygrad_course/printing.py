"""A Tensor as text, laid out as PyTorch lays it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .dtypes import bool_, get_default_dtype, int64

if TYPE_CHECKING:
    from .tensor import Tensor


def text(x: Tensor) -> str:
    """`tensor([...])` with at most 4 decimals, and what is not the default: dtype, grad_fn, requires_grad."""
    whole = x.dtype.kind != "f" or not np.isfinite(x.data).any() or (x.data[np.isfinite(x.data)] % 1 == 0).all()
    options: Any = {"precision": 4, "floatmode": "maxprec" if whole else "fixed", "threshold": 1000, "edgeitems": 3}
    numbers = np.array2string(x.data, separator=", ", prefix="tensor(", **options)
    parts = [numbers]
    if x.data.size == 0 and x.ndim != 1:
        parts.append(f"size={list(x.shape)}")
    if x.dtype not in (get_default_dtype(), int64, bool_):
        parts.append(f"dtype={x.dtype}")
    if x.node is not None:
        parts.append(f"grad_fn={x.node!r}")
    elif x.requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"
