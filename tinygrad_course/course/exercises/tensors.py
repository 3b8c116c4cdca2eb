"""The tensors on which the lessons' pieces are tried: of float64, so that a difference is no rounding."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg


def leaf(value: Any) -> Any:
    """A tensor that wants gradients."""
    return tg.tensor(value, dtype=tg.float64, requires_grad=True)


def given(*rows: Any) -> Any:
    """A tensor of these rows, or of these numbers."""
    return tg.tensor(list(rows), dtype=tg.float64)
