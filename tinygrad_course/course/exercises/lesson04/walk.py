"""walk lists every Node that a Node came from, itself included, oldest first."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from unittest.mock import patch

import tinygrad_course as tg
from tinygrad_course.graph import Node, walk

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


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
