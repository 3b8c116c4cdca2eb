"""Metrics: how good the outputs of a model are, by the names and with the results of scikit-learn and torchmetrics.

input: what a model gives, target: what was right. Of classes, input holds scores of shape (n, classes, ...) for a
target of shape (n, ...). Or both have one shape, and input holds class numbers, or of two classes the probability of
class 1, from 0 to 1, or its score: it says 1 above 0.5 or, where a number is below 0 or above 1, above 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..creation import as_tensor
from ..tensor import Tensor


def arrays(input: Any, target: Any, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays of one dtype. Raises ValueError unless they have one shape."""
    given, wanted = as_tensor(input).data, as_tensor(target).data
    if given.shape != wanted.shape:
        raise ValueError(f"metrics: the input has shape {given.shape}, the target {wanted.shape}; reshape one of them")
    return given.astype(dtype), wanted.astype(dtype)


# Of classes


def labels(input: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """The class numbers that the input says, and the target's."""
    scores, true = as_tensor(input).data, as_tensor(target).data
    if scores.ndim == true.ndim + 1 and scores.shape[1] > 1:
        scores = scores.argmax(1)
    elif scores.dtype.kind == "f":
        scores = scores > (0 if ((scores < 0) | (scores > 1)).any() else 0.5)
    return arrays(scores, true, np.int64)


def accuracy(input: Any, target: Any) -> float:
    """Return the share of right classes."""
    said, true = labels(input, target)
    return float((said == true).mean())


def top_k_accuracy(input: Any, target: Any, k: int = 5) -> float:
    """Return the share of examples whose right class has one of the k highest scores, of shape (n, classes)."""
    highest = (-as_tensor(input).data).argsort(axis=1, kind="stable")[:, :k]
    return float((highest == as_tensor(target).data.reshape(len(highest), 1)).any(1).mean())


def confusion_matrix(input: Any, target: Any, num_classes: int = 0) -> Tensor:
    """Count how often each class, a row, was taken for which, a column; num_classes: 0 for those that occur."""
    pairs = np.stack(labels(input, target)).reshape(2, -1)
    n = num_classes or int(pairs.max()) + 1
    return Tensor(np.bincount(np.ravel_multi_index(tuple(pairs[::-1]), (n, n)), minlength=n * n).reshape(n, n))


def precision(input: Any, target: Any) -> float:
    """Return which share of what was said to be of a class is of it: the mean over all classes that occur."""
    return mean_hits(input, target, 1)


def recall(input: Any, target: Any) -> float:
    """Return which share of what is of a class was said to be of it: the mean over all classes that occur."""
    return mean_hits(input, target, 0)


def f1_score(input: Any, target: Any) -> float:
    """Return the harmonic mean of precision and recall of a class: the mean over all classes that occur."""
    return mean_hits(input, target, 0.5)


def mean_hits(input: Any, target: Any, weight: float) -> float:
    """Hits of a class over how often it was said, with this weight, and is true, with the rest; 0 where that is 0."""
    counts = confusion_matrix(input, target).data
    said, true = counts.sum(0), counts.sum(1)
    rates = counts.diagonal() / np.maximum(weight * said + (1 - weight) * true, 0.5)
    return float(rates[said + true > 0].mean())


# Of numbers


def mean_squared_error(input: Any, target: Any) -> float:
    """Return the mean of the squared differences."""
    return float(np.square(np.subtract(*arrays(input, target))).mean())


def mean_absolute_error(input: Any, target: Any) -> float:
    """Return the mean of the absolute differences."""
    return float(np.abs(np.subtract(*arrays(input, target))).mean())


def r2_score(input: Any, target: Any) -> float:
    """Return which share of the target's variance is explained: 1 for all of it, 0 for as good as the mean.

    Of shape (n, outputs), it is the mean over the outputs. A target without variance counts 1 if met, else 0.
    """
    given, wanted = arrays(input, target)
    left, spread = np.square(given - wanted).sum(0), np.square(wanted - wanted.mean(0)).sum(0)
    return float(np.where(spread > 0, 1 - left / np.where(spread > 0, spread, 1), left == 0).mean())
