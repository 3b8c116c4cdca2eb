"""Activations, with PyTorch's signatures; nn.functional offers them."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..methods.pointwise import where
from ..tensor import Tensor

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al., 2017: mean 0 and variance 1 stay


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the input where it is positive, else 0; inplace: write that into the input itself."""
    return input.relu_() if inplace else input.relu()


def relu6(input: Tensor) -> Tensor:
    """Return the input between 0 and 6."""
    return hardtanh(input, 0.0, 6.0)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return the input between min_val and max_val; at those, the slope is 0."""
    inside = (input > min_val) & (input < max_val)
    return where(inside, input, input.detach().clamp(min_val, max_val))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Return the input where it is positive, else negative_slope times it."""
    return where(input > 0, input, input * negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Return leaky_relu with a learned slope: one number, or one for each channel (the second axis)."""
    slope = weight.reshape(-1, *(1,) * max(input.ndim - 2, 0)) if weight.numel() > 1 else weight.reshape(())
    return where(input > 0, input, input * slope)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Return the input where it is positive, else alpha * (e^x - 1): smooth, and never below -alpha."""
    return where(input > 0, input, alpha * input.minimum(0).expm1())


def selu(input: Tensor) -> Tensor:
    """Return elu, scaled so that activations keep mean 0 and variance 1 from layer to layer."""
    return SELU_SCALE * elu(input, SELU_ALPHA)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Return x times the normal distribution's share below x; approximate="tanh" as GPT-2 computed it.

    Hendrycks and Gimpel, 2016. Raises RuntimeError for another approximation.
    """
    if approximate == "none":
        return input * 0.5 * (1 + (input * math.sqrt(0.5)).erf())
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
        return input * 0.5 * (1 + inner.tanh())
    raise RuntimeError(f"approximate argument must be either none or tanh, and is {approximate!r}")


def silu(input: Tensor) -> Tensor:
    """Return x times sigmoid(x), also called swish."""
    return input * input.sigmoid()


def mish(input: Tensor) -> Tensor:
    """Return x times tanh(softplus(x))."""
    return input * softplus(input).tanh()


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return log(1 + e^(beta x)) / beta: relu with a rounded corner; the input itself where beta x > threshold."""
    scaled = input if beta == 1 else input * beta
    z = ops.Softplus(scaled)
    return where(scaled > threshold, input, z if beta == 1 else z / beta)


def softsign(input: Tensor) -> Tensor:
    """Return x / (1 + |x|)."""
    return input / (1 + input.abs())


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
