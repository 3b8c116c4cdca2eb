"""Layers, activations and losses as plain functions. Arguments have PyTorch's names and order."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return input @ weight.T + bias: (..., n) with a weight of (m, n) and a bias of (m,) gives (..., m).

    Raises RuntimeError if the input's last axis has not the size that the weight takes.
    """
    if input.ndim == 0 or input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(misfit(input.shape, weight.shape))
    z = input @ weight.mT
    return z if bias is None else z + bias


def misfit(shape: tuple[int, ...], weight: tuple[int, ...]) -> str:
    """What is wrong with an input of this shape for a linear layer, and what would mend it."""
    text = f"linear: the input has shape {list(shape)}, but the weight {list(weight)} takes a last axis of {weight[-1]}"
    fits = int(np.prod(shape[1:])) == weight[-1]
    return f"{text}: flatten it first, with x.flatten(1) or nn.Flatten()" if fits else text


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the input where it is positive, else 0; inplace: write that into the input itself."""
    return input.relu_() if inplace else input.relu()


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Return exp(x) / sum(exp(x)) along the axis `dim`: positive numbers that add up to 1. Large x do not overflow."""
    z = below_largest(input if dtype is None else input.to(dtype), dim).exp()
    return z / z.sum(dim, keepdim=True)


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Return the logarithm of softmax along the axis `dim`, exact also where softmax itself is too small to hold."""
    x = below_largest(input if dtype is None else input.to(dtype), dim)
    return x - x.exp().sum(dim, keepdim=True).log()


def below_largest(x: Tensor, dim: int) -> Tensor:
    """Return x minus its largest value along `dim`, taken as a constant: exp of the result is at most 1.

    The constant changes neither softmax nor its gradient. Raises RuntimeError for integers.
    """
    if x.dtype.kind != "f":
        raise RuntimeError(f"softmax: expected a floating point tensor, got {x.dtype}; use x.float()")
    return x if x.numel() == 0 else x - x.detach().amax(dim, keepdim=True)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Return the squared difference, averaged ("mean"), summed ("sum") or for each element ("none")."""
    if target.shape != input.shape:
        warnings.warn(
            f"Using a target size ({list(target.shape)}) that is different to the input size ({list(input.shape)}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=2,
        )
    away = input - target
    return reduced(away * away, reduction)


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


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Return the negative log likelihood: minus the entry of `input`, log probabilities, at each target class.

    Arguments as for cross_entropy, of which this is the second half.
    """
    return class_loss(input, target, weight, ignore_index, reduction, 0.0)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return how far the scores `input` are from the target classes: minus the log of the right class's probability.

    input: (N, C), (C,) or (N, C, d1, ...), any real scores. target: class numbers, of input's shape without C;
    or probabilities of input's shape. weight: (C,), how much each class counts. ignore_index: targets that do not
    count. label_smoothing: the share of each target that is spread evenly over all classes.
    reduction: "mean" (over the weights of the targets), "sum" or "none".
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    scores = log_softmax(input, class_axis(input))
    if target.dtype.kind == "f" and target.shape == input.shape:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target: leave it out")
        return probability_loss(scores, target, weight, reduction, label_smoothing)
    return class_loss(scores, target, weight, ignore_index, reduction, label_smoothing)


def class_axis(input: Tensor) -> int:
    """The axis of the classes: the second, or the only one."""
    return 1 if input.ndim > 1 else 0


def class_loss(
    scores: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """The loss of log probabilities for class numbers: see cross_entropy. Rows that do not count are never read."""
    check_classes(scores, target, weight)
    rows, t = rows_of_classes(scores), target.data.reshape(-1)
    counted = np.flatnonzero(t != ignore_index)
    t = t[counted]
    if t.size and (t.min() < 0 or t.max() >= rows.shape[1]):
        wrong = t[(t < 0) | (t >= rows.shape[1])][0]
        raise IndexError(f"Target {wrong} is out of bounds: there are {rows.shape[1]} classes, numbered from 0")
    losses = -rows[counted, t]
    weights = np.ones(len(t), rows.dtype) if weight is None else weight.data[t]
    if weight is not None:
        losses = losses * Tensor(weights)
    if smoothing:
        spread = -rows[counted] if weight is None else -rows[counted] * weight.detach()
        losses = losses * (1 - smoothing) + spread.sum(1) * (smoothing / rows.shape[1])
    if reduction == "none":
        losses = ops.AddInto(losses, counted, size=(target.numel(),), key=(ops.indexing.ARRAY,))
        return losses.reshape(target.shape)
    return reduced(losses, reduction, float(weights.sum()))


def rows_of_classes(scores: Tensor) -> Tensor:
    """(N, C, d1, ...) as (N * d1 * ..., C), and (C,) as (1, C)."""
    if scores.ndim > 2:
        scores = scores.permute(0, *range(2, scores.ndim), 1)
    return scores if scores.ndim == 2 else scores.reshape(-1, scores.shape[-1])


def probability_loss(scores: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float) -> Tensor:
    """The loss of log probabilities for target probabilities: see cross_entropy."""
    axis = class_axis(scores)
    classes = scores.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    terms = scores * target
    if weight is not None:
        terms = terms * weight.detach().reshape(-1, *(1,) * max(scores.ndim - 2, 0))
    losses = -terms.sum(axis)
    return reduced(losses, reduction, scores.numel() / classes)


def check_classes(scores: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Raise what is wrong with the shapes or dtypes of a loss over classes."""
    if target.dtype.kind not in "iu":
        raise RuntimeError(
            f"expected scalar type Long but found {target.dtype}: targets are class numbers, as y.long() gives, "
            f"or probabilities of the input's shape {list(scores.shape)}"
        )
    if weight is not None and weight.shape != (scores.shape[class_axis(scores)],):
        raise RuntimeError(
            f"weight tensor should be defined either for all {scores.shape[class_axis(scores)]} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
    wanted = scores.shape[:1] + scores.shape[2:] if scores.ndim > 1 else ()
    if target.shape == wanted:
        return
    if scores.ndim > 1 and target.ndim and target.shape[0] != scores.shape[0]:
        raise ValueError(
            f"Expected input batch_size ({scores.shape[0]}) to match target batch_size ({target.shape[0]})."
        )
    raise RuntimeError(
        f"targets for scores of shape {list(scores.shape)} have shape {list(wanted)}, one class number for each row; "
        f"these have {list(target.shape)}: y.reshape(...) or y.argmax(1) may be what you want"
    )
