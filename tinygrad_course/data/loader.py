"""Batches of a dataset, in order or shuffled."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..creation import randint, randperm, tensor
from ..random import Generator
from ..tensor import Tensor
from .dataset import IterableDataset, TensorDataset


class Sampler:
    """An order in which to visit positions: a subclass writes `__iter__()` and `__len__()`."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} needs an __iter__() that yields positions")


class SequentialSampler(Sampler):
    """Positions in order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Positions in random order, each once; with replacement, num_samples of them and repeats allowed."""

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self.num_samples = len(data_source) if num_samples is None else num_samples

    def __iter__(self) -> Iterator[int]:
        count = len(self.data_source)
        if self.replacement:
            return iter(randint(0, count, (self.num_samples,), generator=self.generator).tolist())
        return iter(randperm(count, generator=self.generator).tolist()[: self.num_samples])

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The positions of another sampler in groups of batch_size."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return batched(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (rest > 0 and not self.drop_last)


def batched(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    """The items in lists of `size`; the last may be shorter, unless dropped."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch and not drop_last:
        yield batch


def default_collate(examples: Sequence[Any]) -> Any:
    """One batch of several examples: tensors and numbers are stacked, tuples and dicts by their parts.

    Raises TypeError for anything else but text, which stays a list.
    """
    first = examples[0]
    if isinstance(first, Tensor):
        return Tensor(np.stack([x.data for x in examples]))
    if isinstance(first, (int, float, bool, np.ndarray, np.generic)):
        return tensor(np.stack(examples)) if isinstance(first, (np.ndarray, np.generic)) else tensor(list(examples))
    if isinstance(first, dict):
        return {key: default_collate([x[key] for x in examples]) for key in first}
    if isinstance(first, (tuple, list)):
        return type(first)(map(default_collate, zip(*examples, strict=True)))
    if isinstance(first, str):
        return list(examples)
    raise TypeError(f"default_collate: cannot batch {type(first).__name__}; give the DataLoader a collate_fn")


class DataLoader:
    """Batches of a dataset. Iterate over it once an epoch.

    shuffle: visit the examples in a new random order each time, from `generator` or the one manual_seed seeds.
    drop_last: leave out a last batch that is shorter. collate_fn: makes a batch of a list of examples.
    num_workers: accepted; everything is loaded in this process.
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool = False, sampler: Any = None,
        batch_sampler: Any = None, num_workers: int = 0, collate_fn: Callable | None = None, drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        if shuffle and (sampler is not None or batch_sampler is not None):
            raise ValueError("sampler option is mutually exclusive with shuffle: leave shuffle out")
        if num_workers:
            warnings.warn(f"num_workers={num_workers}: everything is loaded in this process, as with 0", stacklevel=2)
        self.dataset, self.batch_size, self.drop_last, self.num_workers = dataset, batch_size, drop_last, 0
        self.collate_fn = collate_fn
        if isinstance(dataset, IterableDataset):
            self.batch_sampler = None
            return
        self.sampler = sampler or (RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset))
        self.batch_sampler = batch_sampler or BatchSampler(self.sampler, batch_size or 1, drop_last)

    def __iter__(self) -> Iterator[Any]:
        collate = self.collate_fn or default_collate
        if self.batch_sampler is None:
            return map(collate, batched(self.dataset, self.batch_size or 1, self.drop_last))
        if self.collate_fn is None and type(self.dataset) is TensorDataset:
            return (self.dataset[batch] for batch in self.batch_sampler)
        return (collate([self.dataset[i] for i in batch]) for batch in self.batch_sampler)

    def __len__(self) -> int:
        if self.batch_sampler is None:
            raise TypeError("a DataLoader over an IterableDataset has no length")
        return len(self.batch_sampler)
