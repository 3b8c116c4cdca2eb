"""The training loop, the pass over data that measures a model, and what stands behind both."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..autograd import no_grad
from ..data import Dataset
from ..graph import walk
from ..methods.joining import cat
from ..nn import Module
from ..nn.utils import clip_grad_norm_
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..tensor import Tensor
from .callbacks import Callback, EarlyStopping
from .checkpoint import Path, load_checkpoint
from .history import History

Loss = Callable[[Any, Any], Tensor]
Metrics = Mapping[str, Callable[[Any, Any], Any]]


def fit(
    model: Module, loss: Loss, optimizer: Any, train: Iterable[Any], epochs: int = 1, *,
    validation: Iterable[Any] | None = None, metrics: Metrics | None = None, scheduler: Any = None,
    scheduler_per_batch: bool = False, clip_grad_norm: float | None = None, callbacks: Iterable[Callback] = (),
    resume: Path | None = None,
) -> History:  # fmt: skip
    """Train the model, and return the loss and the metrics of every epoch.

    train, validation: batches (input, target) or (inputs ..., target), such as a DataLoader. loss(output, target): a
    mean over the batch. metrics: {"accuracy": tg.metrics.accuracy}, functions of all outputs and targets of an epoch;
    with validation there are "val_loss" and "val_accuracy", too. scheduler: takes a step after each epoch, or batch.
    clip_grad_norm: the largest norm of all gradients. resume: a file of callbacks.Checkpoint, to go on up to `epochs`.

    Ctrl-C ends the training and not the program: history.interrupted is then True, and the model has the weights of its
    best epoch, as it has where the loss became nan. A second Ctrl-C, after fit has returned, ends the program as ever.
    """
    run = Run(model, optimizer, scheduler, train, epochs, [*callbacks])
    if resume is not None:
        run.resume(resume)
    history = run.history
    with run.under_way():
        run.call("on_train_begin")
        for run.epoch in range(history.epochs + 1, epochs + 1):
            run.call("on_epoch_begin")
            scores = Scores(metrics)
            for run.batch, (*inputs, target) in enumerate(batches(train), 1):
                optimizer.zero_grad()
                output = model(*inputs)
                error = loss(output, target)
                run.loss = scores.add(error, output, target)
                run.check_loss()
                error.backward()
                if clip_grad_norm is not None:
                    clip_grad_norm_(model.parameters(), clip_grad_norm)
                optimizer.step()
                if scheduler_per_batch:
                    scheduler.step()
                run.call("on_batch_end")
            values = scores.result()
            if validation is not None:
                measured = evaluate(model, validation, loss, metrics)
                values |= {f"val_{name}": value for name, value in measured.items()}
            run.record(values)
            if scheduler is not None and not scheduler_per_batch:
                step_after_epoch(scheduler, history)
            run.call("on_epoch_end")
    return history


def evaluate(model: Module, data: Iterable[Any], loss: Loss, metrics: Metrics | None = None) -> dict[str, float]:
    """Return the loss and the metrics of a model over data, in evaluation mode and without recording.

    They are those of all examples together, whatever the sizes of the batches.
    """
    scores = Scores(metrics)
    with mode(model, training=False), no_grad():
        for *inputs, target in batches(data):
            output = model(*inputs)
            scores.add(loss(output, target), output, target)
        return scores.result()


def batches(data: Iterable[Any]) -> Iterator[Any]:
    """The batches of data. Raises TypeError for what is none, and ValueError where there is none."""
    if isinstance(data, Dataset):
        raise TypeError("fit: a dataset gives single examples: wrap it, DataLoader(dataset, batch_size=32)")
    batch = None
    for batch in data:
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            raise TypeError(f"fit: a batch must be a pair (input, target), and it is a {type(batch).__name__}")
        yield batch
    if batch is None:
        raise ValueError("fit: the data gave no batch; it is empty, or a generator, which is used up after one pass")


class Scores:
    """The mean loss of batches, each as heavy as it is long, and metrics of all their outputs together.

    A mean of the metrics of each batch would not do: f1 and r2 are no means.
    """

    def __init__(self, metrics: Metrics | None) -> None:
        self.metrics, self.total, self.count = metrics or {}, 0.0, 0
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def add(self, loss: Any, output: Any, target: Tensor) -> float:
        """Add a batch, and return its loss. Raises ValueError for a loss that is not one number, or of wrong pairs."""
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            found = getattr(loss, "shape", type(loss).__name__)
            raise ValueError(f"fit: the loss must be a Tensor with one number, and it is {found}: take its .mean()")
        size = len(target) if target.ndim else 1
        check_pairs(loss, output, target.shape, size)
        self.total, self.count = self.total + loss.item() * size, self.count + size
        if self.metrics:
            self.pairs.append((output.detach(), target))
        return loss.item()

    def result(self) -> dict[str, float]:
        """The loss and the metrics."""
        pair = [cat(part) for part in zip(*self.pairs, strict=True)]
        return {"loss": self.total / self.count} | {name: float(f(*pair)) for name, f in self.metrics.items()}


def check_pairs(loss: Tensor, output: Any, shape: tuple[int, ...], n: int) -> None:
    """Raise ValueError where a loss of (n, 1) and (n,) compared each output with each target, as broadcasting does."""
    if n == 1 or {getattr(output, "shape", ()), shape} != {(n, 1), (n,)} or not loss.node:
        return
    if any((n, n) in node.shapes for node in walk(loss.node) if node.id > output.node.id):
        raise ValueError(f"fit: the loss compares each of {output.shape} with each of {shape}: reshape one of them")


@contextmanager
def mode(model: Module, training: bool) -> Iterator[None]:
    """Put the model into training or evaluation mode for a `with` block, and every part of it back afterwards."""
    before = {module: module.training for module in model.modules()}
    model.train(training)
    try:
        yield
    finally:
        for module, was in before.items():
            module.training = was


def step_after_epoch(scheduler: Any, history: History) -> None:
    """Let the scheduler take its step; one that waits for a plateau is shown the loss."""
    watched = [history.get("val_loss", history["loss"])[-1]] if isinstance(scheduler, ReduceLROnPlateau) else []
    scheduler.step(*watched)


class StopTraining(Exception):
    """Ends a training in order; the text says why."""


@dataclass
class Run:
    """A training under way, as callbacks see it.

    epoch and batch count from 1, loss is that of the batch. best: the best epoch so far, by what EarlyStopping monitors
    or else by the loss, and a copy of its weights.
    """

    model: Module
    optimizer: Any
    scheduler: Any
    train: Iterable[Any]
    epochs: int
    callbacks: list[Callback]
    history: History = field(default_factory=History)
    best: tuple[int, dict[str, Tensor]] = (0, {})
    epoch, batch, loss = 0, 0, 0.0

    def __post_init__(self) -> None:
        """Raise ValueError where nothing could be learned, or not by all parameters that want to."""
        wanted = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        held = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        if not wanted:
            raise ValueError("fit: no parameter of the model wants a gradient: it has none, or all are frozen")
        if missed := [name for name, p in wanted.items() if id(p) not in held]:
            cure = "make it from model.parameters() of this model when it is complete, or freeze what is not to learn"
            raise ValueError(f"fit: the optimizer does not hold {', '.join(missed[:3])}: {cure}")
        stopping = (callback for callback in self.callbacks if isinstance(callback, EarlyStopping))
        self.stopping = next(stopping, EarlyStopping(restore_best_weights=False))

    def resume(self, path: Path) -> None:
        """Go on from a file that a Checkpoint wrote."""
        saved = load_checkpoint(path, self.model, self.optimizer, self.scheduler, self.train)
        self.history.update(saved["history"])
        self.best = saved["best"]

    def call(self, moment: str) -> None:
        """Call this method of every callback, and stop where one said so."""
        for callback, answer in [(callback, getattr(callback, moment)(self)) for callback in self.callbacks]:
            if answer:
                said = answer if isinstance(answer, str) else f"{type(callback).__name__} said so in epoch {self.epoch}"
                raise StopTraining(said)

    def check_loss(self) -> None:
        """Stop where the loss is not finite: the gradients would not be, either."""
        if not math.isfinite(self.loss):
            cure = "a lower learning rate or clip_grad_norm=1.0 may help"
            raise StopTraining(f"the loss is {self.loss} in epoch {self.epoch}, batch {self.batch}; {cure}")

    def record(self, values: Mapping[str, float]) -> None:
        """Add an epoch to the history, and keep the weights if it is the best.

        Raises ValueError where a resumed training measures something else than before.
        """
        if self.history and [*self.history] != [*values]:
            before = ", ".join(self.history)
            raise ValueError(f"fit: the epochs until now have {before}: resume with the same metrics and validation")
        self.history.update({name: [*self.history.get(name, []), value] for name, value in values.items()})
        if self.history.best(*self.stopping.measure) == self.epoch:
            self.best = self.epoch, {name: value.clone() for name, value in self.model.state_dict().items()}

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Train in training mode, and end in order: after the last epoch, by a callback, by Ctrl-C, or with a nan."""
        with mode(self.model, training=True):
            try:
                yield
            except (StopTraining, KeyboardInterrupt) as reason:
                self.history.interrupted = isinstance(reason, KeyboardInterrupt)
                self.history.stopped = str(reason) or f"interrupted in epoch {self.epoch}, batch {self.batch}"
            finally:
                cut_short = self.history.interrupted or not math.isfinite(self.loss)
                if self.best[0] and (cut_short or self.stopping.restore_best_weights):
                    self.restore()
                for callback in self.callbacks:
                    callback.on_train_end(self)
        if cut_short:
            warnings.warn(f"fit: {self.history.ending()}", stacklevel=4)

    def restore(self) -> None:
        """Give the model its best weights."""
        self.history.restored, weights = self.best
        for name, value in self.model.state_dict().items():
            value.copy_(weights[name])
