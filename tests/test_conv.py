"""Convolution and pooling: derivatives of every order, ties, what is refused, and memory of views."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course import ops
from tinygrad_course.autograd import grad, gradgradcheck
from tinygrad_course.graph import walk
from tinygrad_course.nn import functional as F

from .cases.base import numbers
from .cases.conv import conv_by_loops


def image(*shape: int, seed: str = "") -> tg.Tensor:
    return tg.tensor(numbers(*shape, seed=seed), requires_grad=True)


@given(st.data())
def test_conv2d_is_its_definition(data: st.DataObject) -> None:
    size = st.integers(1, 3)
    groups, per_group, out, height, width = (data.draw(size) for _ in range(5))
    pair = st.tuples(size, size)
    options = {"stride": data.draw(pair), "dilation": data.draw(pair), "padding": data.draw(pair), "groups": groups}
    x, w = numbers(2, groups * per_group, 6, 5), numbers(groups * out, per_group, height, width)
    z = F.conv2d(tg.tensor(x), tg.tensor(w), **options)
    np.testing.assert_allclose(z.numpy(), conv_by_loops(x, w, **options), rtol=1e-10, atol=1e-12)


def test_third_derivatives_exist() -> None:
    x, w = image(1, 1, 4, 4), image(1, 1, 2, 2)

    def slope(x, w):
        y = F.conv2d(x, w, stride=2)
        return grad((y * y * y).sum(), w, create_graph=True)[0]

    assert gradgradcheck(slope, [x, w])


def test_the_three_ops_are_each_others_rules() -> None:
    x, w = image(1, 2, 5, 5), image(3, 2, 3, 3)
    gx, gw = grad((F.conv2d(x, w) ** 2).sum(), [x, w], create_graph=True)
    assert {n.op for n in walk(gx.grad_fn)} >= {ops.Conv, ops.ConvInput}
    assert {n.op for n in walk(gw.grad_fn)} >= {ops.Conv, ops.ConvWeight}


def test_transposed_convolution_undoes_the_shape_of_convolution() -> None:
    x, w = image(2, 3, 11, 8), image(4, 3, 3, 2)
    y = F.conv2d(x, w, stride=2, padding=1)
    assert F.conv_transpose2d(y, w, stride=2, padding=1).shape == (2, 3, 11, 8)


def test_max_pool_sends_the_gradient_to_the_first_of_equals() -> None:
    x = tg.ones(1, 1, 2, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy()[0, 0], [[1, 0, 1, 0], [0, 0, 0, 0]])


def test_max_pool_of_integers_with_a_border() -> None:
    x = tg.tensor(-np.arange(1, 10).reshape(1, 1, 3, 3))
    assert F.max_pool2d(x, 2, padding=1).tolist() == [[[[-1, -2], [-4, -5]]]]


def test_infinities_stay_where_they_are() -> None:
    x = tg.zeros(1, 1, 3, 3)
    x[0, 0, 0, 0] = float("inf")
    assert np.isfinite(F.avg_pool2d(x, 1).numpy()).sum() == 8
    assert np.isfinite(F.adaptive_avg_pool2d(x, 2).numpy()).sum() == 3


def test_fold_counts_the_windows_over_each_element() -> None:
    x = tg.ones(1, 1, 4, 4)
    counts = F.fold(F.unfold(x, 2), (4, 4), 2)
    assert counts[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]


def test_images_keep_their_channels_together_in_memory_and_then_the_samples() -> None:
    x, w = image(2, 3, 8, 8), image(4, 3, 3, 3)
    a = F.conv2d(x, w, image(4), padding=1)
    b = F.max_pool2d(F.relu(a), 2)
    c = F.conv2d(b, image(5, 4, 3, 3), padding=1)
    gradients = grad(c.sum(), [a, b])
    for t in (a, b, c, *gradients):
        assert t.data.transpose(2, 3, 0, 1).flags.c_contiguous


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 3, 0, 1), (0, 2, 3, 1)])
@pytest.mark.parametrize("channels", [1, ops.conv.FEW, ops.conv.FEW + 1])
def test_few_and_many_channels_in_any_order_of_memory(channels: int, order: tuple[int, ...]) -> None:
    x, w, g = numbers(5, channels, 4, 4), numbers(2, channels, 2, 3), numbers(5, 2, 3, 2)
    options = {"stride": (1, 2), "padding": (0, 1)}
    t = tg.tensor(w, requires_grad=True)
    z = F.conv2d(tg.Tensor(x.transpose(order).copy().transpose(np.argsort(order))), t, **options)
    z.backward(g)
    np.testing.assert_allclose(z.detach().numpy(), conv_by_loops(x, w, **options), rtol=1e-10, atol=1e-12)
    ones = np.eye(6 * channels).reshape(-1, 1, channels, 2, 3)  # the output is linear in w: one number at a time
    slopes = [(conv_by_loops(x, one, **options) * g).sum((0, 2, 3)) for one in ones]
    np.testing.assert_allclose(t.grad.numpy(), np.stack(slopes, 1).reshape(w.shape), rtol=1e-10, atol=1e-12)


def test_an_image_that_wants_no_gradient_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the gradient of the input was computed")

    monkeypatch.setattr(ops.ConvInput, "forward", fail)
    F.conv2d(image(1, 2, 5, 5).detach(), image(3, 2, 3, 3), padding=1).sum().backward()


def test_max_pool_of_many_positions() -> None:
    x = tg.zeros(1, 1, 20, 20, requires_grad=True)
    with tg.no_grad():
        x[0, 0, 15, 7] = 1.0  # position 307 of 400: more than a byte counts
    F.adaptive_max_pool2d(x, 1).backward(np.full((1, 1, 1, 1), 3.0))
    assert x.grad[0, 0, 15, 7].item() == 3 and x.grad.sum().item() == 3


def test_layers_keep_float32() -> None:
    x, w, b = (tg.ones(*shape, requires_grad=True) for shape in ((1, 1, 4, 4), (1, 1, 3, 3), (1,)))
    z = F.avg_pool2d(F.conv2d(x, w, b, padding=1), 2, count_include_pad=False, padding=1)
    z.sum().backward()
    assert {t.dtype for t in (z, x.grad, w.grad, b.grad)} == {tg.float32}


X, W = (1, 3, 5, 5), (4, 3, 3, 3)
REFUSED = {
    "channels": (lambda: F.conv2d(tg.ones(1, 2, 5, 5), tg.ones(W)), RuntimeError, "to have 3 channels, but got 2"),
    "groups": (lambda: F.conv2d(tg.ones(1, 9, 5, 5), tg.ones(W), groups=3), RuntimeError, "divisible by groups"),
    "dims": (lambda: F.conv2d(tg.ones(5, 5), tg.ones(W)), RuntimeError, "4D .batched. input"),
    "dtype": (lambda: F.conv2d(tg.ones(X), tg.ones(W, dtype=tg.float64)), RuntimeError, "should be the same"),
    "kernel": (lambda: F.conv2d(tg.ones(1, 3, 2, 5), tg.ones(W)), RuntimeError, "can't be greater than"),
    "same and stride": (lambda: F.conv2d(tg.ones(X), tg.ones(W), stride=2, padding="same"), RuntimeError, "strided"),
    "padding": (lambda: F.conv2d(tg.ones(X), tg.ones(W), padding="full"), RuntimeError, "'valid', 'same'"),
    "stride": (lambda: F.conv2d(tg.ones(X), tg.ones(W), stride=(1, 1, 1)), TypeError, "whole number or 2 of them"),
    "stride 0": (lambda: F.conv2d(tg.ones(X), tg.ones(W), stride=0), RuntimeError, "at least 1"),
    "padding below 0": (lambda: F.conv2d(tg.ones(X), tg.ones(W), padding=-1), RuntimeError, "at least 0"),
    "half a stride": (lambda: F.max_pool2d(tg.ones(X), 2, 0.5), TypeError, "whole number"),
    "pool padding": (lambda: F.max_pool2d(tg.ones(X), 2, padding=2), RuntimeError, "at most half"),
    "pool kernel": (lambda: F.avg_pool2d(tg.ones(X), 6), RuntimeError, "can't be greater than"),
    "output_padding": (lambda: F.conv_transpose2d(tg.ones(1, 4, 5, 5), tg.ones(W), output_padding=1), RuntimeError,
                       "smaller than either stride"),
    "fold": (lambda: F.fold(tg.ones(1, 4, 8), 4, 2), RuntimeError, r"\(n, c \* 4, 9\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(name: str) -> None:
    call, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        call()
