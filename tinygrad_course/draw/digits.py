"""Numbers as short text: what a drawing says of an array."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

IN_FULL = 8  # up to so many numbers are written with 4 digits each, more of them with 3
SIDE = 8  # an array of up to so many rows and columns is written out; a larger one is summed up


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
    if not array.size or max(grid.shape) > SIDE:
        line = summary(array)
        return Digits(((line,),), line)
    digits = 4 if array.size <= IN_FULL else 3
    rows = tuple(tuple(number(x, digits) for x in row) for row in grid)
    line = np.array2string(array, separator=", ", formatter={"all": lambda x: number(x, digits)})
    return Digits(rows, " ".join(line.split()))


def summary(array: np.ndarray) -> str:
    """A large array in a few words: from where to where its numbers go, and whether all are finite."""
    if not array.size:
        return "no numbers"
    if array.dtype.kind == "b":
        return f"True {int(array.sum())} of {array.size} times"
    finite = array[np.isfinite(array)]
    if not finite.size:
        return "nothing finite"
    span = f"{number(finite.min(), 2)} to {number(finite.max(), 2)}"
    return span if finite.size == array.size else f"{span}, and {array.size - finite.size} not finite"


def shape_text(shape: tuple[int, ...] | None) -> str:
    """The shape as Python writes it; nothing for a plain Python number."""
    return "" if shape is None else f"shape {tuple(int(n) for n in shape)}"
