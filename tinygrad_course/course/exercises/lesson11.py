"""Lesson 11, Data and the training loop: examples, batches, a split, an epoch by hand, measuring, stopping in time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course import data, nn, optim
from tinygrad_course.data import dataset as datasets
from tinygrad_course.data import loader
from tinygrad_course.training import callbacks
from tinygrad_course.training.fit import evaluate
from tinygrad_course.training.history import History

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction

# TensorDataset


class _TensorDataset(data.Dataset):
    def __init__(self, *tensors: Any) -> None:
        assert all(len(t) == len(tensors[0]) for t in tensors), "the tensors differ in length"
        self.tensors = tensors

    def __getitem__(self, index: Any) -> Any:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class _DatasetRaising(_TensorDataset):
    def __init__(self, *tensors: Any) -> None:
        lengths = {len(t) for t in tensors}
        if len(lengths) != 1:
            raise AssertionError(f"lengths {lengths} must be equal")
        self.tensors = (*tensors,)


class _DatasetUnchecked(_TensorDataset):
    def __init__(self, *tensors: Any) -> None:
        self.tensors = tensors


class _DatasetCountsTensors(_TensorDataset):
    def __len__(self) -> int:
        return len(self.tensors)


class _DatasetFirst(_TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return self.tensors[0][index]


class _DatasetList(_TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return self.tensors[index]


class _DatasetSlices(_TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return tuple(t[index : index + 1] for t in self.tensors)


def _pairs() -> tuple[Any, Any]:
    return tg.tensor([[1.0, 2], [3, 4], [5, 6]], dtype=tg.float64), tg.tensor([7, 8, 9])


def _dataset_case(name: str, index: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        item = piece(*_pairs())[index]
        kind = "a tuple" if isinstance(item, tuple) else f"a {type(item).__name__}"
        return {"item": list(item) if isinstance(item, tuple | list) else item, "it is": kind}

    return Case(name, run)


class _DatasetComparesTwo(_TensorDataset):
    def __init__(self, *tensors: Any) -> None:
        assert len(tensors[0]) == len(tensors[-1])
        self.tensors = tensors


def _unequal(piece: Piece) -> dict[str, Any]:
    x, y = _pairs()
    return {"raised": _whether_refused(lambda: piece(x, y[:2]))}


def _one_unequal(piece: Piece) -> dict[str, Any]:
    x, y = _pairs()
    return {"raised": _whether_refused(lambda: piece(x, y[:2], y))}


def _whether_refused(make: Callable[[], Any]) -> str:
    try:
        make()
    except AssertionError:
        return "AssertionError"
    return "nothing"


DATASET = Exercise(
    id="11.TensorDataset",
    target="tinygrad_course.data.dataset.TensorDataset",
    minutes=6,
    difficulty=1,
    reference=data.TensorDataset,
    cases=(
        Case("its length, of tensors with 3 rows", lambda piece: {"length": len(piece(*_pairs()))}),
        _dataset_case("item 1", 1),
        _dataset_case("items [2, 0]", [2, 0]),
        Case("tensors with 3 and with 2 rows", _unequal),
        Case("tensors with 3, with 2 and with 3 rows", _one_unequal),
    ),
    accepts=(_TensorDataset, _DatasetRaising),
    mistakes=(
        Mistake(
            "number of tensors",
            _DatasetCountsTensors,
            "Your length is how many tensors there are. It is how many examples: the length of each of them.",
        ),
        Mistake(
            "the first alone",
            _DatasetFirst,
            "An item of yours is of the first tensor alone. An example is one item of every tensor: image and label.",
        ),
        Mistake(
            "a whole tensor",
            _DatasetList,
            "The index picks one of the tensors. It should pick one row of every tensor.",
        ),
        Mistake(
            "slices",
            _DatasetSlices,
            "Your items have an axis of length 1 too many: t[i : i + 1] is a table of one row, t[i] the row.",
        ),
        Mistake(
            "not compared",
            _DatasetUnchecked,
            "Tensors of different lengths are taken without a word. An image without a label shows itself much later, "
            "or never: raise an AssertionError at once.",
        ),
        Mistake(
            "two compared",
            _DatasetComparesTwo,
            "You compare two of the tensors. There may be three and more, and the one between may be too short.",
        ),
    ),
    hints=(
        "What belongs to example number i, if images and labels are two tensors?",
        "Keep the tensors. An item is the tuple of their items at the index; the length is that of any of them, once "
        "you have asserted that all are equal.",
        "Fill in what is missing:\nassert all(... for t in tensors), '...'\nself.tensors = ...\n...\nreturn tuple(... "
        "for t in ...)\n...\nreturn len(...)",
    ),
)


# batched


def _batched(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch and not drop_last:
        yield batch


def _batched_slices(items: Iterable[Any], size: int, drop_last: bool) -> Any:
    whole = list(items)
    parts = [whole[i : i + size] for i in range(0, len(whole), size)]
    return parts[:-1] if drop_last and parts and len(parts[-1]) < size else parts


def _batched_always_drops(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    return _batched(items, size, True)


def _batched_never_drops(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    return _batched(items, size, False)


def _batched_empty(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if not drop_last:
        yield batch


def _batched_cleared(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch.clear()
    if batch and not drop_last:
        yield batch


def _batched_late(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        if len(batch) > size:
            yield batch
            batch = []
        batch.append(item)
    if batch and not (drop_last and len(batch) < size):
        yield batch


def _batched_drops_full(items: Iterable[Any], size: int, drop_last: bool) -> Any:
    parts = list(_batched(items, size, False))
    return parts[:-1] if drop_last else parts


def _batched_counts(items: Iterable[Any], size: int, drop_last: bool) -> Any:
    whole = list(items)
    return [list(part) for part in np.array_split(whole, size)] if whole else []


def _batched_case(name: str, count: int, size: int, drop_last: bool) -> Case:
    return Case(name, lambda piece: {"batches": list(piece(iter(range(10, 10 + count)), size, drop_last))})


BATCHED = Exercise(
    id="11.batched",
    target="tinygrad_course.data.loader.batched",
    minutes=6,
    difficulty=2,
    reference=loader.batched,
    cases=(
        _batched_case("4 items, size 2", 4, 2, False),
        _batched_case("5 items, size 2", 5, 2, False),
        _batched_case("5 items, size 2, drop_last=True", 5, 2, True),
        _batched_case("4 items, size 2, drop_last=True", 4, 2, True),
        _batched_case("2 items, size 5", 2, 5, False),
    ),
    accepts=(_batched, _batched_slices),
    mistakes=(
        Mistake(
            "the rest lost",
            _batched_always_drops,
            "What is left over at the end is lost, with drop_last=False too. After the loop there may still be a "
            "batch that was begun.",
        ),
        Mistake(
            "the rest kept",
            _batched_never_drops,
            "With drop_last=True a last batch that is shorter should be left out; yours is there.",
        ),
        Mistake(
            "an empty batch",
            _batched_empty,
            "Where the items come out even, you give an empty batch at the end.",
        ),
        Mistake(
            "one list",
            _batched_cleared,
            "You give away one list and then empty it, so that whoever keeps a batch finds other items in it. Begin a "
            "new list.",
        ),
        Mistake("too long", _batched_late, "Your batches are longer than size, by one."),
        Mistake(
            "a full one dropped",
            _batched_drops_full,
            "With drop_last=True you drop the last batch always. Only a shorter one is to go.",
        ),
        Mistake(
            "so many batches",
            _batched_counts,
            "You make `size` batches. size is how many items each of them has.",
        ),
    ),
    hints=(
        "When is a batch complete, and what do you do with one that never is?",
        "Collect items in a list. When it has size of them, yield it and begin a new list. After the loop the rest is "
        "yielded, if there is any and it is wanted.",
        "Fill in what is missing:\nbatch = ...\nfor item in items:\n    ...\n    if ...:\n        yield ...\n        "
        "...\nif ...:\n    yield ...",
    ),
)


# random_split


def _random_split(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    if sum(lengths) != len(dataset):
        raise ValueError(f"the lengths add up to {sum(lengths)}, and there are {len(dataset)} examples")
    order, parts, start = tg.randperm(len(dataset), generator=generator).tolist(), [], 0
    for n in lengths:
        parts.append(data.Subset(dataset, order[start : start + n]))
        start += n
    return parts


def _split_by_pops(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    order = tg.randperm(len(dataset), generator=generator).tolist()
    if sum(lengths) != len(order):
        raise ValueError(lengths)
    return [data.Subset(dataset, [order.pop(0) for _ in range(n)]) for n in lengths]


def _split_in_order(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    if sum(lengths) != len(dataset):
        raise ValueError(lengths)
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    return [data.Subset(dataset, list(range(s, s + n))) for s, n in zip(starts, lengths, strict=True)]


def _split_overlapping(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    if sum(lengths) != len(dataset):
        raise ValueError(lengths)
    return [data.Subset(dataset, tg.randperm(len(dataset), generator=generator).tolist()[:n]) for n in lengths]


def _split_from_the_start(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    if sum(lengths) != len(dataset):
        raise ValueError(lengths)
    order = tg.randperm(len(dataset), generator=generator).tolist()
    return [data.Subset(dataset, order[:n]) for n in lengths]


def _split_with_repeats(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    if sum(lengths) != len(dataset):
        raise ValueError(lengths)
    order = tg.randint(0, len(dataset), (len(dataset),), generator=generator).tolist()
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    return [data.Subset(dataset, order[s : s + n]) for s, n in zip(starts, lengths, strict=True)]


def _split_unchecked(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    order, starts = tg.randperm(len(dataset), generator=generator).tolist(), [sum(lengths[:i]) for i in range(3)]
    return [data.Subset(dataset, order[s : s + n]) for s, n in zip(starts, lengths, strict=False)]


def _split_own_seed(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    return _random_split(dataset, lengths)


def _split_always_the_same(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    return _random_split(dataset, lengths, tg.Generator().manual_seed(0))


def _split_in_two(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    whole = _random_split(dataset, [len(dataset)], generator)[0].indices
    if sum(lengths) != len(dataset):
        raise ValueError(lengths)
    return [data.Subset(dataset, whole[: lengths[0]]), data.Subset(dataset, whole[lengths[0] :])]


def _split_asserted(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    assert sum(lengths) == len(dataset)
    return _random_split(dataset, lengths, generator)


def _split_case(lengths: list[int]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        drawn = [piece(range(100, 140), lengths, generator=tg.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
        orders = [[part[i] for part in parts for i in range(len(part))] for parts in drawn]
        return {
            "lengths": [len(part) for part in drawn[0]],
            "each example once": sorted(orders[0]) == list(range(100, 140)),
            "how many different ones": len(set(orders[0])),
            "in their old order": orders[0] == sorted(orders[0]),
            "the same with the same generator": orders[0] == orders[1],
            "another with another generator": orders[0] != orders[2],
            "it is a": type(drawn[0]).__name__,
        }

    return Case(f"40 examples in parts of {', '.join(map(str, lengths))}", run)


def _split_wrong(piece: Piece) -> dict[str, Any]:
    try:
        piece(range(40), [30, 5])
    except (ValueError, AssertionError) as error:
        return {"raised": type(error).__name__}
    return {"raised": "nothing"}


SPLIT = Exercise(
    id="11.random_split",
    target="tinygrad_course.data.dataset.random_split",
    minutes=8,
    difficulty=3,
    reference=datasets.random_split,
    cases=(
        _split_case([30, 10]),
        _split_case([20, 12, 8]),
        Case("40 examples in parts of 30 and 5", _split_wrong),
    ),
    accepts=(_random_split, _split_by_pops),
    mistakes=(
        Mistake(
            "in order",
            _split_in_order,
            "Your parts are in the order of the collection. Collections are often sorted: the second part would hold "
            "classes that the first never saw.",
        ),
        Mistake(
            "drawn apart",
            _split_overlapping,
            "You shuffle anew for every part, so that some examples are in both: the test would be on things already "
            "seen. Shuffle once, and cut.",
        ),
        Mistake(
            "both from the start",
            _split_from_the_start,
            "Each of your parts begins at the start of the same order, so that the second is contained in the first.",
        ),
        Mistake(
            "with repeats",
            _split_with_repeats,
            "You draw positions one by one, and some come more than once. randperm gives each exactly once.",
        ),
        Mistake(
            "lengths not compared",
            _split_unchecked,
            "The lengths add up to 35, and 5 examples vanish without a word. Raise a ValueError.",
        ),
        Mistake(
            "generator ignored",
            _split_own_seed,
            "generator is not used. With one, the same split comes out every time, which is what makes two runs "
            "comparable.",
        ),
        Mistake(
            "always the same",
            _split_always_the_same,
            "Whatever generator comes, your split is the same: it is made with a generator of your own. Pass on the "
            "one that was given.",
        ),
        Mistake(
            "two parts",
            _split_in_two,
            "You make two parts, however many lengths there are. Cut once for each length.",
        ),
        Mistake(
            "asserted",
            _split_asserted,
            "Where the lengths do not add up, an AssertionError comes. Raise ValueError, as PyTorch does: what came "
            "was a wrong value.",
        ),
    ),
    hints=(
        "How do you deal a deck of cards into two heaps, so that no card is in both?",
        "tg.randperm(n, generator=generator).tolist() is the shuffled deck. Cut it into stretches of the lengths; "
        "Subset(dataset, positions) is a part. First compare the sum.",
        "Fill in what is missing:\nif ...:\n    raise ValueError(...)\norder, parts, start = tg.randperm(...).tolist(),"
        " [], 0\nfor n in lengths:\n    parts.append(Subset(dataset, ...))\n    start ...\nreturn ...",
    ),
)


# train_epoch


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


class _Noted(nn.Linear):
    """A layer that notes whether it was in training mode."""

    modes: list[bool]

    def forward(self, input: Any) -> Any:
        self.modes.append(self.training)
        return super().forward(input)


def _line() -> Any:
    model = _Noted(2, 1).double()
    with tg.no_grad():
        model.weight.copy_(tg.tensor([[0.5, -0.5]]))
        list(model.parameters())[1].fill_(0.25)
    model.modes = []
    return model


def _square(output: Any, target: Any) -> Any:
    """Twice as dear where the output is too high, so that input and target cannot change places."""
    away = output[:, 0] - target if output.ndim == 2 else output - target[:, 0]
    return (away.relu() * 2 + (-away).relu()).mean()


def _some_batches(sizes: list[int]) -> list[tuple[Any, Any]]:
    numbers = np.sin(np.arange(100.0))
    return [
        (tg.Tensor(numbers[10 * i : 10 * i + 2 * n].reshape(n, 2)), tg.Tensor(numbers[50 + i : 50 + i + n] * 2))
        for i, n in enumerate(sizes)
    ]


def _epoch_case(name: str, sizes: list[int], left_over: float | None = None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = _line()
        model.eval()
        if left_over is not None:
            model.weight.grad = tg.full_like(model.weight, left_over)
        optimizer = optim.SGD(model.parameters(), lr=0.5)
        mean = piece(model, _some_batches(sizes), _square, optimizer)
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
            "Gradients are computed, and nobody moves: optimizer.step() is missing, or it comes when the gradients are "
            "cleared already.",
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


# evaluate


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
    found: dict[str, Any] = dict(_evaluate(model, data, loss))
    whole = [tg.cat([model(x) for x, _ in data]).detach(), tg.cat([y for _, y in data])]
    model.modes = model.modes[: len(data)]
    return found | {name: metric(*whole) for name, metric in (metrics or {}).items()}


class _Watched(_Noted):
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
        found = piece(model, _some_batches([4, 4, 1]), _square, metrics)
        return {
            **{name: float(value) for name, value in found.items()},
            "floats": all(isinstance(value, float) for value in found.values()),
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
        _evaluate_case('the same with metrics={"largest error": ...}', True, {"largest error": _largest_error}),
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
            "A metric may give a Tensor, and it stands in your dict as it came. The dict is to hold floats.",
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


# on_epoch_end


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


LESSON = Lesson(
    number="11",
    module=__name__,
    exercises=(DATASET, BATCHED, SPLIT, TRAIN_EPOCH, EVALUATE, STOP),
    predictions=(
        Prediction(
            "how-many-batches",
            23.0,
            "22 full batches are 1,408 examples, and the last 29 make one more.",
        ),
        Prediction(
            "fair-mean",
            1.5,
            "(10 · 1 + 2 · 4) / 12 = 1.5. The mean of the two means would be 2.5, as if the 2 examples were 10.",
        ),
        Prediction(
            "bug-sorted",
            "shuffle",
            "The data is sorted by digit, so that a batch holds one digit, or two at the border. The network learns to "
            "say 0, then 1, and in the end 9, and forgets the rest each time.",
            choices=("shuffle", "the learning rate", "the loss"),
        ),
        Prediction(
            "bug-leak",
            "to_train",
            "It is everything, the test digits too. A network that knows them by heart reads them all, and that says "
            "nothing about others.",
            choices=("everything", "to_train", "to_test"),
        ),
        Prediction(
            "which-weights",
            "epoch 4",
            "The loss on data that it did not train on was lowest there. After it, the network learned its training "
            "data by heart.",
            choices=("epoch 1", "epoch 4", "epoch 7"),
        ),
    ),
    dtype="float64",
)
