"""Operations on each element by itself; shapes broadcast and dtypes are promoted."""

from __future__ import annotations

import numpy as np

from ..graph import Op


class Pointwise(Op):
    """What the operations of this file share: their inputs meet in one dtype."""

    promotes = "common"


class Add(Pointwise):
    """Sum of two tensors, element by element."""

    label, onnx = "+", "Add"

    def forward(x, y):
        return x + y

    def grad_x(g):
        return g

    def grad_y(g):
        return g


class Sub(Pointwise):
    """Difference of two tensors, element by element."""

    label, onnx = "−", "Sub"

    def forward(x, y):
        return x - y

    def grad_x(g):
        return g

    def grad_y(g):
        return -g


class Mul(Pointwise):
    """Product of two tensors, element by element."""

    label, onnx = "×", "Mul"

    def forward(x, y):
        return x * y

    def grad_x(g, y):
        return g * y

    def grad_y(g, x):
        return g * x


class Div(Pointwise):
    """Quotient of two tensors, element by element; integers become floats first."""

    label, onnx, promotes = "÷", "Div", "float"

    def forward(x, y):
        return x / y

    def grad_x(g, y):
        return g / y

    def grad_y(g, y, z):
        return -g * z / y


class Neg(Pointwise):
    """The tensor with every sign turned."""

    label, onnx = "−x", "Neg"

    def forward(x):
        return -x

    def grad_x(g):
        return -g


class Exp(Pointwise):
    """e to the power of x."""

    label, onnx, promotes = "exp", "Exp", "float"

    def forward(x):
        return np.exp(x)

    def grad_x(g, z):
        return g * z


class Log(Pointwise):
    """Natural logarithm of x; -inf at 0 and nan below."""

    label, onnx, promotes = "log", "Log", "float"

    def forward(x):
        return np.log(x)

    def grad_x(g, x):
        return g / x


class Pow(Pointwise):
    """x to the power of y."""

    label, onnx = "xʸ", "Pow"

    def forward(x, y):
        return x**y

    def grad_x(g, x, y):
        base = x + (x == 0) * (y == 0)  # the slope of x**0 at 0 is 0, and 0 * 0**-1 would be nan
        return g * (y * base ** (y - 1))

    def grad_y(g, x, y, z):
        base = x + (x == 0) * (y >= 0)  # the slope of 0**y is 0, and 0 * log(0) would be nan
        return g * (z * Log(base))


class Remainder(Pointwise):
    """What is left of x after whole steps of y, with the sign of y: Python's %."""

    label, onnx = "%", "Mod"

    def forward(x, y):
        refuse_integer_zero(x, y)
        return np.remainder(x, y)

    def grad_x(g):
        return g

    def grad_y(g, x, y):
        return -g * Floor(x / y)


class Fmod(Pointwise):
    """What is left of x after whole steps of y, with the sign of x: C's fmod."""

    label, onnx = "fmod", "Mod"

    def forward(x, y):
        refuse_integer_zero(x, y)
        return np.fmod(x, y)

    def grad_x(g):
        return g

    def grad_y(g, x, y):
        return -g * Trunc(x / y)


class FloorDivide(Pointwise):
    """How many whole steps of y fit into x, rounded down: Python's //. No gradient, as in PyTorch."""

    label = "//"

    def forward(x, y):
        refuse_integer_zero(x, y)
        return np.floor_divide(x, y)


def refuse_integer_zero(x, y):
    """Raise RuntimeError, as PyTorch, where integers are to be divided by 0."""
    if not np.all(y) and np.result_type(x, y).kind != "f":
        raise RuntimeError("ZeroDivisionError: an integer divisor is 0; floats (x.float()) give inf or nan instead")


class Abs(Pointwise):
    """x without its sign; the slope at 0 is taken as 0."""

    label, onnx = "|x|", "Abs"

    def forward(x):
        return np.abs(x)

    def grad_x(g, x):
        return g * Sign(x)


class Step(Pointwise):
    """What the operations share that are flat wherever they have a slope: their gradient is 0."""

    def grad_x(g):
        return g * 0


class Sign(Step):
    """-1, 0 or 1: the sign of x; 0 for nan, as in PyTorch."""

    label, onnx = "sign", "Sign"

    def forward(x):
        return (x > 0).astype(x.dtype) - (x < 0)


class Floor(Step):
    """The largest whole number that is at most x."""

    label, onnx = "⌊x⌋", "Floor"

    def forward(x):
        return np.floor(x)


class Ceil(Step):
    """The smallest whole number that is at least x."""

    label, onnx = "⌈x⌉", "Ceil"

    def forward(x):
        return np.ceil(x)


class Trunc(Step):
    """x without what follows the point."""

    label = "trunc"

    def forward(x):
        return np.trunc(x)


class Round(Step):
    """x to so many decimals; halves go to the even neighbour."""

    label, onnx = "round", "Round"

    def forward(x, *, decimals):
        return np.round(x, decimals)


class Maximum(Pointwise):
    """The larger of x and y, element by element; where they are equal, each gets half the gradient."""

    label, onnx = "max", "Max"

    def forward(x, y):
        return np.maximum(x, y)

    def grad_x(g, x, y):
        return Where(x < y, 0, Where(x == y, g / 2, g))

    def grad_y(g, x, y):
        return Where(y < x, 0, Where(x == y, g / 2, g))


class Minimum(Pointwise):
    """The smaller of x and y, element by element; where they are equal, each gets half the gradient."""

    label, onnx = "min", "Min"

    def forward(x, y):
        return np.minimum(x, y)

    def grad_x(g, x, y):
        return Where(y < x, 0, Where(x == y, g / 2, g))

    def grad_y(g, x, y):
        return Where(x < y, 0, Where(x == y, g / 2, g))


class Where(Pointwise):
    """x where the condition is True, y where it is False."""

    label, onnx = "where", "Where"

    def forward(condition, x, y):
        return np.where(condition, x, y)

    @classmethod
    def cast(cls, arrays):
        condition, *values = arrays
        return [condition, *super().cast(values)]

    def grad_x(g, condition):
        return Where(condition, g, 0)

    def grad_y(g, condition):
        return Where(condition, 0, g)
