"""What lets a module's hooks see the gradients that pass through one call of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..tensor import Tensor


def wants_gradient(x: Any) -> bool:
    """Whether this is a tensor that a gradient will come back to."""
    return isinstance(x, Tensor) and x.requires_grad


class Passage:
    """One call of a module: collects the gradients of its outputs, then of its inputs, and calls the hooks with them.

    Where several tensors go in or come out, hooks see all their gradients and can replace none.
    """

    def __init__(self, module: Any, pre_hooks: Iterable[Callable], hooks: Iterable[Callable]) -> None:
        self.module, self.pre_hooks, self.hooks = module, tuple(pre_hooks), tuple(hooks)
        self.grad_input: list[Tensor | None] = []
        self.grad_output: list[Tensor | None] = []
        self.missing = 0  # inputs whose gradients are still to come

    def enter(self, args: tuple) -> tuple:
        """The arguments of forward, those that want gradients tied to this passage."""
        self.grad_input, self.missing = [None] * len(args), sum(map(wants_gradient, args))
        return tuple(self.tied(x, i, self.at_input) for i, x in enumerate(args))

    def leave(self, output: Any) -> Any:
        """The output of forward, its tensors tied to this passage; other outputs than tensors and tuples pass."""
        outputs = output if isinstance(output, tuple) else (output,)
        self.grad_output = [None] * len(outputs)
        tied = tuple(self.tied(y, i, self.at_output) for i, y in enumerate(outputs))
        return tied if isinstance(output, tuple) else tied[0]

    def tied(self, x: Any, i: int, arrived: Callable[[int, Tensor], Tensor | None]) -> Any:
        """The same memory as x, as an operation of its own whose gradient is reported; x itself if it wants none."""
        if wants_gradient(x):
            x = x.reshape(x.shape)
            x.register_hook(partial(arrived, i))
        return x

    def at_output(self, i: int, g: Tensor) -> Tensor | None:
        """The gradient of output number i is known; the pre-hooks may replace it where it is the only one."""
        self.grad_output[i] = g
        single = len(self.grad_output) == 1
        for hook in self.pre_hooks:
            g = self.grad_output[i] = self.replaced(hook(self.module, tuple(self.grad_output)), g, single)
        if not self.missing:  # no input wants a gradient
            self.call(g, single=False)
        return g

    def at_input(self, i: int, g: Tensor) -> Tensor | None:
        """The gradient of input number i is known; after the last one the hooks are called."""
        self.grad_input[i] = g
        self.missing -= 1
        return g if self.missing else self.call(g, single=len(self.grad_input) == 1)

    def call(self, g: Tensor, single: bool) -> Tensor:
        """Call the hooks, and let go of what was collected."""
        for hook in self.hooks:
            g = self.replaced(hook(self.module, tuple(self.grad_input), tuple(self.grad_output)), g, single)
            self.grad_input = [g] if single else self.grad_input
        self.missing = sum(gradient is not None for gradient in self.grad_input)
        self.grad_input = [None] * len(self.grad_input)
        if self.missing or len(self.grad_output) == 1:  # else the gradients of other outputs may follow
            self.grad_output = [None] * len(self.grad_output)
        return g

    @staticmethod
    def replaced(result: Any, g: Tensor, single: bool) -> Tensor:
        """What a hook returned in place of g. Raises RuntimeError where it cannot take its place."""
        if result is None:
            return g
        if not single:
            raise RuntimeError("a backward hook can only replace the gradient of a module's single input or output")
        return result[0] if isinstance(result, tuple) else result
