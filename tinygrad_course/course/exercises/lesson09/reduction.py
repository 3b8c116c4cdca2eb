"""What a loss gives back for each value of `reduction`."""

from __future__ import annotations

from typing import Any


def reduced(surprise: Any, reduction: str) -> Any:
    return {"mean": surprise.mean, "sum": surprise.sum, "none": lambda: surprise}[reduction]()
