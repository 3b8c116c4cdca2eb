"""A backward pass to look at: no hook runs, no .grad changes, and all that backward() will need is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..graph import Node, Rule, apply_rule, walk
from ..modes import using

DRY = {"grad": False, "create_graph": False, "anomaly": False}


class Pull(NamedTuple):
    """What the pass does at a node.

    g: the gradient of its output. values: what its rules read. gradients: for each input that wants one its number,
    its rule, and its gradient.
    """

    node: Node
    g: np.ndarray
    values: dict[str, Any]
    gradients: list[tuple[int, Rule, np.ndarray]]


def dry_pass(root: Node, g: np.ndarray) -> Iterator[Pull]:
    """Send g, the gradient of root's output, back through the graph: every node, newest first.

    Raises RuntimeError where a node has dropped what its rules read, or where that was written to.
    """
    arrived = {root: g}
    for node in reversed(walk(root)):
        g = arrived.pop(node)
        with using(**DRY):
            values = node.recall()
            together = node.op.together(node, g, values) if node.op.reads else {}
            gradients = [
                (i, rule, together[i] if together else apply_rule(node, i, rule, g, values))
                for i, rule in node.plan.rules
            ]
        yield Pull(node, g, values, gradients)
        for i, _, gradient in gradients:
            if isinstance(source := node.inputs[i], Node):
                arrived[source] = arrived[source] + gradient if source in arrived else gradient
