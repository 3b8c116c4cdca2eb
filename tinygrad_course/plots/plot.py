"""Plot: a picture that says in words what it shows; and what all plots share: their looks, and how they read input."""

from __future__ import annotations

import base64
import io
import os
import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..draw.names import clean
from ..draw.picture import DPI, compress, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers tell apart too, without the yellow, too pale on white. Markers and
# lines differ as well; and the white ground is each picture's own, so that a dark notebook shows it as a light one.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLES = ("-", "--", "-.", ":")
THEME: dict[str, Any] = {
    "font.size": 11, "text.parse_math": False, "figure.dpi": DPI, "figure.constrained_layout.use": True,
    "axes.axisbelow": True, "axes.spines.right": False, "axes.spines.top": False, "axes.edgecolor": "#777777",
    "grid.color": "#dddddd", "hatch.color": "#888888", "hatch.linewidth": 0.6, "legend.frameon": False,
}  # fmt: skip
SHORT = 20  # letters of a name beside an axis; the description has more of them


@contextmanager
def theme() -> Iterator[None]:
    """The looks of these plots, whatever style the user has set; the user's settings are back afterwards."""
    import matplotlib

    settings: Any = dict(matplotlib.rcParamsDefault) | THEME
    del settings["backend"]  # setting it would choose one
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box in the picture; the description has the letter
        yield


class Plot:
    """A plot and its description: a notebook shows the picture, print(plot) says what it shows.

    .figure is matplotlib's Figure, .alt the description, .png the picture as bytes; to_png writes a file.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        self.figure, self.alt = figure, alt

    def __repr__(self) -> str:
        return self.alt

    @property
    def png(self) -> bytes:
        """The picture as PNG, in few colours, with the description inside."""
        return compress(self.rendered(), self.alt)

    def rendered(self) -> bytes:
        """The picture as PNG in all its colours: made in half the time, and three times as large."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        file = io.BytesIO()
        with theme():
            FigureCanvasAgg(self.figure).print_png(file, pil_kwargs={"compress_level": 1})
        return file.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.bundle(self.png)

    def bundle(self, png: bytes) -> tuple[dict[str, str], dict[str, Any]]:
        """What a notebook stores, and how it shows it: of a known size, so that nothing jumps when it is replaced."""
        width, height = (pixels * 96 // DPI for pixels in struct.unpack(">II", png[16:24]))
        data = {"text/plain": self.alt, "image/png": base64.b64encode(png).decode()}
        return data, {"image/png": {"width": width, "height": height, "alt": self.alt}}

    def to_png(self, path: str | os.PathLike[str]) -> Path:
        """Write a PNG; the path. Raises FileNotFoundError where its folder does not exist."""
        return write(path, self.png)


def page(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure, in inches, and its axes row by row. It belongs to no window and to no pyplot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def look(i: int) -> dict[str, Any]:
    """Colour, marker and line of the i-th of several things."""
    kinds = {"color": COLORS, "marker": MARKERS, "linestyle": STYLES}
    return {kind: choices[i % len(choices)] for kind, choices in kinds.items()}


def shades(name: str) -> Any:
    """A colour map in steps, few enough for a file of few colours to keep them apart."""
    from matplotlib import colormaps

    return colormaps[name].resampled(31)


def legend(axes: Axes) -> None:
    """A legend above the axes, in as many columns as there is room for."""
    names = axes.get_legend_handles_labels()[1]
    columns = max(1, min(len(names), 60 // (max(map(len, names)) + 6)))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2)


def numbers(values: Any, who: str, what: str) -> np.ndarray:
    """Tensors, arrays, and lists of them, as one array of float64. Raises ValueError for anything else."""
    try:
        return np.asarray(cut(values), np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{who}: {what} must be numbers, in rows of one length: a Tensor, array or list") from None


def cut(values: Any) -> Any:
    """The values without their graph; lists stay lists."""
    if isinstance(values, (list, tuple)):
        return [cut(value) for value in values]
    return values.detach() if hasattr(values, "detach") else values


def integers(values: Any, who: str, what: str) -> np.ndarray:
    """Class numbers of shape (n,). Raises ValueError for anything else."""
    array = numbers(values, who, what)
    if array.ndim != 1 or not array.size or (array != array.round()).any():
        cure = "; of scores, take .argmax(1)" if array.ndim == 2 else ""
        raise ValueError(f"{who}: {what} must be whole numbers of shape (n,), got shape {array.shape}{cure}")
    return array.astype(np.int64)


def words(labels: Iterable[Any]) -> list[str]:
    """Each label on one line, a Tensor of one number as that number."""
    return [clean(str(label.item() if hasattr(label, "item") else label)) for label in labels]
