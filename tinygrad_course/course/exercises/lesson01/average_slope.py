"""average_slope says how much f grows from a to b, for each unit that x grows."""

from __future__ import annotations

from ...exercise import Case, Exercise, Mistake
from .functions import Function, cube, line, square


def average_slope(f: Function, a: float, b: float) -> float:
    """How much f grows from a to b, for each unit that x grows."""
    return (f(b) - f(a)) / (b - a)


def _average_case(f: Function, a: float, b: float) -> Case:
    return Case(f"f = {f.__name__}, a = {a}, b = {b}", lambda piece: {"slope": piece(f, a, b)})


def _average_turned(f: Function, a: float, b: float) -> float:
    return (f(a) - f(b)) / (a - b)


def _average_step_by_step(f: Function, a: float, b: float) -> float:
    rise, run = f(b) - f(a), b - a
    return rise / run


AVERAGE_SLOPE = Exercise(
    id="01.average_slope",
    target=None,
    minutes=4,
    difficulty=1,
    reference=average_slope,
    cases=(
        _average_case(line, 0.0, 2.0),
        _average_case(square, 1.0, 4.0),
        _average_case(square, 4.0, 1.5),
        _average_case(cube, -1.0, 2.0),
    ),
    accepts=(_average_turned, _average_step_by_step),
    mistakes=(
        Mistake(
            "rise alone",
            lambda f, a, b: f(b) - f(a),
            "This is how much f grows from a to b in all. A slope is growth for each unit of x: divide by how far a "
            "and b are from each other.",
        ),
        Mistake(
            "upside down",
            lambda f, a, b: (b - a) / (f(b) - f(a)),
            "Your fraction is upside down: it says how far x has to go for one unit of f. The change of f belongs "
            "above the line, the change of x below it.",
        ),
        Mistake(
            "no brackets",
            lambda f, a, b: f(b) - f(a) / b - a,
            "Python divides before it subtracts: only f(a) was divided, and only by b. Put brackets round both "
            "differences, the one above the line and the one below it.",
        ),
        Mistake(
            "no brackets above",
            lambda f, a, b: f(b) - f(a) / (b - a),
            "Python divides before it subtracts: only f(a) was divided. Put brackets round the difference above the "
            "line as well.",
        ),
        Mistake(
            "no brackets below",
            lambda f, a, b: (f(b) - f(a)) / b - a,
            "Python divides before it subtracts: you divide by b, and take a away afterwards. Put brackets round the "
            "difference below the line as well.",
        ),
        Mistake(
            "sign",
            lambda f, a, b: (f(b) - f(a)) / (a - b),
            "The sign is wrong: a rising line comes out as falling. Above and below the line, subtract in the "
            "same order.",
        ),
        Mistake(
            "absolute distance",
            lambda f, a, b: (f(b) - f(a)) / abs(b - a),
            "Right where b is to the right of a, and the wrong sign where it is to the left. The distance keeps "
            "its sign: no abs here.",
        ),
        Mistake(
            "slope of x",
            lambda f, a, b: f(b - a) / (b - a),
            "Your code asks for f at the distance b - a. What is wanted is f at b and f at a, and then how they "
            "differ.",
        ),
    ),
    hints=(
        "From a to b, by how much does f change, and by how much does x?",
        "Compute the two changes, each as end minus beginning, and divide the first by the second.",
        "Fill in what is missing:\nrise = f(...) - f(...)\nrun = ...\nreturn ...",
    ),
)
