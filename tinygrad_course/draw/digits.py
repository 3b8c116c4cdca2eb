"""Numbers as short text: what a drawing says of an array."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

IN_FULL = 8  # up to so many numbers are written with 4 digits each, more of them with 3
SIDE, MOST = 8, 36  # an array of up to so many rows and columns, and numbers, is written out; a larger is summed up


class Digits(NamedTuple):
    """The numbers of an array: rows of text to lay out as a grid, and the same as one line."""

    rows: tuple[tuple[str, ...], ...]
    line: str


def number(x: Any, digits: int = 4) -> str:
    """One number with about so many digits; a float always shows its point, and 0.0 has no sign."""
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    x = float(x) + 0.0
    if not math.isfinite(x):
        return str(x)
    if abs(x) >= 1e6:
        return f"{x:.{digits - 1}e}"
    before_point = len(str(int(abs(x))))
    return str(float(f"{x:.{max(digits, before_point)}g}"))


def digits_of(array: Any) -> Digits:
    """The numbers of an array or a Python number: all of them where few, else one sentence about them."""
    array = np.asarray(array)
    grid = array.reshape(-1, array.shape[-1]) if array.size and array.ndim else array.reshape(1, -1)
    if not is_written_out(array):
        line = summary(array)
        return Digits(((line,),), line)
    digits = 4 if array.size <= IN_FULL else 3
    rows = tuple(tuple(number(x, digits) for x in row) for row in grid)
    line = np.array2string(array, separator=", ", formatter={"all": lambda x: number(x, digits)})
    return Digits(rows, " ".join(line.split()))


def is_written_out(array: np.ndarray) -> bool:
    """Whether a drawing writes all numbers of an array."""
    columns = array.shape[-1] if array.ndim else 1
    return 0 < array.size <= MOST and columns <= SIDE and array.size // columns <= SIDE


def summary(array: np.ndarray) -> str:
    """A large array in a few words: from where to where its numbers go, their mean, and whether all are finite."""
    if not array.size:
        return "no numbers"
    if array.dtype.kind == "b":
        return f"True {int(array.sum())} of {array.size} times"
    finite = array[np.isfinite(array)]
    if not finite.size:
        return "nothing finite"
    low, high = finite.min(), finite.max()
    span = f"{number(low, 2)} to {number(high, 2)}, mean {number(finite.mean(dtype=float), 2)}"
    if low == high:
        span = f"each {number(low, 2)}"
    return span if finite.size == array.size else f"{span}, and {array.size - finite.size} not finite"


def shape_text(shape: tuple[int, ...] | None) -> str:
    """The shape as Python writes it; nothing for a plain Python number."""
    return "" if shape is None else f"shape {tuple(int(n) for n in shape)}"
