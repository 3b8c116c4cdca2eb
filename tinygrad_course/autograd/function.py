"""Function: an operation of your own in PyTorch's form, with a forward and a backward."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import Left, Node, Op, place_of, plan_of
from ..modes import modes
from ..tensor import Tensor
from .grad_mode import no_grad


class Context:
    """What forward leaves for backward: `ctx.save_for_backward(x, y)`, and any attribute set on it."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[tuple[Tensor, list[int], int], ...] = ()
        self.non_differentiable: tuple[Tensor, ...] = ()
        self.asked: Any = None  # the gradient that backward was last asked with, and what it gave
        self.answered: list[Any] = []

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for backward; a write to one of them after this is noticed there."""
        self._saved = tuple((t, t.version, t.version[0]) for t in tensors if t is not None)

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:
        """The tensors that forward saved. Raises RuntimeError if one was written to since."""
        if any(version[0] != count for _, version, count in self._saved):
            wrong = "one of the variables needed for gradient computation has been modified by an inplace operation"
            raise RuntimeError(f"{wrong}: a tensor given to save_for_backward was written to after that")
        return tuple(t for t, _, _ in self._saved)

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs want no gradient."""
        self.non_differentiable = tensors


class Function:
    """An operation of your own: subclass it, write `forward(ctx, *args)` and `backward(ctx, *gradients)`.

    Both are static methods. backward returns a gradient, or None, for each argument of forward. Use it by
    `Square.apply(x)`. Operations of Tensors inside backward are recorded under create_graph, so that second
    derivatives work where backward is written in them.
    """

    @staticmethod
    def forward(ctx: Context, *args: Any) -> Any:
        """Compute the output, a Tensor."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Context, *grad_outputs: Any) -> Any:
        """Compute the gradient of each argument of forward."""
        raise NotImplementedError("You must implement the backward for your custom autograd.Function.")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward, and record that backward will be asked for the gradients."""
        edges = tuple(place_of(a) if isinstance(a, Tensor) and modes.grad else None for a in args)
        ctx = Context(tuple(source is not None for source in edges))
        with no_grad():
            outputs = cls.forward(ctx, *args)
        if not any(ctx.needs_input_grad):
            return outputs
        ys = outputs if isinstance(outputs, tuple) else (outputs,)
        pieces = zip(ys, split(record(cls, ctx, args, edges, ys), [y.shape for y in ys]), strict=True)
        fixed = set(map(id, ctx.non_differentiable))
        results = tuple(y if id(y) in fixed else piece.to(y.dtype) for y, piece in pieces)
        return results if isinstance(outputs, tuple) else results[0]


class Custom(Op):
    """A Function of the user's own. Its output holds all outputs of the Function, one behind the other."""

    label = "Function"

    def forward(*args: Any, function: Any, ctx: Any, shapes_out: Any) -> np.ndarray:
        return np.concatenate([y.data.ravel() for y in args])

    def grad_args(g: Any, i: int, function: Any, ctx: Any, shapes_out: Any) -> Any:
        if ctx.asked is not g:
            ctx.asked, ctx.answered = g, ask(function, ctx, g, shapes_out)
        return ctx.answered[i]


def record(function: type[Function], ctx: Context, args: tuple, edges: tuple, ys: tuple) -> Tensor:
    """All outputs in one flat Tensor, whose Node asks the Function's backward."""
    params = {"function": function, "ctx": ctx, "shapes_out": tuple(y.shape for y in ys)}
    z = Custom.forward(*ys, **params)
    plan = plan_of(Custom, edges)
    node = Node().record(Custom, plan, edges, params, z)
    node.constants = {i: Left(args[i].shape, args[i].dtype) for i in plan.fixed if isinstance(args[i], Tensor)}
    return Tensor(z, node)


def split(flat: Tensor, shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """The pieces of a flat Tensor that holds tensors of these shapes, one behind the other."""
    pieces = flat.split([math.prod(shape) for shape in shapes])
    return [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]


def ask(function: type[Function], ctx: Context, g: Any, shapes: tuple) -> list[Any]:
    """The gradients that backward gives, as the engine wants them: arrays, or Tensors under create_graph."""
    given = function.backward(ctx, *split(g if isinstance(g, Tensor) else Tensor(g), shapes))
    answers = given if isinstance(given, tuple) else (given,)
    count = len(ctx.needs_input_grad)
    if len(answers) != count:
        wrong = f"returned an incorrect number of gradients (expected {count}, got {len(answers)})"
        cure = "return one for each argument of forward, None where there is none"
        raise RuntimeError(f"function {function.__name__} {wrong}: {cure}")
    tensors = [Tensor(np.zeros(())) if a is None else a for a in answers]
    return tensors if modes.create_graph else [t.data for t in tensors]
