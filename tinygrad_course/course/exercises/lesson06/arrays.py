"""The arrays on which the pieces are tried."""

from __future__ import annotations

import numpy as np

Shape = tuple[int, ...]


def count(*shape: int, times: float = 1.0) -> np.ndarray:
    """An array of this shape that holds 1, 2, 3 and so on, times a number."""
    return times * np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)
