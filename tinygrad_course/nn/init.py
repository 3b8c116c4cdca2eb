"""The numbers that parameters begin with. Every function here fills a tensor in place and returns it."""

from __future__ import annotations

import math

from ..autograd import no_grad
from ..random import Generator
from ..tensor import Tensor

GAINS = {"linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor that keeps a signal's size through a nonlinearity; param: the slope of a leaky_relu (0.01).

    Raises ValueError for a name that is not known.
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}; use one of {[*GAINS, 'leaky_relu']}")
    return GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs each output of a weight sees, and how many outputs each input reaches.

    A weight is (outputs, inputs, ...); axes after the second are a convolution's window.
    Raises ValueError for fewer than 2 axes.
    """
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with random numbers, evenly spread from a to b."""
    return tensor.uniform_(a, b, generator=generator)


def spread_(inputs: int, *tensors: Tensor | None) -> None:
    """Fill each tensor that is there evenly between ±1/√inputs; with zeros if there are no inputs."""
    bound = 1 / math.sqrt(inputs) if inputs else 0.0
    for tensor in tensors:
        if tensor is not None:
            uniform_(tensor, -bound, bound)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with random numbers of the normal distribution."""
    return tensor.normal_(mean, std, generator=generator)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill evenly between ±gain·√(6 / (fan_in + fan_out)): Glorot and Bengio 2010, for sigmoid and tanh."""
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill normally with standard deviation gain·√(2 / (fan_in + fan_out)): Glorot and Bengio 2010."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill evenly between ±gain·√(3 / fan): He et al. 2015, for relu; a: the slope of a leaky_relu."""
    bound = math.sqrt(3) * kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill normally with standard deviation gain / √fan: He et al. 2015, for relu; a: the slope of a leaky_relu."""
    return normal_(tensor, 0.0, kaiming_std(tensor, a, mode, nonlinearity), generator)


def kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """Return gain / √fan. Raises ValueError for a mode other than "fan_in" and "fan_out"."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = fans(tensor)
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan_in if mode == "fan_in" else fan_out, 1))
