"""backward sends 1, the gradient of y itself, back from y."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np

import tinygrad_course as tg
from tinygrad_course.graph import Op, propagate, walk

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


def backward(y: Any) -> None:
    """Send 1, the gradient of y itself, back from y, a tensor of one number."""
    propagate(y.node, np.ones(y.shape))


def _backward_like(y: Any) -> None:
    propagate(y.node, np.ones_like(y.data))


def _backward_checked(y: Any) -> None:
    if y.numel() == 1:
        propagate(y.node, np.full(y.shape, 1.0))


def _not_yet(*args: Any, **options: Any) -> Any:
    raise RuntimeError("backward is what you are writing")


def _backward_case(name: str, *programs: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf([2.0])
        with patch.object(tg.Tensor, "backward", _not_yet):
            for program in programs:
                piece(program(x))
        return {"x.grad": x.grad}

    return Case(name, run)


def _seed_case(shape: tuple[int, ...]) -> Case:
    """What shape the array has with which the pass begins: the rule of the last operation sees it."""
    seen: list[Any] = []

    class Noted(Op):
        def forward(x: Any) -> Any:
            return x * 5.0

        def grad_x(g: Any) -> Any:
            seen[:] = [np.shape(g)]
            return g * 5.0

    def run(piece: Piece) -> dict[str, Any]:
        x = leaf(np.full(shape, 2.0))
        with patch.object(tg.Tensor, "backward", _not_yet):
            piece(Noted(x))
        return {"x.grad": x.grad, "the pass begins with an array of shape": str(seen[0])}

    return Case(f"y = x * 5, of shape {shape}", run)


BACKWARD = Exercise(
    id="04.backward",
    target=None,
    minutes=5,
    difficulty=2,
    reference=backward,
    cases=(
        _backward_case("x = [2.0], y = x * 5", lambda x: x * 5),
        _backward_case("x = [2.0], y = x * x * x", lambda x: x * x * x),
        _backward_case("x = [2.0], backward(x * 3), then backward(x * 4)", lambda x: x * 3, lambda x: x * 4),
        *map(_seed_case, ((), (1,), (1, 1))),
    ),
    accepts=(_backward_like, _backward_checked),
    mistakes=(
        Mistake(
            "seeded with the value",
            lambda y: propagate(y.node, y.data.copy()),
            "Your pass begins with the value of y. It should begin with the slope of y with respect to y itself: if y "
            "grows by 1, then y grows by 1.",
        ),
        Mistake(
            "seeded with zero",
            lambda y: propagate(y.node, np.zeros(y.shape)),
            "Begun with 0, every gradient is 0. The slope of y with respect to itself is 1.",
        ),
        Mistake(
            "clears first",
            lambda y: _cleared(y),
            "Your backward clears the gradients that were there. They are meant to add up over several passes, until "
            "somebody clears them.",
        ),
        Mistake(
            "a Tensor for a Node",
            lambda y: propagate(y, np.ones(y.shape)),
            "propagate begins at a Node, and y is a Tensor: its node is y.node.",
        ),
        Mistake(
            "a shape of its own",
            lambda y: propagate(y.node, np.array(1.0)),
            "Your array has shape () whatever y has, and here y has shape (1,). A gradient has the shape of what it "
            "belongs to: np.ones(y.shape).",
        ),
        Mistake(
            "one axis",
            lambda y: propagate(y.node, np.ones(1)),
            "Your array has shape (1,) whatever y has, and y may have shape () or (1, 1). A gradient has the shape of "
            "what it belongs to: np.ones(y.shape).",
        ),
        Mistake(
            "its method",
            lambda y: y.backward(),
            "You ask y for backward, and that is what you are writing. Call propagate, with the node of y and an array "
            "of ones.",
        ),
        Mistake(
            "a number for an array",
            lambda y: propagate(y.node, 1.0),
            "The gradient that you begin with is a plain number. The rules want an array of y's shape.",
        ),
        Mistake(
            "a Tensor for NumPy",
            lambda y: propagate(y.node, np.ones_like(y)),
            "NumPy refuses y, a tensor that wants gradients. The seed is an array of ones, of y's shape: "
            "np.ones(y.shape).",
        ),
        Mistake(
            "nothing sent",
            lambda y: None,
            "No gradient arrives at x. Call propagate, with the node of y and with its gradient.",
        ),
    ),
    hints=(
        "If y grows by a little, by how much does y grow?",
        "propagate wants two things: the node of y, and an array of ones in y's shape.",
        "Fill in what is missing:\nseed = np.ones(...)\npropagate(..., seed)",
    ),
)


def _cleared(y: Any) -> None:
    for node in walk(y.node):
        for source in node.inputs:
            if isinstance(source, tg.Tensor):
                source.grad = None
    backward(y)
