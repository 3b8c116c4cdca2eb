"""Whole Jacobians and Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..methods.joining import stack
from ..tensor import Tensor
from .gradients import basis, grad, products, seeds_of, sequence


class Several:
    """Some tensors, and whether they came as a tuple."""

    def __init__(self, given: Any) -> None:
        self.values, self.several = sequence(given), isinstance(given, (tuple, list))

    def like(self, values: Sequence[Any]) -> Any:
        """Values for these tensors, in the form in which they came."""
        return tuple(values) if self.several else values[0]

    def outside(self, create_graph: bool) -> Any:
        """These tensors for the caller: cut from the graph, unless it is wanted."""
        return self.like([y if create_graph else y.detach() for y in self.values])


def run(func: Callable, inputs: Any) -> tuple[Several, Several]:
    """Leaves with the inputs' values, and what the function makes of them."""
    xs = Several(inputs)
    xs.values = tuple(x if x.requires_grad else x.detach().requires_grad_() for x in xs.values)
    return xs, Several(func(*xs.values))


def jacobian(func: Callable, inputs: Any, create_graph: bool = False) -> Any:
    """All first derivatives: for one input and one output a Tensor of shape (*output, *input), else nested tuples."""
    xs, ys = run(func, inputs)
    found = []
    for y in ys.values:
        rows = [products([y], xs.values, [g], retain_graph=True, create_graph=create_graph) for g in basis(y)]
        columns = zip(xs.values, zip(*rows, strict=True), strict=True)
        found.append(xs.like([stack(column).reshape(*y.shape, *x.shape) for x, column in columns]))
    return ys.like(found)


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
    xs, ys = run(func, inputs)
    given = products(ys.values, xs.values, seeds_of(ys.values, v), create_graph=create_graph)
    return ys.outside(create_graph), xs.like(given)


def jvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The outputs, and the Jacobian times the vector v (of the inputs' shape).

    By the trick of two backward passes (Townsend, 2017): the vjp is linear in its seed u, and its own vjp is the jvp.
    """
    xs, ys = run(func, inputs)
    us = [Tensor(np.zeros_like(y.data)).requires_grad_() for y in ys.values]
    pulled = products(ys.values, xs.values, us, create_graph=True)
    given = products(pulled, us, seeds_of(xs.values, v), create_graph=create_graph)
    return ys.outside(create_graph), ys.like(given)


def hvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, and the Hessian times the vector v (of the inputs' shape), without making the Hessian."""
    xs, ys = run(func, inputs)
    (y,) = ys.values
    slopes = products([y], xs.values, [y.seed()], create_graph=True)
    given = products(slopes, xs.values, seeds_of(xs.values, v), create_graph=create_graph)
    return ys.outside(create_graph), xs.like(given)
