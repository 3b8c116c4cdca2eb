"""Lesson 00, Start here: one small exercise, to meet check, hint and prediction."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .double_or_triple import DOUBLE_OR_TRIPLE

PREDICTIONS = (
    Prediction(
        "slope-at-2",
        2,
        "0.2 divided by 0.1. 2.0 is greater than 0, so the branch `x * 2` was run: y grows twice as fast as x.",
    ),
    Prediction(
        "slope-at-minus-3",
        3,
        "-3.0 is not greater than 0, so the branch `x * 3` was run: y grows three times as fast as x.",
    ),
    Prediction(
        "graph-of-minus-3",
        "3",
        "Only what was run is remembered. The branch with 2 was never taken, so the graph knows nothing of it.",
        choices=("2", "3", "both"),
    ),
)


LESSON = Lesson("00", __name__, (DOUBLE_OR_TRIPLE,), PREDICTIONS)
