"""binary_cross_entropy_with_logits gives the cross-entropy of sigmoid(input), without forming it."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course.nn import loss as losses

from ...exercise import Exercise, Mistake
from ..tensors import given
from .reduction import reduced
from .trials import FAR, trial


def _bce(input: Any, target: Any, reduction: str = "mean") -> Any:
    surprise = input.relu() - input * target + (1 + (-input.abs()).exp()).log()
    return reduced(surprise, reduction)


def _bce_by_softplus(input: Any, target: Any, reduction: str = "mean") -> Any:
    away = input * (1 - 2 * target)
    zeros = tg.zeros_like(away)
    return reduced(tg.stack([away, zeros]).logsumexp(0), reduction)


def _bce_naive(input: Any, target: Any, reduction: str = "mean") -> Any:
    p = input.sigmoid()
    return reduced(-(target * p.log() + (1 - target) * (1 - p).log()), reduction)


def _bce_half(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(-target * -_softplus(-input), reduction)


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


def _bce_without_size(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(input.relu() - input * target + (1 + (-input).exp()).log(), reduction)


def _bce_upwards(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced(input.relu() - input * target + (1 + input.abs().exp()).log(), reduction)


def _bce_overflowing(input: Any, target: Any, reduction: str = "mean") -> Any:
    return reduced((1 + input.exp()).log() - input * target, reduction)


def _bce_floored(input: Any, target: Any, reduction: str = "mean") -> Any:
    p = input.sigmoid()
    return reduced(-(target * (p + 1e-8).log() + (1 - target) * (1 - p + 1e-8).log()), reduction)


def _bce_always_mean(input: Any, target: Any, reduction: str = "mean") -> Any:
    return _bce(input, target)


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
            "without |x|",
            _bce_without_size,
            "The exponent is −|x|, and yours is −x. Where the score is negative your loss is too large, by its size.",
        ),
        Mistake(
            "the sign of the exponent",
            _bce_upwards,
            "The exponent is −|x|, never above 0, and yours is |x|. Write `(-input.abs()).exp()`.",
        ),
        Mistake(
            "overflow",
            _bce_overflowing,
            "Right for small scores. At a score of 1000 eˣ is infinity. The line above the exercise takes max(x, 0) "
            "out first, and has e^(−|x|).",
        ),
        Mistake(
            "a little added",
            _bce_floored,
            "You add something small so that the logarithm stays finite. Then a mistake never costs much, however sure "
            "it is, and has next to no gradient. Work with the score itself.",
        ),
        Mistake(
            "reduction ignored",
            _bce_always_mean,
            'reduction is not looked at: "sum" asks for the sum of the losses, and "none" for the losses themselves.',
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
