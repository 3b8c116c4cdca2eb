"""The place where PyTorch keeps its data tools: `tg.utils.data` is `tg.data`."""

from .data import data

__all__ = ["data"]
