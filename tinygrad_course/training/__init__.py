"""Training as one call: `fit`, its callbacks and metrics, and checkpoints to go on from."""

from . import callbacks, metrics
from .checkpoint import load_checkpoint, save_checkpoint
from .fit import evaluate, fit
from .history import History

__all__ = ["History", "callbacks", "evaluate", "fit", "load_checkpoint", "metrics", "save_checkpoint"]
