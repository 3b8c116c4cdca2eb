"""Lesson 01, What a derivative is: slopes found by moving the input, with nothing but Python and NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_course.autograd.gradcheck import central_difference

from ..exercise import AFTERWARDS, Case, Exercise, Lesson, Mistake, Piece, Prediction

Function = Callable[[float], float]


def square(x: float) -> float:
    """x²: its slope is 2x."""
    return x * x


def cube(x: float) -> float:
    """x³: its slope is 3x²."""
    return x * x * x


def line(x: float) -> float:
    """A straight line: its slope is -3 everywhere."""
    return 5.0 - 3.0 * x


# average_slope


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


# forward_difference


def forward_difference(f: Function, x: float, h: float) -> float:
    """The slope of f at x, from x and a point h to the right of it."""
    return (f(x + h) - f(x)) / h


def _slope_case(f: Function, x: float, h: float) -> Case:
    return Case(f"f = {f.__name__}, x = {x}, h = {h}", lambda piece: {"slope": piece(f, x, h)})


FORWARD_DIFFERENCE = Exercise(
    id="01.forward_difference",
    target=None,
    minutes=4,
    difficulty=1,
    reference=forward_difference,
    cases=(_slope_case(line, 1.0, 0.5), _slope_case(square, 3.0, 0.5), _slope_case(cube, 2.0, 0.25)),
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


# symmetric_difference


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
        _slope_case(line, 1.0, 0.5),
        _slope_case(square, 3.0, 0.5),
        _slope_case(cube, 2.0, 0.25),
        _slope_case(square, 1.0, 1e-17),
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


# best_step


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


# tangent


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


# partial


def partial(f: Callable[[list[float]], float], xs: list[float], i: int, h: float) -> float:
    """The slope of f when only number i of the list xs moves."""
    right, left = list(xs), list(xs)
    right[i] += h
    left[i] -= h
    return (f(right) - f(left)) / (2 * h)


def _partial_by_slices(f: Callable, xs: list[float], i: int, h: float) -> float:
    def along(x: float) -> float:
        return float(f([*xs[:i], x, *xs[i + 1 :]]))

    return symmetric_difference(along, xs[i], h)


def _partial_by_array(f: Callable, xs: list[float], i: int, h: float) -> float:
    step = h * np.eye(len(xs))[i]
    return float((f(list(np.array(xs) + step)) - f(list(np.array(xs) - step))) / (2 * h))


def _partial_in_place(f: Callable, xs: list[float], i: int, h: float) -> float:
    xs[i] += h
    right = f(xs)
    xs[i] -= 2 * h
    return float((right - f(xs)) / (2 * h))


def _partial_put_back(f: Callable, xs: list[float], i: int, h: float) -> float:
    xs[i] += h
    right = f(xs)
    xs[i] -= 2 * h
    left = f(xs)
    xs[i] += h
    return float((right - left) / (2 * h))


def _partial_one_number(f: Callable, xs: list[float], i: int, h: float) -> float:
    return symmetric_difference(f, xs[i], h)


def _partial_one_list(f: Callable, xs: list[float], i: int, h: float) -> float:
    right = left = list(xs)
    right[i] += h
    left[i] -= h
    return float((f(right) - f(left)) / (2 * h))


def _partial_all(f: Callable, xs: list[float], i: int, h: float) -> float:
    return float((f([x + h for x in xs]) - f([x - h for x in xs])) / (2 * h))


def _partial_first(f: Callable, xs: list[float], i: int, h: float) -> float:
    return partial(f, xs, 0, h)


def _partial_to_the_right(f: Callable, xs: list[float], i: int, h: float) -> float:
    right = list(xs)
    right[i] += h
    return float((f(right) - f(xs)) / h)


def plane(xs: Sequence[float]) -> float:
    """2 x0 - 3 x1."""
    return 2.0 * xs[0] - 3.0 * xs[1]


def volume(xs: Sequence[float]) -> float:
    """x0² x1 + x2: its slopes are 2 x0 x1, x0² and 1."""
    return xs[0] * xs[0] * xs[1] + xs[2]


def _partial_case(f: Callable, xs: Sequence[float], i: int, h: float = 0.5) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        mine = list(xs)
        return {"slope": piece(f, mine, i, h), f"xs {AFTERWARDS}": str(mine)}  # as text: every digit counts

    return Case(f"f = {f.__name__}, xs = {list(xs)}, i = {i}, h = {h}", run)


PARTIAL = Exercise(
    id="01.partial",
    target=None,
    minutes=8,
    difficulty=3,
    reference=partial,
    cases=(
        _partial_case(plane, (1.0, 4.0), 0),
        _partial_case(plane, (1.0, 4.0), 1),
        _partial_case(volume, (3.0, 2.0, 5.0), 0),
        _partial_case(lambda xs: xs[0] ** 3 + xs[1] ** 3, (1.0, 2.0), 1),
        _partial_case(plane, (1.1, 2.7), 0, 1e-6),
    ),
    accepts=(_partial_by_slices, _partial_by_array),
    mistakes=(
        Mistake(
            "changed in place",
            _partial_in_place,
            "The slope is right, but your list has changed: afterwards the caller's xs[i] is h smaller. Move a copy, "
            "`list(xs)`.",
        ),
        Mistake(
            "put back",
            _partial_put_back,
            "You move xs[i] in the caller's list and move it back, but rounding does not bring back every digit. Move "
            "a copy, `list(xs)`.",
        ),
        Mistake(
            "one number alone",
            _partial_one_number,
            "f takes the whole list, and your code hands it one number. Hand it a copy of xs in which number i has "
            "moved.",
        ),
        Mistake(
            "one list under two names",
            _partial_one_list,
            "Your two lists are one list under two names, so what you add to one you take away from the other. Make "
            "two copies.",
        ),
        Mistake(
            "all of them moved",
            _partial_all,
            "Your code moves every number at once. Only number i moves; the others stay where they are.",
        ),
        Mistake(
            "always the first",
            _partial_first,
            "Your code moves the first number whatever i is.",
        ),
        Mistake(
            "forward",
            _partial_to_the_right,
            "Your step goes to one side only. Take the symmetric difference: one copy moved up, one moved down.",
        ),
    ),
    hints=(
        "If two numbers moved at once, could you tell which of them made f grow?",
        "Make two copies of xs. In one, number i is h larger, in the other h smaller. Then it is the symmetric "
        "difference.",
        "Fill in what is missing:\nright, left = list(xs), list(xs)\nright[...] = ...\nleft[...] = ...\nreturn ...",
    ),
)


# central_difference


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

PREDICTIONS = (
    Prediction(
        "forward-error",
        "0.1",
        "(3 + h)² - 3² is 6h + h², and divided by h that is 6 + h: too large by h itself. A step ten times smaller "
        "gives an error ten times smaller.",
        choices=("0.1", "0.01", "0.001"),
    ),
    Prediction(
        "symmetric-error",
        "100 times smaller",
        "The errors of the two sides have opposite signs and all but cancel; what is left grows with h². A tenth of "
        "the step, a hundredth of the error.",
        choices=("10 times smaller", "100 times smaller", "1000 times smaller"),
    ),
    Prediction(
        "bug-whole",
        "the array",
        "np.array([1, 2, 3]) holds whole numbers, and so does its copy: 1.000001 is stored there as 1, and nothing has "
        "moved. With 1.0, 2.0 and 3.0 it works. So does x + step, a new array that can hold what comes out.",
        choices=("the copy", "the array", "the step"),
    ),
    Prediction(
        "tiny-step",
        0,
        "1e-17 is less than the distance between 1.0 and the next number a computer has, 2.2e-16. So 1.0 + 1e-17 is "
        "1.0, the two values of f are the same, and their difference is 0.",
    ),
)

LESSON = Lesson(
    "01",
    __name__,
    (
        AVERAGE_SLOPE,
        FORWARD_DIFFERENCE,
        SYMMETRIC_DIFFERENCE,
        BEST_STEP,
        TANGENT,
        PARTIAL,
        CENTRAL_DIFFERENCE,
    ),
    PREDICTIONS,
)
