"""logsumexp gives log(sum(exp(x))) over an axis, without overflow."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_course.methods.reductions import Reductions

from ...exercise import Exercise, Mistake
from ..tensors import given
from .trials import FAR, SCORES, trial


def _logsumexp(self: Any, dim: int, keepdim: bool = False) -> Any:
    largest = self.detach().amax(dim, keepdim=True)
    total = (self - largest).exp().sum(dim, keepdim=keepdim)
    return total.log() + largest.reshape(total.shape)


def _logsumexp_kept(self: Any, dim: int, keepdim: bool = False) -> Any:
    m = self.detach().amax(dim, keepdim=True)
    y = m + ((self - m).exp()).sum(dim, keepdim=True).log()
    return y if keepdim else y.squeeze(dim)


def _logsumexp_naive(self: Any, dim: int, keepdim: bool = False) -> Any:
    return self.exp().sum(dim, keepdim=keepdim).log()


def _logsumexp_shifted(self: Any, dim: int, keepdim: bool = False) -> Any:
    return (self - self.detach().amax(dim, keepdim=True)).exp().sum(dim, keepdim=keepdim).log()


def _logsumexp_largest(self: Any, dim: int, keepdim: bool = False) -> Any:
    return self.amax(dim, keepdim=keepdim)


def _logsumexp_mean(self: Any, dim: int, keepdim: bool = False) -> Any:
    return _logsumexp(self, dim, keepdim) - math.log(self.shape[dim])


def _logsumexp_times(self: Any, dim: int, keepdim: bool = False) -> Any:
    largest = self.detach().amax(dim, keepdim=True)
    total = (self - largest).exp().sum(dim, keepdim=keepdim)
    return total.log() * largest.reshape(total.shape)


def _logsumexp_axis_lost(self: Any, dim: int, keepdim: bool = False) -> Any:
    return _logsumexp(self, dim)


def _logsumexp_one_maximum(self: Any, dim: int, keepdim: bool = False) -> Any:
    m = self.detach().max()
    return m + (self - m).exp().sum(dim, keepdim=keepdim).log()


def _logsumexp_table(self: Any, dim: int, keepdim: bool = False) -> Any:
    m = self.detach().amax(dim, keepdim=True)
    return m + (self - m).exp().sum(dim, keepdim=keepdim).log()


def _logsumexp_always_kept(self: Any, dim: int, keepdim: bool = False) -> Any:
    return _logsumexp(self, dim, keepdim=True)


def _logsumexp_squeezed(self: Any, dim: int, keepdim: bool = False) -> Any:
    y = _logsumexp(self, dim, keepdim=True)
    return y if keepdim else y.squeeze()


def _logsumexp_half_detached(self: Any, dim: int, keepdim: bool = False) -> Any:
    m = self.amax(dim, keepdim=True)
    y = m + (self - m.detach()).exp().sum(dim, keepdim=True).log()
    return y if keepdim else y.squeeze(dim)


LOGSUMEXP = Exercise(
    id="09.logsumexp",
    target="tinygrad_course.methods.reductions.Reductions.logsumexp",
    minutes=8,
    difficulty=3,
    reference=Reductions.logsumexp,
    cases=(
        trial("scores (1, 2, 4)", lambda f, x: f(x, 0), given(1.0, 2.0, 4.0)),
        trial("scores of shape (2, 3), dim=1", lambda f, x: f(x, 1), SCORES),
        trial("the same with keepdim=True", lambda f, x: f(x, 1, keepdim=True), SCORES),
        trial("scores of shape (2, 3), dim=0", lambda f, x: f(x, 0), SCORES),
        trial("scores (1000, 1001)", lambda f, x: f(x, 0), given(FAR, FAR + 1)),
        trial("rows (0, 1) and (-1000, -1001), dim=1", lambda f, x: f(x, 1), given([0.0, 1], [-FAR, -1001])),
        trial("scores of shape (1, 3), dim=1", lambda f, x: f(x, 1), given([1.0, 2.0, 4.0])),
    ),
    accepts=(_logsumexp, _logsumexp_kept),
    mistakes=(
        Mistake(
            "without the maximum",
            _logsumexp_naive,
            "Right for small scores; e to the power of 1000 is infinity, and its logarithm is lost. Take the largest "
            "score out first.",
        ),
        Mistake(
            "maximum not put back",
            _logsumexp_shifted,
            "Your result is too small by the largest score. log(eᵐ · s) is m + log s: what was taken out inside comes "
            "back outside.",
        ),
        Mistake(
            "one maximum for all",
            _logsumexp_one_maximum,
            "You take the largest score of the whole tensor out. In a row that lies far below it, every exponential is "
            "then 0. Each row needs its own maximum, along dim.",
        ),
        Mistake(
            "shapes that do not match",
            _logsumexp_table,
            "The largest has kept its axis and the sum has lost it, so that adding the two makes a table. Keep the "
            "axis in both, and squeeze it out at the end unless keepdim is True.",
        ),
        Mistake(
            "axis always kept",
            _logsumexp_always_kept,
            "Your result keeps the axis also where keepdim is False. Squeeze it out then: squeeze(dim).",
        ),
        Mistake(
            "every axis squeezed",
            _logsumexp_squeezed,
            "squeeze() takes away every axis of size 1. Say which one: squeeze(dim).",
        ),
        Mistake(
            "detached once",
            _logsumexp_half_detached,
            "The largest is detached inside and not outside, so that it gets a gradient of its own. Detach it where "
            "you compute it.",
        ),
        Mistake(
            "the largest alone",
            _logsumexp_largest,
            "You return the largest score. It is close when one score is far above the rest, which is where the name "
            "softmax comes from; the others count as well.",
        ),
        Mistake(
            "mean for sum",
            _logsumexp_mean,
            "Your result is too small by the logarithm of how many scores there are: a mean where a sum is wanted.",
        ),
        Mistake(
            "times for plus",
            _logsumexp_times,
            "The largest score is multiplied with the logarithm. The logarithm of a product is a sum.",
        ),
        Mistake(
            "keepdim ignored",
            _logsumexp_axis_lost,
            "With keepdim=True the axis that was summed stays, with size 1, so that the result can be taken away from "
            "the scores.",
        ),
    ),
    hints=(
        "What is log(e¹⁰⁰⁰ + e¹⁰⁰¹), worked out with pencil and paper?",
        "With m the largest score along dim, the answer is m + log of the sum of e^(score − m). Mind the axis of m "
        "when the result has lost it.",
        "Fill in what is missing:\nlargest = self.detach().amax(dim, keepdim=True)\ntotal = (...).exp().sum(..., "
        "keepdim=...)\nreturn ... + largest.reshape(...)",
    ),
)
