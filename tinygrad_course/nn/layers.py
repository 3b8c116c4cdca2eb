"""Layers that mix, look up, drop or reshape their input, with the functions of nn.functional that they call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..creation import rand
from ..fused import FusedLinear
from ..methods.pointwise import where
from ..modes import modes
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter, blank
from .stateless import Stateless


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return input @ weight.T + bias: (..., n) with a weight of (m, n) and a bias of (m,) gives (..., m).

    Raises RuntimeError if the input's last axis has not the size that the weight takes.
    """
    if input.ndim == 0 or input.shape[-1] != weight.shape[-1]:
        shape, size = list(input.shape), weight.shape[-1]
        cure = ": flatten it first, with x.flatten(1) or nn.Flatten()" if math.prod(shape[1:]) == size else ""
        text = f"linear: the input has shape {shape}, but the weight {list(weight.shape)} takes a last axis of {size}"
        raise RuntimeError(text + cure)
    if modes.fused and input.dtype == weight.dtype:
        return FusedLinear(input, weight) if bias is None else FusedLinear(input, weight, bias)
    z = input @ weight.mT
    return z if bias is None else z + bias


class Linear(Module):
    """x @ weight.T + bias: (..., in_features) becomes (..., out_features).

    weight: (out_features, in_features). bias: (out_features,), or None. Both begin evenly spread between
    ±1/√in_features.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = blank(out_features, in_features, device=device, dtype=dtype)
        self.bias = blank(out_features, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Give weight and bias new random numbers."""
        init.spread_(self.in_features, self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return input @ weight.T + bias."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, and whether there is a bias."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability p, and scale the others by 1 / (1 - p) so that sums stay what they were.

    training=False gives the input back. Raises ValueError for a p outside 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    kept = rand(*input.shape).data >= p
    mask = Tensor((kept / max(1 - p, np.finfo(np.float64).tiny)).astype(input.dtype))
    return input.mul_(mask) if inplace else input * mask


class Dropout(Module):
    """While training, each element is set to 0 with probability p, and the others scaled by 1 / (1 - p)."""

    shown = "p= inplace="

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with elements dropped; in evaluation mode the input itself."""
        return dropout(input, self.p, self.training, self.inplace)


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


class Embedding(Module):
    """Rows of numbers that are learned, looked up by integers: (...) becomes (..., embedding_dim).

    The row padding_idx stays as it is: zeros.
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"Padding_idx must be within num_embeddings: {padding_idx} is not among {num_embeddings}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.weight = blank(num_embeddings, embedding_dim, device=device, dtype=dtype)
        self.reset_parameters()

    @no_grad()
    def reset_parameters(self) -> None:
        """Give the weight new random numbers."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """Make one of rows that exist; freeze: they are not learned further."""
        layer = cls(embeddings.shape[0], embeddings.shape[1], padding_idx, dtype=embeddings.dtype)
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def forward(self, input: Tensor) -> Tensor:
        """Return the rows that the input names."""
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """The sizes."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return int64 rows of zeros with a 1 at each integer: (...) becomes (..., num_classes); -1: as many as needed."""
    count = int(tensor.data.max()) + 1 if num_classes == -1 else num_classes
    if tensor.numel() and (tensor.data.min() < 0 or tensor.data.max() >= count):
        raise RuntimeError(f"one_hot: class values must be from 0 to num_classes - 1 = {count - 1}")
    return Tensor(np.eye(count, dtype=np.int64)[tensor.data])


class Identity(Module):
    """Gives back its input; takes any arguments and ignores them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Flatten(Stateless, function=Tensor.flatten):
    """Axes start_dim to end_dim laid out as one: by default all but the first, as before a Linear."""

    start_dim: int = 1
    end_dim: int = -1


class Unflatten(Stateless, function=Tensor.unflatten):
    """One axis cut into several: the reverse of Flatten."""

    dim: int
    unflattened_size: Sequence[int]

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with that axis cut."""
        return input.unflatten(self.dim, self.unflattened_size)
