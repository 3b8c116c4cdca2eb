"""Lesson 07, Dynamic graphs: loops, recursion, recording switched off, hooks, a Newton step, a Function."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .clip import CLIP
from .heron import HERON
from .newton_step import NEWTON
from .no_grad import NO_GRAD
from .run_hooks import RUN_HOOKS
from .tree_value import TREE

LESSON = Lesson(
    number="07",
    module=__name__,
    exercises=(HERON, TREE, NO_GRAD, RUN_HOOKS, CLIP, NEWTON),
    predictions=(
        Prediction(
            "halvings",
            3.0,
            "12 is halved twice, to 3, and 3 is odd: two divisions and one product. For 6 there are two operations. "
            "Each run leaves the graph of what it really did.",
        ),
        Prediction(
            "detached",
            6.0,
            "detach hands on the number 3 as a constant. Only the other factor is x, so the slope is 2 · 3, not 12.",
        ),
        Prediction(
            "bug-in-place",
            "x.mul_(2)",
            "The rule of the square reads x as it was when the square was taken. Writing into x changes that array and "
            "counts up its version, and the engine says so rather than give a wrong gradient.",
            choices=("x * x", "x.mul_(2)", "y.backward()"),
        ),
        Prediction(
            "bug-growing",
            "total + loss",
            "total is a Tensor that was made from all losses so far, so it keeps all their graphs alive. Add numbers: "
            "total + loss.item(). That w.grad is never cleared is a second mistake, but it needs no memory.",
            choices=("w * x", "total + loss", "loss.backward()"),
        ),
        Prediction(
            "third",
            24.0,
            "The first derivative is 4x³, the second 12x², the third 24x: at 1 it is 24.",
        ),
    ),
    dtype="float64",
)
