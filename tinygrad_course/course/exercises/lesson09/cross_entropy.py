"""cross_entropy gives minus the log of the right class's probability, from scores."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course.nn import loss as losses

from ...exercise import Exercise, Mistake
from ..tensors import given
from .reduction import reduced
from .trials import FAR, trial


def _cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    surprise = -input.log_softmax(1)[tg.arange(len(target)), target]
    return {"mean": surprise.mean, "sum": surprise.sum, "none": lambda: surprise}[reduction]()


def _cross_entropy_by_mask(input: Any, target: Any, reduction: str = "mean") -> Any:
    right = (tg.arange(input.shape[1]) == target[:, None]).to(input.dtype)
    surprise = input.logsumexp(1) - (input * right).sum(1)
    return {"mean": surprise.mean, "sum": surprise.sum, "none": lambda: surprise}[reduction]()


def _cross_entropy_sign(input: Any, target: Any, reduction: str = "mean") -> Any:
    return -_cross_entropy(input, target, reduction)


def _cross_entropy_twice(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _cross_entropy(input.softmax(1), target, reduction)


def _cross_entropy_columns(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-input.log_softmax(1)[:, target], reduction)


def _cross_entropy_axis(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-input.log_softmax(0)[tg.arange(len(target)), target], reduction)


def _cross_entropy_every(input: Any, target: Any, reduction: str = "mean") -> Any:
    surprise = -input.log_softmax(1)[tg.arange(len(target)), target]
    return surprise.sum() / input.numel() if reduction == "mean" else reduced(surprise, reduction)


def _cross_entropy_summed(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _cross_entropy(input, target, "none" if reduction == "none" else "sum")


def _cross_entropy_no_log(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(1 - input.softmax(1)[tg.arange(len(target)), target], reduction)


def _cross_entropy_scores(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-input[tg.arange(len(target)), target], reduction)


def _cross_entropy_in_two_steps(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-input.softmax(1)[tg.arange(len(target)), target].log(), reduction)


def _cross_entropy_always_mean(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _cross_entropy(input, target)


def _cross_entropy_by_number(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-(target * input.log_softmax(1)).sum(1), reduction)


def _cross_entropy_rows(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-input.log_softmax(1)[target], reduction)


THREE = given([1.0, 2.0, 4.0], [0.5, -1.0, 0.0], [3.0, 3.0, 3.0], [-2.0, 0.0, 1.0])


CLASSES = tg.tensor([2, 0, 1, 0])


CROSS_ENTROPY = Exercise(
    id="09.cross_entropy",
    target="tinygrad_course.nn.loss.cross_entropy",
    minutes=10,
    difficulty=3,
    reference=losses.cross_entropy,
    cases=(
        trial("scores ((0, 0)), class 1", lambda f, x, y: f(x, y), given([0.0, 0.0]), tg.tensor([1])),
        trial("4 rows of 3 scores, classes (2, 0, 1, 0)", lambda f, x, y: f(x, y), THREE, CLASSES),
        trial('the same with reduction="sum"', lambda f, x, y: f(x, y, reduction="sum"), THREE, CLASSES),
        trial('the same with reduction="none"', lambda f, x, y: f(x, y, reduction="none"), THREE, CLASSES),
        trial("scores ((1000, 0)), class 1", lambda f, x, y: f(x, y), given([FAR, 0.0]), tg.tensor([1])),
    ),
    accepts=(_cross_entropy, _cross_entropy_by_mask),
    mistakes=(
        Mistake(
            "sign",
            _cross_entropy_sign,
            "Your loss is negative, and falls as the model gets worse. Surprise is minus the logarithm of the right "
            "class's probability.",
        ),
        Mistake(
            "softmax twice",
            _cross_entropy_twice,
            "Softmax is applied twice: log_softmax expects scores, and gets probabilities. The loss can then never "
            "come near 0, and learning is slow.",
        ),
        Mistake(
            "columns",
            _cross_entropy_columns,
            "[:, target] takes whole columns, for every row all the targets. One entry of each row is wanted: give the "
            "row numbers too, tg.arange(n).",
        ),
        Mistake(
            "along the rows",
            _cross_entropy_axis,
            "Your probabilities add up to 1 along the batch, so examples compete with each other. The classes are "
            "axis 1.",
        ),
        Mistake(
            "divided by all scores",
            _cross_entropy_every,
            "Your mean divides by the number of scores. There is one surprise for each row; average those.",
        ),
        Mistake(
            "in two steps",
            _cross_entropy_in_two_steps,
            "Right, as long as the probability is not rounded to 0. There the logarithm of softmax, taken in two "
            "steps, is minus infinity: use log_softmax.",
        ),
        Mistake(
            "reduction ignored",
            _cross_entropy_always_mean,
            'reduction is not looked at: "sum" asks for the sum of the surprises, and "none" for one of each row.',
        ),
        Mistake(
            "times the class",
            _cross_entropy_by_number,
            "target holds numbers of classes, not zeros and ones: multiplying by 2 does not pick class 2. Pick with "
            "an index.",
        ),
        Mistake(
            "whole rows",
            _cross_entropy_rows,
            "[target] alone picks whole rows. One entry of each row is wanted: give the row numbers first, "
            "[tg.arange(n), target].",
        ),
        Mistake(
            "summed",
            _cross_entropy_summed,
            "You add the surprises up, where the mean is asked for. Then the gradient grows with the batch, and the "
            "learning rate would have to shrink with it.",
        ),
        Mistake(
            "without logarithm",
            _cross_entropy_no_log,
            "1 − p is small when the model is right, but at most 1 when it is wholly wrong, and almost flat there. The "
            "logarithm is what makes a sure mistake expensive.",
        ),
        Mistake(
            "scores",
            _cross_entropy_scores,
            "You use the score of the right class itself. It can grow without end, together with all the others: turn "
            "scores into log probabilities first.",
        ),
    ),
    hints=(
        "Which one number of each row matters, once the scores are log probabilities?",
        "log_softmax along axis 1, then pick the entry of the right class in every row with two index tensors, row "
        "numbers and targets. Minus, and reduce.",
        'Fill in what is missing:\nlog_p = ...\nsurprise = -log_p[tg.arange(...), ...]\nif reduction == "none":\n'
        "    return ...\nreturn ...",
    ),
)
