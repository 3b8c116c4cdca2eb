"""forward_difference finds the slope of f at x, from x and a point h to the right of it."""

from __future__ import annotations

from ...exercise import Exercise, Mistake
from .average_slope import average_slope
from .functions import Function, cube, line, slope_case, square


def forward_difference(f: Function, x: float, h: float) -> float:
    """The slope of f at x, from x and a point h to the right of it."""
    return (f(x + h) - f(x)) / h


FORWARD_DIFFERENCE = Exercise(
    id="01.forward_difference",
    target=None,
    minutes=4,
    difficulty=1,
    reference=forward_difference,
    cases=(slope_case(line, 1.0, 0.5), slope_case(square, 3.0, 0.5), slope_case(cube, 2.0, 0.25)),
    accepts=(lambda f, x, h: average_slope(f, x, x + h), lambda f, x, h: f(x + h) / h - f(x) / h),
    mistakes=(
        Mistake(
            "not divided",
            lambda f, x, h: f(x + h) - f(x),
            "This is how much f grows over the step. The smaller the step, the nearer that comes to 0, whatever the "
            "slope: divide by the length of the step.",
        ),
        Mistake(
            "h as a place",
            lambda f, x, h: average_slope(f, x, h),
            "h is a distance and not a place: the second point is x + h.",
        ),
        Mistake(
            "both sides",
            lambda f, x, h: (f(x + h) - f(x - h)) / h,
            "Your code looks to both sides; that comes next. Here the step goes from x to x + h.",
        ),
        Mistake(
            "looks back",
            lambda f, x, h: (f(x) - f(x - h)) / h,
            "Your step goes to the left. That is a slope too, the backward difference, but the one asked for looks at "
            "x and x + h.",
        ),
        Mistake(
            "precedence",
            lambda f, x, h: f(x + h) - f(x) / h,
            "Python divides before it subtracts: only f(x) was divided by h. Put the difference in parentheses.",
        ),
        Mistake(
            "divided by the place",
            lambda f, x, h: (f(x + h) - f(x)) / (x + h),
            "The change of f is right, but it is divided by the place x + h. Divide by how far x moved, which is h.",
        ),
        Mistake(
            "f of h",
            lambda f, x, h: (f(x) + f(h) - f(x)) / h,
            "f(x + h) is not f(x) + f(h). Add first, then ask f once.",
        ),
    ),
    hints=(
        "Which two points does the step lie between, and what did you write for the slope between two points?",
        "It is the average slope from x to x + h. The distance between these two is h.",
        "Fill in what is missing:\ngrowth = f(...) - f(...)\nreturn growth / ...",
    ),
)
