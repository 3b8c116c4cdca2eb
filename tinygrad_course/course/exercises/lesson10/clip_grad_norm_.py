"""clip_grad_norm_ scales all gradients together, so that their common norm is max_norm at most."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.nn import utils

from ...exercise import Case, Exercise, Mistake, Piece
from .trials import parameters


def _clip(parameters: Any, max_norm: float) -> Any:
    gradients = [p.grad for p in parameters if p.grad is not None]
    total = sum((g * g).sum().item() for g in gradients) ** 0.5
    if total > max_norm:
        with tg.no_grad():
            for g in gradients:
                g *= max_norm / total
    return tg.tensor(total)


def _clip_new(parameters: Any, max_norm: float) -> Any:
    parameters = [p for p in parameters if p.grad is not None]
    total = float(np.linalg.norm([np.linalg.norm(p.grad.data) for p in parameters]))
    for p in parameters:
        p.grad = p.grad * min(1.0, max_norm / total)
    return tg.tensor(total)


def _scaled(parameters: Any, scale: float) -> None:
    for p in parameters:
        if p.grad is not None:
            p.grad.data[...] *= scale


def _norm(parameters: Any) -> float:
    return float(np.linalg.norm([np.linalg.norm(p.grad.data) for p in parameters if p.grad is not None]))


def _clip_each(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    for p in parameters:
        if p.grad is not None:
            _scaled([p], min(1.0, max_norm / float(np.linalg.norm(p.grad.data))))
    return tg.tensor(total)


def _clip_always(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    _scaled(parameters, max_norm / total)
    return tg.tensor(total)


def _clip_elements(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    for p in parameters:
        if p.grad is not None:
            p.grad.data[...] = p.grad.data.clip(-max_norm, max_norm)
    return tg.tensor(total)


def _clip_sum(parameters: Any, max_norm: float) -> Any:
    total = float(sum(np.linalg.norm(p.grad.data) for p in parameters if p.grad is not None))
    _scaled(parameters, min(1.0, max_norm / total))
    return tg.tensor(total)


def _clip_values(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    for p in parameters:
        p.data[...] *= min(1.0, max_norm / total)
    return tg.tensor(total)


def _clip_after(parameters: Any, max_norm: float) -> Any:
    _clip_new(parameters, max_norm)
    return tg.tensor(_norm(parameters))


def _clip_number(parameters: Any, max_norm: float) -> Any:
    return _clip(parameters, max_norm).item()


def _clip_no_none(parameters: Any, max_norm: float) -> Any:
    total = float(np.linalg.norm([np.linalg.norm(p.grad.data) for p in parameters]))
    _scaled(parameters, min(1.0, max_norm / total))
    return tg.tensor(total)


def _clip_new_name(parameters: Any, max_norm: float) -> Any:
    return tg.tensor(_norm(parameters))


def _clip_no_root(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters) ** 2
    _scaled(parameters, min(1.0, max_norm / total))
    return tg.tensor(total)


def _clip_case(name: str, gradients: list[list[float] | None], max_norm: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        params = parameters(*([7.0, 7.0] for _ in gradients))
        for p, g in zip(params, gradients, strict=True):
            p.grad = None if g is None else tg.tensor(g, dtype=tg.float64)
        total = piece(params, max_norm)
        plain = isinstance(total, int | float)
        left = {f"gradient {i}": p.grad for i, p in enumerate(params)}
        return {"returned": float(total), "a Tensor": not plain, **left, "parameter 0": params[0].detach()}

    return Case(name, run, tolerance=1e-5)


CLIP = Exercise(
    id="10.clip_grad_norm_",
    target="tinygrad_course.nn.utils.clip_grad_norm_",
    minutes=9,
    difficulty=3,
    reference=utils.clip_grad_norm_,
    cases=(
        _clip_case("gradient [3, 4], max_norm=1", [[3.0, 4.0]], 1.0),
        _clip_case("gradients [3, 0] and [0, 4], max_norm=2", [[3.0, 0.0], [0.0, 4.0]], 2.0),
        _clip_case("gradients [3, 0] and [0, 4], max_norm=100", [[3.0, 0.0], [0.0, 4.0]], 100.0),
        _clip_case("gradient [3, 4], and a parameter without one", [[3.0, 4.0], None], 1.0),
    ),
    accepts=(_clip, _clip_new),
    mistakes=(
        Mistake(
            "each for itself",
            _clip_each,
            "You shorten each gradient for itself. Then the direction of the whole step changes: take one norm over "
            "all of them, and one factor for all.",
        ),
        Mistake(
            "always",
            _clip_always,
            "You scale small gradients up as well. Only what is longer than max_norm is shortened.",
        ),
        Mistake(
            "elements",
            _clip_elements,
            "You cut off each element. That is clip_grad_value_, and it turns the step into another direction.",
        ),
        Mistake(
            "norms added",
            _clip_sum,
            "You add the norms up. Lengths at right angles add as in Pythagoras: the root of the sum of squares.",
        ),
        Mistake(
            "not in place",
            _clip_new_name,
            "The gradients stay as they were. `g = g * …` makes a new tensor and calls it g; `g *= …` changes the one "
            "that the parameter has.",
        ),
        Mistake(
            "no root",
            _clip_no_root,
            "You take the sum of the squares for the norm. The norm is its root.",
        ),
        Mistake(
            "the parameters",
            _clip_values,
            "You have shortened the parameters themselves. Their gradients are meant.",
        ),
        Mistake(
            "the norm of after",
            _clip_after,
            "You return the norm after clipping. The one before is worth knowing: it tells when gradients explode.",
        ),
        Mistake(
            "a plain number",
            _clip_number,
            "You return a Python number. It is to be a Tensor of one number, as in PyTorch: tg.tensor(...).",
        ),
        Mistake(
            "None forgotten",
            _clip_no_none,
            "A parameter that took no part has no gradient: p.grad is None. Leave those out.",
        ),
    ),
    hints=(
        "Seen as one long list of numbers, how long is the whole gradient?",
        "Collect the gradients that there are, take the root of the sum of all squares, and where that is above "
        "max_norm multiply every gradient by the same factor, in place, under no_grad.",
        "Fill in what is missing:\ngradients = [...]\ntotal = sum(... for g in gradients) ** 0.5\nif ...:\n    with "
        "tg.no_grad():\n        for g in gradients:\n            ...\nreturn tg.tensor(total)",
    ),
)
