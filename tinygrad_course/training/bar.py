"""The progress bar of a training loop: the time left while it runs, and a last state that is the same every time.

A notebook stores the last state, and the tests compare it with that of a new run: so it holds no times, and every
state is one line of the same width, which covers the one before it.
"""

import sys
from collections.abc import Iterable, Sized
from typing import Any

from tqdm import tqdm

WIDTH = 79


class Bar(tqdm):
    """A tqdm progress bar whose last state holds no times; set_postfix(loss=0.25) shows a number beside it."""

    def __str__(self) -> str:
        return super().__str__().ljust(WIDTH)

    def set_postfix(self, ordered_dict: Any = None, refresh: bool = False, **values: Any) -> None:
        """Show these numbers from the bar's next state on.

        Without a refresh of its own, so that it costs nothing in a fast loop.
        """
        super().set_postfix(ordered_dict, refresh, **values)

    def close(self) -> None:
        """Show the last state and end the line; nothing where that has been done."""
        self.bar_format = _form(self.total, "")
        super().close()


def _form(total: float | None, time: str) -> str:
    counted = "{n_fmt}" if total is None else "|{bar}| {n_fmt}/{total_fmt}"
    return "{desc}" + counted + time + "{postfix}"


def bar(iterable: Iterable[Any], description: str = "", total: int | None = None) -> Bar:
    """Go through iterable and show how far that is, in a line that is written again and again.

    total is the number of steps, needed only where len(iterable) is not known; without it the line counts.
    The bar that it returns is a tqdm: `steps = bar(batches); for x in steps: ...; steps.set_postfix(loss=0.25)`.
    """
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    time = " {elapsed}" if total is None else " {remaining} left"
    name = f"{description} " if description else ""
    return Bar(iterable, desc=name, total=total, file=sys.stdout, ncols=WIDTH, bar_format=_form(total, time))
