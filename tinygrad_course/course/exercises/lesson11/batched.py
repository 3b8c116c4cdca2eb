"""batched gives items in lists of one size; the last may be shorter, unless it is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tinygrad_course.data import loader

from ...exercise import Case, Exercise, Mistake, Piece


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


def _batched_turned(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    return _batched(items, size, not drop_last)


def _batched_returns(items: Iterable[Any], size: int, drop_last: bool) -> list[Any] | None:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            return batch
    return None if drop_last else batch


def _batched_goes_on(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
    if batch and not drop_last:
        yield batch


def _batched_loses(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        if len(batch) == size:
            yield batch
            batch = []
        else:
            batch.append(item)
    if batch and not drop_last:
        yield batch


def _batched_tuples(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[Any]:
    return map(tuple, _batched(items, size, drop_last))


def _batched_case(name: str, count: int, size: int, drop_last: bool) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        batches = list(piece(iter(range(10, 10 + count)), size, drop_last))
        return {"batches": batches, "kind of the first": type(batches[0]).__name__ if batches else "(none)"}

    return Case(name, run)


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
            "turned round",
            _batched_turned,
            "You keep the last, shorter batch with drop_last=True and drop it with False: it is the other way round.",
        ),
        Mistake(
            "returned",
            _batched_returns,
            "return ends the function at the first batch. yield gives a batch and goes on.",
        ),
        Mistake(
            "never begun anew",
            _batched_goes_on,
            "After a batch is given you go on filling the same list. Begin a new one: batch = [].",
        ),
        Mistake(
            "an item lost",
            _batched_loses,
            "The item that comes when the batch is full goes nowhere. Put every item in, and then look how many there "
            "are.",
        ),
        Mistake(
            "tuples",
            _batched_tuples,
            "Your batches are tuples. A list of positions picks rows; to a tensor, a tuple is one index for each axis.",
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
