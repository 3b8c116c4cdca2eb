"""Training as one call: the loop's numbers, how it ends, going on later, what is measured, shown and refused."""

from __future__ import annotations

import itertools
import math
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import metrics, nn, optim
from tinygrad_course.course.exercises import load
from tinygrad_course.course.mine import mine
from tinygrad_course.course.saved import keep
from tinygrad_course.course.source import Source
from tinygrad_course.nn import functional as F
from tinygrad_course.optim import lr_scheduler as schedules
from tinygrad_course.training.callbacks import Callback, Checkpoint, EarlyStopping, LivePlot, Progress
from tinygrad_course.training.history import History

ROOT = Path(__file__).resolve().parents[1]
ACCURACY = {"accuracy": metrics.accuracy}


def points(n: int = 42, classes: int = 3) -> Any:
    """Points of a few classes, which nothing separates without a fault."""
    r = np.random.default_rng(0)
    x, y = r.normal(size=(n, 4)), r.integers(0, classes, n)
    return tg.data.TensorDataset(tg.tensor(x + np.eye(4)[y]), tg.tensor(y))


def loader(size: int = 8, **options: Any) -> Any:
    return tg.data.DataLoader(points(), size, **options)


def network(dropout: float = 0.0) -> Any:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3)).double()


def weights(model: Any) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def assert_same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    for name in {*a, *b}:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def started(dropout: float = 0.0, lr: float = 0.05) -> tuple[Any, Any]:
    """A network and its optimizer, the same every time."""
    tg.manual_seed(0)
    model = network(dropout)
    return model, optim.Adam(model.parameters(), lr=lr)


class Does(Callback):
    """Runs a function at the end of each batch or epoch."""

    def __init__(self, batch: Callable[[Any], Any] = lambda run: None, epoch: Callable[[Any], Any] = lambda run: None):
        self.batch, self.epoch = batch, epoch

    def on_batch_end(self, run: Any) -> Any:
        return self.batch(run)

    def on_epoch_end(self, run: Any) -> Any:
        return self.epoch(run)


class Snapshots(Callback):
    """Keeps the weights at the end of every epoch."""

    def __init__(self) -> None:
        self.taken: list[dict[str, np.ndarray]] = []

    def on_epoch_end(self, run: Any) -> None:
        self.taken.append(weights(run.model))


# The loop


def test_its_numbers_are_those_of_the_loop_by_hand() -> None:
    model, optimizer = started(dropout=0.2)
    scheduler = schedules.StepLR(optimizer, 1, 0.5)
    losses, valued = [], []
    for _ in range(3):
        total, model = 0.0, model.train()
        for x, y in loader(shuffle=True):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            total += loss.item() * len(y)
        losses.append(total / 42)
        x, y = points().tensors
        with tg.no_grad():
            valued.append(F.cross_entropy(model.eval()(x), y).item())
        scheduler.step()

    again, optimizer = started(dropout=0.2)
    history = tg.fit(
        again, F.cross_entropy, optimizer, loader(shuffle=True), 3, validation=loader(42), clip_grad_norm=0.5,
        scheduler=schedules.StepLR(optimizer, 1, 0.5),
    )  # fmt: skip
    assert_same(weights(again), weights(model))
    assert history == {"loss": losses, "val_loss": valued}
    assert (history.stopped, history.interrupted, history.restored) == ("", False, 0)


def test_several_inputs_and_any_iterable_of_batches() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(tg.tensor([0.0, 0.0]))

        def forward(self, a: Any, b: Any) -> Any:
            return self.w[0] * a + self.w[1] * b

    a, b = tg.tensor([1.0, 2.0, 3.0]), tg.tensor([1.0, -1.0, 0.5])
    model = Sum()
    history = tg.fit(model, F.mse_loss, optim.SGD(model.parameters(), lr=0.1), [(a, b, 2 * a - b)], 200)
    np.testing.assert_allclose(model.w.detach().numpy(), [2, -1], atol=1e-3)
    assert history.epochs == 200 and tg.evaluate(model, [(a, b, 2 * a - b)], F.mse_loss)["loss"] < 1e-6


def test_the_mode_of_every_part_is_put_back_and_is_right_meanwhile() -> None:
    model, optimizer = started()
    model.eval()
    model[0].train()
    seen = []

    def output_mode(module: Any, args: Any, output: Any) -> None:
        seen.append((module.training, output.requires_grad))

    handle = model[3].register_forward_hook(output_mode)
    tg.fit(model, F.cross_entropy, optimizer, loader(42), validation=loader(42))
    handle.remove()
    assert seen == [(True, True), (False, False)]
    assert [part.training for part in model] == [True, False, False, False, False] and not model.training
    with pytest.raises(ZeroDivisionError):
        tg.fit(model, lambda output, y: 1 / 0, optimizer, loader())
    assert not model.training
    model.train()
    with pytest.raises(ZeroDivisionError):
        tg.evaluate(model, loader(), lambda output, y: 1 / 0)
    assert model.training and tg.is_grad_enabled()


def test_a_scheduler_steps_after_each_epoch_or_batch_or_at_a_plateau() -> None:
    rates: list[float] = []
    note = Does(epoch=lambda run: rates.append(run.optimizer.param_groups[0]["lr"]))

    def rates_of(make: Callable[[Any], Any], **options: Any) -> list[float]:
        model, optimizer = started(lr=0.1)
        rates.clear()
        tg.fit(model, F.cross_entropy, optimizer, loader(21), 3, scheduler=make(optimizer), callbacks=[note], **options)
        return rates

    halving = lambda optimizer: schedules.StepLR(optimizer, 1, 0.5)  # noqa: E731
    assert rates_of(halving) == [0.05, 0.025, 0.0125]
    assert rates_of(halving, scheduler_per_batch=True) == pytest.approx([0.1 / 4, 0.1 / 16, 0.1 / 64])
    never = lambda optimizer: schedules.ReduceLROnPlateau(optimizer, patience=0, threshold=1e6)  # noqa: E731
    assert rates_of(never) == pytest.approx([0.01, 0.001, 0.0001])
    model, optimizer = started()
    plateau = schedules.ReduceLROnPlateau(optimizer)
    for options, name in (({}, "loss"), ({"validation": loader()}, "val_loss")):
        history = tg.fit(model, F.cross_entropy, optimizer, loader(), scheduler=plateau, **options)
        assert plateau.best == history[name][0]


# How it ends


def test_early_stopping_waits_for_so_many_epochs_and_gives_back_the_best_weights() -> None:
    model, optimizer = started()
    scripted, turn = iter([0.5, 0.6, 0.9, 0.7, 0.9, 0.8, 0.99]), itertools.cycle(["train", "validation"])
    snapshots = Snapshots()
    history = tg.fit(
        model, F.cross_entropy, optimizer, loader(), 50, validation=loader(),
        metrics={"score": lambda output, y: 0 if next(turn) == "train" else next(scripted)},
        callbacks=[snapshots, EarlyStopping(3, "val_score", "max")],
    )  # fmt: skip
    assert history["val_score"] == [0.5, 0.6, 0.9, 0.7, 0.9, 0.8] and history.epochs == 6
    assert history.best("val_score", "max") == history.restored == 3 and not history.interrupted
    assert_same(weights(model), snapshots.taken[2])
    assert history.ending() == "Stopped: no epoch was better than epoch 3. The model has the weights of epoch 3."


def test_early_stopping_leaves_the_last_weights_where_it_is_told_to() -> None:
    model, optimizer = started()
    snapshots = Snapshots()
    stopping = EarlyStopping(2, "rate", "max", restore_best_weights=False)
    rate = {"rate": lambda output, y: optimizer.param_groups[0]["lr"]}
    scheduler = schedules.ExponentialLR(optimizer, 0.5)
    history = tg.fit(
        model, F.cross_entropy, optimizer, loader(), 9, metrics=rate, scheduler=scheduler,
        callbacks=[stopping, snapshots],
    )  # fmt: skip
    assert history.epochs == 3 and history.restored == 0
    assert_same(weights(model), snapshots.taken[-1])


def test_a_callback_ends_training_by_what_it_returns_and_the_others_are_called_all_the_same() -> None:
    model, optimizer = started()
    snapshots = Snapshots()
    stop = Does(epoch=lambda run: run.epoch == 2)
    history = tg.fit(model, F.cross_entropy, optimizer, loader(), 9, callbacks=[stop, snapshots])
    assert history.epochs == len(snapshots.taken) == 2 and history.stopped == "Does said so in epoch 2"
    stop = Does(batch=lambda run: "the time is up" if (run.epoch, run.batch) == (2, 3) else "")
    history = tg.fit(model, F.cross_entropy, optimizer, loader(), 9, callbacks=[stop])
    assert history.epochs == 1 and repr(history).endswith("\nStopped: the time is up.")


def press(run: Any) -> None:
    """Ctrl-C in the third batch of epoch 4."""
    if (run.epoch, run.batch) == (4, 3):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("with_stopping", [False, True])
def test_ctrl_c_ends_the_training_with_the_best_weights_and_the_next_one_the_program(with_stopping: bool) -> None:
    model, optimizer = started()
    model.eval()
    snapshots, extra = Snapshots(), [EarlyStopping(9, "rate", "max")] * with_stopping
    rate = {"rate": lambda output, y: -abs(optimizer.param_groups[0]["lr"] - 0.0125)}  # the best is epoch 3, or 2:
    scheduler = schedules.ExponentialLR(optimizer, 0.5)
    with pytest.warns(UserWarning, match="interrupted in epoch 4, batch 3. The model has the weights of") as caught:
        history = tg.fit(
            model, F.cross_entropy, optimizer, loader(), 9, metrics=rate, scheduler=scheduler,
            callbacks=[snapshots, *extra, Does(batch=press)],
        )  # fmt: skip
    assert caught[0].filename == __file__
    assert history.interrupted and history.epochs == 3 and not model.training
    assert history.restored == (3 if with_stopping else history.best("loss"))
    assert_same(weights(model), snapshots.taken[history.restored - 1])
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_the_first_epoch_keeps_what_was_learned() -> None:
    model, optimizer = started()
    kept: dict[str, np.ndarray] = {}

    def stop(run: Any) -> None:
        kept.update(weights(run.model))
        if run.batch == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match=r"fit: Stopped: interrupted in epoch 1, batch 3\.$"):
        history = tg.fit(model, F.cross_entropy, optimizer, loader(), 9, callbacks=[Does(batch=stop)])
    assert history == {} and repr(history) == "epoch\nStopped: interrupted in epoch 1, batch 3."
    assert_same(weights(model), kept)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_loss_that_is_not_finite_ends_training_before_it_spoils_the_weights(value: str) -> None:
    model, optimizer = started()
    calls = iter(range(1000))
    snapshots = Snapshots()

    def loss(output: Any, y: Any) -> Any:
        return F.cross_entropy(output, y) * (float(value) if next(calls) == 2 * 6 + 4 else 1.0)

    with pytest.warns(UserWarning, match=f"the loss is {value} in epoch 3, batch 5; a lower learning rate or clip_gr"):
        history = tg.fit(model, loss, optimizer, loader(), 9, callbacks=[snapshots])
    assert history.epochs == 2 and not history.interrupted and np.isfinite(history["loss"]).all()
    assert_same(weights(model), snapshots.taken[history.best() - 1])


# Going on later


def parts(path: Path, kind: str) -> dict[str, Any]:
    """What a training is made of: each time the same, whatever random numbers were drawn before."""
    model, optimizer = started(dropout=0.3)
    make: Callable[[], Any] = {
        "epoch": lambda: schedules.ExponentialLR(optimizer, 0.8),
        "batch": lambda: schedules.OneCycleLR(optimizer, 0.1, total_steps=61),
        "plateau": lambda: schedules.ReduceLROnPlateau(optimizer, patience=0, threshold=0.05),
        "none": lambda: None,
    }[kind]
    own = tg.Generator(5) if kind in ("epoch", "none") else None
    rate = {"rate": lambda output, y: -abs(optimizer.param_groups[0]["lr"] - 0.05)}
    return dict(
        model=model, loss=F.cross_entropy, optimizer=optimizer, train=loader(shuffle=True, generator=own),
        validation=loader(5, shuffle=True), metrics=rate, scheduler=make(), clip_grad_norm=0.7,
        callbacks=[Checkpoint(path), EarlyStopping(7, "rate", "max")], scheduler_per_batch=kind == "batch",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["epoch", "batch", "plateau", "none"])
def test_a_resumed_training_gives_the_same_numbers(kind: str, tmp_path: Path) -> None:
    whole, half, rest = (parts(tmp_path / name / "new" / "last.tg", kind) for name in "abb")
    tg.manual_seed(1)
    expected = tg.fit(**whole, epochs=10)
    tg.manual_seed(1)
    tg.fit(**half, epochs=4)
    tg.manual_seed(2)
    got = tg.fit(**rest, epochs=10, resume=tmp_path / "b/new/last.tg")
    assert got == expected and got.epochs > 4 and (got.stopped, got.restored) == (expected.stopped, expected.restored)
    assert_same(weights(rest["model"]), weights(whole["model"]))
    states = [run["optimizer"].state_dict() for run in (whole, rest)]
    for i, state in states[0]["state"].items():
        for name, value in state.items():
            np.testing.assert_array_equal(states[1]["state"][i][name], value, err_msg=f"{name} of {i}")
    assert states[0]["param_groups"] == states[1]["param_groups"]


def test_a_training_that_has_stopped_is_not_resumed_but_given_its_best_weights(tmp_path: Path) -> None:
    path = tmp_path / "last.tg"
    first, again = parts(path, "epoch"), parts(path, "epoch")
    history = tg.fit(**first, epochs=30)
    assert history.epochs == 8 and history.restored == 1
    resumed = tg.fit(**again, epochs=30, resume=path)
    assert resumed == history and resumed.stopped == history.stopped
    assert_same(weights(again["model"]), weights(first["model"]))
    with pytest.raises(ValueError, match="until now have loss, rate, val_loss, val_rate: resume with the same metrics"):
        tg.fit(**parts(path, "epoch") | {"validation": None, "callbacks": []}, epochs=30, resume=path)


def test_an_interrupted_training_goes_on_from_its_last_whole_epoch(tmp_path: Path) -> None:
    path = tmp_path / "last.tg"
    whole, broken, rest = parts(tmp_path / "whole.tg", "batch"), parts(path, "batch"), parts(path, "batch")
    tg.manual_seed(1)
    expected = tg.fit(**whole, epochs=6)
    tg.manual_seed(1)
    with pytest.warns(UserWarning, match="interrupted in epoch 4"):
        tg.fit(**broken | {"callbacks": [*broken["callbacks"], Does(batch=press)]}, epochs=6)
    assert tg.fit(**rest, epochs=6, resume=path) == expected
    assert_same(weights(rest["model"]), weights(whole["model"]))


def test_checkpoints_of_a_loop_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "hand.tg"
    batches = loader(shuffle=True, generator=tg.Generator(3))

    def train(model: Any, optimizer: Any, batches: Any) -> Any:
        for x, y in batches:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        return weights(model)

    model, optimizer = started(dropout=0.3)
    train(model, optimizer, batches)
    tg.save_checkpoint(path, model, optimizer, loader=batches, epoch=1, note=["as", {"it": tg.ones(2)}])
    expected = train(model, optimizer, batches)
    model, optimizer = started(dropout=0.3)
    tg.manual_seed(99)
    batches = loader(shuffle=True, generator=tg.Generator(4))
    more = tg.load_checkpoint(path, model, optimizer, loader=batches)
    assert more["epoch"] == 1 and more["note"][1]["it"].tolist() == [1, 1]
    assert_same(train(model, optimizer, batches), expected)


def test_a_model_alone_is_taken_out_of_a_checkpoint_and_nothing_else_changes(tmp_path: Path) -> None:
    run = parts(tmp_path / "last.tg", "epoch")
    run["callbacks"] = [Checkpoint(tmp_path / "best.tg", "rate", "max"), Checkpoint(tmp_path / "last.tg")]
    snapshots = Snapshots()
    run["callbacks"].append(snapshots)
    tg.fit(**run, epochs=3)
    for name, epoch in (("best", 0), ("last", 2)):
        model = network()
        tg.manual_seed(5)
        tg.load_checkpoint(tmp_path / f"{name}.tg", model)
        after = tg.rand(3)
        tg.manual_seed(5)
        assert tg.equal(after, tg.rand(3))
        assert_same(weights(model), snapshots.taken[epoch])
    assert {path.name for path in tmp_path.iterdir()} == {"best.tg", "last.tg"}, "nothing is left beside them"


def test_a_checkpoint_says_what_it_needs(tmp_path: Path) -> None:
    model, optimizer = started()
    path, state = tmp_path / "whole.tg", tmp_path / "state.tg"
    tg.save(model.state_dict(), state)
    with pytest.raises(ValueError, match=r"state\.tg is no checkpoint; what tg\.save wrote is read by tg\.load"):
        tg.load_checkpoint(state, model)
    tg.save_checkpoint(path, model, optimizer, schedules.ExponentialLR(optimizer, 0.5))
    held = r"holds model, optimizer, scheduler, random numbers; give it these, got model, optimizer, random numbers"
    with pytest.raises(ValueError, match=held):
        tg.load_checkpoint(path, model, optimizer)
    with pytest.raises(TypeError, match="optimizer"):
        tg.save_checkpoint(path, model)  # type: ignore[call-arg]
    with pytest.raises(RuntimeError, match=r"size mismatch for 4\.weight"):
        tg.load_checkpoint(path, nn.Sequential(*network()[:4], nn.Linear(8, 2)))


# Metrics


def by_hand(said: list[int], true: list[int]) -> dict[str, float]:
    """Macro averages, counted pair by pair."""
    rows = []
    for c in {*said, *true}:
        hit = sum(s == t == c for s, t in zip(said, true, strict=True))
        p, r = (hit / max(1, side.count(c)) for side in (said, true))
        rows.append((p, r, 2 * p * r / (p + r) if p + r else 0.0))
    names = ("precision", "recall", "f1_score")
    return {name: sum(column) / len(rows) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


@pytest.mark.parametrize("seed", range(10))
def test_macro_averages_are_those_counted_by_hand(seed: int) -> None:
    r = np.random.default_rng(seed)
    scores, true = r.normal(size=(12, 5)), r.integers(0, 3, 12)
    said = scores.argmax(1)
    for given in (tg.tensor(scores), tg.tensor(said)):
        for name, value in by_hand(said.tolist(), true.tolist()).items():
            assert getattr(metrics, name)(given, tg.tensor(true)) == pytest.approx(value), name
        assert metrics.accuracy(given, tg.tensor(true)) == pytest.approx(np.mean(said == true))
    counts = metrics.confusion_matrix(tg.tensor(scores), tg.tensor(true), num_classes=5).numpy()
    assert counts.tolist() == [[int(sum((true == t) & (said == s))) for s in range(5)] for t in range(5)]


# From scikit-learn 1.9: said = [0, 2, 1, 0, 0, 1], true = [0, 1, 2, 0, 1, 2]; and numbers.
SAID, TRUE = [0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2]
SKLEARN = {"accuracy": 1 / 3, "precision": 2 / 9, "recall": 1 / 3, "f1_score": 0.26666666666666666}
GIVEN, WANTED = [[2.5, 1.0], [0.0, -1.5], [2.0, 4.0]], [[3.0, 1.0], [-0.5, -2.0], [2.0, 3.0]]
SKLEARN_OF_NUMBERS = {"mean_squared_error": 1.75 / 6, "mean_absolute_error": 2.5 / 6, "r2_score": 0.9121963562753037}


def test_results_are_scikit_learns() -> None:
    for name, value in SKLEARN.items():
        assert getattr(metrics, name)(tg.tensor(SAID), tg.tensor(TRUE)) == pytest.approx(value), name
    assert metrics.confusion_matrix(SAID, TRUE).tolist() == [[2, 0, 0], [1, 0, 1], [0, 2, 0]]
    for name, value in SKLEARN_OF_NUMBERS.items():
        assert getattr(metrics, name)(tg.tensor(GIVEN), tg.tensor(WANTED)) == pytest.approx(value), name


def test_top_k_accuracy_counts_the_k_highest_scores_and_ties_like_argmax() -> None:
    scores = tg.tensor([[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]])
    true = tg.tensor([0, 1, 2, 2])
    assert [metrics.top_k_accuracy(scores, true, k=k) for k in (1, 2, 3, 9)] == [0.5, 0.75, 1.0, 1.0]
    flat, true = tg.zeros(6, 3), tg.tensor([0, 0, 1, 2, 2, 2])
    assert metrics.top_k_accuracy(flat, true, k=1) == metrics.accuracy(flat, true) == pytest.approx(1 / 3)


def test_two_classes_from_scores_probabilities_and_numbers() -> None:
    true = tg.tensor([1.0, 0.0, 1.0, 0.0])
    assert metrics.accuracy(tg.tensor([0.1, -3.0, 2.0, -0.2]), true) == 1, "scores: above 0"
    assert metrics.accuracy(tg.tensor([0.6, 0.1, 0.4, 0.2]), true) == 0.75, "probabilities: above 0.5"
    assert metrics.accuracy(tg.tensor([[True], [False], [True], [True]]), true.reshape(4, 1)) == 0.75
    assert metrics.accuracy(tg.tensor([[[0.0, 1.0], [1.0, 0.0]]]), tg.tensor([[1, 1]])) == 0.5, "scores (n, classes, t)"


def test_r2_of_a_target_without_variance() -> None:
    assert metrics.r2_score(tg.tensor([1.0, 1.0]), tg.tensor([1.0, 1.0])) == 1
    assert metrics.r2_score(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0])) == 0
    assert metrics.mean_squared_error(tg.tensor([3], dtype=tg.uint8), tg.tensor([23], dtype=tg.uint8)) == 400


@pytest.mark.parametrize(
    "call",
    [
        lambda: metrics.accuracy(tg.ones(4, 1), tg.ones(4)),
        lambda: metrics.mean_squared_error(tg.ones(4, 1), tg.ones(4)),
        lambda: metrics.r2_score(tg.ones(4), tg.ones(4, 1)),
        lambda: metrics.f1_score(tg.ones(4, 3), tg.ones(5)),
        lambda: metrics.top_k_accuracy(tg.ones(4, 3), tg.ones(5)),
        lambda: metrics.confusion_matrix(tg.tensor([0, 1]), tg.tensor([0, -1])),
        lambda: metrics.confusion_matrix(tg.tensor([0, 1]), tg.tensor([0, 2]), num_classes=2),
    ],
)
def test_shapes_and_classes_that_do_not_fit_are_refused(call: Callable[[], Any]) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        call()


@pytest.mark.parametrize("size", [1, 5, 17, 42])
def test_what_is_measured_does_not_depend_on_the_batches(size: int) -> None:
    model, _ = started()
    measures = {"f1": metrics.f1_score, **ACCURACY, "top 2": lambda output, y: metrics.top_k_accuracy(output, y, k=2)}
    found = tg.evaluate(model, loader(size), F.cross_entropy, measures)
    x, y = points().tensors
    with tg.no_grad():
        output = model.eval()(x)
    expected = {"loss": F.cross_entropy(output, y).item(), **{name: f(output, y) for name, f in measures.items()}}
    assert found == pytest.approx(expected) and [*found] == ["loss", *measures]


# The history


def test_a_history_prints_as_a_table_and_plots() -> None:
    history = History({"loss": [1.5, 0.25, math.nan], "val_loss": [1.0, 0.00012345, 2.0]})
    assert repr(history) == (
        "epoch  loss  val_loss\n    1   1.5       1.0\n    2  0.25  0.000123\n    3   nan       2.0"
    )  # fmt: skip
    assert "val_loss: first 1.0 at 0" in repr(tg.plots.curves(history, x="epoch"))
    long = repr(History({"loss": [float(i) for i in range(100)]})).splitlines()
    assert [line.split()[0] for line in long] == ["epoch", "1", "2", "3", "4", "5", "…", "96", "97", "98", "99", "100"]
    assert len({*map(len, long)}) == 1


def test_the_best_epoch_of_a_history() -> None:
    losses = {"loss": [math.nan, 2.0, 1.0, 1.0], "val_loss": [1.0, 3.0, 2.0, math.nan]}
    history = History(losses | {"f1": [0.1, 0.5, 0.5, 0.2]})
    assert (history.best(), history.best("loss"), history.best("f1", "max"), history.best("f1", "min")) == (1, 3, 2, 1)
    with pytest.raises(KeyError, match="'recall' was not measured, but loss, val_loss, f1"):
        history.best("recall", "max")
    for make in (history.best, lambda *given: EarlyStopping(3, *given), lambda *given: Checkpoint("x", *given)):
        with pytest.raises(ValueError, match='f1, mode=\'\': say mode="max" if more is better, mode="min" if less is'):
            make("f1")


# What callbacks see, and show


def test_moments_come_in_order_with_what_they_are_about() -> None:
    seen: list[Any] = []

    class Notes(Callback):
        def on_train_begin(self, run: Any) -> None:
            seen.append(("begin", run.epochs, run.history.epochs))

        def on_epoch_begin(self, run: Any) -> None:
            seen.append(("epoch", run.epoch))

        def on_batch_end(self, run: Any) -> None:
            assert math.isfinite(run.loss) and run.model.training
            seen.append((run.epoch, run.batch))

        def on_epoch_end(self, run: Any) -> None:
            seen.append(("end of epoch", run.history.epochs, [*run.history]))

        def on_train_end(self, run: Any) -> None:
            seen.append("end")

    model, optimizer = started()
    tg.fit(model, F.cross_entropy, optimizer, loader(21), 2, metrics=ACCURACY, callbacks=[Notes()])
    ends = [("end of epoch", n, ["loss", "accuracy"]) for n in (1, 2)]
    epochs = [[("epoch", n), (n, 1), (n, 2), ends[n - 1]] for n in (1, 2)]
    assert seen == [("begin", 2, 0), *epochs[0], *epochs[1], "end"]


def test_the_bar_says_the_epoch_and_the_loss_and_ends_without_times(capsys: pytest.CaptureFixture[str]) -> None:
    model, optimizer = started()
    progress = Progress()
    history = tg.fit(model, F.cross_entropy, optimizer, loader(), 2, validation=loader(), callbacks=[progress])
    states = capsys.readouterr().out.rstrip("\n").split("\r")
    last = states[-1]
    assert last.startswith("epoch 2/2 |") and "| 12/12, " in last and "left" not in last
    assert last.rstrip().endswith(f"loss={history['loss'][-1]:.3g}, val_loss={history['val_loss'][-1]:.3g}")
    assert all("left" in state for state in states[1:-1]) and {len(state) for state in states[1:]} == {79}


def test_the_bar_without_a_length_counts_and_of_a_stopped_run_says_how_far_it_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Endless:
        def __iter__(self) -> Iterator[Any]:
            return iter(loader())

    model, optimizer = started()
    tg.fit(model, F.cross_entropy, optimizer, Endless(), callbacks=[Progress()])
    assert capsys.readouterr().out.split("\r")[-1].startswith("epoch 1/1 6, loss=")
    stop = Does(batch=lambda run: run.batch == 2)
    tg.fit(model, F.cross_entropy, optimizer, loader(), callbacks=[Progress(), stop])
    assert "| 2/6, loss=" in capsys.readouterr().out.split("\r")[-1]


def test_live_curves_have_the_loss_by_batch_and_the_rest_by_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    model, optimizer = started()
    tg.fit(model, F.cross_entropy, optimizer, loader(), 2, validation=loader(), callbacks=[LivePlot()])
    said = capsys.readouterr().out
    assert said.startswith("Curves by batch. loss: first ") and " at 11, " in said
    assert "val_loss: first " in said and " at 5, last " in said and said.count("loss: ") == 2


# Mistakes


def line_model() -> Any:
    tg.manual_seed(0)
    return nn.Linear(4, 1).double()


def of_numbers(shape: tuple[int, ...]) -> list[Any]:
    return [(tg.ones(6, 4, dtype=tg.float64), tg.ones(*shape, dtype=tg.float64))]


def frozen() -> Any:
    return line_model().requires_grad_(False)


def fit_of(model: Any, loss: Any = F.mse_loss, data: Any = None, of: Any = None, **options: Any) -> Any:
    optimizer = optim.SGD((of or model).parameters(), lr=0.02)
    return tg.fit(model, loss, optimizer, of_numbers((6, 1)) if data is None else data, **options)


MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "nothing to learn": (lambda: fit_of(frozen()), ValueError, "no parameter of the model wants a gradient: .* frozen"),
    "another model's optimizer": (
        lambda: fit_of(line_model(), of=line_model()), ValueError,
        r"the optimizer does not hold weight, bias: make it from model\.parameters\(\) of this model",
    ),
    "a layer that came later": (
        lambda: fit_of(model := line_model(), of=model.add_module("late", nn.Linear(1, 1)) or nn.Linear(1, 1)),
        ValueError, "does not hold weight, bias, late.weight: ",
    ),
    "a loss for each example": (
        lambda: fit_of(line_model(), lambda output, y: (output - y) ** 2), ValueError,
        r"the loss must be a Tensor with one number, and it is .*6, 1.*: take its \.mean\(\)",
    ),
    "a loss that is no tensor": (
        lambda: fit_of(line_model(), lambda output, y: F.mse_loss(output, y).item()), ValueError, "it is float: ta",
    ),
    "targets (n,) for outputs (n, 1)": (
        lambda: fit_of(line_model(), lambda output, y: ((output - y) ** 2).mean(), of_numbers((6,))), ValueError,
        r"the loss compares each of .*6, 1.* with each of .*6.*: reshape one of them",
    ),
    "no data": (lambda: fit_of(line_model(), data=[]), ValueError, "the data gave no batch; it is empty, or a gener"),
    "a generator": (
        lambda: fit_of(line_model(), data=iter(of_numbers((6, 1))), epochs=2), ValueError, "used up after one pass",
    ),
    "no validation data": (
        lambda: fit_of(line_model(), validation=[]), ValueError, "the data gave no batch",
    ),
    "a dataset": (
        lambda: fit_of(line_model(), data=points()), TypeError, r"wrap it, DataLoader\(dataset, batch_size=32\)",
    ),
    "batches of one tensor": (
        lambda: fit_of(line_model(), data=[tg.ones(6, 4)]), TypeError, r"a pair \(input, target\), and it is a Tensor",
    ),
    "tensors for batches": (
        lambda: fit_of(line_model(), data=(tg.ones(6, 4), tg.ones(6, 1))), TypeError, "a batch must be a pair",
    ),
    "a loss cut off": (
        lambda: fit_of(line_model(), lambda output, y: F.mse_loss(output.detach(), y)), RuntimeError, "graph was cut",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_cure(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_shapes_that_a_loss_brings_together_itself_are_no_mistake() -> None:
    class EachWithEach(nn.Linear):
        def forward(self, input: Any) -> Any:
            return (input @ input.mT).softmax(1) @ super().forward(input)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_of(line_model(), lambda output, y: F.mse_loss(output.squeeze(1), y), of_numbers((6,)))
        fit_of(line_model(), lambda output, y: F.mse_loss(output, y.reshape(-1, 1)), of_numbers((6,)))
        fit_of(EachWithEach(4, 1).double(), lambda output, y: F.mse_loss(output.squeeze(1), y), of_numbers((6,)))


def test_metrics_get_whole_epochs_without_their_graphs() -> None:
    seen: list[Any] = []

    def shapes(output: Any, y: Any) -> float:
        seen.append((output.shape, output.requires_grad, y.shape))
        return 0.0

    model, optimizer = started()
    tg.fit(model, F.cross_entropy, optimizer, loader(5), validation=loader(), metrics={"shapes": shapes})
    assert seen == [((42, 3), False, (42,))] * 2


# A learner's own pieces


def test_it_runs_on_the_learners_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYGRAD_COURSE_FOLDER", str(tmp_path))
    text = "def mse_loss(input, target, reduction='mean'):\n    return ((input - target) * (input - target)).mean()\n"
    (exercise,) = [e for e in load("09").exercises if e.name == "mse_loss"]
    keep(exercise, Source("mse_loss", text))
    with mine() as pieces:
        history = fit_of(line_model(), epochs=3, validation=of_numbers((6, 1)))
    called = {part.exercise.name: part.calls for part in pieces.parts}
    assert called["mse_loss"] == 6 and all(a > b for a, b in itertools.pairwise(history["loss"]))


SCRIPT = """
import signal, sys
import tinygrad_course as tg
from tinygrad_course import nn, optim

class Press(tg.callbacks.Callback):
    def on_batch_end(self, run):
        if run.epoch == 3:
            signal.raise_signal(signal.SIGINT)

model = nn.Linear(2, 1)
batches = [(tg.ones(4, 2), tg.zeros(4, 1))]
for attempt in range(2):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history = tg.fit(model, nn.functional.mse_loss, optimizer, batches, 9, callbacks=[Press()])
    print(history.interrupted, history.restored, flush=True)
    if history.interrupted:
        signal.raise_signal(signal.SIGINT)
"""


def test_in_a_script_a_second_ctrl_c_ends_the_program() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert run.returncode != 0 and run.stdout.split() == ["True", "2"]
    assert "fit: Stopped: interrupted in epoch 3, batch 1. The model has the weights of epoch 2." in run.stderr
    assert run.stderr.rstrip().endswith("KeyboardInterrupt")
