"""Losses: each one as a function of nn.functional, and as a module that keeps its options.

reduction, in all of them: "mean" (average the losses of all elements), "sum", or "none" (give them as they are).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..fused import FusedCrossEntropy
from ..methods.pointwise import where
from ..modes import modes
from ..tensor import Tensor
from .activation import log_softmax
from .stateless import Stateless


def reduced(losses: Tensor, reduction: str, count: Any = None) -> Tensor:
    """Average losses ("mean": their sum over `count`, or over how many they are), sum them, or give them as they are.

    Raises ValueError for another reduction.
    """
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean() if count is None else losses.sum() / count
    raise ValueError(f'{reduction} is not a valid value for reduction: use "mean", "sum" or "none"')


# Of numbers


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the squared difference."""
    compare_sizes(input, target)
    away = input - target
    return reduced(away * away, reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the absolute difference."""
    compare_sizes(input, target)
    return reduced((input - target).abs(), reduction)


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Return half the squared difference up to delta, and beyond it a straight line of slope delta.

    Raises ValueError unless delta is above 0.
    """
    if delta <= 0:
        raise ValueError(f"huber_loss does not support non-positive values for delta, and it is {delta}")
    compare_sizes(input, target)
    away = (input - target).abs()
    return reduced(where(away < delta, away * away * 0.5, delta * (away - 0.5 * delta)), reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return huber_loss divided by beta: the slope beyond beta is 1. With beta 0 it is l1_loss."""
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, and it is {beta}")
    return l1_loss(input, target, reduction) if beta == 0 else huber_loss(input, target, reduction, beta) / beta


def compare_sizes(input: Tensor, target: Tensor) -> None:
    """Warn where a loss compares tensors of different shapes: broadcasting would compare each with each."""
    if target.shape != input.shape:
        sizes = f"a target size ({list(target.shape)}) that is different to the input size ({list(input.shape)})"
        warnings.warn(f"Using {sizes}: each is compared with each by broadcasting; reshape one of them", stacklevel=3)


# Of probabilities


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Return -(y log p + (1 - y) log(1 - p)) for probabilities p; each logarithm is taken as -100 at the least.

    Raises ValueError for different shapes, and RuntimeError for p outside 0 to 1. From scores, take
    binary_cross_entropy_with_logits, which is stable.
    """
    same_size(input, target)
    if input.numel() and not (input.data.min() >= 0 and input.data.max() <= 1):
        raise RuntimeError("all elements of input should be between 0 and 1: of scores, take the loss with_logits")
    losses = -(target * floored_log(input) + (1 - target) * floored_log(1 - input))
    return reduced(losses if weight is None else losses * weight, reduction)


def floored_log(p: Tensor) -> Tensor:
    """The logarithm of p, but -100 where it is less, with slope 0 there."""
    held = Tensor(p.data > np.exp(-100.0))
    return where(held, where(held, p, 1).log(), -100)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return binary_cross_entropy of sigmoid(input), without forming it: stable for scores of any size.

    pos_weight: how much positive targets count, as for a class that is rare. Raises ValueError for different shapes.
    """
    same_size(input, target)
    scale = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
    losses = (1 - target) * input + scale * ops.Softplus(-input)
    return reduced(losses if weight is None else losses * weight, reduction)


def same_size(input: Tensor, target: Tensor) -> None:
    """Raise ValueError unless input and target have one shape."""
    if target.shape != input.shape:
        sizes = f"Target size ({list(target.shape)}) must be the same as input size ({list(input.shape)})"
        raise ValueError(f"{sizes}: reshape one of them, as in y.reshape(-1, 1)")


def kl_div(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Return how far probabilities `target` are from exp(input): target * (log target - input), added up.

    input: log probabilities. log_target: target holds logarithms too. reduction "batchmean" divides the sum by the
    number of rows, which is the divergence's mathematical definition; "mean" divides by the number of elements.
    """
    if log_target:
        losses = target.exp() * (target - input)
    else:
        positive = target > 0
        losses = where(positive, target * where(positive, target, 1).log(), 0) - target * input
    return losses.sum() / input.shape[0] if reduction == "batchmean" else reduced(losses, reduction)


# Of classes


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Return the negative log likelihood: minus the entry of `input`, log probabilities, at each target class.

    Arguments as for cross_entropy, of which this is the second half.
    """
    return class_loss(input, target, weight, ignore_index, reduction, 0.0)


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Return how far the scores `input` are from the target classes: minus the log of the right class's probability.

    input: (N, C), (C,) or (N, C, d1, ...), any real scores. target: class numbers, of input's shape without C;
    or probabilities of input's shape. weight: (C,), how much each class counts. ignore_index: targets that do not
    count. label_smoothing: the share of each target that is spread evenly over all classes.
    reduction: "mean" (over the weights of the targets), "sum" or "none".
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    plain = weight is None and label_smoothing == 0 and reduction in ("mean", "sum")
    if modes.fused and plain and all_count(input, target, ignore_index):
        return FusedCrossEntropy(input, target, reduction=reduction)
    scores = log_softmax(input, 1 if input.ndim > 1 else 0)
    if target.dtype.kind != "f" or target.shape != input.shape:
        return class_loss(scores, target, weight, ignore_index, reduction, label_smoothing)
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target: leave it out")
    return probability_loss(scores, target, weight, reduction, label_smoothing)


def all_count(scores: Tensor, target: Tensor, ignore_index: int) -> bool:
    """Whether these are (N, C) scores and N class numbers, of which none is wrong or to be ignored."""
    if scores.ndim != 2 or target.shape != scores.shape[:1] or target.dtype.kind not in "iu" or not len(target):
        return False
    classes = scores.shape[1]
    return not 0 <= ignore_index < classes and bool(target.data.min() >= 0 and target.data.max() < classes)


def class_loss(
    scores: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """The loss of log probabilities for class numbers: see cross_entropy."""
    check_classes(scores, target, weight)
    rows, t = rows_of_classes(scores), target.data.reshape(-1)
    counted = t != ignore_index
    wrong = t[counted & ((t < 0) | (t >= rows.shape[1]))]
    if wrong.size:
        raise IndexError(f"Target {wrong[0]} is out of bounds: there are {rows.shape[1]} classes, numbered from 0")
    t = np.where(counted, t, 0)
    losses, weights = -rows[np.arange(len(t)), t], counted
    if weight is not None:
        weights = weight.data[t] * counted
        losses = losses * Tensor(weights)
    if smoothing:
        spread = -(rows if weight is None else rows * weight.detach()).sum(1)
        losses = losses * (1 - smoothing) + spread * (smoothing / rows.shape[1])
    if not counted.all():
        losses = where(Tensor(counted), losses, 0)
    return reduced(losses.reshape(target.shape) if reduction == "none" else losses, reduction, float(weights.sum()))


def probability_loss(scores: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float) -> Tensor:
    """The loss of log probabilities for target probabilities: see cross_entropy."""
    axis = 1 if scores.ndim > 1 else 0
    classes = scores.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    terms = scores * target
    if weight is not None:
        terms = terms * weight.detach().reshape(-1, *(1,) * max(scores.ndim - 2, 0))
    return reduced(-terms.sum(axis), reduction, scores.numel() / classes)


def rows_of_classes(scores: Tensor) -> Tensor:
    """(N, C, d1, ...) as (N * d1 * ..., C), and (C,) as (1, C)."""
    if scores.ndim > 2:
        scores = scores.movedim(1, -1)
    return scores if scores.ndim == 2 else scores.reshape(-1, scores.shape[-1])


def check_classes(scores: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Raise what is wrong with the shapes or dtypes of a loss over classes."""
    classes = scores.shape[1 if scores.ndim > 1 else 0]
    wanted, given = scores.shape[:1] + scores.shape[2:] if scores.ndim > 1 else (), target.shape
    if target.dtype.kind not in "iu":
        cure = f"targets are class numbers, as y.long() gives, or probabilities of the shape {list(scores.shape)}"
        raise RuntimeError(f"expected scalar type Long but found {target.dtype}: {cure}")
    if weight is not None and weight.shape != (classes,):
        wrong = f"but got weight tensor of shape: {list(weight.shape)}"
        raise RuntimeError(f"weight tensor should be defined either for all {classes} classes or no classes {wrong}")
    if given != wanted and given and wanted and given[0] != wanted[0]:
        raise ValueError(f"Expected input batch_size ({wanted[0]}) to match target batch_size ({given[0]}).")
    if given != wanted:
        shapes = f"scores of shape {list(scores.shape)} take targets of {list(wanted)}, one class number for each row"
        raise RuntimeError(f"{shapes}; these have {list(given)}: y.reshape(...) or y.argmax(1) may be what you want")


# As modules


class Loss(Stateless):
    """What the losses share: they compare an input with a target, and their weights are buffers."""

    def __post_init__(self) -> None:
        for name in self.settings().keys() & {"weight", "pos_weight"}:
            self._register("buffer", name, getattr(self, name))

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # type: ignore[override]
        """Return the loss."""
        return type(self).function(input, target, **self.settings())

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Distance(Loss):
    """A loss of numbers: how far they are from the target."""

    reduction: str = "mean"


class MSELoss(Distance, function=mse_loss):
    """Squared difference: see nn.functional.mse_loss."""


class L1Loss(Distance, function=l1_loss):
    """Absolute difference: see nn.functional.l1_loss."""


class HuberLoss(Distance, function=huber_loss):
    """Squared difference up to delta, a straight line beyond: see nn.functional.huber_loss."""

    delta: float = 1.0


class SmoothL1Loss(Distance, function=smooth_l1_loss):
    """Huber loss divided by beta: see nn.functional.smooth_l1_loss."""

    beta: float = 1.0


class KLDivLoss(Distance, function=kl_div):
    """How far probabilities are from others: see nn.functional.kl_div."""

    log_target: bool = False


class BCELoss(Loss, function=binary_cross_entropy):
    """Binary cross-entropy of probabilities: see nn.functional.binary_cross_entropy."""

    weight: Tensor | None = None
    reduction: str = "mean"


class BCEWithLogitsLoss(Loss, function=binary_cross_entropy_with_logits):
    """Binary cross-entropy of scores: see nn.functional.binary_cross_entropy_with_logits."""

    weight: Tensor | None = None
    reduction: str = "mean"
    pos_weight: Tensor | None = None


class ClassLoss(Loss):
    """A loss of classes."""

    weight: Tensor | None = None
    ignore_index: int = -100
    reduction: str = "mean"


class NLLLoss(ClassLoss, function=nll_loss):
    """Negative log likelihood of log probabilities: see nn.functional.nll_loss."""


class CrossEntropyLoss(ClassLoss, function=cross_entropy):
    """Cross-entropy of scores: see nn.functional.cross_entropy."""

    label_smoothing: float = 0.0
