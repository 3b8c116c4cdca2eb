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


def shifted(x: Tensor, dim: Any) -> tuple[Tensor, Tensor]:
    """Return x minus its largest value along `dim`, so that exp cannot overflow, and that value, a constant.

    An infinite largest value is taken as the largest finite one: inf - inf would be nan.
    """
    axes = tuple(d % max(x.ndim, 1) for d in (dim if isinstance(dim, tuple) else (dim,))) if x.ndim else ()
    biggest = np.finfo(x.dtype).max
    top = Tensor(np.clip(x.data.max(axis=axes, keepdims=True, initial=-biggest), -biggest, biggest))
    return x - top, top


def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exp along `dim`, without overflow."""
    x, top = shifted(input, dim)
    z = x.exp().sum(dim, keepdim=True).log() + top
    return z if keepdim else z.reshape(input.sum(dim).shape)
