"""Scores on which the losses are tried, and the case that tries a piece on its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Piece
from ..tensors import given

FAR = 1e3  # e to this power is no number any more


def trial(name: str, call: Callable[..., Any], *inputs: Any, slopes: bool = True) -> Case:
    """A case: call(piece, *inputs), and the gradient of its sum by the first input."""

    def run(piece: Piece) -> dict[str, Any]:
        first, *rest = (x.clone() for x in inputs)
        first.requires_grad_()
        y = call(piece, first, *rest)
        if not isinstance(y, tg.Tensor):
            return {"result": y}
        if slopes:
            y.sum().backward()
        return {"result": y.detach(), **({"gradient of the first input": first.grad} if slopes else {})}

    return Case(name, run)


SCORES = given([1.0, 2.0, 4.0], [0.5, -1.0, 0.0])


def weighted(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call's result times 1, 2, 3, …, so that its sum has a slope."""

    def run(piece: Piece, x: Any) -> Any:
        y = call(piece, x)
        if not isinstance(y, tg.Tensor):
            return y
        return y * (tg.arange(y.numel()).reshape(y.shape) + 1)

    return run
