"""What the table of operations cannot say of the pointwise family: exactness, higher derivatives, types, errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_course as tg
from tinygrad_course.autograd import grad, gradcheck
from tinygrad_course.ops.functions import erf

DTYPES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]

BINARY: dict[str, Callable[..., Any]] = {
    "add": lambda t, x, y: x + y,
    "div": lambda t, x, y: x / y,
    "pow": lambda t, x, y: x**y,
    "remainder": lambda t, x, y: x % y,
    "floor divide": lambda t, x, y: x // y,
    "maximum": lambda t, x, y: t.Tensor.maximum(x, y),
    "atan2": lambda t, x, y: t.Tensor.atan2(x, y),
    "where": lambda t, x, y: t.where(x == y, x, y),
    "clamp": lambda t, x, y: x.clamp(min=y),
    "equal": lambda t, x, y: x == y,
    "logical and": lambda t, x, y: t.Tensor.logical_and(x, y),
    "bitwise or": lambda t, x, y: x | y,
}

# a call, the error it must raise, and what its text must hold
ERRORS: list[tuple[str, Callable[[Any], Any], type[Exception], str]] = [
    ("integer remainder by 0", lambda t: t.tensor([1, 2]) % 0, RuntimeError, "ZeroDivisionError"),
    ("integer quotient by 0", lambda t: t.tensor([1, 2]) // t.tensor([1, 0]), RuntimeError, "ZeroDivisionError"),
    ("integers to a negative power", lambda t: t.tensor([2]) ** -1, RuntimeError, "negative integer powers"),
    ("clamp without bounds", lambda t: t.ones(2).clamp(), RuntimeError, "min or max"),
    ("where on numbers", lambda t: t.where(t.ones(2), 1, 0), RuntimeError, "boolean"),
    ("and on floats", lambda t: t.ones(2) & t.ones(2), NotImplementedError, "compare first"),
    ("not on floats", lambda t: ~t.ones(2), TypeError, "not supported"),
    ("rounding_mode misspelt", lambda t: t.ones(2).div(2, rounding_mode="down"), RuntimeError, "rounding_mode"),
    ("shapes that do not broadcast", lambda t: t.ones(2).maximum(t.ones(3)), RuntimeError, "broadcast|size"),
    ("a keyword misspelt", lambda t: t.ones(2).clamp(mim=0), TypeError, "mim"),
    ("text as an operand", lambda t: t.ones(2).atan2("1"), TypeError, "str"),
]
by_name = pytest.mark.parametrize("name", BINARY)


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def pytorch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[parity]' compares with it")


@pytest.mark.parametrize(("call", "error", "text"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_errors_are_pytorchs_and_say_why(call: Callable, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(tg)


@pytest.mark.parametrize(("call", "error"), [row[1:3] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_pytorch_raises_the_same(call: Callable, error: type[Exception]) -> None:
    torch = pytorch()
    with pytest.raises(error):
        call(torch)


@by_name
def test_dtypes_meet_as_in_pytorch(name: str) -> None:
    torch = pytorch()
    differing = []
    for first in DTYPES:
        for second in [*DTYPES, "0-d float64", "0-d int64", 2, 2.5, True]:
            ours, theirs = (outcome(t, BINARY[name], first, second) for t in (tg, torch))
            if theirs not in (ours, "error") and (name, first, second) != ("pow", "bool", True):  # NumPy has int8 there
                differing.append((first, second, ours, theirs))
    assert not differing


def outcome(t: Any, run: Callable, first: str, second: Any) -> str:
    """The dtype that two operands meet in; "error" where PyTorch, stricter here, takes tensors or numbers alone."""
    x = t.ones(2, dtype=getattr(t, first))
    y = second
    if isinstance(second, str):
        y = t.ones(() if "0-d" in second else (2,), dtype=getattr(t, second.removeprefix("0-d ")))
    try:
        return str(run(t, x, y).dtype).removeprefix("torch.")
    except (RuntimeError, TypeError):
        return "error"


def test_erf_is_exact() -> None:
    x = np.concatenate([np.linspace(-7, 7, 40_001), 10.0 ** -np.arange(1, 300, 7), [0.0]])
    expected = np.array([math.erf(v) for v in x])
    np.testing.assert_allclose(erf(x), expected, rtol=5e-16, atol=1e-300)
    np.testing.assert_array_equal(erf(np.array([np.inf, -np.inf, np.nan])), [1, -1, np.nan])
    assert erf(np.zeros((0, 3))).shape == (0, 3)


def test_nothing_overflows_in_sigmoid_and_softplus() -> None:
    x = leaf(-1e4, -40.0, 0.0, 40.0, 1e4)
    with np.errstate(over="raise", invalid="raise"):
        s, p = x.sigmoid(), tg.ops.Softplus(x)
        (g,) = grad(p.sum(), x)
    np.testing.assert_allclose(s.tolist(), [0, math.exp(-40), 0.5, 1, 1], rtol=1e-15)
    np.testing.assert_allclose(p.tolist(), [0, math.exp(-40), math.log(2), 40, 1e4], rtol=1e-15)
    np.testing.assert_array_equal(g.tolist(), s.tolist())


def test_small_numbers_keep_their_digits() -> None:
    tiny = tg.tensor([1e-17, -1e-12], dtype=tg.float64)
    for function in (tg.Tensor.expm1, tg.Tensor.log1p, tg.Tensor.sinh, tg.Tensor.asinh, tg.Tensor.atanh):
        np.testing.assert_allclose(function(tiny).tolist(), tiny.tolist(), rtol=1e-11)


@pytest.mark.parametrize(
    ("power", "derivatives"), [(2, [0, 0, 2, 0]), (3, [0, 0, 0, 6]), (1, [0, 1, 0, 0]), (0, [1, 0, 0, 0])]
)
def test_every_derivative_of_a_power_at_0(power: int, derivatives: list[float]) -> None:
    x = leaf(0.0)
    y = x**power
    for expected in derivatives:
        assert y.item() == expected
        (y,) = grad(y.sum(), x, create_graph=True) if y.requires_grad else (tg.zeros(1),)


def test_the_mixed_derivative_of_x_to_the_0() -> None:
    x, y = leaf(3.0), leaf(0.0)
    (gx,) = grad((x**y).sum(), x, create_graph=True)
    (gxy,) = grad(gx.sum(), y)
    assert gxy.item() == pytest.approx(1 / 3)  # d/dy of y * x**(y - 1) at y = 0


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "sin", "exp", "erf", "atan", "cosh"])
def test_third_derivatives(name: str) -> None:
    x = leaf(-0.7, 0.3, 1.1)

    def second(x: tg.Tensor) -> tg.Tensor:
        (first,) = grad(getattr(x, name)().sum(), x, create_graph=True)
        return grad(first.sum(), x, create_graph=True)[0]

    assert gradcheck(second, x)


@pytest.mark.parametrize(("name", "kept"), [("tanh", "z"), ("sigmoid", "z"), ("exp", "z"), ("sqrt", "z"), ("sin", "x")])
def test_a_rule_keeps_only_what_it_reads(name: str, kept: str) -> None:
    x = leaf(0.5, 1.5)
    y = getattr(x, name)()
    (y if kept == "x" else x).data[:] = 7.0  # what the rule does not read may change
    expected = np.array({"tanh": 1 - np.tanh([0.5, 1.5]) ** 2, "sin": np.cos([0.5, 1.5])}.get(name, 0))
    y.sum().backward()
    if name in ("tanh", "sin"):
        np.testing.assert_allclose(x.grad.tolist(), expected)
    else:
        assert 7.0 not in x.grad.tolist()


def test_ties_share_the_gradient() -> None:
    x, y = leaf(1.0, 2.0), leaf(1.0, 5.0)
    x.maximum(y).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0.5, 0.0], [0.5, 1.0])


def test_isclose_allclose_equal() -> None:
    x = tg.tensor([1.0, 2.0, float("nan")])
    assert x.isclose(x + 1e-7).tolist() == [True, True, False]
    assert x.allclose(x, equal_nan=True) is True
    assert x.allclose(x) is False
    assert tg.ones(2).equal(tg.ones(2)) is True
    assert tg.ones(2).equal(tg.ones(1)) is False


def test_numbers_on_the_left() -> None:
    x = tg.tensor([2, 3])
    found = [5 % x, 5 // x, 2**x, 3 & x, 8 | x, 1 ^ x]
    assert [y.tolist() for y in found] == [[1, 2], [2, 1], [4, 8], [2, 3], [10, 11], [3, 2]]
    assert (np.array([2.0, 2.0]) ** x.double()).tolist() == [4.0, 8.0]


SMOOTH = st.sampled_from(["add", "mul", "maximum", "atan2"])


@settings(max_examples=40, deadline=None)
@given(shapes=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0), name=SMOOTH)
def test_any_two_shapes_that_broadcast(shapes: Any, name: str) -> None:
    first, second = shapes.input_shapes
    rng = np.random.default_rng(0)
    x, y = (tg.tensor(rng.standard_normal(s), requires_grad=True) for s in (first, second))
    z = getattr(x, name)(y)
    assert z.shape == shapes.result_shape
    z.sum().backward()
    assert (x.grad.shape, y.grad.shape) == (first, second)
    assert gradcheck(lambda x, y: getattr(x, name)(y), (x, y))


@pytest.mark.parametrize("operation", [lambda x, y: x % y, lambda x, y: x // y, tg.fmod])
def test_floats_divide_by_an_integer_0_and_integers_do_not(operation: Callable[..., Any]) -> None:
    assert not np.isfinite(operation(tg.tensor([1.0]), 0).item())
    assert not np.isfinite(operation(tg.tensor([1.0]), tg.tensor([0])).item())
    for divisor in (0, tg.tensor([0])):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            operation(tg.tensor([1]), divisor)
