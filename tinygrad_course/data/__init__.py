"""Datasets, batches of them, and the data that comes with the package."""

from .dataset import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split
from .loader import BatchSampler, DataLoader, RandomSampler, Sampler, SequentialSampler, default_collate
from .shipped import blobs, digits, iris, moons, spirals, verify, xor

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler", "Sampler",
    "SequentialSampler", "Subset", "TensorDataset", "blobs", "default_collate", "digits", "iris", "moons",
    "random_split", "spirals", "verify", "xor",
]  # fmt: skip
