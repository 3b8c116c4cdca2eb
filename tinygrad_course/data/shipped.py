"""The data sets that come with the package: no network, a licence and a checksum beside each."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from .dataset import Labelled, Transform, labelled

FILES = files(__package__) / "files"
CHECKSUMS = "SHA256SUMS"
NAMES = ("digits.npz", "iris.npz", "mnist.npz", "names.npz", "shakespeare.npz")
CURE = "install tinygrad_course again: python -m pip install --force-reinstall --no-deps tinygrad_course"
SPECIES = ("setosa", "versicolor", "virginica")


class Name(NamedTuple):
    """A first name: how many in a hundred people of that sex bear it."""

    text: str
    sex: str
    percent: float


def digits(train: bool = True, transform: Transform | None = None) -> Labelled:
    """Handwritten digits: 1,437 images to train on, or 360 others to test with.

    Item i is (image, label): shape (8, 8) with values 0 to 1 in the default dtype, and an int64 digit. Every fifth
    image, in the order of the collection, is a test image. Alpaydin and Kaynak, 1998; see files/CREDITS.md.
    """
    stored = read("digits.npz")
    return pictures(stored["images"], 16, stored["labels"], train, transform)


def mnist(train: bool = True, transform: Transform | None = None) -> Labelled:
    """Handwritten digits of MNIST: 4,000 images to train on, or 1,000 others to test with, equally many of each digit.

    Item i is (image, label): shape (1, 28, 28) with values 0 to 1 in the default dtype, as torchvision's MNIST after
    ToTensor, and an int64 digit. LeCun, Cortes and Burges, 1998; see files/CREDITS.md.
    """
    stored = read("mnist.npz")
    return pictures(stored["images"][:, None], 255, stored["labels"], train, transform)


def pictures(images: np.ndarray, white: int, labels: np.ndarray, train: bool, transform: Transform | None) -> Labelled:
    """Digits to train on, or, every fifth, to test with; `white` is the value that becomes 1."""
    chosen = (np.arange(len(labels)) % 5 == 0) != train
    return labelled(images[chosen] / white, labels[chosen], [str(d) for d in range(10)], transform)


def iris() -> Labelled:
    """Measurements of 150 irises of three species.

    Item i is (measurements, label): shape (4,), sepal length and width, petal length and width in cm, in the default
    dtype, and an int64 species. Anderson; Fisher, 1936; see files/CREDITS.md.
    """
    stored = read("iris.npz")
    return labelled(stored["measurements"], stored["labels"], SPECIES)


def names() -> list[Name]:
    """First names of the US census of 1990: 4,275 of women, then 1,219 of men, the most frequent first.

    An item is (text, sex, percent), as ("Mary", "female", 2.629): 2 to 11 letters of a to z, the first a capital. 331
    names are in both lists. About 90 percent of the people counted bear one of these; see files/CREDITS.md.
    """
    stored = read("names.npz")
    texts, sexes = stored["names"].astype(str).tolist(), np.where(stored["female"], "female", "male").tolist()
    percents = np.round(stored["shares"].astype(np.float64), 3).tolist()
    return [Name(*row) for row in zip(texts, sexes, percents, strict=True)]


def shakespeare() -> str:
    """Shakespeare's sonnets and nine of his plays as one text: 1,208,705 characters, 68 different ones.

    A speech is the speaker's name in capitals with a full stop, then its lines, then an empty line. The sonnets, Romeo
    and Juliet, A Midsummer Night's Dream, The Merchant of Venice, Julius Caesar, Hamlet, Twelfth Night, Othello,
    Macbeth, The Tempest; see files/CREDITS.md.
    """
    return read("shakespeare.npz")["text"].tobytes().decode("ascii")


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
