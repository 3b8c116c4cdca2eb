"""Operations with other gradient rules, and the case that tries rules, on arrays or on Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_course.graph import Op

from ...exercise import AFTERWARDS, Case, Piece
from ..tensors import leaf


def with_rules(op: type[Op], **rules: Callable) -> type[Op]:
    """The operation with other gradient rules, by the argument that they are for."""
    made: type[Op] = type(op.__name__, (Op,), {"forward": op.forward, **{f"grad_{k}": r for k, r in rules.items()}})
    return made


def rule_case(
    name: str, g: np.ndarray, tensors: bool = False, params: dict | None = None, **inputs: np.ndarray
) -> Case:
    """The rules by themselves, on arrays, or on Tensors, through which a gradient travels in its turn."""
    params = params or {}

    def run(op: Piece) -> dict[str, Any]:
        handed = {key: leaf(array) if tensors else array.copy() for key, array in inputs.items()}
        given = leaf(g) if tensors else g.copy()
        found = {}
        for argument, rule in op.rules.items():
            known = {**handed, **params, "shape": inputs[argument].shape}
            found[f"gradient of {argument}"] = rule.function(given, *[known[read] for read in rule.reads])
        if tensors:
            return {key: gradient.detach() for key, gradient in found.items()}
        return {**found, f"g {AFTERWARDS}": given}

    return Case(name, run)
