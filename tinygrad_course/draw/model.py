"""A model run once, so that its graph can be drawn."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from ..modes import using
from ..tensor import Tensor
from .names import Names


def run_model(model: Any, inputs: Iterable[Any], names: Names) -> Tensor:
    """What a model makes of its inputs: the first Tensor of it. The graph leads back to the inputs, which get names.

    Raises TypeError where the model gives no Tensor.
    """
    names.add_model(model)
    inputs = list(inputs)
    seen = [follow(x) for x in inputs]
    for x, copy, argument in zip(inputs, seen, argument_names(model, len(inputs)), strict=True):
        if isinstance(x, Tensor) and x.grad_fn is None:
            names.add_input(x, copy, argument)
    with using(grad=True):
        output = model(*seen)
    found = next(tensors(output), None)
    if found is None:
        raise TypeError(f"draw: {type(model).__name__} gave a {type(output).__name__}; a model to draw gives a Tensor")
    return found


def follow(x: Any) -> Any:
    """The input itself, or one with its numbers that the graph leads back to; integers are never led back to."""
    if isinstance(x, Tensor) and x.grad_fn is None and not x.requires_grad and x.dtype.kind == "f":
        return x.detach().requires_grad_(True)
    return x


def argument_names(model: Any, count: int) -> list[str]:
    """What the first arguments of a model's forward are called."""
    try:
        names = list(inspect.signature(getattr(model, "forward", model)).parameters)
    except (TypeError, ValueError):
        names = []
    return [*names, *[""] * count][:count]


def tensors(output: Any) -> Iterator[Tensor]:
    """The Tensors in what a model gave: itself, or those in a tuple, a list or a dictionary."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict):
        yield from tensors(list(output.values()))
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from tensors(part)
