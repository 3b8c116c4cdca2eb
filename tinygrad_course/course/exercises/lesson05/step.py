"""step takes one step of linear regression, and gives back the loss as it was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf
from .arrays import Shape, count


def step(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    """Take one step of linear regression, and give back the loss as it was before the step."""
    error = (x * w).sum(1) + b - target
    value = loss(error)
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value.item())


def _descended(error: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    """A step, where the errors are known."""
    value = loss(error)
    w.grad = b.grad = None
    value.backward()
    w.data -= lr * w.grad.data
    b.data -= lr * b.grad.data
    return float(value.item())


def _step_on_data(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(dim=-1) + b - target, w, b, loss, lr)


def _step_zeroed_after(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((w * x).sum(axis=1) - target + b)
    value.backward()
    with tg.no_grad():
        for p in (w, b):
            p.copy_(p - p.grad * lr)
            p.grad = None
    return float(value.item())


def _step_not_cleared(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    value.backward()
    w.data -= lr * w.grad.data
    b.data -= lr * b.grad.data
    return float(value.item())


def _step_column(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(1, keepdim=True) + b - target, w, b, loss, lr)


def _step_loss_after(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    step(x, target, w, b, loss, lr)
    return float(loss((x * w).sum(1) + b - target).item())


def _step_twice(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    w.grad = b.grad = None
    value.backward(retain_graph=True)
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value.item())


def _step_uphill(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return step(x, target, w, b, loss, -lr)


def _step_b_in_the_sum(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w + b).sum(1) - target, w, b, loss, lr)


def _step_w_cleared(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    w.grad = None
    return _step_not_cleared(x, target, w, b, loss, lr)


def _step_columns(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum(0) + b - target, w, b, loss, lr)


def _step_one_sum(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended((x * w).sum() + b - target, w, b, loss, lr)


def _step_turned(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return _descended(target - (x * w).sum(1) - b, w, b, loss, lr)


def _step_new_names(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    w.grad = b.grad = None
    value.backward()
    return float(value.item())


def _step_recorded(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    value.backward()
    w -= lr * w.grad
    return float(value.item())


def _step_number_first(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target).item()
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value)


def _step_b_stays(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    kept = b.detach().clone()
    value = step(x, target, w, b, loss, lr)
    b.data[...] = kept.data
    return value


def _step_without_rate(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return step(x, target, w, b, loss, 1.0)


def _step_of_errors(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    error = (x * w).sum(1) + b - target
    value = loss(error)
    w.grad = b.grad = None
    error.backward()
    w.data -= lr * w.grad.data
    b.data -= lr * b.grad.data
    return float(value.item())


def _step_of_function(x: Any, target: Any, w: Any, b: Any, loss: Any, lr: float) -> float:
    loss.backward()
    return step(x, target, w, b, loss, lr)


def _step_two_arguments(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return float(loss((x * w).sum(1) + b, target).item())


def _step_cleared_late(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    value = loss((x * w).sum(1) + b - target)
    value.backward()
    w.grad = b.grad = None
    with tg.no_grad():
        w -= lr * w.grad
    return float(value.item())


def _step_own_rate(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    return step(x, target, w, b, loss, 0.1)


def _step_own_loss(x: Any, target: Any, w: Any, b: Any, loss: Callable, lr: float) -> float:
    error = (x * w).sum(1) + b - target
    value = (error * error).mean()
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return float(value.item())


def mean_square(error: Any) -> Any:
    """The mean of the squares: large errors count more."""
    return (error * error).mean()


def mean_exp(error: Any) -> Any:
    """The mean of exp: too much counts more than too little."""
    return error.exp().mean()


def _step_case(shape: Shape, loss: Callable, steps: int, left_over: float | None = None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(count(shape, 0.1) ** 2, dtype=tg.float64)
        target = tg.tensor(count(shape[:1], 0.5), dtype=tg.float64)
        w, b = leaf(count(shape[1:], 0.3)), leaf(0.2)
        if left_over is not None:
            w.grad = tg.full_like(w, left_over)
        losses = [piece(x, target, w, b, loss, 0.03) for _ in range(steps)]
        return {"loss": losses[-1], "w": w.detach(), "b": b.detach(), "w and b are leaves": w.is_leaf and b.is_leaf}

    much = "one step" if steps == 1 else f"the last of {steps} steps"
    before = "" if left_over is None else f", w.grad is {left_over} from something before"
    return Case(f"x of shape {shape}, loss = {loss.__name__}, lr = 0.03, {much}{before}", run)


STEP = Exercise(
    id="05.step",
    target=None,
    minutes=10,
    difficulty=3,
    reference=step,
    cases=(
        _step_case((1, 1), mean_square, 1),
        _step_case((4, 2), mean_square, 1),
        _step_case((4, 2), mean_square, 3),
        _step_case((3, 3), mean_square, 1),
        _step_case((4, 2), mean_exp, 1),
        _step_case((4, 2), mean_square, 1, left_over=1.0),
    ),
    accepts=(_step_on_data,),
    mistakes=(
        Mistake(
            "not cleared",
            _step_not_cleared,
            "The first step is right, the later ones are not: the gradients of the earlier ones are still there, and "
            "the new one was added to them. Set w.grad and b.grad to None before backward.",
        ),
        Mistake(
            "w alone cleared",
            _step_w_cleared,
            "You clear w.grad, and b.grad adds up from step to step. Set both to None before backward.",
        ),
        Mistake(
            "cleared after the step",
            _step_zeroed_after,
            "You clear the gradients after the step, so that the first step still has what somebody left there. Clear "
            "them before backward.",
        ),
        Mistake(
            "a column",
            _step_column,
            "Your sum keeps the folded axis, so the predictions are a column, of shape (n, 1). Minus the target, of "
            "shape (n,), that is a table of (n, n). Leave keepdim out.",
        ),
        Mistake(
            "the loss after the step",
            _step_loss_after,
            "You give back the loss as it is after the step. Take the one that backward began with.",
        ),
        Mistake(
            "backward twice",
            _step_twice,
            "Your step is twice as long as it should be: backward is called twice, and what the second pass brings is "
            "added to the first. Call it once for each step.",
        ),
        Mistake(
            "cleared too late",
            _step_cleared_late,
            "A gradient is None where your step reads it. Clear both first, then call backward, then step; and b "
            "belongs to the prediction too.",
        ),
        Mistake(
            "backward on the errors",
            _step_of_errors,
            "You call backward on the errors, and the loss has no say in the step. Call it on what loss(error) gives.",
        ),
        Mistake(
            "backward on the function",
            _step_of_function,
            "loss is the function. What has a graph, and backward, is the Tensor that loss(error) gives.",
        ),
        Mistake(
            "two arguments",
            _step_two_arguments,
            "loss takes one argument, the error: prediction minus target.",
        ),
        Mistake(
            "without the rate",
            _step_without_rate,
            "You go by the whole gradient. Multiply it by lr, the learning rate.",
        ),
        Mistake(
            "a rate of its own",
            _step_own_rate,
            "Your learning rate is 0.1 whatever is asked for. lr is an argument: use it.",
        ),
        Mistake(
            "a loss of its own",
            _step_own_loss,
            "Your loss is the mean of the squares whatever is asked for. Use the loss that was handed in: loss(error).",
        ),
        Mistake(
            "uphill",
            _step_uphill,
            "Your step goes with the gradient, which is where the loss grows. Go the other way.",
        ),
        Mistake(
            "b in the sum",
            _step_b_in_the_sum,
            "You add b before the sum, and so it is added once for each column. Add it after the sum.",
        ),
        Mistake(
            "columns",
            _step_columns,
            "You add up each column of the table. A flower is a row: its numbers lie along axis 1, and one prediction "
            "is wanted for each row.",
        ),
        Mistake(
            "one sum",
            _step_one_sum,
            "You add up the whole table into one number, and broadcasting then quietly compares it with every target. "
            "One prediction is wanted for each row.",
        ),
        Mistake(
            "turned round",
            _step_turned,
            "Your error is target minus prediction. With squares nobody notices; a loss that tells too much from too "
            "little is turned round.",
        ),
        Mistake(
            "new names",
            _step_new_names,
            "The loss is right, but w and b are as before. `w = w - ...` makes a new Tensor and calls it w; the one "
            "outside your function stays as it is. Write into it: `w -= ...`.",
        ),
        Mistake(
            "recorded",
            _step_recorded,
            "The step itself is being recorded as if it belonged to the model, and that is refused for a leaf. Put it "
            "under `with tg.no_grad():`.",
        ),
        Mistake(
            "a number too early",
            _step_number_first,
            ".item() gives a plain number, which has no graph to go back through. Call backward on the Tensor, and "
            "take the number out where you give it back.",
        ),
        Mistake(
            "b stays",
            _step_b_stays,
            "w learns and b stays where it was. It has a gradient too: move both.",
        ),
    ),
    hints=(
        "What are the four parts of a step, from the table to the moved w and b?",
        "First the predictions: multiply, broadcasting w over the rows, and sum along the right axis. Then the loss of "
        "the errors. Then clear both gradients and call backward. Then move both, with nothing recorded.",
        "Fill in what is missing:\nprediction = (...).sum(...) + ...\nnow = loss(...)\nfor p in (w, b):\n    p.grad = "
        "...\n...\nwith tg.no_grad():\n    for p in (w, b):\n        p -= ...\nreturn ...",
    ),
)
