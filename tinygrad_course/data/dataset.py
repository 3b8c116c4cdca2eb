"""Collections of examples: something with a length and an item for each position."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import numpy as np

from ..creation import randperm
from ..dtypes import get_default_dtype
from ..methods.joining import stack
from ..random import Generator
from ..tensor import Tensor

Example = TypeVar("Example", covariant=True)
Transform = Callable[[Tensor], Tensor]


class Dataset(Generic[Example]):
    """Examples by position: a subclass writes `__getitem__(index)` and `__len__()`."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__(index) that returns one example")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Example]):
    """Examples one after the other: a subclass writes `__iter__()`."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__() that yields examples")


class TensorDataset(Dataset):
    """Tensors of equal length, indexed together: item i is the tuple of their items i; a slice gives a batch."""

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors or any(len(t) != len(tensors[0]) for t in tensors):
            raise AssertionError(f"Size mismatch between tensors: lengths {[len(t) for t in tensors]} must be equal")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Labelled(TensorDataset):
    """Examples with integer labels, the last tensor, and `classes`, the names that these stand for.

    transform: a function of one example's first tensor, applied whenever the example is taken; a batch is changed
    example by example.
    """

    def __init__(self, *tensors: Tensor, classes: Sequence[str], transform: Transform | None = None) -> None:
        super().__init__(*tensors)
        self.classes, self.transform = tuple(classes), transform

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        first, *others = super().__getitem__(index)
        if self.transform is not None:
            alone = first.ndim < self.tensors[0].ndim
            first = self.transform(first) if alone else stack([self.transform(x) for x in first])
        return first, *others


def labelled(x: np.ndarray, labels: np.ndarray, classes: Sequence[str], transform: Transform | None = None) -> Labelled:
    """Arrays as a Labelled: x in the default dtype, the labels as int64."""
    tensors = Tensor(x.astype(get_default_dtype())), Tensor(labels.astype(np.int64))
    return Labelled(*tensors, classes=classes, transform=transform)


class Subset(Dataset):
    """The examples of another dataset at the given positions."""

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, list(indices)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """Several datasets, one behind the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable: give at least one dataset")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset, which has no positions")
        self.cumulative_sizes = list(accumulate(len(d) for d in self.datasets))

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            wrong = ValueError if index < 0 else IndexError
            raise wrong(f"index {index} is out of range for {len(self)} examples")
        index %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset]:
    """Split a dataset at random into parts of the given lengths, or of the given shares where they add up to 1.

    Raises ValueError where the lengths do not add up to the dataset's.
    """
    count = len(dataset)
    if abs(sum(lengths) - 1) < 1e-9 and all(0 <= n <= 1 for n in lengths):
        lengths = [int(count * share) for share in lengths]
        lengths = [n + (i < count - sum(lengths)) for i, n in enumerate(lengths)]
    if sum(lengths) != count or any(n < 0 or n % 1 for n in lengths):
        wrong = f"Sum of input lengths does not equal the length of the input dataset: {list(lengths)} for {count}"
        raise ValueError(f"{wrong}; give whole numbers that add up to it, or shares that add up to 1")
    order, ends = randperm(count, generator=generator).tolist(), list(accumulate(int(n) for n in lengths))
    return [Subset(dataset, order[end - int(n) : end]) for n, end in zip(lengths, ends, strict=True)]
