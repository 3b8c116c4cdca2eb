"""newton_step goes to where the parabola that fits f at x has its extreme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


def newton_step(f: Callable[[Any], Any], x: Any) -> Any:
    """Where the parabola that fits f at x has its extreme: x - f' / f''."""
    slope, bend = _first_two(f, x)
    return (x - slope / bend).detach().requires_grad_()


def _newton_backward(f: Callable[[Any], Any], x: Any) -> Any:
    x = x.detach().requires_grad_()
    f(x).backward(create_graph=True)
    slope = x.grad
    x.grad = None
    slope.backward()
    return tg.tensor((x - slope / x.grad).item(), dtype=tg.float64, requires_grad=True)


def _first_two(f: Callable[[Any], Any], x: Any, create_graph: bool = True) -> tuple[Any, Any]:
    """The slope of f at x, and the slope of that."""
    slope: Any = tg.autograd.grad(f(x), x, create_graph=create_graph)[0]
    return slope.detach(), tg.autograd.grad(slope, x)[0]


def _newton_root(f: Callable[[Any], Any], x: Any) -> Any:
    slope, _ = _first_two(f, x)
    return (x - f(x) / slope).detach().requires_grad_()


def _newton_descent(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return (x - slope * bend).detach().requires_grad_()


def _newton_sign(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return (x + slope / bend).detach().requires_grad_()


def _newton_turned(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return (x - bend / slope).detach().requires_grad_()


def _newton_kept(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return x - slope / bend


def _newton_added(f: Callable[[Any], Any], x: Any) -> Any:
    x = x.detach().requires_grad_()
    f(x).backward(create_graph=True)
    slope = x.grad
    slope.backward()
    return (x - slope / x.grad).detach().requires_grad_()


def _newton_in_place(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    with tg.no_grad():
        x -= slope / bend
    return x


def _newton_not_recorded(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x, create_graph=False)
    return (x - slope / bend).detach().requires_grad_()


def _newton_tuples(f: Callable[[Any], Any], x: Any) -> Any:
    slope: Any = tg.autograd.grad(f(x), x, create_graph=True)
    bend: Any = tg.autograd.grad(slope, x)
    return (x - slope / bend).detach().requires_grad_()


def _newton_bend_in_tuple(f: Callable[[Any], Any], x: Any) -> Any:
    slope: Any = tg.autograd.grad(f(x), x, create_graph=True)[0]
    bend: Any = tg.autograd.grad(slope, x)
    return (x - slope / bend).detach().requires_grad_()


def _newton_not_called(f: Any, x: Any) -> Any:
    return tg.autograd.grad(f, x, create_graph=True)


def _newton_slope_twice(f: Callable[[Any], Any], x: Any) -> Any:
    return (x.detach() - 1).requires_grad_()


def _newton_two_places(f: Callable[[Any], Any], x: Any) -> Any:
    return tg.autograd.grad(f(x), x.detach().requires_grad_(), create_graph=True)


def _newton_slope_alone(f: Callable[[Any], Any], x: Any) -> Any:
    slope, _ = _first_two(f, x)
    return (x - slope).detach().requires_grad_()


def _newton_case(name: str, f: Callable[[Any], Any], start: float) -> Case:
    def run(piece: Piece) -> Any:
        x = leaf(start)
        y = piece(f, x)
        if y is None:
            return None
        return {"next x": y.detach(), "a leaf that wants gradients": y.is_leaf and y.requires_grad, "x": x.detach()}

    return Case(f"f = {name}, x = {start}", run)


NEWTON = Exercise(
    id="07.newton_step",
    target=None,
    minutes=8,
    difficulty=3,
    reference=newton_step,
    cases=(
        _newton_case("(x - 3)²", lambda x: (x - 3) ** 2, 1.0),
        _newton_case("x⁴ - 3 x", lambda x: x**4 - 3 * x, 2.0),
        _newton_case("eˣ - 2 x", lambda x: x.exp() - 2 * x, 0.5),
    ),
    accepts=(_newton_backward,),
    mistakes=(
        Mistake(
            "create_graph forgotten",
            _newton_not_recorded,
            "The slope came out without a graph of its own, so there is nothing to differentiate a second time. Ask "
            "for it with create_graph=True.",
        ),
        Mistake(
            "tuples",
            _newton_tuples,
            "tg.autograd.grad gives a tuple, with one gradient for each input. Take it out: (slope,) = ..., and the "
            "bend likewise.",
        ),
        Mistake(
            "bend in its tuple",
            _newton_bend_in_tuple,
            "Your bend is still a tuple, as tg.autograd.grad gives it. Take it out: (bend,) = ...",
        ),
        Mistake(
            "f not called",
            _newton_not_called,
            "You hand the function f to tg.autograd.grad. What has a gradient is its value: f(x).",
        ),
        Mistake(
            "slope twice",
            _newton_slope_twice,
            "Your slope and your bend are the same. The bend is the gradient of the slope, not of f(x) once more.",
        ),
        Mistake(
            "two tensors",
            _newton_two_places,
            "f was computed from one tensor, and the gradient asked for another, from which nothing leads to f. Put "
            "the same one into both.",
        ),
        Mistake(
            "slope alone",
            _newton_slope_alone,
            "You step by the slope alone. The bend, which is the slope of the slope, says how far: divide by it.",
        ),
        Mistake(
            "looking for a root",
            _newton_root,
            "f / f' leads to where f is 0. Here the slope has to become 0: f' / f''.",
        ),
        Mistake(
            "times the bend",
            _newton_descent,
            "You multiply by the second derivative. A strong bend wants a short step: divide.",
        ),
        Mistake("the other way", _newton_sign, "You walk away from where the slope is 0: the sign is turned round."),
        Mistake("turned round", _newton_turned, "Your quotient stands on its head: the slope over the bend."),
        Mistake(
            "added up",
            _newton_added,
            "x.grad still held the slope when the second pass added the bend to it: you divide by the sum of both. "
            "tg.autograd.grad gives each by itself.",
        ),
        Mistake("in place", _newton_in_place, "You change x itself. Give back a new tensor, and leave x as it was."),
        Mistake(
            "graph kept",
            _newton_kept,
            "The new x is no leaf that wants gradients: either it still hangs on the old one, and the graph grows with "
            "every step, or it is cut off and wants none. Cut it off, and let it want gradients again.",
        ),
    ),
    hints=(
        "What do you need of f at x, and which of it is a gradient of a gradient?",
        "tg.autograd.grad(y, x, create_graph=True) gives a tuple of one slope, which has a graph of its own; the same "
        "call on the slope gives the bend. The new x is a leaf: detach it and let it want gradients.",
        "Fill in what is missing:\n(slope,) = tg.autograd.grad(..., x, create_graph=...)\n(bend,) = ...\nreturn (x - "
        "...).detach()...",
    ),
)
