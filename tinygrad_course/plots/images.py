"""Pictures in a grid: images under their labels, and the filters of a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from ..draw.digits import number
from ..draw.names import clean
from ..draw.scene import plural
from .plot import COLORS, Plot, fitted, numbers, page, shades, theme, words

MOST = 100  # pictures: of more, none could be seen
SIDE, LINE = 1.3, 16  # inches of a picture, and letters that fit above it
GAP = 0.06  # between pictures, where one is 1 wide


def image_grid(images: Any, labels: Sequence[Any] = (), *, columns: int = 5, wrong: Sequence[Any] = ()) -> Plot:
    """Show grey images, an array or Tensor of shape (n, height, width) or (n, 1, height, width), each under its label.

    Each is drawn from black, its smallest number, to white, its largest. wrong: for each image whether its label is
    marked as wrong. Raises ValueError for other shapes, and where there are not as many labels as images.
    """
    array = numbers(images, "image_grid", "images")
    pictures = array[:, 0] if array.ndim == 4 and array.shape[1] == 1 else array
    if pictures.ndim != 3 or not pictures.size:
        raise ValueError(f"image_grid: expected images of shape (n, height, width), got {array.shape}")
    n = len(pictures)
    if n > MOST or len(labels) not in (0, n) or len(wrong) not in (0, n):
        found = f"{n} images and {len(labels)} labels, {len(wrong)} marks"
        raise ValueError(f"image_grid: {found}; give one label and mark an image, at most {MOST}: images[:{MOST}]")
    marks = [bool(mark) for mark in wrong] or [False] * n
    titles = [("✗ " if mark else "") + word for mark, word in zip(marks, words(labels) or [""] * n, strict=True)]
    count = plural(n, "image") + (f", {sum(marks)} wrong" if any(marks) else "")
    told = f"{count}: {', '.join(titles)}" if any(titles) else count
    return grid(pictures, titles, min(max(columns, 1), n), told, marks, cmap="gray")


def filters(weight: Any) -> Plot:
    """Show the filters of a convolution, a weight of shape (out, in, height, width), each under its number.

    Red is above zero, blue below, white zero. With several channels, a row is one filter. Raises ValueError for other
    shapes, and for more than 100 pictures.
    """
    array = numbers(weight, "filters", "weight")
    if array.ndim != 4 or not array.size or len(array) * array.shape[1] > MOST:
        wanted = f"a weight of shape (out, in, height, width), at most {MOST} pictures"
        raise ValueError(f"filters: expected {wanted}, got {array.shape}; show some: weight[:{MOST // 10}, :10]")
    out, channels, height, width = array.shape
    norms = np.sqrt((array**2).sum((1, 2, 3)))
    ends = [f"filter {i}, {number(norms[i], 3)}" for i in (norms.argmax(), norms.argmin())]
    told = (
        f"{plural(out, 'filter')} of {height}×{width} over {plural(channels, 'channel')}. Weights from "
        f"{number(array.min(), 3)} to {number(array.max(), 3)}. Largest norm: {ends[0]}; smallest: {ends[1]}."
    )
    titles = [f"{i}, channel {c}" if channels > 1 else f"filter {i}" for i in range(out) for c in range(channels)]
    most = np.abs(array[np.isfinite(array)]).max(initial=0) or 1
    scale: dict[str, Any] = {"cmap": shades("RdBu_r"), "vmin": -most, "vmax": most}
    pictures = array.reshape(-1, height, width)
    return grid(pictures, titles, channels if channels > 1 else min(8, out), told, bar="weight", **scale)


@theme()
def grid(
    pictures: np.ndarray, titles: list[str], columns: int, told: str, marks: Sequence[bool] = (), bar: str = "",
    **options: Any,
) -> Plot:  # fmt: skip
    """The pictures in rows on one axes, where each is 1 wide, their titles above in lines that fit."""
    lines = [wrap(clean(title, 2 * LINE), LINE) for title in titles]
    rows, high = -(-len(pictures) // columns), pictures.shape[1] / pictures.shape[2]
    tall = high + GAP + 0.16 * max(map(len, lines))
    width = SIDE * ((1 + GAP) * columns + GAP)
    sheet, (axes,) = page(width + (1.2 if bar else 0.1), SIDE * (tall * rows + GAP) + 0.1)
    axes.set_axis_off()
    for i, (picture, title) in enumerate(zip(pictures, lines, strict=True)):
        left, top = (1 + GAP) * (i % columns), tall * (i // columns)
        drawn = axes.imshow(picture, extent=(left, left + 1, top + high, top), interpolation="nearest", **options)
        axes.plot([left, left, left + 1, left + 1, left], [top, top + high, top + high, top, top], "#999999", lw=0.5)
        short = "\n".join(fitted(line, 1.1 * SIDE) for line in title)
        label = axes.text(left + 0.5, top - GAP / 2, short, fontsize=10, ha="center", va="bottom")
        label.set_color(COLORS[1] if any(marks[i : i + 1]) else "black")
    axes.set(xlim=(-GAP, (1 + GAP) * columns), ylim=(tall * rows + high - tall + GAP, high - tall))
    if bar:
        sheet.colorbar(drawn, label=bar, fraction=0.3 / width, pad=0.1 / width, aspect=SIDE * tall * rows / 0.3)
    return Plot(sheet, told)
