"""Rows for tinygrad_course/ops/indexing.py."""

import numpy as np

from .base import case, numbers

A, B, CUBE, FOUR = numbers(3, 4), numbers(3, 4, seed="b"), numbers(2, 3, 4), numbers(2, 3, 2, 2)
VECTOR, SCALAR = numbers(5), np.float64(1.5)
ROWS, COLUMNS, GRID = np.array([0, 0, 2]), np.array([1, 1, 3]), np.array([[0, 2, 2], [1, 0, 0]])
MASK, SLICES = np.array([True, False, True]), np.array([1, -1, 1])
PLACES = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])  # a gather index for A along axis 0, with repeats


def put_along(x, index, source, axis):
    z = x.copy()
    np.put_along_axis(z, index, source, axis)
    return z


def added(x, key, source):
    z = x.copy()
    np.add.at(z, key, source)
    return z


def everywhere(x, key, value):
    z = x.copy()
    z[key] = value
    return z


INDEXING = [
    # Basic keys
    case("item", "GetItem AddInto", lambda t, x: x[1, 2], A, truth=lambda x: x[1, 2]),
    case("negative", "GetItem AddInto", lambda t, x: x[-1], A, truth=lambda x: x[-1]),
    case("slice", "GetItem AddInto", lambda t, x: x[1:, ::2], A, truth=lambda x: x[1:, ::2]),
    case("empty slice", "GetItem AddInto", lambda t, x: x[2:1], A, truth=lambda x: x[2:1]),
    case("none and ellipsis", "GetItem AddInto", lambda t, x: x[..., None, 1], CUBE, truth=lambda x: x[..., None, 1]),
    case("ellipsis of nothing", "GetItem AddInto", lambda t, x: x[1, ..., 2], A, truth=lambda x: x[1, 2]),
    case("0-d ellipsis", "GetItem AddInto", lambda t, x: x[...], SCALAR, truth=lambda x: x),
    case("0-d none", "GetItem AddInto", lambda t, x: x[None], SCALAR, truth=lambda x: np.reshape(x, 1)),
    case("whole", "GetItem AddInto", lambda t, x: x[:], A, truth=lambda x: x),
    case("0-d tensor as integer", "GetItem AddInto", lambda t, x, i: x[i], A, np.int64(2), truth=lambda x, i: x[2]),
    case("True", "GetItem AddInto", lambda t, x: x[True], A, truth=lambda x: x[None]),
    case("False", "GetItem AddInto", lambda t, x: x[False], A, truth=lambda x: np.zeros((0, 3, 4))),
    # Index arrays
    case("list", "GetItem AddInto", lambda t, x: x[[2, 0]], A, truth=lambda x: x[[2, 0]]),
    case("empty list", "GetItem AddInto", lambda t, x: x[[]], A, truth=lambda x: np.zeros((0, 4))),
    case("repeated index", "GetItem AddInto", lambda t, x, i: x[i], A, ROWS, truth=lambda x, i: x[i]),
    case("2-d index", "GetItem AddInto", lambda t, x, i: x[i], A, GRID, truth=lambda x, i: x[i]),
    case("negative positions", "GetItem AddInto", lambda t, x, i: x[:, i], A, SLICES, truth=lambda x, i: x[:, i]),
    case("pairs", "GetItem AddInto", lambda t, x, i, j: x[i, j], A, ROWS, COLUMNS, truth=lambda x, i, j: x[i, j]),
    case("pairs that broadcast", "GetItem AddInto", lambda t, x, i, j: x[i[:, None], j], A, ROWS, COLUMNS,
         truth=lambda x, i, j: x[i[:, None], j]),
    case("array and slice", "GetItem AddInto", lambda t, x, i: x[:, i, 1:], CUBE, ROWS, truth=lambda x, i: x[:, i, 1:]),
    case("array and integer", "GetItem AddInto", lambda t, x, i: x[i, 1], A, ROWS, truth=lambda x, i: x[i, 1]),
    case("integer, slice, array", "GetItem AddInto", lambda t, x, i: x[0, :, i], CUBE, COLUMNS, truth=lambda x, i: x[0][:, i]),
    case("array, slice, array", "GetItem AddInto", lambda t, x, i, j: x[i, :, j], CUBE, [1, 0], [2, 2],
         truth=lambda x, i, j: x[i, :, j]),
    case("array, none, array", "GetItem AddInto", lambda t, x, i, j: x[i, None, j], A, ROWS, COLUMNS,
         truth=lambda x, i, j: x[i, None, j]),
    case("array, ellipsis, array", "GetItem AddInto", lambda t, x, i, j: x[:, i, ..., j], CUBE, [1, 0], [2, 2],
         truth=lambda x, i, j: x[:, i, j]),
    case("ellipsis and array", "GetItem AddInto", lambda t, x, i: x[..., i], CUBE, COLUMNS, truth=lambda x, i: x[..., i]),
    case("mask", "GetItem AddInto", lambda t, x: x[x > 0], A, truth=lambda x: x[x > 0]),
    case("mask of rows", "GetItem AddInto", lambda t, x, m: x[m], A, MASK, truth=lambda x, m: x[m]),
    case("mask and integer", "GetItem AddInto", lambda t, x, m: x[m, 2], A, MASK, truth=lambda x, m: x[m, 2]),
    case("mask and array", "GetItem AddInto", lambda t, x, m, i: x[m, i], A, MASK, [3, 3], truth=lambda x, m, i: x[m, i]),
    case("mask of nothing", "GetItem AddInto", lambda t, x: x[x > 9], A, truth=lambda x: x[x > 9]),
    # Along one axis
    case("gather rows", "GetItem AddInto", lambda t, x, i: x.gather(0, i), A, PLACES, truth=lambda x, i: np.take_along_axis(x, i, 0)),
    case("gather smaller index", "GetItem AddInto", lambda t, x, i: t.gather(x, 1, i), A, [[3, 3], [0, 1]],
         truth=lambda x, i: np.take_along_axis(x[:2], i, 1)),
    case("gather last axis", "GetItem AddInto", lambda t, x, i: x.gather(-1, i), CUBE, np.array([[[1], [1], [0]], [[3], [2], [2]]]),
         truth=lambda x, i: np.take_along_axis(x, i, 2)),
    case("take_along_dim", "GetItem AddInto", lambda t, x, i: x.take_along_dim(i, 1), A, [[2, 2, 0]],
         truth=lambda x, i: np.take_along_axis(x, np.tile(i, (3, 1)), 1)),
    case("take_along_dim flat", "GetItem AddInto", lambda t, x, i: t.take_along_dim(x, i), A, [11, 0, 11], truth=lambda x, i: x.ravel()[i]),
    case("index_select", "GetItem AddInto", lambda t, x, i: x.index_select(1, i), CUBE, ROWS, truth=lambda x, i: x[:, i]),
    case("masked_select", "GetItem AddInto", lambda t, x, m: x.masked_select(m), CUBE, [[True], [False], [True]],
         truth=lambda x, m: x[:, [0, 2]].ravel()),
    case("scatter_add", "AddInto GetItem", lambda t, x, i, y: x.scatter_add(0, i, y), A, PLACES, numbers(2, 4),
         truth=lambda x, i, y: added(x, (i, np.arange(4)), y)),
    case("scatter_add from a larger source", "AddInto GetItem", lambda t, x, i, y: x.scatter_add(1, i, y), A, [[0, 0]], B,
         truth=lambda x, i, y: added(x, (0, i[0]), y[0, :2]), torch="PyTorch's backward raises where the index is smaller"),
    case("index_add", "AddInto GetItem", lambda t, x, i, y: x.index_add(0, i, y), A, ROWS, B, truth=lambda x, i, y: added(x, i, y)),
    case("index_add alpha", "AddInto GetItem", lambda t, x, i, y: x.index_add(1, i, y, alpha=-2), A, ROWS, numbers(3, 3),
         truth=lambda x, i, y: added(x, (slice(None), i), -2 * y)),
    # Replacing
    case("scatter", "SetItem", lambda t, x, i, y: x.scatter(1, i, y), A, [[0, 3], [1, 2]], numbers(2, 2),
         truth=lambda x, i, y: np.vstack([put_along(x[:2], i, y, 1), x[2:]])),
    case("scatter one value", "SetItem", lambda t, x, i: x.scatter(1, i, 0.5), A, [[0, 0], [1, 2], [3, 2]],
         truth=lambda x, i: put_along(x, i, 0.5, 1)),
    case("masked_fill", "Where", lambda t, x, m: x.masked_fill(m, 9.0), CUBE, [[True], [False], [True]],
         truth=lambda x, m: np.where(m, 9.0, x)),
    case("masked_fill infinite", "Where", lambda t, x: x.masked_fill(x > 0, -np.inf), A, gradients=False),
    case("masked_fill with a tensor", "Where", lambda t, x, m, y: x.masked_fill(m, y.sum()), A, np.tile(MASK[:, None], 4), VECTOR,
         truth=lambda x, m, y: np.where(m, y.sum(), x)),
    # Positions
    case("nonzero", "GetItem", lambda t, x: t.nonzero(x), [[0, 3], [0, 0], [5, 7]], truth=np.argwhere),
    case("argwhere", "GetItem", lambda t, x: t.argwhere(x), [0.0, np.nan, 2.0], truth=np.argwhere, gradients=False),
    case("nonzero as key", "GetItem AddInto", lambda t, x: x[(x > 0).nonzero(as_tuple=True)], A, truth=lambda x: x[x > 0]),
]  # fmt: skip
