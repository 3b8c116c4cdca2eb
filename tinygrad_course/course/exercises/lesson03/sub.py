"""Sub gets its gradient rules: how a difference hands g on to x and to y."""

from __future__ import annotations

from typing import Any

from tinygrad_course.graph import Op
from tinygrad_course.ops.elementwise import Sub

from ...exercise import Exercise, Mistake
from .rules import graph_case, rule_case, tensor_case, with_rules


class _SubByOutput(Op):
    def forward(x: Any, y: Any) -> Any:
        return x - y

    def grad_x(g: Any, z: Any) -> Any:
        return g * z

    def grad_y(g: Any, z: Any) -> Any:
        return -1 * g * z


SUB = Exercise(
    id="03.Sub",
    target="tinygrad_course.ops.elementwise.Sub",
    minutes=4,
    difficulty=1,
    reference=Sub,
    cases=(
        rule_case([2.0], x=[7.0], y=[3.0]),
        rule_case([5.0, -4.0], x=[2.0, -6.0], y=[0.5, 9.0]),
        tensor_case([5.0, -4.0], x=[2.0, -6.0], y=[0.5, 9.0]),
        graph_case(x=[7.0, 1.0], y=[3.0, -2.0]),
    ),
    accepts=(with_rules(Sub, y=lambda g: 0 - g), with_rules(Sub, x=lambda g: 1.0 * g, y=lambda g: g * -1.0)),
    mistakes=(
        Mistake(
            "sign of y",
            with_rules(Sub, y=lambda g: g),
            "Your two rules are alike, as in a sum. But if y grows by 1, the difference falls by 1.",
        ),
        Mistake(
            "both negative",
            with_rules(Sub, x=lambda g: -g),
            "Both of your rules turn the sign. If x grows by 1, the difference grows by 1 as well: nothing is turned "
            "there.",
        ),
        Mistake(
            "exchanged",
            with_rules(Sub, x=lambda g: -g, y=lambda g: g),
            "The rules have changed places. y is the one that is taken away.",
        ),
        Mistake(
            "g forgotten",
            with_rules(Sub, x=lambda g: 1, y=lambda g: -1),
            "Your rules give the slope of the difference alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "as in a product",
            with_rules(Sub, x=lambda g, y: g * y, y=lambda g, x: -g * x),
            "Your rules multiply by the other input. That is so in a product. How much a difference changes does not "
            "depend on how large the two are.",
        ),
        Mistake(
            "by the output",
            _SubByOutput,
            "Your rules multiply by the difference itself. Ask how much it changes, not how much it is.",
        ),
        Mistake(
            "y not handed in",
            with_rules(Sub, x=lambda g: g * y),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names. Here that is g, and neither x nor y is needed.",
        ),
        Mistake(
            "x not handed in",
            with_rules(Sub, y=lambda g: -g * x),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names. That is g, and x is not there; it is not needed either.",
        ),
    ),
    hints=(
        "If y grows by 0.1 and x stays, what happens to x - y?",
        "Nudge one input and then the other. The slope is the same number everywhere, once with a minus. Multiply it "
        "by g.",
        "Fill in what is missing:\ndef grad_x(g):\n    return ...\n\ndef grad_y(g):\n    return ...",
    ),
)
