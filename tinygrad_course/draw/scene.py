"""What a drawing holds: the values and operations of a graph as text, taken down at one moment.

A Scene holds no tensor, so what it shows does not change when gradients are cleared or arrays written to, and it
keeps no array alive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..dtypes import bool_, get_default_dtype, int64
from ..graph import Node, walk
from ..tensor import Tensor
from .digits import Digits, digits_of, shape_text
from .names import Names, clean


@dataclass
class Value:
    """A box: a leaf, a parameter, a constant, a result, or an earlier result whose own making is left out."""

    kind: str
    name: str = ""
    digits: Digits | None = None
    shape: str = ""
    dtype: str = ""
    grad: Digits | None = None
    differs: bool = False


@dataclass
class Operation:
    """A round node: an op with its parameters. inputs, output: places among the scene's steps."""

    op: str
    label: str
    params: str
    inputs: tuple[int, ...]
    output: int
    differs: bool = False


@dataclass
class Scene:
    """A graph as steps, oldest first: inputs before the operation that reads them, and each result right after."""

    steps: list[Value | Operation] = field(default_factory=list)
    caption: str = ""

    def operations(self) -> Iterator[tuple[int, Operation]]:
        """Each operation with its place."""
        return ((place, step) for place, step in enumerate(self.steps) if isinstance(step, Operation))

    def edges(self) -> Iterator[tuple[int, int]]:
        """Every arrow, as places: into each operation in the order of its inputs, then to its result."""
        for place, operation in self.operations():
            yield from ((source, place) for source in operation.inputs)
            yield place, operation.output

    def longest_chain(self) -> int:
        """How many operations follow one another on the longest way through."""
        depth: Counter[int] = Counter()
        for _, operation in self.operations():
            depth[operation.output] = 1 + max((depth[source] for source in operation.inputs), default=0)
        return max(depth.values(), default=0)

    def counts(self) -> str:
        """How much there is of what, as in "2 operations, 1 leaf, 1 constant"."""
        found = Counter(step.kind if isinstance(step, Value) else "operation" for step in self.steps)
        kinds = ("operation", "leaf", "parameter", "constant", "earlier result")
        return ", ".join(plural(found[kind], kind) for kind in kinds if found[kind])


def plural(count: int, noun: str) -> str:
    """The count and the noun in the right number."""
    if count != 1:
        noun = "leaves" if noun == "leaf" else f"{noun}s"
    return f"{count:,} {noun}"


def sketch(y: Tensor, names: Names, depth: int | None = None, numbers: bool = True) -> Artist:
    """Take down the graph that y came from, or only the `depth` operations nearest to y on each way.

    The Artist has the `scene`, and knows what stands at which place of it: the Node of each operation, in `nodes`,
    and the Tensor of each leaf, in `leaves`. It keeps their arrays alive; the scene does not.
    """
    artist = Artist(names, numbers)
    if y.node is None:
        artist.leaf(y)
        return artist
    names.tensors[id(y.node)] = y
    within = nearest(y.node, depth)
    for node in walk(y.node):
        if node in within:
            artist.operation(node, within)
    return artist


def nearest(root: Node, depth: int | None) -> set[Node]:
    """The nodes at most `depth` operations from root, root being the first; all of them for None."""
    if depth is None:
        return set(walk(root))
    within, ring = {root}, [root]
    for _ in range(depth - 1):
        ring = [source for node in ring for source in node.inputs if isinstance(source, Node) and source not in within]
        within.update(ring)
    return within


class Artist:
    """Adds steps to a scene, each value once: a leaf or an array used twice is one box."""

    def __init__(self, names: Names, numbers: bool) -> None:
        self.names = names
        self.numbers = numbers  # whether arrays show theirs, and their gradients
        self.scene = Scene()
        self.places: dict[int, int] = {}  # of values, by the id of their Node, leaf or array
        self.nodes: dict[int, Node] = {}  # by the place of their operation
        self.leaves: dict[int, Tensor] = {}  # by their place

    def add(self, step: Value | Operation, thing: Any = None) -> int:
        """Append a step; the place it got."""
        place = len(self.scene.steps)
        self.scene.steps.append(step)
        if thing is not None:
            self.places[id(thing)] = place
        return place

    def operation(self, node: Node, within: set[Node]) -> None:
        """Add a node: those of its inputs that are not there yet, the operation itself, its result."""
        inputs = tuple(self.input(node, i, within) for i in range(len(node.inputs)))
        place = len(self.scene.steps)
        self.nodes[place] = node
        self.add(Operation(node.op.__name__, clean(label_of(node)), params_text(node), inputs, place + 1))
        self.add(self.result(node, "result"), node)

    def input(self, node: Node, i: int, within: set[Node]) -> int:
        """The place of a node's input number i, added where it is new."""
        source = node.inputs[i]
        if source is None:
            return self.constant(node.constants.get(i), node.shapes[i])
        if id(source) in self.places:
            return self.places[id(source)]
        return (
            self.add(self.result(source, "earlier result"), source) if isinstance(source, Node) else self.leaf(source)
        )

    def result(self, node: Node, kind: str) -> Value:
        """The box of what an operation made; its numbers where the node, or a variable, still has them."""
        tensor = self.names.tensors.get(id(node))
        array = node.value if tensor is None else tensor.data
        grad = None if tensor is None else tensor.grad
        return self.box(kind, self.names.of(node), array, node.shape, node.dtype, grad)

    def leaf(self, tensor: Tensor) -> int:
        """Add a tensor that no operation made."""
        kind = "leaf" if tensor.requires_grad else "constant"
        if type(tensor).__name__ == "Parameter":
            kind = "parameter"
        name = self.names.of(tensor)
        self.leaves[len(self.scene.steps)] = tensor
        return self.add(self.box(kind, name, tensor.data, tensor.shape, tensor.dtype, tensor.grad), tensor)

    def constant(self, value: Any, shape: tuple[int, ...] | None) -> int:
        """The place of an input that gets no gradient: a Python number, an array, or None for one too large to keep."""
        if not isinstance(value, np.ndarray):
            return self.add(self.box("constant", "", value, shape, None, None))
        if id(value) in self.places:
            return self.places[id(value)]
        return self.add(self.box("constant", self.names.of(value), value, shape, value.dtype, None), value)

    def box(self, kind: str, name: str, array: Any, shape: Any, dtype: Any, grad: Tensor | None) -> Value:
        """A value as text. array: its numbers, or None where they are gone; shape: None for a Python number."""
        shown = array is not None and (self.numbers or shape is None)
        return Value(
            kind,
            name,
            digits_of(array) if shown else None,
            shape_text(shape),
            "" if dtype is None or dtype in (get_default_dtype(), int64, bool_) else str(dtype),
            digits_of(grad.data) if grad is not None and self.numbers else None,
        )


def label_of(node: Node) -> str:
    """The sign of a node's op, or its name."""
    return node.op.label or node.op.__name__


def params_text(node: Node) -> str:
    """An op's parameters that say something: no False or None, and nothing that the result's shape says already."""
    shown = {k: v for k, v in node.params.items() if v is not None and v is not False and v != node.shape}
    return clean(", ".join(name if value is True else f"{name} {param_text(value)}" for name, value in shown.items()))


def param_text(value: Any) -> str:
    """One parameter: a tuple of one as its only element, a slice as it is written in brackets."""
    if isinstance(value, (tuple, list)):
        parts = [param_text(part) for part in value]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    if isinstance(value, slice):
        parts = ["" if part is None else str(part) for part in (value.start, value.stop, value.step)]
        return ":".join(parts if value.step is not None else parts[:2])
    return "..." if value is Ellipsis else str(value)
