"""Datasets, samplers and batches beside PyTorch's: the same values, dtypes, lengths and kinds of error."""

from __future__ import annotations

import inspect
import warnings
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg

NO_TORCH = "parity with PyTorch needs torch (the extra named parity)"
Point = namedtuple("Point", "x y")


def plain(x: Any) -> Any:
    """Tensors as dtype and numbers, the rest as it is: what two libraries can be compared by."""
    if isinstance(x, Mapping):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [type(x).__name__, *map(plain, x)]
    return [str(x.dtype).removeprefix("torch."), x.tolist()] if hasattr(x, "tolist") else x


def outcome(case: Callable[[Any, Any], Any], t: Any, data: Any) -> Any:
    """What a case gives, or the kind of error it ends with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(case(t, data))
        except Exception as error:
            return type(error).__name__


def stream(data: Any, count: int | None = None) -> Any:
    """A stream of 0 to 4 that says its length, where one is given."""
    members: dict[str, Any] = {"__iter__": lambda self: iter(range(5))}
    if count is not None:
        members["__len__"] = lambda self: count
    return type("Numbers", (data.IterableDataset,), members)()


def whole(t: Any, data: Any) -> Any:
    return data.TensorDataset(t.tensor(np.arange(10.0).reshape(5, 2)), t.tensor(np.arange(5)))


def examples(t: Any) -> list[Any]:
    return [{"x": t.ones(2) * i, "y": i, "z": i / 2, "name": str(i)} for i in range(5)]


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "batches": lambda t, d: list(d.DataLoader(whole(t, d), 2)),
    "batches, rest dropped": lambda t, d: list(d.DataLoader(whole(t, d), 2, drop_last=True)),
    "batches by a sampler": lambda t, d: list(d.DataLoader(whole(t, d), batch_sampler=[[4, 0], [1]])),
    "batches of a part": lambda t, d: list(d.DataLoader(d.Subset(whole(t, d), [4, 2, 0]), 2)),
    "batches of dicts": lambda t, d: list(d.DataLoader(examples(t), 3)),
    "no batches": lambda t, d: list(d.DataLoader([np.ones(2), (1, "a"), 2.5], batch_size=None)),
    "no batches, collated": lambda t, d: list(d.DataLoader([1, 2], batch_size=None, collate_fn=str)),
    "no examples": lambda t, d: list(d.DataLoader([])),
    "no examples to shuffle": lambda t, d: list(d.DataLoader([], shuffle=True)),
    "a stream": lambda t, d: list(d.DataLoader(stream(d), 2)),
    "a stream without length": lambda t, d: len(d.DataLoader(stream(d), 2)),
    "a stream's length": lambda t, d: [len(d.DataLoader(stream(d, 5), 2, drop_last=drop)) for drop in (True, False)],
    "a stream in no batches": lambda t, d: [len(d.DataLoader(stream(d, 5), batch_size=None))],
    "a stream shuffled": lambda t, d: d.DataLoader(stream(d), shuffle=True),
    "a stream in chains": lambda t, d: d.ConcatDataset([stream(d)]),
    "options kept": lambda t, d: [
        (x.batch_size, x.drop_last, x.num_workers, x.generator, type(x.sampler).__name__)
        for x in (d.DataLoader([1, 2], 2), d.DataLoader([1, 2], batch_sampler=[[1]]))
    ],
    "batch size 0": lambda t, d: d.DataLoader([1], batch_size=0),
    "batch size of a stream 0": lambda t, d: d.DataLoader(stream(d), batch_size=0),
    "tensors of unlike length": lambda t, d: d.TensorDataset(t.zeros(3), t.zeros(2)),
    "a chain": lambda t, d: [*d.ConcatDataset([[1, 2], [3]]), d.ConcatDataset([[1, 2], [3]])[-3]],
    "a chain's sizes": lambda t, d: d.ConcatDataset([[1, 2], [3]]).cumulative_sizes,
    "a chain of nothing": lambda t, d: d.ConcatDataset([]),
    "behind a chain": lambda t, d: d.ConcatDataset([[1, 2], [3]])[3],
    "before a chain": lambda t, d: d.ConcatDataset([[1, 2], [3]])[-4],
    "a part": lambda t, d: [d.Subset(whole(t, d), [4, 2, 0])[i] for i in (1, slice(2), [0, 2])],
    "behind a part": lambda t, d: d.Subset([1, 2], [1])[1],
    "an unfinished dataset": lambda t, d: d.Dataset()[0],
    "a random sampler's rounds": lambda t, d: sorted(list(d.RandomSampler([1, 2, 3], num_samples=7))[:6]),
    "no samples": lambda t, d: d.RandomSampler([1], num_samples=0),
    "weights in rows": lambda t, d: d.WeightedRandomSampler([[1.0, 2.0]], 1),
    "too many without replacement": lambda t, d: list(d.WeightedRandomSampler([1.0, 2.0], 3, replacement=False)),
    "negative weights": lambda t, d: list(d.WeightedRandomSampler([1.0, -2.0], 3)),
    "contradiction": lambda t, d: d.DataLoader([1], sampler=[0], shuffle=True),
    "typo": lambda t, d: d.DataLoader([1], batchsize=2),
    **{
        f"split {lengths}": lambda t, d, lengths=lengths: [len(p) for p in d.random_split(range(11), lengths)]  # type: ignore[misc]
        for lengths in ([5, 6], [0, 11], [5, 5], [0.5, 0.3, 0.2], [0.1] * 10, [0.7, 0.2, 0.1], [0.3, 0.3],
                        [0.5, 1.2, -0.7])
    },
    **{
        f"collate {batch}": lambda t, d, batch=batch: d.default_collate(batch)  # type: ignore[misc]
        for batch in (
            [1, 2], [1.0, 2.0], [True, False], [1, 2.5], ["a", "b"], [b"a", b"b"], [(1, 2), (3, 4)], [[1, 2], [3, 4]],
            [[1, 2], [3]], [{"a": 1}, {"a": 2}], [{"a": 1}, {"b": 2}], [None], [object], [np.float32(1), np.float32(2)],
            [np.ones(2), np.zeros(2)], [np.ones(2), np.zeros(3)], [range(2), range(2)], [],
            [Point(1, 2.0), Point(3, 4.0)],
        )
    },
    **{
        f"convert {example}": lambda t, d, example=example: d.default_convert(example)  # type: ignore[misc]
        for example in (1, "a", np.ones(2), np.float32(1), (1, np.ones(1)), {"a": np.ones(1)}, None,
                        Point(1, np.ones(1)))
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_datasets_and_batches_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    assert outcome(CASES[name], tg, tg.data) == outcome(CASES[name], torch, torch.utils.data)


def test_the_options_come_in_pytorchs_order() -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    for name in ("DataLoader", "RandomSampler", "WeightedRandomSampler", "SubsetRandomSampler", "BatchSampler"):
        ours, theirs = (list(inspect.signature(getattr(d, name)).parameters) for d in (tg.data, torch.utils.data))
        assert ours == theirs[: len(ours)], name
