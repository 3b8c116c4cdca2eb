"""Toy sets of points in the plane, made from a seed: the same seed gives the same points."""

from __future__ import annotations

import numpy as np

from ..random import Generator
from .dataset import Labelled, labelled


def xor() -> Labelled:
    """The four points of exclusive or: item i is (point, label), shape (2,) and 0 or 1."""
    return labelled(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0]), ("0", "1"))


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Labelled:
    """Two half circles that reach into each other: n items (point, label), shape (2,) and 0 or 1."""
    upper, lower = (np.linspace(0, np.pi, size) for size in shares(n, 2))
    return toy([ring(upper), np.array([1.0, 0.5]) - ring(lower)], noise, seed)


def spirals(n: int = 300, classes: int = 3, noise: float = 0.05, seed: int = 0) -> Labelled:
    """Spiral arms around one centre, an arm a class: n items (point, label), shape (2,) and an int64."""
    arms = []
    for c, size in enumerate(shares(n, classes)):
        radius = np.linspace(0.05, 1, size)
        arms.append(radius[:, None] * ring(4 * radius + 2 * np.pi * c / classes))
    return toy(arms, noise, seed)


def blobs(n: int = 300, classes: int = 3, noise: float = 0.4, seed: int = 0) -> Labelled:
    """Round clouds with centres on a circle of radius 2, a cloud a class: n items (point, label), shape (2,) and an
    int64."""
    sizes = shares(n, classes)
    return toy([ring(np.full(size, 2 * np.pi * c / classes)) * 2 for c, size in enumerate(sizes)], noise, seed)


def shares(n: int, classes: int) -> list[int]:
    """How many of n points each class gets: equal numbers, the first classes one more where there is a remainder."""
    return [n // classes + (c < n % classes) for c in range(classes)]


def ring(angles: np.ndarray) -> np.ndarray:
    """The points of the unit circle at these angles: (n, 2)."""
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def toy(groups: list[np.ndarray], noise: float, seed: int) -> Labelled:
    """Groups of points, a class each, moved by normal noise of that standard deviation, in mixed order."""
    source = Generator(seed).numpy
    points, labels = np.concatenate(groups), np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    order = source.permutation(len(points))
    moved = points + source.normal(0, noise, points.shape)
    return labelled(moved[order], labels[order], [str(c) for c in range(len(groups))])
