"""The data sets that come with the package: no network, a licence and a checksum beside each."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files

import numpy as np

from ..dtypes import get_default_dtype
from ..tensor import Tensor
from .dataset import TensorDataset

FILES = files(__package__) / "files"
CHECKSUMS, NAMES = "SHA256SUMS", ("digits.npz", "iris.npz")
CURE = "install tinygrad_course again: python -m pip install --force-reinstall --no-deps tinygrad_course"
SPECIES = ("setosa", "versicolor", "virginica")


def digits(train: bool = True) -> TensorDataset:
    """Handwritten digits: 1,437 images to train on, or 360 others to test with.

    Item i is (image, label): shape (8, 8) with values 0 to 1 in the default dtype, and an int64 digit. Every fifth
    image, in the order of the collection, is a test image. Alpaydin and Kaynak, 1998; see files/CREDITS.md.
    """
    stored = read("digits.npz")
    images, labels = (stored["images"] / 16).astype(get_default_dtype()), stored["labels"].astype(np.int64)
    chosen = (np.arange(len(labels)) % 5 == 0) != train
    return TensorDataset(Tensor(images[chosen]), Tensor(labels[chosen]), classes=[str(d) for d in range(10)])


def iris() -> TensorDataset:
    """Measurements of 150 irises of three species.

    Item i is (measurements, label): shape (4,), sepal length and width, petal length and width in cm, in the default
    dtype, and an int64 species. Anderson; Fisher, 1936; see files/CREDITS.md.
    """
    stored = read("iris.npz")
    measurements, labels = stored["measurements"].astype(get_default_dtype()), stored["labels"].astype(np.int64)
    return TensorDataset(Tensor(measurements), Tensor(labels), classes=SPECIES)


def read(name: str) -> dict[str, np.ndarray]:
    """The arrays of a shipped file. Raises FileNotFoundError where it is missing, ValueError where it is damaged."""
    with np.load(io.BytesIO(content(name)), allow_pickle=False) as stored:
        return dict(stored)


def verify() -> list[str]:
    """Compare every shipped data file with its checksum; return what is wrong, a sentence each."""
    problems = []
    for name in (CHECKSUMS, *NAMES):
        try:
            content(name)
        except (FileNotFoundError, ValueError) as error:
            problems.append(str(error))
    return problems


def content(name: str) -> bytes:
    """The bytes of a shipped file. Raises FileNotFoundError where it is missing, ValueError where it is damaged."""
    if not (FILES / name).is_file():
        raise FileNotFoundError(f"the data file {name} is missing; {CURE}")
    found = (FILES / name).read_bytes()
    if name != CHECKSUMS and hashlib.sha256(found).hexdigest() != checksums().get(name):
        raise ValueError(f"the data file {name} is damaged: its checksum differs; {CURE}")
    return found


def checksums() -> dict[str, str]:
    """File name → sha256 as hexadecimal digits."""
    lines = content(CHECKSUMS).decode("utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
