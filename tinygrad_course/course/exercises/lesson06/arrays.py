"""The arrays and tensors on which the pieces are tried."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_course as tg

Shape = tuple[int, ...]


def count(*shape: int, times: float = 1.0) -> np.ndarray:
    """An array of this shape that holds 1, 2, 3 and so on, times a number."""
    return times * np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)


def leaf(array: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(array, dtype=tg.float64, requires_grad=True)
