"""Operations with another gradient rule, and the cases that try a rule: on arrays, on Tensors, in a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_course.graph import Op

from ...exercise import Case, Piece
from ..tensors import leaf
from .arrays import as_array, count


def with_rule(op: type[Op], rule: Callable) -> type[Op]:
    """The operation with another gradient rule for x."""
    made: type[Op] = type(op.__name__, (Op,), {"forward": op.forward, "grad_x": rule})
    return made


def apply_rule(op: Any, g: Any, x: Any, **params: Any) -> Any:
    """What the rule for x gives for g, handed whatever it names."""
    rule, z = op.rules["x"], op(x, **params)
    known = {"x": x, "z": z, "shape": x.shape, "shapes": (x.shape,), "i": 0, **params}
    return as_array(rule.function(g, *[known[name] for name in rule.reads]))


def rule_case(name: str, x: np.ndarray, g: np.ndarray, **params: Any) -> Case:
    """The rule by itself, on arrays."""
    return Case(name, lambda op: {"gradient of x": apply_rule(op, g, x, **params)})


def tensor_case(name: str, x: np.ndarray, g: np.ndarray, **params: Any) -> Case:
    """The rule by itself on Tensors, through which a gradient travels in its turn."""

    def run(op: Piece) -> dict[str, Any]:
        asked = leaf(g)
        gradient = apply_rule(op, asked, leaf(x), **params)
        (gradient * count(gradient.shape)).sum().backward()
        return {"gradient of x": gradient, "g.grad": asked.grad}

    return Case(f"{name}; x and g are Tensors", run)


def graph_case(name: str, x: np.ndarray, **params: Any) -> Case:
    """The operation in a graph: its output, and what backward brings to x if the output is weighed 1, 2, 3 …"""

    def run(op: Piece) -> dict[str, Any]:
        asked = leaf(x)
        y = op(asked, **params)
        (y * count(y.shape)).sum().backward()
        return {"x.grad": asked.grad, "output": y}

    return Case(f"{name}; in a graph, backward from (output * [1, 2, 3 …]).sum()", run)
