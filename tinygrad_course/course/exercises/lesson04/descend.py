"""descend moves every parameter a little against its gradient."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf
from .zero_grad import zero_grad


def descend(parameters: list[Any], lr: float) -> None:
    """Move every parameter a little against its gradient."""
    with tg.no_grad():
        for p in parameters:
            p -= lr * p.grad


def _descend_data(parameters: list[Any], lr: float) -> None:
    for p in parameters:
        p.data -= lr * p.grad.data


def _descend_copy(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p.copy_(p - lr * p.grad)


def _descend_up(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p += lr * p.grad


def _descend_new_name(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p = p - lr * p.grad


def _descend_recorded(parameters: list[Any], lr: float) -> None:
    for p in parameters:
        p -= lr * p.grad


def _descend_no_rate(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p -= p.grad


def _descend_clears(parameters: list[Any], lr: float) -> None:
    descend(parameters, lr)
    zero_grad(parameters)


def _descend_sign(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p -= lr * p.grad.sign()


def _descend_own_rate(parameters: list[Any], lr: float) -> None:
    descend(parameters, 0.1)


def _descend_case(lr: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        w, b = leaf([2.0, -1.0]), leaf([3.0])
        ((w * w).sum() + b * 0.5).sum().backward()
        piece([w, b], lr)
        return {"w": w, "b": b, "w is a leaf": w.is_leaf, "w wants gradients": w.requires_grad, "w.grad": w.grad}

    return Case(f"w = [2, -1], b = [3], y = w·w + b / 2, descend([w, b], {lr}) after backward", run)


DESCEND = Exercise(
    id="04.descend",
    target=None,
    minutes=6,
    difficulty=2,
    reference=descend,
    cases=(_descend_case(0.1), _descend_case(0.03)),
    accepts=(_descend_data, _descend_copy),
    mistakes=(
        Mistake(
            "uphill",
            _descend_up,
            "Your step goes with the gradient, which is where the loss grows. Go the other way.",
        ),
        Mistake(
            "a new name",
            _descend_new_name,
            "`p = p - ...` makes a new tensor and gives it the name p; the parameter itself stays as it was. Write "
            "into it: `p -= ...`.",
        ),
        Mistake(
            "recorded",
            _descend_recorded,
            "The step itself is being recorded as if it belonged to the model, and that is refused for a leaf. Put it "
            "under `with tg.no_grad():`.",
        ),
        Mistake(
            "cleared too",
            _descend_clears,
            "The step is right, and the gradients are gone afterwards. Clearing is zero_grad's work: one piece, one "
            "task.",
        ),
        Mistake(
            "rate forgotten",
            _descend_no_rate,
            "Your step is as long as the gradient. Multiply by the learning rate.",
        ),
        Mistake(
            "a rate of its own",
            _descend_own_rate,
            "Your learning rate is 0.1 whatever is asked for. lr is an argument: use it.",
        ),
        Mistake(
            "sign alone",
            _descend_sign,
            "Every parameter moves by the same amount. A steep slope asks for a longer step: use the gradient, not "
            "its sign.",
        ),
    ),
    hints=(
        "Which way is downhill, and what would happen if the step itself were recorded?",
        "Under tg.no_grad(), write into each parameter: it becomes lr times its gradient smaller.",
        "Fill in what is missing:\nwith ...:\n    for p in parameters:\n        p -= ...",
    ),
)
