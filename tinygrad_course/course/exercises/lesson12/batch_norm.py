"""batch_norm brings each channel to mean 0 and variance 1 over the batch, then scales and shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.nn import normalization

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import given


def _batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    if training:
        mean, n = input.mean(0), len(input)
        variance = ((input - mean) ** 2).mean(0)
        with tg.no_grad():
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (variance * n / (n - 1) - running_var)
    else:
        mean, variance = running_mean, running_var
    return normalization.affine((input - mean) / (variance + eps).sqrt(), weight, bias)


def _batch_norm_by_copy(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    mean, variance = (input.mean(0), input.var(0, correction=0)) if training else (running_mean, running_var)
    if training:
        with tg.no_grad():
            running_mean.copy_((1 - momentum) * running_mean + momentum * mean)
            running_var.copy_((1 - momentum) * running_var + momentum * input.var(0))
    z = (input - mean) * (variance + eps) ** -0.5
    z = z * weight if weight is not None else z
    return z + bias if bias is not None else z


def _wrong_batch_norm(change: Callable[..., Any]) -> Callable[..., Any]:
    """The mistake: change(input, mean, var, training, momentum) gives the statistics, and moves the running ones."""

    def batch_norm(
        input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
        training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
    ) -> Any:  # fmt: skip
        mean, variance = change(input, running_mean, running_var, training, momentum)
        return normalization.affine((input - mean) / (variance + eps).sqrt(), weight, bias)

    return batch_norm


def _batch_norm_none(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    return _batch_norm(input, running_mean, running_var, None, None, training, momentum, eps) * weight + bias


def _own(x: Any) -> tuple[Any, Any]:
    mean = x.mean(0)
    return mean, ((x - mean) ** 2).mean(0)


def _follow(running: Any, now: Any, share: float) -> None:
    running.data[...] = (1 - share) * running.data + share * now.data


@_wrong_batch_norm
def _batch_norm_always_own(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if training:
        _follow(mean, x.mean(0), momentum)
        _follow(variance, x.var(0), momentum)
    return _own(x)


@_wrong_batch_norm
def _batch_norm_biased(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    own = _own(x)
    _follow(mean, own[0], momentum)
    _follow(variance, own[1], momentum)
    return own


@_wrong_batch_norm
def _batch_norm_unbiased(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    return x.mean(0), x.var(0)


@_wrong_batch_norm
def _batch_norm_turned(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), 1 - momentum)
    _follow(variance, x.var(0), 1 - momentum)
    return _own(x)


@_wrong_batch_norm
def _batch_norm_never_follows(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    return _own(x) if training else (mean, variance)


@_wrong_batch_norm
def _batch_norm_always_follows(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    return _own(x) if training else (mean, variance)


@_wrong_batch_norm
def _batch_norm_rows(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    middle = x.mean(1, keepdim=True)
    return middle, ((x - middle) ** 2).mean(1, keepdim=True)


@_wrong_batch_norm
def _batch_norm_running_in_training(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if training:
        _follow(mean, x.mean(0), momentum)
        _follow(variance, x.var(0), momentum)
    return tg.Tensor(mean.data.copy()), tg.Tensor(variance.data.copy())


@_wrong_batch_norm
def _batch_norm_recorded(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    own = _own(x)
    mean.mul_(1 - momentum).add_(momentum * own[0])
    variance.mul_(1 - momentum).add_(momentum * x.var(0))
    return own


@_wrong_batch_norm
def _batch_norm_detached(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    own = _own(x)
    return own[0].detach(), own[1].detach()


@_wrong_batch_norm
def _batch_norm_unbiased_twice(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0) * len(x) / (len(x) - 1), momentum)
    return x.mean(0), x.var(0)


@_wrong_batch_norm
def _batch_norm_whole(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    middle, spread = x.mean(), x.var(correction=0)
    _follow(mean, middle, momentum)
    _follow(variance, spread * len(x) / (len(x) - 1), momentum)
    return middle, spread


@_wrong_batch_norm
def _batch_norm_counts_features(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    own, n = _own(x), x.shape[1]
    _follow(mean, own[0], momentum)
    _follow(variance, own[1] * n / (n - 1), momentum)
    return own


@_wrong_batch_norm
def _batch_norm_adds(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    mean.data[...] += momentum * x.mean(0).data
    variance.data[...] += momentum * x.var(0).data
    return _own(x)


def _batch_norm_case(name: str, *training: bool, affine: bool = False) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        mean, variance = given(0.0, 0.0, 0.0), given(1.0, 1.0, 1.0)
        weight, bias = (given(1.0, 2.0, 3.0), given(-1.0, 0.0, 1.0)) if affine else (None, None)
        x = tg.Tensor(np.sin(np.arange(15.0) ** 1.5).reshape(5, 3) * 2 + 1).requires_grad_()
        for mode in training:
            y = piece(x, mean, variance, weight, bias, mode, 0.25)
        (y * tg.Tensor(np.arange(15.0).reshape(5, 3))).sum().backward()
        return {"result": y.detach(), "running mean": mean, "running variance": variance, "gradient": x.grad}

    return Case(name, run)


BATCH_NORM = Exercise(
    id="12.batch_norm",
    target="tinygrad_course.nn.normalization.batch_norm",
    minutes=14,
    difficulty=4,
    reference=normalization.batch_norm,
    cases=(
        _batch_norm_case("input of shape (5, 3), training=True, momentum=0.25", True),
        _batch_norm_case("the same, training=False", False),
        _batch_norm_case("training twice, then training=False, with weight and bias", True, True, False, affine=True),
    ),
    accepts=(_batch_norm, _batch_norm_by_copy),
    mistakes=(
        Mistake(
            "the batch's own, always",
            _batch_norm_always_own,
            "With training=False your numbers still come from the batch, so that the answer for one example depends on "
            "its neighbours. Then the running mean and variance count.",
        ),
        Mistake(
            "running variance biased",
            _batch_norm_biased,
            "Your running variance is a little small. A batch's variance is an estimate of the whole world's, and as "
            "such is taken with n − 1: times n / (n − 1).",
        ),
        Mistake(
            "batch variance unbiased",
            _batch_norm_unbiased,
            "You normalise the batch by a variance with n − 1. For the batch itself it is the plain mean of the "
            "squares; n − 1 belongs to the running variance alone.",
        ),
        Mistake(
            "momentum turned round",
            _batch_norm_turned,
            "Your running numbers are nearly those of the last batch. momentum is the share of the new: (1 − momentum) "
            "· old + momentum · new.",
        ),
        Mistake(
            "never follows",
            _batch_norm_never_follows,
            "The running mean and variance stay what they were. running_mean = ... only gives the name to a new "
            "tensor: change the old one in place, with += or copy_.",
        ),
        Mistake(
            "always follows",
            _batch_norm_always_follows,
            "The running numbers change with training=False as well: a model that is only used would go on changing.",
        ),
        Mistake(
            "moves recorded",
            _batch_norm_recorded,
            "The moves of the running numbers are recorded, so that later gradients flow through them into old "
            "batches. Move them inside `with tg.no_grad():`.",
        ),
        Mistake(
            "statistics detached",
            _batch_norm_detached,
            "The result is right and its gradient is not: the batch's mean and variance depend on the input. Compute "
            "them outside of no_grad; only the running numbers are moved inside.",
        ),
        Mistake(
            "n - 1 twice",
            _batch_norm_unbiased_twice,
            "var() divides by n − 1 already. The batch is normalised by the plain mean of the squares, and only the "
            "running variance takes n − 1, once.",
        ),
        Mistake(
            "over everything",
            _batch_norm_whole,
            "You take one mean over all the numbers. Each feature has its own: go along axis 0.",
        ),
        Mistake(
            "features counted",
            _batch_norm_counts_features,
            "The running mean is right and the running variance is not: n is the number of examples, input.shape[0].",
        ),
        Mistake(
            "old not reduced",
            _batch_norm_adds,
            "You add the new share to the whole of the old number. Of the old one only the share 1 − momentum stays.",
        ),
        Mistake(
            "None as a tensor",
            _batch_norm_none,
            "weight and bias may be None, and nothing can be multiplied by that. Ask first: if weight is not None.",
        ),
        Mistake(
            "rows",
            _batch_norm_rows,
            "You normalise each example over its features. That is layer norm; here it goes over the batch, axis 0.",
        ),
        Mistake(
            "running numbers in training",
            _batch_norm_running_in_training,
            "In training you normalise by the running numbers, through which no gradient flows. The batch's own are "
            "meant.",
        ),
    ),
    hints=(
        "Which mean and variance does it use while it trains, and which later?",
        "In training take the batch's mean and plain variance along axis 0. Under no_grad the running mean moves "
        "towards that mean by the share momentum, and the running variance towards that variance times n / (n − 1). "
        "Otherwise take the running ones. Then go on as in layer norm.",
        "Fill in what is missing:\nif training:\n    mean = ...\n    variance = ...\n    with tg.no_grad():\n        "
        "running_mean += momentum * (...)\n        running_var += momentum * (...)\nelse:\n    ...\nz = ...\n...",
    ),
)
