"""The engine: how a program's operations are remembered, and how a gradient travels back through them.

A Tensor is a value; a Node is the record of the operation that made it. Calling an Op computes the value and, where
a gradient will be wanted, leaves a Node behind. `propagate` walks those Nodes from the newest to the oldest, asks
each Op's rules for the gradients of its inputs, and adds up what arrives.
"""

from __future__ import annotations

import itertools
import linecache
import os
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from .dtypes import promote
from .modes import modes, using
from .signatures import Rule, read_signatures

SMALL = 64  # a node keeps values of up to this many numbers, so that its graph can be drawn later
NONE: dict[Any, Any] = {}  # no constants, nothing handed over: one for all nodes, never written to
UNCHANGING = [0]  # the version counter of what is no Tensor
NUMBERS = {float, int, bool}
PLAIN = {*NUMBERS, np.ndarray}  # what is an op's input as it is
_ids = itertools.count()


class Node:
    """The record of one operation.

    inputs: for each input the Node that made it, the leaf Tensor itself, or None for a constant.
    constants: of those without a gradient the number or the small array, kept for drawing; of large ones what is Left.
    saved: the arrays that the rules will read, by name; dropped after backward. handed: those that forward handed over.
    shape, dtype: those of the output. value: the output where it is small, kept for drawing.
    hooks: functions that see, and may replace, the gradient of the output.
    scope: the call of a module that it belongs to. line: where the program called it, under anomaly mode.
    """

    __slots__ = (
        "__weakref__", "constants", "dtype", "handed", "hooks", "id", "inputs", "line", "op", "params", "plan", "saved",
        "scope", "shape", "value",
    )  # fmt: skip

    def record(self, op: type[Op], plan: Plan, inputs: tuple, params: dict[str, Any], z: np.ndarray) -> Node:
        """Note an operation and its output z; return self. An __init__ would take 0.1 µs more, in each operation."""
        now = modes.__dict__
        self.op, self.plan, self.inputs = op, plan, inputs
        self.params, self.shape, self.dtype = params, z.shape, z.dtype
        self.value = z if z.size <= SMALL else None
        self.constants: dict[int, Any] = NONE
        self.handed: dict[str, Any] = NONE
        self.saved: Sequence[Saved] | None = ()
        self.hooks: dict[int, Callable] | None = None
        self.scope = now["scope"]
        self.line = calling_line() if now["anomaly"] else ""
        self.id = next(_ids)
        return self

    def keep(self, inputs: tuple, arrays: Sequence[Any], handed: dict[str, Any], y: Any) -> None:
        """Keep what the rules will read, with the versions it is at, and small constants for drawing."""
        plan, self.handed = self.plan, handed
        if plan.fixed:
            self.constants = constants = {}
            for i in plan.fixed:
                a = arrays[i]
                constants[i] = a if type(a) in NUMBERS or a.size <= SMALL else Left(a.shape, a.dtype)
        if plan.keeps:
            self.saved = saved = []
            for i, name in plan.keeps:
                x, array = (y, y.data) if i == OUTPUT else (inputs[i], arrays[i])
                counter = x.version if isinstance(x, Op.result) else UNCHANGING
                saved.append((name, i, array, counter, counter[0]))

    @property
    def shapes(self) -> tuple:
        """The shape of each input; None for a Python number."""
        given = [self.constants.get(i) if source is None else source for i, source in enumerate(self.inputs)]
        return tuple([getattr(x, "shape", None) for x in given])

    def __repr__(self) -> str:
        return f"<{self.op.__name__}>"

    @property
    def next_functions(self) -> tuple:
        """The (input, index) pairs that PyTorch's grad_fn has; every op here has one output, so each index is 0."""
        return tuple((source, 0) for source in self.inputs)

    def recall(self, tied: bool = False) -> dict[str, Any]:
        """What the rules may read, by name: arrays; where tied, Tensors on their own places in the graph."""
        if self.saved is None:
            wrong = f"what {self.op.__name__} saved was dropped after the first"
            cure = f"Call backward(retain_graph=True) the first time, or run the forward pass again.{self.line}"
            raise RuntimeError(f"Trying to backward through the graph a second time: {wrong}. {cure}")
        values = self.params | self.handed
        for name, place, array, counter, count in self.saved:
            if counter[0] != count:
                raise RuntimeError(changed_since(self.op, place, array, counter[0], count) + self.line)
            values[name] = self._tie(place, array) if tied else array
        if rest := self.op.variadic:
            arrays = [(place, array) for name, place, array, *_ in self.saved if name == rest]
            values[rest] = tuple(self._tie(*pair) if tied else pair[1] for pair in arrays)
        return values

    def _tie(self, place: int, array: Any) -> Any:
        """A saved array as a Tensor on its own place in the graph, so that a rule can be differentiated again."""
        source = self if place == OUTPUT else self.inputs[place]
        if source is None and not isinstance(array, np.ndarray):
            return array
        return Op.result(array, source) if isinstance(source, Node) or source is None else source


class Left:
    """What a node knows of a large input that it does not keep: its shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.shape, self.dtype = shape, dtype


Saved = tuple[str, int, Any, list[int], int]
"""What rules call it; its place among the inputs, or OUTPUT; its array; the version counter, and what it said then."""
OUTPUT = -1


def changed_since(op: type[Op], place: int, array: Any, version: int, expected: int) -> str:
    """The text of the error for a saved array that was written to."""
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"'{op.name_of(place)}' of {op.__name__}, of shape {list(array.shape)}, is at version {version}; "
        f"expected version {expected}. Use x = x + 1 in place of x += 1."
    )


def calling_line() -> str:
    """Where the program, outside this package, called the operation that runs: a sentence with the line itself."""
    frame = sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).partition(".")[0] == __name__.partition(".")[0]:
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    return f" It was called at {os.path.basename(file)}, line {number}: {linecache.getline(file, number).strip()}"


class View:
    """How a Tensor shows the memory of another.

    base: the Tensor whose memory it is. op, params: what made the view. seen: the version it was made at.
    recorded: whether recording was on then.
    """

    def __init__(self, base: Any, op: type[Op], params: dict[str, Any], seen: int, recorded: bool) -> None:
        self.base, self.op, self.params, self.seen, self.recorded = base, op, params, seen, recorded


class Kept:
    """What a fused operation's forward returns where its rule can use more than inputs and output."""

    def __init__(self, z: np.ndarray, arrays: dict[str, Any]) -> None:
        self.z, self.arrays = z, arrays


class Plan:
    """What an op does where certain inputs want gradients.

    keeps: the places it keeps, with the names that rules know them by. rules: by the place of each such input.
    fixed: the places of the other inputs. unruled: those of them that want a gradient and get none, for want of a rule.
    reads: whether a rule reads anything beside g.
    """

    def __init__(
        self, keeps: tuple[tuple[int, str], ...], rules: tuple[tuple[int, Rule], ...], fixed: tuple[int, ...],
        unruled: tuple[int, ...], reads: bool,
    ) -> None:  # fmt: skip
        self.keeps, self.rules, self.fixed, self.unruled, self.reads = keeps, rules, fixed, unruled, reads


class Op:
    """One operation, used as a namespace and called like a function: `Mul(x, y)`.

    `forward` takes arrays (positional arguments) and params (keyword-only arguments). `grad_x(g, ...)` is the rule
    for the argument x: it gets g, the gradient of the output, and after it whatever it names: arguments of forward,
    params, `z` (the output) or `shape` (of x itself). An argument without a rule is not differentiable.
    For `forward(x, *rest)` the rule `grad_rest(g, i, ...)` also gets the place i of its input, from 0, in rest.
    """

    label: ClassVar[str] = ""
    onnx: ClassVar[str] = ""
    promotes: ClassVar[str] = ""  # "common": inputs are cast to one dtype first; "float": and integers to floats
    views: ClassVar[bool] = False  # whether the output can share memory with the first input
    result: ClassVar[Any]  # makes a Tensor of an array and its Node; tensor.py sets it
    forward: ClassVar[Callable[..., Any]]
    arguments: ClassVar[tuple[str, ...]]
    variadic: ClassVar[str]
    rules: ClassVar[dict[str, Rule]]
    reads: ClassVar[tuple[str, ...]] = ()  # what the one rule of a fused operation reads
    together: ClassVar[Callable[..., Any]]  # the gradients of a fused operation's inputs
    plans: ClassVar[dict[int, Plan]]

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "forward"):
            read_signatures(cls)

    def __new__(cls, *inputs: Any, **params: Any) -> Any:
        """Compute the output; a Tensor if an input is one (recorded where a gradient will be wanted), else an array."""
        tensor = Op.result
        recording = modes.__dict__["grad"]
        arrays = []
        sources = []
        wanted = 1  # which inputs want gradients: a digit for each, after a leading 1
        wrapped = mixed = False
        dtype = None
        for x in inputs:
            source = None
            if isinstance(x, tensor):
                wrapped = True
                if recording:
                    source = x.node or (x if x._requires_grad else None) if x.origin is None else place_of(x)
                x = x.data
            elif type(x) not in PLAIN:
                x = constant(cls, x)
            if type(x) is np.ndarray and x.dtype is not dtype:
                mixed = dtype is not None
                dtype = x.dtype
            arrays.append(x)
            sources.append(source)
            wanted += wanted if source is None else wanted + 1
        if cls.promotes and (mixed or dtype is None or dtype.kind != "f"):
            arrays = cls.cast(arrays)
        try:
            z = cls.forward(*arrays, **params) if params else cls.forward(*arrays)
        except ValueError as error:
            raise cls.misfit(arrays, error) from None
        handed = NONE
        if type(z) is Kept:
            handed, z = z.arrays, z.z
        if not wrapped:
            return z
        y = tensor(z)
        if recording:
            plan = cls.plans.get(wanted) or cls.plan(wanted)
            if plan.rules:
                for i in plan.unruled:
                    sources[i] = None
                y.node = Node().record(cls, plan, tuple(sources), params, y.data)
                if plan.fixed or plan.keeps:
                    y.node.keep(inputs, arrays, handed, y)
        if cls.views:
            share(y, inputs[0], cls, params)
        return y

    @classmethod
    def misfit(cls, arrays: list[Any], error: ValueError) -> Exception:
        """The error for inputs that do not fit each other."""
        if type(error) is not ValueError:  # LinAlgError is one, and says more
            return error
        given = ", ".join(str(list(np.shape(a))) for a in arrays)
        return RuntimeError(f"{cls.__name__} of shapes {given}: {error}")

    @classmethod
    def cast(cls, arrays: list[Any]) -> list[Any]:
        """Bring the inputs to one dtype; nothing is done where floats of one type meet each other or Python numbers."""
        first = None
        for a in arrays:
            if type(a) not in NUMBERS and a.dtype is not first:
                if first is not None or a.dtype.kind != "f":
                    return promote(arrays, floating=cls.promotes == "float")
                first = a.dtype
        return arrays

    @classmethod
    def plan(cls, wanted: int) -> Plan:
        """The Plan for which inputs want gradients, as binary digits after a leading 1; made once for each case."""
        digits = f"{wanted:b}"[1:]
        places = [i for i, digit in enumerate(digits) if digit == "1"]
        rules = tuple((i, cls.rules[cls.name_of(i)]) for i in places if cls.name_of(i) in cls.rules)
        reads = {name for _, rule in rules for name in rule.reads}
        keeps = tuple((i, cls.name_of(i)) for i in (OUTPUT, *range(len(digits))) if cls.name_of(i) in reads)
        ruled = {i for i, _ in rules}
        fixed = tuple(i for i in range(len(digits)) if i not in ruled)
        unruled = tuple(i for i in places if i not in ruled)
        cls.plans[wanted] = Plan(keeps, rules, fixed, unruled, bool(reads))
        return cls.plans[wanted]

    @classmethod
    def name_of(cls, place: int) -> str:
        """The name, in forward's signature, of the input at a place; "z" for the output."""
        if place == OUTPUT:
            return "z"
        return cls.arguments[place] if place < len(cls.arguments) else cls.variadic


def plan_of(op: type[Op], sources: Sequence[Any]) -> Plan:
    """The Plan of an op for inputs from these sources, None for those that want no gradient."""
    wanted = 1
    for source in sources:
        wanted = 2 * wanted + (source is not None)
    return op.plans.get(wanted) or op.plan(wanted)


def constant(op: type[Op], x: Any) -> Any:
    """Let an array or a Python number pass as an op's input. Raises TypeError for anything else."""
    if isinstance(x, np.generic):  # before float: np.float64 is one, and is not weak
        return np.asarray(x)
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, (int, float)):
        return int(x) if isinstance(x, int) else float(x)
    given = f"got {type(x).__name__}; wrap it first: tg.tensor(...)"
    raise TypeError(f"{op.__name__}: expected a Tensor, an array or a number, {given}")


def place_of(x: Any) -> Any:
    """The Node that a Tensor's present value came from; the Tensor itself for a leaf that wants gradients; else None.

    A view whose memory was written to since is made again from its base, so that it sees the write.
    """
    if x.origin is not None and x.origin.seen != x.version[0]:
        renew(x)
    return x.node or (x if x._requires_grad else None)


def renew(view: Any) -> None:
    """Make a view again from its base, and before it the views that it is a view of, where they are out of date."""
    stale = []
    while view.origin is not None and view.origin.seen != view.version[0] and view.origin.recorded:
        stale.append(view)
        view = view.origin.base
    for view in reversed(stale):
        with using(grad=True):
            view.node = view.origin.op(view.origin.base, **view.origin.params).node
        view.origin.seen = view.version[0]


def share(y: Any, x: Any, op: type[Op], params: dict[str, Any]) -> None:
    """Note that y shows x's memory, where it does: they share one version counter."""
    if isinstance(x, Op.result) and np.may_share_memory(x.data, y.data):
        y.version = x.version
        y.origin = View(x, op, params, y.version[0], modes.grad)


def walk(node: Node) -> list[Node]:
    """Every Node that `node` came from, itself included, oldest first."""
    seen, stack = {node}, [node]
    while stack:
        for source in stack.pop().inputs:
            if isinstance(source, Node) and source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(seen, key=attrgetter("id"))


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum g over the axes along which `shape` was repeated, so that the result has that shape."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1]
    return g.sum(axis=(*range(extra), *stretched), keepdims=True).reshape(shape)


def pull(node: Node, g: Any) -> list[tuple[Any, Any]]:
    """Apply a node's rules to g, the gradient of its output: (input, gradient) for each input that wants one.

    Gradients are arrays; Tensors under create_graph.
    """
    now = modes.__dict__
    held = now["held"]
    if node.hooks or held:
        g = watch(node, g)
    plan = node.plan
    values = node.recall(now["create_graph"]) if plan.reads else NONE
    if node.saved and not now["retain_graph"]:
        node.saved, node.handed = None, NONE
    together = node.op.together(node, g, values) if node.op.reads else None
    pairs = []
    for i, rule in plan.rules:
        gx = apply_rule(node, i, rule, g, values) if together is None else together[i]
        if now["anomaly"]:
            check_nan(node, i, gx)
        source = node.inputs[i]
        if held is None or isinstance(source, Node) or not (source.hooks or now["only_held"]):
            pairs.append((source, gx))
        else:
            hold(source, gx)
    return pairs


def apply_rule(node: Node, i: int, rule: Rule, g: Any, values: dict[str, Any]) -> Any:
    """The gradient of a node's input number i, in that input's shape and dtype."""
    if rule.reads_place:
        values |= {"shape": node.inputs[i].shape, "i": i - len(node.op.arguments)}
        if "shapes" in rule.reads:
            values["shapes"] = node.shapes
    gx, source = rule.apply(g, values), node.inputs[i]
    return gx if gx.dtype is source.dtype and gx.shape == source.shape else fitting(node, i, gx)


def fitting(node: Node, i: int, gx: Any) -> Any:
    """A gradient of a node's input number i, brought to that input's shape and dtype."""
    source = node.inputs[i]
    if gx.shape != source.shape:
        gx = sum_to(gx, source.shape)
    dtype = source.dtype
    return gx if gx.dtype is dtype or gx.dtype == dtype else gx.astype(dtype)


def check_nan(node: Node, i: int, gx: Any) -> None:
    """Raise RuntimeError for a gradient with nan in it: under anomaly mode."""
    if np.isnan(getattr(gx, "data", gx)).any():
        where = f"in the gradient of its input {node.op.name_of(i)!r}"
        raise RuntimeError(f"Function '{node.op.__name__}' returned nan values {where}.{node.line}")


def as_tensor(g: Any) -> Any:
    """An array as a Tensor; a Tensor as it is."""
    return g if isinstance(g, Op.result) else Op.result(g)


def watch(node: Node, g: Any) -> Any:
    """Let hooks see the whole gradient of a node's output, and note it where autograd.grad asked for it."""
    if node.hooks:
        g = run_hooks(node.hooks, as_tensor(g))
        g = g if modes.create_graph else g.data
    if modes.held is not None and node in modes.held:
        modes.held[node] = as_tensor(g)
    return g


def hold(leaf: Any, g: Any) -> None:
    """Keep a leaf's gradient back until the pass is over, if its total is wanted then."""
    held = modes.held
    if held is not None and (leaf in held or not modes.only_held):
        before = held.get(leaf)
        held[leaf] = as_tensor(g) if before is None else before + g


def run_hooks(hooks: dict[int, Callable], g: Any) -> Any:
    """Call each hook with the gradient; what a hook returns, unless None, takes its place."""
    for hook in list(hooks.values()):
        replaced = hook(g)
        g = g if replaced is None else replaced
    return g


def accumulate(leaf: Any, g: Any) -> None:
    """Add the gradient g, a Tensor of leaf's shape, to what leaf has received; two leaves never share one array."""
    leaf.grad = g.clone() if leaf.grad is None else leaf.grad + g


def propagate(root: Node, g: Any) -> None:
    """Send g, the gradient of root's output, back through the graph to every leaf."""
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf in list(arrived):
        accumulate(leaf, as_tensor(arrived.pop(leaf)))
