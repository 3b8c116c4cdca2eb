"""Plots on matplotlib, one call each: each shows in a notebook as a picture, and prints as what the picture says."""

from .curves import LiveCurves, curves
from .images import filters, image_grid
from .layers import activations, gradient_flow, record_activations
from .lines import lines
from .maps import attention_map, confusion_matrix
from .plot import Plot
from .surfaces import decision_boundary, loss_surface

__all__ = [
    "LiveCurves", "Plot", "activations", "attention_map", "confusion_matrix", "curves", "decision_boundary", "filters",
    "gradient_flow", "image_grid", "lines", "loss_surface", "record_activations",
]  # fmt: skip
