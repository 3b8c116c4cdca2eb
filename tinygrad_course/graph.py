"""The engine: how a program's operations are remembered, and how a gradient travels back through them.

A Tensor is a value; a Node is the record of the operation that made it. Calling an Op computes the value and, where
a gradient will be wanted, leaves a Node behind. `propagate` walks those Nodes from the newest to the oldest, asks
each Op's rules for the gradients of its inputs, and adds up what arrives.
"""

from __future__ import annotations

import inspect
import itertools
import linecache
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .dtypes import promote
from .modes import modes, using

SMALL = 64  # a node keeps values of up to this many numbers, so that its graph can be drawn later
NONE: dict[int, Any] = {}  # no constants: one for all nodes, never written to
UNCHANGING = [0]  # the version counter of what is no Tensor
_ids = itertools.count()


class Node:
    """The record of one operation.

    inputs: for each input the Node that made it, the leaf Tensor itself, or None for a constant.
    saved: the arrays that the rules will read, by name; dropped after backward.
    shapes: the shape of each input (None for a Python number). shape, dtype: those of the output.
    value, constants: the output and the constant inputs where small, kept for drawing.
    hooks: functions that see, and may replace, the gradient of the output.
    scope: the call of a module that it belongs to. line: where the program called it, under anomaly mode.
    """

    __slots__ = (
        "__weakref__", "constants", "dtype", "hooks", "id", "inputs", "line", "op", "params", "plan", "saved", "scope",
        "shape", "shapes", "value",
    )  # fmt: skip

    def __init__(
        self, op: type[Op], plan: Plan, inputs: tuple, params: dict[str, Any], shapes: tuple, z: np.ndarray
    ) -> None:
        self.op, self.inputs, self.params, self.shapes = op, inputs, params, shapes
        self.shape, self.dtype = z.shape, z.dtype
        self.value = z if z.size <= SMALL else None
        self.constants: dict[int, Any] = NONE
        self.plan = plan
        self.saved: Sequence[Saved] | None = ()
        self.hooks: dict[int, Callable] | None = None
        self.scope = modes.scope
        self.line = calling_line() if modes.anomaly else ""
        self.id = next(_ids)

    def __repr__(self) -> str:
        return f"<{self.op.__name__}>"

    @property
    def next_functions(self) -> tuple:
        """The (input, index) pairs that PyTorch's grad_fn has; every op here has one output, so each index is 0."""
        return tuple((source, 0) for source in self.inputs)

    def recall(self) -> dict[str, Any]:
        """What the rules may read, by name: arrays, or under create_graph Tensors tied to their nodes."""
        if self.saved is None:
            raise RuntimeError(
                f"Trying to backward through the graph a second time: what {self.op.__name__} saved was dropped after "
                f"the first. Call backward(retain_graph=True) the first time, or run the forward pass again.{self.line}"
            )
        values, rest, tied = dict(self.params), [], modes.create_graph
        for name, (place, array, counter, count) in zip(self.plan.names, self.saved, strict=True):
            if counter[0] != count:
                raise RuntimeError(changed_since(self.op, place, array, counter[0], count) + self.line)
            values[name] = self._tie(place, array) if tied else array
            if name == self.op.variadic:
                rest.append(values[name])
        if self.op.variadic:
            values[self.op.variadic] = tuple(rest)
        return values

    def _tie(self, place: int, array: Any) -> Any:
        """A saved array as a Tensor on its own place in the graph, so that a rule can be differentiated again."""
        source = self if place == OUTPUT else self.inputs[place]
        if source is None and not isinstance(array, np.ndarray):
            return array
        return Op.result(array, source) if isinstance(source, Node) or source is None else source


Saved = tuple[int, Any, list[int], int]  # an input's place or OUTPUT; its array; the version counter; its count then
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


class View(NamedTuple):
    """How a Tensor shows the memory of another.

    base: the Tensor whose memory it is. op, params: what made the view. seen: the version it was made at.
    recorded: whether recording was on then.
    """

    base: Any
    op: type[Op]
    params: dict[str, Any]
    seen: int
    recorded: bool


class Rule(NamedTuple):
    """A gradient rule: the function, the names of what it reads after g, and whether its own place is among them."""

    function: Callable
    reads: tuple[str, ...]
    reads_place: bool


class Plan(NamedTuple):
    """What an op does where certain inputs want gradients.

    keeps, names: the places it keeps, and the names that rules know them by. rules: by the place of each such input.
    fixed: the places of the other inputs. partial: whether a gradient could go to some of those, but for a rule.
    """

    keeps: tuple[int, ...]
    names: tuple[str, ...]
    rules: tuple[tuple[int, Rule], ...]
    fixed: tuple[int, ...]
    partial: bool


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
    plans: ClassVar[dict[tuple[type, ...], Plan]]

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "forward"):
            read_signatures(cls)

    def __new__(cls, *inputs: Any, **params: Any) -> Any:
        """Compute the output; a Tensor if an input is one (recorded where a gradient will be wanted), else an array."""
        tensor, wrapped = Op.result, False
        arrays: list[Any] = []
        for x in inputs:
            if isinstance(x, tensor):
                wrapped = True
                arrays.append(x.data)
            else:
                arrays.append(constant(cls, x))
        if cls.promotes:
            arrays = cls.cast(arrays)
        try:
            z = cls.forward(*arrays, **params)
        except ValueError as error:
            raise cls.misfit(arrays, error) from None
        if not wrapped:
            return z
        y = tensor(z)
        if modes.grad:
            cls.record(inputs, arrays, params, y)
        if cls.views:
            share(y, inputs[0], cls, params)
        return y

    @classmethod
    def record(cls, inputs: tuple, arrays: list[Any], params: dict[str, Any], y: Any) -> None:
        """Leave a Node behind y if a gradient will be wanted: where gradients go, and what the rules will read."""
        tensor = Op.result
        sources, shapes, counters = [], [], []
        for x, a in zip(inputs, arrays, strict=True):
            if isinstance(x, tensor):
                sources.append(x.node if x.origin is None and x.node is not None else place_of(x))
                shapes.append(a.shape)
                counters.append(x.version)
            else:
                sources.append(None)
                shapes.append(a.shape if isinstance(a, np.ndarray) else None)
                counters.append(UNCHANGING)
        kinds = tuple(map(type, sources))
        plan = cls.plans.get(kinds) or cls.plan(kinds)
        if not plan.rules:
            return
        if plan.partial:
            wanted = {i for i, _ in plan.rules}
            sources = [source if i in wanted else None for i, source in enumerate(sources)]
        y.node = node = Node(cls, plan, tuple(sources), params, tuple(shapes), y.data)
        if plan.fixed:
            node.constants = {i: arrays[i] for i in plan.fixed if getattr(arrays[i], "size", 1) <= SMALL}
        if plan.keeps:
            arrays.append(y.data)  # the output stands last, where OUTPUT points to
            counters.append(y.version)
            node.saved = [(i, arrays[i], counters[i], counters[i][0]) for i in plan.keeps]

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
            if isinstance(a, np.ndarray) and a.dtype is not first:
                if first is not None or a.dtype.kind != "f":
                    return promote(arrays, floating=cls.promotes == "float")
                first = a.dtype
        return arrays

    @classmethod
    def plan(cls, kinds: tuple[type, ...]) -> Plan:
        """The Plan for sources of these types, None's for what wants no gradient; made once for each of them."""
        wanted = [i for i, kind in enumerate(kinds) if kind is not type(None)]
        rules = tuple((i, cls.rules[cls.name_of(i)]) for i in wanted if cls.name_of(i) in cls.rules)
        reads = {name for _, rule in rules for name in rule.reads}
        keeps = ((OUTPUT,) if "z" in reads else ()) + tuple(i for i in range(len(kinds)) if cls.name_of(i) in reads)
        names, ruled = tuple(map(cls.name_of, keeps)), {i for i, _ in rules}
        fixed = tuple(i for i in range(len(kinds)) if i not in ruled)
        cls.plans[kinds] = Plan(keeps, names, rules, fixed, len(rules) < len(wanted))
        return cls.plans[kinds]

    @classmethod
    def name_of(cls, place: int) -> str:
        """The name, in forward's signature, of the input at a place; "z" for the output."""
        if place == OUTPUT:
            return "z"
        return cls.arguments[place] if place < len(cls.arguments) else cls.variadic


def read_signatures(cls: type[Op]) -> None:
    """Note an Op's arguments, and what each of its rules reads. Raises TypeError for a rule that fits no argument."""
    cls.arguments, cls.variadic, params = names_of(cls.forward)
    readable = {*cls.arguments, cls.variadic, *params, "z", "shape", "shapes", "i"}
    cls.rules, cls.plans = {}, {}
    for name in dir(cls):
        if name.startswith("grad_"):
            reads = names_of(getattr(cls, name))[0][1:]
            argument = name.removeprefix("grad_")
            if argument not in (*cls.arguments, cls.variadic):
                raise TypeError(f"{cls.__name__}.{name}: forward has no argument named {argument!r}")
            if unknown := set(reads) - readable:
                cure = "; forward and the rules take no self" if "g" in unknown else ""
                raise TypeError(
                    f"{cls.__name__}.{name} reads {sorted(unknown)}, which forward neither takes nor makes{cure}"
                )
            cls.rules[argument] = Rule(getattr(cls, name), reads, bool({"shape", "shapes", "i"} & set(reads)))


def names_of(function: Callable) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The names of a function's arguments, of its *argument or "", and of its keyword-only ones.

    inspect.signature says the same, seven times slower, and every import of the framework would wait for it.
    """
    code = inspect.unwrap(function).__code__
    names, keywords = code.co_varnames[: code.co_argcount], code.co_varnames[code.co_argcount :]
    rest = keywords[code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else ""
    return names, rest, keywords[: code.co_kwonlyargcount]


def constant(op: type[Op], x: Any) -> Any:
    """Let an array or a Python number pass as an op's input. Raises TypeError for anything else."""
    if isinstance(x, np.generic):  # before float: np.float64 is one, and is not weak
        return np.asarray(x)
    if isinstance(x, (int, float, np.ndarray)):
        return x
    raise TypeError(
        f"{op.__name__}: expected a Tensor, an array or a number, got {type(x).__name__}; wrap it first: tg.tensor(...)"
    )


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
        view.origin = view.origin._replace(seen=view.version[0])


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
    return sorted(seen, key=lambda n: n.id)


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum g over the axes along which `shape` was repeated, so that the result has that shape."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1]
    return g.sum(axis=(*range(extra), *stretched), keepdims=True).reshape(shape)


def pull(node: Node, g: Any) -> list[tuple[Any, Any]]:
    """Apply a node's rules to g, the gradient of its output: (input, gradient) for each input that wants one.

    A gradient for a Node is an array (a Tensor under create_graph); one for a leaf is always a Tensor.
    """
    if node.hooks or modes.held is not None:
        g = watch(node, g)
    values = node.recall() if node.plan.keeps or node.op.variadic else dict(node.params)
    if node.saved and not modes.retain_graph:
        node.saved = None
    pairs = []
    for i, rule in node.plan.rules:
        source, gx = node.inputs[i], apply_rule(node, i, rule, g, values)
        if isinstance(source, Node):
            pairs.append((source, gx))
            continue
        gx = as_tensor(gx)
        if modes.only_held or (source.hooks and modes.held is not None):
            hold(source, gx)
        else:
            pairs.append((source, gx))
    return pairs


def apply_rule(node: Node, i: int, rule: Rule, g: Any, values: dict[str, Any]) -> Any:
    """The gradient of a node's input number i, in that input's shape and dtype."""
    shape, dtype = node.shapes[i], node.inputs[i].dtype
    if rule.reads_place:
        values |= {"shape": shape, "shapes": node.shapes, "i": i - len(node.op.arguments)}
    gx = rule.function(g, *[values[name] for name in rule.reads])
    if modes.anomaly:
        check_nan(node, i, gx)
    if gx.shape != shape:
        gx = sum_to(gx, shape)
    return gx if gx.dtype is dtype or gx.dtype == dtype else gx.astype(dtype)


def check_nan(node: Node, i: int, gx: Any) -> None:
    """Raise RuntimeError for a gradient with nan in it: under anomaly mode."""
    if np.isnan(getattr(gx, "data", gx)).any():
        raise RuntimeError(
            f"Function '{node.op.__name__}' returned nan values: the gradient of its input {node.op.name_of(i)!r} has "
            f"nan in it.{node.line}"
        )


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
        held[leaf] = g if before is None else before + g


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
            if not isinstance(source, Node):
                accumulate(source, gx)
            elif source in arrived:
                arrived[source] = arrived[source] + gx
            else:
                arrived[source] = gx


class Join(Op):
    """Ties the outputs of one backward pass to a single root; its gradient is the sequence of theirs."""

    label = "outputs"

    def forward(*xs: Any) -> np.ndarray:
        return np.zeros(len(xs))

    def grad_xs(g: Any, i: int) -> Any:
        return g[i]


def run_backward(
    outputs: Sequence[Any], seeds: Sequence[Any], wanted: Iterable[Any] | None = None, **options: bool
) -> dict:
    """Send the seeds (Tensors, the gradients of the outputs) back from the output Tensors.

    wanted: Nodes and leaves whose gradients are returned in a dict, with no leaf's .grad touched; None: every leaf
    accumulates. options: create_graph, retain_graph.
    """
    held = {} if wanted is None else dict.fromkeys(wanted)
    edges = tuple(map(place_of, outputs))
    plan = Join.plan(tuple(map(type, edges)))
    root = Node(Join, plan, edges, {}, tuple(y.shape for y in outputs), np.zeros(len(outputs)))
    g = tuple(seeds) if options["create_graph"] else tuple(s.data for s in seeds)
    with using(grad=options["create_graph"], held=held, only_held=wanted is not None, **options):
        propagate(root, g)
        for leaf in [x for x in held if not isinstance(x, Node) and held[x] is not None]:
            held[leaf] = run_hooks(leaf.hooks or {}, held[leaf])
            if wanted is None:
                accumulate(leaf, held[leaf])
    return held
