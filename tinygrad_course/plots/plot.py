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
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "*")
STYLES = ("-", "--", "-.", ":")
THEME: dict[str, Any] = {
    "font.size": 11, "text.parse_math": False, "figure.dpi": DPI, "figure.constrained_layout.use": True,
    "axes.axisbelow": True, "axes.spines.right": False, "axes.spines.top": False, "axes.edgecolor": "#777777",
    "grid.color": "#dddddd", "hatch.color": "#888888", "hatch.linewidth": 0.6, "legend.frameon": False,
}  # fmt: skip
NAME = 1.6  # inches for a name beside an axis; the description has more of it


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
        self.figure.set_layout_engine("none")  # laid out again, it would move a little
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


def fitted(text: str, room: float = NAME) -> str:
    """The text, its middle left out where it is longer than so many inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font, longest, short = FontProperties(size=THEME["font.size"]), len(text), text
    while longest > 4 and text_to_path.get_text_width_height_descent(short, font, ismath=False)[0] > 72 * room:
        longest -= 1
        short = clean(text, longest)
    return short


def legend(axes: Axes, room: float = 5.4, height: float = 3.6) -> None:
    """A legend above axes so many inches wide, and the figure as much higher as its lines need."""
    handles, names = axes.get_legend_handles_labels()
    short = ["\n".join(fitted(line, room - 0.6) for line in name.split("\n")) for name in names]
    longest = max(len(line) for name in short for line in name.split("\n"))
    columns = max(1, min(len(names), int(12 * room) // (longest + 6)))
    axes.legend(handles, short, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2)
    lines = -(-len(names) // columns) * (1 + max(name.count("\n") for name in names))
    figure: Any = axes.figure
    figure.set_figheight(max(figure.get_figheight(), height + 0.22 * (lines - 1)))


def logarithmic(axes: Axes, which: str) -> None:
    """Make an axis, "x" or "y", logarithmic, its numbers written plainly."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1,) if high > 100 * low else (1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


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
