"""Number types: the default for Python floats, and the type two tensors meet in (PyTorch's promotion rules)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

float64, float32, float16 = np.dtype("float64"), np.dtype("float32"), np.dtype("float16")
int64, int32, int16, int8 = np.dtype("int64"), np.dtype("int32"), np.dtype("int16"), np.dtype("int8")
uint8, bool_ = np.dtype("uint8"), np.dtype("bool")

CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}
_default = float32


def get_default_dtype() -> np.dtype:
    """Return the dtype that Python floats become (float32 until changed)."""
    return _default


def set_default_dtype(d: Any) -> None:
    """Make `d` (float16, float32 or float64) the one that Python floats become.

    Raises TypeError for a dtype that is not floating point.
    """
    global _default
    dtype = np.dtype(d)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype: {dtype} is not a floating-point type; use tg.float32 or tg.float64")
    _default = dtype


def of_number(x: Any) -> np.dtype:
    """The dtype a Python number has when no tensor decides: bool, int64 or the default float."""
    if isinstance(x, bool):
        return bool_
    return int64 if isinstance(x, int) else _default


def result_type(*operands: Any) -> np.dtype:
    """The dtype in which arrays and Python numbers meet.

    Arrays with dimensions decide; 0-d arrays, and after them Python numbers, count only if their kind
    (bool < integer < float) is higher: https://docs.pytorch.org/docs/stable/tensor_attributes.html
    """
    ranks: tuple[list[np.dtype], ...] = ([], [], [])
    for x in operands:
        rank = 2 if not isinstance(x, np.ndarray) else 1 if x.ndim == 0 else 0
        ranks[rank].append(x.dtype if rank < 2 else of_number(x))
    result: np.dtype | None = None
    for dtypes in filter(None, ranks):
        highest = max(CATEGORY[d.kind] for d in dtypes)
        candidate = np.result_type(*[d for d in dtypes if CATEGORY[d.kind] == highest])  # a float keeps its own size
        if result is None or CATEGORY[candidate.kind] > CATEGORY[result.kind]:
            result = candidate
    assert result is not None, "result_type needs an operand"
    return result


def promote(operands: Sequence[Any], floating: bool = False) -> list[Any]:
    """Cast the arrays among `operands` to their common dtype; `floating` turns integers into the default float."""
    dtype = result_type(*operands)
    if floating and dtype.kind != "f":
        dtype = _default
    return [np.asarray(x, dtype) for x in operands]
