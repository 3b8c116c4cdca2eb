"""Clip hands its input on as it is, and keeps its gradient between -1 and 1."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


class Clip(tg.autograd.Function):
    """The input as it is; its gradient is kept between -1 and 1."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.clamp(-1, 1)


class _ClipClone(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return tg.minimum(tg.maximum(g, tg.tensor(-1.0, dtype=tg.float64)), tg.tensor(1.0, dtype=tg.float64))


class _ClipForward(Clip):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clamp(-1, 1)


class _ClipNothing(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class _ClipWrongWay(Clip):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class _ClipNoReturn(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        g.clamp(-1, 1)


class _ClipSign(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.sign()


class _ClipAbove(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.clamp(max=1)


class _ClipNorm(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g / max(1.0, (g * g).sum().item() ** 0.5)


class _ClipZero(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * (g.abs() <= 1)


class _ClipMask(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * (x.abs() <= 1)


def _clip_case(name: str, slopes: list[float]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf([2.0, -3.0, 0.5])
        y = piece.apply(x)
        (y * tg.tensor(slopes, dtype=tg.float64)).sum().backward()
        return {"output": y.detach(), "x.grad": x.grad}

    return Case(name, run)


CLIP = Exercise(
    id="07.Clip",
    target=None,
    minutes=6,
    difficulty=2,
    reference=Clip,
    cases=(
        _clip_case("x = [2, -3, 0.5], the gradient that arrives is [0.5, -0.25, 1]", [0.5, -0.25, 1.0]),
        _clip_case("the same x, [100, 0.5, -0.25] arrives", [100.0, 0.5, -0.25]),
        _clip_case("the same x, [5, -100, 0.1] arrives", [5.0, -100.0, 0.1]),
    ),
    accepts=(_ClipClone,),
    mistakes=(
        Mistake(
            "values clipped",
            _ClipForward,
            "You clip the values on the way forward. They pass unchanged; it is the gradient that is held back.",
        ),
        Mistake(
            "ways exchanged",
            _ClipWrongWay,
            "You clip the values and let the gradient through. It is the other way round: the values pass unchanged.",
        ),
        Mistake(
            "backward without return",
            _ClipNoReturn,
            "Your backward gives back None. clamp makes a new tensor: return it.",
        ),
        Mistake("not clipped", _ClipNothing, "Your backward passes the gradient on as it came."),
        Mistake("sign", _ClipSign, "Small gradients grow to 1 in yours. Between -1 and 1 they stay as they are."),
        Mistake("above alone", _ClipAbove, "You hold back what is above 1. What is below -1 is too large as well."),
        Mistake(
            "norm", _ClipNorm, "You shorten the whole gradient. Here each number is kept between -1 and 1 by itself."
        ),
        Mistake(
            "mask of the values",
            _ClipMask,
            "You look at the values of x, and let the gradient through where they are small. Look at the gradient g "
            "itself; x does not matter.",
        ),
        Mistake("thrown away", _ClipZero, "You set large gradients to 0. They are to stay at the bound."),
    ),
    hints=(
        "Which of the two methods sees the values, and which the gradient?",
        "forward gives a copy of x, such as x.clone(). backward gets the gradient of the output, and gives it with "
        "every number between -1 and 1: clamp does that.",
        "Fill in what is missing:\n@staticmethod\ndef forward(ctx, x):\n    return ...\n\n@staticmethod\ndef "
        "backward(ctx, g):\n    return g.clamp(..., ...)",
    ),
)
