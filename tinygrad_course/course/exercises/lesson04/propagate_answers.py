"""Other answers to propagate: right ones, and the mistakes, each with the sentence that helps."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.graph import Node, accumulate, propagate, pull, walk

from ...exercise import Mistake
from .propagate_order import OLDEST_FIRST, TOO_EARLY


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


ACCEPTS = (_propagate_at_each_arrival, _propagate_in_lists, _propagate_leaves_apart)


MISTAKES = (
    Mistake(
        "the last gradient",
        _propagate_keeps_last,
        "Where two ways meet, the gradient that comes second replaces the first. Add up all that arrives at one place.",
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
    *OLDEST_FIRST,
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
    *TOO_EARLY,
    Mistake(
        "kept between passes",
        _propagate_kept,
        "What arrived in one pass is still there in the next, and is counted again. A dict as a default value, or "
        "outside the function, is made once: make a new one in each call.",
    ),
)
