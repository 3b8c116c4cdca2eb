"""Datasets, samplers, batches, and the data sets that come with the package."""

from __future__ import annotations

import shutil
import warnings
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.data import shipped

NO_TORCH = "parity with PyTorch needs torch (the extra named parity)"


def numbered(n: int) -> tg.data.TensorDataset:
    """n examples: (x, y) with x = [i, i] and y = i."""
    count = np.arange(n)
    return tg.data.TensorDataset(tg.tensor(np.stack([count, count], 1)), tg.tensor(count))


class Squares(tg.data.Dataset):
    """Examples that are made when asked for."""

    def __getitem__(self, index: int) -> int:
        if index >= 5:
            raise IndexError
        return index * index

    def __len__(self) -> int:
        return 5


class Stream(tg.data.IterableDataset):
    def __iter__(self) -> Iterator[int]:
        return iter(range(5))


# Datasets


def test_a_tensor_dataset_indexes_its_tensors_together() -> None:
    data = numbered(6)
    x, y = data[2]
    assert x.tolist() == [2, 2] and y.item() == 2 and len(data) == 6
    assert [t.tolist() for t in data[4:]] == [[[4, 4], [5, 5]], [4, 5]]
    assert data[[1, 3]][1].tolist() == [1, 3] and data[-1][1].item() == 5
    with pytest.raises(ValueError, match=r"lengths \[3, 2\] must be equal"):
        tg.data.TensorDataset(tg.zeros(3), tg.zeros(2))


def test_subsets_and_chains_of_datasets() -> None:
    part = tg.data.Subset(numbered(6), [4, 0])
    assert len(part) == 2 and part[0][1].item() == 4 and part[-1][1].item() == 0
    chain = Squares() + tg.data.Subset(Squares(), [2])
    assert [chain[i] for i in range(len(chain))] == [0, 1, 4, 9, 16, 4] and chain[-2] == 16
    for wrong in (6, -7):
        with pytest.raises(IndexError, match="out of range for 6 examples"):
            chain[wrong]
    with pytest.raises(ValueError, match="at least one dataset"):
        tg.data.ConcatDataset([])
    with pytest.raises(NotImplementedError, match="needs a __getitem__"):
        tg.data.Dataset()[0]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=4), st.integers(0, 99))
def test_a_random_split_shares_everything_out_once(lengths: list[int], seed: int) -> None:
    whole = list(range(sum(lengths)))
    parts = tg.data.random_split(whole, lengths, generator=tg.Generator(seed))
    assert [len(p) for p in parts] == lengths
    assert sorted(p[i] for p in parts for i in range(len(p))) == whole
    again = tg.data.random_split(whole, lengths, generator=tg.Generator(seed))
    assert [p.indices for p in again] == [p.indices for p in parts]


def test_a_random_split_by_shares() -> None:
    assert [len(p) for p in tg.data.random_split(range(11), [0.5, 0.3, 0.2])] == [6, 3, 2]
    assert sorted(i for p in tg.data.random_split(range(11), [0.7, 0.3]) for i in p.indices) == list(range(11))
    with pytest.raises(ValueError, match="Sum of input lengths does not equal"):
        tg.data.random_split(range(10), [5, 6])


# Samplers


def test_samplers_give_each_position_once() -> None:
    assert list(tg.data.SequentialSampler(range(4))) == [0, 1, 2, 3]
    tg.manual_seed(3)
    first = list(tg.data.RandomSampler(range(50)))
    assert sorted(first) == list(range(50)) and first != list(range(50)) != list(tg.data.RandomSampler(range(50)))
    tg.manual_seed(3)
    assert list(tg.data.RandomSampler(range(50))) == first
    longer = tg.data.RandomSampler(range(3), num_samples=7)
    drawn = list(longer)
    assert len(drawn) == len(longer) == 7 and sorted(drawn[:3]) == sorted(drawn[3:6]) == [0, 1, 2]
    subset = tg.data.SubsetRandomSampler([7, 8, 9], generator=tg.Generator(1))
    assert sorted(subset) == [7, 8, 9] and len(subset) == 3


def test_samplers_that_draw_with_replacement() -> None:
    drawn = list(tg.data.RandomSampler(range(3), replacement=True, num_samples=100))
    assert len(drawn) == 100 and set(drawn) == {0, 1, 2}
    weighted = tg.data.WeightedRandomSampler([0.0, 1.0, 3.0], 2000, generator=tg.Generator(0))
    counts = np.bincount(list(weighted), minlength=3)
    assert counts[0] == 0 and counts.sum() == len(weighted) == 2000 and 0.7 < counts[2] / 2000 < 0.8


@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [3, 3, 1]), (True, [3, 3])])
def test_batch_samplers_group(drop_last: bool, sizes: list[int]) -> None:
    sampler = tg.data.BatchSampler(tg.data.SequentialSampler(range(7)), 3, drop_last)
    assert [len(b) for b in sampler] == sizes and len(sampler) == len(sizes)
    for wrong in (0, -1, 2.0):
        with pytest.raises(ValueError, match="batch_size should be a positive integer value"):
            tg.data.BatchSampler(range(7), wrong, False)  # type: ignore[arg-type]


# DataLoader


def test_batches_come_in_order_with_the_rest_last() -> None:
    loader = tg.data.DataLoader(numbered(5), batch_size=2)
    assert [y.tolist() for _, y in loader] == [[0, 1], [2, 3], [4]] and len(loader) == 3
    assert [x.shape for x, _ in loader] == [(2, 2), (2, 2), (1, 2)]
    assert [y.tolist() for _, y in tg.data.DataLoader(numbered(5), 2, drop_last=True)] == [[0, 1], [2, 3]]


def test_shuffled_epochs_differ_and_follow_the_seed() -> None:
    def epoch(loader: tg.data.DataLoader) -> list[int]:
        pairs = [(x.tolist(), y.tolist()) for x, y in loader]
        assert all(row == [label, label] for xs, ys in pairs for row, label in zip(xs, ys, strict=True))
        return [label for _, ys in pairs for label in ys]

    loader = tg.data.DataLoader(numbered(40), 7, shuffle=True, generator=tg.Generator(1))
    first, second = epoch(loader), epoch(loader)
    assert sorted(first) == sorted(second) == list(range(40)) and first != second
    assert epoch(tg.data.DataLoader(numbered(40), 7, shuffle=True, generator=tg.Generator(1))) == first
    tg.manual_seed(0)
    a = epoch(tg.data.DataLoader(numbered(40), 7, shuffle=True))
    tg.manual_seed(0)
    assert epoch(tg.data.DataLoader(numbered(40), 7, shuffle=True)) == a


def test_the_quick_way_through_tensors_gives_what_collating_gives() -> None:
    whole = numbered(9)
    part = tg.data.Subset(tg.data.Subset(whole, [8, 6, 4, 2, 0]), [4, 3, 1])
    for data in (whole, part):
        quick = tg.data.DataLoader(data, 2)
        slow = tg.data.DataLoader(data, 2, collate_fn=lambda examples: tg.data.default_collate(examples))
        for a, b in zip(quick, slow, strict=True):
            assert type(a) is type(b) and [t.tolist() for t in a] == [t.tolist() for t in b]
    assert [y.tolist() for _, y in tg.data.DataLoader(part, 2)] == [[0, 2], [6]]


def test_own_samplers_and_single_examples() -> None:
    assert [y.tolist() for _, y in tg.data.DataLoader(numbered(5), 2, sampler=[3, 1, 4])] == [[3, 1], [4]]
    assert [y.tolist() for _, y in tg.data.DataLoader(numbered(5), batch_sampler=[[0, 4], [2]])] == [[0, 4], [2]]
    assert list(tg.data.DataLoader(Squares(), batch_size=None)) == [0, 1, 4, 9, 16]
    assert list(tg.data.DataLoader(numbered(5), 2, sampler=[])) == []


def test_streams_come_in_batches_too() -> None:
    assert [b.tolist() for b in tg.data.DataLoader(Stream(), 2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in tg.data.DataLoader(Stream(), 2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(tg.data.DataLoader(Stream(), batch_size=None)) == [0, 1, 2, 3, 4]
    with pytest.raises(TypeError, match="has no length"):
        len(tg.data.DataLoader(Stream(), 2))


def test_workers_are_accepted_and_said_to_be_none() -> None:
    with pytest.warns(UserWarning, match="num_workers=4: everything is loaded in this process"):
        assert tg.data.DataLoader(Squares(), num_workers=4).num_workers == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.data.DataLoader(Squares(), num_workers=0)


@pytest.mark.parametrize(
    ("data", "options", "text"),
    [
        (Squares(), {"sampler": [1], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
        (Squares(), {"batch_sampler": [[1]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
        (Squares(), {"batch_sampler": [[1]], "shuffle": True}, "batch_sampler option is mutually exclusive"),
        (Squares(), {"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
        (Squares(), {"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
        (Stream(), {"shuffle": True}, "DataLoader with IterableDataset: expected unspecified shuffle"),
    ],
)
def test_options_that_contradict_each_other_are_refused(data: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tg.data.DataLoader(data, **options)


Point = namedtuple("Point", "x y")


def test_collating_stacks_what_can_be_stacked() -> None:
    collate = tg.data.default_collate
    assert collate([1, 2]).dtype == tg.int64 and collate([1.0, 2.0]).dtype == tg.float32
    assert collate([True, False]).dtype == tg.bool and collate(["a", "b"]) == ["a", "b"]
    assert collate([np.ones(2), np.zeros(2)]).dtype == tg.float64
    assert collate([np.float32(1), np.float32(2)]).tolist() == [1, 2]
    nested = collate([{"x": tg.ones(2), "y": (1, [2])}, {"x": tg.zeros(2), "y": (3, [4])}])
    assert nested["x"].tolist() == [[1, 1], [0, 0]] and nested["y"][0].tolist() == [1, 3]
    assert nested["y"][1][0].tolist() == [2, 4]
    assert collate([Point(1, 2), Point(3, 4)]).y.tolist() == [2, 4]
    with pytest.raises(RuntimeError, match=r"got \[3\] at entry 0 and \[4\] at entry 1; give .* a collate_fn"):
        collate([tg.zeros(3), tg.zeros(4)])
    with pytest.raises(TypeError, match="cannot batch object; give the DataLoader a collate_fn"):
        collate([object()])


def test_a_collate_function_of_your_own() -> None:
    loader = tg.data.DataLoader(Squares(), 3, collate_fn=sum)
    assert list(loader) == [5, 25]


# What is shipped


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


def test_no_test_image_is_among_those_to_learn_from() -> None:
    train, test = (tg.data.digits(train).tensors[0].data.reshape(-1, 64) for train in (True, False))
    assert not {row.tobytes() for row in train} & {row.tobytes() for row in test}


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
        for data in (tg.data.digits(), tg.data.iris(), tg.data.xor(), tg.data.moons()):
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
    assert len(tg.data.verify()) == 3 and all("SHA256SUMS is missing" in line for line in tg.data.verify())


def test_each_data_set_has_its_credit_and_licence(copied: Path) -> None:
    credits = (copied / "CREDITS.md").read_text(encoding="utf-8")
    assert all(f"**{name}**" in credits for name in shipped.NAMES) and "CC BY 4.0" in credits
    assert "BSD 3-Clause License" in (copied / "SCIKIT_LEARN_LICENSE.txt").read_text(encoding="utf-8")


# Toy sets


@pytest.mark.parametrize("make", [tg.data.moons, tg.data.spirals, tg.data.blobs])
def test_toy_sets_follow_their_seed(make: Any) -> None:
    a, b, c = make(n=101), make(n=101), make(n=101, seed=1)
    assert len(a) == 101 and a.tensors[0].shape == (101, 2) and a.tensors[0].dtype == tg.float32
    assert np.array_equal(a.tensors[0].data, b.tensors[0].data)
    assert not np.array_equal(a.tensors[0].data, c.tensors[0].data)
    counts = np.bincount(a.tensors[1].data)
    assert len(counts) == len(a.classes) and counts.max() - counts.min() <= 1
    assert a.tensors[1].data.tolist() != sorted(a.tensors[1].data.tolist())


def test_toy_sets_lie_where_they_should() -> None:
    x, y = tg.data.xor().tensors
    assert y.tolist() == [int(a != b) for a, b in x.tolist()]
    points, labels = (t.data for t in tg.data.moons(400, noise=0).tensors)
    upper, lower = points[labels == 0], points[labels == 1] - np.array([1, 0.5], np.float32)
    for half in (upper, lower):
        assert (half**2).sum(1) == pytest.approx(np.ones(200), abs=1e-5)
    assert upper[:, 1].min() > -1e-6 and lower[:, 1].max() < 1e-6
    points, labels = (t.data for t in tg.data.blobs(300, classes=4, noise=0).tensors)
    assert len(np.unique(points.round(4), axis=0)) == 4 and (points**2).sum(1) == pytest.approx(np.full(300, 4))
    points, labels = (t.data for t in tg.data.spirals(300, classes=2, noise=0).tensors)
    assert np.sqrt((points**2).sum(1)).max() == pytest.approx(1) and set(labels) == {0, 1}


# All of it together


def test_a_small_network_learns_to_read_digits() -> None:
    tg.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(10):
        for images, labels in tg.data.DataLoader(tg.data.digits(), batch_size=32, shuffle=True):
            loss = nn.functional.cross_entropy(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    images, labels = tg.data.digits(train=False)[:]
    assert (net(images).argmax(1) == labels).float().mean().item() > 0.93


# Parity


def test_batches_are_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    found = []
    for t, data in ((tg, tg.data), (torch, torch.utils.data)):
        examples = [{"x": t.ones(2) * i, "y": i, "name": str(i)} for i in range(5)]
        whole = data.TensorDataset(t.tensor(np.arange(10.0).reshape(5, 2)), t.tensor(np.arange(5)))
        seen: list[Any] = []
        for options in ({"batch_size": 2}, {"batch_size": 2, "drop_last": True}, {"batch_sampler": [[4, 0], [1]]}):
            loader = data.DataLoader(whole, **options)
            seen += [len(loader), [[part.tolist() for part in batch] for batch in loader]]
        for batch in data.DataLoader(examples, batch_size=3):
            seen.append([batch["x"].tolist(), batch["y"].tolist(), batch["name"]])
        seen.append([len(p) for p in data.random_split(range(11), [0.5, 0.3, 0.2])])
        found.append(seen)
    assert found[0] == found[1]
