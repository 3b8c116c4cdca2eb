"""What a row of the table holds, and arrays to fill rows with."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call of an operation.

    name: unique. ops: names of the Op classes that it proves. run(t, *tensors): the call, t being tinygrad_course or
    torch. inputs: arrays; the floats among them want gradients. truth(*arrays): the value by NumPy alone.
    gradients: False where finite differences say nothing (ties, kinks, infinities); value and parity still hold.
    second: False where the second derivative is not defined. torch: a reason why PyTorch has no such call, or "".
    """

    name: str
    ops: tuple[str, ...]
    run: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    truth: Callable[..., Any] | None = None
    gradients: bool = True
    second: bool = True
    torch: str = ""


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: str = "") -> np.ndarray:
    """float64 numbers spread over [low, high), no two alike and none near a whole number or zero; the same each time."""
    rng = np.random.default_rng(zlib.crc32(f"{shape}{low}{high}{seed}".encode()))
    count = int(np.prod(shape))
    spread = low + (high - low) * (np.arange(count) + rng.uniform(0.3, 0.7, count)) / max(count, 1)
    near = np.abs(spread - np.round(spread)) < 0.02
    return rng.permutation(spread + 0.05 * near).reshape(shape)


def case(name: str, ops: str, run: Callable[..., Any], *inputs: Any, **options: Any) -> Case:
    """A row; inputs may be given as arrays or lists, ops as names with blanks between."""
    return Case(name, tuple(ops.split()), run, tuple(np.asarray(x) for x in inputs), **options)
