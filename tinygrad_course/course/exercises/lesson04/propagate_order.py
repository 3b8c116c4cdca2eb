"""Mistakes in the order in which propagate takes the nodes: oldest first, or before all of a gradient has arrived."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg
from tinygrad_course.graph import Node, accumulate, pull, walk

from ...exercise import Mistake


def _propagate_forwards(root: Node, g: Any) -> None:
    arrived = {root: g}
    for node in walk(root):
        for source, gx in pull(node, arrived.pop(node)):
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


OLDEST_FIRST = (
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
)


TOO_EARLY = (
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
)
