"""Proofs of gradients: rules beside finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ..tensor import Tensor
from .grad_mode import enable_grad
from .gradients import basis, grad, products, sequence


class GradcheckError(RuntimeError):
    """A gradient rule and a finite difference disagree."""


def gradcheck(
    func: Callable, inputs: Tensor | Sequence[Tensor], *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:  # fmt: skip
    """Compare the gradients of `func` with central differences, for every input that requires grad.

    Inputs should be float64. Raises GradcheckError with both Jacobians where they differ, or returns False if
    raise_exception is False.
    """
    xs = sequence(inputs)
    for i, x in enumerate(xs):
        if not x.requires_grad or x.numel() == 0:
            continue
        rule, difference = jacobian_by_rule(func, xs, x), jacobian_by_difference(func, xs, x, eps)
        if not np.allclose(rule, difference, rtol, atol, equal_nan=True):
            if raise_exception:
                both = f"the rules give\n{rule}\nfinite differences give\n{difference}"
                raise GradcheckError(f"Jacobian mismatch for input {i}: {both}")
            return False
    return True


def gradgradcheck(
    func: Callable, inputs: Tensor | Sequence[Tensor], grad_outputs: Tensor | None = None, *, eps: float = 1e-6,
    atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
) -> bool:  # fmt: skip
    """gradcheck of the gradients themselves: second derivatives, with respect to the inputs and to grad_outputs.

    grad_outputs: the gradient of the output, random where left out.
    """
    xs = sequence(inputs)
    shape = func(*xs).shape
    drawn = Tensor(np.random.default_rng(0).standard_normal(shape)).requires_grad_()
    seed = drawn if grad_outputs is None else grad_outputs
    wanted = [i for i, x in enumerate(xs) if x.requires_grad]

    def gradients(*arguments: Tensor) -> Tensor:
        *values, g = arguments
        found = grad(func(*values), [values[i] for i in wanted], g, create_graph=True, materialize_grads=True)
        return sum(((f * f).sum() for f in found if f is not None), Tensor(np.zeros(())))

    return gradcheck(gradients, [*xs, seed], eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception)


def jacobian_by_rule(function: Callable, xs: Sequence[Tensor], x: Tensor) -> np.ndarray:
    """One row for each element of the output, by one backward pass each."""
    y = function(*xs)
    rows = [products([y], [x], [g], retain_graph=True)[0].data for g in basis(y)]
    return np.array(rows).reshape(y.numel(), x.numel())


def jacobian_by_difference(function: Callable, xs: Sequence[Tensor], x: Tensor, eps: float) -> np.ndarray:
    """One row for each element of the output, by central differences; x is as before at the end."""
    before = x.data

    def value(i: int, array: np.ndarray) -> float:
        x.data = np.asarray(array)
        with enable_grad():
            return float(function(*xs).data.reshape(-1)[i])

    try:
        count = function(*xs).numel()
        rows = [central_difference(partial(value, i), before, eps) for i in range(count)]
        return np.array(rows).reshape(count, x.numel())
    finally:
        x.data = before


def central_difference(f: Callable[[np.ndarray], float], x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    """The slope of f, which gives a number, for each element of the array x: that one moved by eps up and down.

    (f(x + eps) - f(x - eps)) / 2 eps has an error of order eps² plus rounding / eps.
    """
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = eps
        slopes[place] = (f(x + step) - f(x - step)) / (2 * eps)
    return slopes
