"""Plots of arrays, on matplotlib: pictures that carry their own description."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from .names import clean

COLUMNS = 5


class Plot:
    """A plot as PNG, on a ground of its own, with a description in words."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"text/plain": self.alt, "image/png": base64.b64encode(self.png).decode()}
        return data, {"image/png": {"alt": self.alt}}


def image_grid(images: Any, labels: Sequence[Any] = (), *, columns: int = COLUMNS) -> Plot:
    """Show grey images, an array or Tensor of shape (n, height, width) or (n, 1, height, width), each under its label.

    Each is drawn from black, its smallest number, to white, its largest. Raises ValueError for other shapes, and
    where there are not as many labels as images.
    """
    array = np.asarray(getattr(images, "data", images))
    pictures = array[:, 0] if array.ndim == 4 and array.shape[1] == 1 else array
    if pictures.ndim != 3 or not len(pictures):
        raise ValueError(f"image_grid: expected images of shape (n, height, width), got {array.shape}")
    if len(labels) not in (0, len(pictures)):
        raise ValueError(f"image_grid: {len(pictures)} images and {len(labels)} labels; give one label an image")
    words = [clean(str(label)) for label in labels]
    alt = f"{len(pictures)} images{': ' if words else ''}{', '.join(words)}"
    return Plot(figure(pictures, words, min(columns, len(pictures)), alt), alt)


def figure(pictures: np.ndarray, words: Sequence[str], columns: int, alt: str) -> bytes:
    """The images in rows, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(pictures) // columns)
    page = Figure(
        figsize=(1.3 * columns, (1.55 if words else 1.3) * rows),
        dpi=100,
        layout="constrained",
        facecolor="white",
    )
    for place, picture in enumerate(pictures):
        axes = page.add_subplot(rows, columns, place + 1)
        axes.imshow(picture, cmap="gray", interpolation="nearest")
        axes.set_axis_off()
        if words:
            axes.set_title(words[place], fontsize=10, color="black", parse_math=False)
    file = io.BytesIO()
    FigureCanvasAgg(page).print_png(file, metadata={"Description": alt, "Software": None})
    return file.getvalue()
