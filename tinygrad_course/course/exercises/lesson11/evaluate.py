"""evaluate gives the loss and the metrics of a model over data, and leaves the model as it was."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course.training.fit import evaluate

from ...exercise import Case, Exercise, Mistake, Piece
from .loop_parts import Noted, some_batches, square


def _evaluate(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    was = model.training
    model.eval()
    with tg.no_grad():
        pairs = [(model(x), y) for x, y in data]
    model.train(was)
    output, target = (tg.cat(part) for part in zip(*pairs, strict=True))
    found = {"loss": loss(output, target).item()}
    return found | {name: float(metric(output, target)) for name, metric in (metrics or {}).items()}


@tg.no_grad()
def _evaluate_summed(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    total, outputs, targets = 0.0, [], []
    for x, y in data:
        outputs.append(model(x))
        targets.append(y)
        total += loss(outputs[-1], y).item() * len(y)
    for module, mode in modes.items():
        module.training = mode
    result = {"loss": total / sum(map(len, targets))}
    for name, metric in (metrics or {}).items():
        result[name] = float(metric(tg.cat(outputs), tg.cat(targets)))
    return result


def _measured(model: Any, data: Any, loss: Any, metrics: Any) -> dict[str, float]:
    """The right numbers, in whatever mode the model is."""
    output, target = (tg.cat(part) for part in zip(*[(model(x), y) for x, y in data], strict=True))
    return {"loss": loss(output, target).item()} | {k: float(f(output, target)) for k, f in (metrics or {}).items()}


def _evaluate_training(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    with tg.no_grad():
        return _measured(model, data, loss, metrics)


def _evaluate_stays(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    model.eval()
    with tg.no_grad():
        return _measured(model, data, loss, metrics)


def _evaluate_trains_after(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    found = _evaluate_stays(model, data, loss, metrics)
    model.train()
    return found


def _evaluate_recorded(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    was = model.training
    model.eval()
    found = _measured(model, data, loss, metrics)
    model.train(was)
    return found


def _evaluate_means(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    rows = [_evaluate(model, [batch], loss, metrics) for batch in data]
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def _evaluate_last(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    return [_evaluate(model, [batch], loss, metrics) for batch in data][-1]


def _evaluate_no_metrics(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    return _evaluate(model, data, loss)


def _evaluate_weighted(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, float]:
    rows = [(_evaluate(model, [batch], loss, metrics), len(batch[1])) for batch in data]
    return {name: sum(row[name] * n for row, n in rows) / sum(n for _, n in rows) for name in rows[0][0]}


def _evaluate_tensors(model: Any, data: Any, loss: Any, metrics: Any = None) -> dict[str, Any]:
    return {name: tg.tensor(value) for name, value in _evaluate(model, data, loss, metrics).items()}


class _Watched(Noted):
    """A layer that notes, too, whether it is recorded."""

    recorded: bool = False

    def forward(self, input: Any) -> Any:
        output = super().forward(input)
        self.recorded = self.recorded or output.requires_grad
        return output


def _largest_error(output: Any, target: Any) -> Any:
    """No mean, so it cannot be put together from the batches' own."""
    return (output[:, 0] - target).abs().max()


def _evaluate_case(name: str, training: bool, metrics: dict[str, Any] | None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = _Watched(2, 1).double()
        with tg.no_grad():
            model.weight.copy_(tg.tensor([[0.5, -0.5]]))
            list(model.parameters())[1].fill_(0.25)
        model.modes = []
        model.train(training)
        found = piece(model, some_batches([4, 4, 1]), square, metrics)
        return {
            **{name: float(value) for name, value in found.items()},
            "all of them floats": all(isinstance(value, float) for value in found.values()),
            "in training mode, batch by batch": model.modes,
            "in training mode afterwards": model.training,
            "recorded": model.recorded,
        }

    return Case(name, run)


EVALUATE = Exercise(
    id="11.evaluate",
    target="tinygrad_course.training.fit.evaluate",
    minutes=10,
    difficulty=3,
    reference=evaluate,
    cases=(
        _evaluate_case("batches of 4, 4 and 1, a model in training mode", True, None),
        _evaluate_case(
            'the same with two metrics, "largest error" (it gives a Tensor) and "how many" (a number)',
            True,
            {"largest error": _largest_error, "how many": lambda output, target: float(len(target))},
        ),
        _evaluate_case("a model in evaluation mode", False, None),
    ),
    accepts=(_evaluate, _evaluate_summed),
    mistakes=(
        Mistake(
            "training mode",
            _evaluate_training,
            "The model measures itself in training mode, where dropout drops and batch norm learns. Call model.eval() "
            "first.",
        ),
        Mistake(
            "left in evaluation mode",
            _evaluate_stays,
            "You leave the model in evaluation mode, and it would be trained on like that. Put it back to what it was.",
        ),
        Mistake(
            "always back to training",
            _evaluate_trains_after,
            "A model that came in evaluation mode goes away in training mode. Remember model.training, and put that "
            "back.",
        ),
        Mistake(
            "recorded",
            _evaluate_recorded,
            "Every operation is recorded, for a backward that never comes: time and memory for nothing. Measure under "
            "tg.no_grad().",
        ),
        Mistake(
            "mean of means",
            _evaluate_means,
            "You average over batches, and the batch of 1 counts as much as one of 4. Put all outputs together first.",
        ),
        Mistake(
            "metrics batch by batch",
            _evaluate_weighted,
            "You measure each batch and average, with weights. For a mean that is right; a metric such as the largest "
            "error cannot be put together like that. Give it all outputs and all targets at once.",
        ),
        Mistake(
            "tensors",
            _evaluate_tensors,
            "Tensors stand in your dict, where floats should be. float(...) takes a number as well as a Tensor of one.",
        ),
        Mistake("the last batch", _evaluate_last, "Your numbers are those of the last batch alone."),
        Mistake("no metrics", _evaluate_no_metrics, "Your dict lacks the metrics: call each with outputs and targets."),
    ),
    hints=(
        "What must be different from training before the first batch, and what must be as before after the last?",
        "Remember model.training, switch to eval, and collect outputs and targets under no_grad. tg.cat puts a list of "
        "tensors together; the loss and every metric are then of all examples.",
        "Fill in what is missing:\nwas = ...\n...\nwith ...:\n    pairs = [(...) for x, y in data]\nmodel.train(...)\n"
        'output, target = (tg.cat(part) for part in zip(*pairs))\nreturn {"loss": ...} | {... for name, metric in ...'
        ".items()}",
    ),
)
