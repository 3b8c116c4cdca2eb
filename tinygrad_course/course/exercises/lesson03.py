"""Lesson 03, One rule for each operation: gradient rules, as the framework keeps them, and the chain rule by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.graph import Op
from tinygrad_course.ops.elementwise import Add, Div, Exp, Log, Maximum, Mul, Pow, Sub, Where
from tinygrad_course.ops.functions import ReLU, Tanh

from ..exercise import AFTERWARDS, Case, Exercise, Lesson, Mistake, Piece, Prediction

Inputs = dict[str, Any]


def leaf(value: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(value, dtype=tg.float64, requires_grad=True)


def with_rules(op: type[Op], **rules: Callable) -> type[Op]:
    """The operation with other gradient rules, by the argument that they are for."""
    kept = {name: rule.function for name, rule in op.rules.items()}
    named = {f"grad_{name}": rule for name, rule in {**kept, **rules}.items()}
    made: type[Op] = type(op.__name__, (Op,), {"forward": op.forward, **named})
    return made


def apply_rules(op: Any, g: Any, inputs: Inputs) -> dict[str, Any]:
    """What each rule gives for g, handed whatever it names."""
    known = {**inputs, "z": op(*inputs.values())}
    return {
        f"gradient of {name}": rule.function(g, *[known[read] for read in rule.reads])
        for name, rule in op.rules.items()
    }


def rule_case(g: list[float], **inputs: list[float]) -> Case:
    """The rules by themselves, on arrays."""

    def run(op: Piece) -> dict[str, Any]:
        handed = np.array(g)
        gradients = apply_rules(op, handed, {name: np.array(values) for name, values in inputs.items()})
        return {**gradients, f"g {AFTERWARDS}": handed}

    return Case(f"g = {g}, {told(inputs)}", run)


def tensor_case(g: list[float], **inputs: list[float]) -> Case:
    """The rules by themselves on Tensors, through which a gradient travels in its turn."""

    def run(op: Piece) -> dict[str, Any]:
        asked = leaf(g)
        gradients = apply_rules(op, asked, {name: leaf(values) for name, values in inputs.items()})
        for gradient in gradients.values():
            gradient.sum().backward()
        return {**gradients, "g.grad": asked.grad}

    return Case(f"g = {g}, {told(inputs)}, all of them Tensors", run)


def graph_case(**inputs: Any) -> Case:
    """The operation between two others in a graph: what backward brings to its inputs; a plain number stays one."""

    def run(op: Piece) -> dict[str, Any]:
        given = {name: leaf(value) if isinstance(value, list) else value for name, value in inputs.items()}
        leaves = {name: value for name, value in given.items() if isinstance(value, tg.Tensor)}
        z = op(*[value * 2 if name in leaves else value for name, value in given.items()])
        (z * 3).sum().backward()
        return {"output": z, **{f"{name}.grad": value.grad for name, value in leaves.items()}}

    written = ", ".join(f"2 * {name}" if isinstance(value, list) else str(value) for name, value in inputs.items())
    wanted = {name: value for name, value in inputs.items() if isinstance(value, list)}
    return Case(f"{told(wanted)}, backward from 3 times your operation of ({written})", run)


def told(inputs: Inputs) -> str:
    """Inputs in words: x = [1.0], y = [2.0]."""
    return ", ".join(f"{name} = {value}" for name, value in inputs.items())


# Sub


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


# Div


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


# Exp


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


# Tanh


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


# ReLU


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


# Pow


def _pow_x(slope: Callable) -> Callable:
    """A rule for x, from a slope in x, y and the base without zeros."""
    return lambda g, x, y: g * slope(x, y, x + (x == 0) * (y == 0))


def _pow_y(slope: Callable) -> Callable:
    """A rule for y, from a slope in x, y, z and the base without zeros."""
    return lambda g, x, y, z: g * slope(x, y, z, x + (x == 0) * (y >= 0))


POW = Exercise(
    id="03.Pow",
    target="tinygrad_course.ops.elementwise.Pow",
    minutes=15,
    difficulty=4,
    reference=Pow,
    cases=(
        rule_case([2.0], x=[3.0], y=[2.0]),
        rule_case([5.0, -4.0], x=[2.0, 4.0], y=[3.0, 0.5]),
        rule_case([3.0, 7.0], x=[5.0, 0.5], y=[-1.0, 4.0]),
        rule_case([3.0, 7.0, 2.0], x=[0.0, 0.0, 0.0], y=[2.0, 1.0, 0.0]),
        tensor_case([5.0, -4.0], x=[2.0, 4.0], y=[3.0, 0.5]),
        graph_case(x=[0.5, 1.5], y=[1.5, -0.5]),
        graph_case(x=[1.5, -1.0], y=3),
    ),
    accepts=(
        with_rules(Pow, x=_pow_x(lambda x, y, base: y * base ** (y - 1))),
        with_rules(Pow, x=lambda g, x, y: g * y * (x + (x == 0) * (y == 0)) ** (y - 1)),
        with_rules(Pow, y=_pow_y(lambda x, y, z, base: x**y * Log(base))),
    ),
    mistakes=(
        Mistake(
            "exponent as it was",
            with_rules(Pow, x=_pow_x(lambda x, y, base: y * base**y)),
            "In your rule for x the exponent stays as it was. Of x³ the slope is 3x²: the exponent comes down by one.",
        ),
        Mistake(
            "factor forgotten",
            with_rules(Pow, x=_pow_x(lambda x, y, base: base ** (y - 1))),
            "In your rule for x the old exponent is missing as a factor. Of x³ the slope is 3x², not x².",
        ),
        Mistake(
            "as for the base",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: x * y ** (x - 1))),
            "Your rule for y is the one for x with the letters exchanged. Where the exponent varies, the curve is one "
            "like exp, and its slope has the output in it.",
        ),
        Mistake(
            "logarithm forgotten",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z)),
            "Your rule for y has the output in it, as that of exp has. That is enough where the base is e. For another "
            "base one factor is missing.",
        ),
        Mistake(
            "logarithm of the exponent",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * Log(y))),
            "In your rule for y it is the logarithm of the wrong number. How fast 2**y grows has to do with the 2.",
        ),
        Mistake(
            "less one too late",
            with_rules(Pow, x=lambda g, x, y: g * y * (x + (x == 0) * (y == 0)) ** y - 1),
            "Python raises to the power before it subtracts, so your 1 is taken from the whole product. Put brackets "
            "round the exponent, y - 1.",
        ),
        Mistake(
            "output forgotten",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: Log(base))),
            "In your rule for y the output is missing. The slope of exp is its own height, here z, and the logarithm "
            "multiplies it.",
        ),
        Mistake(
            "exponent for output",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: y * Log(base))),
            "Your rule for y multiplies by y. That is so for the base; where the exponent varies, the output stands in "
            "its place.",
        ),
        Mistake(
            "g forgotten",
            with_rules(
                Pow,
                x=lambda g, x, y: y * (x + (x == 0) * (y == 0)) ** (y - 1),
                y=lambda g, x, y, z: z * Log(x + (x == 0) * (y >= 0)),
            ),
            "Your rules give the slopes of the power alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g forgotten for x",
            with_rules(Pow, x=lambda g, x, y: y * (x + (x == 0) * (y == 0)) ** (y - 1)),
            "Your rule for x gives the slope of the power alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "g forgotten for y",
            with_rules(Pow, y=lambda g, x, y, z: z * Log(x + (x == 0) * (y >= 0))),
            "Your rule for y gives the slope of the power alone. What comes after it has a slope too, and that is g.",
        ),
        Mistake(
            "z not handed in",
            with_rules(Pow, x=lambda g, x, y: g * y * z / x),  # type: ignore[name-defined]  # noqa: F821
            "A rule gets what its first line names, and in grad_x that is not z. Compute a power of `base` instead.",
        ),
        Mistake(
            "base not used for x",
            with_rules(Pow, x=lambda g, x, y: g * (y * x ** (y - 1))),
            "Right but for x = 0, where your rule for x gives nan. Its first line makes `base` for that: use it in "
            "place of x.",
        ),
        Mistake(
            "base not used for y",
            with_rules(Pow, y=lambda g, x, y, z: g * (z * Log(x))),
            "Right but for x = 0, where your rule for y gives nan. Its first line makes `base` for that: take the "
            "logarithm of it.",
        ),
        Mistake(
            "a Tensor's function",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * base.log())),
            "Arrays have no `.log()`, only Tensors have. `Log(base)` takes both.",
        ),
        Mistake(
            "logarithm of one number",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * math.log(base))),
            "Python's `math.log` takes one number, and an array has several. `Log(base)` takes both.",
        ),
        Mistake(
            "base not used",
            with_rules(Pow, x=lambda g, x, y: g * (y * x ** (y - 1)), y=lambda g, x, y, z: g * (z * Log(x))),
            "Right but for x = 0, where it is nan. The first line of each rule makes `base` for that: use it in place "
            "of x.",
        ),
        Mistake(
            "NumPy in the rule",
            with_rules(Pow, y=_pow_y(lambda x, y, z, base: z * np.log(base))),
            "Right for arrays. But a rule can be handed Tensors as well, and NumPy's function does not take those. "
            "`Log` is an operation and takes both.",
        ),
    ),
    hints=(
        "What is the slope of x³, and of x² and x, and which part of that does the exponent play?",
        "For x: the exponent becomes a factor, and the power one lower. For y: the output times the logarithm of the "
        "base, since x**y is exp(y log x). Take `base` where x would stand.",
        "Fill in what is missing:\ndef grad_x(g, x, y):\n    base = (the given line)\n    slope = ... * base ** (...)\n"
        "    return ...\n\ndef grad_y(g, x, y, z):\n    base = (the given line)\n    slope = ... * Log(...)\n"
        "    return ...",
    ),
)


# neuron_rule


def neuron_rule(g: Any, w: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The gradients of w, a and b, where z = tanh(w * a + b) and g is the gradient of z."""
    p = w * a
    s = p + b
    z = math.tanh(s)
    g_s = Tanh.grad_x(g, z)
    g_p, g_b = Add.grad_x(g_s), Add.grad_y(g_s)
    return Mul.grad_x(g_p, a), Mul.grad_y(g_p, w), g_b


def _neuron_spelt_out(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    z = math.tanh(w * a + b)
    slope = g * (1 - z * z)
    return slope * a, slope * w, slope


def _neuron_listed(g: float, w: float, a: float, b: float) -> list[float]:
    return list(_neuron_spelt_out(g, w, a, b))


def _neuron_straight(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    return g * a, g * w, g


def _neuron_input(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    s = w * a + b
    slope = g * (1 - s * s)
    return slope * a, slope * w, slope


def _neuron_g_forgotten(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    return _neuron_spelt_out(1.0, w, a, b)


def _neuron_own_number(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, to_b = _neuron_spelt_out(g, w, a, b)
    return to_a, to_w, to_b


def _neuron_added(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    *_, slope = _neuron_spelt_out(g, w, a, b)
    return slope + a, slope + w, slope


def _neuron_one_for_b(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, _ = _neuron_spelt_out(g, w, a, b)
    return to_w, to_a, 1.0


def _neuron_b_straight(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, _ = _neuron_spelt_out(g, w, a, b)
    return to_w, to_a, g


def _neuron_both_handed(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    *_, slope = _neuron_spelt_out(g, w, a, b)
    rule_w: Any = Mul.grad_x
    rule_a: Any = Mul.grad_y
    return rule_w(slope, w, a), rule_a(slope, w, a), slope


def _neuron_b_times(g: float, w: float, a: float, b: float) -> tuple[float, float, float]:
    to_w, to_a, to_b = _neuron_spelt_out(g, w, a, b)
    return to_w, to_a, to_b * b


def _neuron_case(g: float, w: float, a: float, b: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        gradients = piece(g, w, a, b)
        named = {f"gradient of {name}": gradient for name, gradient in zip("wab", gradients, strict=False)}
        return {**named, "how many gradients": len(gradients)}

    return Case(f"g = {g}, w = {w}, a = {a}, b = {b}", run)


NEURON_RULE = Exercise(
    id="03.neuron_rule",
    target=None,
    minutes=12,
    difficulty=3,
    reference=neuron_rule,
    cases=(
        _neuron_case(1.0, 2.0, 3.0, -6.0),
        _neuron_case(1.0, 0.5, 1.5, -0.25),
        _neuron_case(-4.0, 0.5, -1.5, 0.25),
        _neuron_case(5.0, -2.0, 0.5, 0.3),
    ),
    accepts=(_neuron_spelt_out, _neuron_listed),
    mistakes=(
        Mistake(
            "past tanh",
            _neuron_straight,
            "You hand g on to the sum as if tanh were not there. g is the gradient of z; tanh's rule makes of it the "
            "gradient of s.",
        ),
        Mistake(
            "input for output",
            _neuron_input,
            "You have put s into tanh's slope. The rule reads z, the output of tanh.",
        ),
        Mistake(
            "g forgotten",
            _neuron_g_forgotten,
            "Your way back begins with 1. It begins with g, whatever that is: behind the neuron there may be a whole "
            "network.",
        ),
        Mistake(
            "the two exchanged",
            _neuron_own_number,
            "The gradients of w and a have changed places. In a product each is multiplied by the other's value.",
        ),
        Mistake(
            "added",
            _neuron_added,
            "At the product you add the slope to what arrives. Slopes along one path are multiplied.",
        ),
        Mistake(
            "1 for b",
            _neuron_one_for_b,
            "The slope of a sum is 1, that is true. But b gets 1 times what arrived at s, not 1.",
        ),
        Mistake(
            "b past tanh",
            _neuron_b_straight,
            "You hand g on to b as it is. b is behind tanh as the others are: it gets what arrives at s.",
        ),
        Mistake(
            "too much handed in",
            _neuron_both_handed,
            "You hand the product's rules both numbers. `Mul.grad_x` reads `y` alone, which is a here; `Mul.grad_y` "
            "reads `x` alone, which is w.",
        ),
        Mistake(
            "b times b",
            _neuron_b_times,
            "You multiply the gradient of b by b. It is only added to the rest, and a sum hands on what it gets.",
        ),
    ),
    hints=(
        "Which operation was the last on the way forward, and so is the first on the way back?",
        "Three steps: tanh's rule turns g into the gradient of s. The sum hands that on to p and to b. The product's "
        "two rules turn the gradient of p into those of w and a.",
        "Fill in what is missing:\ng_s = Tanh.grad_x(..., ...)\ng_p, g_b = ..., ...\ng_w = Mul.grad_x(..., ...)\n"
        "g_a = Mul.grad_y(..., ...)\nreturn g_w, g_a, g_b",
    ),
)


PREDICTIONS = (
    Prediction(
        "arrow",
        -8,
        "The gradient of p is 4, since p is multiplied by 4 afterwards. The product's rule for x multiplies it by the "
        "other number, w, which is -2.",
    ),
    Prediction(
        "bug-letter",
        "the letter",
        "In s (1 - s) the s is the height of the curve, the output. In a rule the output is called z; x is the input. "
        "A formula from a book has letters of its own.",
        choices=("the formula", "the letter", "the measuring"),
    ),
    Prediction(
        "corner",
        0.5,
        "It looks both ways: from relu(-h) = 0 to relu(h) = h is a rise of h, over a distance of 2h.",
    ),
    Prediction(
        "bug-tested",
        "2 * Square(x)",
        "Only there does another operation come after the square, so that g is 2, and not 1. In Square(2 * x) the "
        "square is still the last, and leaving out a factor of 1 is not seen.",
        choices=("Square(x)", "Square(2 * x)", "2 * Square(x)"),
    ),
    Prediction("fill-q", 12, "The power's rule: g = 1, times 3, times q² = 4."),
    Prediction("fill-r", 4, "The quotient's rule for its first input: 12 divided by d = 3."),
    Prediction("fill-d", -8, "The quotient's rule for the divisor: -12 times r = 6, divided by d² = 9."),
    Prediction("fill-s", 4, "s is positive, so relu lets the 4 pass."),
    Prediction("fill-c", -4, "c is taken away: the sign turns."),
    Prediction("fill-b", 20, "The product's rule: 4 times the other number, a = 5."),
)

LESSON = Lesson("03", __name__, (SUB, DIV, EXP, TANH, RELU, POW, NEURON_RULE), PREDICTIONS, dtype="float64")
