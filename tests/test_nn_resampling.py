"""interpolate and Upsample: values by hand, gradients by differences, what is refused, and PyTorch's numbers."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.autograd import gradcheck, gradgradcheck
from tinygrad_course.nn import functional as F

NO_TORCH = "parity with PyTorch needs torch (the extra named parity)"


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def line(*numbers: float) -> tg.Tensor:
    return tg.tensor([[list(numbers)]], dtype=tg.float64)


# By hand


def test_nearest_repeats_or_leaves_out_elements() -> None:
    assert F.interpolate(line(1, 2, 3), scale_factor=2).tolist() == [[[1, 1, 2, 2, 3, 3]]]
    assert F.interpolate(line(1, 2, 3, 4), size=2).tolist() == [[[1, 3]]]
    assert F.interpolate(line(1, 2, 3), size=5).tolist() == [[[1, 1, 2, 2, 3]]]
    image = tg.tensor([[[[1, 2], [3, 4]]]])
    z = F.interpolate(image, scale_factor=(1, 2))
    assert z.tolist() == [[[[1, 1, 2, 2], [3, 3, 4, 4]]]] and z.dtype == tg.int64
    assert F.interpolate(line(1, math.inf), size=4).tolist() == [[[1, 1, math.inf, math.inf]]]


def test_straight_lines_between_the_corners_or_between_the_middles() -> None:
    x = tg.tensor([[[[0.0, 3.0]]]], dtype=tg.float64)
    assert F.interpolate(x, (1, 4), mode="bilinear", align_corners=True).data[0, 0, 0] == pytest.approx([0, 1, 2, 3])
    between = F.interpolate(x, (1, 4), mode="bilinear").data[0, 0, 0]
    assert between == pytest.approx([0, 0.75, 2.25, 3])
    assert F.interpolate(line(0, 3), 4, mode="linear", align_corners=True).data[0, 0] == pytest.approx([0, 1, 2, 3])
    assert F.interpolate(line(0, 4, 8), 1, mode="linear", align_corners=True).tolist() == [[[0]]]
    assert F.interpolate(line(0, 4, 8), 1, mode="linear").tolist() == [[[4]]]


def test_a_plane_stays_a_plane() -> None:
    rows, columns = np.meshgrid(np.arange(4.0), np.arange(5.0), indexing="ij")
    plane = tg.tensor((2 * rows + 3 * columns)[None, None])
    z = F.interpolate(plane, (10, 17), mode="bilinear", align_corners=True).data[0, 0]
    rows, columns = np.meshgrid(np.linspace(0, 3, 10), np.linspace(0, 4, 17), indexing="ij")
    assert z == pytest.approx(2 * rows + 3 * columns)


def test_the_same_size_changes_nothing() -> None:
    x = tg.tensor(floats(2, 3, 4, 5))
    edge = x.clone()
    edge[0, 0, 0, 0] = math.inf
    assert np.array_equal(F.interpolate(edge, scale_factor=1.1, mode="bilinear").data, edge.data)
    for options in ({"mode": "nearest"}, {"mode": "bilinear"}, {"mode": "bilinear", "align_corners": True}):
        assert np.array_equal(F.interpolate(x, (4, 5), **options).data, x.data)
        assert F.interpolate(x.half(), (3, 7), **options).dtype == tg.float16


def test_upsample_is_interpolate_with_its_settings() -> None:
    x = tg.tensor(floats(1, 2, 3, 3))
    layer = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    assert np.array_equal(layer(x).data, F.interpolate(x, None, 2, "bilinear", True).data)
    assert repr(nn.Upsample(size=(4, 5), mode="bilinear")) == "Upsample(size=(4, 5), mode='bilinear')"
    assert list(layer.parameters()) == []


# Gradients

SETTINGS = [
    ("nearest", None, (2, 1, 3), {"size": 7}),
    ("nearest", None, (1, 2, 3, 2), {"scale_factor": (2, 1.5)}),
    ("nearest", None, (1, 1, 5, 4), {"size": (2, 3)}),
    ("linear", False, (2, 1, 3), {"size": 7}),
    ("bilinear", None, (1, 2, 3, 2), {"scale_factor": 2}),
    ("bilinear", True, (1, 2, 3, 2), {"size": (5, 3)}),
    ("bilinear", False, (1, 1, 5, 4), {"size": (2, 3)}),
    ("bilinear", True, (1, 1, 1, 4), {"size": (3, 1)}),
]


@pytest.mark.parametrize(("mode", "corners", "shape", "size"), SETTINGS)
def test_gradients_of_every_order_are_right(mode: str, corners: bool | None, shape: tuple, size: dict) -> None:
    x = tg.tensor(floats(*shape), requires_grad=True)
    resize = lambda x: F.interpolate(x, mode=mode, align_corners=corners, **size)  # noqa: E731
    assert gradcheck(resize, x)
    assert gradgradcheck(lambda x: resize(x) * resize(x), x)


@given(st.integers(1, 9), st.integers(1, 20))
def test_nearest_gives_every_gradient_to_the_element_it_copied(n: int, out: int) -> None:
    x = tg.tensor(np.arange(n, dtype=float)[None, None], requires_grad=True)
    z = F.interpolate(x, out)
    z.sum().backward()
    assert x.grad.data[0, 0].tolist() == [int((z.data == i).sum()) for i in range(n)]


# What is refused

IMAGE, SIGNAL = (1, 1, 2, 2), (1, 1, 2)
REFUSED: dict[str, tuple[tuple[int, ...], dict[str, Any], type[Exception], str]] = {
    "no size": (IMAGE, {}, ValueError, "either size or scale_factor"),
    "two sizes": (IMAGE, {"size": 4, "scale_factor": 2}, ValueError, "only one of them"),
    "too many sizes": (IMAGE, {"size": (4, 4, 4)}, ValueError, "same number of spatial dimensions"),
    "too few factors": (IMAGE, {"scale_factor": (2,)}, ValueError, "same number of spatial dimensions"),
    "half a size": (IMAGE, {"size": 2.5}, TypeError, ""),
    "size 0": (IMAGE, {"size": 0}, RuntimeError, "greater than 0"),
    "a factor too small": (IMAGE, {"scale_factor": 0.1}, RuntimeError, "greater than 0"),
    "an empty image": ((1, 1, 0, 2), {"size": 2}, RuntimeError, "greater than 0"),
    "corners of nearest": (IMAGE, {"size": 4, "align_corners": True}, ValueError, "interpolating modes"),
    "bilinear of a signal": (SIGNAL, {"size": 4, "mode": "bilinear"}, NotImplementedError, "bilinear needs 4D input"),
    "linear of an image": (IMAGE, {"size": 4, "mode": "linear"}, NotImplementedError, "linear needs 3D input"),
    "no channels": ((2, 2), {"size": 4}, NotImplementedError, "Got 2D input"),
    "an unknown mode": (IMAGE, {"size": 4, "mode": "smooth"}, NotImplementedError, "mode 'smooth'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_misuse_is_refused_in_words_and_with_pytorchs_types(name: str) -> None:
    shape, options, error, text = REFUSED[name]
    with pytest.raises(error) as caught:
        F.interpolate(tg.ones(*shape), **options)
    assert text in str(caught.value)
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    with pytest.raises(error):
        torch.nn.functional.interpolate(torch.ones(*shape), **options)


# Parity

SIZES: list[dict[str, Any]] = [
    *({"size": size} for size in (1, 2, 3, 5, 9, 16, (4, 9), (13, 2))),
    *({"scale_factor": factor} for factor in (2, 1.5, 3, 0.5, 0.7, (2, 1), (3, 1.7))),
]


@pytest.mark.parametrize(("mode", "corners"), [("nearest", None), ("bilinear", None), ("bilinear", True)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_interpolate_is_pytorchs(mode: str, corners: bool | None, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    for (h, w), options in itertools.product([(2, 2), (3, 5), (8, 13)], SIZES):
        results = []
        for t in (tg, torch):
            x = t.tensor(floats(2, 2, h, w).astype(dtype), requires_grad=True)
            z = t.nn.functional.interpolate(x, mode=mode, align_corners=corners, **options)
            (z * z).sum().backward()
            results.append((z.detach().numpy(), x.grad.numpy()))
        for ours, theirs in zip(*results, strict=True):
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            np.testing.assert_allclose(ours, theirs, *((1e-4, 1e-5) if dtype == "float32" else (1e-10, 1e-12)))


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_nearest_picks_pytorchs_elements_where_rounding_decides(dtype: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    for n in (1, 2, 7, 32, 49, 50, 64, 100):
        x = np.arange(n, dtype=dtype)[None, None]
        for options in [{"size": k} for k in range(1, 120)] + [{"scale_factor": f} for f in (1.1, 2.3, 3.3, 0.9)]:
            if options.get("scale_factor", 2) * n >= 1:
                ours, theirs = (t.nn.functional.interpolate(t.tensor(x), **options).numpy() for t in (tg, torch))
                np.testing.assert_array_equal(ours, theirs, str((n, options)))
