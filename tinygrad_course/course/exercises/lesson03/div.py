"""Div gets its gradient rules: how a quotient hands g on to x and to y."""

from __future__ import annotations

import numpy as np

from tinygrad_course.ops.elementwise import Div

from ...exercise import Exercise, Mistake
from .rules import graph_case, rule_case, tensor_case, with_rules

DIV = Exercise(
    id="03.Div",
    target="tinygrad_course.ops.elementwise.Div",
    minutes=8,
    difficulty=3,
    reference=Div,
    cases=(
        rule_case([2.0], x=[12.0], y=[4.0]),
        rule_case([5.0, -4.0], x=[3.0, -7.0], y=[0.5, 2.5]),
        rule_case([3.0, 7.0], x=[5.0, 0.0], y=[-2.0, 1.5]),
        tensor_case([5.0, -4.0], x=[3.0, -7.0], y=[0.5, 2.5]),
        graph_case(x=[7.0, 1.0], y=[3.0, -2.0]),
    ),
    accepts=(
        with_rules(Div, y=lambda g, x, y: -g * x / y**2),
        with_rules(Div, x=lambda g, y: g * (1 / y), y=lambda g, x, y: -(g / y) * (x / y)),
        with_rules(Div, y=lambda g, x, y: g * (-1 * x * y**-2.0)),
    ),
    mistakes=(
        Mistake(
            "sign of y",
            with_rules(Div, y=lambda g, x, y: g * x / (y * y)),
            "The size of your rule for y is right, its sign is not. Divide 12 by 4 and then by 5, and see which "
            "way the quotient goes.",
        ),
        Mistake(
            "y once",
            with_rules(Div, y=lambda g, x, y: -g * x / y),
            "In your rule for y the divisor stands once. The slope of 1/y is steeper where y is small: y stands there "
            "twice.",
        ),
        Mistake(
            "brackets",
            with_rules(Div, y=lambda g, x, y: -g * x / y * y),
            "Python reads `a / y * y` from the left: first it divides, then it multiplies, and y is gone. Put brackets "
            "round what belongs under the line.",
        ),
        Mistake(
            "x forgotten",
            with_rules(Div, y=lambda g, y: -g / (y * y)),
            "That is the slope of 1/y. Of x/y it is x times as much.",
        ),
        Mistake(
            "as in a product",
            with_rules(Div, x=lambda g, y: g * y),
            "Your rule for x multiplies by y, as in a product. If x grows by 1, the quotient grows by one y-th.",
        ),
        Mistake(
            "turned over",
            with_rules(Div, y=lambda g, x, y: -g * y / (x * x)),
            "Your rule for y has the two exchanged: it is the slope of y/x. Here y is what is divided by.",
        ),
        Mistake(
            "g forgotten",
            with_rules(Div, x=lambda g, y: 1 / y, y=lambda g, x, y: -x / (y * y)),
            "Your rules give the slopes of the quotient alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g forgotten for x",
            with_rules(Div, x=lambda g, y: 1 / y),
            "Your rule for x gives the slope of x / y alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g forgotten for y",
            with_rules(Div, y=lambda g, x, y: -x / (y * y)),
            "Your rule for y gives the slope of x / y alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rules(Div, y=lambda g, x, y: -g * x / np.square(y)),
            "Right for arrays. But a rule can be handed Tensors as well, and NumPy's function does not take those. Use "
            "operators: **, *, /.",
        ),
        Mistake(
            "x not handed in",
            with_rules(Div, x=lambda g, y: g * x / y),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names, and in grad_x that is not x. Do without it: y is enough.",
        ),
        Mistake(
            "z not handed in",
            with_rules(Div, y=lambda g, x, y: -g * z / y),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names, and z is not there. Take x and y, or name z in that line as well.",
        ),
    ),
    hints=(
        "x / y is x times 1/y. What does 1/y do when y grows a little?",
        "For x: the quotient grows by 1/y. For y: the slope of 1/y is -1/y², and x multiplies it. Then times g.",
        "Fill in what is missing:\ndef grad_x(g, y):\n    return g ... y\n\ndef grad_y(g, x, y):\n"
        "    slope = ... / (...)\n    return g * slope",
    ),
)
