"""Loss and metric curves, after training and while it runs."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from ..draw.digits import number
from ..draw.names import clean
from ..draw.scene import plural
from .plot import Plot, fitted, legend, logarithmic, look, numbers, page, theme

PAUSE, SHARE = 0.3, 25  # between two live pictures pass so many seconds, and so many times what one picture takes
LIVE = "Curves of a training run; the line below says their numbers."


class Series(NamedTuple):
    """One curve: at these steps, these numbers."""

    name: str
    steps: np.ndarray
    values: np.ndarray

    def strays(self) -> str:
        """How often it is not finite, if it is."""
        bad = self.steps[~np.isfinite(self.values)]
        return f"not finite {plural(len(bad), 'time')}, first at {bad[0]:.0f}" if bad.size else ""

    def story(self) -> str:
        """The curve in words: where it begins and ends, how far down and up it goes."""
        finite = np.where(np.isfinite(self.values), self.values, np.nan)
        places = {"first": 0, "last": -1}
        if not np.isnan(finite).all():
            places |= {"lowest": int(np.nanargmin(finite)), "highest": int(np.nanargmax(finite))}
        facts = [f"{word} {number(self.values[i], 3)} at {self.steps[i]:.0f}" for word, i in places.items()]
        return f"{self.name}: {', '.join([*facts, *filter(None, [self.strays()])])}."


def curves(history: Any, *, x: str = "step", y: str = "", log: bool = False) -> Plot:
    """Draw curves: of a list of losses, or of a dict such as {"train loss": [...], "test accuracy": [...]}.

    Where a name ends in "loss", names with other endings get axes of their own. x: what is counted, from 0; y: the
    label of the other axis where names do not say it; log: a logarithmic one. Raises ValueError for other shapes.
    """
    named = history if isinstance(history, Mapping) else {y or "loss": history}
    names = [clean(str(name)).strip() for name in named]
    rows = [numbers(row, "curves", name) for name, row in zip(names, named.values(), strict=True)]
    if not rows or any(row.ndim != 1 or not row.size for row in rows):
        raise ValueError("curves: expected a list of numbers, or a dict of name → such a list, none of them empty")
    return drawn([Series(name, np.arange(len(row)), row) for name, row in zip(names, rows, strict=True)], x, y, log)


def drawn(series: list[Series], x: str, y: str, log: bool) -> Plot:
    """The curves, by what they measure: the last word of their names, or together where none of it is a loss."""
    ends = [re.split(r"[\s_/.-]+", one.name)[-1] for one in series]
    together = len(set(ends)) > 1 and "loss" not in ends
    panels: dict[str, list[Series]] = {}
    for end, one in zip(ends, series, strict=True):
        panels.setdefault(clean(y) or "value" if together else end, []).append(one)
    told = " ".join(one.story() for one in series)
    return figure(panels, clean(x), log, f"Curves by {clean(x)}. {told}")


@theme()
def figure(panels: Mapping[str, list[Series]], x: str, log: bool, told: str) -> Plot:
    """Axes for each panel, side by side."""
    width = 6.4 if len(panels) == 1 else 4.8
    sheet, places = page(width * len(panels), 3.6, 1, len(panels))
    for axes, (measure, series) in zip(places, panels.items(), strict=True):
        for i, one in enumerate(series):
            shown = np.isfinite(one.values) & ((one.values > 0) | (not log))
            label = "\n".join(filter(None, [one.name, one.strays()]))
            style = {"label": label, "markevery": max(1, len(one.steps) // 10), "markersize": 5, **look(i)}
            axes.plot(one.steps, np.where(shown, one.values, np.nan), **style)
        axes.grid(True)
        axes.locator_params(axis="x", integer=True)
        axes.set(xlabel=fitted(x, 4), ylabel=fitted(measure if len(series) > 1 else series[0].name, 2.4))
        if log:
            logarithmic(axes, "y")
        if len(series) > 1 or series[0].strays():
            legend(axes, width - 1)
    return Plot(sheet, told)


class LiveCurves:
    """Curves that grow while a network trains: in `with LiveCurves() as live:`, call live.update(loss=loss) each step.

    In a notebook one picture is drawn again in its place, about once a second, for a twentieth of the time at most.
    At the end comes the last picture, and everywhere a line that says its numbers. The picture's own text is always
    the same: of a notebook run again, nbval compares the text of the first picture with the stored one of the last.
    """

    def __init__(self, *, x: str = "step", y: str = "", log: bool = False) -> None:
        self.options = (x, y, log)
        self.points: dict[str, list[tuple[int, float]]] = {}
        self.count, self.due = 0, 0.0
        self.handle: Any = None
        self.shown = in_notebook()

    def update(self, **values: Any) -> None:
        """Add a number to each curve named. What comes by itself, such as once an epoch, belongs to the last step."""
        for name, value in values.items():
            one = numbers(value, "LiveCurves", name)
            if one.size != 1:
                raise ValueError(f"LiveCurves: {name} must be one number, got shape {one.shape}; take its .mean()")
            row = self.points.setdefault(name, [])
            self.count = max(self.count, len(row) + 1)
            row.append((self.count - 1, one.item()))
        if self.shown and time.perf_counter() >= self.due:
            self.show()

    def plot(self) -> Plot:
        """The curves so far."""
        series = [Series(clean(name), *np.array(row).T) for name, row in self.points.items()]
        return drawn(series, *self.options)

    def show(self, last: bool = False) -> None:
        """Draw the picture again, in its place; the last time as a small file."""
        from IPython.display import display

        start = time.perf_counter()
        plot = self.plot()
        data, metadata = plot.bundle(plot.png if last else plot.rendered())
        data["text/plain"] = LIVE
        now = time.perf_counter()
        if self.handle:
            self.handle.update(data, metadata=metadata, raw=True)
            self.due = now + max(PAUSE, SHARE * (now - start))
        else:  # the first time also loads matplotlib: it says nothing about the next
            self.handle = display(data, metadata=metadata, raw=True, display_id=True)
            self.due = now + PAUSE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self.points and self.shown:
            self.show(last=True)
        if self.points:
            print(self.plot())


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this, which can put a picture in another's place."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython.get_ipython(), "kernel") if ipython else False
