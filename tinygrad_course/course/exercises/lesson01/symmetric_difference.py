"""symmetric_difference finds the slope of f at x, from a point h to the left and one h to the right."""

from __future__ import annotations

from ...exercise import Exercise, Mistake
from .average_slope import average_slope
from .forward_difference import forward_difference
from .functions import Function, cube, line, slope_case, square


def symmetric_difference(f: Function, x: float, h: float) -> float:
    """The slope of f at x, from a point h to the left and a point h to the right of it."""
    return (f(x + h) - f(x - h)) / (2 * h)


def _mean_of_both_sides(f: Function, x: float, h: float) -> float:
    return ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2


SYMMETRIC_DIFFERENCE = Exercise(
    id="01.symmetric_difference",
    target=None,
    minutes=4,
    difficulty=2,
    reference=symmetric_difference,
    cases=(
        slope_case(line, 1.0, 0.5),
        slope_case(square, 3.0, 0.5),
        slope_case(cube, 2.0, 0.25),
        slope_case(square, 1.0, 1e-17),
    ),
    accepts=(_mean_of_both_sides,),
    mistakes=(
        Mistake(
            "distance measured",
            lambda f, x, h: average_slope(f, x - h, x + h),
            "Right for steps of ordinary size. But where h is tiny, x - h and x + h are rounded to the same number, "
            "and the distance that you divide by is 0. Divide by 2 * h, as the formula does.",
        ),
        Mistake(
            "divided by h",
            lambda f, x, h: (f(x + h) - f(x - h)) / h,
            "Twice too large. From x - h to x + h is a way of 2h, not of h.",
        ),
        Mistake(
            "precedence",
            lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
            "Python reads `/ 2 * h` from left to right: divided by 2, then multiplied by h. Write `/ (2 * h)`.",
        ),
        Mistake(
            "forward",
            forward_difference,
            "This is the forward difference again. The second point lies to the left of x, at x - h.",
        ),
        Mistake(
            "added",
            lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h),
            "Your two values are added. A slope is made of a difference: right side minus left side.",
        ),
        Mistake(
            "sides swapped",
            lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
            "The sign is wrong: a rising curve comes out as falling. Right side minus left side, in this order.",
        ),
        Mistake(
            "half a step",
            lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h,
            "This is a symmetric difference with steps of h / 2. Here each side moves by the whole h.",
        ),
    ),
    hints=(
        "How far are x - h and x + h from each other?",
        "Compute f at both places, and take left from right. The way between them is twice h: watch the parentheses "
        "under the line.",
        "Fill in what is missing:\nrise = f(...) - f(...)\nrun = ...\nreturn rise / run",
    ),
)
