"""nearest finds the nodes that are at most some operations away from a root."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course.draw.scene import nearest
from tinygrad_course.graph import Node

from ...exercise import Case, Exercise, Mistake, Piece
from .doublings import doubled


def _nearest_by_rounds(root: Node, depth: int | None) -> set[Node]:
    within: set[Node] = set()
    ring = {root}
    while ring and depth != 0:
        within |= ring
        ring = {s for node in ring for s in node.inputs if isinstance(s, Node)} - within
        depth = None if depth is None else depth - 1
    return within


def _nearest_one_more(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, None if depth is None else depth + 1)


def _nearest_without_root(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, depth) - {root}


def _nearest_last_ring(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, depth) - nearest(root, depth - 1) if depth is not None and depth > 1 else nearest(root, depth)


def _nearest_no_none(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, 1 if depth is None else depth)


def _nearest_again_and_again(root: Node, depth: int | None) -> set[Node]:
    near = {root}
    if depth is None or depth > 1:
        for source in root.inputs:
            if isinstance(source, Node):
                near |= _nearest_again_and_again(source, depth and depth - 1)
    return near


def _nearest_limited(root: Node, depth: int | None) -> set[Node]:
    return _nearest_by_rounds(root, 10 if depth is None else depth)


def _nearest_first_inputs(root: Node, depth: int | None) -> set[Node]:
    within, node = {root}, root
    for _ in range(1_000 if depth is None else depth - 1):
        first = next((s for s in node.inputs if isinstance(s, Node)), None)
        if first is None:
            break
        within.add(first)
        node = first
    return within


def _nearest_listed(root: Node, depth: int | None) -> list[Node]:
    return list(nearest(root, depth))


def _nearest_depth_first(root: Node, depth: int | None) -> set[Node]:
    seen: set[Node] = set()

    def visit(node: Node, left: float) -> None:
        if node not in seen and left > 0:
            seen.add(node)
            for source in node.inputs:
                if isinstance(source, Node):
                    visit(source, left - 1)

    visit(root, float("inf") if depth is None else depth)
    return seen


def _nearest_case(name: str, program: Any, depth: int | None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
        found = piece(program(x).node, depth)
        if found is None:
            return {"nodes": None}
        kind = "set" if isinstance(found, (set, frozenset)) else type(found).__name__
        return {"nodes": sorted(f"{node.op.__name__} {node.value}" for node in found), "kind of answer": kind}

    return Case(f"{name}, depth = {depth}", run)


def _nearest_in_doublings(times: int) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
        found = piece(doubled(x, times).node, None)
        return {f"all {times} nodes are in it": None if found is None else len(found) == times}

    return Case(f"y = x, then {times} times y = y + y, depth = None", run)


def _short_cut(x: Any) -> Any:
    c = (x * 2).exp()
    return (c + 1).tanh() * c


def _ladder(x: Any) -> Any:
    return ((x + 1) * (x - 3) + 5).exp() * 0.5


NEAREST = Exercise(
    id="02.nearest",
    target="tinygrad_course.draw.scene.nearest",
    minutes=10,
    difficulty=3,
    reference=nearest,
    cases=(
        _nearest_case("y = x * 2 + 1", lambda x: x * 2 + 1, 1),
        _nearest_case("y = x * 2 + 1", lambda x: x * 2 + 1, 2),
        _nearest_case("y = x * 2 + 1", lambda x: x * 2 + 1, 9),
        _nearest_case("y = ((x + 1) * (x - 3) + 5).exp() * 0.5", _ladder, 3),
        _nearest_case("y = ((x + 1) * (x - 3) + 5).exp() * 0.5", _ladder, 5),
        _nearest_case("y = ((x + 1) * (x - 3) + 5).exp() * 0.5", _ladder, None),
        _nearest_case("c = (x * 2).exp(), y = (c + 1).tanh() * c", _short_cut, 4),
        _nearest_in_doublings(300),
    ),
    accepts=(_nearest_by_rounds,),
    mistakes=(
        Mistake(
            "one too far",
            _nearest_one_more,
            "Your set reaches one operation too far. The root itself is the first: depth 1 is the root alone.",
        ),
        Mistake(
            "root left out",
            _nearest_without_root,
            "The root is missing. It is the first of the operations that are counted.",
        ),
        Mistake(
            "last ring alone",
            _nearest_last_ring,
            "You give back only those that are exactly `depth` away. Those on the way belong to them.",
        ),
        Mistake(
            "a list",
            _nearest_listed,
            "Your answer is a list. A set is asked for: it holds each node once, and is quick to ask for one.",
        ),
        Mistake(
            "None as one",
            _nearest_no_none,
            "A depth of None means no limit: the whole graph.",
        ),
        Mistake(
            "None as some number",
            _nearest_limited,
            "None means no limit. Yours stops after some number of operations, and a graph can be larger than that.",
        ),
        Mistake(
            "again and again",
            _nearest_again_and_again,
            "Your sets are right, but a node that is reached twice is followed twice. After 60 doublings that would be "
            "more visits than there are grains of sand. Go on from each node once: let a ring be a set, without what "
            "is in the answer already.",
        ),
        Mistake(
            "first way counts",
            _nearest_depth_first,
            "You follow one way to its end before the next, and what was reached the long way round is not looked at "
            "again when a shorter way leads there. Go ring by ring: all nodes at distance 1, then all at distance 2.",
        ),
        Mistake(
            "first inputs",
            _nearest_first_inputs,
            "You go back along one input alone. An operation may have several inputs that are nodes.",
        ),
    ),
    hints=(
        "Once you have all nodes at distance 2, how do you find those at distance 3?",
        "Go in rings: begin with the root alone; the next ring is every node that is an input of this ring and not yet "
        "in the set. Do it depth - 1 times, or until a ring is empty.",
        "Fill in what is missing:\nnear, ring = {root}, {root}\nwhile ring and ...:\n    ring = {... for node in "
        "ring for source in node.inputs if ...}\n    near.update(...)\nreturn near",
    ),
)
