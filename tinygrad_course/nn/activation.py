"""Activations: each one as a function of nn.functional, and as a module to be put in a Sequential."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..creation import full
from ..fused import FusedGELU
from ..methods.inplace import write
from ..methods.pointwise import where
from ..modes import modes
from ..tensor import Tensor
from .module import Module
from .parameter import Parameter
from .stateless import Stateless

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al., 2017: mean 0 and variance 1 stay


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the input where it is positive, else 0; inplace: write that into the input itself."""
    return placed(input, input.relu(), inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the input between 0 and 6; at those, the slope is 0."""
    inside = (input > 0) & (input < 6)
    return placed(input, where(inside, input, input.detach().clamp(0, 6)), inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return the input where it is positive, else negative_slope times it."""
    return placed(input, where(input > 0, input, input * negative_slope), inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Return leaky_relu with a learned slope: one number, or one for each channel (the second axis)."""
    slope = weight.reshape(-1, *(1,) * max(input.ndim - 2, 0)) if weight.numel() > 1 else weight.reshape(())
    return where(input > 0, input, input * slope)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return the input where it is positive, else alpha * (e^x - 1): smooth, and never below -alpha."""
    positive = input > 0
    return placed(input, where(positive, input, alpha * where(positive, 0, input).expm1()), inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return elu, scaled so that activations keep mean 0 and variance 1 from layer to layer."""
    return placed(input, SELU_SCALE * elu(input, SELU_ALPHA), inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Return x times the normal distribution's share below x; approximate="tanh" as GPT-2 computed it.

    Hendrycks and Gimpel, 2016. Raises RuntimeError for another approximation.
    """
    if approximate == "none":
        if modes.fused and input.dtype.kind == "f":
            return FusedGELU(input)
        return input * 0.5 * (1 + (input * math.sqrt(0.5)).erf())
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
        return input * 0.5 * (1 + inner.tanh())
    raise RuntimeError(f"approximate argument must be either none or tanh, and is {approximate!r}")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return x times sigmoid(x), also called swish."""
    x = input.clone() if inplace else input  # the product keeps its factors for the gradient
    return placed(input, x * x.sigmoid(), inplace)


def placed(input: Tensor, z: Tensor, inplace: bool) -> Tensor:
    """z; with inplace the input itself, into which z was written."""
    return write(input, z) if inplace else z


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return log(1 + e^(beta x)) / beta: relu with a rounded corner; the input itself where beta x > threshold."""
    scaled = input if beta == 1 else input * beta
    z = ops.Softplus(scaled)
    return where(scaled > threshold, input, z if beta == 1 else z / beta)


def logsigmoid(input: Tensor) -> Tensor:
    """Return the logarithm of sigmoid, exact also where sigmoid itself is too small to hold."""
    return -ops.Softplus(-input)


def sigmoid(input: Tensor) -> Tensor:
    """Return 1 / (1 + e^-x)."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """Return the hyperbolic tangent."""
    return input.tanh()


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Return exp(x) / sum(exp(x)) along the axis `dim`: positive numbers that add up to 1. Large x do not overflow."""
    return input.softmax(dim, dtype)


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Return the logarithm of softmax along the axis `dim`, exact also where softmax itself is too small to hold."""
    return input.log_softmax(dim, dtype)


# As modules


class Overwriting(Stateless):
    """An activation that, with inplace=True, changes x itself."""

    inplace: bool = False


class ReLU(Overwriting, function=relu):
    """x where it is positive, else 0; with inplace=True, x itself is changed."""


class ReLU6(Overwriting, function=relu6):
    """x between 0 and 6."""


class LeakyReLU(Stateless, function=leaky_relu):
    """x where it is positive, else negative_slope times x."""

    negative_slope: float = 0.01
    inplace: bool = False


class ELU(Stateless, function=elu):
    """x where it is positive, else alpha * (e^x - 1)."""

    alpha: float = 1.0
    inplace: bool = False


class SELU(Overwriting, function=selu):
    """elu, scaled so that activations keep mean 0 and variance 1."""


class GELU(Stateless, function=gelu):
    """x times the normal distribution's share below x."""

    approximate: str = "none"


class SiLU(Overwriting, function=silu):
    """x times sigmoid(x)."""


class Softplus(Stateless, function=softplus):
    """log(1 + e^(beta x)) / beta."""

    beta: float = 1.0
    threshold: float = 20.0


class LogSigmoid(Stateless, function=logsigmoid):
    """The logarithm of sigmoid."""


class Sigmoid(Stateless, function=sigmoid):
    """1 / (1 + e^-x)."""


class Tanh(Stateless, function=tanh):
    """The hyperbolic tangent."""


class Softmax(Stateless, function=softmax):
    """Positive numbers that add up to 1 along an axis."""

    dim: int


class LogSoftmax(Stateless, function=log_softmax):
    """The logarithm of softmax, computed stably."""

    dim: int


class PReLU(Module):
    """leaky_relu with slopes that are learned: one, or one for each channel."""

    shown = "num_parameters="

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype).to(device))

    def forward(self, input: Tensor) -> Tensor:
        """Return prelu of the input."""
        return prelu(input, self.weight)
