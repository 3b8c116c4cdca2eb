"""Attention, and the block of which transformers are made."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..fused import FusedAttention
from ..modes import modes
from ..tensor import Tensor
from . import init
from .activation import gelu, relu, softmax
from .containers import ModuleList
from .layers import Dropout, Linear, dropout, linear
from .module import Module
from .normalization import LayerNorm
from .parameter import blank

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "gelu": gelu}


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None,
) -> Tensor:  # fmt: skip
    """Return an average of the values for each query, weighted by softmax(query @ key.mT / √size).

    Vaswani et al., 2017. query: (..., l, size), key: (..., s, size), value: (..., s, any). attn_mask: (..., l, s), of
    bools (True: take part) or of numbers to add to the scores. is_causal: query i sees keys up to i alone.
    Raises RuntimeError for both a mask and is_causal.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: explicit attn_mask should not be set when is_causal=True")
    masks = [] if attn_mask is None else [attn_mask]
    if modes.fused and dropout_p == 0 and not any(m.requires_grad for m in masks) and alike(query, key, value):
        return FusedAttention(query, key, value, *masks, scale=scaling(query, scale), is_causal=is_causal)
    mask = Tensor(np.tri(query.shape[-2], key.shape[-2], dtype=bool)) if is_causal else attn_mask
    return attention_weights(query, key, mask, dropout_p, scale) @ value


def scaling(q: Any, scale: float | None) -> float:
    """What the scores are multiplied by: one over the root of the size of a query, unless given."""
    return 1 / math.sqrt(q.shape[-1]) if scale is None else scale


def alike(*tensors: Tensor) -> bool:
    """Whether all are of one dtype and have the same leading axes, so that nothing broadcasts."""
    return len({(t.dtype, t.shape[:-2]) for t in tensors}) == 1


def attention_weights(
    query: Tensor, key: Tensor, mask: Tensor | None, dropout_p: float, scale: float | None = None
) -> Tensor:
    """How much each query attends to each key: (..., l, s), rows that add up to 1."""
    scores = (query * scaling(query, scale)) @ key.mT
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype.kind == "b" else scores + mask
    return dropout(softmax(scores, -1), dropout_p)


class MultiheadAttention(Module):
    """Attention by several heads, each in its own part of the features (Vaswani et al., 2017).

    in_proj_weight: (3 * embed_dim, embed_dim), makes queries, keys and values; out_proj mixes what the heads found.
    batch_first: (n, t, embed_dim) in place of (t, n, embed_dim); (t, embed_dim) is one sequence alone.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, *, batch_first: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(f"embed_dim must be divisible by num_heads, and they are {embed_dim} and {num_heads}")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.dropout, self.batch_first = dropout, batch_first
        self.in_proj_weight = blank(3 * embed_dim, embed_dim, device=device, dtype=dtype)
        self.in_proj_bias = blank(3 * embed_dim, device=device, dtype=dtype) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        init.xavier_uniform_(self.in_proj_weight)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Return what each query attends to, and how much: (n, l, s), averaged over the heads, or None.

        key_padding_mask: (n, s), attn_mask: (l, s) or (n * heads, l, s): of bools (True: leave out), or of numbers to
        add to the scores. is_causal: attn_mask leaves out the future, and must be given.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError("Need attn_mask if specifying the is_causal hint: one that is True above the diagonal")
        alone, turned = query.ndim == 2, query.ndim == 3 and not self.batch_first
        batches = [x.unsqueeze(0) if alone else x.transpose(0, 1) if turned else x for x in (query, key, value)]
        q, k, v = (self.heads(x, part) for part, x in enumerate(batches))
        mask = self.merged(attn_mask, key_padding_mask, q)
        weights = attention_weights(q, k, mask, self.dropout if self.training else 0.0)
        out = self.out_proj((weights @ v).transpose(1, 2).flatten(2))
        shown = (weights.mean(1) if average_attn_weights else weights) if need_weights else None
        if alone:
            return out.squeeze(0), None if shown is None else shown.squeeze(0)
        return out.transpose(0, 1) if turned else out, shown

    def heads(self, x: Tensor, part: int) -> Tensor:
        """Queries, keys or values (part 0, 1, 2) of (n, t, embed_dim), by head: (n, heads, t, head_dim)."""
        rows = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        bias = None if self.in_proj_bias is None else self.in_proj_bias[rows]
        z = linear(x, self.in_proj_weight[rows], bias)
        return z.reshape(*x.shape[:2], self.num_heads, self.head_dim).transpose(1, 2)

    def merged(self, mask: Tensor | None, padding: Tensor | None, q: Tensor) -> Tensor | None:
        """Both masks as numbers to add to scores of (n, heads, l, s)."""
        total = None if mask is None else added(mask, q.dtype)
        if total is not None and total.ndim == 3:
            total = total.reshape(len(q), self.num_heads, *total.shape[1:])
        if padding is None:
            return total
        hidden = added(padding, q.dtype).reshape(len(q), 1, 1, -1)
        return hidden if total is None else total + hidden


def added(mask: Tensor, dtype: Any) -> Tensor:
    """A mask of bools (True: leave out) as numbers to add to scores: 0, or minus infinity; other masks as they are."""
    return Tensor(np.where(mask.data, -math.inf, 0).astype(dtype)) if mask.dtype.kind == "b" else mask


class TransformerEncoderLayer(Module):
    """Self-attention, then two linear layers, each with a skip connection and layer norm (Vaswani et al., 2017).

    norm_first: normalise before each half rather than after it, which trains deep stacks more easily.
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if isinstance(activation, str) and activation not in ACTIVATIONS:
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        where: Any = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **where)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **where)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **where)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **where)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation = ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def forward(
        self, src: Tensor, src_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Return src after attention and the linear layers; masks as for MultiheadAttention."""

        def attend(x: Tensor) -> Tensor:
            found, _ = self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)
            return self.dropout1(found)

        def think(x: Tensor) -> Tensor:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        if self.norm_first:
            x = src + attend(self.norm1(src))
            return x + think(self.norm2(x))
        x = self.norm1(src + attend(src))
        return self.norm2(x + think(x))


class TransformerEncoder(Module):
    """Encoder layers in a row, each a copy of the one given; norm: a last layer norm, which norm_first layers want."""

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Return src after every layer; masks as for MultiheadAttention."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)
