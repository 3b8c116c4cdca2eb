"""Keeping gradients within bounds, so that one bad batch cannot throw a network off."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ...autograd import no_grad
from ...tensor import Tensor


def gradients_of(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients of one tensor or of several, of those that have one."""
    params = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in params if p.grad is not None]


@no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients together, in place, so that their common norm is max_norm at most; return what it was.

    norm_type: 2, another power, or math.inf for the largest element. Raises RuntimeError for a norm that is not finite,
    if error_if_nonfinite.
    """
    gradients = gradients_of(parameters)
    norms = [float(g.norm(norm_type).item()) for g in gradients]
    total = (
        max(norms, default=0.0) if norm_type == math.inf else float(np.linalg.norm(norms, norm_type) if norms else 0)
    )
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients is {total}, so it cannot be clipped: look for the "
            "layer that made it, or set error_if_nonfinite=False to scale by it all the same"
        )
    scale = min(1.0, max_norm / (total + 1e-6)) if not math.isnan(total) else total
    for g in gradients:
        g.mul_(scale)
    return Tensor(np.asarray(total, gradients[0].dtype if gradients else np.float32))


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of every gradient between -clip_value and clip_value, in place."""
    for g in gradients_of(parameters):
        g.clamp_(-clip_value, clip_value)
