"""Exp gets its gradient rule: how e to the power of x hands g on."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_course.ops.elementwise import Exp

from ...exercise import Exercise, Mistake
from .rules import graph_case, rule_case, tensor_case, with_rules

EXP = Exercise(
    id="03.Exp",
    target="tinygrad_course.ops.elementwise.Exp",
    minutes=4,
    difficulty=1,
    reference=Exp,
    cases=(
        rule_case([2.0], x=[3.0]),
        rule_case([5.0, -4.0, 0.5], x=[0.0, 1.5, -2.0]),
        tensor_case([5.0, -4.0, 0.5], x=[0.0, 1.5, -2.0]),
        graph_case(x=[0.7, -1.0]),
    ),
    accepts=(
        with_rules(Exp, x=lambda g, x: g * Exp(x)),
        with_rules(Exp, x=lambda g, x, z: z * g),
        with_rules(Exp, x=lambda g, x: g * math.e**x),
    ),
    mistakes=(
        Mistake(
            "input for output",
            with_rules(Exp, x=lambda g, x: g * x),
            "Your rule multiplies by x, the input. Look at the table again: another of its columns is the slope of "
            "exp.",
        ),
        Mistake(
            "rule of a power",
            with_rules(Exp, x=lambda g, x: g * x * Exp(x - 1)),
            "You have used the rule of a power, where the base varies. Here the exponent varies, and the base is a "
            "fixed number.",
        ),
        Mistake(
            "g forgotten",
            with_rules(Exp, x=lambda g, z: z),
            "Your rule gives the slope of exp alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g alone",
            with_rules(Exp, x=lambda g: g),
            "Your rule hands g on as it is, as if exp were as steep as a straight line. Its slope grows with x.",
        ),
        Mistake(
            "a Tensor's function",
            with_rules(Exp, x=lambda g, x: g * x.exp()),
            "Arrays have no `.exp()`, only Tensors have. Nothing has to be computed again: the number that you need "
            "has been handed in.",
        ),
        Mistake(
            "exp of the output",
            with_rules(Exp, x=lambda g, z: g * Exp(z)),
            "You have taken exp once too often: z is the output, and so it is exp(x) already.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rules(Exp, x=lambda g, x: g * np.exp(x)),
            "Right for arrays. But a rule can be handed Tensors as well, and NumPy's function does not take those. "
            "Nothing has to be computed again: the number that you need has been handed in.",
        ),
    ),
    hints=(
        "In the table, which column has the same numbers as the slope of exp?",
        "The slope of exp at a point is its height there. The height is the output, and the output is z.",
        "Fill in what is missing:\ndef grad_x(g, x, z):\n    return ... * ...",
    ),
)
