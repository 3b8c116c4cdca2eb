"""What the table of operations cannot say of the reductions: pairs of results, ties, errors, any axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course.autograd import gradcheck, gradgradcheck

INF = float("inf")

# a call, the error it must raise, and what its text must hold
ERRORS: list[tuple[str, Callable[[Any], Any], type[Exception], str]] = [
    ("axis out of range", lambda t: t.ones(2, 3).sum(2), IndexError, "out of range"),
    ("negative axis out of range", lambda t: t.ones(2, 3).amax(-3), IndexError, "out of range"),
    ("axis of a 0-d tensor", lambda t: t.ones(()).sum(1), IndexError, "out of range"),
    ("axis twice", lambda t: t.ones(2, 3).sum((0, -2)), RuntimeError, "multiple times"),
    ("mean of integers", lambda t: t.tensor([1, 2]).mean(), RuntimeError, "dtype"),
    ("std of integers", lambda t: t.tensor([1, 2]).std(), RuntimeError, "floating point"),
    ("norm of integers", lambda t: t.tensor([1, 2]).norm(), RuntimeError, "floating point"),
    ("max of nothing", lambda t: t.zeros(0).max(), RuntimeError, "max"),
    ("amin of nothing", lambda t: t.zeros(0, 3).amin(0), IndexError, "amin"),
    ("max along nothing", lambda t: t.zeros(0, 3).max(0), IndexError, "non-zero size"),
    ("argmin of nothing", lambda t: t.zeros(0).argmin(), IndexError, "argmin"),
    ("topk of too many", lambda t: t.ones(2).topk(3), RuntimeError, "out of range"),
    ("kthvalue 0", lambda t: t.ones(2).kthvalue(0), RuntimeError, "out of range"),
    ("sort axis", lambda t: t.ones(2).sort(1), IndexError, "out of range"),
    ("cumsum without an axis", lambda t: t.ones(2).cumsum(), TypeError, "dim"),
    ("a keyword misspelt", lambda t: t.ones(2).sum(0, keep_dim=True), TypeError, "keep_dim|invalid combination"),
]


@pytest.mark.parametrize(("call", "error", "text"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_errors_are_pytorchs_and_say_why(call: Callable, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(tg)


@pytest.mark.parametrize(("call", "error"), [row[1:3] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_pytorch_raises_the_same(call: Callable, error: type[Exception]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[parity]' compares with it")
    with pytest.raises(error):
        call(torch)


def test_max_gives_values_and_indices() -> None:
    x = tg.tensor([[1.0, 5.0], [7.0, 2.0]], requires_grad=True)
    found = x.max(dim=1)
    values, indices = found
    assert found.values is values and found.indices is indices
    assert (values.tolist(), indices.tolist()) == ([5.0, 7.0], [1, 0])
    values.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_ties_of_all_share_and_along_an_axis_the_first_takes() -> None:
    for call, expected in ((lambda x: x.max(), [0.5, 0.5]), (lambda x: x.max(0).values, [1.0, 0.0])):
        x = tg.tensor([3.0, 3.0], requires_grad=True)
        call(x).backward()
        assert x.grad.tolist() == expected


def test_a_mean_of_equals_is_exact() -> None:
    assert tg.ones(49, dtype=tg.float64).mean().item() == 1.0  # 49 * (1 / 49) is not


def test_the_variance_of_too_few_is_not_a_number() -> None:
    with np.errstate(all="ignore"):
        assert np.isnan(tg.ones(1).var().item())
        assert np.isnan(tg.zeros(0).mean().item())


def test_logsumexp_of_large_numbers() -> None:
    x = tg.tensor([1000.0, 1000.0], dtype=tg.float64, requires_grad=True)
    y = x.logsumexp(0)
    y.backward()
    assert y.item() == pytest.approx(1000 + np.log(2), rel=1e-15)
    assert x.grad.tolist() == [0.5, 0.5]
    with np.errstate(divide="ignore"):
        assert tg.tensor([-INF, -INF]).logsumexp(0).item() == -INF
    assert tg.tensor([INF, 1.0]).logsumexp(0).item() == INF


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("call", [lambda x: x.prod(0), lambda x: x.cumprod(0)], ids=["prod", "cumprod"])
def test_products_with_zeros_to_the_second_derivative(zeros: int, call: Callable) -> None:
    x = tg.tensor([0.0] * zeros + [1.5, -2.0, 0.7][: 5 - zeros], dtype=tg.float64, requires_grad=True)
    assert gradcheck(call, x)
    assert gradgradcheck(call, x)


def test_unique_gives_what_was_asked_for() -> None:
    x = tg.tensor([[3, 1], [3, 2]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2, 3], [1, 1, 2])
    assert values[inverse].equal(x)


def test_topk_and_sort_agree() -> None:
    x = tg.tensor([2.0, 9.0, -1.0, 4.0])
    assert x.topk(2).values.equal(x.sort(descending=True).values[:2])
    assert x[x.argsort()].equal(x.sort().values)


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 3), max_size=4),
    name=st.sampled_from(["sum", "mean", "amax", "var", "norm"]),
)
def test_any_axes_of_any_shape(data: Any, shape: list[int], name: str) -> None:
    axes = tuple(data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True))) if shape else ()
    keepdim = data.draw(st.booleans())
    array = np.random.default_rng(0).standard_normal(shape) + 3
    truth: Callable[..., Any] = {
        "sum": np.sum, "mean": np.mean, "amax": np.max, "var": np.var,
        "norm": lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
    }[name]  # fmt: skip
    x = tg.tensor(array, requires_grad=True)
    options = {"correction": 0} if name == "var" else {}
    found = getattr(x, name)(dim=axes, keepdim=keepdim, **options)
    expected = truth(array, axis=axes or None, keepdims=keepdim)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.tolist(), expected, rtol=1e-12, atol=1e-12)
    found.sum().backward()
    assert x.grad.shape == tuple(shape)
