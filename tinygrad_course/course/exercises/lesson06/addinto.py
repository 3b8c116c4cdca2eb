"""AddInto makes zeros and adds x in at a key: elements that meet at one position are summed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_course.graph import Op
from tinygrad_course.ops.indexing import ARRAY, AddInto, fill

from ...exercise import AFTERWARDS, Case, Exercise, Mistake, Piece
from .arrays import Shape, count


def _with_forward(forward: Callable) -> type[Op]:
    made: type[Op] = type("AddInto", (Op,), {"forward": forward})
    return made


class _AddIntoByAt(Op):
    def forward(x: Any, *indices: Any, size: Any, key: Any) -> Any:
        z = np.zeros(size)
        np.add.at(z, fill(key, indices), x)
        return z


class _AddIntoByLoop(Op):
    def forward(x: Any, *indices: Any, size: Any, key: Any) -> Any:
        z = np.zeros(size, x.dtype)
        places = np.arange(z.size).reshape(size)[fill(key, indices)]
        for place, value in zip(places.ravel(), np.broadcast_to(x, places.shape).ravel(), strict=True):
            z.flat[place] += value
        return z


def _set(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    z[fill(key, indices)] = x
    return z


def _into_ones(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.ones(size)
    np.add.at(z, fill(key, indices), x)
    return z


def _like_x(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros_like(x)
    np.add.at(z, fill(key, indices), x)
    return z


def _into_x(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    np.add.at(x, fill(key, indices), x)
    return x


def _sizes_apart(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z: Any = np.zeros(*size)
    np.add.at(z, fill(key, indices), x)
    return z


def _counted(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    np.add.at(z, fill(key, indices), 1.0)
    return z


def _averaged(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z, hits = np.zeros(size), np.zeros(size)
    np.add.at(z, fill(key, indices), x)
    np.add.at(hits, fill(key, indices), 1.0)
    return z / np.maximum(hits, 1)


def _at_key(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    z[key] += x
    return z


def _one_index(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    for place, value in zip(indices[0], x, strict=False):
        z[place] += value
    return z


def _indices_alone(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    np.add.at(z, indices, x)
    return z


def _add_case(name: str, x: np.ndarray, key: tuple, size: Shape, *indices: Any) -> Case:
    def run(op: Piece) -> dict[str, Any]:
        given = x.copy()
        return {"result": op.forward(given, *map(np.array, indices), size=size, key=key), f"x {AFTERWARDS}": given}

    return Case(name, run)


ADD_INTO = Exercise(
    id="06.AddInto",
    target="tinygrad_course.ops.indexing.AddInto",
    minutes=9,
    difficulty=3,
    reference=AddInto,
    cases=(
        _add_case("x = [1, 2] into size (5,) at 1:3", count(2), (slice(1, 3),), (5,)),
        _add_case("x = [1, 2, 3] into size (4,) at [0, 2, 3]", count(3), (ARRAY,), (4,), [0, 2, 3]),
        _add_case("x = [1, 2, 3] into size (4,) at [0, 0, 3]", count(3), (ARRAY,), (4,), [0, 0, 3]),
        _add_case("x of shape (3, 2) into size (2, 2) at rows [1, 1, 1]", count(3, 2), (ARRAY,), (2, 2), [1, 1, 1]),
        _add_case(
            "x = [1, 2] into size (2, 3) at rows [0, 1], columns [2, 2]",
            count(2),
            (ARRAY, ARRAY),
            (2, 3),
            [0, 1],
            [2, 2],
        ),
    ),
    accepts=(_AddIntoByAt, _AddIntoByLoop),
    mistakes=(
        Mistake(
            "set",
            _with_forward(_set),
            "Where a position comes twice, your last value replaces the first. Each use brings a part of the gradient, "
            "and parts add up. `z[at] += x` does the same as `z[at] = z[at] + x`: it reads each position once, before "
            "anything is added. np.add.at(z, at, x) adds one by one.",
        ),
        Mistake(
            "key alone",
            _with_forward(_at_key),
            'key alone is no place: the word "array" stands in it where an index array belongs. fill(key, indices) '
            "puts the arrays in.",
        ),
        Mistake(
            "one index array",
            _with_forward(_one_index),
            "You go by indices[0] alone. There is none where key holds a slice, and for rows and columns there are "
            "two. fill(key, indices) is the place in every case.",
        ),
        Mistake(
            "index arrays alone",
            _with_forward(_indices_alone),
            "indices holds the index arrays and nothing else, and where key holds a slice there are none. "
            "fill(key, indices) is the place in every case.",
        ),
        Mistake(
            "zeros like x",
            _with_forward(_like_x),
            "Your zeros have the shape of x. The result has the shape `size`: that of the array that was picked from.",
        ),
        Mistake(
            "into x",
            _with_forward(_into_x),
            "You add into x itself. Begin with new zeros of shape `size`, and add x into them.",
        ),
        Mistake(
            "sizes one by one",
            _with_forward(_sizes_apart),
            "np.zeros takes the whole shape as one argument: np.zeros(size), without a star.",
        ),
        Mistake("into ones", _with_forward(_into_ones), "Begin with zeros: what nobody picked has a gradient of 0."),
        Mistake(
            "counted",
            _with_forward(_counted),
            "You count how often each position is met. It is the values of x that are to be added there.",
        ),
        Mistake(
            "averaged",
            _with_forward(_averaged),
            "Where values meet you take their mean. Gradients of several uses are added, not averaged.",
        ),
    ),
    hints=(
        "What should stand at a position that was picked twice, and what at one that nobody picked?",
        "Zeros of the size, then every element of x added at its position. NumPy has a function that adds also where a "
        "position comes again: np.add.at(z, at, x).",
        "Fill in what is missing:\nz = np.zeros(...)\nnp.add.at(z, fill(...), ...)\n...",
    ),
)
