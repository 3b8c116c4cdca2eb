"""Rows for tinygrad_course/ops/elementwise.py."""

import numpy as np

from .base import case, numbers

A, B = numbers(3, 4), numbers(3, 4, seed="b")
ROW, POSITIVE, SCALAR = numbers(4), numbers(3, 4, low=0.1), np.float64(1.7)

POINTWISE = [
    case("add", "Add", lambda t, x, y: x + y, A, B, truth=lambda x, y: x + y),
    case("add row", "Add", lambda t, x, y: x + y, A, ROW, truth=lambda x, y: x + y),
    case("row add", "Add", lambda t, x, y: x + y, ROW, A, truth=lambda x, y: x + y),
    case("add number", "Add", lambda t, x: x + 2, A, truth=lambda x: x + 2),
    case("number add", "Add", lambda t, x: 2.5 + x, A, truth=lambda x: 2.5 + x),
    case("add 0-d", "Add", lambda t, x, y: x + y, A, SCALAR, truth=lambda x, y: x + y),
    case("add empty", "Add", lambda t, x, y: x + y, np.zeros((0, 3)), np.zeros((1, 3)), truth=lambda x, y: x + y),
    case("add itself", "Add", lambda t, x: x + x, A, truth=lambda x: 2 * x),
    case("sub column", "Sub", lambda t, x, y: x - y, A, numbers(3, 1), truth=lambda x, y: x - y),
    case("number sub", "Sub", lambda t, x: 1 - x, A, truth=lambda x: 1 - x),
    case("mul", "Mul", lambda t, x, y: x * y, A, B, truth=lambda x, y: x * y),
    case("mul outer", "Mul", lambda t, x, y: x * y, numbers(3, 1), numbers(1, 4), truth=lambda x, y: x * y),
    case("mul itself", "Mul", lambda t, x: x * x, A, truth=lambda x: x**2),
    case("div", "Div", lambda t, x, y: x / y, A, POSITIVE, truth=lambda x, y: x / y),
    case("number div", "Div", lambda t, x: 3 / x, POSITIVE, truth=lambda x: 3 / x),
    case("div integers", "Div", lambda t, x, y: x / y, np.array([1, 2]), np.array([3, 4]), truth=lambda x, y: x / y),
    case("neg", "Neg", lambda t, x: -x, A, truth=lambda x: -x),
    case("exp", "Exp", lambda t, x: x.exp(), A, truth=np.exp),
    case("log", "Log", lambda t, x: x.log(), POSITIVE, truth=np.log),
    case("relu", "ReLU", lambda t, x: x.relu(), A, truth=lambda x: np.where(x > 0, x, 0)),
    case("relu at zero", "ReLU", lambda t, x: x.relu(), [0.0, -0.0, 1.0], gradients=False),
    case("equal", "Equal", lambda t, x, y: x == y, [1, 2], [1, 3], truth=lambda x, y: x == y),
    case("not equal", "Equal", lambda t, x, y: x != y, [1, 2], [1, 3], truth=lambda x, y: x != y),
    case("less", "Less", lambda t, x, y: x < y, A, B, truth=lambda x, y: x < y, gradients=False),
    case("greater number", "Less", lambda t, x: x > 0.5, A, truth=lambda x: x > 0.5, gradients=False),
    case("less equal", "LessEqual", lambda t, x, y: x <= y, A, A, truth=lambda x, y: x <= y, gradients=False),
]  # fmt: skip
