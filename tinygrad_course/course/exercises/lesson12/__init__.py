"""Lesson 12, Making it train: first numbers for ReLU, gradient sizes, dropout, layer norm and batch norm."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .batch_norm import BATCH_NORM
from .dropout import DROPOUT
from .gradient_sizes import SIZES
from .kaiming_normal_ import KAIMING
from .layer_norm import LAYER_NORM

LESSON = Lesson(
    number="12",
    module=__name__,
    exercises=(SIZES, KAIMING, LAYER_NORM, BATCH_NORM, DROPOUT),
    predictions=(
        Prediction(
            "ten-sigmoids",
            "a millionth",
            "0.25 to the power of 10 is 9.5e-7. And that is the best case: away from 0 the sigmoid is flatter still.",
            choices=("a quarter", "a hundredth", "a millionth"),
        ),
        Prediction(
            "relu-power",
            "half",
            "Half of the numbers are negative and become 0; the squares of the others are as they were. That is why "
            "the gain for ReLU is √2: it doubles the power.",
            choices=("a quarter", "half", "all"),
        ),
        Prediction(
            "kept",
            1.25,
            "1 is divided by 1 − 0.2 = 0.8. On average the sum stays what it was: 0.8 · 1.25 = 1.",
        ),
        Prediction(
            "bug-eval",
            "dropout",
            "The network is still in training mode, where dropout drops other elements at every call. model.eval() "
            "before it is used, and model.train() before it learns on.",
            choices=("dropout", "the seed", "batch norm"),
        ),
        Prediction(
            "bug-first-batches",
            "the running numbers",
            "They began at mean 0 and variance 1, and one batch moved them by a tenth. Evaluated so early, the network "
            "normalises by numbers that are not those of its data.",
            choices=("the weights", "the running numbers", "the learning rate"),
        ),
    ),
    dtype="float64",
)
