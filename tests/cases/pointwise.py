"""Rows for tinygrad_course/ops/elementwise.py."""

import math
from typing import Any

import numpy as np

from .base import Case, case, numbers

A, B = numbers(3, 4), numbers(3, 4, seed="b")
ROW, POSITIVE, SCALAR = numbers(4), numbers(3, 4, low=0.1), np.float64(1.7)

ABOVE_ONE, INSIDE, TIES = numbers(3, 4, low=1.1), numbers(3, 4, low=-0.95, high=0.95), np.array([1.0, 2.0, -3.0, 0.0])
INTEGERS, DIVISORS = np.array([[7, -7], [0, 6]]), np.array([[3, -3], [4, -4]])
BITS, OTHER_BITS = np.array([0, 1, 6, -3]), np.array([3, 1, 5, 8])
YES, NO = np.array([True, True, False, False]), np.array([True, False, True, False])
EDGES = np.array([-np.inf, -1e300, -750.0, -1e-300, 0.0, 1e-300, 40.0, 750.0, 1e300, np.inf, np.nan])
ORIGIN = np.array([0.0, 0.0, 2.0, 0.0, -1.0]), np.array([0.0, 2.0, 0.0, 1.0, 2.0])

# name of the function and of its operation, numbers it is smooth on, the same by NumPy
FUNCTIONS = [
    ("exp", "Exp", A, np.exp), ("expm1", "Expm1", A, np.expm1), ("exp2", "Pow", A, np.exp2),
    ("log", "Log", POSITIVE, np.log), ("log1p", "Log1p", POSITIVE, np.log1p), ("log2", "Log2", POSITIVE, np.log2),
    ("log10", "Log10", POSITIVE, np.log10), ("sqrt", "Sqrt", POSITIVE, np.sqrt),
    ("rsqrt", "Sqrt Div", POSITIVE, lambda x: x**-0.5), ("square", "Pow", A, np.square),
    ("reciprocal", "Div", A, np.reciprocal), ("sin", "Sin", A, np.sin), ("cos", "Cos", A, np.cos),
    ("tan", "Sin Cos Div", INSIDE, np.tan), ("asin", "Asin", INSIDE, np.arcsin), ("acos", "Acos", INSIDE, np.arccos),
    ("atan", "Atan", A, np.arctan), ("sinh", "Sinh", A, np.sinh), ("cosh", "Cosh", A, np.cosh),
    ("tanh", "Tanh", A, np.tanh), ("asinh", "Asinh", A, np.arcsinh), ("acosh", "Acosh", ABOVE_ONE, np.arccosh),
    ("atanh", "Atanh", INSIDE, np.arctanh), ("sigmoid", "Sigmoid", A, lambda x: 1 / (1 + np.exp(-x))),
    ("erf", "Erf", A, np.vectorize(math.erf, otypes=[float])), ("abs", "Abs", A, np.abs), ("neg", "Neg", A, np.negative),
    ("sign", "Sign", A, np.sign), ("floor", "Floor", A, np.floor), ("ceil", "Ceil", A, np.ceil),
    ("trunc", "Trunc", A, np.trunc), ("round", "Round", A, np.round), ("relu", "ReLU", A, lambda x: np.where(x > 0, x, 0)),
    ("isnan", "Not Equal", A, np.isnan), ("isinf", "Equal", A, np.isinf), ("isfinite", "Less", A, np.isfinite),
    ("logical_not", "Equal", A, np.logical_not), ("nan_to_num", "Where", A, np.nan_to_num),
]  # fmt: skip


def softplus(t: Any, x: Any) -> Any:
    """The operation itself here, PyTorch's function there."""
    return t.nn.functional.softplus(x) if t.__name__ == "torch" else t.ops.Softplus(x)


def function_rows() -> list[Case]:
    """For each function: a matrix, its edges, integers, nothing, and a 0-d tensor."""
    rows = []
    for name, op, smooth, truth in FUNCTIONS:

        def run(t, x, name=name):
            return getattr(t.Tensor, name)(x)

        options = {"gradients": name not in ("isnan", "isinf", "isfinite", "logical_not")}
        rows += [
            case(name, op, run, smooth, truth=truth, **options),
            case(f"{name} 0-d", op, run, smooth[0, 0], truth=truth, **options),
            case(f"{name} nothing", op, run, np.zeros((0, 2)), truth=truth, **options),
            case(f"{name} edges", op, run, EDGES[:-1] if name == "relu" else EDGES, gradients=False),
            case(f"{name} integers", op, run, INTEGERS, gradients=False),
        ]
    return rows


POINTWISE = [
    case("add", "Add", lambda t, x, y: x + y, A, B, truth=lambda x, y: x + y),
    case("add row", "Add", lambda t, x, y: x + y, A, ROW, truth=lambda x, y: x + y),
    case("row add", "Add", lambda t, x, y: x + y, ROW, A, truth=lambda x, y: x + y),
    case("add number", "Add", lambda t, x: x + 2, A, truth=lambda x: x + 2),
    case("number add", "Add", lambda t, x: 2.5 + x, A, truth=lambda x: 2.5 + x),
    case("add 0-d", "Add", lambda t, x, y: x + y, A, SCALAR, truth=lambda x, y: x + y),
    case("add empty", "Add", lambda t, x, y: x + y, np.zeros((0, 3)), np.zeros((1, 3)), truth=lambda x, y: x + y),
    case("add itself", "Add", lambda t, x: x + x, A, truth=lambda x: 2 * x),
    case("sub column", "Sub", lambda t, x, y: x - y, A, numbers(3, 1), truth=lambda x, y: x - y),
    case("number sub", "Sub", lambda t, x: 1 - x, A, truth=lambda x: 1 - x),
    case("mul", "Mul", lambda t, x, y: x * y, A, B, truth=lambda x, y: x * y),
    case("mul outer", "Mul", lambda t, x, y: x * y, numbers(3, 1), numbers(1, 4), truth=lambda x, y: x * y),
    case("mul itself", "Mul", lambda t, x: x * x, A, truth=lambda x: x**2),
    case("div", "Div", lambda t, x, y: x / y, A, POSITIVE, truth=lambda x, y: x / y),
    case("number div", "Div", lambda t, x: 3 / x, POSITIVE, truth=lambda x: 3 / x),
    case("div integers", "Div", lambda t, x, y: x / y, np.array([1, 2]), np.array([3, 4]), truth=lambda x, y: x / y),
    case("minus", "Neg", lambda t, x: -x, A, truth=lambda x: -x),
    case("relu at zero", "ReLU", lambda t, x: x.relu(), [0.0, -0.0, 1.0], gradients=False),
    case("equal", "Equal", lambda t, x, y: x == y, [1, 2], [1, 3], truth=lambda x, y: x == y),
    case("not equal", "Equal", lambda t, x, y: x != y, [1, 2], [1, 3], truth=lambda x, y: x != y),
    case("less", "Less", lambda t, x, y: x < y, A, B, truth=lambda x, y: x < y, gradients=False),
    case("greater number", "Less", lambda t, x: x > 0.5, A, truth=lambda x: x > 0.5, gradients=False),
    case("less equal", "LessEqual", lambda t, x, y: x <= y, A, A, truth=lambda x, y: x <= y, gradients=False),
    case("less equal edges", "LessEqual", lambda t, x: x <= 0, EDGES, gradients=False),
    case("power by number", "Pow", lambda t, x: x**3, A, truth=lambda x: x**3),
    case("power by half", "Pow", lambda t, x: x**0.5, POSITIVE, truth=np.sqrt),
    case("power by 0", "Pow", lambda t, x: x**0, [0.0, 1.5, -2.0], truth=np.ones_like),
    case("power by 1 at 0", "Pow", lambda t, x: x**1, TIES, truth=lambda x: x),
    case("power by 2 at 0", "Pow", lambda t, x: x**2, TIES, truth=lambda x: x * x),
    case("power by -1", "Pow", lambda t, x: x**-1, A, truth=lambda x: 1 / x),
    case("power by -1 at 0", "Pow", lambda t, x: x**-1, [0.0, 2.0], gradients=False),
    case("power by half at 0", "Pow", lambda t, x: x**0.5, [0.0, 2.0], gradients=False),
    case("number to a power", "Pow", lambda t, x: 2**x, A, truth=lambda x: 2.0**x),
    case("0 to a power", "Pow", lambda t, x: 0.0**x, [0.0, 1.5, 2.0], gradients=False),
    case("tensor to a tensor", "Pow", lambda t, x, y: x**y, POSITIVE, A, truth=lambda x, y: x**y),
    case("tensor to a row", "Pow", lambda t, x, y: x**y, POSITIVE, ROW, truth=lambda x, y: x**y),
    case("row to a tensor", "Pow", lambda t, x, y: x.pow(y), numbers(4, low=0.1), A, truth=lambda x, y: x**y),
    case("0 to a tensor", "Pow", lambda t, x, y: x**y, np.zeros(4), [0.0, 0.5, 1.0, 2.0], gradients=False),
    case("negative to whole numbers", "Pow", lambda t, x, y: x**y, A, np.full(4, 3), truth=lambda x, y: x**y),
    case("integer power", "Pow", lambda t, x: x**2, INTEGERS, truth=lambda x: x**2),
    case("integers to a float", "Pow", lambda t, x: x**2.0, INTEGERS, truth=lambda x: x**2.0),
    case("remainder", "Remainder", lambda t, x, y: x % y, 3 * A, B, truth=lambda x, y: x % y),
    case("remainder number", "Remainder", lambda t, x: x % -0.7, A, truth=lambda x: x % -0.7),
    case("number remainder", "Remainder", lambda t, x: 5 % x, A, truth=lambda x: 5 % x, torch="PyTorch has no gradient there"),
    case("remainder integers", "Remainder", lambda t, x, y: x % y, INTEGERS, DIVISORS, truth=lambda x, y: x % y),
    case("fmod", "Fmod", lambda t, x, y: t.Tensor.fmod(x, y), 3 * A, B, truth=np.fmod),
    case("fmod integers", "Fmod", lambda t, x, y: t.Tensor.fmod(x, y), INTEGERS, DIVISORS, truth=np.fmod),
    case("floor divide", "FloorDivide", lambda t, x, y: x.detach() // y.detach(), 3 * A, B, truth=lambda x, y: x // y, gradients=False),
    case("number floor divide", "FloorDivide", lambda t, x: 7 // x, DIVISORS, truth=lambda x: 7 // x),
    case("floor divide integers", "FloorDivide", lambda t, x, y: x // y, INTEGERS, DIVISORS, truth=lambda x, y: x // y),
    case("div floor", "FloorDivide", lambda t, x, y: x.div(y, rounding_mode="floor"), INTEGERS, DIVISORS, truth=lambda x, y: x // y),
    case("div trunc", "Div Trunc", lambda t, x, y: x.div(y, rounding_mode="trunc"), INTEGERS, DIVISORS),
    case("div trunc floats", "Div Trunc", lambda t, x: x.div(0.7, rounding_mode="trunc"), A),
    case("add alpha", "Add Mul", lambda t, x, y: x.add(y, alpha=3), A, B, truth=lambda x, y: x + 3 * y),
    case("sub alpha", "Sub Mul", lambda t, x, y: x.sub(y, alpha=3), A, B, truth=lambda x, y: x - 3 * y),
    case("abs at zero", "Abs", lambda t, x: abs(x), TIES, gradients=False),
    case("sign at zero", "Sign", lambda t, x: x.sign(), TIES, gradients=False),
    case("sqrt at zero", "Sqrt", lambda t, x: x.sqrt(), [0.0, 4.0], gradients=False),
    case("round halves", "Round", lambda t, x: x.round(), [0.5, 1.5, -0.5, -2.5], gradients=False),
    case("round decimals", "Round", lambda t, x: x.round(decimals=1), A, truth=lambda x: np.round(x, 1)),
    case("atan2", "Atan2", lambda t, x, y: x.atan2(y), A, B, truth=np.arctan2),
    case("atan2 row", "Atan2", lambda t, x, y: x.atan2(y), ROW, B, truth=np.arctan2),
    case("atan2 on the axes", "Atan2", lambda t, x, y: x.atan2(y), *ORIGIN, gradients=False),
    case("softplus", "Softplus", lambda t, x: softplus(t, x), A, truth=lambda x: np.log(1 + np.exp(x))),
    case("softplus edges", "Softplus", lambda t, x: softplus(t, x), EDGES[:-1], gradients=False),
    case("maximum", "Maximum Where", lambda t, x, y: t.Tensor.maximum(x, y), A, B, truth=np.maximum),
    case("maximum row", "Maximum", lambda t, x, y: t.Tensor.maximum(x, y), ROW, B, truth=np.maximum),
    case("maximum ties", "Maximum", lambda t, x, y: t.Tensor.maximum(x, y), TIES, [1.0, 5.0, -3.0, np.nan], gradients=False),
    case("minimum", "Minimum", lambda t, x, y: t.Tensor.minimum(x, y), A, B, truth=np.minimum),
    case("minimum column", "Minimum", lambda t, x, y: t.Tensor.minimum(x, y), A, numbers(3, 1), truth=np.minimum),
    case("minimum ties", "Minimum", lambda t, x, y: t.Tensor.minimum(x, y), TIES, [1.0, 5.0, -3.0, np.nan], gradients=False),
    case("max of two", "Maximum", lambda t, x, y: x.max(y), A, B, truth=np.maximum),
    case("maximum mixed", "Maximum", lambda t, x, y: t.Tensor.maximum(x, y), ROW, np.array([0, 1, -1, 0]), truth=np.maximum),
    case("where", "Where", lambda t, c, x, y: t.where(c, x, y), A > 0, A, B, truth=np.where),
    case("where broadcasts", "Where", lambda t, c, x, y: t.where(c, x, y), ROW > 0, numbers(3, 1), B, truth=np.where),
    case("where large condition", "Where", lambda t, c, x: t.where(c, x, 0), A > 0, ROW, truth=lambda c, x: np.where(c, x, 0)),
    case("where number", "Where", lambda t, c, x: t.where(c, 1.5, x), A > 0, A, truth=lambda c, x: np.where(c, 1.5, x)),
    case("where two numbers", "Where", lambda t, c: t.where(c, 1, 0), A > 0, truth=lambda c: np.where(c, 1, 0)),
    case("where integers and floats", "Where", lambda t, c, x, y: t.where(c, x, y), INTEGERS > 0, INTEGERS, numbers(2, 2), truth=np.where),
    case("where keeps nan out", "Where Log", lambda t, x: t.where(x > 0, x.log(), x), [-1.5, 2.0], truth=lambda x: [-1.5, np.log(2)]),
    case("where method", "Where", lambda t, x: x.where(x > 0, 0.5), A, truth=lambda x: np.where(x > 0, x, 0.5)),
    case("where places", "Equal", lambda t, x: t.where(x > 0)[1], A, truth=lambda x: np.nonzero(x > 0)[1], gradients=False),
    case("clamp", "Where", lambda t, x: x.clamp(-0.5, 1.2), A, truth=lambda x: np.clip(x, -0.5, 1.2)),
    case("clamp min", "Where", lambda t, x: x.clamp(min=0), A, truth=lambda x: np.clip(x, 0, None)),
    case("clamp max", "Where", lambda t, x: x.clamp(max=0.5), A, truth=lambda x: np.clip(x, None, 0.5)),
    case("clamp on the bounds", "Where", lambda t, x: x.clamp(-3, 1), TIES, gradients=False),
    case("clamp crossed bounds", "Where", lambda t, x: x.clamp(1, -1), A),
    case("clamp by tensors", "Where", lambda t, x, y: x.clamp(y, y + 1), A, ROW, truth=lambda x, y: np.clip(x, y, y + 1)),
    case("clamp integers", "Where", lambda t, x: x.clamp(1, 6), INTEGERS, truth=lambda x: np.clip(x, 1, 6)),
    case("clamp integers by a float", "Where", lambda t, x: x.clamp(1.5), INTEGERS, truth=lambda x: np.clip(x, 1.5, None)),
    case("clamp edges", "Where", lambda t, x: x.clamp(-1, 1), EDGES[:-1], gradients=False),
    case("lerp", "Add Sub Mul", lambda t, x, y: x.lerp(y, 0.3), A, B, truth=lambda x, y: x + 0.3 * (y - x)),
    case("lerp tensor", "Add Sub Mul", lambda t, x, y, w: x.lerp(y, w), A, B, numbers(3, 4, seed="w")),
    case("addcmul", "Add Mul", lambda t, x, y, w: x.addcmul(y, w, value=0.5), A, B, ROW, truth=lambda x, y, w: x + 0.5 * y * w),
    case("addcdiv", "Add Div", lambda t, x, y, w: x.addcdiv(y, w, value=0.5), A, B, POSITIVE, truth=lambda x, y, w: x + 0.5 * y / w),
    case("nan to numbers", "Where", lambda t, x: x.nan_to_num(0.5, 2.0, -2.0), EDGES, gradients=False),
    case("isclose", "Equal", lambda t, x, y: x.isclose(y), EDGES, EDGES * (1 + 1e-7), truth=np.isclose, gradients=False),
    case("logical and", "And", lambda t, x, y: t.Tensor.logical_and(x, y), BITS, OTHER_BITS - 3, truth=np.logical_and),
    case("logical or", "Or", lambda t, x, y: t.Tensor.logical_or(x, y), YES, NO, truth=np.logical_or),
    case("logical xor", "Xor", lambda t, x, y: t.Tensor.logical_xor(x, y), TIES, [0.0, 1.0, 2.0, 0.0], truth=np.logical_xor, gradients=False),
    case("and", "And", lambda t, x, y: x & y, BITS, OTHER_BITS, truth=np.bitwise_and),
    case("or", "Or", lambda t, x, y: x | y, BITS, OTHER_BITS, truth=np.bitwise_or),
    case("xor", "Xor", lambda t, x, y: x ^ y, BITS, OTHER_BITS, truth=np.bitwise_xor),
    case("and of bools", "And", lambda t, x, y: x & y, YES, NO, truth=np.logical_and),
    case("number and", "And", lambda t, x: 3 & x, BITS, truth=lambda x: 3 & x),
    case("not", "Not", lambda t, x: ~x, BITS, truth=np.invert),
    case("not of bools", "Not", lambda t, x: ~x, YES, truth=np.logical_not),
    *function_rows(),
]  # fmt: skip
