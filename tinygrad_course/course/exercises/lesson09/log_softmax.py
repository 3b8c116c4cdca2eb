"""log_softmax gives the logarithm of softmax, exact also where softmax itself is too small to hold."""

from __future__ import annotations

from typing import Any

from tinygrad_course.methods.reductions import Reductions

from ...exercise import Exercise, Mistake
from ..tensors import given
from .trials import FAR, SCORES, trial, weighted


def _log_softmax(self: Any, dim: int) -> Any:
    return self - self.logsumexp(dim, keepdim=True)


def _log_softmax_apart(self: Any, dim: int) -> Any:
    x = self - self.detach().amax(dim, keepdim=True)
    return x - x.exp().sum(dim, keepdim=True).log()


def _log_softmax_naive(self: Any, dim: int) -> Any:
    return self.softmax(dim).log()


def _log_softmax_sign(self: Any, dim: int) -> Any:
    return self.logsumexp(dim, keepdim=True) - self


def _log_softmax_divided(self: Any, dim: int) -> Any:
    return self / self.logsumexp(dim, keepdim=True)


def _log_softmax_last(self: Any, dim: int) -> Any:
    return _log_softmax(self, -1)


def _log_softmax_floored(self: Any, dim: int) -> Any:
    return (self.softmax(dim) + 1e-8).log()


def _log_softmax_by_hand(self: Any, dim: int) -> Any:
    return self - self.exp().sum(dim, keepdim=True).log()


def _log_softmax_half_shifted(self: Any, dim: int) -> Any:
    m = self.detach().amax(dim, keepdim=True)
    return self - (self - m).exp().sum(dim, keepdim=True).log()


LOG_SOFTMAX = Exercise(
    id="09.log_softmax",
    target="tinygrad_course.methods.reductions.Reductions.log_softmax",
    minutes=5,
    difficulty=2,
    reference=Reductions.log_softmax,
    cases=(
        trial("scores (1, 2, 4), times (1, 2, 3)", weighted(lambda f, x: f(x, 0)), given(1.0, 2.0, 4.0)),
        trial("scores of shape (2, 3), dim=1", weighted(lambda f, x: f(x, 1)), SCORES),
        trial("scores of shape (2, 3), dim=0", weighted(lambda f, x: f(x, 0)), SCORES),
        trial("scores (0, 30, 1000)", weighted(lambda f, x: f(x, 0)), given(0.0, 30.0, FAR)),
    ),
    accepts=(_log_softmax, _log_softmax_apart),
    mistakes=(
        Mistake(
            "logarithm of softmax",
            _log_softmax_naive,
            "You take the logarithm of softmax. A probability of e⁻¹⁰⁰⁰ is 0 in a computer, and the logarithm of 0 is "
            "minus infinity, where -1000 is right. The logarithm of a quotient is a difference: form that.",
        ),
        Mistake(
            "naive sum",
            _log_softmax_by_hand,
            "The formula is right, but e to the power of 1000 is infinity. logsumexp gives the same logarithm for any "
            "scores.",
        ),
        Mistake(
            "largest taken out once",
            _log_softmax_half_shifted,
            "You take the largest away inside the exponential and not outside, so that your result is too large by it. "
            "logsumexp puts it back.",
        ),
        Mistake(
            "a little added",
            _log_softmax_floored,
            "You add something small so that the logarithm stays finite. Then every small probability looks alike, and "
            "has next to no gradient: a class that is badly wrong never hears of it.",
        ),
        Mistake(
            "sign",
            _log_softmax_sign,
            "Your sign is turned round. Probabilities are at most 1, so their logarithms are at most 0.",
        ),
        Mistake(
            "divided",
            _log_softmax_divided,
            "You divide by the logarithm of the sum. The logarithm of a quotient is a difference.",
        ),
        Mistake("last axis always", _log_softmax_last, "dim is not used: your sums go along the last axis."),
    ),
    hints=(
        "Softmax is a quotient. What is the logarithm of a quotient?",
        "The logarithm of the numerator is the score itself, that of the denominator is logsumexp along dim. Keep the "
        "axis.",
        "Fill in what is missing:\nreturn self - ...",
    ),
)
