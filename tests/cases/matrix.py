"""Rows for tinygrad_course/ops/matrix.py."""

from .base import case, numbers

A, B = numbers(3, 4), numbers(4, 2)

MATRIX = [
    case("matrix @ matrix", "MatMul", lambda t, x, y: x @ y, A, B, truth=lambda x, y: x @ y),
    case("matrix @ vector", "MatMul", lambda t, x, y: x @ y, A, numbers(4), truth=lambda x, y: x @ y),
    case("vector @ matrix", "MatMul", lambda t, x, y: x @ y, numbers(3), A, truth=lambda x, y: x @ y),
    case("vector @ vector", "MatMul", lambda t, x, y: x @ y, numbers(4), numbers(4, seed="y"), truth=lambda x, y: x @ y),
    case("vector @ itself", "MatMul", lambda t, x: x @ x, numbers(4), truth=lambda x: x @ x),
    case("square @ itself", "MatMul", lambda t, x: x @ x, numbers(3, 3), truth=lambda x: x @ x),
    case("batch @ batch", "MatMul", lambda t, x, y: x @ y, numbers(2, 3, 4), numbers(2, 4, 2), truth=lambda x, y: x @ y),
    case("batch @ matrix", "MatMul", lambda t, x, y: x @ y, numbers(2, 3, 4), B, truth=lambda x, y: x @ y),
    case("broadcast batches", "MatMul", lambda t, x, y: x @ y, numbers(2, 1, 3, 4), numbers(3, 4, 2), truth=lambda x, y: x @ y),
]  # fmt: skip
