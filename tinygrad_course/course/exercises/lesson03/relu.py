"""ReLU gets its gradient rule: g passes where x is positive."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_course.ops.elementwise import Maximum, Where
from tinygrad_course.ops.functions import ReLU

from ...exercise import Exercise, Mistake
from .rules import graph_case, rule_case, tensor_case, with_rules


def _relu_if(g: Any, x: Any) -> Any:
    if x > 0:
        return g
    return g * 0


def _relu_in_place(g: Any, x: Any) -> Any:
    g[x <= 0] = 0
    return g


RELU = Exercise(
    id="03.ReLU",
    target="tinygrad_course.ops.functions.ReLU",
    minutes=6,
    difficulty=2,
    reference=ReLU,
    cases=(
        rule_case([5.0, 7.0], x=[2.0, -2.0]),
        rule_case([-4.0, -6.0], x=[0.5, -3.0]),
        rule_case([3.0, 2.0], x=[0.0, 4.0]),
        tensor_case([5.0, -4.0, 3.0], x=[2.0, 0.5, -1.0]),
        graph_case(x=[0.75, -1.0, 0.0]),
    ),
    accepts=(
        with_rules(ReLU, x=lambda g, x: g * (x > 0)),
        with_rules(ReLU, x=lambda g, x: Where(x > 0, g, 0)),
        with_rules(ReLU, x=lambda g, x: (x > 0) * g),
    ),
    mistakes=(
        Mistake(
            "masked by g",
            with_rules(ReLU, x=lambda g: g * (g > 0)),
            "Your rule lets g pass where g is positive. What decides is which side of the corner the input was on, "
            "and g does not know.",
        ),
        Mistake(
            "1 at 0",
            with_rules(ReLU, x=lambda g, x: g * (x >= 0)),
            "Nearly right. At the corner itself, where x is 0, the agreement is a slope of 0.",
        ),
        Mistake(
            "the output itself",
            with_rules(ReLU, x=lambda g, x: g * Maximum(x, 0)),
            "Your rule multiplies by the output. On the right the line has the slope 1, however high it is.",
        ),
        Mistake(
            "g forgotten",
            with_rules(ReLU, x=lambda g, x: x > 0),
            "Your rule gives the slope of relu alone, 1 or 0. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "product compared",
            with_rules(ReLU, x=lambda g, x: g * x > 0),
            "`*` binds before `>`, so Python compares g * x with 0. Put brackets round the comparison of x.",
        ),
        Mistake(
            "g forgotten, as whole numbers",
            with_rules(ReLU, x=lambda g, x: (x > 0) * 1),
            "Your rule gives 1 and 0, the slope of relu alone. What comes after it has a slope too: multiply by g.",
        ),
        Mistake(
            "g forgotten, as numbers",
            with_rules(ReLU, x=lambda g, x: (x > 0) * 1.0),
            "Your rule gives the slope of relu alone, 1.0 or 0.0. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "if",
            with_rules(ReLU, x=_relu_if),
            "`if` asks for one answer, and an array has one for each of its numbers. Multiply by the comparison "
            "instead: True counts as 1, False as 0.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rules(ReLU, x=lambda g, x: np.where(x > 0, g, 0)),
            "Right for arrays. But a rule can be handed Tensors as well, and NumPy's function does not take those. "
            "Multiplying by the comparison does for both.",
        ),
        Mistake(
            "written into g",
            with_rules(ReLU, x=_relu_in_place),
            "Your rule writes into g itself. The same array may have been handed to another rule as well, that of a "
            "sum does so: make a new one.",
        ),
        Mistake(
            "z not handed in",
            with_rules(ReLU, x=lambda g, x: g * (z > 0)),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names, and here that is not z. Do without it: x is enough.",
        ),
    ),
    hints=(
        "How steep is relu to the right of 0, and how steep to the left?",
        "Compare x with 0. The result holds True and False, which count as 1 and 0 when you multiply.",
        "Fill in what is missing:\ndef grad_x(g, x):\n    passes = x ... 0\n    return g ... passes",
    ),
)
