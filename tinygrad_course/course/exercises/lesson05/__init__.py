"""Lesson 05, Tensors: arrays in the nodes, what broadcasting does to a gradient, reductions, a first regression."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .broadcast_shape import BROADCAST_SHAPE
from .expand import EXPAND
from .max import MAX
from .mean import MEAN
from .step import STEP
from .sum import SUM
from .sum_to import SUM_TO

PREDICTIONS = (
    Prediction(
        "column-and-row",
        (3, 4),
        "The column is repeated for each of the four places of the row, and the row for each of the three places of "
        "the column: every number of one meets every number of the other.",
    ),
    Prediction(
        "one-for-all",
        6,
        "b was added to each of the six numbers, so if it grows by 1, the sum grows by 6.",
    ),
    Prediction(
        "ties",
        0.5,
        "Two are largest, and they share the gradient of 1 equally. It is a choice, and PyTorch's too.",
    ),
    Prediction(
        "bug-square",
        (150, 150),
        "The predictions have shape (150,), the target is a column, (150, 1). Broadcasting compares every prediction "
        "with every target, so the best the program can do is to predict the average each time. The target was cut out "
        "with table[:, 3:], which keeps the axis; table[:, 3] has shape (150,).",
    ),
    Prediction(
        "bug-sum",
        "the loss",
        "It is a sum over 150 flowers where it was a mean, so its gradient is 150 times as large, and each step jumps "
        "far beyond the goal. With a mean, one learning rate suits a table of any length.",
        choices=("the loss", "the target", "too few steps"),
    ),
)


LESSON = Lesson("05", __name__, (BROADCAST_SHAPE, SUM_TO, EXPAND, SUM, MEAN, MAX, STEP), PREDICTIONS, dtype="float64")
