"""Lines through points: one quantity over another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..draw.digits import number
from ..draw.names import clean
from .plot import COLORS, STYLES, Plot, fitted, legend, logarithmic, numbers, page, theme


def lines(at: Any, named: Mapping[str, Any], *, x: str = "x", y: str = "", log: bool = False) -> Plot:
    """Draw y over x: each name in `named` with its heights at the places `at`, all of one length.

    x, y: the labels of the axes. log: both logarithmic; what is not above 0 then has no point. Raises ValueError
    where lengths differ.
    """
    places = numbers(at, "lines", "the places")
    rows = {clean(str(name)): numbers(row, "lines", clean(repr(name))) for name, row in named.items()}
    for name, row in rows.items():
        if row.shape != places.shape or row.ndim != 1 or not row.size:
            raise ValueError(
                f"lines: {name!r} has shape {row.shape}, the places {places.shape}; give one height a place"
            )
    if not rows:
        raise ValueError("lines: nothing to draw; give a dict of name → heights")
    with theme():
        figure, (axes,) = page(6.4, 3.6)
        for i, (name, row) in enumerate(rows.items()):
            axes.plot(places, row, STYLES[i % len(STYLES)], color=COLORS[i % len(COLORS)], label=name)
        axes.set_xlabel(fitted(clean(x), 4))
        axes.set_ylabel(fitted(clean(y), 2.4))
        axes.grid(True)
        if log:
            logarithmic(axes, "x")
            logarithmic(axes, "y")
        if len(rows) > 1:
            legend(axes)
    told = " ".join(story(name, places, row) for name, row in rows.items())
    return Plot(figure, f"{clean(y) or 'Lines'} over {clean(x)}. {told}")


def story(name: str, places: np.ndarray, row: np.ndarray) -> str:
    """A line in words: where it begins and ends, and where it is lowest."""
    low = int(np.nanargmin(row)) if np.isfinite(row).any() else 0
    first, last, least = (f"{number(row[i], 3)} at {number(places[i], 3)}" for i in (0, -1, low))
    return f"{name}: {first}, {last}; lowest {least}."
