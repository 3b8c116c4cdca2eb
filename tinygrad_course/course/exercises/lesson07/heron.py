"""heron finds a square root by Heron's method, in a loop that ends when it is near enough."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


def heron(x: Any) -> Any:
    """The square root of x by Heron's method."""
    y = x
    while abs((y * y - x).item()) > 1e-9:
        y = (y + x / y) / 2
    return y


def _heron_for(x: Any) -> Any:
    y = x
    for _ in range(100):
        if ((y * y - x).abs() <= 1e-9).all():
            break
        y = 0.5 * y + 0.5 * x / y
    return y


def _heron_numbers(x: Any) -> Any:
    y = x.item()
    while abs(y * y - x.item()) > 1e-9:
        y = (y + x.item() / y) / 2
    return tg.tensor(y, dtype=tg.float64)


def _heron_detached(x: Any) -> Any:
    y = x
    while abs((y * y - x).item()) > 1e-9:
        y = (y.detach() + x.item() / y) / 2
    return y


def _heron_once(x: Any) -> Any:
    return (x + x / x) / 2


def _heron_unhalved(x: Any) -> Any:
    y = x
    for _ in range(40):
        if abs((y * y - x).item()) <= 1e-9:
            break
        y = y + x / y
    return y


def _heron_three(x: Any) -> Any:
    y = x
    for _ in range(3):
        y = (y + x / y) / 2
    return y


def _heron_below(x: Any) -> Any:
    y = x
    while (y * y - x).item() < -1e-9:
        y = (y + x / y) / 2
    return y


def _heron_above(x: Any) -> Any:
    y = x
    while (y * y - x).item() > 1e-9:
        y = (y + x / y) / 2
    return y


def _heron_in_place(x: Any) -> Any:
    y = x.clone()
    while abs((y * y - x).item()) > 1e-9:
        y += x / y
        y /= 2
    return y


def _heron_no_step(x: Any) -> Any:
    return x


def _heron_floats(x: Any) -> Any:
    return _heron_numbers(x).item()


def _heron_from_one(x: Any) -> Any:
    y = tg.tensor(1.0, dtype=tg.float64)
    while abs((y * y - x).item()) > 1e-9:
        y = (y + x / y) / 2
    return y


def _heron_tg_mean(x: Any) -> Any:
    y = x
    while abs((y * y - x).item()) > 1e-9:
        y = tg.mean(y, x / y)
    return y


def _heron_ready_made(x: Any) -> Any:
    return x.sqrt()


def _heron_case(number: float) -> Case:
    def run(piece: Piece) -> Any:
        x = leaf(number)
        y = piece(x)
        if y is None:
            return None
        if y.requires_grad:
            y.backward()
        return {"root": y.detach(), "x.grad": x.grad}

    return Case(f"x = {number}", run)


HERON = Exercise(
    id="07.heron",
    target=None,
    minutes=6,
    difficulty=2,
    reference=heron,
    cases=(_heron_case(1.0), _heron_case(2.0), _heron_case(0.25), _heron_case(10_000.0)),
    accepts=(_heron_for,),
    mistakes=(
        Mistake(
            "in plain numbers",
            _heron_numbers,
            "The root is right, and no gradient comes back: you compute with x.item(), a plain number. Use item() in "
            "the condition, and the tensors themselves in the formula.",
        ),
        Mistake(
            "a plain number given back",
            _heron_floats,
            "You compute with plain numbers and give one back, so no gradient can come. Use item() in the condition "
            "alone, and the tensors themselves in the formula.",
        ),
        Mistake(
            "no step",
            _heron_no_step,
            "Your y is x itself: the loop ends before its first round. What has to be small is the distance of y · y "
            "from x.",
        ),
        Mistake(
            "begun without a past",
            _heron_from_one,
            "Your first y has no past. At x = 1 no step is taken, so y is what comes back, and no gradient comes. "
            "Begin with y = x itself.",
        ),
        Mistake(
            "mean of one tensor",
            _heron_tg_mean,
            "tg.mean takes the numbers of one tensor, and an axis. The mean of two tensors is their sum, halved.",
        ),
        Mistake(
            "cut off",
            _heron_detached,
            "The root is right and its gradient is not: a part of the formula is cut off from the graph, by detach() "
            "or item().",
        ),
        Mistake("one step", _heron_once, "You take one step, whatever x is. Go on until y · y is near enough to x."),
        Mistake(
            "three steps",
            _heron_three,
            "A fixed number of steps is enough for some x and not for others. Let the values decide.",
        ),
        Mistake("not halved", _heron_unhalved, "y and x / y lie on both sides of the root: take their mean."),
        Mistake(
            "one side",
            _heron_below,
            "Your loop looks at one side alone: y · y may be too large as well as too small. Take the distance.",
        ),
        Mistake(
            "no distance",
            _heron_above,
            "Your loop ends as soon as y · y is below x, and for x = 0.25 that is at once. A distance is never "
            "negative: take abs(...).",
        ),
        Mistake(
            "in place",
            _heron_in_place,
            "`+=` and `/=` write into the array of y, which the rule of x / y still has to read on the way back. Make "
            "a new y in each round: y = ...",
        ),
        Mistake(
            "ready-made",
            _heron_ready_made,
            "Your slope at x = 1 is that of √x. Taken by steps the root has another one there: the loop ends before it "
            "begins, and y is x itself. Take the steps.",
        ),
    ),
    hints=(
        "When is y near enough, and what brings it nearer?",
        "Begin with y = x. While the distance of y · y from x is above 1e-9, as a plain number, let y be the mean of y "
        "and x / y, as tensors.",
        "Fill in what is missing:\ny = x\nwhile abs(...) > 1e-9:\n    y = ...\n...",
    ),
)
