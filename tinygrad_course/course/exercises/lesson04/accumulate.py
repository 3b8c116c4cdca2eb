"""accumulate adds a gradient to what a leaf has received."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course.graph import accumulate

from ...exercise import AFTERWARDS, Case, Exercise, Mistake, Piece
from ..tensors import leaf


def _accumulate_in_place(leaf: Any, g: Any) -> None:
    if leaf.grad is None:
        leaf.grad = g.clone()
    else:
        with tg.no_grad():
            leaf.grad += g


def _accumulate_from_zero(leaf: Any, g: Any) -> None:
    before = tg.zeros_like(g) if leaf.grad is None else leaf.grad
    leaf.grad = before + g


def _accumulate_overwrites(leaf: Any, g: Any) -> None:
    leaf.grad = g.clone()


def _accumulate_shares(leaf: Any, g: Any) -> None:
    leaf.grad = g if leaf.grad is None else leaf.grad + g


def _accumulate_first_only(leaf: Any, g: Any) -> None:
    if leaf.grad is None:
        leaf.grad = g.clone()


def _accumulate_no_none(leaf: Any, g: Any) -> None:
    leaf.grad = leaf.grad + g


def _accumulate_twice(leaf: Any, g: Any) -> None:
    if leaf.grad is None:
        leaf.grad = g.clone()
    leaf.grad = leaf.grad + g


def _accumulate_mean(leaf: Any, g: Any) -> None:
    leaf.grad = g.clone() if leaf.grad is None else (leaf.grad + g) / 2


def _accumulate_keeps_nothing(leaf: Any, g: Any) -> Any:
    grad = leaf.grad
    grad = g.clone() if grad is None else grad + g
    return grad


def _accumulate_into_the_leaf(leaf: Any, g: Any) -> None:
    leaf += g


def _accumulate_into_its_value(leaf: Any, g: Any) -> None:
    with tg.no_grad():
        leaf += g


def _accumulate_case(name: str, *gradients: list[float]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf([1.0, 2.0])
        for g in gradients:
            piece(x, tg.tensor(g, dtype=tg.float64))
        return {"x.grad": x.grad, f"x, {AFTERWARDS}": x}

    return Case(name, run)


def _two_leaves(piece: Piece) -> dict[str, Any]:
    x, w, g = leaf([1.0, 2.0]), leaf([1.0, 2.0]), tg.tensor([5.0, 6.0], dtype=tg.float64)
    piece(x, g)
    piece(w, g)
    x.grad.data[0] = 100.0
    return {"w.grad": w.grad}


ACCUMULATE = Exercise(
    id="04.accumulate",
    target="tinygrad_course.graph.accumulate",
    minutes=5,
    difficulty=2,
    reference=accumulate,
    cases=(
        _accumulate_case("one gradient arrives, [3, 4]", [3.0, 4.0]),
        _accumulate_case("[3, 4] arrives, then [10, 20]", [3.0, 4.0], [10.0, 20.0]),
        _accumulate_case("three arrive", [1.0, 1.0], [2.0, 2.0], [3.0, -8.0]),
        Case("the same g for x and w, then x.grad[0] is written to", _two_leaves),
    ),
    accepts=(_accumulate_in_place, _accumulate_from_zero),
    mistakes=(
        Mistake(
            "overwrites",
            _accumulate_overwrites,
            "The second gradient replaces the first. Every pass brings a part of the answer, and the parts add up.",
        ),
        Mistake(
            "shares",
            _accumulate_shares,
            "Two leaves now share one array: what is written into the gradient of one is seen in the other. Keep a "
            "copy, g.clone().",
        ),
        Mistake(
            "first only",
            _accumulate_first_only,
            "What comes after the first gradient is lost. Add it to what is there.",
        ),
        Mistake(
            "None forgotten",
            _accumulate_no_none,
            "Before the first gradient there is nothing to add to: leaf.grad is None. Ask for that first.",
        ),
        Mistake(
            "first counted twice",
            _accumulate_twice,
            "The first gradient is counted twice: it is kept, and then added to itself. Add only where there was one "
            "before.",
        ),
        Mistake(
            "mean",
            _accumulate_mean,
            "Your code takes the mean of what arrives. Each pass brings a part, so the parts are added, not averaged.",
        ),
        Mistake(
            "nothing kept",
            _accumulate_keeps_nothing,
            "Nothing is kept: leaf.grad is still None. Set leaf.grad; nothing has to be returned.",
        ),
        Mistake(
            "the leaf for its grad",
            _accumulate_into_the_leaf,
            "You add to the leaf's own value, and that is refused. It is leaf.grad that receives the gradient.",
        ),
        Mistake(
            "the leaf's value",
            _accumulate_into_its_value,
            "You add to the leaf's own value. It is leaf.grad that receives the gradient.",
        ),
    ),
    hints=(
        "What is leaf.grad when the first gradient arrives, and what when the second does?",
        "Two cases: None, then a copy of g is kept; otherwise the sum of what is there and g.",
        "Fill in what is missing:\nif leaf.grad is ...:\n    leaf.grad = ...\nelse:\n    leaf.grad = ...",
    ),
)
