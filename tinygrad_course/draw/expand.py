"""The graph as the program's words have it: each fused operation as the operations of its composite.

The composite runs once more, on what the recorded node and others still know of its inputs. This gives nodes to draw,
and for a backward pass to look at; the recorded graph stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import Any

import numpy as np

from ..dtypes import bool_, int64
from ..fused import Fused
from ..graph import NUMBERS, OUTPUT, Node, walk
from ..modes import using
from ..tensor import Tensor

AFRESH = {"grad": True, "create_graph": False, "anomaly": False, "fused": False}


def expanded(root: Node, tensors: Mapping[int, Tensor]) -> dict[Node, Node]:
    """For each node that root came from, the one to draw for it; empty where no operation is fused.

    tensors: by the id of the node that made it, each Tensor that is still there.
    """
    nodes, ids = walk(root), itertools.count()
    shown: dict[Any, Node] = {}
    if not any(issubclass(node.op, Fused) for node in nodes):
        return shown
    for node in nodes:
        made = unfused(node, tensors) if issubclass(node.op, Fused) else [copy(node)]
        for step in made:
            step.inputs = tuple([shown.get(source, source) for source in step.inputs])
            step.id = next(ids)
        shown[node] = made[-1]
    return shown


def unfused(node: Node, tensors: Mapping[int, Tensor]) -> list[Node]:
    """The nodes of a fused node's composite, oldest first; the last one stands for the node itself."""
    known = [known_input(node, i, tensors) for i in range(len(node.inputs))]
    given, z = run(node, known)
    assert z.node is not None
    steps = walk(z.node)
    forget(node, steps, given, known if is_as_it_was(node, z, known) else [None] * len(known))
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


def known_input(node: Node, i: int, tensors: Mapping[int, Tensor]) -> Any:
    """The array that is a node's input number i, where the node or another still has it; else None."""
    source, array = node.inputs[i], array_of(node, i)
    if array is None and isinstance(source, Tensor):
        array = source.data
    elif array is None and source is not None:
        array = tensors[id(source)].data if id(source) in tensors else source.value
    return array if np.shape(array) == node.shapes[i] else None


def array_of(node: Node, i: int) -> Any:
    """The array or number that is a node's input number i, where the node itself still has it; else None."""
    saved = {place: array for _, place, array, *_ in node.saved or ()}
    return node.constants.get(i, saved.get(i))


def run(node: Node, known: Sequence[Any]) -> tuple[list[Tensor], Tensor]:
    """Run a fused node's composite: the inputs it was given, and its output.

    Of a constant that is gone the dtype is not known either: first it is taken for a mask, then for class numbers.
    """
    gone = any(array is None and source is None for array, source in zip(known, node.inputs, strict=True))
    for dtype in (bool_, int64) if gone else ():
        with suppress(RuntimeError, TypeError):
            return run_with(node, known, dtype)
    return run_with(node, known, node.dtype)


def run_with(node: Node, known: Sequence[Any], dtype: Any) -> tuple[list[Tensor], Tensor]:
    """Run the composite with zeros for what is not known, where it is a constant in this dtype."""
    op: Any = node.op
    counts = {i: count for _, i, _, _, count in node.saved or ()}
    given = []
    for i, (array, source) in enumerate(zip(known, node.inputs, strict=True)):
        if array is None:
            array = np.zeros(node.shapes[i], dtype if source is None else source.dtype)
        given.append(Tensor(array, version=[counts.get(i, 0)]).requires_grad_(source is not None))
    with using(**AFRESH, scope=node.scope), np.errstate(all="ignore"):
        return given, op.composite(*given, **node.params)


def is_as_it_was(node: Node, z: Tensor, known: Sequence[Any]) -> bool:
    """Whether a node's inputs hold the numbers that it worked with, as far as can be told."""
    if any(counter[0] != count for *_, counter, count in node.saved or ()):
        return False
    if node.value is None or any(array is None for array in known):
        return True
    return np.allclose(z.data, node.value, rtol=1e-3, atol=1e-5, equal_nan=True)


def forget(node: Node, steps: Collection[Node], given: Sequence[Tensor], known: Sequence[Any]) -> None:
    """Take away the numbers that come of inputs that are not known."""
    blind = {id(x) for x, array in zip(given, known, strict=True) if array is None}
    arrays = {id(x.data) for x in given if id(x) not in blind}
    doubt = any(source is None and id(x) in blind for x, source in zip(given, node.inputs, strict=True))
    for step in steps if blind else ():
        if doubt:
            step.constants = {i: a for i, a in step.constants.items() if type(a) in NUMBERS or id(a) in arrays}
        lost = doubt and any(s is None and i not in step.constants for i, s in enumerate(step.inputs))
        if lost or not blind.isdisjoint(map(id, step.inputs)):
            blind.add(id(step))
            step.value = None
