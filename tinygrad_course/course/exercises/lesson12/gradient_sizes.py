"""gradient_sizes gives the root mean square of every parameter's gradient, by its path."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course import nn

from ...exercise import Case, Exercise, Mistake, Piece


def gradient_sizes(model: Any) -> dict[str, float]:
    """The root mean square of every parameter's gradient, by its path."""
    return {name: (p.grad**2).mean().sqrt().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_by_numpy(model: Any) -> dict[str, float]:
    found = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        g = parameter.grad.numpy()
        found[name] = float(np.linalg.norm(g) / math.sqrt(g.size))
    return found


def _sizes_mean(model: Any) -> dict[str, float]:
    return {name: p.grad.mean().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_norm(model: Any) -> dict[str, float]:
    return {name: (p.grad**2).sum().sqrt().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_squared(model: Any) -> dict[str, float]:
    return {name: (p.grad**2).mean().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_of_values(model: Any) -> dict[str, float]:
    return {name: (p**2).mean().sqrt().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_no_none(model: Any) -> dict[str, float]:
    return {name: (p.grad**2).mean().sqrt().item() for name, p in model.named_parameters()}


def _sizes_weights(model: Any) -> dict[str, float]:
    return {name: size for name, size in gradient_sizes(model).items() if name.endswith("weight")}


def _sizes_std(model: Any) -> dict[str, float]:
    return {name: p.grad.std().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_absolute(model: Any) -> dict[str, float]:
    return {name: p.grad.abs().mean().item() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_divided_late(model: Any) -> dict[str, float]:
    return {name: p.grad.norm().item() / p.numel() for name, p in model.named_parameters() if p.grad is not None}


def _sizes_without_names(model: Any) -> dict[str, float]:
    return {name: (p.grad**2).mean().sqrt().item() for name, p in model.parameters() if p.grad is not None}


def _sizes_none_as_zero(model: Any) -> dict[str, float]:
    return {name: gradient_sizes(model).get(name, 0.0) for name, _ in model.named_parameters()}


def _sizes_case(name: str, frozen: bool = False) -> Case:
    def run(piece: Piece) -> Any:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).double()
        for i, p in enumerate(model.parameters()):
            p.grad = tg.Tensor(np.linspace(2, -1, p.numel()).reshape(p.shape) * 10.0**-i)
        if frozen:
            model[0].bias.grad = None
        sizes = piece(model)
        if not isinstance(sizes, dict):
            return sizes
        return {"the paths": sorted(map(str, sizes)), **sizes}

    return Case(name, run)


SIZES = Exercise(
    id="12.gradient_sizes",
    target=None,
    minutes=6,
    difficulty=2,
    reference=gradient_sizes,
    cases=(
        _sizes_case("a network of two Linear layers, after backward"),
        _sizes_case("the same, where one bias has no gradient", frozen=True),
    ),
    accepts=(_sizes_by_numpy,),
    mistakes=(
        Mistake(
            "mean",
            _sizes_mean,
            "You average the gradient's numbers, and those of different sign cancel out: a large gradient may have a "
            "mean of 0. Square them first, and take the root at the end.",
        ),
        Mistake(
            "norm",
            _sizes_norm,
            "Yours grows with the number of elements, so that a large layer looks louder than a small one. Take the "
            "mean of the squares, not their sum.",
        ),
        Mistake(
            "standard deviation",
            _sizes_std,
            "std() takes the mean away first, so a gradient whose numbers are all alike would count as 0. Square, "
            "take the mean, take the root.",
        ),
        Mistake(
            "absolute values",
            _sizes_absolute,
            "Yours is the mean of the absolute values. Asked for is the root of the mean of the squares, in which "
            "large numbers weigh more.",
        ),
        Mistake(
            "divided after the root",
            _sizes_divided_late,
            "You take the root before you divide by the number of elements. First the mean of the squares, then the "
            "root.",
        ),
        Mistake(
            "parameters without names",
            _sizes_without_names,
            "model.parameters() gives the parameters alone. With their paths they come from model.named_parameters().",
        ),
        Mistake(
            "None as 0",
            _sizes_none_as_zero,
            "You enter 0 for a parameter without a gradient, as if one had come and were 0. Leave it out.",
        ),
        Mistake("root forgotten", _sizes_squared, "Yours is the mean of the squares. The root is missing."),
        Mistake(
            "of the parameters",
            _sizes_of_values,
            "You measure the parameters themselves. Their gradients are in .grad.",
        ),
        Mistake(
            "None forgotten",
            _sizes_no_none,
            "A parameter that took no part has no gradient: .grad is None. Leave those out.",
        ),
        Mistake("weights alone", _sizes_weights, "Biases are parameters as well, and are missing from your dict."),
    ),
    hints=(
        "What is the usual size of numbers that lie on both sides of 0?",
        "Go through model.named_parameters(), leave out those whose grad is None, and take the root of the mean of the "
        "squares, as a plain number.",
        "Fill in what is missing:\nsizes = {}\nfor name, p in ...:\n    if ...:\n        sizes[name] = (...).mean()..."
        "\nreturn sizes",
    ),
)
