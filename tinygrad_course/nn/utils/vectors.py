"""All parameters of a model as one vector."""

from __future__ import annotations

from collections.abc import Iterable

from ...autograd import no_grad
from ...methods.joining import cat
from ...tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Lay the parameters end to end in one vector."""
    return cat([p.reshape(-1) for p in parameters])


@no_grad()
def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write a vector into the parameters, in their order. Raises ValueError if its length is not theirs together."""
    params = list(parameters)
    if vec.shape != (sum(p.numel() for p in params),):
        raise ValueError(
            f"vector_to_parameters: the parameters hold {sum(p.numel() for p in params)} numbers, and the vector has "
            f"shape {list(vec.shape)}"
        )
    start = 0
    for p in params:
        p.copy_(vec[start : start + p.numel()].reshape(p.shape))
        start += p.numel()
