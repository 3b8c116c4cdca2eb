"""Lesson 09, Losses: squared errors, probabilities from scores without overflow, cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tinygrad_course as tg
from tinygrad_course.methods.reductions import Reductions
from tinygrad_course.nn import loss as losses

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction

FAR = 1e3  # e to this power is no number any more


def given(*rows: Any) -> Any:
    """A tensor of float64."""
    return tg.tensor(list(rows), dtype=tg.float64)


def trial(name: str, call: Callable[..., Any], *inputs: Any, slopes: bool = True) -> Case:
    """A case: call(piece, *inputs), and the gradient of its sum by the first input."""

    def run(piece: Piece) -> dict[str, Any]:
        first, *rest = (x.clone() for x in inputs)
        first.requires_grad_()
        y = call(piece, first, *rest)
        if slopes:
            y.sum().backward()
        return {"result": y.detach(), **({"gradient of the first input": first.grad} if slopes else {})}

    return Case(name, run)


# mse_loss


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
    return _mse(input, target, reduction) ** 0.5


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


# softmax


def _softmax(self: Any, dim: int) -> Any:
    z = (self - self.detach().amax(dim, keepdim=True)).exp()
    return z / z.sum(dim, keepdim=True)


def _softmax_by_log(self: Any, dim: int) -> Any:
    return (self - self.logsumexp(dim, keepdim=True)).exp()


def _softmax_naive(self: Any, dim: int) -> Any:
    z = self.exp()
    return z / z.sum(dim, keepdim=True)


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


SCORES = given([1.0, 2.0, 4.0], [0.5, -1.0, 0.0])


def _weighted(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call's result times 1, 2, 3, …, so that its sum has a slope."""

    def run(piece: Piece, x: Any) -> Any:
        y = call(piece, x)
        return y * (tg.arange(y.numel()).reshape(y.shape) + 1)

    return run


SOFTMAX = Exercise(
    id="09.softmax",
    target="tinygrad_course.methods.reductions.Reductions.softmax",
    minutes=8,
    difficulty=2,
    reference=Reductions.softmax,
    cases=(
        trial("scores (1, 2, 4), times (1, 2, 3)", _weighted(lambda f, x: f(x, 0)), given(1.0, 2.0, 4.0)),
        trial("scores of shape (2, 3), dim=1", _weighted(lambda f, x: f(x, 1)), SCORES),
        trial("scores of shape (2, 3), dim=0", _weighted(lambda f, x: f(x, 0)), SCORES),
        trial("scores (1000, 1001)", _weighted(lambda f, x: f(x, 0)), given(FAR, FAR + 1)),
        trial("rows (0, 1) and (-1000, -1001), dim=1", _weighted(lambda f, x: f(x, 1)), given([0.0, 1], [-FAR, -1001])),
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


# logsumexp


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


# log_softmax


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


LOG_SOFTMAX = Exercise(
    id="09.log_softmax",
    target="tinygrad_course.methods.reductions.Reductions.log_softmax",
    minutes=5,
    difficulty=2,
    reference=Reductions.log_softmax,
    cases=(
        trial("scores (1, 2, 4), times (1, 2, 3)", _weighted(lambda f, x: f(x, 0)), given(1.0, 2.0, 4.0)),
        trial("scores of shape (2, 3), dim=1", _weighted(lambda f, x: f(x, 1)), SCORES),
        trial("scores of shape (2, 3), dim=0", _weighted(lambda f, x: f(x, 0)), SCORES),
        trial("scores (0, 30, 1000)", _weighted(lambda f, x: f(x, 0)), given(0.0, 30.0, FAR)),
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


# cross_entropy


def _cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    surprise = -input.log_softmax(1)[tg.arange(len(target)), target]
    return {"mean": surprise.mean, "sum": surprise.sum, "none": lambda: surprise}[reduction]()


def _cross_entropy_by_mask(input: Any, target: Any, reduction: str = "mean") -> Any:
    right = (tg.arange(input.shape[1]) == target[:, None]).to(input.dtype)
    surprise = input.logsumexp(1) - (input * right).sum(1)
    return {"mean": surprise.mean, "sum": surprise.sum, "none": lambda: surprise}[reduction]()


def _reduced(surprise: Any, reduction: str) -> Any:
    return {"mean": surprise.mean, "sum": surprise.sum, "none": lambda: surprise}[reduction]()


def _cross_entropy_sign(input: Any, target: Any, reduction: str = "mean") -> Any:
    return -_cross_entropy(input, target, reduction)


def _cross_entropy_twice(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _cross_entropy(input.softmax(1), target, reduction)


def _cross_entropy_columns(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _reduced(-input.log_softmax(1)[:, target], reduction)


def _cross_entropy_axis(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _reduced(-input.log_softmax(0)[tg.arange(len(target)), target], reduction)


def _cross_entropy_every(input: Any, target: Any, reduction: str = "mean") -> Any:
    surprise = -input.log_softmax(1)[tg.arange(len(target)), target]
    return surprise.sum() / input.numel() if reduction == "mean" else _reduced(surprise, reduction)


def _cross_entropy_summed(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _cross_entropy(input, target, "none" if reduction == "none" else "sum")


def _cross_entropy_no_log(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _reduced(1 - input.softmax(1)[tg.arange(len(target)), target], reduction)


def _cross_entropy_scores(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _reduced(-input[tg.arange(len(target)), target], reduction)


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


# binary_cross_entropy_with_logits


def _bce(input: Any, target: Any, reduction: str = "mean") -> Any:
    surprise = input.relu() - input * target + (1 + (-input.abs()).exp()).log()
    return _reduced(surprise, reduction)


def _bce_by_softplus(input: Any, target: Any, reduction: str = "mean") -> Any:
    away = input * (1 - 2 * target)
    zeros = tg.zeros_like(away)
    return _reduced(tg.stack([away, zeros]).logsumexp(0), reduction)


def _bce_naive(input: Any, target: Any, reduction: str = "mean") -> Any:
    p = input.sigmoid()
    return _reduced(-(target * p.log() + (1 - target) * (1 - p).log()), reduction)


def _bce_half(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _reduced(-target * -_softplus(-input), reduction)


def _softplus(x: Any) -> Any:
    return x.relu() + (1 + (-x.abs()).exp()).log()


def _bce_other_class(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _bce(input, 1 - target, reduction)


def _bce_sign(input: Any, target: Any, reduction: str = "mean") -> Any:
    return -_bce(input, target, reduction)


def _bce_twice(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _bce(input.sigmoid(), target, reduction)


def _bce_summed(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _bce(input, target, "none" if reduction == "none" else "sum")


LOGITS, YES = given(0.5, -2.0, 3.0, -0.5), given(1.0, 0.0, 0.0, 1.0)

BINARY = Exercise(
    id="09.binary_cross_entropy_with_logits",
    target="tinygrad_course.nn.loss.binary_cross_entropy_with_logits",
    minutes=10,
    difficulty=4,
    reference=losses.binary_cross_entropy_with_logits,
    cases=(
        trial("score 0.5, target 1", lambda f, x, y: f(x, y), given(0.5), given(1.0)),
        trial("4 scores, targets (1, 0, 0, 1)", lambda f, x, y: f(x, y), LOGITS, YES),
        trial('the same with reduction="sum"', lambda f, x, y: f(x, y, reduction="sum"), LOGITS, YES),
        trial('the same with reduction="none"', lambda f, x, y: f(x, y, reduction="none"), LOGITS, YES),
        trial("scores (1000, -1000), targets (0, 1)", lambda f, x, y: f(x, y), given(FAR, -FAR), given(0.0, 1.0)),
    ),
    accepts=(_bce, _bce_by_softplus),
    mistakes=(
        Mistake(
            "by the formula",
            _bce_naive,
            "Right for small scores. At a score of 1000 sigmoid is 1 to the last digit, and log(1 − 1) is minus "
            "infinity. Work with the score itself, as in the line above the exercise.",
        ),
        Mistake(
            "one half",
            _bce_half,
            "Targets of 0 cost nothing in your loss, so that a model that always says yes would be perfect. Both "
            "answers have their term.",
        ),
        Mistake(
            "other class",
            _bce_other_class,
            "A target of 1 counts as 0 in your loss, and the other way round: the model would learn the opposite.",
        ),
        Mistake("sign", _bce_sign, "Your loss is negative, and falls as the model gets worse."),
        Mistake(
            "sigmoid first",
            _bce_twice,
            "You put the score through sigmoid, and then treat the result as a score once more.",
        ),
        Mistake(
            "summed",
            _bce_summed,
            "You add the losses up, where the mean is asked for.",
        ),
    ),
    hints=(
        "When target is 1, which expression of the score is left, and when it is 0?",
        "max(x, 0) is x.relu(), and |x| is x.abs(). With those, the stable form is one line; then reduce.",
        'Fill in what is missing:\nsurprise = input.relu() - ... + (1 + ...).log()\nif reduction == "none":\n    '
        "return ...\nreturn ...",
    ),
)


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
