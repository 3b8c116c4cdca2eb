"""on_epoch_end says why training is to stop early, or nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tinygrad_course.training import callbacks
from tinygrad_course.training.history import History

from ...exercise import Case, Exercise, Mistake, Piece


def _stop(self: Any, run: Any) -> str:
    best = run.history.best(*self.measure)
    waited = run.history.epochs - best
    return f"no epoch was better than epoch {best}" if waited >= self.patience else ""


def _stop_bool(self: Any, run: Any) -> Any:
    return run.history.epochs >= run.history.best(*self.measure) + self.patience


def _stop_soon(self: Any, run: Any) -> Any:
    return run.history.epochs - run.history.best(*self.measure) >= self.patience - 1


def _stop_late(self: Any, run: Any) -> Any:
    return run.history.epochs - run.history.best(*self.measure) > self.patience


def _stop_first_worse(self: Any, run: Any) -> Any:
    return run.history.best(*self.measure) < run.history.epochs


def _stop_by_count(self: Any, run: Any) -> Any:
    return run.history.epochs >= self.patience


def _stop_turned(self: Any, run: Any) -> Any:
    return run.history.epochs - run.history.best(*self.measure) < self.patience


def _stop_usual(self: Any, run: Any) -> Any:
    return run.history.epochs - run.history.best() >= self.patience


def _stop_never(self: Any, run: Any) -> None:
    return None


def _stop_always(self: Any, run: Any) -> str:
    return "to stop or not to stop"


def _stop_packed(self: Any, run: Any) -> Any:
    return run.history.epochs - run.history.best(self.measure) >= self.patience


def _stop_case(name: str, patience: int, losses: list[float], monitor: str = "val_loss", mode: str = "min") -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        stopping = callbacks.EarlyStopping(patience, monitor, mode)
        ended = []
        for i in range(len(losses)):
            history = History({name: losses[: i + 1] for name in {"val_loss", monitor}})
            ended.append(bool(piece(stopping, SimpleNamespace(history=history))))
        return {"training ends after each epoch": ended}

    return Case(name, run)


STOP = Exercise(
    id="11.on_epoch_end",
    target="tinygrad_course.training.callbacks.EarlyStopping.on_epoch_end",
    minutes=5,
    difficulty=2,
    reference=callbacks.EarlyStopping.on_epoch_end,
    cases=(
        _stop_case("patience 2, losses 5, 4, 3, 2", 2, [5, 4, 3, 2]),
        _stop_case("patience 2, losses 5, 3, 4, 4, 4", 2, [5, 3, 4, 4, 4]),
        _stop_case("patience 3, losses 5, 6, 6, 4, 6, 6, 6", 3, [5, 6, 6, 4, 6, 6, 6]),
        _stop_case(
            'patience 1, monitor="val_accuracy", mode="max", 0.5, 0.6, 0.7, 0.6',
            1,
            [0.5, 0.6, 0.7, 0.6],
            "val_accuracy",
            "max",
        ),
    ),
    accepts=(_stop, _stop_bool),
    mistakes=(
        Mistake(
            "one epoch early",
            _stop_soon,
            "You give up one epoch early. With a patience of 2, two epochs may pass after the best one.",
        ),
        Mistake("one epoch late", _stop_late, "You wait one epoch too long: patience says how many may pass."),
        Mistake(
            "at once",
            _stop_first_worse,
            "You stop at the first epoch that is no better. Losses jump about; that is what patience is for.",
        ),
        Mistake(
            "after so many",
            _stop_by_count,
            "You stop after `patience` epochs, however good they are. Count from the best one.",
        ),
        Mistake("turned round", _stop_turned, "You stop while there is still hope, and go on when there is none."),
        Mistake(
            "never",
            _stop_never,
            "Your method never ends the training. None means: go on, so return your answer; and compare the epochs "
            "since the best one with self.patience.",
        ),
        Mistake(
            "always",
            _stop_always,
            "Your method ends the training after every epoch. Any text says stop, whatever stands in it. Give back "
            "False or None to go on.",
        ),
        Mistake(
            "measure not unpacked",
            _stop_packed,
            "best takes two arguments, and self.measure is a tuple of two. With a star before it, each of them is "
            "handed over: best(*self.measure).",
        ),
        Mistake(
            "measure ignored",
            _stop_usual,
            "best() without self.measure takes the usual loss. The callback was told what to watch.",
        ),
    ),
    hints=(
        "How many epochs have passed since the best one?",
        "run.history.epochs is how many there were, run.history.best(...) the number of the best; take their distance.",
        "Fill in what is missing:\nbest = ...\nreturn ... >= self.patience",
    ),
)
