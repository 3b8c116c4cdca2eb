"""The leaves of the graphs on which the pieces are tried."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg


def leaf(array: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(array, dtype=tg.float64, requires_grad=True)
