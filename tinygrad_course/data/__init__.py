"""Datasets, batches of them, and the data that comes with the package."""

from .dataset import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split
from .loader import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    default_collate,
)  # fmt: skip
from .shipped import digits, iris, verify
from .toys import blobs, moons, spirals, xor

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler", "Sampler",
    "SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "blobs",
    "default_collate", "digits", "iris", "moons", "random_split", "spirals", "verify", "xor",
]  # fmt: skip
