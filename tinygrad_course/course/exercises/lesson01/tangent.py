"""tangent gives the straight line that touches f at x, as a function."""

from __future__ import annotations

from typing import Any

from ...exercise import Case, Exercise, Mistake, Piece
from .forward_difference import forward_difference
from .functions import Function, cube, line, square
from .symmetric_difference import symmetric_difference


def tangent(f: Function, x: float, h: float) -> Function:
    """The straight line that touches f at x, as a function."""
    slope, height = symmetric_difference(f, x, h), f(x)
    return lambda at: height + slope * (at - x)


def _tangent_with_def(f: Function, x: float, h: float) -> Function:
    slope = symmetric_difference(f, x, h)
    offset = f(x) - slope * x

    def straight(at: float) -> float:
        return slope * at + offset

    return straight


def _tangent_case(f: Function, x: float, h: float = 0.001) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        touching = piece(f, x, h)
        return {f"the line at {at}": touching(at) for at in (x, x + 1.0, 0.0)}

    return Case(f"f = {f.__name__}, x = {x}, h = {h}", run)


TANGENT = Exercise(
    id="01.tangent",
    target=None,
    minutes=8,
    difficulty=2,
    reference=tangent,
    cases=(
        _tangent_case(line, 1.5),
        _tangent_case(square, 3.0),
        _tangent_case(cube, -2.0),
        _tangent_case(cube, 2.0, h=0.5),
    ),
    accepts=(_tangent_with_def,),
    mistakes=(
        Mistake(
            "through the origin",
            lambda f, x, h: lambda at: symmetric_difference(f, x, h) * at,
            "Your line has the right slope but runs through 0, and does not touch the curve. At x it must have the "
            "height f(x).",
        ),
        Mistake(
            "height at zero",
            lambda f, x, h: lambda at: f(x) + symmetric_difference(f, x, h) * at,
            "Your line has the height f(x) at 0. It should have it at x: what counts is how far the place is from x.",
        ),
        Mistake(
            "wrong direction",
            lambda f, x, h: lambda at: f(x) + symmetric_difference(f, x, h) * (x - at),
            "Your line falls where the curve rises. The way from x to a place is the place minus x.",
        ),
        Mistake(
            "slope alone",
            lambda f, x, h: lambda at: symmetric_difference(f, x, h),
            "Your function gives the slope everywhere. A line's height is where it begins, plus slope times way.",
        ),
        Mistake(
            "a number",
            lambda f, x, h: float(f(x) + symmetric_difference(f, x, h)),
            "Your tangent gives back a number. A line is a function: it takes a place and gives the height there. "
            "Define it inside, and give it back without parentheses.",
        ),
        Mistake(
            "the curve itself",
            lambda f, x, h: f,
            "You give back the curve itself. The tangent is a straight line: use f at x alone. If your inner "
            "function's argument is called x as well, it hides the tangent's x: give it another name.",
        ),
        Mistake(
            "height at the other place",
            lambda f, x, h: lambda at: f(at) + symmetric_difference(f, x, h) * (at - x),
            "Your line bends, because it adds to f at each place, and that is the curve. It begins at the height f(x).",
        ),
        Mistake(
            "slope at the other place",
            lambda f, x, h: lambda at: f(x) + symmetric_difference(f, at, h) * (at - x),
            "Your line bends, because the slope is taken anew at each place. Take it once, at x.",
        ),
        Mistake(
            "own step",
            lambda f, x, h: lambda at: f(x) + symmetric_difference(f, x, 1e-6) * (at - x),
            "Your slope has a step of its own. Use h, whatever that is.",
        ),
        Mistake(
            "one side",
            lambda f, x, h: lambda at: f(x) + forward_difference(f, x, h) * (at - x),
            "Your slope is measured to one side only. Take the symmetric difference.",
        ),
    ),
    hints=(
        "At x the line is as high as the curve. One unit to the right of x, how much higher is it?",
        "The height at any place is f(x) plus the slope times the way from x to there. Give back a function of the "
        "place.",
        "Fill in what is missing:\nslope = ...\ndef line(at):\n    return ... + slope * (...)\nreturn line",
    ),
)
