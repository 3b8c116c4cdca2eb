"""Functions that make tensors from data, sizes and random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .methods.shapes import sizes
from .random import Generator, default_generator
from .tensor import Tensor


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a Tensor of a copy of numbers, nested lists or an array.

    Python floats become the default dtype (float32), integers int64; an array keeps its own dtype.
    Raises TypeError or ValueError where the data is not numbers in a regular shape.
    """
    array = np.array(_plain(data), dtype=None if dtype is None else np.dtype(dtype))
    if array.dtype.kind not in "fiub":
        raise TypeError(f"tensor: expected numbers, got {type(data).__name__} holding {array.dtype}")
    if dtype is None and array.dtype.kind == "f" and not isinstance(data, (np.ndarray, np.generic, Tensor)):
        array = array.astype(dtypes.get_default_dtype())
    return made(array, device, requires_grad)


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a Tensor of the data, without a copy where it is a Tensor or an array of that dtype already."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if isinstance(data, np.ndarray):
        return from_numpy(data if dtype is None else data.astype(np.dtype(dtype), copy=False))
    return tensor(data, dtype=dtype, device=device)


def from_numpy(array: np.ndarray) -> Tensor:
    """Make a Tensor that shares the array's memory. Raises TypeError for anything but an array of numbers."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        what = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(f"expected np.ndarray of numbers (got {what}); tg.tensor(...) makes one of lists")
    return Tensor(array)


def is_tensor(obj: Any) -> bool:
    """Whether the object is a Tensor."""
    return isinstance(obj, Tensor)


def made(array: Any, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The array as a Tensor. Raises RuntimeError for another device than "cpu"."""
    return Tensor(array).to(device=device).requires_grad_(requires_grad)


def _plain(data: Any) -> Any:
    """Tensors in nested lists as arrays."""
    if isinstance(data, Tensor):
        return data.data
    return [_plain(x) for x in data] if isinstance(data, (list, tuple)) else data


def _float(dtype: Any) -> np.dtype:
    return dtypes.get_default_dtype() if dtype is None else np.dtype(dtype)


# Filled with one number


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of one number, in that number's own dtype unless given another."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    chosen = dtypes.of_number(value) if dtype is None else np.dtype(dtype)
    return made(np.full(sizes((size,)), value, chosen), device, requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros."""
    return made(np.zeros(sizes(size), _float(dtype)), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones."""
    return made(np.ones(sizes(size), _float(dtype)), device, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor whose numbers are whatever the memory held: write to it before you read."""
    return made(np.empty(sizes(size), _float(dtype)), device, requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The (n, m) matrix with ones on its diagonal and zeros elsewhere."""
    return made(np.eye(n, m, dtype=_float(dtype)), device, requires_grad)


def full_like(
    x: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A Tensor of one number, of x's shape and dtype."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def zeros_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros, of x's shape and dtype."""
    return zeros(x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def ones_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones, of x's shape and dtype."""
    return ones(x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def empty_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of x's shape and dtype whose numbers are whatever the memory held."""
    return empty(x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


# Sequences


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers from start to end (not included) in steps; from 0 when one number is given."""
    start, end = (0, start) if end is None else (start, end)
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"arange: from {start} to {end} cannot be reached in steps of {step}")
    chosen = dtype or (_float(None) if any(isinstance(x, float) for x in (start, end, step)) else np.int64)
    return made(np.arange(start, end, step).astype(chosen), device, requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers evenly spread from start to end, both included."""
    return made(np.linspace(start, end, steps).astype(_float(dtype)), device, requires_grad)


# Random numbers, from the generator given or from the one that manual_seed seeds


def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Random numbers, evenly spread from 0 (included) to 1 (not included)."""
    return _random((generator or default_generator).numpy.random(sizes(size)), dtype, device, requires_grad)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Random numbers from the normal distribution with mean 0 and standard deviation 1."""
    return _random((generator or default_generator).numpy.standard_normal(sizes(size)), dtype, device, requires_grad)


def rand_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers from 0 to 1, of x's shape and dtype."""
    return rand(x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def randn_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Random numbers from the normal distribution, of x's shape and dtype."""
    return randn(x.shape, dtype=dtype or x.dtype, device=device, requires_grad=requires_grad)


def randint(
    low: int, high: Any, size: Any = None, *, generator: Generator | None = None, dtype: Any = None,
    device: Any = None,
) -> Tensor:  # fmt: skip
    """Random integers from low to high (not included); randint(high, size) begins at 0."""
    low, high, size = (0, low, high) if size is None else (low, high, size)
    return made((generator or default_generator).numpy.integers(low, high, tuple(size), dtype or np.int64), device)


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    """The integers from 0 to n - 1 in random order."""
    return made((generator or default_generator).numpy.permutation(n).astype(np.int64), device)


def normal(mean: Any, std: Any, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Random numbers from normal distributions: mean and std may be numbers or tensors."""
    centre, spread = (x.data if isinstance(x, Tensor) else x for x in (mean, std))
    return _random((generator or default_generator).numpy.normal(centre, spread, size), None, None, False)


def bernoulli(p: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of p gives, else 0; in p's dtype."""
    return Tensor(((generator or default_generator).numpy.random(p.shape) < p.data).astype(p.dtype))


def multinomial(
    weights: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Draw positions of each row of weights (n) or (rows, n), in proportion to them: int64 (..., num_samples).

    Raises RuntimeError where a row has no positive weight, or too few to draw without replacement.
    """
    source = (generator or default_generator).numpy
    rows = weights.data.reshape(-1, weights.shape[-1]).astype(np.float64)
    if not np.isfinite(rows).all() or (rows < 0).any() or (rows.sum(1) <= 0).any():
        raise RuntimeError("multinomial: weights must be finite and not negative, with a sum above 0 in each row")
    if not replacement and ((rows > 0).sum(1) < num_samples).any():
        cure = "a row has fewer positive weights; draw fewer, or give replacement=True"
        raise RuntimeError(f"cannot sample {num_samples} positions without replacement: {cure}")
    drawn = [source.choice(len(row), num_samples, replacement, row / row.sum()) for row in rows]
    return Tensor(np.array(drawn, np.int64).reshape(*weights.shape[:-1], num_samples))


def _random(numbers: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    return made(np.asarray(numbers).astype(_float(dtype)), device, requires_grad)
