"""Datasets, batches of them, and the data that comes with the package."""
# ruff: noqa: I001  What this package offers is what this file imports.

from . import transforms
from .dataset import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split
from .loader import (
    BatchSampler, DataLoader, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler,
    default_collate, default_convert,
)  # fmt: skip
from .shipped import digits, iris, mnist, names, shakespeare, verify
from .toys import blobs, moons, spirals, xor

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler", "Sampler",
    "SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "blobs",
    "default_collate", "default_convert", "digits", "iris", "mnist", "moons", "names", "random_split", "shakespeare",
    "spirals", "transforms", "verify", "xor",
]  # fmt: skip
