"""Every operation, by the table in tests/cases: value, gradient, second derivative, dtype, parity with PyTorch."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import ops
from tinygrad_course.autograd import gradcheck, gradgradcheck
from tinygrad_course.graph import Op, walk

from .cases import CASES
from .cases.base import Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
differentiable = pytest.mark.parametrize(
    "case", [c for c in CASES if c.gradients and any(x.dtype.kind == "f" for x in c.inputs)], ids=lambda c: c.name
)


def tensors(case: Case, dtype: type = np.float64) -> list[tg.Tensor]:
    """A case's inputs as leaves; floats in `dtype`, wanting gradients."""
    return [
        tg.tensor(x.astype(dtype), requires_grad=True) if x.dtype.kind == "f" else tg.tensor(x) for x in case.inputs
    ]


def floats(values: list[tg.Tensor]) -> list[tg.Tensor]:
    return [x for x in values if x.requires_grad]


def seeded(y) -> np.ndarray:
    """A gradient to start from that treats no two elements alike."""
    return np.linspace(0.5, 1.5, int(np.prod(y.shape))).reshape(y.shape)


def test_case_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


def test_every_op_has_a_row() -> None:
    proven = {name for case in CASES for name in case.ops}
    assert {name for name, op in vars(ops).items() if inspect.isclass(op) and issubclass(op, Op)} == proven


@pytest.mark.parametrize("case", [c for c in CASES if c.truth], ids=lambda c: c.name)
def test_value_is_numpys(case: Case) -> None:
    found, expected = case.run(tg, *tensors(case)), np.asarray(case.truth(*case.inputs))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-6)


@differentiable
def test_gradient_is_the_finite_difference(case: Case) -> None:
    values = tensors(case)
    fixed = iter(values)

    def run(*moving):
        moved = iter(moving)
        return case.run(tg, *[next(moved) if x.requires_grad else x for x in values])

    assert case.run(tg, *fixed).requires_grad
    assert gradcheck(run, floats(values))


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.gradients and c.second and any(x.dtype.kind == "f" for x in c.inputs)],
    ids=lambda c: c.name,
)  # fmt: skip
def test_second_derivative_is_the_finite_difference(case: Case) -> None:
    values = tensors(case)

    def run(*moving):
        moved = iter(moving)
        return case.run(tg, *[next(moved) if x.requires_grad else x for x in values])

    assert gradgradcheck(run, floats(values))


@differentiable
def test_float32_stays_float32(case: Case) -> None:
    values = tensors(case, np.float32)
    y = case.run(tg, *values)
    y.backward(seeded(y))
    assert y.dtype == np.float32
    assert all(x.grad is not None and x.grad.dtype == np.float32 and x.grad.shape == x.shape for x in floats(values))


@differentiable
def test_memory_order_does_not_matter(case: Case) -> None:
    plain, turned = tensors(case), tensors(case)
    for x in turned:
        x.data = np.asarray(x.data, order="F")
        if x.ndim:  # a negative stride besides
            x.data = np.flip(np.flip(x.data, 0).copy(order="F"), 0)
    for values in (plain, turned):
        y = case.run(tg, *values)
        y.backward(seeded(y))
    for x, other in zip(floats(plain), floats(turned), strict=True):
        np.testing.assert_allclose(x.grad.numpy(), other.grad.numpy(), rtol=1e-12, atol=1e-12)


@differentiable
def test_inputs_are_left_as_they_were(case: Case) -> None:
    values = tensors(case)
    y = case.run(tg, *values)
    y.backward(seeded(y))
    for x, before in zip(values, case.inputs, strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), before)


@every_case
def test_graph_shows_the_op(case: Case) -> None:
    y = case.run(tg, *tensors(case))
    if y.requires_grad:
        recorded = {node.op.__name__ for node in walk(y.grad_fn)}
        assert recorded & set(case.ops)
        assert all(node.op.label for node in walk(y.grad_fn))


@every_case
def test_parity_with_pytorch(case: Case) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[parity]' compares with it")
    if case.torch:
        pytest.skip(case.torch)
    ours, theirs = tensors(case), [torch.tensor(np.array(x), requires_grad=x.dtype.kind == "f") for x in case.inputs]
    y, z = case.run(tg, *ours), case.run(torch, *theirs)
    assert str(z.dtype).removeprefix("torch.") == str(y.dtype)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-6, atol=1e-12)
    assert y.requires_grad == z.requires_grad
    if y.requires_grad:
        y.backward(seeded(y))
        z.backward(torch.tensor(seeded(y), dtype=z.dtype))
        for x, other in zip(ours, theirs, strict=True):
            assert (x.grad is None) == (other.grad is None)
            if x.grad is not None:
                np.testing.assert_allclose(x.grad.numpy(), other.grad.numpy(), rtol=1e-6, atol=1e-12)


def test_rules_use_operators_and_ops_alone() -> None:
    """A rule that called NumPy would work on arrays and fail under create_graph."""
    for path in (Path(ops.__file__).parent).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("grad_"):
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                assert "np" not in names, f"{path.name}: {node.name} uses np"
