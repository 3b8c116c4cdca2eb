"""Lesson 11, Data and the training loop: examples, batches, a split, an epoch by hand, measuring, stopping in time."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .batched import BATCHED
from .evaluate import EVALUATE
from .on_epoch_end import STOP
from .random_split import SPLIT
from .tensordataset import DATASET
from .train_epoch import TRAIN_EPOCH

LESSON = Lesson(
    number="11",
    module=__name__,
    exercises=(DATASET, BATCHED, SPLIT, TRAIN_EPOCH, EVALUATE, STOP),
    predictions=(
        Prediction(
            "how-many-batches",
            23.0,
            "22 full batches are 1,408 examples, and the last 29 make one more.",
        ),
        Prediction(
            "fair-mean",
            1.5,
            "(10 · 1 + 2 · 4) / 12 = 1.5. The mean of the two means would be 2.5, as if the 2 examples were 10.",
        ),
        Prediction(
            "bug-sorted",
            "shuffle",
            "The data is sorted by digit, so that a batch holds one digit, or two at the border. The network learns to "
            "say 0, then 1, and in the end 9, and forgets the rest each time.",
            choices=("shuffle", "the learning rate", "the loss"),
        ),
        Prediction(
            "bug-leak",
            "to_train",
            "It is everything, the test digits too. A network that knows them by heart reads them all, and that says "
            "nothing about others.",
            choices=("everything", "to_train", "to_test"),
        ),
        Prediction(
            "which-weights",
            "epoch 4",
            "The loss on data that it did not train on was lowest there. After it, the network learned its training "
            "data by heart.",
            choices=("epoch 1", "epoch 4", "epoch 7"),
        ),
    ),
    dtype="float64",
)
