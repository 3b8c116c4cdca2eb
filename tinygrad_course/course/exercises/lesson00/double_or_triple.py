"""double_or_triple doubles x where it is greater than 0, and triples it elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_course as tg

from ...exercise import AFTERWARDS, Case, Exercise, Mistake, Piece


def double_or_triple(x: tg.Tensor) -> tg.Tensor:
    """Return x * 2 where x is greater than 0, else x * 3; x is a tensor of one number."""
    return x * 2 if x > 0 else x * 3


def _case(number: float) -> Case:
    return Case(f"x = tensor([{number}])", lambda piece: _run(piece, number))


def _run(piece: Piece, number: float) -> dict[str, Any]:
    """The value, and the slope that backward finds: None where the result has no graph to go back through."""
    x = tg.tensor([number], dtype=tg.float64, requires_grad=True)
    y = piece(x)
    if isinstance(y, tg.Tensor) and y.requires_grad:
        y.backward()
    return {"y": y, "x.grad": x.grad, f"x {AFTERWARDS}": x}


def _with_if(x: Any) -> Any:
    if x > 0:
        return x * 2
    return x * 3


def _factor_first(x: Any) -> Any:
    return (3 if x.item() <= 0 else 2) * x


def _by_adding(x: Any) -> Any:
    return x + x if x > 0 else x + x + x


def _swapped(x: Any) -> Any:
    return x * 3 if x > 0 else x * 2


def _zero_doubled(x: Any) -> Any:
    return x * 2 if x >= 0 else x * 3


def _always_doubled(x: Any) -> Any:
    return x * 2


def _always_tripled(x: Any) -> Any:
    return x * 3


def _truth_asked(x: Any) -> Any:
    return x * 2 if x else x * 3


def _plain_number(x: Any) -> Any:
    return x.item() * 2 if x > 0 else x.item() * 3


def _backward_inside(x: Any) -> Any:
    y = double_or_triple(x)
    y.backward()
    return y


def _where(x: Any) -> Any:
    return np.where(x > 0, x * 2, x * 3)


def _detached(x: Any) -> Any:
    return x.detach() * 2 if x > 0 else x.detach() * 3


def _new_tensor(x: Any) -> Any:
    return tg.tensor([x.item() * 2]) if x > 0 else tg.tensor([x.item() * 3])


def _new_tensor_without_axis(x: Any) -> Any:
    return tg.tensor(x.item() * 2) if x > 0 else tg.tensor(x.item() * 3)


MISTAKES = (
    Mistake(
        "swapped",
        _swapped,
        "Your two branches have changed places: a positive x is tripled and a negative one doubled. "
        "Look at what stands before `if` and what stands after `else`.",
    ),
    Mistake(
        "zero doubled",
        _zero_doubled,
        "Your code doubles x when x is 0. The value hides it, since 0 times anything is 0, but the slope "
        "shows it. 0 is not greater than 0: look at your comparison.",
    ),
    Mistake(
        "always doubled",
        _always_doubled,
        "Your code doubles every x. The branch for the other numbers is never taken: look at what decides.",
    ),
    Mistake(
        "always tripled",
        _always_tripled,
        "Your code triples every x. The branch for positive numbers is never taken: look at what decides.",
    ),
    Mistake(
        "truth asked",
        _truth_asked,
        "Your code asks whether x is 0, and not which sign it has: a tensor alone after `if` is true unless "
        "it holds 0. Write a comparison there.",
    ),
    Mistake(
        "plain number",
        _plain_number,
        "Your code gives back a plain number. `item()` or `float()` takes it out of the tensor, and the memory of "
        "where it came from is lost, so no slope can be found. Compute with x itself.",
    ),
    Mistake(
        "new tensor",
        _new_tensor,
        "You made a new tensor, which does not know x, so no slope can be found. Compute with x itself.",
    ),
    Mistake(
        "new tensor without an axis",
        _new_tensor_without_axis,
        "You made a new tensor, which knows neither x nor its shape, so no slope can be found. Compute with x itself.",
    ),
    Mistake(
        "backward inside",
        _backward_inside,
        "Your function calls `backward` itself. Leave that out: the check calls it on what you give back, and a graph "
        "can be gone through once.",
    ),
    Mistake(
        "NumPy's where",
        _where,
        "`np.where` makes an array, and an array does not remember where it came from. x holds one number: an ordinary "
        "`if` does it.",
    ),
    Mistake(
        "detached",
        _detached,
        "The value is right, but your result no longer knows that it came from x, so backward finds no "
        "slope. `detach()`, `no_grad()` and a new `tensor(...)` cut that thread. Compute with x itself.",
    ),
)


HINTS = (
    "What do you know of x that decides between the two factors? And does 0 count as greater than 0?",
    "Ask Python the question in an ordinary `if`: a tensor of one number can be compared as a number can. "
    "Then compute with the tensor itself, so that the graph remembers which way was taken.",
    "Fill in what is missing:\nif x ... :\n    return ...\nelse:\n    return ...",
)


DOUBLE_OR_TRIPLE = Exercise(
    id="00.double_or_triple",
    target=None,
    minutes=3,
    difficulty=1,
    reference=double_or_triple,
    cases=(_case(2.0), _case(-3.0), _case(0.0), _case(0.25), _case(-0.25)),
    accepts=(_with_if, _factor_first, _by_adding),
    mistakes=MISTAKES,
    hints=HINTS,
)
