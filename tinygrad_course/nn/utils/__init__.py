"""What training programs do to the parameters and gradients of a model as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ...autograd import no_grad
from ...methods.joining import cat
from ...tensor import Tensor
from . import rnn as rnn


def gradients_of(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients of one tensor or of several, of those that have one."""
    params = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in params if p.grad is not None]


@no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients together, in place, so that their common norm is max_norm at most; return what it was.

    One bad batch then cannot throw a network off. norm_type: 2, another power, or math.inf for the largest element.
    Raises RuntimeError for a norm that is not finite, if error_if_nonfinite.
    """
    gradients = gradients_of(parameters)
    norms = [g.norm(norm_type).item() for g in gradients]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        cure = "look for the layer that made it, or set error_if_nonfinite=False to scale by it all the same"
        raise RuntimeError(f"The total norm of order {norm_type} for gradients is {total}: {cure}")
    scale = min(1.0, max_norm / (total + 1e-6)) if not math.isnan(total) else total
    for g in gradients:
        g.mul_(scale)
    return Tensor(np.asarray(total, gradients[0].dtype if gradients else np.float32))


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of every gradient between -clip_value and clip_value, in place."""
    for g in gradients_of(parameters):
        g.clamp_(-clip_value, clip_value)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Lay the parameters end to end in one vector."""
    return cat([p.reshape(-1) for p in parameters])


@no_grad()
def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write a vector into the parameters, in their order. Raises ValueError if its length is not theirs together."""
    params = list(parameters)
    count = sum(p.numel() for p in params)
    if vec.shape != (count,):
        raise ValueError(f"the parameters hold {count} numbers, and the vector has shape {list(vec.shape)}")
    for p, part in zip(params, vec.split([p.numel() for p in params]), strict=True):
        p.copy_(part.reshape(p.shape))
