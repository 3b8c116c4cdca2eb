"""One backward pass with all its options: from several outputs, for chosen inputs, with hooks, recorded itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .graph import Node, Op, accumulate, place_of, plan_of, propagate, run_hooks
from .modes import using


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
    seeds = tuple(seeds) if options["create_graph"] else tuple([seed.data for seed in seeds])
    root, g = edges[0], seeds[0]
    if len(edges) > 1 or not isinstance(root, Node):
        root = Node().record(Join, plan_of(Join, edges), edges, {}, np.zeros(len(outputs)))
        g = seeds
    with using(grad=options["create_graph"], held=held, only_held=wanted is not None, **options):
        propagate(root, g)
        for leaf in [x for x in held if not isinstance(x, Node) and held[x] is not None]:
            held[leaf] = run_hooks(leaf.hooks or {}, held[leaf])
            if wanted is None:
                accumulate(leaf, held[leaf])
    return held
