"""Datasets, samplers, batches, and the data sets that come with the package."""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.data import transforms


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


class Counted(Stream):
    def __len__(self) -> int:
        return 5


# Datasets


def test_a_tensor_dataset_indexes_its_tensors_together() -> None:
    data = numbered(6)
    x, y = data[2]
    assert x.tolist() == [2, 2] and y.item() == 2 and len(data) == 6
    assert [t.tolist() for t in data[4:]] == [[[4, 4], [5, 5]], [4, 5]]
    assert data[[1, 3]][1].tolist() == [1, 3] and data[-1][1].item() == 5
    with pytest.raises(AssertionError, match=r"lengths \[3, 2\] must be equal"):
        tg.data.TensorDataset(tg.zeros(3), tg.zeros(2))


def test_subsets_and_chains_of_datasets() -> None:
    part = tg.data.Subset(numbered(6), [4, 0])
    assert len(part) == 2 and part[0][1].item() == 4 and part[-1][1].item() == 0
    assert part[:][1].tolist() == part[[0, 1]][1].tolist() == [4, 0]
    assert tg.data.Subset(Squares(), tg.tensor([3, 1]))[0] == 9  # type: ignore[arg-type]
    chain = Squares() + tg.data.Subset(Squares(), [2])
    assert [chain[i] for i in range(len(chain))] == [0, 1, 4, 9, 16, 4] and chain[-2] == 16
    for wrong, error in ((6, IndexError), (-7, ValueError)):
        with pytest.raises(error, match="out of range for 6 examples"):
            chain[wrong]
    assert list(tg.data.ConcatDataset(part for part in ([1], [2, 3]))) == [1, 2, 3]
    with pytest.raises(AssertionError, match="at least one dataset"):
        tg.data.ConcatDataset([])
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        tg.data.ConcatDataset([Squares(), Stream()])
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


@pytest.mark.parametrize("lengths", [[5, 6], [-1, 11], [1.5, 8.5], [0.5, 0.6], [0.5, 1.2, -0.7], []])
def test_a_split_that_does_not_add_up_is_refused(lengths: list[float]) -> None:
    with pytest.raises(ValueError, match=r"Sum of input lengths does not equal .* for 10; give whole"):
        tg.data.random_split(range(10), lengths)


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


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tg.data.RandomSampler([]), r"len\(data_source\) should be a positive integer value"),
        (lambda: tg.data.RandomSampler([], num_samples=2), r"len\(data_source\) should be a positive"),
        (lambda: tg.data.RandomSampler([1], num_samples=0), "num_samples should be .*, but got num_samples=0"),
        (lambda: tg.data.RandomSampler([1], num_samples=2.0), "but got num_samples=2.0"),
        (lambda: tg.data.WeightedRandomSampler([1.0], 0), "but got num_samples=0"),
        (lambda: tg.data.WeightedRandomSampler([[1.0]], 1), r"given weights have shape \(1, 1\)"),
        (lambda: tg.data.DataLoader([], shuffle=True), r"len\(data_source\)"),
    ],
)
def test_samplers_of_nothing_are_refused(make: Callable[[], Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [3, 3, 1]), (True, [3, 3])])
def test_batch_samplers_group(drop_last: bool, sizes: list[int]) -> None:
    sampler = tg.data.BatchSampler(tg.data.SequentialSampler(range(7)), 3, drop_last)
    assert [len(b) for b in sampler] == sizes and len(sampler) == len(sizes)
    for wrong in (0, -1, 2.0, True):
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
    assert list(tg.data.DataLoader(Stream(), batch_size=None, collate_fn=lambda n: -n)) == [0, -1, -2, -3, -4]
    lengths = [len(tg.data.DataLoader(Counted(), size, drop_last=drop)) for size, drop in ((2, False), (2, True))]
    assert [*lengths, len(tg.data.DataLoader(Counted(), batch_size=None))] == [3, 2, 5]
    with pytest.raises(TypeError, match="'Stream' has no len"):
        len(tg.data.DataLoader(Stream(), 2))


def test_examples_that_are_not_batched_become_tensors_alone() -> None:
    array, pair, named = list(
        tg.data.DataLoader([np.ones(2), (1, np.zeros(1)), {"x": np.float32(2), "y": "a"}], batch_size=None)  # type: ignore[list-item]
    )
    assert array.dtype == tg.float64 and pair[0] == 1 and pair[1].tolist() == [0]
    assert named["x"].dtype == tg.float32 and named["y"] == "a"
    assert list(tg.data.DataLoader(Squares(), batch_size=None, collate_fn=str)) == ["0", "1", "4", "9", "16"]
    order = tg.data.BatchSampler(range(4), 2, False)
    assert [y.tolist() for _, y in tg.data.DataLoader(numbered(4), batch_size=None, sampler=order)] == [[0, 1], [2, 3]]


def test_workers_are_accepted_and_said_to_be_none() -> None:
    with pytest.warns(UserWarning, match="num_workers=4: everything is loaded in this process"):
        assert tg.data.DataLoader(Squares(), num_workers=4).num_workers == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.data.DataLoader(Squares(), num_workers=0, pin_memory=True, persistent_workers=True, worker_init_fn=print)
    with pytest.raises(TypeError, match="batchsize"):
        tg.data.DataLoader(Squares(), batchsize=2)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("data", "options", "text"),
    [
        (Squares(), {"sampler": [1], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
        (Squares(), {"batch_sampler": [[1]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
        (Squares(), {"batch_sampler": [[1]], "shuffle": True}, "batch_sampler option is mutually exclusive"),
        (Squares(), {"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
        (Squares(), {"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
        (Stream(), {"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
        (Stream(), {"shuffle": True}, "DataLoader with IterableDataset: expected unspecified shuffle"),
        (Stream(), {"sampler": []}, "DataLoader with IterableDataset: expected unspecified shuffle"),
        (Stream(), {"batch_sampler": []}, "DataLoader with IterableDataset: expected unspecified shuffle"),
    ],
)
def test_options_that_contradict_each_other_are_refused(data: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tg.data.DataLoader(data, **options)


Point = namedtuple("Point", "x y")


def test_collating_stacks_what_can_be_stacked() -> None:
    collate = tg.data.default_collate
    assert collate([1, 2]).dtype == tg.int64 and collate([1.0, 2.0]).dtype == tg.float64
    assert collate([True, False]).dtype == tg.bool and collate(["a", "b"]) == ["a", "b"]
    assert collate([b"a", b"b"]) == [b"a", b"b"] and collate([1, 2.5]).tolist() == [1, 2.5]
    assert collate([np.ones(2), np.zeros(2)]).dtype == tg.float64
    assert collate([np.float32(1), np.float32(2)]).tolist() == [1, 2]
    nested = collate([{"x": tg.ones(2), "y": (1, [2])}, {"x": tg.zeros(2), "y": (3, [4])}])
    assert nested["x"].tolist() == [[1, 1], [0, 0]] and nested["y"][0].tolist() == [1, 3]
    assert nested["y"][1][0].tolist() == [2, 4]
    assert collate([Point(1, 2), Point(3, 4)]).y.tolist() == [2, 4]
    with pytest.raises(RuntimeError, match=r"got \[3\] at entry 0 and \[4\] at entry 1; give .* a collate_fn"):
        collate([tg.zeros(3), tg.zeros(4)])
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size; give"):
        collate([[1, 2], [3]])
    weight = tg.ones(2, requires_grad=True)
    collate([weight * 2, weight * 3]).sum().backward()
    assert weight.grad is not None and weight.grad.tolist() == [5, 5]
    with pytest.raises(TypeError, match="cannot batch object; give the DataLoader a collate_fn"):
        collate([object()])


def test_a_collate_function_of_your_own() -> None:
    loader = tg.data.DataLoader(Squares(), 3, collate_fn=sum)
    assert list(loader) == [5, 25]


# Transforms

PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def test_transforms_are_put_one_after_the_other() -> None:
    both = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0, 0, 0], [1, 2, 4]), lambda x: x * 255])
    image = both(PICTURE)
    assert image.shape == (3, 2, 4) and image.dtype == tg.float32
    assert image.data == pytest.approx(PICTURE.transpose(2, 0, 1) / np.array([1, 2, 4])[:, None, None], rel=1e-6)


def test_arrays_become_tensors() -> None:
    make = transforms.ToTensor()
    assert make(np.full((2, 2), 255, np.uint8)).tolist() == [[[1, 1], [1, 1]]]
    floats = make(np.full((2, 2), 3.0))
    assert floats.dtype == tg.float64 and floats.max().item() == 3
    with pytest.raises(TypeError, match=r"the image is a Tensor already, .*; leave ToTensor out"):
        make(tg.zeros(1, 2, 2))
    with pytest.raises(ValueError, match="an image has 2 or 3 axes, not 1"):
        make(np.zeros(3))


def test_what_is_normalized_has_mean_0_and_deviation_1() -> None:
    image = tg.data.mnist()[0][0]
    for mean, std in ((image.mean().item(), image.std().item()), ([image.mean().item()], [image.std().item()])):
        found = transforms.Normalize(mean, std)(image)
        assert found.shape == (1, 28, 28) and found.dtype == tg.float32
        assert found.mean().item() == pytest.approx(0, abs=1e-5) and found.std().item() == pytest.approx(1, abs=1e-5)
    assert transforms.Normalize(1, 2)(tg.ones(8, 8)).tolist() == tg.zeros(8, 8).tolist()
    for shape, values in (((8, 8), [0.5]), ((1, 8, 8), [0.5] * 3)):
        with pytest.raises(ValueError, match=r"expected \(channels, height, width\) and a value for each channel"):
            transforms.Normalize(values, values)(tg.zeros(*shape))
    with pytest.raises(ValueError, match="would divide by zero"):
        transforms.Normalize([0, 0], [1, 0])


def test_a_random_crop_moves_the_image() -> None:
    image = tg.zeros(1, 5, 5)
    image[0, 2, 2] = 1
    crop = transforms.RandomCrop(5, padding=1, generator=tg.Generator(0))
    places = {tuple(int(i) for i in np.argwhere(crop(image).data)[0]) for _ in range(200)}
    assert places == {(0, row, column) for row in (1, 2, 3) for column in (1, 2, 3)}
    assert transforms.RandomCrop((2, 3))(tg.ones(8, 8)).tolist() == [[1, 1, 1], [1, 1, 1]]
    found = []
    for seed in (5, 5, 6):
        tg.manual_seed(seed)
        for generator in (None, tg.Generator(seed)):
            crop = transforms.RandomCrop(3, generator=generator)
            found.append([crop(tg.arange(49).reshape(7, 7))[0, 0].item() for _ in range(4)])
    assert found[0] == found[1] == found[2] == found[3] != found[4]
    with pytest.raises(
        ValueError, match=r"crop size \(9, 9\) is larger than input image size \(8, 8\): give a smaller"
    ):
        transforms.RandomCrop(9)(tg.zeros(8, 8))


def test_a_dataset_transforms_each_example_by_itself() -> None:
    seen: list[tuple[int, ...]] = []

    def flat(image: tg.Tensor) -> tg.Tensor:
        seen.append(image.shape)
        return image.flatten() + len(seen)

    data = tg.data.digits(train=False, transform=flat)
    plain = tg.data.digits(train=False)
    assert data[0][0].tolist() == (plain[0][0].flatten() + 1).tolist() and data[0][1].item() == plain[0][1].item()
    seen.clear()
    for index in (slice(0, 3), [0, 1, 2]):
        x, y = data[index]
        assert x.shape == (3, 64) and y.tolist() == plain[:3][1].tolist()
    images, labels = next(iter(tg.data.DataLoader(tg.data.Subset(data, [7, 8]), batch_size=2)))
    assert images[1].tolist() == (plain[8][0].flatten() + 8).tolist() and labels.tolist() == plain[7:9][1].tolist()
    assert seen == [(8, 8)] * 8
    assert tg.data.mnist(train=False, transform=lambda x: x[:, ::2])[5][0].shape == (1, 14, 28)


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


def test_pytorchs_place_for_the_data_tools() -> None:
    import tinygrad_course.utils.data as found
    from tinygrad_course.utils.data import DataLoader, random_split

    assert found is tg.data and tg.utils.data is tg.data
    assert DataLoader is tg.data.DataLoader and random_split is tg.data.random_split
