"""What the table of operations cannot say of matrix products: errors, einsum on any equation, solving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course.graph import walk

# a call, the error it must raise, and what its text must hold
ERRORS: list[tuple[str, Callable[[Any], Any], type[Exception], str]] = [
    ("inner sizes", lambda t: t.ones(32, 784) @ t.ones(10, 784), RuntimeError, "y.mT"),
    ("a 0-d side", lambda t: t.ones(2) @ t.ones(()), RuntimeError, "1D"),
    ("two dtypes", lambda t: t.ones(2, 2) @ t.ones(2, 2, dtype=t.float64), RuntimeError, "dtype"),
    ("batches that do not broadcast", lambda t: t.ones(2, 3, 3) @ t.ones(4, 3, 3), RuntimeError, "broadcast|size"),
    ("mm of a vector", lambda t: t.ones(2, 2).mm(t.ones(2)), RuntimeError, "matrix"),
    ("bmm of two batches", lambda t: t.ones(2, 3, 3).bmm(t.ones(4, 3, 3)), RuntimeError, "bmm|batch"),
    ("dot of matrices", lambda t: t.ones(2, 2).dot(t.ones(2, 2)), RuntimeError, "1D"),
    ("dot of two lengths", lambda t: t.ones(2).dot(t.ones(3)), RuntimeError, "must be equal"),
    ("einsum with too few operands", lambda t: t.einsum("ij,jk", t.ones(2, 2)), RuntimeError, "operands"),
    ("einsum on another number of axes", lambda t: t.einsum("ij->i", t.ones(2)), RuntimeError, "does not"),
    ("einsum on other sizes", lambda t: t.einsum("ij,jk", t.ones(2, 3), t.ones(2, 3)), RuntimeError, "'j'|size"),
    ("einsum to a new letter", lambda t: t.einsum("ij->k", t.ones(2, 3)), RuntimeError, "->|output"),
    ("einsum of a false diagonal", lambda t: t.einsum("ii", t.ones(2, 3)), RuntimeError, "'i'"),
    ("inverse of a singular matrix", lambda t: t.linalg.inv(t.zeros(2, 2)), RuntimeError, "singular"),
    ("solving with a singular matrix", lambda t: t.linalg.solve(t.zeros(2, 2), t.ones(2)), RuntimeError, "singular"),
    ("determinant of a rectangle", lambda t: t.linalg.det(t.ones(2, 3)), RuntimeError, "square"),
    ("tensordot of other sizes", lambda t: t.tensordot(t.ones(2, 3), t.ones(2, 3), 1), RuntimeError, "operand"),
    ("tensordot axis", lambda t: t.tensordot(t.ones(2), t.ones(2), ([1], [0])), IndexError, "out of range"),
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


def test_einsum_of_matrices_is_one_product() -> None:
    x, y = tg.ones(2, 3).requires_grad_(), tg.ones(3, 4)
    assert [node.op.__name__ for node in walk(tg.einsum("ij,jk->ik", x, y).grad_fn)] == ["MatMul"]


def test_einsum_sums_what_no_later_operand_needs() -> None:
    big = tg.ones(1, 1).expand(400, 400)
    chain = tg.einsum("ab,bc,cd,de->a", big, big, big, big)  # all five letters at once would be 10**13 numbers
    assert chain[0].item() == pytest.approx(400.0**4)


@settings(max_examples=150, deadline=None)
@given(terms=st.lists(st.text("abcd", max_size=3), min_size=1, max_size=3), data=st.data())
def test_einsum_is_numpys_on_any_equation(terms: list[str], data: Any) -> None:
    used = sorted(set("".join(terms)))
    wanted = "".join(data.draw(st.permutations(used)))[: data.draw(st.integers(0, len(used)))]
    equation = ",".join(terms) + "->" + wanted
    sizes = dict(zip("abcd", (2, 3, 1, 4), strict=True))
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal([sizes[letter] for letter in term]) for term in terms]
    found = tg.einsum(equation, *map(tg.tensor, inputs))
    np.testing.assert_allclose(found.numpy(), np.einsum(equation, *inputs), rtol=1e-10, atol=1e-10)


def test_solving_is_better_than_inverting() -> None:
    hilbert = 1 / (np.arange(8)[:, None] + np.arange(8) + 1)
    x = np.ones(8)
    a, b = tg.tensor(hilbert), tg.tensor(hilbert @ x)
    residual = abs((a @ tg.linalg.solve(a, b) - b).numpy()).max()
    assert residual < 1e-14
    assert residual < abs((a @ (tg.linalg.inv(a) @ b) - b).numpy()).max()
