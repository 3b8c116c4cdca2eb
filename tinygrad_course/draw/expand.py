"""The graph as the program's words have it: each fused operation as the operations of its composite.

The composite runs once more, on what the recorded node and others still know of its inputs. This gives nodes to draw,
and for a backward pass to look at; the recorded graph stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from ..fused import Fused
from ..graph import NUMBERS, OUTPUT, Left, Node, walk
from ..modes import using
from ..tensor import Tensor

AFRESH = {"grad": True, "create_graph": False, "anomaly": False, "fused": False}


def expanded(root: Node, within: Collection[Node], tensors: Mapping[int, Tensor]) -> dict[Node, Node]:
    """For each node that root came from, the one to draw for it; empty where no operation is fused.

    within: the nodes that will be drawn, beyond which fused operations stay. tensors: by the id of the node that made
    it, each Tensor that is still there.
    """
    shown: dict[Any, Node] = {}
    fused = {node for node in within if issubclass(node.op, Fused)}
    ids = itertools.count()
    for node in walk(root) if fused else ():
        made = unfused(node, tensors) if node in fused else [copy(node)]
        for step in made:
            step.inputs = tuple([shown.get(source, source) for source in step.inputs])
            step.id = next(ids)
        shown[node] = made[-1]
    return shown


class Found(NamedTuple):
    """An input of a node: its array, None where it is gone; and whether that is known to be as it was then."""

    array: Any
    same: bool


def unfused(node: Node, tensors: Mapping[int, Tensor]) -> list[Node]:
    """The nodes of a fused node's composite, oldest first; the last one stands for the node itself."""
    found = [find(node, i, tensors) for i in range(len(node.inputs))]
    given, z = run(node, found)
    assert z.node is not None
    steps = walk(z.node)
    forget(steps, given, checked(node, z, found))
    for _, i, _, counter, _ in node.saved or ():
        if i != OUTPUT:
            given[i].version[0] = counter[0]  # a backward pass refuses here what it would refuse there
    sources = {id(x): source for x, source in zip(given, node.inputs, strict=True)}
    for step in steps:
        step.inputs = tuple([sources.get(id(source), source) for source in step.inputs])
        step.line = node.line
        if node.saved is None and step.saved:
            step.saved = None
    steps[-1].value, steps[-1].hooks = node.value, node.hooks
    return steps


def find(node: Node, i: int, tensors: Mapping[int, Tensor]) -> Found:
    """A node's input number i, from the node itself, or else from whoever has it."""
    source, array = node.inputs[i], array_of(node, i)
    same = all(counter[0] == count for _, place, _, counter, count in node.saved or () if place == i)
    if array is None and source is not None:
        holder = source if isinstance(source, Tensor) else tensors.get(id(source))
        array = source.value if holder is None else holder.data
        same = holder is None or holder.version[0] == 0
    return Found(array, same) if np.shape(array) == node.shapes[i] else Found(None, False)


class Forgotten(Left):
    """An input that is not to be shown, although its array may still be saved."""


def array_of(node: Node, i: int) -> Any:
    """The array or number that is a node's input number i, where the node itself still has it; else None."""
    kept = node.constants.get(i)
    if kept is None or type(kept) is Left:
        return next((array for _, place, array, *_ in node.saved or () if place == i), None)
    return None if isinstance(kept, Forgotten) else kept


def run(node: Node, found: Sequence[Found]) -> tuple[list[Tensor], Tensor]:
    """Run a fused node's composite, with zeros for what is gone: the inputs it was given, and its output."""
    op: Any = node.op
    counts = {i: count for _, i, _, _, count in node.saved or ()}
    given = []
    for i, ((array, _), source) in enumerate(zip(found, node.inputs, strict=True)):
        if array is None:
            gone = node.constants[i] if source is None else source
            array = np.zeros(gone.shape, gone.dtype)
        given.append(Tensor(array, version=[counts.get(i, 0)]).requires_grad_(source is not None))
    with using(**AFRESH, scope=node.scope), np.errstate(all="ignore"):
        return given, op.composite(*given, **node.params)


def checked(node: Node, z: Tensor, found: Sequence[Found]) -> Sequence[Found]:
    """What was found, with the mark that it is as it was where z, which was made of it, shows so."""
    if node.value is None or any(array is None for array, _ in found):
        return found
    same = np.allclose(z.data, node.value, rtol=1e-3, atol=1e-4, equal_nan=True)
    return [Found(array, same) for array, _ in found]


def forget(steps: Sequence[Node], given: Sequence[Tensor], found: Sequence[Found]) -> None:
    """Take away the numbers that come of inputs which are not as they were, but for views of them."""
    blind = {id(x) for x, (_, same) in zip(given, found, strict=True) if not same}
    arrays = [array for array, _ in found if array is not None]
    for step in steps if blind else ():
        fixed = {i: array_of(step, i) for i, source in enumerate(step.inputs) if source is None}
        sure = {i for i, a in fixed.items() if type(a) in NUMBERS or any(a is array for array in arrays)}
        unsure = {i: step.constants[i] for i in fixed if i not in sure}
        step.constants = step.constants | {i: Forgotten(x.shape, x.dtype) for i, x in unsure.items()}
        if unsure or not blind.isdisjoint(map(id, step.inputs)):
            blind.add(id(step))
            if step.value is not None and not any(np.may_share_memory(step.value, array) for array in arrays):
                step.value = None
