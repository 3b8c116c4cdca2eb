"""Fused operations: each equals its composite, in value and in every gradient, and stays differentiable twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course.autograd import grad, gradcheck, gradgradcheck
from tinygrad_course.fused import (
    Fused,
    FusedAttention,
    FusedCrossEntropy,
    FusedGELU,
    FusedGRU,
    FusedLayerNorm,
    FusedLinear,
    FusedLSTM,
    FusedRNN,
    layers,
)
from tinygrad_course.graph import walk
from tinygrad_course.modes import using
from tinygrad_course.nn import functional as F
from tinygrad_course.nn.recurrent import gru, lstm, rnn


class Row(NamedTuple):
    """One use of a fused operation: the public function that leads to it, and its inputs."""

    op: type[Fused]
    call: Callable[..., tg.Tensor]
    inputs: tuple[np.ndarray, ...]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + 31 * len(shape)).standard_normal(shape)


def recurrent(gates: int, states: int, *, x: tuple[int, ...] = (3, 2, 3), bias: bool = True) -> tuple[np.ndarray, ...]:
    """Inputs of a recurrent network with 2 hidden units: x, states, weights, and biases if there are any."""
    shapes = [x, *[(x[-2], 2)] * states, (2 * gates, x[-1]), (2 * gates, 2), *[(2 * gates,)] * 2 * bias]
    return tuple(normal(*shape, seed=i) for i, shape in enumerate(shapes))


CLASSES = np.array([2, 0, 1, 1, 2])
LOWER = np.tri(4, dtype=bool)
HEADS = tuple(normal(2, 3, 4, 5, seed=i) for i in range(3))
FEWER_QUERIES = tuple(normal(5, size, 5, seed=i) for i, size in enumerate((3, 6, 6)))
FEWER_KEYS = tuple(normal(5, size, 5, seed=i) for i, size in enumerate((6, 3, 3)))
SUM_OF_LOSSES = {"reduction": "sum"}
ROWS = {
    "linear": Row(FusedLinear, F.linear, (normal(4, 3), normal(5, 3, seed=1), normal(5))),
    "linear without bias": Row(FusedLinear, F.linear, (normal(4, 3), normal(5, 3, seed=1))),
    "linear of one example": Row(FusedLinear, F.linear, (normal(3), normal(5, 3), normal(5))),
    "linear of sequences": Row(FusedLinear, F.linear, (normal(2, 4, 3), normal(5, 3), normal(5))),
    "cross entropy": Row(FusedCrossEntropy, F.cross_entropy, (normal(5, 3), CLASSES)),
    "cross entropy, summed": Row(
        FusedCrossEntropy, lambda x, t: F.cross_entropy(x, t, **SUM_OF_LOSSES), (50 * normal(5, 3), CLASSES)
    ),
    "layer norm": Row(
        FusedLayerNorm, lambda x, w, b: F.layer_norm(x, (6,), w, b), (normal(2, 4, 6), normal(6), normal(6, seed=1))
    ),
    "layer norm over two axes": Row(
        FusedLayerNorm,
        lambda x, w, b: F.layer_norm(x, (3, 2), w, b, eps=0.1),
        (normal(4, 3, 2), normal(3, 2), normal(3, 2, seed=1)),
    ),
    "gelu": Row(FusedGELU, F.gelu, (3 * normal(4, 5),)),
    "attention": Row(FusedAttention, F.scaled_dot_product_attention, HEADS),
    "attention, causal": Row(
        FusedAttention, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), HEADS
    ),
    "attention, masked": Row(
        FusedAttention, lambda q, k, v, mask: F.scaled_dot_product_attention(q, k, v, mask, scale=0.3), (*HEADS, LOWER)
    ),
    "attention, causal, of fewer queries than keys": Row(
        FusedAttention, partial(F.scaled_dot_product_attention, is_causal=True), FEWER_QUERIES
    ),
    "attention, causal, of more queries than keys": Row(
        FusedAttention, partial(F.scaled_dot_product_attention, is_causal=True), FEWER_KEYS
    ),
    "attention, masked for each head": Row(
        FusedAttention, F.scaled_dot_product_attention, (*HEADS, normal(2, 3, 1, 4) > -1)
    ),
    "attention, with added numbers": Row(
        FusedAttention,
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, tg.tensor(normal(4, 4))),
        HEADS,
    ),
    "rnn": Row(FusedRNN, rnn, recurrent(1, 1)),
    "rnn with relu": Row(FusedRNN, partial(rnn, nonlinearity="relu"), recurrent(1, 1)),
    "rnn without bias": Row(FusedRNN, rnn, recurrent(1, 1, bias=False)),
    "rnn, one step": Row(FusedRNN, rnn, recurrent(1, 1, x=(2, 3))),
    "lstm": Row(FusedLSTM, lstm, recurrent(4, 2)),
    "lstm without bias": Row(FusedLSTM, lstm, recurrent(4, 2, bias=False)),
    "lstm, one step": Row(FusedLSTM, lstm, recurrent(4, 2, x=(2, 3))),
    "gru": Row(FusedGRU, gru, recurrent(3, 1)),
    "gru without bias": Row(FusedGRU, gru, recurrent(3, 1, bias=False)),
    "gru, one step": Row(FusedGRU, gru, recurrent(3, 1, x=(2, 3))),
}
every_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())


def tensors(row: Row, wanted: tuple[bool, ...] = (True,) * 9, dtype: type = np.float64) -> list[tg.Tensor]:
    """A row's inputs as leaves; those of floats want gradients where asked."""
    made = [tg.tensor(x.astype(dtype) if x.dtype.kind == "f" else x) for x in row.inputs]
    for x, want in zip(made, wanted, strict=False):
        if x.dtype.kind == "f":
            x.requires_grad = want
    return made


def seed(y: tg.Tensor) -> np.ndarray:
    return np.linspace(0.5, 1.5, y.numel()).reshape(y.shape).astype(y.dtype)


def gradients(row: Row, fused: bool, wanted: tuple[bool, ...]) -> tuple[tg.Tensor, list[Any]]:
    xs = tensors(row, wanted)
    with using(fused=fused):
        y = row.call(*xs)
    y.backward(seed(y))
    return y, [None if x.grad is None else x.grad.numpy() for x in xs]


def subsets(row: Row) -> Iterator[tuple[bool, ...]]:
    """Every choice of inputs that want gradients, but for none."""
    floats = [x.dtype.kind == "f" for x in row.inputs]
    return (chosen for chosen in product(*[(True, False) if f else (False,) for f in floats]) if any(chosen))


def all_fused(op: type = Fused) -> set[type]:
    return {kind for child in op.__subclasses__() for kind in (child, *all_fused(child))}


def test_every_fused_operation_has_a_row() -> None:
    proven = {row.op for row in ROWS.values()}
    assert {op for op in all_fused() if op.__module__.startswith("tinygrad_course.")} == proven


@every_row
def test_the_function_uses_it_and_its_composite_where_asked(row: Row) -> None:
    assert row.call(*tensors(row)).grad_fn.op is row.op
    with using(fused=False):
        made = walk(row.call(*tensors(row)).grad_fn)
    assert not any(issubclass(node.op, Fused) for node in made)


@every_row
def test_value_and_gradients_are_the_composites(row: Row) -> None:
    for wanted in subsets(row):
        y, ours = gradients(row, True, wanted)
        z, theirs = gradients(row, False, wanted)
        np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-12, atol=1e-13)
        for mine, other in zip(ours, theirs, strict=True):
            assert (mine is None) == (other is None)
            if mine is not None:
                np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


@every_row
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_narrow_dtype_stays_and_is_near_float64(row: Row, dtype: type) -> None:
    exact, narrow = row.call(*tensors(row)), row.call(*tensors(row, dtype=dtype))
    narrow.backward(seed(narrow))
    eps = float(np.finfo(dtype).eps)
    assert narrow.dtype == dtype
    np.testing.assert_allclose(narrow.detach().numpy(), exact.detach().numpy(), rtol=20 * eps, atol=20 * eps)


@every_row
def test_first_and_second_derivatives_are_finite_differences(row: Row) -> None:
    given = tensors(row)

    def run(*moving: tg.Tensor) -> tg.Tensor:
        moved = iter(moving)
        return row.call(*[next(moved) if x.requires_grad else x for x in given])

    moving = [x for x in given if x.requires_grad]
    assert gradcheck(run, moving)
    assert gradgradcheck(run, moving)


@every_row
def test_a_recorded_backward_pass_gives_the_same_gradients(row: Row) -> None:
    xs = tensors(row)
    y = row.call(*xs)
    moving = [x for x in xs if x.requires_grad]
    plain = grad(y, moving, seed(y), retain_graph=True)
    recorded = grad(y, moving, tg.tensor(seed(y), requires_grad=True), create_graph=True)
    for one, other in zip(plain, recorded, strict=True):
        assert other.requires_grad and not one.requires_grad
        np.testing.assert_allclose(one.numpy(), other.detach().numpy(), rtol=1e-9, atol=1e-12)


@every_row
def test_a_second_backward_is_the_first_again_where_kept_and_refused_where_not(row: Row) -> None:
    xs = tensors(row)
    y = row.call(*xs)
    y.backward(seed(y), retain_graph=True)
    first = [x.grad.numpy().copy() for x in xs if x.requires_grad]
    y.backward(seed(y))
    for x, once in zip([x for x in xs if x.requires_grad], first, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), 2 * once)
    assert not y.grad_fn.saved and not y.grad_fn.handed
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward(seed(y))


@every_row
def test_an_input_written_to_is_noticed(row: Row) -> None:
    x, *others = tensors(row)
    twin = x.clone()
    y = row.call(twin, *others)
    twin.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward(seed(y))


@every_row
def test_float32_stays_float32(row: Row) -> None:
    xs = tensors(row, dtype=np.float32)
    y = row.call(*xs)
    handed = [array for arrays in y.grad_fn.handed.values() for array in (arrays if type(arrays) is list else [arrays])]
    assert all(array.dtype == np.float32 for array in handed)
    y.backward(seed(y))
    assert {y.dtype, *(x.grad.dtype for x in xs if x.requires_grad)} == {np.dtype(np.float32)}


@every_row
def test_nothing_is_kept_where_nothing_is_recorded(row: Row) -> None:
    with tg.no_grad():
        assert row.call(*tensors(row)).grad_fn is None


attention_rows = pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.op is FusedAttention])


@attention_rows
@pytest.mark.parametrize("scores", [1, 50])
def test_attention_in_blocks_is_the_composites(name: str, scores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "SCORES", scores)
    row = ROWS[name]
    if scores == 1:
        assert len(row.call(*tensors(row)).grad_fn.handed["weights"]) == row.inputs[0].shape[-2]
    test_value_and_gradients_are_the_composites(row)


def test_attention_keeps_no_weights_of_keys_that_a_whole_block_does_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "SCORES", 2 * 3 * 4 * 2)
    found = {}
    for is_causal in (True, False):
        z = F.scaled_dot_product_attention(*tensors(ROWS["attention"]), is_causal=is_causal)
        found[is_causal] = [p.shape[-2:] for p in z.grad_fn.handed["weights"]]
    assert found == {True: [(2, 2), (2, 4)], False: [(2, 4), (2, 4)]}


def test_attention_of_large_scores_is_the_composites() -> None:
    q, k, v = HEADS
    causal = partial(F.scaled_dot_product_attention, is_causal=True)
    test_value_and_gradients_are_the_composites(Row(FusedAttention, causal, (400 * q, k, v)))


@pytest.mark.parametrize("sign", [1, -1])
def test_attention_neither_overflows_nor_loses_a_query(sign: int) -> None:
    q, k, v = (tg.tensor(x.astype(np.float32)) for x in (np.full((2, 4), 100.0), np.full((3, 4), 100.0), normal(3, 4)))
    z = F.scaled_dot_product_attention(sign * q, k, v).numpy()
    np.testing.assert_allclose(z, np.tile(v.numpy().mean(0), (2, 1)), rtol=1e-5, atol=1e-6)


def test_attention_of_no_example_is_empty() -> None:
    z = F.scaled_dot_product_attention(*[tg.zeros(0, 3, 2, requires_grad=True)] * 3)
    z.sum().backward()
    assert z.shape == (0, 3, 2)


def test_heads_are_joined_without_a_copy() -> None:
    heads = tg.tensor(normal(2, 4, 3, 3, 5)).permute(2, 0, 3, 1, 4)  # of three, 2 examples of 3 heads of 4 tokens
    z = F.scaled_dot_product_attention(heads[0], heads[1], heads[2])
    assert np.shares_memory(z.transpose(1, 2).reshape(2, 4, 15).numpy(), z.numpy())


def test_gelu_in_blocks_is_the_composites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "in_blocks", partial(layers.in_blocks, size=3))
    test_value_and_gradients_are_the_composites(ROWS["gelu"])


def test_slope_of_gelu_at_0_and_far_away() -> None:
    x = tg.tensor([0.0, -0.0, 1e-30, -1e-30, 1e-45, -1e-42, 30.0, -30.0, 1e30, -1e30], requires_grad=True)
    F.gelu(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 0, 1, 0], np.float32))


def test_gelu_in_float32_is_that_in_float64() -> None:
    x = np.linspace(-8, 8, 100_003)
    found = []
    for dtype in (np.float32, np.float64):
        t = tg.tensor(x.astype(np.float32).astype(dtype), requires_grad=True)
        z = F.gelu(t)
        z.sum().backward()
        found.append((z.detach().numpy(), t.grad.numpy()))
    for ours, exact in zip(*found, strict=True):
        np.testing.assert_allclose(ours, exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["tensor", "array"])
def test_erf_in_float32_is_math_erf_to_the_last_digit_but_one(name: str) -> None:
    import math

    x = np.linspace(-8, 8, 20_001, dtype=np.float32)
    found = tg.erf(tg.tensor(x)).numpy() if name == "tensor" else tg.ops.Erf(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [math.erf(value) for value in x.tolist()], rtol=0, atol=1.5e-7)
    ends = tg.ops.Erf(np.array([-np.inf, np.inf, np.nan, 1e30], np.float32))
    np.testing.assert_array_equal(ends, np.array([-1, 1, np.nan, 1], np.float32))
