"""leaves finds the leaf Tensors that a Tensor was computed from, each once."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from .doublings import doubled


def leaves(y: Any) -> list[Any]:
    """The leaf Tensors that y was computed from, each once: first all that are behind the left input, and so on."""
    found: list[Any] = []
    seen: set[int] = set()

    def visit(source: Any) -> None:
        if source is None or id(source) in seen:
            return
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found.append(source)
        else:
            for x in source.inputs:
                visit(x)

    visit(y.node)
    return found


def _leaves_with_stack(y: Any) -> list[Any]:
    found: dict[int, Any] = {}
    waiting, seen = [y.node], set()
    while waiting:
        source = waiting.pop(0)
        if source is None or id(source) in seen:
            continue
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found[id(source)] = source
        else:
            waiting = [*source.inputs, *waiting]
    return list(found.values())


def _leaves_repeated(y: Any) -> list[Any]:
    def visit(source: Any) -> list[Any]:
        if source is None:
            return []
        return [source] if isinstance(source, tg.Tensor) else [x for s in source.inputs for x in visit(s)]

    return visit(y.node)


def _leaves_again_and_again(y: Any) -> list[Any]:
    found: list[Any] = []

    def visit(source: Any) -> None:
        if isinstance(source, tg.Tensor):
            if not any(source is other for other in found):
                found.append(source)
        elif source is not None:
            for x in source.inputs:
                visit(x)

    visit(y.node)
    return found


def _leaves_direct(y: Any) -> list[Any]:
    return [] if y.node is None else [x for x in y.node.inputs if isinstance(x, tg.Tensor)]


def _leaves_first_inputs(y: Any) -> list[Any]:
    source = y.node
    while source is not None and not isinstance(source, tg.Tensor):
        source = source.inputs[0]
    return [] if source is None else [source]


def _leaves_by_value(y: Any) -> list[Any]:
    found: list[Any] = []
    for x in leaves(y):
        if not any(x.item() == other.item() for other in found):
            found.append(x)
    return found


def _leaves_by_rings(y: Any) -> list[Any]:
    found: dict[int, Any] = {}
    waiting, seen = [y.node], set()
    while waiting:
        source = waiting.pop(0)
        if source is None or id(source) in seen:
            continue
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found[id(source)] = source
        else:
            waiting += source.inputs
    return list(found.values())


def _leaves_of_a_node(y: Any) -> list[Any]:
    if y.node is None:
        return [y]
    found = {id(leaf): leaf for x in y.node.inputs if x is not None for leaf in _leaves_of_a_node(x)}
    return list(found.values())


def _leaves_and_nodes(y: Any) -> list[Any]:
    found: list[Any] = []

    def visit(source: Any) -> None:
        if source is None or any(source is other for other in found):
            return
        found.append(source)
        for x in getattr(source, "inputs", ()):
            visit(x)

    visit(y.node)
    return found


def _leaves_case(name: str, program: Any, **values: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        given = {x: tg.tensor(value, dtype=tg.float64, requires_grad=True) for x, value in values.items()}
        found = piece(program(**given))
        if found is None:
            return {"leaves": None}
        return {"leaves": [next((x for x in given if given[x] is leaf), type(leaf).__name__) for leaf in found]}

    return Case(f"{', '.join(values)} want gradients, {name}", run)


LEAVES = Exercise(
    id="02.leaves",
    target=None,
    minutes=10,
    difficulty=3,
    reference=leaves,
    cases=(
        _leaves_case("y = x * w", lambda x, w: x * w, x=2.0, w=3.0),
        _leaves_case("y = w - x * 2", lambda x, w: w - x * 2, x=2.0, w=3.0),
        _leaves_case("y = x * x", lambda x, w: x * x, x=2.0, w=3.0),
        _leaves_case("y = 3.0 * w", lambda x, w: 3.0 * w, x=2.0, w=3.0),
        _leaves_case("y = x * 2 - w", lambda x, w: x * 2 - w, x=2.0, w=3.0),
        _leaves_case("y = (x + 1) * (w + 2) * x", lambda x, w: (x + 1) * (w + 2) * x, x=2.0, w=3.0),
        _leaves_case(
            "y = (d * 2 + a) * (e - c) + b",
            lambda a, b, c, d, e: (d * 2 + a) * (e - c) + b,
            **{name: i + 1.0 for i, name in enumerate("abcde")},
        ),
        _leaves_case("both are 2.0, y = x * w", lambda x, w: x * w, x=2.0, w=2.0),
        _leaves_case("y = x, then 60 times y = y + y", lambda x: doubled(x, 60), x=2.0),
    ),
    accepts=(_leaves_with_stack,),
    mistakes=(
        Mistake(
            "repeated",
            _leaves_repeated,
            "A leaf that is used twice stands in your list twice. Remember what you have been to.",
        ),
        Mistake(
            "again and again",
            _leaves_again_and_again,
            "Your leaves are right, but a node that is used twice is followed twice. After 60 doublings that would be "
            "more visits than there are grains of sand: remember the nodes that you have been to as well.",
        ),
        Mistake(
            "direct inputs",
            _leaves_direct,
            "These are the leaves that the last operation read itself. Others lie further back: follow the nodes.",
        ),
        Mistake(
            "first inputs",
            _leaves_first_inputs,
            "You follow the first input of each operation. The leaves behind the other inputs are missing.",
        ),
        Mistake(
            "known by value",
            _leaves_by_value,
            "Two leaves that hold the same number are still two. `x in found` compares tensors by their values: keep a "
            "set of ids, id(x), or compare with `is`.",
        ),
        Mistake(
            "nearest first",
            _leaves_by_rings,
            "Your list has the leaves nearest to y first. Asked for is from left to right: all that is behind the left "
            "input, and then what is behind the right one.",
        ),
        Mistake(
            "a Node for a Tensor",
            _leaves_of_a_node,
            "`leaves` takes a Tensor, but an input may be a Node, which is the record itself and has no `node`. Write "
            "a helper that goes from source to source, and begin with y.node.",
        ),
        Mistake(
            "nodes as well",
            _leaves_and_nodes,
            "Your list holds the nodes on the way, too. A leaf is a Tensor; the record of an operation is a Node.",
        ),
    ),
    hints=(
        "An input in a node's record can be three things. Which, and what do you do with each?",
        "None is a constant and is passed over, a Tensor is a leaf and is kept, a Node has inputs of its own to visit.",
        "Fill in what is missing:\nmet, seen = [], set()\ndef visit(source):\n    if source is None or ...:\n"
        "        return\n    seen.add(...)\n    if isinstance(source, tg.Tensor):\n        ...\n    else:\n        "
        "...\nvisit(...)\nreturn met",
    ),
)
