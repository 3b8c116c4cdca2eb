"""MatMul gets its gradient rules: how a matrix product hands g on to both matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_course.graph import Op
from tinygrad_course.ops.matrix import MatMul

from ...exercise import Exercise, Mistake
from .arrays import count
from .rules import rule_case, with_rules


def turned(array: Any) -> Any:
    """All axes the other way round; of a Tensor, which has no such attribute, the last two."""
    return array.T if isinstance(array, np.ndarray) else array.mT


class _MatMulTurned(Op):
    def forward(x: Any, y: Any) -> Any:
        return x @ y

    def grad_x(g: Any, y: Any) -> Any:
        return (y @ g.mT).mT

    def grad_y(g: Any, x: Any) -> Any:
        return (g.mT @ x).mT


class _MatMulWithoutG(Op):
    def forward(x: Any, y: Any) -> Any:
        return x @ y

    def grad_x(g: Any, y: Any) -> Any:
        return g @ y.mT

    def grad_y(g: Any, x: Any) -> Any:
        return x.mT @ x


_product_cases = (
    rule_case("x of shape (2, 3), y of shape (3, 4)", count(2, 4), x=count(2, 3), y=count(3, 4, times=0.1)),
    rule_case("x and y of shape (2, 2)", count(2, 2, times=10), x=count(2, 2), y=count(2, 2, times=0.5)),
    rule_case(
        "a batch: x of shape (5, 2, 3), y of shape (5, 3, 2)", count(5, 2, 2), x=count(5, 2, 3), y=count(5, 3, 2)
    ),
    rule_case("Tensors: x (2, 3), y (3, 4)", count(2, 4), True, x=count(2, 3), y=count(3, 4, times=0.1)),
)


MATMUL = Exercise(
    id="06.MatMul",
    target="tinygrad_course.ops.matrix.MatMul",
    minutes=10,
    difficulty=3,
    reference=MatMul,
    cases=_product_cases,
    accepts=(_MatMulTurned,),
    mistakes=(
        Mistake(
            "transposes exchanged",
            with_rules(MatMul, x=lambda g, y: y.mT @ g, y=lambda g, x: g @ x.mT),
            "The matrices stand in the wrong order: g comes first in the gradient of x, and last in that of y. Write "
            "the shapes below each product: (2, 4) @ (4, 3) gives (2, 3).",
        ),
        Mistake(
            "no transposes",
            with_rules(MatMul, x=lambda g, y: g @ y, y=lambda g, x: x @ g),
            "The shapes do not fit without turning the other matrix. For square ones they do, and the numbers are "
            "wrong.",
        ),
        Mistake(
            "all axes turned",
            with_rules(MatMul, x=lambda g, y: g @ turned(y), y=lambda g, x: turned(x) @ g),
            "Right for two matrices. `.T` turns all axes round, the batch among them. `.mT` turns the last two alone: "
            "the matrices.",
        ),
        Mistake(
            "all axes of x turned",
            with_rules(MatMul, x=lambda g, y: g @ y.mT, y=lambda g, x: turned(x) @ g),
            "grad_x is right. In grad_y, `.T` turns all axes round, the batch among them: take `.mT` there too.",
        ),
        Mistake(
            "a Tensor's transpose",
            with_rules(MatMul, x=lambda g, y: g @ y.transpose(-1, -2), y=lambda g, x: x.transpose(-1, -2) @ g),
            "A Tensor's transpose takes two axes. That of an array wants all of its axes. `.mT` serves both.",
        ),
        Mistake(
            "element by element",
            with_rules(MatMul, x=lambda g, y: g * y, y=lambda g, x: g * x),
            "This is the rule of `*`. In a matrix product every element of x meets a whole row of y.",
        ),
        Mistake(
            "exchanged",
            with_rules(MatMul, x=lambda g, x: x.mT @ g, y=lambda g, y: g @ y.mT),
            "The two rules stand under each other's names: grad_x is the gradient of x.",
        ),
        Mistake(
            "y alone",
            _MatMulWithoutG,
            "Your grad_y leaves g out. Every rule is what arrives, g, times what the operation does.",
        ),
    ),
    hints=(
        "Which products of g, x.mT and y.mT have the shape of x, and which that of y?",
        "g has shape (n, m), y (k, m) when it is turned: their product has x's shape. For y it is x that is turned, "
        "and it stands first.",
        "Fill in what is missing:\ndef grad_x(g, y):\n    return g @ ...\n\ndef grad_y(g, x):\n    return ... @ g",
    ),
)
