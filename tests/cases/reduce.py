"""Rows for tinygrad_course/ops/reduce.py."""

import numpy as np

from .base import case, numbers

A, SQUARE, CUBE = numbers(3, 4), numbers(3, 3), numbers(2, 3, 4)
TIES = np.array([[1.0, 5.0, 5.0], [5.0, 5.0, 2.0]])

REDUCE = [
    case("sum", "Sum", lambda t, x: x.sum(), A, truth=np.sum),
    case("sum axis 1 of a square", "Sum", lambda t, x: x.sum(1), SQUARE, truth=lambda x: x.sum(1)),
    case("sum two axes", "Sum", lambda t, x: x.sum((0, -1)), CUBE, truth=lambda x: x.sum((0, 2))),
    case("sum keepdim", "Sum", lambda t, x: x.sum(1, keepdim=True), CUBE, truth=lambda x: x.sum(1, keepdims=True)),
    case("sum 0-d", "Sum", lambda t, x: x.sum(), np.float64(1.5), truth=lambda x: x),
    case("sum nothing", "Sum", lambda t, x: x.sum(0), np.zeros((0, 3)), truth=lambda x: x.sum(0)),
    case("sum integers", "Sum", lambda t, x: x.sum(), np.array([1, 2], np.int32), truth=np.sum),
    case("mean", "Sum Mul", lambda t, x: x.mean(), A, truth=np.mean),
    case("mean axis", "Sum Mul", lambda t, x: x.mean(-1), CUBE, truth=lambda x: x.mean(-1)),
    case("amax", "Max", lambda t, x: x.amax(), A, truth=np.max),
    case("amax axis", "Max", lambda t, x: x.amax(1), CUBE, truth=lambda x: x.max(1)),
    case("amax two axes", "Max", lambda t, x: x.amax((0, 2), keepdim=True), CUBE, truth=lambda x: x.max((0, 2), keepdims=True)),
    case("amax ties", "Max", lambda t, x: x.amax(1), TIES, truth=lambda x: x.max(1), gradients=False),
]  # fmt: skip
