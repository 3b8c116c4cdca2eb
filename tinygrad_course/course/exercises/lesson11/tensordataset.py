"""TensorDataset indexes tensors of equal length together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import tinygrad_course as tg
from tinygrad_course import data

from ...exercise import Case, Exercise, Mistake, Piece


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


class _DatasetOfLists(_TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return [t[index] for t in self.tensors]


class _DatasetOfGenerators(_TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return (t[index] for t in self.tensors)


class _DatasetSlices(_TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        return tuple(t[index : index + 1] for t in self.tensors)


def _pairs() -> tuple[Any, Any]:
    return tg.tensor([[1.0, 2], [3, 4], [5, 6]], dtype=tg.float64), tg.tensor([7, 8, 9])


def _dataset_case(name: str, index: Any, *others: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        item = piece(*_pairs(), *others)[index]
        kind = "a tuple" if isinstance(item, tuple) else f"a {type(item).__name__}"
        return {"item": list(item) if isinstance(item, tuple | list | Iterator) else item, "kind of item": kind}

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
    except NotImplementedError:  # the untouched stub's
        raise
    except Exception as error:
        return type(error).__name__
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
        _dataset_case("item 1 of three tensors", 1, tg.tensor([1, 2, 3])),
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
            "a list",
            _DatasetOfLists,
            "Your item is a list. Make it a tuple, with image and label each at its own place.",
        ),
        Mistake(
            "a generator",
            _DatasetOfGenerators,
            "Parentheses around a `for` make a generator, which can be gone through once and has no places. Write "
            "tuple(...) around it.",
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
