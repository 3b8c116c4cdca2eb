"""Recurrent networks as modules: fused they are what they are step by step, and keep no more than their rules read."""

from __future__ import annotations

import gc
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.fused import Fused
from tinygrad_course.graph import walk
from tinygrad_course.modes import using

KINDS = {"RNN": (1, 1), "LSTM": (4, 2), "GRU": (3, 1)}  # gates, parts of a state
every_kind = pytest.mark.parametrize("kind", KINDS)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + 31 * len(shape)).standard_normal(shape)


def make(kind: str, *sizes: int, **options: Any) -> Any:
    tg.manual_seed(0)
    return getattr(nn, kind)(*sizes, **options).double()


def flat(state: Any) -> tuple[tg.Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)


def fused_nodes(y: tg.Tensor) -> list[Any]:
    return [node for node in walk(y.grad_fn) if issubclass(node.op, Fused)]


def results(net: Any, x: np.ndarray, states: list[np.ndarray], fused: bool) -> list[np.ndarray]:
    """What a layer or a cell gives, and every gradient of a loss in which all of it counts."""
    given, first = tg.tensor(x, requires_grad=True), [tg.tensor(s, requires_grad=True) for s in states]
    net.zero_grad()
    tg.manual_seed(1)
    with using(fused=fused):
        hx = tuple(first) if len(first) > 1 else first[0] if first else None
        out = net(given, hx)
    tensors = [y for part in flat(out) for y in flat(part)]
    sum((y * tg.tensor(normal(*y.shape, seed=i))).sum() for i, y in enumerate(tensors)).backward()
    leaves = [given, *first, *net.parameters()]
    return [y.detach().numpy() for y in tensors] + [leaf.grad.numpy() for leaf in leaves]


def compare(net: Any, x: np.ndarray, states: list[np.ndarray]) -> None:
    ours, theirs = (results(net, x, states, fused) for fused in (True, False))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


LAYERS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "plain": ({}, (5, 2, 3)),
    "one step long": ({}, (1, 2, 3)),
    "a sequence alone": ({}, (5, 3)),
    "batch first": ({"batch_first": True}, (2, 5, 3)),
    "without bias": ({"bias": False}, (5, 2, 3)),
    "three layers, dropout between": ({"num_layers": 3, "dropout": 0.5}, (5, 2, 3)),
    "both directions, two layers": ({"num_layers": 2, "bidirectional": True}, (5, 2, 3)),
}


@every_kind
@pytest.mark.parametrize(("options", "shape"), LAYERS.values(), ids=LAYERS.keys())
@pytest.mark.parametrize("states", ["states given", "states of zeros"])
def test_a_layer_is_its_steps(kind: str, options: dict[str, Any], shape: tuple[int, ...], states: str) -> None:
    net = make(kind, 3, 4, **options)
    rows = net.num_layers * (1 + net.bidirectional)
    size = (rows, 4) if len(shape) == 2 else (rows, 2, 4)
    parts = KINDS[kind][1] if states == "states given" else 0
    compare(net, normal(*shape), [normal(*size, seed=i) for i in range(parts)])


@every_kind
@pytest.mark.parametrize("lead", [(2,), ()], ids=["batch", "alone"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_is_its_step(kind: str, lead: tuple[int, ...], bias: bool) -> None:
    states = [normal(*lead, 4, seed=i) for i in range(KINDS[kind][1])]
    compare(make(kind + "Cell", 3, 4, bias=bias), normal(*lead, 3), states)


@every_kind
def test_one_operation_for_each_layer_and_direction_however_long_the_sequence(kind: str) -> None:
    net = make(kind, 3, 4, num_layers=2, bidirectional=True)
    short, long = (net(tg.tensor(normal(length, 2, 3)))[0] for length in (3, 30))
    assert len(fused_nodes(short)) == len(fused_nodes(long)) == 4
    assert len(walk(short.grad_fn)) == len(walk(long.grad_fn))


@every_kind
def test_a_hook_between_two_steps_of_a_cell_is_heard(kind: str) -> None:
    cell, seen = make(kind + "Cell", 3, 4), {}
    for fused in (True, False):
        with using(fused=fused):
            first = flat(cell(tg.tensor(normal(2, 3))))
            for i, part in enumerate(first):
                part.register_hook(lambda g, place=(fused, i): seen.__setitem__(place, g.numpy().copy()))
            second = cell(tg.tensor(normal(2, 3, seed=1)), first if len(first) > 1 else first[0])
        sum((y * y).sum() for y in flat(second)).backward()
    for i in range(KINDS[kind][1]):
        np.testing.assert_allclose(seen[True, i], seen[False, i], rtol=1e-10, atol=1e-12)


@every_kind
def test_the_output_may_be_written_to(kind: str) -> None:
    x = tg.tensor(normal(5, 2, 3), requires_grad=True)
    net, found = make(kind, 3, 4), []
    for change in (lambda y: y.mul_(2), lambda y: y * 2):
        x.grad = None
        change(net(x)[0]).sum().backward()
        found.append(x.grad.numpy())
    np.testing.assert_allclose(*found)


@every_kind
@pytest.mark.parametrize("where", ["weight_hh_l0", "weight_ih_l0"])
def test_a_weight_written_to_before_the_backward_pass_is_noticed(kind: str, where: str) -> None:
    net = make(kind, 3, 4)
    y = net(tg.tensor(normal(5, 2, 3)))[0].sum()
    with tg.no_grad():
        getattr(net, where).mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@every_kind
def test_what_is_kept_is_what_the_rule_reads(kind: str) -> None:
    gates = KINDS[kind][0]
    t, n, hidden = 50, 4, 8
    y = make(kind, 3, hidden)(tg.tensor(normal(t, n, 3)))[0]
    (node,) = fused_nodes(y)
    arrays = list(node.handed.values())
    each = {"RNN": 1, "LSTM": gates + 2, "GRU": gates + 2}[kind]
    assert sum(a.size for a in arrays) <= each * (t + 1) * n * hidden
    assert not any(np.shares_memory(a, y.data) for a in arrays)
    assert all(a.base is None or a.base.size == a.size for a in arrays)
    output, total = weakref.ref(y), y.sum()
    del y
    assert output() is None
    total.backward()
    assert not node.handed and not node.saved


@every_kind
def test_dropped_graphs_leave_nothing(kind: str) -> None:
    net, kept = make(kind, 3, 4), []
    gc.disable()
    try:
        for _ in range(5):
            kept.append(weakref.ref(fused_nodes(net(tg.tensor(normal(5, 2, 3)))[0])[0]))
        assert not any(node() for node in kept)
    finally:
        gc.enable()


@every_kind
def test_gates_far_from_zero_neither_overflow_nor_become_nan(kind: str) -> None:
    for dtype in (tg.float32, tg.float64):
        net = make(kind, 3, 4).to(dtype)
        x = tg.tensor(1e4 * normal(5, 2, 3), dtype=dtype, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            y = net(x)[0]
            y.sum().backward()
        with using(fused=False):
            z = net(x)[0]
        assert y.dtype == x.grad.dtype == dtype and np.isfinite(x.grad.numpy()).all()
        np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-6)


@every_kind
@pytest.mark.parametrize("fused", [True, False])
def test_dtypes_that_differ_are_refused_as_in_any_product(kind: str, fused: bool) -> None:
    net = make(kind, 3, 4).float()
    states = tuple(tg.tensor(normal(1, 2, 4)) for _ in range(KINDS[kind][1]))
    with using(fused=fused), pytest.raises(RuntimeError, match="same dtype"):
        net(tg.tensor(normal(5, 2, 3)))
    with using(fused=fused), pytest.raises(RuntimeError, match="same dtype"):
        net(tg.tensor(normal(5, 2, 3)).float(), states if len(states) > 1 else states[0])


@every_kind
def test_an_empty_batch_is_fine_and_an_empty_sequence_is_not(kind: str) -> None:
    net = make(kind, 3, 4)
    y = net(tg.tensor(normal(5, 0, 3)))[0]
    assert y.shape == (5, 0, 4)
    y.sum().backward()
    assert all(not p.grad.numpy().any() for p in net.parameters())
    with pytest.raises(RuntimeError, match="sequence length to be larger than 0"):
        net(tg.tensor(normal(0, 2, 3)))
