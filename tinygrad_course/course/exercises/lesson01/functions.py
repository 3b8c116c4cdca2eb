"""Functions whose slopes are known, and a case that asks for one of these slopes."""

from __future__ import annotations

from collections.abc import Callable

from ...exercise import Case

Function = Callable[[float], float]


def square(x: float) -> float:
    """x²: its slope is 2x."""
    return x * x


def cube(x: float) -> float:
    """x³: its slope is 3x²."""
    return x * x * x


def line(x: float) -> float:
    """A straight line: its slope is -3 everywhere."""
    return 5.0 - 3.0 * x


def slope_case(f: Function, x: float, h: float) -> Case:
    return Case(f"f = {f.__name__}, x = {x}, h = {h}", lambda piece: {"slope": piece(f, x, h)})
