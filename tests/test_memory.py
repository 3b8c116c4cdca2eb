"""Memory of whole networks: a graph keeps what its rules will read, goes when it is dropped, and no training grows."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import nn, optim
from tinygrad_course.graph import walk
from tinygrad_course.nn import functional as F

LARGE = 1024  # bytes from which NumPy gives an array's memory back at once
CLASSES = tg.tensor([0, 1, 2, 0])


class Wrapped(nn.Module):
    """A network with another inside, and hooks on both."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Dropout(0.1), nn.Linear(8, 3))
        self.inner.register_forward_hook(lambda module, inputs, z: z * 2)
        self.inner.register_full_backward_hook(lambda module, gx, g: None)
        self.register_forward_pre_hook(lambda module, inputs: None)

    def forward(self, x: Any) -> Any:
        return self.inner(x)


class Sequences(nn.Module):
    """A recurrent layer and the scores of its last step."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.layer, self.last = getattr(nn, kind)(6, 5), nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        return self.last(self.layer(x)[0][-1])


class Attention(nn.Module):
    """An encoder layer, and views of what it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.last = nn.TransformerEncoderLayer(6, 2, 12, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        return self.last(self.layer(x).transpose(0, 1)[-1])


def images() -> nn.Module:
    pool = (nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3))
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), *pool)


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (lambda: nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)), (4, 6)),
    "cnn": (images, (4, 2, 6, 6)),
    "lstm": (lambda: Sequences("LSTM"), (5, 4, 6)),
    "gru": (lambda: Sequences("GRU"), (5, 4, 6)),
    "attention": (Attention, (4, 5, 6)),
    "hooks": (Wrapped, (4, 6)),
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is left over, reference counting has left."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def census() -> Counter[type]:
    """How many objects of the framework's own classes are alive, by class."""
    kinds = Counter(map(type, gc.get_objects()))
    return Counter({kind: count for kind, count in kinds.items() if str(kind.__module__).startswith("tinygrad_course")})


def training(network: nn.Module, shape: tuple[int, ...]) -> Callable[[], None]:
    """A step of training, after which nothing but the parameters and the optimizer's state should be left."""
    optimizer = optim.Adam(network.parameters(), lr=0.001)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(tg.randn(*shape)), CLASSES).backward()
        optimizer.step()

    return step


@pytest.mark.parametrize("name", NETWORKS)
def test_a_hundred_steps_leave_no_object(name: str, no_collector: None) -> None:
    make, shape = NETWORKS[name]
    step = training(make(), shape)
    step()  # what is made once, and stays
    before = census()
    for _ in range(100):
        step()
    assert census() == before


@pytest.mark.parametrize("name", NETWORKS)
def test_a_hundred_unused_graphs_leave_no_object(name: str, no_collector: None) -> None:
    make, shape = NETWORKS[name]
    network = make()
    network(tg.randn(*shape))
    before = census()
    for _ in range(100):
        network(tg.randn(*shape))
    assert census() == before


def test_a_dropped_network_leaves_no_object(no_collector: None) -> None:
    before = census()
    for make, shape in NETWORKS.values():
        training(make(), shape)()
    assert census() == before


def test_memory_does_not_grow_over_a_thousand_steps(no_collector: None) -> None:
    make, shape = NETWORKS["mlp"]
    step, found = training(make(), shape), []
    tracemalloc.start()
    try:
        for _ in range(2):  # the first thousand fills Python's and NumPy's lists of spare objects
            for _ in range(1000):
                step()
            assert gc.collect() == 0
            found.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert found[1] - found[0] < 10_000, "an object of 16 bytes left by each step would be 16,000"


def memory(thing: Any) -> Iterator[np.ndarray]:
    """The arrays in what a node saved, each as the one that owns its memory."""
    if isinstance(thing, np.ndarray):
        yield memory_of(thing)
    elif isinstance(thing, (tuple, list)):
        for part in thing:
            yield from memory(part)


def memory_of(array: np.ndarray) -> np.ndarray:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def alive() -> int:
    """The bytes of all large arrays made since tracing began."""
    ours = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    traces = tracemalloc.take_snapshot().filter_traces([ours]).traces
    return sum(trace.size for trace in traces if trace.size >= LARGE)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_graph_keeps_the_arrays_that_its_rules_will_read_and_no_other(name: str, no_collector: None) -> None:
    make, (first, *rest) = NETWORKS[name]
    network = make()
    x = tg.randn(first, 64 * rest[0], *rest[1:]) if name in ("lstm", "gru") else tg.randn(64 * first, *rest)
    given = {id(memory_of(p.data)) for p in (x, *network.parameters(), *network.buffers())}
    tracemalloc.start()
    try:
        loss = network(x).square().mean()
        kept = {id(a): a.nbytes for node in walk(loss.grad_fn) for a in memory([node.saved, *node.handed.values()])}
        found = alive()
        loss.backward()
        left = alive() - sum(p.grad.data.nbytes for p in network.parameters() if p.grad.data.nbytes >= LARGE)
    finally:
        tracemalloc.stop()
    assert found == sum(size for key, size in kept.items() if size >= LARGE and key not in given)
    assert found > 0 and left == 0, "after backward only the gradients are left"
