"""Methods that work on each element by itself; shapes broadcast and dtypes are promoted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dtypes import result_type
from ..graph import Op

if TYPE_CHECKING:
    from ..tensor import Tensor


def unary(op: type[Op]) -> Callable[[Any], Tensor]:
    """A method that is an operation on the tensor; its text is the operation's."""

    def method(self: Any) -> Tensor:
        return op(self)

    method.__doc__, method.__name__ = op.__doc__, op.__name__.lower()
    return method


def binary(op: type[Op]) -> Callable[[Any, Any], Tensor]:
    """A method that is an operation on the tensor and another one, or a number; its text is the operation's."""

    def method(self: Any, other: Any) -> Tensor:
        return op(self, other)

    method.__doc__, method.__name__ = op.__doc__, op.__name__.lower()
    return method


class Pointwise:
    """Methods of Tensor that work on each element by itself."""

    __slots__ = ()

    exp, log, sqrt = unary(ops.Exp), unary(ops.Log), unary(ops.Sqrt)
    expm1, log1p, log2, log10 = unary(ops.Expm1), unary(ops.Log1p), unary(ops.Log2), unary(ops.Log10)
    sin, cos, asin, acos, atan = unary(ops.Sin), unary(ops.Cos), unary(ops.Asin), unary(ops.Acos), unary(ops.Atan)
    sinh, cosh, tanh = unary(ops.Sinh), unary(ops.Cosh), unary(ops.Tanh)
    asinh, acosh, atanh = unary(ops.Asinh), unary(ops.Acosh), unary(ops.Atanh)
    relu, sigmoid, erf = unary(ops.ReLU), unary(ops.Sigmoid), unary(ops.Erf)
    abs, neg, sign = unary(ops.Abs), unary(ops.Neg), unary(ops.Sign)
    floor, ceil, trunc = unary(ops.Floor), unary(ops.Ceil), unary(ops.Trunc)

    mul, remainder, fmod = binary(ops.Mul), binary(ops.Remainder), binary(ops.Fmod)
    floor_divide, atan2 = binary(ops.FloorDivide), binary(ops.Atan2)
    maximum, minimum = binary(ops.Maximum), binary(ops.Minimum)
    eq, lt, le = binary(ops.Equal), binary(ops.Less), binary(ops.LessEqual)
    bitwise_and, bitwise_or, bitwise_xor = binary(ops.And), binary(ops.Or), binary(ops.Xor)
    bitwise_not = unary(ops.Not)

    __abs__, __invert__ = abs, bitwise_not
    __mod__, __floordiv__ = remainder, floor_divide
    __and__ = __rand__ = bitwise_and
    __or__ = __ror__ = bitwise_or
    __xor__ = __rxor__ = bitwise_xor

    def __rmod__(self, other: Any) -> Tensor:
        return ops.Remainder(other, self)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return ops.FloorDivide(other, self)

    # Arithmetic with more than an operator can say

    def add(self: Any, other: Any, *, alpha: Any = 1) -> Tensor:
        """self + alpha * other."""
        return ops.Add(self, other if alpha == 1 else other * alpha)

    def sub(self: Any, other: Any, *, alpha: Any = 1) -> Tensor:
        """self - alpha * other."""
        return ops.Sub(self, other if alpha == 1 else other * alpha)

    def div(self: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """The quotient; rounding_mode "trunc" drops what follows the point, "floor" rounds down (as //)."""
        if rounding_mode is None:
            return ops.Div(self, other)
        if rounding_mode == "trunc":
            return ops.Trunc(ops.Div(self, other)).astype(result_type(self.data, getattr(other, "data", other)))
        if rounding_mode == "floor":
            return ops.FloorDivide(self, other)
        raise RuntimeError(f"div expected rounding_mode to be None, 'trunc' or 'floor', but found {rounding_mode!r}")

    def pow(self, exponent: Any) -> Tensor:
        """Each element to the power of the exponent, a number or a tensor."""
        return power(self, exponent)

    __pow__ = pow

    def __rpow__(self, base: Any) -> Tensor:
        return power(base, self)

    def square(self: Any) -> Tensor:
        """Each element times itself."""
        return self**2

    def reciprocal(self: Any) -> Tensor:
        """1 / x."""
        return 1 / self

    def rsqrt(self: Any) -> Tensor:
        """1 / √x."""
        return 1 / self.sqrt()

    def exp2(self: Any) -> Tensor:
        """2 to the power of each element."""
        return power(2.0, self)

    def tan(self: Any) -> Tensor:
        """Tangent of each element, in radians."""
        return self.sin() / self.cos()

    def round(self, *, decimals: int = 0) -> Tensor:
        """Each element to so many decimals; halves go to the even neighbour."""
        return ops.Round(self, decimals=decimals)

    def clamp(self: Any, min: Any = None, max: Any = None) -> Tensor:
        """Bring each element between min and max: numbers, tensors, or None for no bound on that side.

        An element on its bound keeps its gradient; beyond, the gradient goes to the bound.
        """
        if min is None and max is None:
            raise RuntimeError("clamp: at least one of min or max must not be None")
        x = self if min is None else ops.Where(self < min, min, self)
        return x if max is None else ops.Where(x > max, max, x)

    clip = clamp

    def lerp(self: Any, end: Any, weight: Any) -> Tensor:
        """Go the share `weight` of the way from here to end: self + weight * (end - self)."""
        return self + weight * (end - self)

    def addcmul(self: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """self + value * tensor1 * tensor2."""
        return self + value * tensor1 * tensor2

    def addcdiv(self: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """self + value * tensor1 / tensor2."""
        return self + value * (tensor1 / tensor2)

    # Comparison and logic

    def ne(self: Any, other: Any) -> Tensor:
        """True where self differs from other."""
        return ops.Not(ops.Equal(self, other))

    def gt(self: Any, other: Any) -> Tensor:
        """True where self is greater than other."""
        return ops.Less(other, self)

    def ge(self: Any, other: Any) -> Tensor:
        """True where self is at least other."""
        return ops.LessEqual(other, self)

    __neg__, __lt__, __le__, __gt__, __ge__ = neg, lt, le, gt, ge

    def logical_not(self: Any) -> Tensor:
        """True where self is 0 or False."""
        return ops.Equal(self, 0)

    def logical_and(self: Any, other: Any) -> Tensor:
        """True where neither self nor other is 0 or False."""
        return ops.And(self != 0, other != 0)

    def logical_or(self: Any, other: Any) -> Tensor:
        """True where self or other is not 0 or False."""
        return ops.Or(self != 0, other != 0)

    def logical_xor(self: Any, other: Any) -> Tensor:
        """True where just one of self and other is not 0 or False."""
        return ops.Xor(self != 0, other != 0)

    def isnan(self: Any) -> Tensor:
        """True where an element is nan, the one value that differs from itself."""
        return self != self

    def isinf(self: Any) -> Tensor:
        """True where an element is inf or -inf."""
        return self.abs() == np.inf

    def isfinite(self: Any) -> Tensor:
        """True where an element is neither infinite nor nan."""
        return self.abs() < np.inf

    def nan_to_num(self: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
        """Put numbers for nan, inf and -inf: 0 and the largest and smallest finite numbers, unless given."""
        if self.dtype.kind != "f":
            return self.clone()
        most = float(np.finfo(self.dtype).max)
        x = ops.Where(self.isnan(), nan, self)
        x = ops.Where(self == np.inf, most if posinf is None else posinf, x)
        return ops.Where(self == -np.inf, -most if neginf is None else neginf, x)

    def isclose(self: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
        """True where |self - other| <= atol + rtol * |other|, or both are the same infinity."""
        return Op.result(np.isclose(self.data, other.data, rtol, atol, equal_nan))

    def allclose(self: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether isclose holds for every element; a Python bool."""
        return bool(np.allclose(self.data, other.data, rtol, atol, equal_nan))

    def equal(self: Any, other: Any) -> bool:
        """Whether other has the same shape and the same elements; a Python bool."""
        return np.array_equal(self.data, other.data)

    def where(self: Any, condition: Any, other: Any) -> Tensor:
        """self where the condition is True, other where it is False."""
        return where(condition, self, other)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """input where the condition (a tensor of bools) is True, other where it is False.

    With the condition alone: the places where it is True, one tensor of positions for each axis.
    Raises RuntimeError if the condition is not of bools.
    """
    if input is None and other is None:
        return tuple(Op.result(place) for place in np.nonzero(condition.data))
    if condition.dtype.kind != "b":
        given = f"{condition.dtype}: compare first, as in (x > 0)"
        raise RuntimeError(f"where expected condition to be a boolean tensor, but got {given}")
    return ops.Where(condition, input, other)


def power(base: Any, exponent: Any) -> Any:
    """base ** exponent, of which one at least is a Tensor. Raises RuntimeError for an integer to a negative number."""
    if not isinstance(base, Op.result):
        base = Op.result(np.asarray(base, result_type(base, exponent.data)))
    if isinstance(exponent, int) and exponent < 0 and base.dtype.kind != "f":
        raise RuntimeError("Integers to negative integer powers are not allowed: use x.float(), or a power like -2.0")
    return ops.Pow(base, exponent)
