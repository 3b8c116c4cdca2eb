"""zero_grad forgets the gradient of every parameter."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


def zero_grad(parameters: list[Any]) -> None:
    """Forget the gradient of every parameter."""
    for p in parameters:
        p.grad = None


def _zero_where_there(parameters: list[Any]) -> None:
    for p in parameters:
        if p.grad is not None:
            p.grad = None


def _zero_with_zeros(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = tg.zeros_like(p)


def _zero_number(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = 0


def _zero_times(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = p.grad * 0


def _zero_first(parameters: list[Any]) -> None:
    parameters[0].grad = None


def _zero_filled(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad.zero_()


def _zero_list(parameters: Any) -> None:
    parameters.grad = None


def _zero_deleted(parameters: list[Any]) -> None:
    for p in parameters:
        del p.grad


def _zero_values(parameters: list[Any]) -> None:
    for p in parameters:
        p.data[...] = 0
        p.grad = None


def _zero_run(piece: Piece) -> dict[str, Any]:
    w, b = leaf([2.0]), leaf([3.0])
    for _ in range(2):
        (w * b).backward()
    piece([w, b])
    cleared = w.grad
    (w * b).backward()
    return {"w.grad": w.grad, "b.grad": b.grad, "w": w, "w.grad after zero_grad": cleared}


def _zero_early(piece: Piece) -> dict[str, Any]:
    w = leaf([2.0])
    piece([w])
    (w * 3).backward()
    return {"w.grad": w.grad}


ZERO_GRAD = Exercise(
    id="04.zero_grad",
    target=None,
    minutes=3,
    difficulty=1,
    reference=zero_grad,
    cases=(
        Case("w = [2.0], b = [3.0], two passes through w * b, zero_grad([w, b]), one more pass", _zero_run),
        Case("zero_grad([w]) before any pass, then a pass through w * 3", _zero_early),
    ),
    accepts=(_zero_where_there,),
    mistakes=(
        Mistake(
            "times zero",
            _zero_times,
            "Before the first pass there is no gradient to multiply: p.grad is None. Set it to None in every case.",
        ),
        Mistake(
            "filled with zeros",
            _zero_filled,
            "Before the first pass there is nothing to fill with zeros: p.grad is None. Set it to None in every case.",
        ),
        Mistake(
            "the list's grad",
            _zero_list,
            "The list itself has no grad. Each parameter in it has one: go through them.",
        ),
        Mistake(
            "deleted",
            _zero_deleted,
            "`del` takes away .grad itself, and whoever looks for it gets an error. Set it to None.",
        ),
        Mistake(
            "the number 0",
            _zero_number,
            "You set the gradients to the number 0. Before its first gradient a parameter has none at all: .grad is "
            "None, and whoever looks can tell that no pass has come there.",
        ),
        Mistake(
            "zeros",
            _zero_with_zeros,
            "Adding to zeros gives the right sums, but it is not as it was at first: .grad is None, and whoever looks "
            "can tell that no pass has come there.",
        ),
        Mistake(
            "the first alone",
            _zero_first,
            "One parameter is cleared, another keeps what it had. Go through all of them.",
        ),
        Mistake(
            "values lost",
            _zero_values,
            "You have cleared the parameters themselves, and all that was learned. Clear their gradients.",
        ),
        Mistake(
            "nothing cleared",
            lambda parameters: None,
            "The gradients of the earlier passes are still there, and the new one was added to them. `p = None` would "
            "only give the name p to something else, and `==` would only compare: set p.grad, with one `=`.",
        ),
    ),
    hints=(
        "Where does a gradient stay after a pass, and what was there before the first one?",
        "For every parameter, set its grad to what it was at the beginning.",
        "Fill in what is missing:\nfor p in ...:\n    p.grad = ...",
    ),
)
