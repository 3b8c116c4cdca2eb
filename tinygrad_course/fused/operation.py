"""What fused operations share: the composite that each equals, and how they are differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..graph import Node, Op, as_tensor, fitting, pull, walk
from ..modes import modes, using
from ..ops.movement import Clone


class Fused(Op):
    """An operation that equals a composite of others. Its docstring says how much faster it is.

    equals: where the package has the function of Tensors that it equals, the composite. That runs in its place where
    `modes.fused` is off, and wherever the backward pass is itself recorded. grad: one rule for all arguments, where
    they share their work. It gets g, for each input whether its gradient is needed, and what it names: arguments,
    params, or arrays that forward handed over with `Kept`. It returns a gradient for each input, and may use NumPy, as
    it never meets a Tensor.
    """

    equals: ClassVar[str]
    grad: ClassVar[Callable[..., tuple]]

    @classmethod
    def composite(cls, *inputs: Any, **params: Any) -> Any:
        """The same by the operations that it stands for."""
        from pkgutil import resolve_name  # here, as it takes long to import

        return resolve_name(f"tinygrad_course.{cls.equals}")(*inputs, **params)

    @classmethod
    def together(cls, node: Node, g: Any, values: dict[str, Any]) -> dict[int, Any]:
        """The gradients of all inputs of a node, by place."""
        if modes.create_graph:
            return through_composite(node, g, values)
        needs = tuple([source is not None for source in node.inputs])
        answers = cls.grad(g, needs, *[values[name] for name in cls.reads])
        pairs = enumerate(zip(needs, answers, strict=False))  # the last inputs, a mask say, may have no gradient at all
        return {i: fitting(node, i, gx) for i, (need, gx) in pairs if need}


def through_composite(node: Node, g: Any, values: dict[str, Any]) -> dict[int, Any]:
    """The gradients of a fused operation's inputs, by place, as Tensors: its composite is run and differentiated."""
    op: Any = node.op
    inputs = [values[op.name_of(i)] for i in range(len(node.inputs))]
    ends: dict[int, Node] = {}
    for i, source in enumerate(node.inputs):
        if source is not None:
            inputs[i] = Clone(inputs[i].detach().requires_grad_())  # a Node on a leaf: walk ends there
            ends[i] = inputs[i].node
    with using(fused=False):
        z = op.composite(*inputs, **node.params)
    steps = [step for step in walk(z.node) if step not in ends.values()]
    for i, end in ends.items():
        end.inputs = (node.inputs[i],)  # in the graph, so that gradients of these gradients go on
    arrived = {z.node: as_tensor(g)}
    for step in reversed(steps):
        for source, gx in pull(step, arrived.pop(step)):
            arrived[source] = arrived[source] + gx if source in arrived else gx
    return {i: fitting(node, i, arrived[end]) for i, end in ends.items()}
