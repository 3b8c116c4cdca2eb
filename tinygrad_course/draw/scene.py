"""What a drawing holds: the values and operations of a graph as text, taken down at one moment.

A Scene holds no tensor, so what it shows does not change when gradients are cleared or arrays written to, and it
keeps no array alive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from ..dtypes import bool_, get_default_dtype, int64
from ..graph import Node, walk
from ..modes import Scope
from ..tensor import Tensor
from .collapse import Group, Open, arrange
from .digits import Digits, digits_of, shape_text
from .expand import array_of, expanded
from .modules import Calls, parameters_of
from .names import Names, clean, label_of
from .thumbnail import Thumbnail, thumbnail_of


@dataclass
class Value:
    """A box: an input, a leaf, a parameter, a constant, a result, or an earlier result whose own making is left out.

    bare: whether it is a Python number. mark: why it is marked, in a few short lines. frame: the place, among the
    scene's frames, of the one it stands in.
    """

    kind: str
    name: str = ""
    digits: Digits | None = None
    shape: str = ""
    dtype: str = ""
    grad: Digits | None = None
    thumbnail: Thumbnail | None = None
    frame: int | None = None
    bare: bool = False
    mark: str = ""


@dataclass
class Operation:
    """A round node: an op with its parameters; or a box that stands for several operations.

    inputs, output: places among the scene's steps. A box whose result has no Value of its own is its own output.
    about: the lines of a box. holds: how many operations it stands for. times: how often it repeats the same.
    """

    op: str
    label: str
    params: str
    inputs: tuple[int, ...]
    output: int
    frame: int | None = None
    about: tuple[str, ...] = ()
    holds: int = 1
    times: int = 1
    mark: str = ""


@dataclass(frozen=True)
class Frame:
    """What goes around the steps of one call of a module: its title, and the place of the frame around it."""

    title: str
    outer: int | None


@dataclass
class Scene:
    """A graph as steps, oldest first: inputs before the operation that reads them, and each result right after.

    caption: what stands over it. note: a sentence below it.
    """

    steps: list[Value | Operation] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    caption: str = ""
    note: str = ""

    def copy(self) -> Self:
        """The same with steps that can be marked."""
        return replace(self, steps=[replace(step) for step in self.steps])

    def operations(self) -> Iterator[tuple[int, Operation]]:
        """Each operation with its place."""
        return ((place, step) for place, step in enumerate(self.steps) if isinstance(step, Operation))

    def edges(self) -> Iterator[tuple[int, int]]:
        """Every arrow, as places: into each operation in the order of its inputs, then to its result."""
        for place, operation in self.operations():
            yield from ((source, place) for source in operation.inputs)
            if operation.output != place:
                yield place, operation.output

    def longest_chain(self) -> int:
        """How many operations follow one another on the longest way through."""
        depth: Counter[int] = Counter()
        for _, operation in self.operations():
            depth[operation.output] = 1 + max((depth[source] for source in operation.inputs), default=0)
        return max(depth.values(), default=0)

    def counts(self) -> str:
        """How much there is of what, as in "2 operations, 1 leaf, 1 constant"."""
        operations = [operation for _, operation in self.operations()]
        total, boxes = sum(operation.holds for operation in operations), len(operations)
        found = Counter(step.kind for step in self.steps if isinstance(step, Value))
        parts = [plural(total, "operation") + (f" in {plural(boxes, 'box')}" if total > boxes else "")] if total else []
        kinds = ("input", "leaf", "parameter", "constant", "earlier result")
        return ", ".join([*parts, *(plural(found[kind], kind) for kind in kinds if found[kind])])


def is_given(step: Value | Operation) -> bool:
    """Whether a step is a value that nothing in the graph made."""
    return isinstance(step, Value) and step.kind != "result"


def one_line(mark: str) -> str:
    """The lines of a mark as one."""
    return mark.replace("\n", ", ")


def plural(count: int, noun: str) -> str:
    """The count and the noun in the right number."""
    if count != 1:
        noun = {"leaf": "leaves", "box": "boxes"}.get(noun, f"{noun}s")
    return f"{count:,} {noun}"


class Show(NamedTuple):
    """What to show of each value; dtypes: None for those that are not the usual one. modules: what belongs to which."""

    values: bool = True
    grads: bool = True
    shapes: bool = True
    dtypes: bool | None = None
    modules: bool = True


EVERYTHING = Show()


def sketch(
    y: Tensor, names: Names, depth: int | None = None, show: Show = EVERYTHING, open: Open = True, limit: int = 0,
    fused: bool = False,
) -> Artist:  # fmt: skip
    """Take down the graph that y came from, or only the `depth` operations nearest to y on each way.

    open, limit: what is drawn as one box; see collapse.arrange. fused: operations as recorded; else see expand.py.
    The Artist has the `scene`, and knows what stands at which place of it: the Node of each single operation, in
    `nodes`, and the Tensor of each leaf, in `leaves`. It keeps their arrays alive; the scene does not.
    """
    root = y.grad_fn
    if root is None:
        artist = Artist(names, show, Calls([], names))
        artist.leaf(y)
        return artist
    names.tensors[id(root)] = y
    shown = {} if fused else expanded(root, nearest(root, depth), names.tensors)
    names.stand_in(shown)
    root = shown.get(root, root)
    within = nearest(root, depth)
    nodes = [node for node in walk(root) if node in within]
    artist = Artist(names, show, Calls(nodes if show.modules else [], names))
    groups = arrange(nodes, artist.calls, open, limit)
    home = {node: group for group in groups for node in group.nodes}
    read = {source for node in nodes for source in node.inputs if home.get(source) is not home[node]}
    for group in groups:
        if group.is_box:
            artist.box(group, [node for node in group.nodes if node in read or node is root], root)
        else:
            artist.operation(group.nodes[0])
    artist.root = root
    artist.places |= {id(node): artist.places[id(s)] for node, s in shown.items() if id(s) in artist.places}
    if open is None:
        artist.scene.note = how_to_open(groups, artist.calls)
    return artist


def how_to_open(groups: list[Group], calls: Calls) -> str:
    """What to write to see what is inside the largest box; empty where there are no boxes."""
    largest = max(groups, key=lambda group: (group.is_box, len(group.nodes)))
    if not largest.is_box:
        return ""
    path = calls.path(largest.calls[0]) if largest.calls else ""
    return f'To see inside: draw(…, open="{path}").' if path else "Every operation: draw(…, open=True, limit=…)."


def nearest(root: Node, depth: int | None) -> set[Node]:
    """The nodes at most `depth` operations from root, root being the first; all of them for None."""
    if depth is None:
        return set(walk(root))
    within, ring = {root}, {root}
    for _ in range(depth - 1):
        ring = {source for node in ring for source in node.inputs if isinstance(source, Node)} - within
        within |= ring
    return within


class Artist:
    """Adds steps to a scene, each value once: a leaf or an array used twice is one box."""

    def __init__(self, names: Names, show: Show, calls: Calls) -> None:
        self.names, self.show, self.calls = names, show, calls
        self.scene = Scene()
        self.root: Node | None = None
        self.places: dict[int, int] = {}  # of values, by the id of their Node, leaf or array
        self.nodes: dict[int, Node] = {}  # by the place of their operation
        self.leaves: dict[int, Tensor] = {}  # by their place
        self.frames: dict[int, int] = {}  # by the id of their call

    def add(self, step: Value | Operation, *things: Any) -> int:
        """Append a step, which stands for these things; the place it got."""
        place = len(self.scene.steps)
        self.scene.steps.append(step)
        for thing in things:
            self.places[id(thing)] = place
        return place

    def frame(self, scope: Scope | None) -> int | None:
        """The frame of a call, added where it is new; None outside of all calls."""
        if scope is None or id(scope) not in self.calls.chains:
            return None
        if id(scope) not in self.frames:
            frame = Frame(self.calls.title(scope), self.frame(scope.outer))
            self.frames[id(scope)] = len(self.scene.frames)
            self.scene.frames.append(frame)
        return self.frames[id(scope)]

    def operation(self, node: Node) -> None:
        """Add a node: those of its inputs that are not there yet, the operation itself, its result."""
        inputs = tuple(self.input(node, i) for i in range(len(node.inputs)))
        place, frame = len(self.scene.steps), self.frame(node.scope)
        self.nodes[place] = node
        self.add(Operation(node.op.__name__, label_of(node), params_text(node), inputs, place + 1, frame))
        self.add(self.result(node, "result", frame), node)

    def box(self, group: Group, outputs: list[Node], root: Node) -> None:
        """Add a group as one operation, with its last output where that has a name or is the graph's."""
        read = list(self.reads(group))
        frame = self.frame(group.calls[0].outer if group.calls else group.nodes[0].scope)
        place, last = len(self.scene.steps), outputs[-1]
        shown = last is root or bool(self.names.of(last))
        about = self.about(group, [shape for _, shape in read], last.shape)
        title = self.calls.title(group.calls[0]) if group.count == 1 else group.label
        inputs = tuple(dict.fromkeys(source for source, _ in read))
        output, holds = place + shown, len(group.nodes)
        operation = Operation(group.label, title, "", inputs, output, frame, about, holds, group.count)
        self.add(operation, *group.nodes)
        if shown:
            self.add(self.result(last, "result", frame), last)

    def reads(self, group: Group) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The place and shape of each thing that a group reads and does not make, but for a module's own parameters."""
        own, once = set(group.nodes), len(group.nodes) // group.count
        for number, node in enumerate(group.nodes):
            again = group.nodes[number + once] if number < once < len(group.nodes) else None
            for i, source in enumerate(node.inputs):
                given = not isinstance(source, Node) and number < once and self.is_read(group, node, i, again)
                if given or (isinstance(source, Node) and source not in own):
                    yield self.input(node, i), node.shapes[i]

    def is_read(self, group: Group, node: Node, i: int, again: Node | None) -> bool:
        """Whether a leaf or a constant is shown at a group; again: the node that does the same the second time.

        What each time has of its own is not.
        """
        source, array = node.inputs[i], array_of(node, i)
        if is_parameter(source) and group.calls:
            return False
        if source is None and not self.is_input(array) and not self.names.of(array):
            return False
        other = again.inputs[i] if again else source
        return isinstance(other, Node) or (other is source and (again is None or array_of(again, i) is array))

    def about(self, group: Group, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> tuple[str, ...]:
        """What a box says below its title: where its modules are, how much it holds, and its shapes."""
        paths = [self.calls.path(scope) for scope in group.calls] if group.count > 1 else []
        sizes = [parameter.data.size for parameter in parameters_of(group.calls).values()]
        where = " … ".join(dict.fromkeys(paths[:1] + paths[-1:])) if all(paths) else ""
        before = ", ".join(map(str, dict.fromkeys(inputs)))
        shapes = f"{before} → {output}" if before else f"→ {output}"
        return tuple(filter(None, [
            where, plural(sum(sizes), "parameter") if sizes else "", plural(len(group.nodes), "operation"),
            shapes if self.show.shapes else "",
        ]))  # fmt: skip

    def input(self, node: Node, i: int) -> int:
        """The place of a node's input number i, added where it is new."""
        source = node.inputs[i]
        if source is None:
            return self.constant(node, i)
        if id(source) in self.places:
            return self.places[id(source)]
        if isinstance(source, Node):
            return self.add(self.result(source, "earlier result", None), source)
        return self.leaf(source, self.frame(node.scope) if is_parameter(source) else None)

    def result(self, node: Node, kind: str, frame: int | None) -> Value:
        """The box of what an operation made; its numbers where the node, or a variable, still has them."""
        tensor = self.names.tensors.get(id(node))
        array = node.value if tensor is None else tensor.data
        grad = None if tensor is None else tensor.grad
        return self.value(kind, self.names.of(node), array, node.shape, node.dtype, grad, frame)

    def leaf(self, tensor: Tensor, frame: int | None = None) -> int:
        """Add a tensor that no operation made."""
        kind = "leaf" if tensor.requires_grad else "constant"
        if is_parameter(tensor):
            kind = "parameter"
        elif self.is_input(tensor):
            kind = "input"
        self.leaves[len(self.scene.steps)] = tensor
        name = self.names.of(tensor)
        return self.add(self.value(kind, name, tensor.data, tensor.shape, tensor.dtype, tensor.grad, frame), tensor)

    def constant(self, node: Node, i: int) -> int:
        """The place of an input that gets no gradient: a Python number, an array, or one that is gone."""
        array, shape = array_of(node, i), node.shapes[i]
        if not isinstance(array, np.ndarray):
            return self.add(self.value("constant", "", array, shape, None, None, self.frame(node.scope)))
        if id(array) in self.places:
            return self.places[id(array)]
        kind, name = "input" if self.is_input(array) else "constant", self.names.of(array)
        frame = None if name else self.frame(node.scope)
        return self.add(self.value(kind, name, array, shape, array.dtype, None, frame), array)

    def is_input(self, thing: Any) -> bool:
        """Whether a leaf or an array is what a model was called with."""
        return id(thing) in self.names.inputs

    def value(
        self, kind: str, name: str, array: Any, shape: Any, dtype: Any, grad: Tensor | None, frame: int | None
    ) -> Value:
        """A value as text. array: its numbers, or None where they are gone; shape: None for a Python number."""
        show = self.show
        shown = array is not None and (show.values or shape is None)
        usual = dtype is None or dtype in (get_default_dtype(), int64, bool_)
        return Value(
            kind,
            name,
            digits_of(array) if shown else None,
            shape_text(shape) if show.shapes else "",
            str(dtype) if dtype is not None and (not usual if show.dtypes is None else show.dtypes) else "",
            digits_of(grad.data) if grad is not None and show.grads else None,
            thumbnail_of(np.asarray(array)) if shown else None,
            frame,
            shape is None,
        )


def is_parameter(source: Any) -> bool:
    """Whether a node's input is a parameter of a module, by the name of its class: nn lies above this package."""
    return type(source).__name__ == "Parameter"


def params_text(node: Node) -> str:
    """An op's parameters that say something: no False or None, and nothing that the result's shape says already."""
    if "function" in node.params:
        return ""
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
