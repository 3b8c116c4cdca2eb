"""Fused operations: what several operations compute, as one, where that was measured to be much faster.

Each equals a composite elsewhere in the package, which is what to read first.
"""

from .layers import FusedAttention, FusedCrossEntropy, FusedGELU, FusedLayerNorm, FusedLinear
from .operation import Fused
from .recurrent import FusedGRU, FusedLSTM, FusedRNN

__all__ = [
    "Fused", "FusedAttention", "FusedCrossEntropy", "FusedGELU", "FusedGRU", "FusedLSTM", "FusedLayerNorm",
    "FusedLinear", "FusedRNN",
]  # fmt: skip
