"""Lesson 04, Backward: the engine that sends a gradient back through any graph, and what is first trained with it."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import numpy as np

import tinygrad_course as tg
from tinygrad_course.graph import Node, Op, accumulate, propagate, pull, walk

from ..exercise import AFTERWARDS, Case, Exercise, Lesson, Mistake, Piece, Prediction


def leaf(value: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(value, dtype=tg.float64, requires_grad=True)


# walk


def _walk_recursive_kahn(node: Node) -> list[Node]:
    """Without ids: a node is listed once everything before it is."""
    order: list[Node] = []
    state: dict[Node, int] = {}
    stack = [node]
    while stack:
        top = stack[-1]
        rest = [s for s in top.inputs if isinstance(s, Node) and s not in state]
        if rest:
            stack.append(rest[0])
            continue
        stack.pop()
        if top not in state:
            state[top] = 1
            order.append(top)
    return sorted(order, key=lambda n: n.id)


def _walk_newest_first(node: Node) -> list[Node]:
    return walk(node)[::-1]


def _walk_unsorted(node: Node) -> list[Node]:
    seen, order, stack = {node}, [node], [node]
    while stack:
        for source in stack.pop().inputs:
            if isinstance(source, Node) and source not in seen:
                seen.add(source)
                order.append(source)
                stack.append(source)
    return order[::-1]


def _walk_repeated(node: Node) -> list[Node]:
    found, waiting = [], [node]
    while waiting:
        source = waiting.pop()
        found.append(source)
        waiting += [s for s in source.inputs if isinstance(s, Node)]
    return sorted(found, key=lambda n: n.id)


def _walk_every_way(node: Node) -> list[Node]:
    found, waiting = {node}, [node]
    while waiting:
        for source in waiting.pop().inputs:
            if isinstance(source, Node):
                found.add(source)
                waiting.append(source)
    return sorted(found, key=lambda n: n.id)


def _walk_without_root(node: Node) -> list[Node]:
    return walk(node)[:-1]


def _walk_recursive(node: Node) -> list[Node]:
    order: list[Node] = []
    seen: set[Node] = set()

    def visit(source: Node) -> None:
        if source not in seen:
            seen.add(source)
            for s in source.inputs:
                if isinstance(s, Node):
                    visit(s)
            order.append(source)

    visit(node)
    return sorted(order, key=lambda n: n.id)


def _walk_lists_joined(node: Node) -> list[Node]:
    found: list[Node] = []
    for source in node.inputs:
        if isinstance(source, Node):
            found += [n for n in _walk_lists_joined(source) if n not in found]
    return sorted([*found, node], key=lambda n: n.id)


def _walk_recursive_list(node: Node) -> list[Node]:
    found: list[Node] = []

    def visit(source: Node) -> None:
        if source not in found:
            found.append(source)
            for s in source.inputs:
                if isinstance(s, Node):
                    visit(s)

    visit(node)
    return sorted(found, key=lambda n: n.id)


def _walk_in_list(node: Node) -> list[Node]:
    found, waiting = [node], [node]
    while waiting:
        for source in waiting.pop().inputs:
            if isinstance(source, Node) and source not in found:
                found.append(source)
                waiting.append(source)
    return sorted(found, key=lambda n: n.id)


def _walk_first_inputs(node: Node) -> list[Node]:
    found = [node]
    while isinstance(found[-1].inputs[0], Node):
        found.append(found[-1].inputs[0])
    return found[::-1]


def _walk_set(node: Node) -> Any:
    return set(walk(node))


def _walk_into_leaves(node: Node) -> list[Node]:
    seen, stack = {node}, [node]
    while stack:
        for source in stack.pop().inputs:
            if source is not None and source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(seen, key=lambda n: n.id)


def _walk_lists_leaves(node: Node) -> list[Node]:
    seen, stack = {node}, [node]
    while stack:
        for source in stack.pop().inputs:
            if source is not None and source not in seen:
                seen.add(source)
                if isinstance(source, Node):
                    stack.append(source)
    return sorted(seen, key=lambda n: n.id)


def _walk_into_constants(node: Node) -> list[Node]:
    seen, stack = {node}, [node]
    while stack:
        for source in stack.pop().inputs:
            if not isinstance(source, tg.Tensor) and source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(seen, key=lambda n: n.id)


def _walk_case(name: str, program: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        y = program(leaf(0.5))
        order = piece(y.node)
        if isinstance(order, set):  # its order would be another each time
            return {"order": "none: a set"}
        first = min((node.id for node in order), default=0)
        return {"order": [f"{node.op.__name__} number {node.id - first}" for node in order]}

    return Case(name, run)


def _long_case(length: int) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        y = leaf(0.5)
        for _ in range(length):
            y = y + 1.0
        try:
            order = piece(y.node)
        except RecursionError:  # its text depends on where Python gives up
            return {"nodes": "none: a RecursionError"}
        in_order = not isinstance(order, set) and all(a.id < b.id for a, b in pairwise(order))
        return {"nodes": len(order), "oldest first": in_order}

    return Case(f"y = y + 1, {length:,} times", run)


def _doubled_case(times: int) -> Case:
    """The number of ways to a node doubles each time, and a walk must not go them all."""

    def run(piece: Piece) -> dict[str, Any]:
        y, inputs = leaf(0.5), vars(Node)["inputs"]
        asked: list[Node] = []
        for _ in range(times):
            y = y + y

        def noted(node: Node) -> Any:
            asked.append(node)
            return inputs.__get__(node)

        with patch.object(Node, "inputs", property(noted)):
            order = piece(y.node)
        much = "a few times" if len(asked) < 50 * times else "thousands of times"
        return {"nodes": len(order), "node.inputs was read": much}

    return Case(f"y = y + y, {times} times", run)


def _compared_case(length: int) -> Case:
    """`in` on a list compares with every entry, a set with hardly any."""

    def run(piece: Piece) -> dict[str, Any]:
        y = leaf(0.5)
        for _ in range(length):
            y = y + 1.0
        compared = 0

        def noted(node: Node, other: object) -> bool:
            nonlocal compared
            compared += 1
            return node is other

        with patch.object(Node, "__eq__", noted):
            order = piece(y.node)
        much = "a few times" if compared < 10 * length else "thousands of times"
        return {"nodes": len(order), "nodes were compared": much}

    return Case(f"y = y + 1, {length} times", run)


def _diamond(x: Any) -> Any:
    a = x * 2
    b = a.exp()
    return b * a + a


def _detour(x: Any) -> Any:
    a = x * 2
    b = a + 1
    c = b.tanh()
    return a * c


WALK = Exercise(
    id="04.walk",
    target="tinygrad_course.graph.walk",
    minutes=12,
    difficulty=3,
    reference=walk,
    cases=(
        _walk_case("y = x * 3", lambda x: x * 3),
        _walk_case("y = (x * 3 + 1).tanh()", lambda x: (x * 3 + 1).tanh()),
        _walk_case("y = 2 * (x * x) + x.exp()", lambda x: 2 * (x * x) + x.exp()),
        _walk_case("a = x * 2, b = a.exp(), y = b * a + a", _diamond),
        _walk_case("a = x * 2, b = a + 1, c = b.tanh(), y = a * c", _detour),
        _doubled_case(12),
        _compared_case(300),
        _long_case(5_000),
    ),
    accepts=(_walk_recursive_kahn,),
    mistakes=(
        Mistake(
            "newest first",
            _walk_newest_first,
            "Your list begins with the root. Oldest first is asked for, so that inputs stand before what is made of "
            "them. `propagate`, the third piece, goes through the list from its end.",
        ),
        Mistake(
            "order of the search",
            _walk_unsorted,
            "You found every node, but list them in the order in which you came across them. Then a node can stand "
            "before one of its own inputs. Every node has an `id`, and inputs are always older: sort by it.",
        ),
        Mistake(
            "repeated",
            _walk_repeated,
            "A node that is used twice stands in your list twice, and its rules would be applied twice. Keep a set of "
            "those you have been to.",
        ),
        Mistake(
            "every way",
            _walk_every_way,
            "The list is right, but you walk into a node once for every way that leads to it, and the ways double "
            "with each y = y + y: at 40 of them the walk would never end. Go on only from a node that you have not "
            "been to yet.",
        ),
        Mistake(
            "root left out",
            _walk_without_root,
            "The node you began with is missing. It is the last of the list.",
        ),
        Mistake(
            "recursion",
            _walk_recursive,
            "Right for small graphs. Along a chain of 5,000 operations your function calls itself 5,000 times, and "
            "Python gives up after about 1,000. Keep a list of the nodes that wait for a visit.",
        ),
        Mistake(
            "recursion, with a list",
            _walk_recursive_list,
            "Right for small graphs. Along a chain of 5,000 operations your function calls itself 5,000 times, and "
            "Python gives up after about 1,000. Keep a list of the nodes that wait for a visit, and a set of those "
            "that you have been to.",
        ),
        Mistake(
            "recursion, lists joined",
            _walk_lists_joined,
            "Right for small graphs. But you walk into a node once for every way that leads to it, and along a chain "
            "of 5,000 operations Python gives up after about 1,000 calls. Keep a list of the nodes that wait for a "
            "visit, and a set of those that you have been to.",
        ),
        Mistake(
            "in on a list",
            _walk_in_list,
            "The list is right, but `in` on a list looks at every entry, and for 20,000 nodes that takes seconds. A "
            "set finds it at once: keep the nodes that you have been to in a set.",
        ),
        Mistake(
            "first inputs",
            _walk_first_inputs,
            "You follow the first input of each operation alone. The others have a past as well.",
        ),
        Mistake(
            "a set",
            _walk_set,
            "You give back a set, and a set has no order. Make a list of it, sorted by the nodes' ids.",
        ),
        Mistake(
            "into leaves",
            _walk_into_leaves,
            "A leaf is a Tensor and has no inputs: follow a source only if isinstance(source, Node).",
        ),
        Mistake(
            "leaves listed",
            _walk_lists_leaves,
            "A leaf is a Tensor and has no id. It does not belong in the list: take a source into it only if "
            "isinstance(source, Node).",
        ),
        Mistake(
            "into constants",
            _walk_into_constants,
            "None stands for a constant, and None has no inputs: follow a source only if isinstance(source, Node).",
        ),
    ),
    hints=(
        "How will you know that you have been to a node, and how that an input is older than its result?",
        "Keep a set of nodes seen and a list of nodes that wait. Take one from the list, look at its inputs, and put "
        "those that are new Nodes into both. At the end sort by node.id.",
        "Fill in what is missing:\nfound, waiting = {node}, [node]\nwhile waiting:\n    for source in "
        "waiting.pop().inputs:\n        if ... and ...:\n            ...\nreturn sorted(found, key=...)",
    ),
)


# accumulate


def _accumulate_in_place(leaf: Any, g: Any) -> None:
    if leaf.grad is None:
        leaf.grad = g.clone()
    else:
        with tg.no_grad():
            leaf.grad += g


def _accumulate_from_zero(leaf: Any, g: Any) -> None:
    before = tg.zeros_like(g) if leaf.grad is None else leaf.grad
    leaf.grad = before + g


def _accumulate_overwrites(leaf: Any, g: Any) -> None:
    leaf.grad = g.clone()


def _accumulate_shares(leaf: Any, g: Any) -> None:
    leaf.grad = g if leaf.grad is None else leaf.grad + g


def _accumulate_first_only(leaf: Any, g: Any) -> None:
    if leaf.grad is None:
        leaf.grad = g.clone()


def _accumulate_no_none(leaf: Any, g: Any) -> None:
    leaf.grad = leaf.grad + g


def _accumulate_twice(leaf: Any, g: Any) -> None:
    if leaf.grad is None:
        leaf.grad = g.clone()
    leaf.grad = leaf.grad + g


def _accumulate_mean(leaf: Any, g: Any) -> None:
    leaf.grad = g.clone() if leaf.grad is None else (leaf.grad + g) / 2


def _accumulate_keeps_nothing(leaf: Any, g: Any) -> Any:
    grad = leaf.grad
    grad = g.clone() if grad is None else grad + g
    return grad


def _accumulate_into_the_leaf(leaf: Any, g: Any) -> None:
    leaf += g


def _accumulate_into_its_value(leaf: Any, g: Any) -> None:
    with tg.no_grad():
        leaf += g


def _accumulate_case(name: str, *gradients: list[float]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf([1.0, 2.0])
        for g in gradients:
            piece(x, tg.tensor(g, dtype=tg.float64))
        return {"x.grad": x.grad, f"x, {AFTERWARDS}": x}

    return Case(name, run)


def _two_leaves(piece: Piece) -> dict[str, Any]:
    x, w, g = leaf([1.0, 2.0]), leaf([1.0, 2.0]), tg.tensor([5.0, 6.0], dtype=tg.float64)
    piece(x, g)
    piece(w, g)
    x.grad.data[0] = 100.0
    return {"w.grad": w.grad}


ACCUMULATE = Exercise(
    id="04.accumulate",
    target="tinygrad_course.graph.accumulate",
    minutes=5,
    difficulty=2,
    reference=accumulate,
    cases=(
        _accumulate_case("one gradient arrives, [3, 4]", [3.0, 4.0]),
        _accumulate_case("[3, 4] arrives, then [10, 20]", [3.0, 4.0], [10.0, 20.0]),
        _accumulate_case("three arrive", [1.0, 1.0], [2.0, 2.0], [3.0, -8.0]),
        Case("the same g for x and w, then x.grad[0] is written to", _two_leaves),
    ),
    accepts=(_accumulate_in_place, _accumulate_from_zero),
    mistakes=(
        Mistake(
            "overwrites",
            _accumulate_overwrites,
            "The second gradient replaces the first. Every pass brings a part of the answer, and the parts add up.",
        ),
        Mistake(
            "shares",
            _accumulate_shares,
            "Two leaves now share one array: what is written into the gradient of one is seen in the other. Keep a "
            "copy, g.clone().",
        ),
        Mistake(
            "first only",
            _accumulate_first_only,
            "What comes after the first gradient is lost. Add it to what is there.",
        ),
        Mistake(
            "None forgotten",
            _accumulate_no_none,
            "Before the first gradient there is nothing to add to: leaf.grad is None. Ask for that first.",
        ),
        Mistake(
            "first counted twice",
            _accumulate_twice,
            "The first gradient is counted twice: it is kept, and then added to itself. Add only where there was one "
            "before.",
        ),
        Mistake(
            "mean",
            _accumulate_mean,
            "Your code takes the mean of what arrives. Each pass brings a part, so the parts are added, not averaged.",
        ),
        Mistake(
            "nothing kept",
            _accumulate_keeps_nothing,
            "Nothing is kept: leaf.grad is still None. Set leaf.grad; nothing has to be returned.",
        ),
        Mistake(
            "the leaf for its grad",
            _accumulate_into_the_leaf,
            "You add to the leaf's own value, and that is refused. It is leaf.grad that receives the gradient.",
        ),
        Mistake(
            "the leaf's value",
            _accumulate_into_its_value,
            "You add to the leaf's own value. It is leaf.grad that receives the gradient.",
        ),
    ),
    hints=(
        "What is leaf.grad when the first gradient arrives, and what when the second does?",
        "Two cases: None, then a copy of g is kept; otherwise the sum of what is there and g.",
        "Fill in what is missing:\nif leaf.grad is ...:\n    leaf.grad = ...\nelse:\n    leaf.grad = ...",
    ),
)


# propagate


def _propagate_at_each_arrival(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            if not isinstance(source, Node):
                accumulate(source, tg.as_tensor(gx))
            elif source in arrived:
                arrived[source] = arrived[source] + gx
            else:
                arrived[source] = gx


def _propagate_in_lists(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: [g]}
    for node in sorted(walk(root), key=lambda n: -n.id):
        for source, gx in pull(node, sum(arrived[node])):
            arrived.setdefault(source, []).append(gx)
    for source, gradients in arrived.items():
        if not isinstance(source, Node):
            accumulate(source, tg.tensor(sum(gradients)))


def _propagate_leaves_apart(root: Node, g: Any) -> None:
    arrived = {root: g}
    leaves: dict[Any, Any] = {}
    for node in walk(root)[::-1]:
        for source, gx in pull(node, arrived[node]):
            sums = arrived if isinstance(source, Node) else leaves
            sums[source] = sums.get(source, 0) + gx
    for leaf in leaves:
        accumulate(leaf, tg.as_tensor(leaves[leaf]))


def _propagate_keeps_last(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_expects(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_expects_at_nodes(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            if isinstance(source, Node):
                arrived[source] = arrived[source] + gx
            else:
                accumulate(source, tg.as_tensor(gx))


def _propagate_keeps_first(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived.setdefault(source, gx)
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_forwards(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in walk(root):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_arrays(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, total)


def _propagate_to_no_leaf(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx


def _propagate_leaf_replaced(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        leaf.grad = tg.as_tensor(total)


def _propagate_leaf_replaced_at_once(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            if isinstance(source, Node):
                arrived[source] = arrived[source] + gx if source in arrived else gx
            else:
                source.grad = tg.as_tensor(gx)


def _propagate_counts_twice(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
            if not isinstance(source, Node):
                accumulate(source, tg.as_tensor(gx))
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_running_sums(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
            if not isinstance(source, Node):
                accumulate(source, tg.as_tensor(arrived[source]))


def _propagate_after_each_node(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
        for leaf, total in arrived.items():
            if not isinstance(leaf, Node):
                accumulate(leaf, tg.as_tensor(total))


def _propagate_within_the_loop(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
        for leaf, total in arrived.items():
            accumulate(leaf, tg.as_tensor(total))


def _propagate_nodes_left(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived[node]):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_shrinks(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf in arrived:
        accumulate(leaf, tg.as_tensor(arrived.pop(leaf)))


def _propagate_in_place(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            if source in arrived:
                arrived[source] += gx
            else:
                arrived[source] = gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_own_seed(root: Node, g: Any) -> None:
    propagate(root, np.ones_like(g))


def _propagate_root_g(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in reversed(walk(root)):
        arrived.pop(node)
        for source, gx in pull(node, g):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_at_once(root: Node, g: Any) -> None:
    waiting = [(root, g)]
    while waiting:
        node, arrived = waiting.pop()
        for source, gx in pull(node, arrived):
            if isinstance(source, Node):
                waiting.append((source, gx))
            else:
                accumulate(source, tg.as_tensor(gx))


def _propagate_kept(root: Node, g: Any, arrived: dict[Any, Any] = {}) -> None:  # noqa: B006  the mistake itself
    arrived[root] = g
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_without_items(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived:
        accumulate(leaf, tg.as_tensor(total))


def _propagate_without_items_nor_pop(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived[node]):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived:
        if not isinstance(leaf, Node):
            accumulate(leaf, tg.as_tensor(total))


def _propagate_without_root(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_zeros_without_root(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node, 0)):
            arrived[source] = arrived.get(source, 0) + gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_forwards_from(nothing: float, root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    for node in walk(root):
        for source, gx in pull(node, arrived.get(node, nothing)):
            arrived[source] = arrived.get(source, nothing) + gx
    for leaf, total in arrived.items():
        if not isinstance(leaf, Node):
            accumulate(leaf, tg.as_tensor(total))


def _propagate_forwards_from_zero(root: Node, g: Any) -> None:
    _propagate_forwards_from(0, root, g)


def _propagate_forwards_from_a_float(root: Node, g: Any) -> None:
    _propagate_forwards_from(0.0, root, g)


def _propagate_forwards_and_pops(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in walk(root):
        for source, gx in pull(node, arrived.pop(node, 0)):
            arrived[source] = arrived.get(source, 0) + gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_in_order_of_arrival(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    while arrived:
        node = next(iter(arrived))
        total = arrived.pop(node)
        if not isinstance(node, Node):
            accumulate(node, tg.as_tensor(total))
            continue
        for source, gx in pull(node, total):
            arrived[source] = arrived[source] + gx if source in arrived else gx


def _propagate_newest_arrival(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    while arrived:
        node, total = arrived.popitem()
        if not isinstance(node, Node):
            accumulate(node, tg.as_tensor(total))
            continue
        for source, gx in pull(node, total):
            arrived[source] = arrived[source] + gx if source in arrived else gx


def _propagate_waits_twice(root: Node, g: Any) -> None:
    arrived, waiting = {root: g}, [root]
    while waiting:
        node = waiting.pop(0)
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
            if isinstance(source, Node):
                waiting.append(source)
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_newest_in_list(root: Node, g: Any) -> None:
    arrived, waiting = {root: g}, [root]
    while waiting:
        node = waiting.pop()
        for source, gx in pull(node, arrived.pop(node)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
            if isinstance(source, Node):
                waiting.append(source)
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_too_early(root: Node, g: Any) -> None:
    arrived: dict[Any, Any] = {root: g}
    waiting, seen = [root], {root}
    while waiting:
        node = waiting.pop(0)
        for source, gx in pull(node, arrived[node]):
            arrived[source] = arrived[source] + gx if source in arrived else gx
            if isinstance(source, Node) and source not in seen:
                seen.add(source)
                waiting.append(source)
    for leaf, total in arrived.items():
        if not isinstance(leaf, Node):
            accumulate(leaf, tg.as_tensor(total))


def _propagate_to_a_nodes_grad(root: Any, g: Any) -> None:
    root.grad = g
    for node in reversed(walk(root)):
        for source, gx in pull(node, node.grad):  # type: ignore[attr-defined]
            accumulate(source, tg.as_tensor(gx))


def _propagate_into_leaves(root: Any, g: Any) -> None:
    for source, gx in pull(root, g):
        _propagate_into_leaves(source, gx)


def _propagate_by_id(root: Node, g: Any) -> None:
    arrived = {root.id: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node.id)):
            arrived[source.id] = arrived[source.id] + gx if source.id in arrived else gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))


def _propagate_case(name: str, program: Any, seed: float = 1.0) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x, w = leaf([0.5, -2.0, 1.0]), leaf([3.0, 1.5, -0.5])
        y = program(x, w)
        piece(y.node, np.full(y.shape, seed))
        return {"x.grad": x.grad, "w.grad": w.grad}

    def graph() -> tuple[Any, dict[str, Any]]:
        leaves = {"x": leaf([0.5, -2.0, 1.0]), "w": leaf([3.0, 1.5, -0.5])}
        return program(**leaves), leaves

    return Case(f"{name}, g = {seed}", run, graph=graph)


def _in_a_row(x: Any, w: Any) -> Any:
    a = x * w
    b = a.tanh()
    return b * 2


def _meets_again(x: Any, w: Any) -> Any:
    a = x * w
    return a * a + a


def _long_way(x: Any, w: Any) -> Any:
    a = x * 2
    b = a + w
    c = b.tanh()
    return a * c


def _same_gradient(x: Any, w: Any) -> Any:
    a, b = x * 2, w * 3
    s = a + b
    return s + a


def _five_thousand(piece: Piece) -> dict[str, Any]:
    x = leaf([1.0])
    y = x
    for _ in range(5_000):
        y = y + 1.0
    piece(y.node, np.ones(1))
    return {"x.grad": x.grad}


def _two_passes(piece: Piece) -> dict[str, Any]:
    x = leaf([0.5, -2.0, 1.0])
    s = x + 1.0
    piece((s + 2.0).node, np.full(3, 1.0))
    piece((s + 3.0).node, np.full(3, 10.0))
    return {"x.grad": x.grad}


def _rules_applied(piece: Piece) -> dict[str, Any]:
    """How often rules are applied, seen even where the piece then looks for the grad of a Node."""
    times = 0

    class Noted(Op):
        def forward(x: Any) -> Any:
            return x * 2.0

        def grad_x(g: Any) -> Any:
            nonlocal times
            times += 1
            return g * 2.0

    x = leaf([1.0, 2.0, 3.0])
    a = Noted(x)
    c = Noted(Noted(a))
    with contextlib.suppress(AttributeError):
        piece((a + c + a).node, np.ones(3))
    often = "once" if times == 3 else "too often" if times > 3 else "not at all, or not all of them"
    return {"x.grad": x.grad, "rules of a, b and c are applied": often}


PROPAGATE = Exercise(
    id="04.propagate",
    target="tinygrad_course.graph.propagate",
    minutes=15,
    difficulty=4,
    reference=propagate,
    cases=(
        _propagate_case("y = x * w", lambda x, w: x * w),
        _propagate_case("y = x * w", lambda x, w: x * w, 5.0),
        _propagate_case("a = x * w, b = a.tanh(), y = b * 2", _in_a_row),
        _propagate_case("y = x * x", lambda x, w: x * x),
        _propagate_case("a = x * w, y = a * a + a", _meets_again),
        _propagate_case("a = x * 2, b = w * 3, s = a + b, y = s + a", _same_gradient),
        _propagate_case("a = x * 2, b = a + w, c = b.tanh(), y = a * c", _long_way),
        Case("y = y + 1, 5,000 times", _five_thousand),
        Case("s = x + 1, a pass from s + 2 with g = 1, then one from s + 3 with g = 10", _two_passes),
        Case("a = double(x), b = double(a), c = double(b), y = a + c + a", _rules_applied),
    ),
    accepts=(_propagate_at_each_arrival, _propagate_in_lists, _propagate_leaves_apart),
    mistakes=(
        Mistake(
            "the last gradient",
            _propagate_keeps_last,
            "Where two ways meet, the gradient that comes second replaces the first. Add up all that arrives at one "
            "place.",
        ),
        Mistake(
            "the first has nothing to add to",
            _propagate_expects,
            "The first gradient that arrives somewhere finds nothing in your dict, and Python raises a KeyError. Ask "
            "whether the source is in it: then add, else this is the first.",
        ),
        Mistake(
            "the first at a Node has nothing to add to",
            _propagate_expects_at_nodes,
            "The first gradient that arrives at a Node finds nothing in your dict, and Python raises a KeyError. Ask "
            "whether the Node is in it: then add, else this is the first.",
        ),
        Mistake(
            "the first gradient",
            _propagate_keeps_first,
            "Where two ways meet, only the gradient that comes first is kept. Add up all that arrives at one place.",
        ),
        Mistake(
            "oldest first",
            _propagate_forwards,
            "Your loop begins at the oldest node, where no gradient has arrived yet. Walk gives oldest first: turn it "
            "round.",
        ),
        Mistake(
            "oldest first, from 0",
            _propagate_forwards_from_zero,
            "Your loop begins at the oldest node, where no gradient has arrived yet, and sends a 0 on. Walk gives "
            "oldest first: turn it round.",
        ),
        Mistake(
            "oldest first, from 0.0",
            _propagate_forwards_from_a_float,
            "Your loop begins at the oldest node, where no gradient has arrived yet, and sends 0.0 on. Walk gives "
            "oldest first: turn it round.",
        ),
        Mistake(
            "oldest first, from 0, with pop",
            _propagate_forwards_and_pops,
            "Your loop begins at the oldest node, where no gradient has arrived yet, and sends a 0 on; what comes "
            "later stays in the dict. Walk gives oldest first: turn it round.",
        ),
        Mistake(
            "an array for a Tensor",
            _propagate_arrays,
            "You hand accumulate an array, and an array has no clone. A leaf's grad is a Tensor: make one of the "
            "array, with tg.as_tensor.",
        ),
        Mistake(
            "leaves forgotten",
            _propagate_to_no_leaf,
            "What arrived at the leaves stays in your function, and x.grad is still None. Give each leaf its sum, "
            "with accumulate.",
        ),
        Mistake(
            "leaf replaced",
            _propagate_leaf_replaced,
            "You set the grad of a leaf, and what an earlier pass had brought there is lost. Adding to it is what "
            "accumulate is for.",
        ),
        Mistake(
            "leaf replaced at each arrival",
            _propagate_leaf_replaced_at_once,
            "You set the grad of a leaf each time a gradient arrives there, and only the last one stays. Add up what "
            "arrives at leaves in the dict too, and give each its sum with accumulate.",
        ),
        Mistake(
            "counted twice",
            _propagate_counts_twice,
            "Each gradient of a leaf is counted twice: it is accumulated on arrival, and at the end with the sum. "
            "Leave out the first.",
        ),
        Mistake(
            "running sums",
            _propagate_running_sums,
            "Whenever a gradient arrives at a leaf you accumulate the sum so far, so that the earlier ones are counted "
            "again. The sum is whole only when all nodes have had their turn: accumulate it then, once.",
        ),
        Mistake(
            "after each node",
            _propagate_after_each_node,
            "After every node you accumulate what the leaves have so far, so that it is counted again and again. "
            "Begin the loop over the leaves further left, where the loop over the nodes is over.",
        ),
        Mistake(
            "Nodes too, while the loop runs",
            _propagate_within_the_loop,
            "While the loop over the nodes runs you call accumulate for Nodes too, and a Node has no grad. When that "
            "loop is over, only leaves are left in the dict: then is their turn.",
        ),
        Mistake(
            "Nodes left in the dict",
            _propagate_nodes_left,
            "You call accumulate for the root, and a Node has no grad. Take a node out of the dict when its turn "
            "comes, with pop: then only leaves are left in the end.",
        ),
        Mistake(
            "items forgotten",
            _propagate_without_items,
            "A loop over a dict gives its keys alone, here the leaves. For each leaf and its sum go through .items() "
            "of your dict.",
        ),
        Mistake(
            "items forgotten, Nodes left",
            _propagate_without_items_nor_pop,
            "A loop over a dict gives its keys alone, here Nodes and leaves. For each key and its sum go through "
            ".items() of your dict.",
        ),
        Mistake(
            "root never put in",
            _propagate_without_root,
            "The root is not in your dict. At first it has g: {root: g}.",
        ),
        Mistake(
            "root never put in, zeros sent",
            _propagate_zeros_without_root,
            "The root is not in your dict, so what you send back is 0. At first it has g: {root: g}.",
        ),
        Mistake(
            "a Node's grad",
            _propagate_to_a_nodes_grad,
            "A Node has no grad; keep what arrives in your dict.",
        ),
        Mistake(
            "into leaves",
            _propagate_into_leaves,
            "You pull a leaf, and a leaf is a Tensor and has no rules: pull a source only if isinstance(source, Node).",
        ),
        Mistake(
            "keys are ids",
            _propagate_by_id,
            "A leaf is a Tensor and has no id. Let the source itself be the key, Node or leaf.",
        ),
        Mistake(
            "the dict shrinks",
            _propagate_shrinks,
            "You take leaves out of the dict while a loop goes through it, and Python raises a RuntimeError. In the "
            "end they may stay: go through .items() of your dict.",
        ),
        Mistake(
            "written into",
            _propagate_in_place,
            "`+=` writes into the array that is there, and a rule such as that of + hands one array to both inputs: "
            "you add to the gradient of another node as well. Make a new array: a + b.",
        ),
        Mistake(
            "own seed",
            _propagate_own_seed,
            "Your pass begins with ones whatever g is. The gradient of the root is given: begin with it.",
        ),
        Mistake(
            "the root's g for all",
            _propagate_root_g,
            "You hand every node the root's g. Each node is pulled with its own gradient: take what has arrived at "
            "that node.",
        ),
        Mistake(
            "sent on at once",
            _propagate_at_once,
            "You apply a node's rules each time a gradient arrives. Wait until all have arrived: walk's order, turned "
            "round, makes sure that nothing comes later.",
        ),
        Mistake(
            "in order of arrival",
            _propagate_in_order_of_arrival,
            "You apply a node's rules each time a gradient arrives, in the order of arrival. Wait until all have "
            "arrived: walk's order, turned round, makes sure that nothing comes later.",
        ),
        Mistake(
            "the newest arrival first",
            _propagate_newest_arrival,
            "You apply a node's rules each time a gradient arrives, the newest arrival first. Wait until all have "
            "arrived: walk's order, turned round, makes sure that nothing comes later.",
        ),
        Mistake(
            "the newest in the list first",
            _propagate_newest_in_list,
            "You apply a node's rules each time a gradient arrives: it waits in your list once for each of them. Wait "
            "until all have arrived: walk's order, turned round, makes sure that nothing comes later.",
        ),
        Mistake(
            "waits twice",
            _propagate_waits_twice,
            "A node waits in your list once for each gradient that arrives, and the second time nothing is left for "
            "it in the dict. Go in walk's order, turned round: each node stands in it once, after all have arrived.",
        ),
        Mistake(
            "too early",
            _propagate_too_early,
            "You apply a node's rules once, but before all gradients have arrived there; what comes later is lost. "
            "Go in walk's order, turned round: then nothing comes later.",
        ),
        Mistake(
            "kept between passes",
            _propagate_kept,
            "What arrived in one pass is still there in the next, and is counted again. A dict as a default value, or "
            "outside the function, is made once: make a new one in each call.",
        ),
    ),
    hints=(
        "When a node's turn comes, which other nodes must have had theirs?",
        "Keep a dict: for each Node or leaf, the sum of what has arrived there. At first only the root is in it. Go "
        "through walk from its end, and take each node's gradient out of the dict. pull(node, gradient) gives pairs "
        "(source, its gradient): add each to what its source has. When all nodes are done, only leaves are left: "
        "accumulate each one's sum, as a Tensor.",
        "Fill in what is missing:\nsums = {...: ...}\nfor node in ...:\n    for source, gx in pull(node, "
        "sums.pop(...)):\n        if source in sums:\n            ...\n        else:\n            ...\n"
        "for leaf, total in sums.items():\n    accumulate(leaf, ...)",
    ),
)


# backward


def backward(y: Any) -> None:
    """Send 1, the gradient of y itself, back from y, a tensor of one number."""
    propagate(y.node, np.ones(y.shape))


def _backward_like(y: Any) -> None:
    propagate(y.node, np.ones_like(y.data))


def _backward_checked(y: Any) -> None:
    if y.numel() == 1:
        propagate(y.node, np.full(y.shape, 1.0))


def _not_yet(*args: Any, **options: Any) -> Any:
    raise RuntimeError("backward is what you are writing")


def _backward_case(name: str, *programs: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf([2.0])
        with patch.object(tg.Tensor, "backward", _not_yet):
            for program in programs:
                piece(program(x))
        return {"x.grad": x.grad}

    return Case(name, run)


def _seed_case(shape: tuple[int, ...]) -> Case:
    """What shape the array has with which the pass begins: the rule of the last operation sees it."""
    seen: list[Any] = []

    class Noted(Op):
        def forward(x: Any) -> Any:
            return x * 5.0

        def grad_x(g: Any) -> Any:
            seen[:] = [np.shape(g)]
            return g * 5.0

    def run(piece: Piece) -> dict[str, Any]:
        x = leaf(np.full(shape, 2.0))
        with patch.object(tg.Tensor, "backward", _not_yet):
            piece(Noted(x))
        return {"x.grad": x.grad, "the pass begins with an array of shape": str(seen[0])}

    return Case(f"y = x * 5, of shape {shape}", run)


BACKWARD = Exercise(
    id="04.backward",
    target=None,
    minutes=5,
    difficulty=2,
    reference=backward,
    cases=(
        _backward_case("x = [2.0], y = x * 5", lambda x: x * 5),
        _backward_case("x = [2.0], y = x * x * x", lambda x: x * x * x),
        _backward_case("x = [2.0], backward(x * 3), then backward(x * 4)", lambda x: x * 3, lambda x: x * 4),
        *map(_seed_case, ((), (1,), (1, 1))),
    ),
    accepts=(_backward_like, _backward_checked),
    mistakes=(
        Mistake(
            "seeded with the value",
            lambda y: propagate(y.node, y.data.copy()),
            "Your pass begins with the value of y. It should begin with the slope of y with respect to y itself: if y "
            "grows by 1, then y grows by 1.",
        ),
        Mistake(
            "seeded with zero",
            lambda y: propagate(y.node, np.zeros(y.shape)),
            "Begun with 0, every gradient is 0. The slope of y with respect to itself is 1.",
        ),
        Mistake(
            "clears first",
            lambda y: _cleared(y),
            "Your backward clears the gradients that were there. They are meant to add up over several passes, until "
            "somebody clears them.",
        ),
        Mistake(
            "a Tensor for a Node",
            lambda y: propagate(y, np.ones(y.shape)),
            "propagate begins at a Node, and y is a Tensor: its node is y.node.",
        ),
        Mistake(
            "a shape of its own",
            lambda y: propagate(y.node, np.array(1.0)),
            "Your array has shape () whatever y has, and here y has shape (1,). A gradient has the shape of what it "
            "belongs to: np.ones(y.shape).",
        ),
        Mistake(
            "one axis",
            lambda y: propagate(y.node, np.ones(1)),
            "Your array has shape (1,) whatever y has, and y may have shape () or (1, 1). A gradient has the shape of "
            "what it belongs to: np.ones(y.shape).",
        ),
        Mistake(
            "its method",
            lambda y: y.backward(),
            "You ask y for backward, and that is what you are writing. Call propagate, with the node of y and an array "
            "of ones.",
        ),
        Mistake(
            "a number for an array",
            lambda y: propagate(y.node, 1.0),
            "The gradient that you begin with is a plain number. The rules want an array of y's shape.",
        ),
        Mistake(
            "a Tensor for NumPy",
            lambda y: propagate(y.node, np.ones_like(y)),
            "NumPy refuses y, a tensor that wants gradients. The seed is an array of ones, of y's shape: "
            "np.ones(y.shape).",
        ),
        Mistake(
            "nothing sent",
            lambda y: None,
            "No gradient arrives at x. Call propagate, with the node of y and with its gradient.",
        ),
    ),
    hints=(
        "If y grows by a little, by how much does y grow?",
        "propagate wants two things: the node of y, and an array of ones in y's shape.",
        "Fill in what is missing:\nseed = np.ones(...)\npropagate(..., seed)",
    ),
)


def _cleared(y: Any) -> None:
    for node in walk(y.node):
        for source in node.inputs:
            if isinstance(source, tg.Tensor):
                source.grad = None
    backward(y)


# zero_grad and descend


def zero_grad(parameters: list[Any]) -> None:
    """Forget the gradient of every parameter."""
    for p in parameters:
        p.grad = None


def _zero_where_there(parameters: list[Any]) -> None:
    for p in parameters:
        if p.grad is not None:
            p.grad = None


def _zero_with_zeros(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = tg.zeros_like(p)


def _zero_number(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = 0


def _zero_times(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = p.grad * 0


def _zero_first(parameters: list[Any]) -> None:
    parameters[0].grad = None


def _zero_filled(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad.zero_()


def _zero_list(parameters: Any) -> None:
    parameters.grad = None


def _zero_deleted(parameters: list[Any]) -> None:
    for p in parameters:
        del p.grad


def _zero_values(parameters: list[Any]) -> None:
    for p in parameters:
        p.data[...] = 0
        p.grad = None


def _zero_run(piece: Piece) -> dict[str, Any]:
    w, b = leaf([2.0]), leaf([3.0])
    for _ in range(2):
        (w * b).backward()
    piece([w, b])
    cleared = w.grad
    (w * b).backward()
    return {"w.grad": w.grad, "b.grad": b.grad, "w": w, "w.grad after zero_grad": cleared}


def _zero_early(piece: Piece) -> dict[str, Any]:
    w = leaf([2.0])
    piece([w])
    (w * 3).backward()
    return {"w.grad": w.grad}


ZERO_GRAD = Exercise(
    id="04.zero_grad",
    target=None,
    minutes=3,
    difficulty=1,
    reference=zero_grad,
    cases=(
        Case("w = [2.0], b = [3.0], two passes through w * b, zero_grad([w, b]), one more pass", _zero_run),
        Case("zero_grad([w]) before any pass, then a pass through w * 3", _zero_early),
    ),
    accepts=(_zero_where_there,),
    mistakes=(
        Mistake(
            "times zero",
            _zero_times,
            "Before the first pass there is no gradient to multiply: p.grad is None. Set it to None in every case.",
        ),
        Mistake(
            "filled with zeros",
            _zero_filled,
            "Before the first pass there is nothing to fill with zeros: p.grad is None. Set it to None in every case.",
        ),
        Mistake(
            "the list's grad",
            _zero_list,
            "The list itself has no grad. Each parameter in it has one: go through them.",
        ),
        Mistake(
            "deleted",
            _zero_deleted,
            "`del` takes away .grad itself, and whoever looks for it gets an error. Set it to None.",
        ),
        Mistake(
            "the number 0",
            _zero_number,
            "You set the gradients to the number 0. Before its first gradient a parameter has none at all: .grad is "
            "None, and whoever looks can tell that no pass has come there.",
        ),
        Mistake(
            "zeros",
            _zero_with_zeros,
            "Adding to zeros gives the right sums, but it is not as it was at first: .grad is None, and whoever looks "
            "can tell that no pass has come there.",
        ),
        Mistake(
            "the first alone",
            _zero_first,
            "One parameter is cleared, another keeps what it had. Go through all of them.",
        ),
        Mistake(
            "values lost",
            _zero_values,
            "You have cleared the parameters themselves, and all that was learned. Clear their gradients.",
        ),
        Mistake(
            "nothing cleared",
            lambda parameters: None,
            "The gradients of the earlier passes are still there, and the new one was added to them. `p = None` would "
            "only give the name p to something else, and `==` would only compare: set p.grad, with one `=`.",
        ),
    ),
    hints=(
        "Where does a gradient stay after a pass, and what was there before the first one?",
        "For every parameter, set its grad to what it was at the beginning.",
        "Fill in what is missing:\nfor p in ...:\n    p.grad = ...",
    ),
)


def descend(parameters: list[Any], lr: float) -> None:
    """Move every parameter a little against its gradient."""
    with tg.no_grad():
        for p in parameters:
            p -= lr * p.grad


def _descend_data(parameters: list[Any], lr: float) -> None:
    for p in parameters:
        p.data -= lr * p.grad.data


def _descend_copy(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p.copy_(p - lr * p.grad)


def _descend_up(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p += lr * p.grad


def _descend_new_name(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p = p - lr * p.grad


def _descend_recorded(parameters: list[Any], lr: float) -> None:
    for p in parameters:
        p -= lr * p.grad


def _descend_no_rate(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p -= p.grad


def _descend_clears(parameters: list[Any], lr: float) -> None:
    descend(parameters, lr)
    zero_grad(parameters)


def _descend_sign(parameters: list[Any], lr: float) -> None:
    with tg.no_grad():
        for p in parameters:
            p -= lr * p.grad.sign()


def _descend_own_rate(parameters: list[Any], lr: float) -> None:
    descend(parameters, 0.1)


def _descend_case(lr: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        w, b = leaf([2.0, -1.0]), leaf([3.0])
        ((w * w).sum() + b * 0.5).sum().backward()
        piece([w, b], lr)
        return {"w": w, "b": b, "w is a leaf": w.is_leaf, "w wants gradients": w.requires_grad, "w.grad": w.grad}

    return Case(f"w = [2, -1], b = [3], y = w·w + b / 2, descend([w, b], {lr}) after backward", run)


DESCEND = Exercise(
    id="04.descend",
    target=None,
    minutes=6,
    difficulty=2,
    reference=descend,
    cases=(_descend_case(0.1), _descend_case(0.03)),
    accepts=(_descend_data, _descend_copy),
    mistakes=(
        Mistake(
            "uphill",
            _descend_up,
            "Your step goes with the gradient, which is where the loss grows. Go the other way.",
        ),
        Mistake(
            "a new name",
            _descend_new_name,
            "`p = p - ...` makes a new tensor and gives it the name p; the parameter itself stays as it was. Write "
            "into it: `p -= ...`.",
        ),
        Mistake(
            "recorded",
            _descend_recorded,
            "The step itself is being recorded as if it belonged to the model, and that is refused for a leaf. Put it "
            "under `with tg.no_grad():`.",
        ),
        Mistake(
            "cleared too",
            _descend_clears,
            "The step is right, and the gradients are gone afterwards. Clearing is zero_grad's work: one piece, one "
            "task.",
        ),
        Mistake(
            "rate forgotten",
            _descend_no_rate,
            "Your step is as long as the gradient. Multiply by the learning rate.",
        ),
        Mistake(
            "a rate of its own",
            _descend_own_rate,
            "Your learning rate is 0.1 whatever is asked for. lr is an argument: use it.",
        ),
        Mistake(
            "sign alone",
            _descend_sign,
            "Every parameter moves by the same amount. A steep slope asks for a longer step: use the gradient, not "
            "its sign.",
        ),
    ),
    hints=(
        "Which way is downhill, and what would happen if the step itself were recorded?",
        "Under tg.no_grad(), write into each parameter: it becomes lr times its gradient smaller.",
        "Fill in what is missing:\nwith ...:\n    for p in parameters:\n        p -= ...",
    ),
)

PREDICTIONS = (
    Prediction(
        "two-paths",
        6,
        "Each of the two arrows from x brings 3.0, the value of the other factor. They are added.",
    ),
    Prediction(
        "order",
        "exp",
        "The gradient of `a` has two parts. One comes straight from the product, the other by way of exp. Before the "
        "turn of `a`, exp must have had its own.",
        choices=("a", "exp", "either"),
    ),
    Prediction(
        "second-pass",
        10,
        "The first pass left 5, the second brought 5 more. Nobody had cleared it.",
    ),
    Prediction(
        "bug-slower",
        "zero_grad",
        "The gradients of all passes so far are added up, so each step is taken with the sum of all slopes so "
        "far. Clear them before each backward.",
        choices=("the loss", "zero_grad", "the learning rate"),
    ),
    Prediction(
        "bug-detached",
        "float",
        "float takes the number out of the tensor, and the record ends there: the loss does not know that it came "
        "from w. Leave it out.",
        choices=("float", "square", "backward"),
    ),
)

LESSON = Lesson(
    "04",
    __name__,
    (WALK, ACCUMULATE, PROPAGATE, BACKWARD, ZERO_GRAD, DESCEND),
    PREDICTIONS,
    dtype="float64",
)
