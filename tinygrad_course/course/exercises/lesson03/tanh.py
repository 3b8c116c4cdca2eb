"""Tanh gets its gradient rule, which reads the output."""

from __future__ import annotations

import numpy as np

from tinygrad_course.ops.functions import Tanh

from ...exercise import Exercise, Mistake
from .rules import graph_case, rule_case, tensor_case, with_rules

TANH = Exercise(
    id="03.Tanh",
    target="tinygrad_course.ops.functions.Tanh",
    minutes=6,
    difficulty=2,
    reference=Tanh,
    cases=(
        rule_case([2.0], x=[0.5]),
        rule_case([5.0, -4.0, 0.5], x=[0.0, 1.5, -0.8]),
        tensor_case([5.0, -4.0, 0.5], x=[0.0, 1.5, -0.8]),
        graph_case(x=[0.35, -0.2]),
    ),
    accepts=(
        with_rules(Tanh, x=lambda g, z: g - g * z**2),
        with_rules(Tanh, x=lambda g, z: g * (1 + z) * (1 - z)),
        with_rules(Tanh, x=lambda g, x: g * (1 - Tanh(x) ** 2)),
    ),
    mistakes=(
        Mistake(
            "input for output",
            with_rules(Tanh, x=lambda g, x: g * (1 - x * x)),
            "Your rule squares x, the input. What is squared is the height of the curve, tanh(x).",
        ),
        Mistake(
            "what is missing from 1",
            with_rules(Tanh, x=lambda g, z: g * z**2),
            "The square of z is the last column, and that is not the slope: it is what the slope lacks of 1.",
        ),
        Mistake(
            "a Tensor's function",
            with_rules(Tanh, x=lambda g, x: g * (1 - x.tanh() ** 2)),
            "Arrays have no `.tanh()`, only Tensors have. Nothing has to be computed again: tanh(x) is handed in as z.",
        ),
        Mistake(
            "not squared",
            with_rules(Tanh, x=lambda g, z: g * (1 - z)),
            "Your rule takes z from 1, not its square. Look at z and -z in turn: the curve is as steep on the left as "
            "on the right.",
        ),
        Mistake(
            "brackets",
            with_rules(Tanh, x=lambda g, z: g * 1 - z * z),
            "g has to multiply the whole slope. Without brackets it multiplies the 1 alone.",
        ),
        Mistake(
            "rule of the sigmoid",
            with_rules(Tanh, x=lambda g, z: g * z * (1 - z)),
            "That is the slope of the sigmoid, z (1 - z), a curve of the same form. At 0 it is 0 for your z; look in "
            "the table what it should be there.",
        ),
        Mistake(
            "g forgotten",
            with_rules(Tanh, x=lambda g, z: 1 - z * z),
            "Your rule gives the slope of tanh alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "sign",
            with_rules(Tanh, x=lambda g, z: g * (z * z - 1)),
            "Your slope is negative everywhere, but tanh rises everywhere. See what you take from what.",
        ),
        Mistake(
            "tanh of the output",
            with_rules(Tanh, x=lambda g, z: g * (1 - Tanh(z) ** 2)),
            "You have taken tanh once too often: z is the output, and so it is tanh(x) already.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rules(Tanh, x=lambda g, z: g * (1 - np.square(z))),
            "Right for arrays. But a rule can be handed Tensors as well, and NumPy's function does not take those. Use "
            "operators: **, *, /.",
        ),
        Mistake(
            "x not handed in",
            with_rules(Tanh, x=lambda g, z: g * (1 - Tanh(x) ** 2)),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names, and here that is not x. Do without it: z is enough.",
        ),
    ),
    hints=(
        "What is in the table where tanh is 0, and what is left of it where tanh is nearly 1?",
        "The slope is 1 less the square of the output, and the whole of it is multiplied by g.",
        "Fill in what is missing:\ndef grad_x(g, z):\n    slope = ...\n    return ...",
    ),
)
