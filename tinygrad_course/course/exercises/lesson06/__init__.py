"""Lesson 06, Matrices and shapes: the rules of products, other shapes and indexing, and a check for all of them."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .addinto import ADD_INTO
from .gradcheck import GRADCHECK
from .margin_loss import MARGIN
from .matmul import MATMUL
from .permute import PERMUTE
from .reshape import RESHAPE

LESSON = Lesson(
    number="06",
    module=__name__,
    exercises=(MATMUL, RESHAPE, PERMUTE, ADD_INTO, GRADCHECK, MARGIN),
    predictions=(
        Prediction(
            "one-column",
            (3, 4),
            "A gradient has the shape of what it belongs to.",
        ),
        Prediction(
            "reshaped",
            2.0,
            "reshape keeps the numbers in their order, 1 2 3 4 5 6, and cuts them into rows of two. The transpose "
            "would have 4 there.",
        ),
        Prediction(
            "picked-twice",
            2.0,
            "It was used twice, and each use brings 1.",
        ),
        Prediction(
            "bug-reshape",
            "reshape",
            "The columns of the table were never turned into rows: reshape cut the same stream of numbers at other "
            'places, so that each "flower" is a mixture of several. No error, since the shape is right.',
            choices=("reshape", "the loss", "the learning rate"),
        ),
        Prediction(
            "bug-float32",
            "float32",
            "float32 keeps seven digits. At 300 a step of 1e-6 changes none of them, and the difference is 0; at 1 it "
            "changes only the last. The rule is fine; the measurement is not. Check in float64.",
            choices=("the rule", "float32", "the function"),
        ),
    ),
    dtype="float64",
)
