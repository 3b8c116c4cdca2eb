"""Whole Jacobians and Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from ..methods.joining import stack
from ..tensor import Tensor
from .gradients import basis, grad, products, seeds_of, sequence


def run(func: Callable, inputs: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Callable, Callable]:
    """Leaves with the inputs' values, what the function makes of them, and the forms in which both came."""
    xs = tuple(x if x.requires_grad else x.detach().requires_grad_() for x in sequence(inputs))
    outputs = func(*xs)
    return xs, sequence(outputs), form_of(inputs), form_of(outputs)


def form_of(given: Any) -> Callable:
    """What gives several values back in the form in which tensors came: as a tuple, or the only one alone."""
    return tuple if isinstance(given, (tuple, list)) else itemgetter(0)


def outside(ys: Sequence[Tensor], create_graph: bool) -> list[Tensor]:
    """The outputs for the caller: cut from the graph, unless it is wanted."""
    return [y if create_graph else y.detach() for y in ys]


def jacobian(func: Callable, inputs: Any, create_graph: bool = False) -> Any:
    """All first derivatives: for one input and one output a Tensor of shape (*output, *input), else nested tuples."""
    xs, ys, like_x, like_y = run(func, inputs)
    found = []
    for y in ys:
        rows = [products([y], xs, [g], retain_graph=True, create_graph=create_graph) for g in basis(y)]
        columns = zip(xs, zip(*rows, strict=True), strict=True)
        found.append(like_x([stack(column).reshape(*y.shape, *x.shape) for x, column in columns]))
    return like_y(found)


def hessian(func: Callable, inputs: Any, create_graph: bool = False) -> Any:
    """All second derivatives of a function with one number as output, of shape (*input, *input)."""

    def slope(*xs: Tensor) -> Any:
        y = func(*xs)
        if y.numel() != 1:
            raise RuntimeError(f"hessian: the function should return a Tensor with one element, got {list(y.shape)}")
        given = grad(y, xs, create_graph=True, materialize_grads=True)
        return given if isinstance(inputs, tuple) else given[0]

    return jacobian(slope, inputs, create_graph)


def vjp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The outputs, and the vector v (of the outputs' shape) times the Jacobian: one backward pass."""
    xs, ys, like_x, like_y = run(func, inputs)
    given = products(ys, xs, seeds_of(ys, v), create_graph=create_graph)
    return like_y(outside(ys, create_graph)), like_x(given)


def jvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The outputs, and the Jacobian times the vector v (of the inputs' shape).

    By the trick of two backward passes (Townsend, 2017): the vjp is linear in its seed u, and its own vjp is the jvp.
    """
    xs, ys, _, like_y = run(func, inputs)
    us = [Tensor(np.zeros_like(y.data)).requires_grad_() for y in ys]
    pulled = products(ys, xs, us, create_graph=True)
    given = products(pulled, us, seeds_of(xs, v), create_graph=create_graph)
    return like_y(outside(ys, create_graph)), like_y(given)


def hvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, and the Hessian times the vector v (of the inputs' shape), without making the Hessian."""
    xs, (y,), like_x, like_y = run(func, inputs)
    slopes = products([y], xs, [y.seed()], create_graph=True)
    given = products(slopes, xs, seeds_of(xs, v), create_graph=create_graph)
    return like_y(outside([y], create_graph)), like_x(given)
