"""PyTorch's interface to the engine: Functions of one's own, Jacobians, Hessians and their products."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import autograd
from tinygrad_course.autograd import functional


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


class Cube(autograd.Function):
    """x³ with a backward written in Tensors."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


class SumAndScaled(autograd.Function):
    """x + y and k · x: two outputs, and an argument that is no tensor."""

    @staticmethod
    def forward(ctx, x, y, k):
        ctx.k, ctx.needed = k, ctx.needs_input_grad
        return x + y, x * k

    @staticmethod
    def backward(ctx, g_sum, g_scaled):
        return g_sum + g_scaled * ctx.k, g_sum, None


def test_function_first_and_second_order() -> None:
    x = leaf(2, -1)
    assert autograd.gradcheck(Cube.apply, x)
    assert autograd.gradgradcheck(Cube.apply, x)


def test_function_with_two_outputs() -> None:
    x, y = leaf(1, 2), leaf(3, 4)
    total, scaled = SumAndScaled.apply(x, y, 5.0)
    assert (total.tolist(), scaled.tolist()) == ([4, 6], [5, 10])
    (total.sum() + (scaled * 2).sum()).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([11, 11], [1, 1])


def test_function_unused_output_counts_nothing() -> None:
    x, y = leaf(1), leaf(3)
    total, _ = SumAndScaled.apply(x, y, 5.0)
    total.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([1], [1])


def test_function_knows_which_inputs_want_gradients() -> None:
    seen = []

    class Look(autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            seen.append(ctx.needs_input_grad)
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, g

    Look.apply(leaf(1), tg.ones(1))
    assert seen == [(True, False)]


def test_function_with_too_few_gradients() -> None:
    class Short(autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        Short.apply(leaf(1), leaf(2)).backward()


def test_function_notices_a_changed_saved_tensor() -> None:
    x = leaf(2) * 1
    y = Cube.apply(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def f(x):
    return (x * x * x).sum() + x[0] * x[1]


def g(x):
    return x * x[0]


def test_jacobian_and_hessian() -> None:
    x = leaf(2, 3)
    np.testing.assert_allclose(functional.jacobian(g, x).numpy(), [[4, 0], [3, 2]])
    np.testing.assert_allclose(functional.hessian(f, x).numpy(), [[12, 1], [1, 18]])


def test_jacobian_of_two_inputs() -> None:
    jx, jy = functional.jacobian(lambda x, y: x * y, (leaf(1, 2), leaf(3, 4)))
    np.testing.assert_allclose(jx.numpy(), np.diag([3, 4]))
    np.testing.assert_allclose(jy.numpy(), np.diag([1, 2]))


def test_products_with_vectors() -> None:
    x, v = leaf(2, 3), tg.tensor([1.0, -2.0], dtype=tg.float64)
    jacobian, hessian = functional.jacobian(g, x).numpy(), functional.hessian(f, x).numpy()
    np.testing.assert_allclose(functional.vjp(g, x, v)[1].numpy(), v.numpy() @ jacobian)
    np.testing.assert_allclose(functional.jvp(g, x, v)[1].numpy(), jacobian @ v.numpy())
    np.testing.assert_allclose(functional.hvp(f, x, v)[1].numpy(), hessian @ v.numpy())


def test_jvp_of_a_linear_function() -> None:
    x, v = leaf(2, 3), tg.tensor([1.0, -2.0], dtype=tg.float64)
    np.testing.assert_allclose(functional.jvp(lambda x: x * 3, x, v)[1].numpy(), [3, -6])


def test_set_grad_enabled_in_its_three_forms() -> None:
    autograd.set_grad_enabled(False)
    assert not tg.is_grad_enabled()
    autograd.set_grad_enabled(True)
    with autograd.set_grad_enabled(False):
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()

    @autograd.set_grad_enabled(False)
    def inside():
        return tg.is_grad_enabled()

    assert tg.is_grad_enabled() and not inside() and tg.is_grad_enabled()


def test_inference_mode() -> None:
    with autograd.inference_mode():
        assert not (leaf(1) * 2).requires_grad
    with autograd.inference_mode(False):
        assert (leaf(1) * 2).requires_grad


def test_backward_from_several_tensors() -> None:
    x = leaf(2)
    autograd.backward([x * 3, x * x], [None, tg.tensor([10.0], dtype=tg.float64)])
    assert x.grad.tolist() == [43]


# Anomaly mode


def test_anomaly_mode_names_the_forward_line_of_a_nan() -> None:
    x = tg.tensor([0.0, 4.0], requires_grad=True)
    with tg.autograd.detect_anomaly():
        y = (x * 0).sqrt() * 0  # the slope of the root is infinite at 0
        with pytest.raises(RuntimeError, match=r"'Sqrt' returned nan .*test_autograd\.py, line \d+: y = \(x \* 0\)"):
            y.sum().backward()
    (x * 0).sqrt().sum().backward()
    assert np.isnan(x.grad.numpy()).all()


def test_anomaly_mode_names_the_forward_line_of_other_errors() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.autograd.set_detect_anomaly(True):
        y = x.exp()
        y += 1
        with pytest.raises(RuntimeError, match=r"modified by an inplace operation.* y = x\.exp\(\)"):
            y.sum().backward()
        z = (x * x).sum()
        z.backward()
        with pytest.raises(RuntimeError, match=r"a second time.* z = \(x \* x\)\.sum\(\)"):
            z.backward()


def test_anomaly_mode_ends_with_its_block_also_after_an_exception_and_can_be_set_for_good() -> None:
    x = tg.tensor(1.0, requires_grad=True)
    with pytest.raises(ZeroDivisionError), tg.autograd.detect_anomaly():
        1 / 0  # noqa: B018
    assert (x * 2).node.line == ""
    switch = tg.autograd.set_detect_anomaly(True)
    try:
        assert "x * 2" in (x * 2).node.line
    finally:
        switch.__exit__()
    assert (x * 2).node.line == ""
