"""Lesson 04, Backward: the engine that sends a gradient back through any graph, and what is first trained with it."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .accumulate import ACCUMULATE
from .backward import BACKWARD
from .descend import DESCEND
from .propagate import PROPAGATE
from .walk import WALK
from .zero_grad import ZERO_GRAD

PREDICTIONS = (
    Prediction(
        "two-paths",
        6,
        "Each of the two arrows from x brings 3.0, the value of the other factor. They are added.",
    ),
    Prediction(
        "order",
        "exp",
        "The gradient of `a` has two parts. One comes straight from the product, the other by way of exp. Before the "
        "turn of `a`, exp must have had its own.",
        choices=("a", "exp", "either"),
    ),
    Prediction(
        "second-pass",
        10,
        "The first pass left 5, the second brought 5 more. Nobody had cleared it.",
    ),
    Prediction(
        "bug-slower",
        "zero_grad",
        "The gradients of all passes so far are added up, so each step is taken with the sum of all slopes so "
        "far. Clear them before each backward.",
        choices=("the loss", "zero_grad", "the learning rate"),
    ),
    Prediction(
        "bug-detached",
        "float",
        "float takes the number out of the tensor, and the record ends there: the loss does not know that it came "
        "from w. Leave it out.",
        choices=("float", "square", "backward"),
    ),
)


LESSON = Lesson(
    "04",
    __name__,
    (WALK, ACCUMULATE, PROPAGATE, BACKWARD, ZERO_GRAD, DESCEND),
    PREDICTIONS,
    dtype="float64",
)
