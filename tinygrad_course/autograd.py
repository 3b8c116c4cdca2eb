"""PyTorch's names for what the engine can do: recording off and on, gradients on request, and proofs of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from .graph import modes, place_of, run_backward
from .tensor import Tensor


class no_grad(ContextDecorator):
    """A `with` block, or a decorator, in which nothing is recorded; for this thread alone."""

    mode = False

    def __init__(self) -> None:
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(modes.grad)
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.before.pop()


class enable_grad(no_grad):
    """A `with` block, or a decorator, in which operations are recorded, also inside no_grad."""

    mode = True


class set_grad_enabled(ContextDecorator):
    """Switch recording on or off: at once, and back at the end where it is used as a `with` block."""

    def __init__(self, mode: bool) -> None:
        self.mode, self.before = bool(mode), modes.grad
        modes.grad = self.mode

    def __call__(self, function: Callable) -> Callable:
        modes.grad = self.before
        return super().__call__(function)

    def __enter__(self) -> None:
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.before


class inference_mode(no_grad):
    """As no_grad: nothing is recorded. `inference_mode(False)` records."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = not mode


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return modes.grad


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the outputs, summed, with respect to each input; no .grad is touched.

    grad_outputs: the gradient of each output; may be left out for outputs of one element. create_graph: record the
    backward pass, for gradients of gradients. Raises RuntimeError for an input that the outputs do not depend on,
    unless allow_unused (its gradient is None) or materialize_grads (its gradient is zeros).
    """
    ys, xs = _sequence(outputs), _sequence(inputs)
    given = [None] * len(ys) if grad_outputs is None else _sequence(grad_outputs)
    for what, tensors in (("outputs", ys), ("inputs", xs)):
        if not all(t.requires_grad for t in tensors):
            raise RuntimeError(f"One of the differentiated {what} does not require grad")
    seeds = [y.seed(g) for y, g in zip(ys, given, strict=True)]
    retain = create_graph if retain_graph is None else retain_graph
    places = [place_of(x) for x in xs]
    found = run_backward(ys, seeds, places, create_graph=create_graph, retain_graph=retain)
    if not (allow_unused or materialize_grads) and any(found[place] is None for place in places):
        raise RuntimeError(
            "One of the differentiated Tensors appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
    empty = [Tensor(np.zeros_like(x.data)) if materialize_grads else None for x in xs]
    return tuple(zero if found[place] is None else found[place] for place, zero in zip(places, empty, strict=True))


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Send gradients back from several tensors in one pass: every leaf accumulates the sum."""
    ys = _sequence(tensors)
    given = [None] * len(ys) if grad_tensors is None else _sequence(grad_tensors)
    seeds = [y.seed(g) for y, g in zip(ys, given, strict=True)]
    retain = create_graph if retain_graph is None else retain_graph
    run_backward(ys, seeds, create_graph=create_graph, retain_graph=retain)


class GradcheckError(RuntimeError):
    """A gradient rule and a finite difference disagree."""


def gradcheck(
    function: Callable, inputs: Tensor | Sequence[Tensor], eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:  # fmt: skip
    """Compare the gradients of `function` with central differences, for every input that requires grad.

    Inputs should be float64. Raises GradcheckError with both Jacobians where they differ, or returns False if
    raise_exception is False. (f(x + eps) - f(x - eps)) / 2 eps has an error of order eps² plus rounding / eps.
    """
    xs = _sequence(inputs)
    for i, x in enumerate(xs):
        if not x.requires_grad or x.numel() == 0:
            continue
        rule, difference = _jacobian_by_rule(function, xs, x), _jacobian_by_difference(function, xs, x, eps)
        if not np.allclose(rule, difference, rtol, atol, equal_nan=True):
            if raise_exception:
                raise GradcheckError(
                    f"Jacobian mismatch for input {i}: the rules give\n{rule}\nfinite differences give\n{difference}"
                )
            return False
    return True


def gradgradcheck(
    function: Callable, inputs: Tensor | Sequence[Tensor], eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:  # fmt: skip
    """gradcheck of the gradients themselves: second derivatives, with respect to the inputs and to the seed."""
    xs = _sequence(inputs)
    y = function(*xs)
    seed = Tensor(np.random.default_rng(0).standard_normal(y.shape)).requires_grad_()
    wanted = [i for i, x in enumerate(xs) if x.requires_grad]

    def gradients(*arguments: Tensor) -> Tensor:
        *values, g = arguments
        found = grad(function(*values), [values[i] for i in wanted], g, create_graph=True, materialize_grads=True)
        return sum(((f * f).sum() for f in found if f is not None), Tensor(np.zeros(())))  # type: ignore[arg-type]

    return gradcheck(gradients, [*xs, seed], eps, atol, rtol, raise_exception)


def _jacobian_by_rule(function: Callable, xs: Sequence[Tensor], x: Tensor) -> np.ndarray:
    """One row for each element of the output, by one backward pass each."""
    y = function(*xs)
    rows = []
    for place in range(y.numel()):
        seed = np.zeros(y.shape, y.dtype)
        seed.flat[place] = 1
        g = None if not y.requires_grad else grad(y, x, seed, retain_graph=True, allow_unused=True)[0]
        rows.append(np.zeros(x.shape) if g is None else g.data)
    return np.array(rows).reshape(y.numel(), x.numel())


def _jacobian_by_difference(function: Callable, xs: Sequence[Tensor], x: Tensor, eps: float) -> np.ndarray:
    """One column for each element of x, moved by eps up and down; x is as before at the end."""
    columns = []
    for place in range(x.numel()):
        before = x.data.flat[place]
        sides = []
        for moved in (before + eps, before - eps):
            x.data.flat[place] = moved
            with enable_grad():
                sides.append(function(*xs).detach().data.copy())
        x.data.flat[place] = before
        columns.append((sides[0] - sides[1]).ravel() / (2 * eps))
    return np.array(columns).reshape(x.numel(), -1).T


def _sequence(x: Any) -> Any:
    return tuple(x) if isinstance(x, (list, tuple)) else (x,)
