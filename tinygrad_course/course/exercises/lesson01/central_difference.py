"""central_difference finds the slope of f for each element of an array: that one is moved up and down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_course.autograd.gradcheck import central_difference

from ...exercise import AFTERWARDS, Case, Exercise, Mistake, Piece


def _by_flat_copies(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    g = np.zeros(x.shape)
    for i in range(x.size):
        up, down = x.astype(float), x.astype(float)
        up.flat[i] += eps
        down.flat[i] -= eps
        g.flat[i] = (f(up) - f(down)) / (2 * eps)
    return g


def _moved_on(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    g, moved = np.zeros(x.shape), x.copy()
    for i in range(x.size):
        moved.flat[i] += eps
        up = f(moved)
        moved.flat[i] -= 2 * eps
        g.flat[i] = (up - f(moved)) / (2 * eps)
    return g


def _in_x_itself(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    g = np.zeros(x.shape)
    for i in range(x.size):
        x.flat[i] += eps
        up = f(x)
        x.flat[i] -= 2 * eps
        g.flat[i] = (up - f(x)) / (2 * eps)
    return g


def _put_back(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    g = np.zeros(x.shape)
    for i in range(x.size):
        x.flat[i] += eps
        up = f(x)
        x.flat[i] -= 2 * eps
        g.flat[i] = (up - f(x)) / (2 * eps)
        x.flat[i] += eps
    return g


def _made_in_the_loop(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    for i in range(x.size):
        g, step = np.zeros(x.shape), np.zeros(x.shape)
        step.flat[i] = eps
        g.flat[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return g


def _one_step_for_all(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    g, step = np.zeros(x.shape), np.zeros(x.shape)
    for i in range(x.size):
        step.flat[i] = eps
        g.flat[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return g


def _whole_rows(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    g = np.zeros(x.shape)
    for i in range(len(x)):
        step = np.zeros(x.shape)
        step[i] = eps
        g[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return g


def _flat(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    return _by_flat_copies(f, x, eps).ravel()


def _all_at_once(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    return np.full(x.shape, (f(x + eps) - f(x - eps)) / (2 * eps))


def _whole_numbers(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = eps
        slopes[place] = (f(x + step) - f(x - step)) / (2 * eps)
    return slopes


def _copies_of_whole_numbers(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += eps
        down[place] -= eps
        slopes[place] = (f(up) - f(down)) / (2 * eps)
    return slopes


def _one_side(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = eps
        slopes[place] = (f(x + step) - f(x)) / eps
    return slopes


def _one_side_by_copies(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += eps
        slopes[place] = (f(moved) - f(x)) / eps
    return slopes


def _brackets(f: Callable, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = eps
        slopes[place] = (f(x + step) - f(x - step)) / 2 * eps
    return slopes


def _array_case(name: str, f: Callable, x: Any, eps: float = 0.25) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        mine = np.array(x)
        return {"slopes": piece(f, mine, eps), f"x {AFTERWARDS}": str(mine.tolist())}  # as text: every digit counts

    return Case(f"f = {name}, x = {x}, eps = {eps}", run)


CENTRAL_DIFFERENCE = Exercise(
    id="01.central_difference",
    target="tinygrad_course.autograd.gradcheck.central_difference",
    minutes=12,
    difficulty=3,
    reference=central_difference,
    cases=(
        _array_case("lambda x: 3 * x[0]", lambda x: 3.0 * x[0], [2.0]),
        _array_case("lambda x: x[0] * x[1]", lambda x: x[0] * x[1], [2.0, 5.0]),
        _array_case("lambda x: (x ** 3).sum()", lambda x: (x**3).sum(), [[1.0, 2.0], [-1.0, 0.5]]),
        _array_case("lambda x: x[0] @ x[1]", lambda x: x[0] @ x[1], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        _array_case("lambda x: x[0] * x[1]", lambda x: x[0] * x[1], [1.1, 2.7], 1e-6),
        _array_case("lambda x: (x ** 2).sum()", lambda x: (x**2).sum(), [1, 2, 3]),
    ),
    accepts=(_by_flat_copies,),
    mistakes=(
        Mistake(
            "never moved back",
            _moved_on,
            "Each element stays moved when the next one's turn comes, so all but the first are measured at the wrong "
            "place. Begin each turn from x.",
        ),
        Mistake(
            "changed in place",
            _in_x_itself,
            "Your code writes into x, and the caller's array is changed afterwards. Add a step to x and leave x alone.",
        ),
        Mistake(
            "put back",
            _put_back,
            "Your code moves the caller's x and moves it back, but rounding does not bring back every digit. Add a "
            "step to x and leave x alone.",
        ),
        Mistake(
            "made in the loop",
            _made_in_the_loop,
            "Only the last element has a slope, since your loop begins a new array of slopes each time. Make it once, "
            "before the loop.",
        ),
        Mistake(
            "one step for all",
            _one_step_for_all,
            "Your step keeps what was put into it, so that the earlier elements are still moved when the next one's "
            "turn comes. Make a new step each time, or set it back to 0.",
        ),
        Mistake(
            "eps not used",
            lambda f, x, eps=1e-6: _by_flat_copies(f, x),
            "Your step has a length of its own. Move by eps, whatever that is.",
        ),
        Mistake(
            "whole numbers",
            _whole_numbers,
            "Where x holds whole numbers, so does np.zeros_like(x), and a step of 0.25 written into it becomes 0. Use "
            "np.zeros(x.shape), whose numbers have a point.",
        ),
        Mistake(
            "copies of whole numbers",
            _copies_of_whole_numbers,
            "Where x holds whole numbers, so does x.copy(), and a 1.25 written into it becomes 1. Add a step to x: "
            "x + step is a new array, whose numbers have a point.",
        ),
        Mistake(
            "whole rows",
            _whole_rows,
            "A loop over an array with two axes goes over its rows, so a whole row was moved at once. Go over single "
            "elements: np.ndindex(x.shape) gives each one's index.",
        ),
        Mistake(
            "flat",
            _flat,
            "The numbers are right, but the shape is not that of x: there is one slope for each element, at its place.",
        ),
        Mistake(
            "all at once",
            _all_at_once,
            "Your code moves all elements together and finds one slope for all. Each element needs a turn of its own.",
        ),
        Mistake(
            "divided by eps",
            lambda f, x, eps=1e-6: 2 * _by_flat_copies(f, x, eps),
            "Twice too large: from one side to the other is a way of 2 * eps.",
        ),
        Mistake(
            "one side",
            _one_side,
            "Your step goes to one side only. Take the symmetric difference: f once with x + step, once with x - step.",
        ),
        Mistake(
            "one side, by copies",
            _one_side_by_copies,
            "Your step goes to one side only: take the symmetric difference. And a copy of whole numbers holds whole "
            "numbers, so that nothing moves there: x + step is a new array, whose numbers have a point.",
        ),
        Mistake(
            "brackets",
            _brackets,
            "Python reads `a / 2 * eps` from the left: first it divides by 2, then it multiplies by eps. Put brackets "
            "round 2 * eps.",
        ),
    ),
    hints=(
        "What has to move for the slope that belongs to element [0, 1], and what has to stay?",
        "For each index of x make an array of zeros with eps at this index, and measure f at x plus and x minus it.",
        "Fill in what is missing:\nslopes = ...\nfor place in np.ndindex(...):\n    step = ...\n    step[...] = ...\n"
        "    slopes[...] = ...\n...",
    ),
)
