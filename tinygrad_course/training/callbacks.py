"""Callbacks: what happens beside the training loop, at the moments that Keras names."""

from __future__ import annotations

from operator import length_hint
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoint import save_checkpoint
from .history import sign_of

if TYPE_CHECKING:
    from .fit import Run


class Callback:
    """What `fit` calls at five moments: subclass it, and write those that you need.

    run: the training, with model, optimizer, history, epoch, batch and the batch's loss. A method that returns True, or
    a text that says why, ends the training there.
    """

    def on_train_begin(self, run: Run) -> Any:
        """Before the first epoch."""

    def on_epoch_begin(self, run: Run) -> Any:
        """Before the first batch of an epoch."""

    def on_batch_end(self, run: Run) -> Any:
        """After each step of the optimizer."""

    def on_epoch_end(self, run: Run) -> Any:
        """After each epoch, which run.history holds by then."""

    def on_train_end(self, run: Run) -> Any:
        """At the end, however it came about."""


class EarlyStopping(Callback):
    """Ends training once `patience` epochs have passed since the best one, whose weights the model then gets.

    monitor, mode: which is the best, as for History.best. restore_best_weights: whether the model gets them back, also
    where training came to its last epoch; after Ctrl-C, or a loss that is not finite, it always does.
    """

    def __init__(self, patience: int = 5, monitor: str = "", mode: str = "", restore_best_weights: bool = True) -> None:
        sign_of(monitor, mode)
        self.patience, self.measure = max(1, patience), (monitor, mode)
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, run: Run) -> str:
        """End a training that was resumed after its end."""
        return self.on_epoch_end(run) if run.history else ""

    def on_epoch_end(self, run: Run) -> str:
        """End it when it is time."""
        best = run.history.best(*self.measure)
        return f"no epoch was better than epoch {best}" if run.history.epochs - best >= self.patience else ""


class Checkpoint(Callback):
    """Writes a checkpoint after each epoch: fit(..., resume=path) goes on from it, load_checkpoint takes the model out.

    monitor: write it only where the epoch is the best so far by this name; mode as for History.best.
    """

    def __init__(self, path: str | Path, monitor: str = "", mode: str = "") -> None:
        sign_of(monitor, mode)
        self.path, self.measure = Path(path), (monitor, mode)

    def on_train_begin(self, run: Run) -> None:
        """Make the folder now, and not after the work of an epoch."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, run: Run) -> None:
        """Write the file."""
        if not self.measure[0] or run.history.best(*self.measure) == run.history.epochs:
            parts = (run.model, run.optimizer, run.scheduler, run.train)
            save_checkpoint(self.path, *parts, history=run.history, best=run.best)


class Progress(Callback):
    """A bar on stdout with the loss and the time left; its last state holds no times."""

    def on_train_begin(self, run: Run) -> None:
        """Show one bar for all epochs."""
        from .bar import bar  # it brings in tqdm

        batches = length_hint(run.train) * max(0, run.epochs - run.history.epochs)
        self.bar = bar(iter(()), total=batches or None)

    def on_batch_end(self, run: Run) -> None:
        """Go one step on."""
        self.bar.set_description_str(f"epoch {run.epoch}/{run.epochs} ", refresh=False)
        self.bar.set_postfix(loss=run.loss)
        self.bar.update()

    def on_epoch_end(self, run: Run) -> None:
        """Say what the epoch came to."""
        self.bar.set_postfix({k: v[-1] for k, v in run.history.items() if k == "loss" or k.startswith("val_")})

    def on_train_end(self, run: Run) -> None:
        """Show the last state."""
        self.bar.close()


class LivePlot(Callback):
    """Curves that grow in a notebook while it trains: the loss by batch, the rest by epoch."""

    def on_train_begin(self, run: Run) -> None:
        """Begin without a curve."""
        from ..plots import LiveCurves  # it brings in what draws

        self.live = LiveCurves(x="batch")

    def on_batch_end(self, run: Run) -> None:
        """Add the loss."""
        self.live.update(loss=run.loss)

    def on_epoch_end(self, run: Run) -> None:
        """Add the rest."""
        self.live.update(**{name: values[-1] for name, values in run.history.items() if name != "loss"})

    def on_train_end(self, run: Run) -> None:
        """Show the last picture, and the numbers as text."""
        self.live.__exit__()
