"""broadcast_shape gives the shape of x + y from those of x and y."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np

from ...exercise import Case, Exercise, Mistake, Piece
from .arrays import Shape


def broadcast_shape(a: Shape, b: Shape) -> Shape:
    """The shape of x + y, where x has shape a and y has shape b. Raises ValueError where they do not fit."""
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    for i, j in zip(a, b, strict=True):
        if i != j and 1 not in (i, j):
            raise ValueError(f"{a} and {b} do not fit: {i} and {j} differ, and neither is 1")
    return tuple(j if i == 1 else i for i, j in zip(a, b, strict=True))


def _shape_by_numpy(a: Shape, b: Shape) -> Shape:
    return np.broadcast_shapes(a, b)


def _shape_backwards(a: Shape, b: Shape) -> Shape:
    found: list[int] = []
    for i, j in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if i == j or j == 1:
            found.insert(0, i)
        elif i == 1:
            found.insert(0, j)
        else:
            raise ValueError
    return tuple(found)


def _shape_from_the_left(a: Shape, b: Shape) -> Shape:
    return broadcast_shape(a[::-1], b[::-1])[::-1]


def _shape_cut(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b))
    return broadcast_shape(a[len(a) - n :], b[len(b) - n :])


def _shape_zipped(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b))
    return broadcast_shape(a[:n], b[:n])


def _shape_never_refuses(a: Shape, b: Shape) -> Shape:
    return tuple(map(max, zip_longest(a[::-1], b[::-1], fillvalue=1)))[::-1]


def _shape_no_stretching(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b))
    if a[len(a) - n :] != b[len(b) - n :]:
        raise ValueError
    return max(a, b, key=len)


def _shape_equal_alone(a: Shape, b: Shape) -> Shape:
    if a != b:
        raise ValueError
    return a


def _shape_second_only(a: Shape, b: Shape) -> Shape:
    if broadcast_shape(a, b) != a:
        raise ValueError
    return a


def _shape_same_length(a: Shape, b: Shape) -> Shape:
    if len(a) != len(b):
        raise ValueError
    return broadcast_shape(a, b)


def _shape_from_minus_0(a: Shape, b: Shape) -> Shape:
    found: list[int] = []
    for k in range(max(len(a), len(b))):
        i = a[-k] if k < len(a) else 1
        j = b[-k] if k < len(b) else 1
        if i != j and 1 not in (i, j):
            raise ValueError
        found.insert(0, j if i == 1 else i)
    return tuple(found)


def _shape_list(a: Shape, b: Shape) -> Any:
    return list(broadcast_shape(a, b))


def _shape_zipped_larger(a: Shape, b: Shape) -> Shape:
    return tuple(map(max, zip(a, b, strict=False)))


def _shape_turned(a: Shape, b: Shape) -> Shape:
    return broadcast_shape(a, b)[::-1]


def _shape_b_filled(a: Shape, b: Shape) -> Shape:
    n = min(len(a), len(b)) if len(a) < len(b) else len(a)
    return broadcast_shape(a, b[:n])


def _shape_gap(a: Shape, b: Shape) -> Shape:
    pairs = [*zip_longest(a[::-1], b[::-1], fillvalue=1)][::-1]
    return tuple(j if i == 1 else i for i, j in pairs if i == j or 1 in (i, j))


def _shape_error_back(a: Shape, b: Shape) -> Any:
    try:
        return broadcast_shape(a, b)
    except ValueError as error:
        return error


def _shape_larger(a: Shape, b: Shape) -> Shape:
    n = max(len(a), len(b))
    broadcast_shape(a, b)
    return tuple(map(max, (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b))


def _shape_case(a: Shape, b: Shape) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        try:
            shape = piece(a, b)
        except ValueError:
            return {"shape": "a ValueError"}
        if not isinstance(shape, tuple | list):
            return {"shape": None if shape is None else f"{type(shape).__name__}, given back"}
        return {"shape": str(tuple(shape)), "it is a": type(shape).__name__}

    return Case(f"a = {a}, b = {b}", run)


BROADCAST_SHAPE = Exercise(
    id="05.broadcast_shape",
    target=None,
    minutes=7,
    difficulty=2,
    reference=broadcast_shape,
    cases=(
        _shape_case((2, 3), (2, 3)),
        _shape_case((2, 3), (3,)),
        _shape_case((3,), (2, 3)),
        _shape_case((), (2,)),
        _shape_case((2, 3), (2, 1)),
        _shape_case((5, 1), (1, 4)),
        _shape_case((4,), (5, 1)),
        _shape_case((2, 3), (2,)),
        _shape_case((2,), (4,)),
        _shape_case((7, 1, 5), (6, 1)),
        _shape_case((2, 1), (0,)),
    ),
    accepts=(_shape_by_numpy, _shape_backwards),
    mistakes=(
        Mistake(
            "from the left",
            _shape_from_the_left,
            "You compare the shapes from the first axis on. They are laid flush right: begin at the last axis of both.",
        ),
        Mistake(
            "cut",
            _shape_cut,
            "Where one shape is longer, its first axes are missing in your answer. A missing size counts as 1, so the "
            "longer shape's stays.",
        ),
        Mistake(
            "zip alone",
            _shape_zipped,
            "zip lays the first axes side by side, and stops where the shorter shape ends. Shapes are laid flush "
            "right: first fill up the shorter one in front with 1.",
        ),
        Mistake(
            "zip and max",
            _shape_zipped_larger,
            "zip begins at the first axes and stops where the shorter shape ends: shapes are laid flush right. And "
            "where sizes differ and neither is 1, raise ValueError.",
        ),
        Mistake(
            "back to front",
            _shape_turned,
            "You collect the sizes from the last axis on, and so they stand back to front. Turn them round at the end.",
        ),
        Mistake("b alone", _shape_b_filled, "You fill up b alone. The shorter one may be a as well."),
        Mistake(
            "a gap",
            _shape_gap,
            "Where two sizes do not fit, your answer leaves the axis out and goes on. Raise ValueError there.",
        ),
        Mistake(
            "an error given back",
            _shape_error_back,
            "You give back the error, like any value. `raise ValueError(...)` stops the function with it.",
        ),
        Mistake(
            "never refuses",
            _shape_never_refuses,
            "You take the larger size, whatever the other is. Two rows and four rows cannot be laid on each other: "
            "where sizes differ and neither is 1, raise ValueError.",
        ),
        Mistake(
            "nothing is stretched",
            _shape_no_stretching,
            "You refuse sizes that differ even where one is 1. A size of 1 is stretched to the other's.",
        ),
        Mistake(
            "any difference",
            _shape_equal_alone,
            "You raise wherever two sizes differ. Raise only where neither is 1: i != j and i != 1 and j != 1.",
        ),
        Mistake(
            "second alone",
            _shape_second_only,
            "You stretch b to the shape of a, but a is never stretched. Either can be, at each axis anew: a column "
            "and a row both are.",
        ),
        Mistake(
            "one length",
            _shape_same_length,
            "You refuse shapes of different lengths. The shorter one is filled up in front with 1.",
        ),
        Mistake(
            "from -0",
            _shape_from_minus_0,
            "a[-0] is a[0], the first size. Counted from the end the last one is a[-1]: let the count begin at 1.",
        ),
        Mistake("a list", _shape_list, "You give back a list. A shape is a tuple."),
        Mistake(
            "the larger",
            _shape_larger,
            "You take the larger of two sizes. That is right but for one case: a size of 1 gives way to the other, to "
            "0 as well.",
        ),
    ),
    hints=(
        "If both shapes had the same number of axes, what would you do at each axis?",
        "Put as many 1 in front of the shorter shape as it lacks. Then go through both at once: equal sizes stay, a 1 "
        "gives way to the other, anything else is an error.",
        "Fill in what is missing:\nlonger = ...\na = (1,) * ... + a\nb = ...\nshape = []\n"
        "for i, j in zip(a, b):\n    if ...:\n        raise ValueError\n    shape.append(...)\nreturn tuple(shape)",
    ),
)
