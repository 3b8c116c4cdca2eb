"""The data sets that come with the package: no network, a licence and a checksum beside each."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files

import numpy as np

from ..random import Generator
from ..tensor import Tensor
from .dataset import TensorDataset

FILES = files(__package__) / "files"
SPECIES = ("setosa", "versicolor", "virginica")


def digits(train: bool = True) -> TensorDataset:
    """Handwritten digits: 1,437 images to train on, or 360 others to test with.

    Item i is (image, label): float32 of shape (8, 8) with values 0 to 1, and an int64 digit. Every fifth image, in
    the order of the collection, is a test image. Alpaydin and Kaynak, 1998; see files/CREDITS.md.
    """
    stored = read("digits.npz")
    images, labels = (stored["images"] / 16).astype(np.float32), stored["labels"].astype(np.int64)
    chosen = (np.arange(len(labels)) % 5 == 0) != train
    return TensorDataset(Tensor(images[chosen]), Tensor(labels[chosen]), classes=[str(d) for d in range(10)])


def iris() -> TensorDataset:
    """Measurements of 150 irises of three species.

    Item i is (measurements, label): float32 of shape (4,), sepal length and width, petal length and width in cm, and
    an int64 species. Anderson; Fisher, 1936; see files/CREDITS.md.
    """
    stored = read("iris.npz")
    return TensorDataset(Tensor(stored["measurements"]), Tensor(stored["labels"].astype(np.int64)), classes=SPECIES)


def read(name: str) -> dict[str, np.ndarray]:
    """The arrays of a shipped file. Raises FileNotFoundError where it is missing, ValueError where it is damaged."""
    if problem := problem_with(name):
        raise (FileNotFoundError if "missing" in problem else ValueError)(problem)
    with np.load(io.BytesIO((FILES / name).read_bytes()), allow_pickle=False) as stored:
        return dict(stored)


def verify() -> list[str]:
    """Compare every shipped data file with its checksum; return what is wrong, a sentence each."""
    return [problem for name in checksums() if (problem := problem_with(name))]


def problem_with(name: str) -> str:
    """What is wrong with a shipped file, and the cure; empty where nothing is."""
    cure = "install tinygrad_course again: python -m pip install --force-reinstall --no-deps tinygrad_course"
    if not (FILES / name).is_file():
        return f"the data file {name} is missing; {cure}"
    found = hashlib.sha256((FILES / name).read_bytes()).hexdigest()
    return "" if found == checksums()[name] else f"the data file {name} is damaged (its checksum differs); {cure}"


def checksums() -> dict[str, str]:
    """File name → sha256 as hexadecimal digits."""
    lines = (FILES / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


# Toy sets, made from a seed


def xor() -> TensorDataset:
    """The four points of exclusive or: float32 (2,), labels 0 or 1."""
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return TensorDataset(Tensor(points), Tensor(np.array([0, 1, 1, 0])), classes=("0", "1"))


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> TensorDataset:
    """Two half circles that reach into each other: n points, float32 (2,), labels 0 or 1."""
    angle = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    return _toy([upper, np.array([1.0, 0.5]) - upper], noise, seed)


def spirals(n: int = 300, classes: int = 3, noise: float = 0.05, seed: int = 0) -> TensorDataset:
    """Spiral arms around one centre, an arm a class: n points, float32 (2,)."""
    radius = np.linspace(0.05, 1, n // classes)
    arms = [4 * radius + 2 * np.pi * c / classes for c in range(classes)]
    return _toy([np.stack([radius * np.cos(a), radius * np.sin(a)], 1) for a in arms], noise, seed)


def blobs(n: int = 300, classes: int = 3, noise: float = 0.4, seed: int = 0) -> TensorDataset:
    """Round clouds of points with their centres on a circle of radius 2, a cloud a class: n points, float32 (2,)."""
    angles = 2 * np.pi * np.arange(classes) / classes
    centres = [2 * np.array([[np.cos(a), np.sin(a)]]) for a in angles]
    return _toy([np.repeat(centre, n // classes, 0) for centre in centres], noise, seed)


def _toy(groups: list[np.ndarray], noise: float, seed: int) -> TensorDataset:
    """Groups of points, a class each, with normal noise of that standard deviation, in mixed order."""
    source = Generator(seed).numpy
    points, labels = np.concatenate(groups), np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    order = source.permutation(len(points))
    moved = (points + source.normal(0, noise, points.shape)).astype(np.float32)
    return TensorDataset(Tensor(moved[order]), Tensor(labels[order]), classes=[str(c) for c in range(len(groups))])
