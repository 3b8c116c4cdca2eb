"""Operations on shapes that Hypothesis draws: the value is NumPy's, the gradient the slope of NumPy's value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_course as tg
from tinygrad_course.nn import functional as F

from .cases.base import numbers
from .cases.conv import conv_by_loops

SIDE = st.integers(1, 3)
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)  # 0-d and empty ones, too
FILLED = st.lists(SIDE, max_size=4).map(tuple)
AXES = st.lists(SIDE, min_size=1, max_size=3).map(tuple)


def some(count: int) -> settings:
    """The same examples every time, as many as the file has time for."""
    return settings(max_examples=count, derandomize=True, deadline=None, database=None)


def agree(run: Callable[..., Any], truth: Callable[..., Any], *inputs: Any, gradient: bool = True) -> None:
    """Compare run, on tensors, with truth, on arrays: values, shapes, and the slope along a random direction."""
    values = [np.asarray(x) for x in inputs]
    tensors = [tg.tensor(x, requires_grad=x.dtype.kind == "f") for x in values]
    with np.errstate(all="ignore"):
        y, expected = run(*tensors), np.asarray(truth(*values))
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
    assert y.requires_grad == (gradient and any(x.requires_grad for x in tensors))
    if y.requires_grad and np.isfinite(expected).all():
        compare_slopes(y, truth, values, tensors)


def compare_slopes(y: tg.Tensor, truth: Callable[..., Any], values: list[np.ndarray], tensors: list[tg.Tensor]) -> None:
    """The gradients of the tensors times a direction, beside the finite difference of truth in that direction."""
    rng, h = np.random.default_rng(1), 1e-6
    g = rng.uniform(0.5, 1.5, y.shape)
    y.backward(g)
    ways = [rng.uniform(-1, 1, x.shape) if x.dtype.kind == "f" else 0 for x in values]
    ahead, behind = (
        truth(*[x + s * v if np.any(v) else x for x, v in zip(values, ways, strict=True)]) for s in (h, -h)
    )
    found = 0.0
    for x, v in zip(tensors, ways, strict=True):
        if x.requires_grad:
            assert x.grad is None or x.grad.shape == x.shape
            found += 0.0 if x.grad is None else float((x.grad.numpy() * v).sum())
    slope = float((g * (np.asarray(ahead) - behind) / (2 * h)).sum())
    assert found == pytest.approx(slope, rel=1e-5, abs=1e-6)


# Pointwise

BINARY: dict[str, tuple[Callable, Callable]] = {
    "add": (lambda x, y: x + y, np.add),
    "sub": (lambda x, y: x.sub(y, alpha=2), lambda x, y: x - 2 * y),
    "mul": (lambda x, y: x * y, np.multiply),
    "div": (lambda x, y: x / y, np.divide),
    "pow": (lambda x, y: x.abs() ** y, lambda x, y: np.abs(x) ** y),
    "atan2": (lambda x, y: x.atan2(y), np.arctan2),
    "maximum": (lambda x, y: x.maximum(y), np.maximum),
    "remainder": (lambda x, y: x % y, np.mod),
    "fmod": (lambda x, y: x.fmod(y), np.fmod),
}
NO_GRADIENT: dict[str, tuple[Callable, Callable]] = {
    "floor_divide": (lambda x, y: x // y, np.floor_divide),
    "less": (lambda x, y: x < y, np.less),
    "equal": (lambda x, y: x == y, np.equal),
}
PAIRS = arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0)
THREES = arrays.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3, min_side=0)


@pytest.mark.parametrize("name", [*BINARY, *NO_GRADIENT])
@some(20)
@given(shapes=PAIRS)
def test_two_operands_broadcast_both_ways(name: str, shapes: Any) -> None:
    run, truth = {**BINARY, **NO_GRADIENT}[name]
    first, second = shapes.input_shapes
    agree(run, truth, numbers(*first), numbers(*second, seed="y"), gradient=name in BINARY)


TERNARY: dict[str, tuple[Callable, Callable]] = {
    "where": (lambda x, y, w: tg.where(x > 0, y, w), lambda x, y, w: np.where(x > 0, y, w)),
    "lerp": (lambda x, y, w: x.lerp(y, w), lambda x, y, w: x + w * (y - x)),
    "addcmul": (lambda x, y, w: x.addcmul(y, w, value=3), lambda x, y, w: x + 3 * y * w),
    "clamp": (lambda x, y, w: x.clamp(y - 3, w), lambda x, y, w: np.minimum(np.maximum(x, y - 3), w)),
}


@pytest.mark.parametrize("name", TERNARY)
@some(20)
@given(shapes=THREES)
def test_three_operands_broadcast(name: str, shapes: Any) -> None:
    agree(*TERNARY[name], *[numbers(*shape, seed=str(i)) for i, shape in enumerate(shapes.input_shapes)])


# Reductions

REDUCTIONS: dict[str, tuple[Callable, Callable]] = {
    "sum": (lambda x, **o: x.sum(**o), np.sum),
    "mean": (lambda x, **o: x.mean(**o), np.mean),
    "var": (lambda x, **o: x.var(correction=0, **o), np.var),
    "amax": (lambda x, **o: x.amax(**o), np.max),
    "logsumexp": (lambda x, **o: x.logsumexp(**o), lambda x, **o: np.log(np.sum(np.exp(x), **o))),
    "norm": (lambda x, **o: x.norm(**o), lambda x, **o: np.sqrt(np.sum(x * x, **o))),
    "norm 3": (lambda x, **o: x.norm(3, **o), lambda x, **o: np.cbrt(np.sum(np.abs(x) ** 3, **o))),
    "norm inf": (lambda x, **o: x.norm(math.inf, **o), lambda x, **o: np.max(np.abs(x), **o)),
}
YES_OR_NO: dict[str, tuple[Callable, Callable]] = {
    "all": (lambda x, **o: (x > 0).all(**o), lambda x, **o: np.all(x > 0, **o)),
    "any": (lambda x, **o: (x > 1).any(**o), lambda x, **o: np.any(x > 1, **o)),
}
EMPTY_TOO = ("sum", "mean", "all", "any")  # what they give for no numbers is defined


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("name", [*REDUCTIONS, *YES_OR_NO])
@some(20)
@given(data=st.data())
def test_any_axes_are_folded_away(name: str, data: st.DataObject) -> None:
    shape = data.draw(SHAPES if name in EMPTY_TOO else FILLED)
    chosen = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1)) if shape else []
    axes = tuple(a - len(shape) if data.draw(st.booleans()) else a for a in chosen)
    keep = data.draw(st.booleans())
    run, truth = {**REDUCTIONS, **YES_OR_NO}[name]
    options = {"axis": axes or None, "keepdims": keep}
    x = numbers(*shape)
    agree(lambda x: run(x, dim=axes, keepdim=keep), lambda x: truth(x, **options), x, gradient=name in REDUCTIONS)


ALONG: dict[str, tuple[Callable, Callable]] = {
    "cumsum": (lambda x, d: x.cumsum(d), lambda x, d: np.cumsum(x, d)),
    "cumprod": (lambda x, d: x.cumprod(d), lambda x, d: np.cumprod(x, d)),
    "cummax": (lambda x, d: x.cummax(d).values, lambda x, d: np.maximum.accumulate(x, d)),
    "prod": (lambda x, d: x.prod(d), lambda x, d: np.prod(x, d)),
    "max": (lambda x, d: x.max(d).values, lambda x, d: np.max(x, d)),
    "argmax": (lambda x, d: x.argmax(d), lambda x, d: np.argmax(x, d)),
    "sort": (lambda x, d: x.sort(d, descending=True).values, lambda x, d: -np.sort(-x, d)),
    "topk": (lambda x, d: x.topk(1, d, largest=False).values, lambda x, d: np.min(x, d, keepdims=True)),
    "median": (lambda x, d: x.median(d).values, lambda x, d: np.sort(x, d).take((x.shape[d] - 1) // 2, d)),
    "softmax": (lambda x, d: F.softmax(x, d), lambda x, d: np.exp(x) / np.exp(x).sum(d, keepdims=True)),
    "log_softmax": (lambda x, d: F.log_softmax(x, d), lambda x, d: x - np.log(np.exp(x).sum(d, keepdims=True))),
}


@pytest.mark.parametrize("name", ALONG)
@some(20)
@given(shape=AXES, place=st.integers(0, 5))
def test_along_any_axis(name: str, shape: tuple[int, ...], place: int) -> None:
    run, truth = ALONG[name]
    d = place % (2 * len(shape)) - len(shape)
    agree(lambda x: run(x, d), lambda x: truth(x, d), numbers(*shape), gradient=not name.startswith("arg"))


# Movement


def drawn_reshape(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    factors = data.draw(st.permutations([*shape, *[1] * data.draw(st.integers(0, 2))]))
    cut = data.draw(st.integers(0, len(factors)))
    target = [math.prod(factors[:cut]), *factors[cut:]]
    asked = [-1, *target[1:]] if data.draw(st.booleans()) else target
    return lambda x: x.reshape(asked), lambda x: x.reshape(target)


def drawn_permute(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    order = data.draw(st.permutations(range(len(shape))))
    return lambda x: x.permute(*order), lambda x: x.transpose(order)


def drawn_expand(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    wide = tuple(data.draw(st.lists(SIDE, max_size=2)))
    target = (*wide, *(data.draw(SIDE) if n == 1 else n for n in shape))
    asked = (*wide, *(-1 if n != 1 else m for n, m in zip(shape, target[len(wide) :], strict=True)))
    return lambda x: x.expand(*asked), lambda x: np.broadcast_to(x, target)


def drawn_repeat(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    times = [data.draw(st.integers(0, 2)) for _ in range(len(shape) + data.draw(st.integers(0, 1)))]
    return lambda x: x.repeat(*times), lambda x: np.tile(x, times)


def drawn_roll(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    dims = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3))
    shifts = [data.draw(st.integers(-4, 4)) for _ in dims]
    return lambda x: x.roll(shifts, dims), lambda x: np.roll(x, shifts, dims)


def drawn_flip(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    dims = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True))
    return lambda x: x.flip(dims), lambda x: np.flip(x, dims)


def drawn_triangle(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    k, lower = data.draw(st.integers(-3, 3)), data.draw(st.booleans())
    run = (lambda x: x[None].tril(k)) if lower else (lambda x: x[None].triu(k))
    return run, lambda x: (np.tril if lower else np.triu)(x[None], k)


def drawn_diagonal(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    k, (one, two) = data.draw(st.integers(-2, 2)), data.draw(st.permutations(range(len(shape) + 1)))[:2]
    return lambda x: x[None].diagonal(k, one, two), lambda x: np.diagonal(x[None], k, one, two)


def drawn_unfold(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    d, step = data.draw(st.integers(0, len(shape) - 1)), data.draw(st.integers(1, 3))
    size = data.draw(st.integers(1, shape[d]))
    window = np.lib.stride_tricks.sliding_window_view
    every = (slice(None),) * d + (slice(None, None, step),)
    return lambda x: x.unfold(d, size, step), lambda x: window(x, size, d)[every]


def drawn_pieces(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    d, size = data.draw(st.integers(0, len(shape) - 1)), data.draw(st.integers(1, 4))
    cuts = range(size, shape[d], size)
    run = lambda x: tg.cat([(i + 2) * p for i, p in enumerate(x.split(size, d))], d)  # noqa: E731
    return run, lambda x: np.concatenate([(i + 2) * p for i, p in enumerate(np.split(x, cuts, d))], d)


def drawn_joint(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    d, k = data.draw(st.integers(0, len(shape))), data.draw(st.integers(0, len(shape) - 1))
    parts = data.draw(st.integers(1, 3))
    run = lambda x: tg.stack([p * p for p in tg.cat([x, 2 * x], k).chunk(1, k) * parts], d)  # noqa: E731
    return run, lambda x: np.stack([np.concatenate([x, 2 * x], k) ** 2] * parts, d)


def drawn_interleave(data: st.DataObject, shape: tuple[int, ...]) -> tuple[Callable, Callable]:
    d = data.draw(st.integers(0, len(shape) - 1))
    counts = data.draw(st.lists(st.integers(0, 2), min_size=shape[d], max_size=shape[d]))
    return lambda x: x.repeat_interleave(tg.tensor(counts), d), lambda x: np.repeat(x, counts, d)


DRAWN = {name.removeprefix("drawn_"): draw for name, draw in list(globals().items()) if name.startswith("drawn_")}


@pytest.mark.parametrize("name", DRAWN)
@some(20)
@given(data=st.data())
def test_movement_is_numpys(name: str, data: st.DataObject) -> None:
    shape = data.draw(AXES)
    agree(*DRAWN[name](data, shape), numbers(*shape))


@some(20)
@given(widths=st.tuples(*[st.integers(0, 1)] * 2), shape=st.tuples(*[st.integers(2, 4)] * 3))
@pytest.mark.parametrize(("mode", "named"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
def test_padding_with_what_is_there(mode: str, named: str, widths: tuple[int, int], shape: tuple[int, ...]) -> None:
    agree(lambda x: F.pad(x, widths, mode), lambda x: np.pad(x, [(0, 0), (0, 0), widths], mode=named), numbers(*shape))


@some(20)
@given(widths=st.lists(st.tuples(*[st.integers(-1, 2)] * 2), max_size=3), value=st.sampled_from([0.0, -3.5]))
def test_padding_and_cropping_with_a_number(widths: list[tuple[int, int]], value: float) -> None:
    whole = [(0, 0)] * (3 - len(widths)) + widths[::-1]
    grown = [(max(a, 0), max(b, 0)) for a, b in whole]
    kept = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip((2, 3, 4), whole, strict=True))
    flat = [n for pair in widths for n in pair]
    agree(
        lambda x: F.pad(x, flat, value=value), lambda x: np.pad(x[kept], grown, constant_values=value), numbers(2, 3, 4)
    )


# Indexing

SIZES = (3, 4, 2)
PLACES = st.lists(st.integers(-2, 1), min_size=1, max_size=3)
WHOLE = st.builds(slice, *[st.none() | st.integers(-5, 5)] * 2, st.none() | st.integers(1, 3))
ENTRY = st.one_of(WHOLE, st.none(), st.integers(-2, 1), PLACES, st.just(Ellipsis), st.just("mask"))
KEYS = st.lists(ENTRY, min_size=1, max_size=5).filter(
    lambda key: sum(k is not None and k is not Ellipsis for k in key) <= 3 and key.count(Ellipsis) < 2
)


def filled(key: list) -> tuple[list, list]:
    """A key with masks of the axis in place of "mask"; and the same with slices in place of the Ellipsis."""
    given_axes = sum(k is not None and k is not Ellipsis for k in key)
    i = key.index(Ellipsis) if Ellipsis in key else len(key)
    sizes, whole = iter(SIZES), []
    for k in [*key[:i], *[slice(None)] * (3 - given_axes), *key[i + 1 :]]:
        n = None if k is None else next(sizes)
        whole.append(np.arange(n) % 2 == 0 if isinstance(k, str) else np.array(k) if isinstance(k, list) else k)
    return [*whole[:i], *key[i : i + 1], *whole[i + 3 - given_axes :]], whole


def in_two_steps(x: np.ndarray, key: list) -> tuple[np.ndarray, tuple]:
    """Integers, slices and new axes first: a view of x; then the key of arrays that is left, as PyTorch has it."""
    first = tuple(slice(None) if isinstance(k, np.ndarray) else k for k in key)
    return x[(*first, ...)], tuple(
        k if isinstance(k, np.ndarray) else slice(None) for k in key if not isinstance(k, int)
    )


def for_tensors(key: list) -> tuple:
    return tuple(tg.tensor(k) if isinstance(k, np.ndarray) else k for k in key)


def counts_of(key: list) -> set[int]:
    """How many places each array of a key picks."""
    return {int(k.sum()) if k.dtype == bool else k.size for k in key if isinstance(k, np.ndarray)}


@some(150)
@given(key=KEYS)
def test_any_key_reads_what_numpy_reads(key: list) -> None:
    asked, whole = filled(key)
    if len(counts_of(whole) - {1}) > 1:
        with pytest.raises(IndexError):
            tg.tensor(numbers(*SIZES))[for_tensors(asked)]
        return

    def truth(x: np.ndarray) -> np.ndarray:
        seen, rest = in_two_steps(x, whole)
        return seen[rest]

    agree(lambda x: x[for_tensors(asked)], truth, numbers(*SIZES))


@some(100)
@given(key=KEYS)
def test_any_key_writes_what_numpy_writes(key: list) -> None:
    asked, whole = (
        [np.unique(k % 2) if isinstance(k, np.ndarray) and k.dtype != bool else k for k in part] for part in filled(key)
    )
    if len(counts_of(whole) - {1}) > 1:
        return
    seen, rest = in_two_steps(numbers(*SIZES), whole)
    value = numbers(*seen[rest].shape, seed="value")

    def run(x: tg.Tensor, v: tg.Tensor) -> tg.Tensor:
        y = x * 2
        y[for_tensors(asked)] = v
        return y

    def truth(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        y = x * 2
        part, left = in_two_steps(y, whole)
        part[left] = v
        return y

    agree(run, truth, numbers(*SIZES), value)


def drawn_places(data: st.DataObject, shape: tuple[int, ...], dim: int) -> np.ndarray:
    """Integers along one axis, in a shape that is as large as `shape` at most on the others."""
    sizes = [data.draw(st.integers(1, 4 if axis == dim else n)) for axis, n in enumerate(shape)]
    seed = data.draw(st.integers(0, 99))
    return np.random.default_rng(seed).integers(0, shape[dim], sizes)


def added(x: np.ndarray, dim: int, index: np.ndarray, source: np.ndarray) -> np.ndarray:
    """scatter_add by its definition."""
    z = x.copy()
    for place in itertools.product(*map(range, index.shape)):
        target = list(place)
        target[dim] = index[place]
        z[tuple(target)] += source[place]
    return z


@some(40)
@given(data=st.data())
def test_gather_and_scatter_along_an_axis(data: st.DataObject) -> None:
    shape = data.draw(AXES)
    d = data.draw(st.integers(0, len(shape) - 1))
    index = drawn_places(data, shape, d)
    part = tuple(slice(None) if a == d else slice(n) for a, n in enumerate(index.shape))
    x, y = numbers(*shape), numbers(*index.shape, seed="y")
    agree(lambda x, i: x.gather(d, i), lambda x, i: np.take_along_axis(x[part], i, d), x, index)
    agree(lambda x, i, y: x.scatter_add(d, i, y), lambda x, i, y: added(x, d, i, y), x, index, y)
    line = index.reshape(-1)
    rows = numbers(*(len(line) if a == d else n for a, n in enumerate(shape)), seed="rows")
    agree(lambda x, i: x.index_select(d, i), lambda x, i: np.take(x, i, d), x, line)
    spread = np.broadcast_to(line.reshape([-1 if a == d else 1 for a in range(x.ndim)]), rows.shape)
    agree(lambda x, i, y: x.index_add(d, i, y), lambda x, i, y: added(x, d, spread, y), x, line, rows)


@some(20)
@given(shapes=PAIRS)
def test_masks_broadcast(shapes: Any) -> None:
    first, second = shapes.input_shapes
    mask = numbers(*second, seed="mask") > 0
    x = numbers(*np.broadcast_shapes(first, second))
    agree(lambda x, m: x.masked_fill(m, 7.0), lambda x, m: np.where(m, 7.0, x), x, mask)
    agree(lambda x, m: x.masked_select(m), lambda x, m: x[np.broadcast_to(m, x.shape)], x, mask)


# Matrices, convolutions, pooling


@some(50)
@given(shapes=arrays.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3, min_side=0))
def test_batches_of_matrices_broadcast(shapes: Any) -> None:
    first, second = shapes.input_shapes
    agree(lambda x, y: x @ y, np.matmul, numbers(*first), numbers(*second, seed="y"))


PAIR = st.tuples(SIDE, SIDE)


@some(50)
@given(data=st.data())
def test_convolution_of_two_axes(data: st.DataObject) -> None:
    groups, per_group, out, rows, columns = (data.draw(SIDE) for _ in range(5))
    options = {name: data.draw(PAIR) for name in ("stride", "padding", "dilation")}
    x, w = numbers(1, groups * per_group, 7, 5), numbers(groups * out, per_group, rows, columns)
    b = numbers(groups * out)
    agree(
        lambda x, w, b: F.conv2d(x, w, b, groups=groups, **options),
        lambda x, w, b: conv_by_loops(x, w, groups=groups, **options) + b[:, None, None],
        x, w, b,
    )  # fmt: skip


@some(20)
@given(groups=SIDE, per_group=SIDE, out=SIDE, width=SIDE, stride=SIDE, padding=SIDE, dilation=SIDE)
def test_convolution_of_one_axis(groups: int, per_group: int, out: int, width: int, **one: int) -> None:
    both = {name: (1 if name != "padding" else 0, n) for name, n in one.items()}
    agree(
        lambda x, w: F.conv1d(x, w, groups=groups, **one),
        lambda x, w: conv_by_loops(x[:, :, None], w[:, :, None], groups=groups, **both)[:, :, 0],
        numbers(1, groups * per_group, 7), numbers(groups * out, per_group, width),
    )  # fmt: skip


@some(20)
@given(data=st.data())
def test_transposed_convolution(data: st.DataObject) -> None:
    kernel, stride, dilation = (data.draw(PAIR) for _ in range(3))
    padding = tuple(data.draw(st.integers(0, (k - 1) * d)) for k, d in zip(kernel, dilation, strict=True))
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    extra = tuple(data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))

    def truth(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Each element spreads the kernel over the output; the padding is cut off at the end."""
        size = [(n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(x.shape[2:], stride, dilation, kernel, strict=True)]
        z = np.zeros((len(x), w.shape[1], *(n + e for n, e in zip(size, extra, strict=True))))
        for i, j, a, b in itertools.product(*map(range, (*x.shape[2:], *kernel))):
            at = (i * stride[0] + a * dilation[0], j * stride[1] + b * dilation[1])
            z[:, :, at[0], at[1]] += x[:, :, i, j] @ w[:, :, a, b]
        return z[:, :, padding[0] : z.shape[2] - padding[0], padding[1] : z.shape[3] - padding[1]]

    x, w = numbers(1, 2, 3, 2), numbers(2, 3, *kernel)
    agree(lambda x, w: F.conv_transpose2d(x, w, output_padding=extra, **options), truth, x, w)


def pooled(x: np.ndarray, kernel: Any, stride: Any, padding: Any, ceil: bool, average: str | None) -> np.ndarray:
    """Pooling of two axes by its definition; average: None for the largest, else whether the border "counts"."""
    spans = []
    for n, k, s, p in zip(x.shape[2:], kernel, stride, padding, strict=True):
        count = (math.ceil if ceil else math.floor)((n + 2 * p - k) / s) + 1
        starts = [i * s - p for i in range(count) if i * s - p < n]  # none begins in the border behind
        spans.append([(max(a, 0), min(a + k, n), min(a + k, n + p) - a) for a in starts])
    parts = [(x[:, :, a:b, c:d], m * o) for (a, b, m), (c, d, o) in itertools.product(*spans)]
    if average is None:
        found = [part.max((2, 3)) for part, _ in parts]
    else:
        found = [part.sum((2, 3)) / (area if average == "counts" else part[0, 0].size) for part, area in parts]
    return np.stack(found, -1).reshape(*x.shape[:2], *map(len, spans))


@pytest.mark.parametrize("average", [None, "counts", "counts not"])
@some(20)
@given(data=st.data())
def test_pooling_of_two_axes(average: str | None, data: st.DataObject) -> None:
    kernel, stride, ceil = data.draw(PAIR), data.draw(PAIR), data.draw(st.booleans())
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)

    def run(x: tg.Tensor) -> tg.Tensor:
        if average is None:
            return F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil)
        return F.avg_pool2d(x, kernel, stride, padding, ceil, average == "counts")

    agree(run, lambda x: pooled(x, kernel, stride, padding, ceil, average), numbers(1, 2, 5, 4))


@pytest.mark.parametrize("largest", [False, True])
@some(20)
@given(sizes=PAIR, out=PAIR)
def test_adaptive_pooling(largest: bool, sizes: tuple[int, int], out: tuple[int, int]) -> None:
    def truth(x: np.ndarray) -> np.ndarray:
        cuts = [[(i * n // k, -(-(i + 1) * n // k)) for i in range(k)] for n, k in zip(x.shape[2:], out, strict=True)]
        reduce = np.max if largest else np.mean
        found = [reduce(x[:, :, a:b, c:d], (2, 3)) for (a, b), (c, d) in itertools.product(*cuts)]
        return np.stack(found, -1).reshape(*x.shape[:2], *out)

    run = F.adaptive_max_pool2d if largest else F.adaptive_avg_pool2d
    agree(lambda x: run(x, out), truth, numbers(1, 2, sizes[0] + 2, sizes[1]))
