"""Gradients on request, and backward from several tensors at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backward import run_backward
from ..graph import place_of
from ..tensor import Tensor


def grad(
    outputs: Tensor | Sequence[Tensor], inputs: Tensor | Sequence[Tensor], grad_outputs: Any = None,
    retain_graph: bool | None = None, create_graph: bool = False, allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Return the gradients of the outputs, summed, with respect to each input; no .grad is touched.

    grad_outputs: the gradient of each output; may be left out for outputs of one element. create_graph: record the
    backward pass, for gradients of gradients. Raises RuntimeError for an input that the outputs do not depend on,
    unless allow_unused (its gradient is None) or materialize_grads (its gradient is zeros).
    """
    ys, xs = sequence(outputs), sequence(inputs)
    for what, tensors in (("outputs", ys), ("inputs", xs)):
        if not all(t.requires_grad for t in tensors):
            raise RuntimeError(f"One of the differentiated {what} does not require grad")
    seeds, retain = seeds_of(ys, grad_outputs), create_graph if retain_graph is None else retain_graph
    places = [place_of(x) for x in xs]
    found = run_backward(ys, seeds, places, create_graph=create_graph, retain_graph=retain)
    if not (allow_unused or materialize_grads) and any(found[place] is None for place in places):
        wrong = "One of the differentiated Tensors appears to not have been used in the graph"
        raise RuntimeError(f"{wrong}. Set allow_unused=True if this is the desired behavior.")
    empty = [Tensor(np.zeros_like(x.data)) if materialize_grads else None for x in xs]
    return tuple(zero if found[place] is None else found[place] for place, zero in zip(places, empty, strict=True))


def backward(
    tensors: Tensor | Sequence[Tensor], grad_tensors: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:  # fmt: skip
    """Send gradients back from several tensors in one pass: every leaf accumulates the sum."""
    ys = sequence(tensors)
    retain = create_graph if retain_graph is None else retain_graph
    run_backward(ys, seeds_of(ys, grad_tensors), create_graph=create_graph, retain_graph=retain)


def seeds_of(ys: Sequence[Tensor], given: Any) -> list[Tensor]:
    """The gradients of the ys that a backward pass begins with: those given, or 1 for each if that is None."""
    return [y.seed(g) for y, g in zip(ys, [None] * len(ys) if given is None else sequence(given), strict=True)]


def products(ys: Sequence[Tensor], xs: Sequence[Tensor], gs: Sequence[Tensor], **options: bool) -> tuple[Tensor, ...]:
    """The gradient of each x where the gs are those of the ys: zeros where no y depends on it. options: as grad."""
    tracked = [(y, g) for y, g in zip(ys, gs, strict=True) if y.requires_grad]
    if not tracked:
        return tuple(Tensor(np.zeros_like(x.data)) for x in xs)
    outputs, gradients = zip(*tracked, strict=True)
    return grad(outputs, xs, gradients, materialize_grads=True, **options)  # type: ignore[return-value]


def basis(y: Tensor) -> list[Tensor]:
    """A gradient for each element of y: 1 there, and 0 elsewhere."""
    return [Tensor(g) for g in np.eye(y.numel(), dtype=y.dtype).reshape(y.numel(), *y.shape)]


def sequence(x: Any) -> tuple:
    """One tensor, or several, as a tuple."""
    return tuple(x) if isinstance(x, (list, tuple)) else (x,)
