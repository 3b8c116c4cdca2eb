"""dropout sets elements to 0 at random, and scales the others so that sums stay what they were."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.nn import layers

from ...exercise import Case, Exercise, Mistake, Piece


def _dropout(input: Any, p: float = 0.5, training: bool = True) -> Any:
    if not training or p == 0:
        return input
    return input * (tg.rand(*input.shape) >= p) / (1 - p)


def _dropout_mask(input: Any, p: float = 0.5, training: bool = True) -> Any:
    if training:
        mask = tg.bernoulli(tg.full(input.shape, 1 - p)).to(input.dtype)
        input = input * (mask / (1 - p))
    return input


def _dropout_not_rescaled(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) if training else input


def _dropout_always(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return _dropout(input, p)


def _dropout_keeps_p(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) < p) / (1 - p) if training else input


def _dropout_old(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) if training else input * (1 - p)


def _dropout_columns(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(input.shape[-1]) >= p) / (1 - p) if training else input


def _dropout_by_p(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) / p if training else input


def _dropout_times(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) * (1 - p) if training else input


def _dropout_normal(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.randn(*input.shape) >= p) / (1 - p) if training else input


def _dropout_one_number(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(1) >= p) / (1 - p) if training else input


def _dropout_turned(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return _dropout(input, p, not training)


def _dropout_always_half(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return _dropout(input, 0.5, training)


def _dropout_case(name: str, p: float, training: bool = True) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        tg.manual_seed(0)
        x = tg.ones(200, 100, dtype=tg.float64, requires_grad=True)
        y = piece(x, p, training)
        y.sum().backward()
        kept = y.data != 0
        return {
            "share that is dropped": round(float(1 - kept.mean()), 1),
            "what 1 becomes where it is kept": round(float(y.data[kept].mean()), 4),
            "rows are dropped alike": bool((kept == kept[0]).all()) and p > 0 and training,
            "gradient where it is kept": round(float(np.asarray(x.grad)[kept].mean()), 4),
        }

    return Case(name, run)


DROPOUT = Exercise(
    id="12.dropout",
    target="tinygrad_course.nn.layers.dropout",
    minutes=8,
    difficulty=2,
    reference=layers.dropout,
    cases=(
        _dropout_case("20,000 ones, p=0.5, training", 0.5),
        _dropout_case("20,000 ones, p=0.2, training", 0.2),
        _dropout_case("20,000 ones, p=0.2, training=False", 0.2, training=False),
    ),
    accepts=(_dropout, _dropout_mask),
    mistakes=(
        Mistake(
            "not rescaled",
            _dropout_not_rescaled,
            "What is kept stays as it was, so that every sum in the next layer is smaller in training than later. "
            "Divide by 1 − p, and it stays the same on average.",
        ),
        Mistake(
            "always",
            _dropout_always,
            "Elements are dropped with training=False as well: the finished model would answer at random.",
        ),
        Mistake(
            "kept for dropped",
            _dropout_keeps_p,
            "p is the probability that an element is dropped. Yours is kept with probability p.",
        ),
        Mistake(
            "scaled later",
            _dropout_old,
            "You scale when the model is used. So it was done in the first paper; today the scaling is done in "
            "training, so that the finished model has nothing to do.",
        ),
        Mistake(
            "whole columns",
            _dropout_columns,
            "The same elements are dropped in every row. Draw a number for each element of the input.",
        ),
        Mistake(
            "one number",
            _dropout_one_number,
            "You draw one number for the whole input, so that all of it stays or all of it goes. Draw one for each "
            "element.",
        ),
        Mistake("divided by p", _dropout_by_p, "You divide by p. The share that is kept is 1 − p."),
        Mistake(
            "times 1 - p",
            _dropout_times,
            "You multiply by 1 − p, which makes what is kept smaller still. Divide by it.",
        ),
        Mistake(
            "normal numbers",
            _dropout_normal,
            "tg.randn gives normal numbers, half of them below 0. tg.rand gives them evenly spread from 0 to 1.",
        ),
        Mistake(
            "training turned round",
            _dropout_turned,
            "With training=True nothing is dropped, and with False something is. It is the other way round.",
        ),
        Mistake("always one half", _dropout_always_half, "p is not used: yours drops one half, whatever was asked."),
    ),
    hints=(
        "By which factor does the sum of many numbers shrink if each is dropped with probability p?",
        "tg.rand(*input.shape) gives a number from 0 to 1 for each element. Keep where it is p or more, and divide by "
        "what is kept on average. With training=False the input itself comes back.",
        "Fill in what is missing:\nif ...:\n    ...\nkept = tg.rand(*input.shape) >= ...\nreturn ...",
    ),
)
