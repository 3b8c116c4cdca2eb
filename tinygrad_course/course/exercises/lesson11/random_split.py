"""random_split splits a dataset at random, into parts of given lengths or shares."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course import data
from tinygrad_course.data import dataset as datasets

from ...exercise import Case, Exercise, Mistake, Piece


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


def _split_length_for_end(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    whole = _random_split(dataset, lengths, generator)
    order = [i for part in whole for i in part.indices]
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    return [data.Subset(dataset, order[s:n]) for s, n in zip(starts, lengths, strict=True)]


def _split_positions(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    return [part.indices for part in _random_split(dataset, lengths, generator)]


def _split_yields(dataset: Any, lengths: Any, generator: Any = None) -> Any:
    yield from _random_split(dataset, lengths, generator)


def _split_asserted(dataset: Any, lengths: Any, generator: Any = None) -> list[Any]:
    assert sum(lengths) == len(dataset)
    return _random_split(dataset, lengths, generator)


def _shared(first: list[Any], last: list[Any]) -> str:
    both = set(first) & set(last)
    return "nothing" if not both else "the whole of the last" if both == set(last) else "a part of the last"


def _split_case(lengths: list[int]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        made = [piece(range(100, 140), lengths, generator=tg.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
        drawn = [list(parts) for parts in made]
        held = [[[part[i] for i in range(len(part))] for part in parts] for parts in drawn]
        orders = [[example for part in parts for example in part] for parts in held]
        return {
            "lengths": [len(part) for part in drawn[0]],
            "each example once": sorted(orders[0]) == list(range(100, 140)),
            "first and last share": _shared(held[0][0], held[0][-1]),
            "twice in one part": any(len(set(part)) < len(part) for part in held[0]),
            "in their old order": orders[0] == sorted(orders[0]),
            "the same with the same generator": orders[0] == orders[1],
            "another with another generator": orders[0] != orders[2],
            "kind of the result": type(made[0]).__name__,
        }

    return Case(f"40 examples in parts of {', '.join(map(str, lengths))}", run)


def _split_wrong(*lengths: int) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        try:
            piece(range(40), list(lengths))
        except (ValueError, AssertionError) as error:
            return {"raised": type(error).__name__}
        return {"raised": "nothing"}

    return Case(f"40 examples in parts of {' and '.join(map(str, lengths))}", run)


SPLIT = Exercise(
    id="11.random_split",
    target="tinygrad_course.data.dataset.random_split",
    minutes=8,
    difficulty=3,
    reference=datasets.random_split,
    cases=(
        _split_case([30, 10]),
        _split_case([20, 12, 8]),
        _split_wrong(30, 5),
        _split_wrong(30, 15),
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
            "length for end",
            _split_length_for_end,
            "order[start:n] ends before place n; it does not take n of them. A part ends at start + n.",
        ),
        Mistake(
            "positions alone",
            _split_positions,
            "Your parts are lists of positions. Subset(dataset, positions) shows the examples there.",
        ),
        Mistake(
            "one by one",
            _split_yields,
            "yield makes a generator, which nobody can index or ask for its length, and which raises nothing until it "
            "is gone through. Return a list.",
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
