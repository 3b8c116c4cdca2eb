"""Indexing: keys of every form against PyTorch and NumPy, what is refused, and repeated positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg

CUBE = np.arange(24.0).reshape(2, 3, 4)
FIRST = tg.zeros(1, 1, 1).long()
ENTRIES = st.one_of(
    st.just(slice(None)),
    st.just(slice(1, None)),
    st.just(slice(None, None, 2)),
    st.just(slice(-1, None)),
    st.just(None),
    st.just(Ellipsis),
    st.integers(-2, 1),
    st.lists(st.integers(-2, 1), min_size=2, max_size=2),
    st.just([[0, 1], [1, 0]]),
    st.just(True),
)


def as_tensors(key, make):
    """A key with its lists as index tensors."""
    return tuple(make(k) if isinstance(k, list) else k for k in key)


@given(st.lists(ENTRIES, min_size=1, max_size=4).filter(lambda key: key.count(Ellipsis) < 2))
def test_any_key_gives_what_pytorch_gives(key: list) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[parity]' compares with it")
    try:
        expected = torch.tensor(CUBE)[as_tensors(key, torch.tensor)]
    except IndexError:
        with pytest.raises(IndexError):
            tg.tensor(CUBE)[as_tensors(key, tg.tensor)]
        return
    x = tg.tensor(CUBE, requires_grad=True)
    found = x[as_tensors(key, tg.tensor)]
    np.testing.assert_array_equal(found.detach().numpy(), expected.numpy())
    found.sum().backward()
    assert float(x.grad.sum()) == found.numel()


def test_integers_come_before_index_arrays() -> None:
    """NumPy alone would put the axis of the index first here."""
    x = tg.tensor(CUBE)
    np.testing.assert_array_equal(x[0, :, [1, 1]].numpy(), CUBE[0][:, [1, 1]])
    assert CUBE[0, :, [1, 1]].shape == (2, 3)


def test_a_repeated_position_receives_every_gradient() -> None:
    x = tg.zeros(3, requires_grad=True)
    (x[[0, 0, 2, 0]] * tg.tensor([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1011, 0, 100])


def test_any_kind_of_index() -> None:
    x = tg.tensor(CUBE)
    for k in (tg.tensor([1, 0]), np.array([1, 0]), [1, 0], range(1, -1, -1), [tg.tensor(1), tg.tensor(0)]):
        np.testing.assert_array_equal(x[k].numpy(), CUBE[[1, 0]])
    for k in (1, np.int64(1), tg.tensor(1), np.array(1)):
        np.testing.assert_array_equal(x[k].numpy(), CUBE[1])
    np.testing.assert_array_equal(x[tg.tensor(0) : tg.tensor(1)].numpy(), CUBE[:1])
    np.testing.assert_array_equal(x[tg.tensor([1, 0], dtype=tg.uint8)].numpy(), CUBE[[True, False]])
    np.testing.assert_array_equal(x[[True, False]].numpy(), CUBE[:1])


REFUSED = {
    "position": (lambda x: x[0, 3], IndexError, "index 3 .* dimension 1 with size 3: .* -3 to 2"),
    "negative position": (lambda x: x[..., -5], IndexError, "index -5 .* dimension 2 with size 4"),
    "position of nothing": (lambda x: x[:0][0], IndexError, "no positions"),
    "array": (lambda x: x[[0, 2]], IndexError, r"index 2 .* size 2.*shape \[2, 3, 4\]"),
    "too many": (lambda x: x[0, 0, 0, 0], IndexError, "too many indices for tensor of dimension 3"),
    "0-d": (lambda x: x[0, 0, 0][0], IndexError, "too many indices for tensor of dimension 0"),
    "two ellipses": (lambda x: x[..., 0, ...], IndexError, "single ellipsis"),
    "mask of another size": (lambda x: x[[True, False, True]], IndexError, "boolean index"),
    "step": (lambda x: x[::-1], ValueError, "step must be greater than zero.*flip"),
    "step 0": (lambda x: x[::0], ValueError, "step must be greater than zero"),
    "fraction": (lambda x: x[1.0], IndexError, "got float"),
    "text": (lambda x: x["a"], IndexError, "got str"),
    "fractions": (lambda x: x[tg.tensor([0.0, 1.0])], IndexError, "must be long, int, byte or bool"),
    "index_select": (lambda x: x.index_select(0, tg.tensor([2])), IndexError, "size 2: it must be from 0 to 1"),
    "index_select from the end": (lambda x: x.index_select(0, tg.tensor([-1])), IndexError, "index -1"),
    "index_select of a matrix": (lambda x: x.index_select(0, tg.tensor([[0]])), IndexError, "vector"),
    "gather": (lambda x: x.gather(2, tg.tensor([[[4]]])), RuntimeError, "index 4 .* size 4: it must be from 0 to 3"),
    "gather of other dims": (lambda x: x.gather(0, tg.tensor([0])), RuntimeError, "same number of dimensions"),
    "gather of too many": (lambda x: x.gather(0, tg.zeros(1, 4, 1).long()), RuntimeError, "no larger"),
    "gather by fractions": (lambda x: x.gather(0, tg.zeros(1, 1, 1)), RuntimeError, r"index\.long\(\)"),
    "scatter of too little": (lambda x: x.scatter(0, FIRST.expand(2, 1, 1), x[:1]), RuntimeError, "larger than src"),
    "scatter of another dtype": (lambda x: x.scatter(0, FIRST, tg.ones(1, 1, 1)), RuntimeError, "dtype"),
    "scatter of a fraction": (lambda x: x.long().scatter(0, FIRST, 0.5), RuntimeError, "cannot be converted"),
    "index_add of another shape": (lambda x: x.index_add(0, tg.tensor([0]), x), RuntimeError, r"must be \[1, 3, 4\]"),
    "index_add of another dtype": (lambda x: x.index_add(0, tg.tensor([0, 1]), x.float()), RuntimeError, "dtype"),
    "masked_fill of a fraction": (lambda x: x.long().masked_fill(x > 0, 0.5), RuntimeError, "cannot be converted"),
    "masked_fill by numbers": (lambda x: x.masked_fill(x, 0), RuntimeError, "boolean masks"),
    "masked_fill of many": (lambda x: x.masked_fill(x > 0, x), RuntimeError, "0-dimensional"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(name: str) -> None:
    call, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        call(tg.tensor(CUBE))


def test_one_hot_by_scatter() -> None:
    z = tg.zeros(3, 4).scatter(1, tg.tensor([[2], [0], [2]]), 1)
    np.testing.assert_array_equal(z.numpy(), np.eye(4)[[2, 0, 2]])


def test_scatter_keeps_the_last_of_several_and_integers() -> None:
    z = tg.zeros(3, dtype=tg.int64).scatter(0, tg.tensor([1, 1]), tg.tensor([5, 7]))
    assert z.tolist() == [0, 7, 0] and z.dtype == tg.int64


def test_integers_are_added_exactly() -> None:
    large = 2**60 + 1
    z = tg.zeros(2, dtype=tg.int64).scatter_add(0, tg.tensor([0, 0]), tg.tensor([large, 1]))
    assert z.tolist() == [large + 1, 0]


def test_masked_fill_keeps_the_dtype() -> None:
    x = tg.ones(2, 2)
    assert x.masked_fill(x > 0, float("-inf")).dtype == tg.float32
    assert x.long().masked_fill(x > 0, 3).dtype == tg.int64


def test_positions_of_a_number_and_of_nothing() -> None:
    assert tg.zeros(0, 2).nonzero().shape == (0, 2)
    assert tg.tensor(5).nonzero().shape == (1, 0)
    assert [p.tolist() for p in tg.tensor([[0, 1], [2, 0]]).nonzero(as_tuple=True)] == [[0, 1], [1, 0]]


def test_the_index_is_no_input_that_wants_a_gradient() -> None:
    x, i = tg.ones(3, requires_grad=True), tg.tensor([0, 2])
    y = x[i]
    assert y.grad_fn.inputs[1] is None
    i[0] = 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
