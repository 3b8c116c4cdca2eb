"""Operations with other gradient rules, and the cases that try rules: on arrays, on Tensors, in a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.graph import Op

from ...exercise import AFTERWARDS, Case, Piece
from ..tensors import leaf

Inputs = dict[str, Any]


def with_rules(op: type[Op], **rules: Callable) -> type[Op]:
    """The operation with other gradient rules, by the argument that they are for."""
    kept = {name: rule.function for name, rule in op.rules.items()}
    named = {f"grad_{name}": rule for name, rule in {**kept, **rules}.items()}
    made: type[Op] = type(op.__name__, (Op,), {"forward": op.forward, **named})
    return made


def apply_rules(op: Any, g: Any, inputs: Inputs) -> dict[str, Any]:
    """What each rule gives for g, handed whatever it names."""
    known = {**inputs, "z": op(*inputs.values())}
    return {
        f"gradient of {name}": rule.function(g, *[known[read] for read in rule.reads])
        for name, rule in op.rules.items()
    }


def rule_case(g: list[float], **inputs: list[float]) -> Case:
    """The rules by themselves, on arrays."""

    def run(op: Piece) -> dict[str, Any]:
        handed = np.array(g)
        gradients = apply_rules(op, handed, {name: np.array(values) for name, values in inputs.items()})
        return {**gradients, f"g {AFTERWARDS}": handed}

    return Case(f"g = {g}, {told(inputs)}", run)


def tensor_case(g: list[float], **inputs: list[float]) -> Case:
    """The rules by themselves on Tensors, through which a gradient travels in its turn."""

    def run(op: Piece) -> dict[str, Any]:
        asked = leaf(g)
        gradients = apply_rules(op, asked, {name: leaf(values) for name, values in inputs.items()})
        for gradient in gradients.values():
            gradient.sum().backward()
        return {**gradients, "g.grad": asked.grad}

    return Case(f"g = {g}, {told(inputs)}, all of them Tensors", run)


def graph_case(**inputs: Any) -> Case:
    """The operation between two others in a graph: what backward brings to its inputs; a plain number stays one."""

    def run(op: Piece) -> dict[str, Any]:
        given = {name: leaf(value) if isinstance(value, list) else value for name, value in inputs.items()}
        leaves = {name: value for name, value in given.items() if isinstance(value, tg.Tensor)}
        z = op(*[value * 2 if name in leaves else value for name, value in given.items()])
        (z * 3).sum().backward()
        return {"output": z, **{f"{name}.grad": value.grad for name, value in leaves.items()}}

    written = ", ".join(f"2 * {name}" if isinstance(value, list) else str(value) for name, value in inputs.items())
    wanted = {name: value for name, value in inputs.items() if isinstance(value, list)}
    return Case(f"{told(wanted)}, backward from 3 times your operation of ({written})", run)


def told(inputs: Inputs) -> str:
    """Inputs in words: x = [1.0], y = [2.0]."""
    return ", ".join(f"{name} = {value}" for name, value in inputs.items())
