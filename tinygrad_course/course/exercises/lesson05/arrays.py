"""The arrays on which the pieces are tried."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def count(shape: Shape, times: float = 1.0) -> np.ndarray:
    """An array of this shape that holds 1, 2, 3 and so on, times a number."""
    return times * np.arange(1.0, prod(shape) + 1).reshape(shape)


def as_array(gradient: Any) -> Any:
    """NumPy's sums come as numbers of its own where no axis is left; the engine takes them for arrays."""
    return np.asarray(gradient) if isinstance(gradient, np.generic) else gradient
