"""Shapes and views: what shares memory, what is refused, and what joins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course.autograd import gradcheck
from tinygrad_course.methods.joining import broadcast_tensors, cat, hstack, meshgrid, stack, vstack
from tinygrad_course.methods.shapes import pad


def counted(*shape: int) -> tg.Tensor:
    return tg.tensor(np.arange(float(np.prod(shape))).reshape(shape))


VIEWS = {
    "reshape": lambda x: x.reshape(4, 3),
    "view": lambda x: x.view(-1),
    "transpose": lambda x: x.transpose(0, 1),
    "movedim": lambda x: x.movedim(0, 1),
    "squeeze": lambda x: x.unsqueeze(0).squeeze(0),
    "split": lambda x: x.split(2)[1],
    "chunk": lambda x: x.chunk(2, 1)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "narrow": lambda x: x.narrow(0, 1, 2),
    "select": lambda x: x.select(1, 1),
    "element": lambda x: x[1, 2],
    "diagonal": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 2),
    "expand": lambda x: x[:1].expand(5, 4),
}
COPIES = {
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(0, 0),
    "repeat": lambda x: x.repeat(1, 1),
    "clone": lambda x: x.clone(),
    "index": lambda x: x[[0, 1]],
    "tril": lambda x: x.tril(),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shows_the_memory_and_shares_its_version(name: str) -> None:
    x = counted(3, 4)
    y = VIEWS[name](x)
    assert np.may_share_memory(x.data, y.data)
    assert y.version is x.version


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_has_memory_of_its_own(name: str) -> None:
    x = counted(3, 4)
    y = COPIES[name](x)
    assert not np.may_share_memory(x.data, y.data)
    assert y.version is not x.version


def test_writing_a_diagonal_writes_the_matrix() -> None:
    x = tg.zeros(3, 3)
    x.diagonal().fill_(1)
    np.testing.assert_array_equal(x.numpy(), np.eye(3))


def test_a_written_window_sends_gradients_to_the_base() -> None:
    x = tg.ones(2, 4, requires_grad=True)
    y = x * 3
    y.unfold(1, 2, 2)[:, 0].mul_(2)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[6, 6, 3, 3]] * 2)


def test_view_refuses_what_would_be_a_copy() -> None:
    x = counted(3, 4)
    with pytest.raises(RuntimeError, match=r"Use \.reshape"):
        x.T.view(-1)
    assert x.T.reshape(-1).shape == (12,)
    assert tg.zeros(0, 3).T.view(-1).shape == (0,)


def test_contiguous() -> None:
    x = counted(3, 4)
    assert x.is_contiguous() and x.contiguous() is x
    assert not x.T.is_contiguous() and x.T.contiguous().is_contiguous()
    assert x.stride() == (4, 1) and x.T.stride(0) == 1


REFUSED = {
    "reshape that does not fit": (lambda x: x.reshape(5, 2), RuntimeError, "invalid for input of size 12"),
    "reshape with two -1": (lambda x: x.reshape(-1, -1), RuntimeError, "invalid"),
    "reshape with -2": (lambda x: x.reshape(-2, -6), RuntimeError, "invalid"),
    "reshape of nothing to -1": (lambda x: x[:0].reshape(0, -1), RuntimeError, "invalid"),
    "unflatten": (lambda x: x.unflatten(0, (2, 2)), RuntimeError, "invalid"),
    "flatten backwards": (lambda x: x.flatten(1, 0), RuntimeError, "start_dim"),
    "permute with one left out": (lambda x: x.permute(0), RuntimeError, "exactly once"),
    "permute with one twice": (lambda x: x.permute(0, 0), RuntimeError, "exactly once"),
    "transpose of no such axis": (lambda x: x.transpose(0, 2), IndexError, "out of range"),
    "unsqueeze too far": (lambda x: x.unsqueeze(4), IndexError, "out of range"),
    "squeeze of no such axis": (lambda x: x.squeeze(2), IndexError, "out of range"),
    "t of a cube": (lambda x: x[None].t(), RuntimeError, r"\.mT"),
    "mT of a vector": (lambda x: x[0].mT, RuntimeError, "matrices"),
    "expand of another size": (lambda x: x.expand(6, 4), RuntimeError, r"\(6\) must match the existing size \(3\)"),
    "expand to fewer axes": (lambda x: x.expand(4), RuntimeError, "must be greater or equal"),
    "repeat of fewer axes": (lambda x: x.repeat(2), RuntimeError, r"use \.tile"),
    "roll": (lambda x: x.roll((1, 2), 0), RuntimeError, "must align"),
    "narrow": (lambda x: x.narrow(0, 2, 2), RuntimeError, "exceeds dimension size"),
    "select": (lambda x: x.select(0, 3), IndexError, "out of bounds for dimension 0 with size 3"),
    "split of 0": (lambda x: x.split(0), RuntimeError, "positive"),
    "split sizes": (lambda x: x.split([1, 1]), RuntimeError, "sum exactly to 3"),
    "chunk": (lambda x: x.chunk(0), RuntimeError, "greater than 0"),
    "unfold": (lambda x: x.unfold(0, 4, 1), RuntimeError, "maximum size"),
    "diag of a cube": (lambda x: x[None].diag(), RuntimeError, "1D or 2D"),
    "movedim": (lambda x: x.movedim((0, 0), (0, 1)), RuntimeError, "each once"),
    "cat of nothing": (lambda x: cat([]), RuntimeError, "non-empty"),
    "cat of 0-d": (lambda x: cat([x[0, 0], x[0, 0]]), RuntimeError, "use stack"),
    "cat of other sizes": (lambda x: cat([x, x.T]), RuntimeError, "tensor number 1"),
    "cat of other dims": (lambda x: cat([x, x[0]]), RuntimeError, "tensor number 1"),
    "stack of other shapes": (lambda x: stack([x, x[:2]]), RuntimeError, "equal size"),
    "stack of nothing": (lambda x: stack([]), RuntimeError, "non-empty"),
    "broadcast_tensors": (lambda x: broadcast_tensors(x, x.T), RuntimeError, "do not broadcast"),
    "meshgrid": (lambda x: meshgrid(x[0], indexing="yx"), RuntimeError, "indexing"),
    "pad of an odd number": (lambda x: pad(x, (1,)), RuntimeError, "divisible by 2"),
    "pad of too many axes": (lambda x: pad(x, (1,) * 6), RuntimeError, "at most twice"),
    "pad reflect too wide": (lambda x: pad(x, (4, 0), "reflect"), RuntimeError, "does not fit"),
    "pad mode": (lambda x: pad(x, (1, 0), "mirror"), NotImplementedError, "mirror"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(name: str) -> None:
    call, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        call(counted(3, 4))


def test_cat_promotes_dtypes_and_gradients_keep_their_own() -> None:
    x, y = tg.ones(2, dtype=tg.float32, requires_grad=True), tg.ones(3, dtype=tg.float64, requires_grad=True)
    z = cat([x, y])
    z.sum().backward()
    assert z.dtype == tg.float64
    assert (x.grad.dtype, y.grad.dtype) == (tg.float32, tg.float64)
    assert cat([tg.tensor([1]), tg.tensor([True])]).dtype == tg.int64


def test_joining_functions_agree_with_numpys() -> None:
    x, y = counted(2, 3), counted(2, 3) * 2
    np.testing.assert_array_equal(hstack([x, y]).numpy(), np.hstack([x.numpy(), y.numpy()]))
    np.testing.assert_array_equal(vstack([x[0], y]).numpy(), np.vstack([x.numpy()[0], y.numpy()]))
    assert [g.shape for g in meshgrid([counted(2), counted(3)])] == [(2, 3), (2, 3)]
    assert meshgrid(counted(2))[0].shape == (2,)


def test_pieces_of_nothing_and_of_uneven_sizes() -> None:
    assert [p.shape for p in counted(7).chunk(3)] == [(3,), (3,), (1,)]
    assert [p.shape for p in counted(5).chunk(4)] == [(2,), (2,), (1,)]
    assert [p.shape for p in tg.zeros(0, 2).split(3)] == [(0, 2)]
    assert tg.zeros(0, 2).unbind() == ()


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
def test_permuted_and_reshaped_gradients_come_home(shape: list[int], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    weights = np.arange(1.0, np.prod(shape) + 1)

    def run(x):
        y = x.permute(*order).reshape(-1)
        return (cat([y, y.flip(0)]).roll(1) * tg.tensor(np.concatenate([weights, weights**2]))).sum()

    assert gradcheck(run, tg.tensor(np.random.default_rng(0).random(shape), requires_grad=True))
