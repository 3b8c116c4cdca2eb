"""propagate sends a gradient back through the graph, to every leaf."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from tinygrad_course.graph import Op, propagate

from ...exercise import Case, Exercise, Piece
from ..tensors import leaf
from .propagate_answers import ACCEPTS, MISTAKES


def _propagate_case(name: str, program: Any, seed: float = 1.0) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x, w = leaf([0.5, -2.0, 1.0]), leaf([3.0, 1.5, -0.5])
        y = program(x, w)
        piece(y.node, np.full(y.shape, seed))
        return {"x.grad": x.grad, "w.grad": w.grad}

    def graph() -> tuple[Any, dict[str, Any]]:
        leaves = {"x": leaf([0.5, -2.0, 1.0]), "w": leaf([3.0, 1.5, -0.5])}
        return program(**leaves), leaves

    return Case(f"{name}, g = {seed}", run, graph=graph)


def _in_a_row(x: Any, w: Any) -> Any:
    a = x * w
    b = a.tanh()
    return b * 2


def _meets_again(x: Any, w: Any) -> Any:
    a = x * w
    return a * a + a


def _long_way(x: Any, w: Any) -> Any:
    a = x * 2
    b = a + w
    c = b.tanh()
    return a * c


def _same_gradient(x: Any, w: Any) -> Any:
    a, b = x * 2, w * 3
    s = a + b
    return s + a


def _five_thousand(piece: Piece) -> dict[str, Any]:
    x = leaf([1.0])
    y = x
    for _ in range(5_000):
        y = y + 1.0
    piece(y.node, np.ones(1))
    return {"x.grad": x.grad}


def _two_passes(piece: Piece) -> dict[str, Any]:
    x = leaf([0.5, -2.0, 1.0])
    s = x + 1.0
    piece((s + 2.0).node, np.full(3, 1.0))
    piece((s + 3.0).node, np.full(3, 10.0))
    return {"x.grad": x.grad}


def _rules_applied(piece: Piece) -> dict[str, Any]:
    """How often rules are applied, seen even where the piece then looks for the grad of a Node."""
    times = 0

    class Noted(Op):
        def forward(x: Any) -> Any:
            return x * 2.0

        def grad_x(g: Any) -> Any:
            nonlocal times
            times += 1
            return g * 2.0

    x = leaf([1.0, 2.0, 3.0])
    a = Noted(x)
    c = Noted(Noted(a))
    with contextlib.suppress(AttributeError):
        piece((a + c + a).node, np.ones(3))
    often = "once" if times == 3 else "too often" if times > 3 else "not at all, or not all of them"
    return {"x.grad": x.grad, "rules of a, b and c are applied": often}


PROPAGATE = Exercise(
    id="04.propagate",
    target="tinygrad_course.graph.propagate",
    minutes=15,
    difficulty=4,
    reference=propagate,
    cases=(
        _propagate_case("y = x * w", lambda x, w: x * w),
        _propagate_case("y = x * w", lambda x, w: x * w, 5.0),
        _propagate_case("a = x * w, b = a.tanh(), y = b * 2", _in_a_row),
        _propagate_case("y = x * x", lambda x, w: x * x),
        _propagate_case("a = x * w, y = a * a + a", _meets_again),
        _propagate_case("a = x * 2, b = w * 3, s = a + b, y = s + a", _same_gradient),
        _propagate_case("a = x * 2, b = a + w, c = b.tanh(), y = a * c", _long_way),
        Case("y = y + 1, 5,000 times", _five_thousand),
        Case("s = x + 1, a pass from s + 2 with g = 1, then one from s + 3 with g = 10", _two_passes),
        Case("a = double(x), b = double(a), c = double(b), y = a + c + a", _rules_applied),
    ),
    accepts=ACCEPTS,
    mistakes=MISTAKES,
    hints=(
        "When a node's turn comes, which other nodes must have had theirs?",
        "Keep a dict: for each Node or leaf, the sum of what has arrived there. At first only the root is in it. Go "
        "through walk from its end, and take each node's gradient out of the dict. pull(node, gradient) gives pairs "
        "(source, its gradient): add each to what its source has. When all nodes are done, only leaves are left: "
        "accumulate each one's sum, as a Tensor.",
        "Fill in what is missing:\nsums = {...: ...}\nfor node in ...:\n    for source, gx in pull(node, "
        "sums.pop(...)):\n        if source in sums:\n            ...\n        else:\n            ...\n"
        "for leaf, total in sums.items():\n    accumulate(leaf, ...)",
    ),
)
