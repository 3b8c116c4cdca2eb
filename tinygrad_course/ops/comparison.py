"""Comparisons, and the logic of their results. None is differentiable."""

from __future__ import annotations

import numpy as np

from .elementwise import Pointwise


class Equal(Pointwise):
    """True where x equals y."""

    label, onnx = "=", "Equal"

    def forward(x, y):
        return x == y


class Less(Pointwise):
    """True where x is less than y."""

    label, onnx = "<", "Less"

    def forward(x, y):
        return x < y


class LessEqual(Pointwise):
    """True where x is at most y."""

    label, onnx = "≤", "LessOrEqual"

    def forward(x, y):
        return x <= y


class Bits(Pointwise):
    """What & | ^ share: they take bools and integers alone."""


def refuse_floats(x, y, sign):
    """Raise NotImplementedError where x or y holds floats."""
    if (dtype := np.result_type(x, y)).kind == "f":
        raise NotImplementedError(f"{sign} is not defined for {dtype}: compare first, as in (x > 0)")


class And(Bits):
    """Bits that are 1 in both x and y; of bools: True where both are."""

    label, onnx = "&", "And"

    def forward(x, y):
        refuse_floats(x, y, "&")
        return np.bitwise_and(x, y)


class Or(Bits):
    """Bits that are 1 in x or in y; of bools: True where at least one is."""

    label, onnx = "|", "Or"

    def forward(x, y):
        refuse_floats(x, y, "|")
        return np.bitwise_or(x, y)


class Xor(Bits):
    """Bits that differ between x and y; of bools: True where just one is."""

    label, onnx = "^", "Xor"

    def forward(x, y):
        refuse_floats(x, y, "^")
        return np.bitwise_xor(x, y)


class Not(Pointwise):
    """Every bit turned; of bools: True where x is False."""

    label, onnx = "~", "Not"

    def forward(x):
        return np.invert(x)
