"""Lesson 10, Optimizers: SGD with momentum, RMSprop, Adam and its weight decay, a schedule, clipping."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .adam import ADAM
from .clip_grad_norm_ import CLIP
from .rate import RATE
from .rmsprop import RMSPROP
from .sgd import SGD

LESSON = Lesson(
    number="10",
    module=__name__,
    exercises=(SGD, RMSPROP, ADAM, RATE, CLIP),
    predictions=(
        Prediction(
            "overshoot",
            -3.0,
            "The slope at 3 is 6, and 3 − 1 · 6 = −3: as far on the other side. There the same happens again, and so "
            "on for ever; with a larger rate it would go further out each time.",
        ),
        Prediction(
            "final-speed",
            "10",
            "With v the velocity that stays, v = 0.9 v + 1, so v = 10. Momentum is a larger learning rate along "
            "directions in which the gradients agree, and a brake where they change their sign.",
            choices=("1", "1.9", "10"),
        ),
        Prediction(
            "first-step",
            "0.1",
            "m / (1 − β₁) is g, and √(v / (1 − β₂)) is |g|: their quotient is the sign of g, whatever its size. The "
            "first step of Adam is lr in every direction.",
            choices=("0.1", "1", "100"),
        ),
        Prediction(
            "bug-order",
            "zero_grad",
            "It stands between backward and step: when the optimizer looks, there are no gradients any more, and it "
            "passes every parameter over.",
            choices=("zero_grad", "backward", "the learning rate"),
        ),
        Prediction(
            "bug-schedule",
            "every batch",
            "The schedule counts calls. It was made for 20 steps, and is called for each of the 10 batches of an "
            "epoch, so it is at its end after two epochs, and goes up again, since a cosine is a wave.",
            choices=("every batch", "eta_min", "the optimizer"),
        ),
    ),
    dtype="float64",
)
