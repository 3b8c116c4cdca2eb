"""Lesson 09, Losses: squared errors, probabilities from scores without overflow, cross-entropy."""

from __future__ import annotations

import math

from ...exercise import Lesson, Prediction
from .binary_cross_entropy_with_logits import BINARY
from .cross_entropy import CROSS_ENTROPY
from .log_softmax import LOG_SOFTMAX
from .logsumexp import LOGSUMEXP
from .mse_loss import MSE
from .softmax import SOFTMAX

LESSON = Lesson(
    number="09",
    module=__name__,
    exercises=(MSE, SOFTMAX, LOGSUMEXP, LOG_SOFTMAX, CROSS_ENTROPY, BINARY),
    predictions=(
        Prediction(
            "naive",
            "nan",
            "e to the power of 1000 is more than a float can hold, and becomes infinity. Infinity divided by infinity "
            "is nan, not a number.",
            choices=("0.5", "inf", "nan"),
        ),
        Prediction(
            "shift",
            "the same",
            "Every exponential grows by the same factor, e¹⁰⁰, above and below the line: it cancels.",
            choices=("the same", "larger", "smaller"),
        ),
        Prediction(
            "no-idea",
            math.log(10),
            "Each class gets a tenth, and the surprise is −log(1/10) = log 10 ≈ 2.303. Remember this number: a network "
            "for ten classes that begins far above it begins badly.",
            tolerance=0.01,
        ),
        Prediction(
            "bug-twice",
            "0.55",
            "The best that softmax can be fed is (1, 0, 0), and makes e / (e + 2) = 0.58 of it: the loss stays at "
            "−log 0.58 = 0.55 or above. The cure is to hand over scores.",
            choices=("0", "0.55", "1.10"),
        ),
        Prediction(
            "bug-zero-times",
            "0 · log 0",
            "Where the target is 0 and the model is sure, p is 0 too, and 0 · (−∞) is nan, although nothing is wrong "
            "with the prediction. Pick the right class's entry in place of multiplying with zeros.",
            choices=("log 1", "0 · log 0", "the sum"),
        ),
    ),
    dtype="float64",
)
