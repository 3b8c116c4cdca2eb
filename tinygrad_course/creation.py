"""Functions that make tensors from data, sizes and random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .methods.shapes import sizes
from .random import Generator, default_generator
from .tensor import Tensor


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a Tensor of a copy of numbers, nested lists or an array.

    Python floats become the default dtype (float32), integers int64; an array keeps its own dtype.
    Raises TypeError or ValueError where the data is not numbers in a regular shape.
    """
    array = np.array(_plain(data), dtype=None if dtype is None else np.dtype(dtype))
    if array.dtype.kind not in "fiub":
        raise TypeError(f"tensor: expected numbers, got {type(data).__name__} holding {array.dtype}")
    if dtype is None and array.dtype.kind == "f" and not isinstance(data, (np.ndarray, np.generic, Tensor)):
        array = array.astype(dtypes.get_default_dtype())
    return Tensor(array).requires_grad_(requires_grad)


def _plain(data: Any) -> Any:
    """Tensors in nested lists as arrays."""
    if isinstance(data, Tensor):
        return data.detach().numpy()
    return [_plain(x) for x in data] if isinstance(data, (list, tuple)) else data


def from_numpy(array: np.ndarray) -> Tensor:
    """Make a Tensor that shares the array's memory."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    return Tensor(array)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros."""
    return Tensor(np.zeros(sizes(size), _float(dtype))).requires_grad_(requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones."""
    return Tensor(np.ones(sizes(size), _float(dtype))).requires_grad_(requires_grad)


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers, evenly spread from 0 (included) to 1 (not included)."""
    source = (generator or default_generator).numpy
    return Tensor(source.random(sizes(size)).astype(_float(dtype))).requires_grad_(requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers from the normal distribution with mean 0 and standard deviation 1."""
    source = (generator or default_generator).numpy
    return Tensor(source.standard_normal(sizes(size)).astype(_float(dtype))).requires_grad_(requires_grad)


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """The integers from 0 to n - 1 in random order."""
    return Tensor((generator or default_generator).numpy.permutation(n))


def _float(dtype: Any) -> np.dtype:
    return dtypes.get_default_dtype() if dtype is None else np.dtype(dtype)
