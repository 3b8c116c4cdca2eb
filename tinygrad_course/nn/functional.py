"""Layers, activations and losses as plain functions. Arguments have PyTorch's names and order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..methods.pointwise import where
from ..methods.shapes import pad
from ..random import default_generator
from ..tensor import Tensor
from .functional_activation import (
    elu,
    gelu,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
)  # fmt: skip
from .functional_conv import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    conv1d,
    conv2d,
    conv_transpose2d,
    fold,
    max_pool1d,
    max_pool2d,
    unfold,
)  # fmt: skip
from .functional_loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)  # fmt: skip

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d", "batch_norm",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "conv1d", "conv2d", "conv_transpose2d",
    "cosine_similarity", "cross_entropy", "dropout", "elu", "embedding", "fold", "gelu", "group_norm", "hardtanh",
    "huber_loss", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax", "logsigmoid", "max_pool1d",
    "max_pool2d", "mish", "mse_loss", "nll_loss", "normalize", "one_hot", "pad", "prelu", "relu", "relu6", "rms_norm",
    "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "softsign",
    "tanh", "unfold",
]  # fmt: skip


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


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability p, and scale the others by 1 / (1 - p) so that sums stay what they were.

    training=False gives the input back. Raises ValueError for a p outside 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    kept = default_generator.numpy.random(input.shape) >= p
    mask = Tensor((kept / max(1 - p, np.finfo(np.float64).tiny)).astype(input.dtype))
    return input.mul_(mask) if inplace else input * mask


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Look up rows of weight (n, size) by integers: (...) becomes (..., size). The row padding_idx gets no gradient.

    Raises IndexError for an integer beyond the rows.
    """
    if input.dtype.kind not in "iu":
        raise RuntimeError(f"embedding: expected integers to look up, got {input.dtype}; use x.long()")
    if input.numel() and not (input.data.min() >= 0 and input.data.max() < len(weight)):
        raise IndexError(f"index out of range in self: embedding has rows 0 to {len(weight) - 1}")
    rows = weight[input]
    if padding_idx is None:
        return rows
    return where((input == padding_idx % len(weight)).unsqueeze(-1), rows.detach(), rows)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return int64 rows of zeros with a 1 at each integer: (...) becomes (..., num_classes); -1: as many as needed."""
    count = int(tensor.data.max()) + 1 if num_classes == -1 else num_classes
    if tensor.numel() and (tensor.data.min() < 0 or tensor.data.max() >= count):
        raise RuntimeError(f"one_hot: class values must be from 0 to num_classes - 1 = {count - 1}")
    return Tensor(np.eye(count, dtype=np.int64)[tensor.data])


# Normalisation


def standardized(x: Tensor, axes: tuple[int, ...], eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return x with mean 0 and variance 1 over the axes, and the mean and (biased) variance it had."""
    mean = x.mean(axes, keepdim=True)
    away = x - mean
    variance = (away * away).mean(axes, keepdim=True)
    return away / (variance + eps).sqrt(), mean, variance


def affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Return x * weight + bias, where they are given."""
    z = x if weight is None else x * weight
    return z if bias is None else z + bias


def per_channel(parameter: Tensor | None, x: Tensor) -> Any:
    """One number for each channel (the second axis of x), in a shape that broadcasts with x."""
    return None if parameter is None else parameter.reshape(-1, *(1,) * (x.ndim - 2))


def trailing(input: Tensor, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    """The axes that have normalized_shape: the last ones. Raises RuntimeError if the input does not end in it."""
    wanted = tuple(normalized_shape)
    if not wanted or input.shape[-len(wanted) :] != wanted:
        expected = ", ".join(["*", *map(str, wanted)])
        raise RuntimeError(
            f"Given normalized_shape={list(wanted)}, expected input with shape [{expected}], but got input of size "
            f"{list(input.shape)}"
        )
    return tuple(range(-len(wanted), 0))


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Bring each example to mean 0 and variance 1 over its last axes, then scale and shift (Ba et al., 2016)."""
    return affine(standardized(input, trailing(input, normalized_shape), eps)[0], weight, bias)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide each example by its root mean square over its last axes, then scale (Zhang and Sennrich, 2019)."""
    axes = trailing(input, normalized_shape)
    square = (input * input).mean(axes, keepdim=True)
    return affine(input / (square + (float(np.finfo(input.dtype).eps) if eps is None else eps)).sqrt(), weight, None)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Bring each group of channels of each example to mean 0 and variance 1 (Wu and He, 2018). input: (n, c, ...)."""
    if input.shape[1] % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    grouped = input.reshape(len(input), num_groups, -1)
    z = standardized(grouped, (2,), eps)[0].reshape(input.shape)
    return affine(z, per_channel(weight, input), per_channel(bias, input))


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Bring each channel of (n, c, ...) to mean 0 and variance 1 over the batch (Ioffe and Szegedy, 2015).

    training: by the batch's own mean and variance, which the running ones take up at the rate `momentum` (the variance
    as an unbiased estimate); else by the running ones. Raises ValueError for a training batch of one value a channel.
    """
    if training or running_mean is None or running_var is None:
        count = input.numel() // max(input.shape[1], 1)
        if training and count <= 1:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got input size {list(input.shape)}"
            )
        z, mean, variance = standardized(input, (0, *range(2, input.ndim)), eps)
        if training:
            follow(running_mean, mean, momentum)
            follow(running_var, variance * (count / (count - 1)), momentum)
    else:
        spread = (per_channel(running_var, input) + eps).sqrt()
        z = (input - per_channel(running_mean, input)) / spread
    return affine(z, per_channel(weight, input), per_channel(bias, input))


@no_grad()
def follow(running: Tensor | None, now: Tensor, momentum: float) -> None:
    """Move a running average, in place, by the share `momentum` towards what it is now."""
    if running is not None:
        running.copy_(running * (1 - momentum) + now.reshape(running.shape) * momentum)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide by the p-norm along `dim`, or by eps where that is larger."""
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between x1 and x2 along `dim`."""
    lengths = x1.norm(2, dim, keepdim=True).clamp(min=eps), x2.norm(2, dim, keepdim=True).clamp(min=eps)
    return ((x1 / lengths[0]) * (x2 / lengths[1])).sum(dim)


# Attention


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Return an average of the values for each query, weighted by softmax(query @ key.mT / √size).

    Vaswani et al., 2017. query: (..., l, size), key: (..., s, size), value: (..., s, any). attn_mask: (..., l, s), of
    bools (True: take part) or of numbers to add to the scores. is_causal: query i sees keys up to i alone.
    Raises RuntimeError for both a mask and is_causal.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: explicit attn_mask should not be set when is_causal=True")
    return attention_weights(query, key, attn_mask, dropout_p, is_causal, scale) @ value


def attention_weights(
    query: Tensor, key: Tensor, mask: Tensor | None, dropout_p: float, is_causal: bool, scale: float | None = None
) -> Tensor:
    """How much each query attends to each key: (..., l, s), rows that add up to 1."""
    scores = (query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)) @ key.mT
    if is_causal:
        mask = Tensor(np.tri(query.shape[-2], key.shape[-2], dtype=bool))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype.kind == "b" else scores + mask
    return dropout(softmax(scores, -1), dropout_p)
