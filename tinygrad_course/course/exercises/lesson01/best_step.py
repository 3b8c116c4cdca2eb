"""best_step picks the h whose symmetric difference comes nearest to a slope that is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...exercise import Case, Exercise, Mistake
from .forward_difference import forward_difference
from .functions import Function, cube, line
from .symmetric_difference import symmetric_difference


def best_step(f: Function, x: float, slope: float, steps: Sequence[float]) -> float:
    """The h among `steps` whose symmetric difference comes nearest to the known slope."""
    return min(steps, key=lambda h: abs(symmetric_difference(f, x, h) - slope))


def _best_by_loop(f: Function, x: float, slope: float, steps: Sequence[float]) -> float:
    best, least = steps[0], float("inf")
    for h in steps:
        error = abs(symmetric_difference(f, x, h) - slope)
        if error < least:
            best, least = h, error
    return best


def _best_from_one(f: Function, x: float, slope: float, steps: Sequence[float]) -> float:
    best, least = 0.0, 1.0
    for h in steps:
        error = abs(symmetric_difference(f, x, h) - slope)
        if error < least:
            best, least = h, error
    return best


def _best_by_numpy(f: Function, x: float, slope: float, steps: Sequence[float]) -> float:
    errors = [abs(symmetric_difference(f, x, h) - slope) for h in steps]
    return steps[int(np.argmin(errors))]


def _best_case(f: Function, x: float, slope: float, steps: Sequence[float]) -> Case:
    name = f"f = {f.__name__}, x = {x}, slope = {slope}, steps = {list(steps)}"
    return Case(name, lambda piece: {"h": piece(f, x, slope, list(steps))}, tolerance=1e-9)


def rounded_cube(x: float) -> float:
    """x³ to six decimals: an error that small steps magnify."""
    return round(x * x * x, 6)


BEST_STEP = Exercise(
    id="01.best_step",
    target=None,
    minutes=8,
    difficulty=2,
    reference=best_step,
    cases=(
        _best_case(cube, 2.0, 12.0, (1.0, 0.5, 0.1)),
        _best_case(cube, 2.0, 12.0, (0.1, 0.5, 1.0)),
        _best_case(rounded_cube, 1.1, 3.63, (1.0, 1e-1, 1e-2, 1e-5, 1e-7)),
        _best_case(line, 1.0, -3.0, (0.5, 0.25, 0.125)),
        _best_case(cube, 2.0, 12.0, (30.0, 20.0)),
    ),
    accepts=(_best_by_loop, _best_by_numpy),
    mistakes=(
        Mistake(
            "smallest step",
            lambda f, x, slope, steps: min(steps),
            "Your code takes the smallest step. Up to a point smaller is better; beyond it the rounding of numbers "
            "takes over. Try each step and compare the errors.",
        ),
        Mistake(
            "error in place of step",
            lambda f, x, slope, steps: min(abs(symmetric_difference(f, x, h) - slope) for h in steps),
            "This is the smallest error. What is asked for is the step that has it.",
        ),
        Mistake(
            "place in place of step",
            lambda f, x, slope, steps: int(np.argmin([abs(symmetric_difference(f, x, h) - slope) for h in steps])),
            "This is the place of the best step in the list. Give back the step that stands there.",
        ),
        Mistake(
            "largest error",
            lambda f, x, slope, steps: max(steps, key=lambda h: abs(symmetric_difference(f, x, h) - slope)),
            "This step has the largest error of all. The best one has the smallest.",
        ),
        Mistake(
            "sign kept",
            lambda f, x, slope, steps: min(steps, key=lambda h: symmetric_difference(f, x, h) - slope),
            "An error may be negative, and then your comparison takes a large negative one for the smallest. Compare "
            "absolute values.",
        ),
        Mistake(
            "last of equals",
            lambda f, x, slope, steps: min(steps[::-1], key=lambda h: abs(symmetric_difference(f, x, h) - slope)),
            "Of steps that are equally good you take the last, and the first is asked for. Compare with <, so that a "
            "step that is only as good changes nothing.",
        ),
        Mistake(
            "begins too low",
            _best_from_one,
            "Your loop begins with an error that is smaller than those of the steps, so that none of them wins. Begin "
            "with the first step and its error, or with float('inf').",
        ),
        Mistake(
            "forward",
            lambda f, x, slope, steps: min(steps, key=lambda h: abs(forward_difference(f, x, h) - slope)),
            "Your errors are those of the forward difference. Use the symmetric one.",
        ),
    ),
    hints=(
        "For one h, how would you say in a number how wrong its slope is?",
        "Compute for each h the distance between symmetric_difference and the known slope. Keep the h with the least.",
        "Fill in what is missing:\nerrors = [abs(...) for h in steps]\nplace = errors.index(...)\nreturn steps[...]",
    ),
)
