"""softmax makes of scores positive numbers that add up to 1, without overflow."""

from __future__ import annotations

from typing import Any

from tinygrad_course.methods.reductions import Reductions

from ...exercise import Exercise, Mistake
from ..tensors import given
from .trials import FAR, SCORES, trial, weighted


def _softmax(self: Any, dim: int) -> Any:
    z = (self - self.detach().amax(dim, keepdim=True)).exp()
    return z / z.sum(dim, keepdim=True)


def _softmax_by_log(self: Any, dim: int) -> Any:
    return (self - self.logsumexp(dim, keepdim=True)).exp()


def _softmax_naive(self: Any, dim: int) -> Any:
    z = self.exp()
    return z / z.sum(dim, keepdim=True)


def _softmax_of_the_page(self: Any, dim: int) -> Any:
    z = self.exp()
    return z / z.sum()


def _softmax_all(self: Any, dim: int) -> Any:
    z = (self - self.detach().amax(dim, keepdim=True)).exp()
    return z / z.sum()


def _softmax_one_maximum(self: Any, dim: int) -> Any:
    z = (self - self.detach().max()).exp()
    return z / z.sum(dim, keepdim=True)


def _softmax_last(self: Any, dim: int) -> Any:
    return _softmax(self, -1)


def _softmax_by_size(self: Any, dim: int) -> Any:
    z = self - self.detach().amin(dim, keepdim=True)
    return z / z.sum(dim, keepdim=True)


def _softmax_to_largest(self: Any, dim: int) -> Any:
    return (self - self.detach().amax(dim, keepdim=True)).exp()


def _softmax_sigmoid(self: Any, dim: int) -> Any:
    return self.sigmoid()


SOFTMAX = Exercise(
    id="09.softmax",
    target="tinygrad_course.methods.reductions.Reductions.softmax",
    minutes=8,
    difficulty=2,
    reference=Reductions.softmax,
    cases=(
        trial("scores (1, 2, 4), times (1, 2, 3)", weighted(lambda f, x: f(x, 0)), given(1.0, 2.0, 4.0)),
        trial("scores of shape (2, 3), dim=1", weighted(lambda f, x: f(x, 1)), SCORES),
        trial("scores of shape (2, 3), dim=0", weighted(lambda f, x: f(x, 0)), SCORES),
        trial("scores (0, 1000, 1001)", weighted(lambda f, x: f(x, 0)), given(0.0, FAR, FAR + 1)),
        trial("rows (0, 1) and (-1000, -1001), dim=1", weighted(lambda f, x: f(x, 1)), given([0.0, 1], [-FAR, -1001])),
    ),
    accepts=(_softmax, _softmax_by_log),
    mistakes=(
        Mistake(
            "without the maximum",
            _softmax_naive,
            "Right, as long as the scores are small. e to the power of 1000 is more than a float can hold: infinity "
            "over infinity is nan. Only differences of scores matter, so take the largest away from all of them first.",
        ),
        Mistake(
            "as in the cell above",
            _softmax_of_the_page,
            "That is the naive softmax from above. Two things are missing: the sum goes along dim and keeps its axis, "
            "and the largest score along dim is taken away first.",
        ),
        Mistake(
            "one sum for all",
            _softmax_all,
            "All rows together add up to 1. Each row is a distribution of its own: add up along dim, and keep the "
            "axis, so that the shapes fit.",
        ),
        Mistake(
            "one maximum for all",
            _softmax_one_maximum,
            "You take the largest score of the whole tensor away. In a row that lies far below it, every exponential "
            "is then 0, and 0 over 0 is nan. Each row needs its own maximum, along dim.",
        ),
        Mistake(
            "last axis always",
            _softmax_last,
            "dim is not used: the sums go along the last axis, whatever was asked for.",
        ),
        Mistake(
            "without exp",
            _softmax_by_size,
            "Your shares are in proportion to the scores themselves. It takes the exponential to make every share "
            "positive, and to let differences of scores be ratios of shares.",
        ),
        Mistake(
            "not divided",
            _softmax_to_largest,
            "Your numbers do not add up to 1: the largest is 1 already. Divide by their sum along dim.",
        ),
        Mistake(
            "sigmoid",
            _softmax_sigmoid,
            "You take each score for itself, which answers many questions with yes or no. Here the classes exclude "
            "each other, and have to share.",
        ),
    ),
    hints=(
        "What does it do to the shares if you take the same number away from every score?",
        "Take the maximum along dim away, keeping the axis. Then exponentials, then divide by their sum along dim.",
        "Fill in what is missing:\nshifted = self - self.detach().amax(..., keepdim=...)\nz = ...\nreturn z / ...",
    ),
)
