"""What a training came to, epoch by epoch."""

from __future__ import annotations

import math

from ..draw.digits import number

ENDS = 5  # of a long training, so many of the first and of the last epochs are printed


class History(dict[str, list[float]]):
    """The loss and the metrics of each epoch, {"loss": [...], "val_loss": [...]}: plots.curves(history, x="epoch").

    stopped: why training ended early, "" where it did not. interrupted: whether Ctrl-C or the kernel's stop button did
    that. restored: the epoch, counted from 1, whose weights the model was given back; 0 where it has its last ones.
    """

    stopped, interrupted, restored = "", False, 0

    @property
    def epochs(self) -> int:
        """How many epochs have been completed."""
        return len(next(iter(self.values()), ()))

    def best(self, monitor: str = "", mode: str = "") -> int:
        """Return the best epoch, counted from 1, and the first of several.

        monitor: what to compare; when left out "val_loss", or "loss" without validation. mode: "min" or "max", which
        way is better; needed for all but a loss.
        """
        sign = sign_of(monitor, mode)
        values = self[monitor or ("val_loss" if "val_loss" in self else "loss")]
        scores = [math.inf if math.isnan(value) else sign * value for value in values]
        return 1 + scores.index(min(scores))

    def __missing__(self, name: str) -> list[float]:
        raise KeyError(f"{name!r} was not measured, but {', '.join(self) or 'nothing yet'}")

    def __repr__(self) -> str:
        rows = [(str(i), *(number(x, 3) for x in row)) for i, row in enumerate(zip(*self.values(), strict=True), 1)]
        if len(rows) > 2 * ENDS:
            rows[ENDS:-ENDS] = [("…",) * (1 + len(self))]
        widths = [max(map(len, column)) for column in zip(("epoch", *self), *rows, strict=True)]
        lines = ["  ".join(map(str.rjust, row, widths)) for row in (("epoch", *self), *rows)]
        return "\n".join(filter(None, [*lines, self.ending()]))

    def ending(self) -> str:
        """How training ended, in a sentence or two; nothing where it came to its last epoch and stayed there."""
        stopped = f"Stopped: {self.stopped}. " * bool(self.stopped)
        return (stopped + f"The model has the weights of epoch {self.restored}." * bool(self.restored)).rstrip()


def sign_of(monitor: str, mode: str) -> int:
    """1 where less is better, -1 where more is. Raises ValueError where that is not known."""
    if not mode and (monitor or "loss").endswith("loss"):
        return 1
    if mode not in ("min", "max"):
        raise ValueError(f'{monitor}, mode={mode!r}: say mode="max" if more is better, mode="min" if less is')
    return 1 if mode == "min" else -1
