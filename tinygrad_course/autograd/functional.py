"""Whole Jacobians and Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor
from .gradients import grad, sequence


def jacobian(func: Callable, inputs: Any, create_graph: bool = False) -> Any:
    """All first derivatives: for one input and one output a Tensor of shape (*output, *input), else nested tuples."""
    xs, ys = _run(func, inputs)
    rows = tuple(tuple(_rows(y, xs, create_graph)) for y in ys.values)
    return _like(ys, tuple(_like(xs, row) for row in rows))


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
    xs, ys = _run(func, inputs)
    seeds = None if v is None else sequence(v)
    given = grad(list(ys.values), list(xs.values), seeds, create_graph=create_graph, materialize_grads=True)
    return _like(ys, tuple(_out(y, create_graph) for y in ys.values)), _like(xs, given)


def jvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The outputs, and the Jacobian times the vector v (of the inputs' shape).

    By the trick of two backward passes (Townsend, 2017): the vjp is linear in its seed u, and its own vjp is the jvp.
    """
    xs, ys = _run(func, inputs)
    vs = [x.seed() for x in xs.values] if v is None else list(sequence(v))
    us = [Tensor(np.zeros_like(y.data)).requires_grad_() for y in ys.values]
    pulled = grad(list(ys.values), list(xs.values), us, create_graph=True, materialize_grads=True)
    tracked = [(p, s) for p, s in zip(pulled, vs, strict=True) if p is not None and p.requires_grad]
    given: tuple = tuple(Tensor(np.zeros_like(y.data)) for y in ys.values)
    if tracked:
        given = grad(
            [p for p, _ in tracked], us, [s for _, s in tracked], create_graph=create_graph, materialize_grads=True
        )
    return _like(ys, tuple(_out(y, create_graph) for y in ys.values)), _like(ys, given)


def hvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """The output, and the Hessian times the vector v (of the inputs' shape), without making the Hessian."""
    xs, ys = _run(func, inputs)
    (y,) = ys.values
    slopes = [s for s in grad(y, list(xs.values), create_graph=True, materialize_grads=True) if s is not None]
    vs = [x.seed() for x in xs.values] if v is None else list(sequence(v))
    tracked = [(s, w) for s, w in zip(slopes, vs, strict=True) if s.requires_grad]
    given: tuple = tuple(Tensor(np.zeros_like(x.data)) for x in xs.values)
    if tracked:
        given = grad(
            [s for s, _ in tracked],
            list(xs.values),
            [w for _, w in tracked],
            create_graph=create_graph,
            materialize_grads=True,
        )
    return _out(y, create_graph), _like(xs, given)


class _Bundle:
    """Several tensors, and whether they came as a tuple."""

    def __init__(self, values: Any) -> None:
        self.values, self.several = sequence(values), isinstance(values, (tuple, list))


def _run(func: Callable, inputs: Any) -> tuple[_Bundle, _Bundle]:
    """Leaves with the inputs' values, and what the function makes of them."""
    xs = _Bundle(inputs)
    xs.values = tuple(x if x.requires_grad else x.detach().requires_grad_() for x in xs.values)
    return xs, _Bundle(func(*xs.values))


def _rows(y: Tensor, xs: _Bundle, create_graph: bool) -> list[Tensor]:
    """The Jacobian of one output, for each input: one backward pass for each element of the output."""
    seeds = np.eye(y.numel(), dtype=y.dtype).reshape(-1, *y.shape)
    rows = [
        grad(y, list(xs.values), Tensor(seed), retain_graph=True, create_graph=create_graph, materialize_grads=True)
        if y.requires_grad
        else tuple(Tensor(np.zeros_like(x.data)) for x in xs.values)
        for seed in seeds
    ]
    return [
        _stack(list(column)).reshape(*y.shape, *x.shape)
        for x, column in zip(xs.values, zip(*rows, strict=True), strict=True)
    ]


def _stack(rows: list[Any]) -> Tensor:
    from ..methods.joining import stack

    return stack(rows)


def _like(bundle: _Bundle, values: tuple) -> Any:
    return values if bundle.several else values[0]


def _out(y: Tensor, create_graph: bool) -> Tensor:
    return y if create_graph else y.detach()
