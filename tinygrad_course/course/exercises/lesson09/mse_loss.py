"""mse_loss squares the differences, and gives their mean, their sum or all of them."""

from __future__ import annotations

from typing import Any

from tinygrad_course.nn import loss as losses

from ...exercise import Exercise, Mistake
from ..tensors import given
from .trials import trial


def _mse(input: Any, target: Any, reduction: str = "mean") -> Any:
    squares = (input - target) ** 2
    return {"mean": squares.mean, "sum": squares.sum, "none": lambda: squares}[reduction]()


def _mse_by_hand(input: Any, target: Any, reduction: str = "mean") -> Any:
    away = target - input
    if reduction == "none":
        return away * away
    total = (away * away).sum()
    return total if reduction == "sum" else total / away.numel()


def _mse_rooted(input: Any, target: Any, reduction: str = "mean") -> Any:
    loss = _mse(input, target, reduction)
    return loss**0.5 if reduction == "mean" else loss


def _mse_absolute(input: Any, target: Any, reduction: str = "mean") -> Any:
    away = (input - target).abs()
    return {"mean": away.mean, "sum": away.sum, "none": lambda: away}[reduction]()


def _mse_half(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _mse(input, target, reduction) / 2


def _mse_of_mean(input: Any, target: Any, reduction: str = "mean") -> Any:
    away = input - target
    return {"mean": away.mean, "sum": away.sum, "none": lambda: away}[reduction]() ** 2


def _mse_rows(input: Any, target: Any, reduction: str = "mean") -> Any:
    squares = (input - target) ** 2
    return {"mean": lambda: squares.sum() / len(input), "sum": squares.sum, "none": lambda: squares}[reduction]()


def _mse_always_mean(input: Any, target: Any, reduction: str = "mean") -> Any:
    return ((input - target) ** 2).mean()


def _mse_summed(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _mse(input, target, "none" if reduction == "none" else "sum")


GUESSES, TRUTH = given([1.0, 2.0, 4.0], [0.0, -1.0, 3.0]), given([1.0, 0.0, 1.0], [2.0, -1.5, 3.0])


MSE = Exercise(
    id="09.mse_loss",
    target="tinygrad_course.nn.loss.mse_loss",
    minutes=5,
    difficulty=1,
    reference=losses.mse_loss,
    cases=(
        trial("one guess, 5, where 2 is right", lambda f, x, y: f(x, y), given(5.0), given(2.0)),
        trial("guesses and targets of shape (2, 3)", lambda f, x, y: f(x, y), GUESSES, TRUTH),
        trial('the same with reduction="sum"', lambda f, x, y: f(x, y, reduction="sum"), GUESSES, TRUTH),
        trial('the same with reduction="none"', lambda f, x, y: f(x, y, reduction="none"), GUESSES, TRUTH),
    ),
    accepts=(_mse, _mse_by_hand),
    mistakes=(
        Mistake(
            "root taken",
            _mse_rooted,
            "You take a root at the end. That gives an error in the units of the target, good to report; the loss "
            "itself is the mean of the squares.",
        ),
        Mistake(
            "absolute",
            _mse_absolute,
            "You average the sizes of the differences. That is a loss too, l1_loss; here each difference is squared "
            "first, so that large ones count more.",
        ),
        Mistake(
            "half",
            _mse_half,
            "There is a factor ½, which textbooks add to make the derivative look nicer. PyTorch's loss has none.",
        ),
        Mistake(
            "square of the mean",
            _mse_of_mean,
            "You square at the end. Then errors of different sign cancel out first: square each one, and average "
            "those.",
        ),
        Mistake(
            "divided by rows",
            _mse_rows,
            "You divide by the number of rows. The mean goes over all elements, whatever the shape.",
        ),
        Mistake(
            "summed",
            _mse_summed,
            "You add the squares up, where their mean is asked for: the loss would grow with the number of elements.",
        ),
        Mistake(
            "reduction ignored",
            _mse_always_mean,
            'reduction is not looked at: "sum" asks for the sum of the squares, and "none" for the squares themselves.',
        ),
    ),
    hints=(
        "What should a guess that is twice as far off cost?",
        'Square the differences, then look at reduction: their mean, their sum, or, for "none", as they are.',
        'Fill in what is missing:\nsquares = ...\nif reduction == "none":\n    return ...\nreturn ... if reduction == '
        '"sum" else ...',
    ),
)
