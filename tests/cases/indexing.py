"""Rows for tinygrad_course/ops/indexing.py."""

import numpy as np

from .base import case, numbers

A, CUBE = numbers(3, 4), numbers(2, 3, 4)
ROWS, COLUMNS = np.array([0, 0, 2]), np.array([1, 1, 3])



def assigned(x, value, key):
    """A copy of x after an item assignment."""
    y = x * 1
    y[key] = value
    return y


INDEXING = [
    case("item", "GetItem AddInto", lambda t, x: x[1, 2], A, truth=lambda x: x[1, 2]),
    case("slice", "GetItem AddInto", lambda t, x: x[1:, ::2], A, truth=lambda x: x[1:, ::2]),
    case("none and ellipsis", "GetItem AddInto", lambda t, x: x[..., None, 1], CUBE, truth=lambda x: x[..., None, 1]),
    case("list", "GetItem AddInto", lambda t, x: x[[2, 0]], A, truth=lambda x: x[[2, 0]]),
    case("repeated index", "GetItem AddInto", lambda t, x, i: x[i], A, ROWS, truth=lambda x, i: x[i]),
    case("pairs", "GetItem AddInto", lambda t, x, i, j: x[i, j], A, ROWS, COLUMNS, truth=lambda x, i, j: x[i, j]),
    case("array and slice", "GetItem AddInto", lambda t, x, i: x[:, i, 1:], CUBE, ROWS, truth=lambda x, i: x[:, i, 1:]),
    case("mask", "GetItem AddInto", lambda t, x: x[x > 0], A, truth=lambda x: x[x > 0]),
    case("whole", "GetItem AddInto", lambda t, x: x[:], A, truth=lambda x: x),
    case("assign row", "SetItem", lambda t, x, v: assigned(x, v, 1), A, numbers(4)),
    case("assign column", "SetItem", lambda t, x, v: assigned(x, v, (slice(None), 2)), A, numbers(1, seed="v")),
    case("assign number", "SetItem", lambda t, x: assigned(x, 0.5, (0, 0)), A),
    case("assign rows", "SetItem", lambda t, x, v: assigned(x, v, [2, 0]), A, numbers(2, 4)),
]
