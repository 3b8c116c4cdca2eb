"""Batches of a dataset, in order or shuffled."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic

import numpy as np

from ..creation import as_tensor, multinomial, randint, randperm, tensor
from ..methods.joining import stack
from ..random import Generator
from ..tensor import Tensor
from .dataset import Example, IterableDataset, Labelled, Subset, TensorDataset

PAD = "give the DataLoader a collate_fn that pads them"


class Sampler(Generic[Example]):
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
    """Positions in random order, each once before any comes again; with replacement, each drawn anew.

    num_samples: how many, as many as there are when left out.
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self.num_samples = len(data_source) if num_samples is None else num_samples
        check_positive("len(data_source)", len(data_source))
        check_positive("num_samples", self.num_samples)

    def __iter__(self) -> Iterator[int]:
        count, left = len(self.data_source), self.num_samples
        if self.replacement:
            yield from randint(0, count, (left,), generator=self.generator).tolist()
            return
        while left > 0:
            yield from randperm(count, generator=self.generator).tolist()[:left]
            left -= count

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The given positions in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        return (self.indices[i] for i in randperm(len(self.indices), generator=self.generator).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """num_samples positions, each drawn in proportion to its weight: rare classes can be shown more often."""

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Generator | None = None
    ) -> None:
        check_positive("num_samples", num_samples)
        self.weights = as_tensor(weights, dtype=np.float64)
        if self.weights.ndim != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {self.weights.shape}")
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The positions of another sampler in groups of batch_size."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        check_positive("batch_size", batch_size)
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return batched(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (rest > 0 and not self.drop_last)


def check_positive(name: str, value: Any) -> None:
    """Raise ValueError unless the value is an int of 1 or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


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


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch of several examples: tensors and numbers are stacked, tuples, lists and dicts by their parts.

    Text stays a list; Python floats become float64, as in PyTorch. Raises TypeError for anything else, and RuntimeError
    for tensors of different shapes or lists of different lengths.
    """
    first = batch[0]
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        return stacked(batch)
    if isinstance(first, (int, float)):
        return tensor(list(batch), dtype=np.float64 if isinstance(first, float) else None)
    if isinstance(first, Mapping):
        return {key: default_collate([x[key] for x in batch]) for key in first}
    if isinstance(first, Sequence):
        if len({len(x) for x in batch}) > 1:
            raise RuntimeError(f"each element in list of batch should be of equal size; {PAD}")
        return like(first, [default_collate(part) for part in zip(*batch, strict=True)])
    raise TypeError(f"default_collate: cannot batch {type(first).__name__}; give the DataLoader a collate_fn")


def default_convert(data: Any) -> Any:
    """One example that is not put into a batch: its arrays become Tensors, the rest stays as it is."""
    if isinstance(data, (np.ndarray, np.generic)):
        return as_tensor(data)
    if isinstance(data, Mapping):
        return {key: default_convert(part) for key, part in data.items()}
    if isinstance(data, (tuple, list)):
        return like(data, [default_convert(part) for part in data])
    return data


def like(example: Any, parts: list[Any]) -> Any:
    """The parts as a named tuple where the example is one, else as a list."""
    return type(example)(*parts) if hasattr(example, "_fields") else parts


def stacked(examples: Sequence[Any]) -> Tensor:
    """Tensors or arrays of one shape as a Tensor with a new first axis."""
    try:
        return stack([as_tensor(x) for x in examples])
    except RuntimeError as error:
        raise RuntimeError(f"{error}; {PAD}") from None


def gathered(dataset: Any, batch: list[int]) -> Any:
    """The batch in one indexing for each tensor, where the dataset is made of tensors (19 times faster); else None."""
    if type(dataset) is Subset:
        return gathered(dataset.dataset, [dataset.indices[i] for i in batch])
    return list(dataset[batch]) if type(dataset) in (TensorDataset, Labelled) else None


class DataLoader:
    """Batches of a dataset. Iterate over it once an epoch.

    shuffle: visit the examples in a new random order each time, from `generator` or the one manual_seed seeds.
    sampler: the order, as positions; batch_sampler: as lists of positions. drop_last: leave out a last batch that is
    shorter. collate_fn: makes a batch of a list of examples. batch_size None: the examples one by one.
    num_workers: accepted, as are the options about workers and pinned memory; everything is loaded in this process.
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Any = None,
        batch_sampler: Any = None, num_workers: int = 0, collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False, drop_last: bool = False, timeout: float = 0, worker_init_fn: Any = None,
        multiprocessing_context: Any = None, generator: Generator | None = None, *,
        prefetch_factor: int | None = None, persistent_workers: bool = False,
    ) -> None:  # fmt: skip
        if num_workers:
            warnings.warn(f"num_workers={num_workers}: everything is loaded in this process, as with 0", stacklevel=2)
        self.dataset, self.batch_size, self.drop_last, self.num_workers = dataset, batch_size, drop_last, 0
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        self._check_options(bool(shuffle))
        self.collate_fn = collate_fn or (default_convert if batch_size is None else default_collate)
        if isinstance(dataset, IterableDataset):
            self.sampler = dataset
        elif sampler is None:
            self.sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is not None:
            self.batch_size = None
        elif batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)

    def _check_options(self, shuffle: bool) -> None:
        """Raise ValueError for options that say two things at once."""
        ordered = shuffle or self.sampler is not None
        if isinstance(self.dataset, IterableDataset) and (ordered or self.batch_sampler is not None):
            wanted = "expected unspecified shuffle, sampler and batch_sampler option"
            raise ValueError(f"DataLoader with IterableDataset: {wanted}: such a dataset comes in its own order")
        if self.sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle: leave shuffle out")
        if self.batch_sampler is not None and (self.batch_size != 1 or ordered or self.drop_last):
            others = "batch_size, shuffle, sampler, and drop_last"
            raise ValueError(f"batch_sampler option is mutually exclusive with {others}")
        if self.batch_size is None and self.drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")

    def __iter__(self) -> Iterator[Any]:
        order = self.sampler if self.batch_sampler is None else self.batch_sampler
        return map(self.collate_fn if isinstance(self.dataset, IterableDataset) else self._fetch, order)

    def _fetch(self, at: Any) -> Any:
        """The example at a position, or the batch of those at several."""
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[at])
        whole = gathered(self.dataset, at) if self.collate_fn is default_collate else None
        return self.collate_fn([self.dataset[i] for i in at]) if whole is None else whole

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
