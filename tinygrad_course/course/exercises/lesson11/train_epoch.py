"""train_epoch goes over the batches once, and gives the mean loss of all examples."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course import optim

from ...exercise import Case, Exercise, Mistake, Piece
from .loop_parts import Noted, some_batches, square


def train_epoch(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    """One pass over the batches; the mean loss of all examples."""
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        total, count = total + loss.item() * len(x), count + len(x)
    return total / count


def _epoch_zero_last(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    model.train()
    optimizer.zero_grad()
    losses, sizes = [], []
    for x, y in batches:
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        sizes.append(len(y))
    return float(np.average(losses, weights=sizes))


def _epoch_zero_after(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    after = _changed(
        "        optimizer.step()\n", "        optimizer.step()\n        optimizer.zero_grad()\n", _NO_ZERO
    )
    return after(model, batches, loss_function, optimizer)


def _epoch_loss_after(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    after = _changed("total + loss.item() * len(x)", "total + loss_function(model(x), y).item() * len(x)")
    return after(model, batches, loss_function, optimizer)


_EPOCH = inspect.getsource(train_epoch)


_NO_ZERO = _EPOCH.replace("        optimizer.zero_grad()\n", "")


def _changed(before: str, after: str, text: str = _EPOCH) -> Callable[..., Any]:
    """train_epoch, or another text of it, with one line changed."""
    assert before in text, before
    space: dict[str, Any] = {"Any": Any}
    exec(text.replace(before, after), space)
    return space["train_epoch"]


def _epoch_no_zero(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    return _changed("        optimizer.zero_grad()\n", "")(model, batches, loss_function, optimizer)


def _epoch_no_step(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    return _changed("        optimizer.step()\n", "")(model, batches, loss_function, optimizer)


def _epoch_zero_once(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    optimizer.zero_grad()
    return _epoch_no_zero(model, batches, loss_function, optimizer)


def _epoch_unweighted(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    unweighted = _changed("total + loss.item() * len(x)", "total + loss.item()")
    return unweighted(model, batches, loss_function, optimizer)


def _epoch_returns_early(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    return _changed("    return total / count", "        return total / count")(
        model, batches, loss_function, optimizer
    )


def _epoch_one_step(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    model.train()
    total, count = 0.0, 0
    optimizer.zero_grad()
    for x, y in batches:
        loss = loss_function(model(x), y)
        loss.backward()
        total, count = total + loss.item() * len(x), count + len(x)
    optimizer.step()
    return total / count


def _epoch_mean_of_means(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    unweighted = _changed("total + loss.item() * len(x), count + len(x)", "total + loss.item(), count + 1")
    return unweighted(model, batches, loss_function, optimizer)


def _epoch_last_loss(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    last = _changed("total + loss.item() * len(x), count + len(x)", "loss.item(), 1")
    return last(model, batches, loss_function, optimizer)


def _epoch_swapped(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    return _changed("loss_function(model(x), y)", "loss_function(y, model(x))")(
        model, batches, loss_function, optimizer
    )


def _epoch_mode(model: Any, batches: Any, loss_function: Any, optimizer: Any) -> float:
    return _changed("    model.train()\n", "")(model, batches, loss_function, optimizer)


def _line() -> Any:
    model = Noted(2, 1).double()
    with tg.no_grad():
        model.weight.copy_(tg.tensor([[0.5, -0.5]]))
        list(model.parameters())[1].fill_(0.25)
    model.modes = []
    return model


def _epoch_case(name: str, sizes: list[int], left_over: float | None = None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = _line()
        model.eval()
        if left_over is not None:
            model.weight.grad = tg.full_like(model.weight, left_over)
        optimizer = optim.SGD(model.parameters(), lr=0.5)
        mean = piece(model, some_batches(sizes), square, optimizer)
        return {
            "mean loss": mean,
            "weight": model.weight.detach(),
            "bias": model.bias.detach(),
            "in training mode": model.modes,
        }

    return Case(name, run)


TRAIN_EPOCH = Exercise(
    id="11.train_epoch",
    target=None,
    minutes=8,
    difficulty=3,
    reference=train_epoch,
    cases=(
        _epoch_case("one batch of 3 examples", [3]),
        _epoch_case("three batches, of 3, 3 and 1 examples", [3, 3, 1]),
        _epoch_case("one batch, and weight.grad is 2 from something before", [3], 2.0),
    ),
    accepts=(_epoch_zero_last,),
    mistakes=(
        Mistake(
            "no zero_grad",
            _epoch_no_zero,
            "Gradients of earlier batches are still there when a new one arrives: nobody clears them. Begin every step "
            "with optimizer.zero_grad().",
        ),
        Mistake(
            "no step",
            _epoch_no_step,
            "Nobody moves: backward or step is missing, or stands in the wrong place. The order is: clear, loss, "
            "backward, step.",
        ),
        Mistake(
            "cleared once",
            _epoch_zero_once,
            "You clear once, before the first batch, and the second adds its gradients to those of the first. Begin "
            "every step with optimizer.zero_grad().",
        ),
        Mistake(
            "returned early",
            _epoch_returns_early,
            "Your return stands within the loop, so that the first batch is the last. Move it to the left, under the "
            "`for`.",
        ),
        Mistake(
            "sum not weighed",
            _epoch_unweighted,
            "You add up the batches' means and divide by the number of examples. Each mean counts as often as its "
            "batch has examples: multiply it by that before you add.",
        ),
        Mistake(
            "cleared after the step",
            _epoch_zero_after,
            "You clear after the step, so that the first step still has the gradients that somebody left there. Begin "
            "every step with optimizer.zero_grad().",
        ),
        Mistake(
            "the loss after the step",
            _epoch_loss_after,
            "You compute the loss once more, after the step. Take the one that backward began with: it costs nothing.",
        ),
        Mistake(
            "one step for all",
            _epoch_one_step,
            "You take one step at the end of the epoch. Each batch has a step of its own: that is what batches are "
            "for.",
        ),
        Mistake(
            "mean of means",
            _epoch_mean_of_means,
            "You average the batches' means, and a batch of 1 counts as much as one of 3. Weigh each with its length, "
            "and divide by the number of examples.",
        ),
        Mistake(
            "the last loss",
            _epoch_last_loss,
            "You return the loss of the last batch. It jumps about; the mean over all examples is asked for.",
        ),
        Mistake(
            "exchanged",
            _epoch_swapped,
            "You hand over the target first. A loss takes what the model gave, and then what was right.",
        ),
        Mistake(
            "mode",
            _epoch_mode,
            "The model was left in evaluation mode, and you train it so: dropout and batch norm would not do their "
            "work. Call model.train() first.",
        ),
    ),
    hints=(
        "Which four lines make up a step, and what has to be added up beside them?",
        "Training mode first. For each batch: clear, loss, backward, step. Add up loss.item() times the length of the "
        "batch, and divide by the number of examples at the end.",
        "Fill in what is missing:\nmodel...\ntotal, count = ...\nfor x, y in batches:\n    ...\n    loss = "
        "...\n    ...\n    ...\n    total, count = ..., ...\nreturn ...",
    ),
)
