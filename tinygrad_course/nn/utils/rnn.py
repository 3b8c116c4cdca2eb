"""Sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Sequence

from ...methods.joining import stack
from ...methods.shapes import pad
from ...tensor import Tensor


def pad_sequence(sequences: Sequence[Tensor], batch_first: bool = False, padding_value: float = 0.0) -> Tensor:
    """Put sequences (t, ...) side by side, the shorter ones filled up at their ends: (longest t, n, ...).

    batch_first: (n, longest t, ...). A DataLoader's collate_fn often does just this.
    """
    longest = max(len(x) for x in sequences)
    filled = [pad(x, [0, 0] * (x.ndim - 1) + [0, longest - len(x)], value=padding_value) for x in sequences]
    return stack(filled, 0 if batch_first else 1)
