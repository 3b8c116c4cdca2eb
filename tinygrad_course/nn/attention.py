"""Attention, and the block of which transformers are made."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..creation import zeros
from ..tensor import Tensor
from . import functional as F
from . import init
from .layers import Dropout, Linear
from .module import Module
from .normalization import LayerNorm
from .parameter import Parameter


class MultiheadAttention(Module):
    """Attention by several heads, each in its own part of the features (Vaswani et al., 2017).

    in_proj_weight: (3 * embed_dim, embed_dim), makes queries, keys and values; out_proj mixes what the heads found.
    batch_first: (n, t, embed_dim) in place of (t, n, embed_dim); (t, embed_dim) is one sequence alone.
    """

    in_proj_bias: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        batch_first: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(f"embed_dim must be divisible by num_heads, and they are {embed_dim} and {num_heads}")
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.dropout, self.batch_first = dropout, batch_first
        self.in_proj_weight = Parameter(zeros(3 * embed_dim, embed_dim, dtype=dtype))
        self.register_parameter("in_proj_bias", Parameter(zeros(3 * embed_dim, dtype=dtype)) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        init.xavier_uniform_(self.in_proj_weight)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return what each query attends to, and how much: (n, l, s), averaged over the heads, or None.

        key_padding_mask: (n, s), attn_mask: (l, s) or (n * heads, l, s): of bools (True: leave out), or of numbers to
        add to the scores. is_causal: attn_mask leaves out the future, and must be given.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError(
                "Need attn_mask if specifying the is_causal hint: give a mask that is True above the diagonal"
            )
        if query.ndim == 2:
            mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
            q, k, v = (x.unsqueeze(0) for x in (query, key, value))
            out, weights = self.attend(q, k, v, mask, need_weights, attn_mask, average_attn_weights)
            return out.squeeze(0), None if weights is None else weights.squeeze(0)
        if self.batch_first:
            return self.attend(query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights)
        q, k, v = (x.transpose(0, 1) for x in (query, key, value))
        out, weights = self.attend(q, k, v, key_padding_mask, need_weights, attn_mask, average_attn_weights)
        return out.transpose(0, 1), weights

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, padding: Any, need_weights: bool, mask: Any, average: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The attention of (n, t, embed_dim); see forward."""
        q, k, v = (self.heads(x, part) for part, x in enumerate((query, key, value)))
        mask = self.merged(mask, padding, q, k)
        weights = F.attention_weights(q, k, mask, self.dropout if self.training else 0.0, False)
        mixed = (weights @ v).transpose(1, 2).flatten(2)
        shown = (weights.mean(1) if average else weights) if need_weights else None
        return self.out_proj(mixed), shown

    def heads(self, x: Tensor, part: int) -> Tensor:
        """Queries, keys or values (part 0, 1, 2) of (n, t, embed_dim), by head: (n, heads, t, head_dim)."""
        rows = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        bias = None if self.in_proj_bias is None else self.in_proj_bias[rows]
        z = F.linear(x, self.in_proj_weight[rows], bias)
        return z.reshape(*x.shape[:2], self.num_heads, self.head_dim).transpose(1, 2)

    def merged(self, mask: Any, padding: Any, q: Tensor, k: Tensor) -> Tensor | None:
        """Both masks as numbers to add to scores of (n, heads, l, s)."""
        scores = (len(q), self.num_heads, q.shape[2], k.shape[2])
        total = None
        if mask is not None:
            total = added(mask, q.dtype)
            total = total.reshape(scores) if mask.ndim == 3 else total
        if padding is not None:
            hidden = added(padding, q.dtype).reshape(len(q), 1, 1, -1)
            total = hidden if total is None else total + hidden
        return total


def added(mask: Tensor, dtype: Any) -> Tensor:
    """A mask of bools (True: leave out) as numbers to add to scores: 0, or minus infinity; other masks as they are."""
    return Tensor(np.where(mask.data, -math.inf, 0).astype(dtype)) if mask.dtype.kind == "b" else mask


class TransformerEncoderLayer(Module):
    """Self-attention, then two linear layers, each with a skip connection and layer norm (Vaswani et al., 2017).

    norm_first: normalise before each half rather than after it, which trains deep stacks more easily.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(activation, str) and activation not in ("relu", "gelu"):
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation = getattr(F, activation) if isinstance(activation, str) else activation

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
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
