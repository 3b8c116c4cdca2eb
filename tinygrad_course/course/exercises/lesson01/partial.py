"""partial finds the slope of f when one number of a list moves and the others stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...exercise import AFTERWARDS, Case, Exercise, Mistake, Piece
from .symmetric_difference import symmetric_difference


def partial(f: Callable[[list[float]], float], xs: list[float], i: int, h: float) -> float:
    """The slope of f when only number i of the list xs moves."""
    right, left = list(xs), list(xs)
    right[i] += h
    left[i] -= h
    return (f(right) - f(left)) / (2 * h)


def _partial_by_slices(f: Callable, xs: list[float], i: int, h: float) -> float:
    def along(x: float) -> float:
        return float(f([*xs[:i], x, *xs[i + 1 :]]))

    return symmetric_difference(along, xs[i], h)


def _partial_by_array(f: Callable, xs: list[float], i: int, h: float) -> float:
    step = h * np.eye(len(xs))[i]
    return float((f(list(np.array(xs) + step)) - f(list(np.array(xs) - step))) / (2 * h))


def _partial_in_place(f: Callable, xs: list[float], i: int, h: float) -> float:
    xs[i] += h
    right = f(xs)
    xs[i] -= 2 * h
    return float((right - f(xs)) / (2 * h))


def _partial_put_back(f: Callable, xs: list[float], i: int, h: float) -> float:
    xs[i] += h
    right = f(xs)
    xs[i] -= 2 * h
    left = f(xs)
    xs[i] += h
    return float((right - left) / (2 * h))


def _partial_one_number(f: Callable, xs: list[float], i: int, h: float) -> float:
    return symmetric_difference(f, xs[i], h)


def _partial_one_list(f: Callable, xs: list[float], i: int, h: float) -> float:
    right = left = list(xs)
    right[i] += h
    left[i] -= h
    return float((f(right) - f(left)) / (2 * h))


def _partial_all(f: Callable, xs: list[float], i: int, h: float) -> float:
    return float((f([x + h for x in xs]) - f([x - h for x in xs])) / (2 * h))


def _partial_first(f: Callable, xs: list[float], i: int, h: float) -> float:
    return partial(f, xs, 0, h)


def _partial_to_the_right(f: Callable, xs: list[float], i: int, h: float) -> float:
    right = list(xs)
    right[i] += h
    return float((f(right) - f(xs)) / h)


def plane(xs: Sequence[float]) -> float:
    """2 x0 - 3 x1."""
    return 2.0 * xs[0] - 3.0 * xs[1]


def volume(xs: Sequence[float]) -> float:
    """x0² x1 + x2: its slopes are 2 x0 x1, x0² and 1."""
    return xs[0] * xs[0] * xs[1] + xs[2]


def _partial_case(f: Callable, xs: Sequence[float], i: int, h: float = 0.5) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        mine = list(xs)
        return {"slope": piece(f, mine, i, h), f"xs {AFTERWARDS}": str(mine)}  # as text: every digit counts

    return Case(f"f = {f.__name__}, xs = {list(xs)}, i = {i}, h = {h}", run)


PARTIAL = Exercise(
    id="01.partial",
    target=None,
    minutes=8,
    difficulty=3,
    reference=partial,
    cases=(
        _partial_case(plane, (1.0, 4.0), 0),
        _partial_case(plane, (1.0, 4.0), 1),
        _partial_case(volume, (3.0, 2.0, 5.0), 0),
        _partial_case(lambda xs: xs[0] ** 3 + xs[1] ** 3, (1.0, 2.0), 1),
        _partial_case(plane, (1.1, 2.7), 0, 1e-6),
    ),
    accepts=(_partial_by_slices, _partial_by_array),
    mistakes=(
        Mistake(
            "changed in place",
            _partial_in_place,
            "The slope is right, but your list has changed: afterwards the caller's xs[i] is h smaller. Move a copy, "
            "`list(xs)`.",
        ),
        Mistake(
            "put back",
            _partial_put_back,
            "You move xs[i] in the caller's list and move it back, but rounding does not bring back every digit. Move "
            "a copy, `list(xs)`.",
        ),
        Mistake(
            "one number alone",
            _partial_one_number,
            "f takes the whole list, and your code hands it one number. Hand it a copy of xs in which number i has "
            "moved.",
        ),
        Mistake(
            "one list under two names",
            _partial_one_list,
            "Your two lists are one list under two names, so what you add to one you take away from the other. Make "
            "two copies.",
        ),
        Mistake(
            "all of them moved",
            _partial_all,
            "Your code moves every number at once. Only number i moves; the others stay where they are.",
        ),
        Mistake(
            "always the first",
            _partial_first,
            "Your code moves the first number whatever i is.",
        ),
        Mistake(
            "forward",
            _partial_to_the_right,
            "Your step goes to one side only. Take the symmetric difference: one copy moved up, one moved down.",
        ),
    ),
    hints=(
        "If two numbers moved at once, could you tell which of them made f grow?",
        "Make two copies of xs. In one, number i is h larger, in the other h smaller. Then it is the symmetric "
        "difference.",
        "Fill in what is missing:\nright, left = list(xs), list(xs)\nright[...] = ...\nleft[...] = ...\nreturn ...",
    ),
)
