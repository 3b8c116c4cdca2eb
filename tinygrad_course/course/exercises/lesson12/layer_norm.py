"""layer_norm brings each example to mean 0 and variance 1, then scales and shifts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.nn import normalization

from ...exercise import Case, Exercise, Mistake, Piece


def _layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(normalized_shape), 0))
    away = input - input.mean(axes, keepdim=True)
    z = away / ((away**2).mean(axes, keepdim=True) + eps).sqrt()
    z = z if weight is None else z * weight
    return z if bias is None else z + bias


def _layer_norm_by_var(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    axes = [-1 - i for i in range(len(normalized_shape))]
    variance, mean = input.var(axes, correction=0, keepdim=True), input.mean(axes, keepdim=True)
    z = (input - mean) * (variance + eps) ** -0.5
    return z * (1 if weight is None else weight) + (0 if bias is None else bias)


def _layer_norm_unbiased(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    z = (input - input.mean(axes, keepdim=True)) / (input.var(axes, keepdim=True) + eps).sqrt()
    return normalization.affine(z, weight, bias)


def _layer_norm_eps_outside(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    away = input - input.mean(axes, keepdim=True)
    return normalization.affine(away / ((away**2).mean(axes, keepdim=True).sqrt() + eps), weight, bias)


def _layer_norm_batch(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm_over(input, 0, weight, bias, eps)


def _layer_norm_last(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return normalization.affine(_layer_norm(input, (1,), eps=eps), weight, bias)


def _layer_norm_over(input: Any, axes: Any, weight: Any, bias: Any, eps: float) -> Any:
    away = input - input.mean(axes, keepdim=True)
    return normalization.affine(away / ((away**2).mean(axes, keepdim=True) + eps).sqrt(), weight, bias)


def _layer_norm_whole(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm_over(input, tuple(range(input.ndim)), weight, bias, eps)


def _layer_norm_but_first(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm_over(input, tuple(range(1, input.ndim)), weight, bias, eps)


def _layer_norm_sizes(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm_over(input, shape, weight, bias, eps)


def _layer_norm_one_axis(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm_over(input, -len(shape), weight, bias, eps)


def _layer_norm_no_eps(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm(input, shape, weight, bias, eps=0.0)


def _layer_norm_none(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm(input, shape, eps=eps) * weight + bias


def _layer_norm_together(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    z = _layer_norm(input, shape, eps=eps)
    return z if weight is None else z * weight + bias


def _layer_norm_std(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    z = (input - input.mean(axes, keepdim=True)) / (input.std(axes, keepdim=True) + eps)
    return normalization.affine(z, weight, bias)


def _layer_norm_squares(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    z = (input - input.mean(axes, keepdim=True)) / ((input**2).mean(axes, keepdim=True) + eps).sqrt()
    return normalization.affine(z, weight, bias)


def _layer_norm_no_root(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    away = input - input.mean(axes, keepdim=True)
    return normalization.affine(away / ((away**2).mean(axes, keepdim=True) + eps), weight, bias)


def _layer_norm_plain(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return _layer_norm(input, shape, eps=eps)


def _layer_norm_constant(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(-len(shape), 0))
    mean = input.detach().mean(axes, keepdim=True)
    deviation = (input.detach().var(axes, correction=0, keepdim=True) + eps).sqrt()
    return normalization.affine((input - mean) / deviation, weight, bias)


def _layer_norm_case(
    name: str, shape: tuple[int, ...], over: tuple[int, ...], scaled: bool, shifted: bool, eps: float = 1e-5
) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.Tensor(np.sin(np.arange(math.prod(shape)) ** 1.5).reshape(shape) * 3 + 1).requires_grad_()
        weight = tg.Tensor(np.linspace(1, 2, math.prod(over)).reshape(over)) if scaled else None
        bias = tg.Tensor(np.linspace(-1, 0.5, math.prod(over)).reshape(over)) if shifted else None
        y = piece(x, over, weight, bias, eps)
        (y * tg.Tensor(np.arange(float(y.numel())).reshape(y.shape))).sum().backward()
        return {"result": y.detach(), "gradient of the input": x.grad}

    return Case(name, run)


LAYER_NORM = Exercise(
    id="12.layer_norm",
    target="tinygrad_course.nn.normalization.layer_norm",
    minutes=9,
    difficulty=3,
    reference=normalization.layer_norm,
    cases=(
        _layer_norm_case("input of shape (2, 4) over (4,)", (2, 4), (4,), False, False),
        _layer_norm_case("the same with weight and bias", (2, 4), (4,), True, True),
        _layer_norm_case("input of shape (2, 3, 4) over (3, 4)", (2, 3, 4), (3, 4), True, True),
        _layer_norm_case("input of shape (2, 4) over (4,), eps=0.5", (2, 4), (4,), False, False, eps=0.5),
        _layer_norm_case("input of shape (2, 3, 4) over (4,), with a weight and no bias", (2, 3, 4), (4,), True, False),
    ),
    accepts=(_layer_norm, _layer_norm_by_var),
    mistakes=(
        Mistake(
            "unbiased variance",
            _layer_norm_unbiased,
            "Your variance divides by n − 1, as var() does by itself. Here it is the plain mean of the squares: "
            "nothing is estimated.",
        ),
        Mistake(
            "eps outside",
            _layer_norm_eps_outside,
            "eps is added to the standard deviation. In this formula it stands under the root, beside the variance.",
        ),
        Mistake(
            "std and eps",
            _layer_norm_std,
            "std() divides by n − 1, and so eps comes to stand outside of the root. Take the mean of the squared "
            "distances, add eps, and then the root.",
        ),
        Mistake(
            "over the batch",
            _layer_norm_batch,
            "You normalise over the batch, so that examples depend on each other. That is batch norm; here every "
            "example is for itself.",
        ),
        Mistake(
            "last axis alone",
            _layer_norm_last,
            "You go over the last axis alone. normalized_shape says how many axes at the end belong together.",
        ),
        Mistake(
            "over everything",
            _layer_norm_whole,
            "You take one mean over the whole input. Each example has its own: name the axes, and keep them with "
            "keepdim=True.",
        ),
        Mistake(
            "all axes but the first",
            _layer_norm_but_first,
            "You go over every axis but the first. How many there are, counted from the end, says the length of "
            "normalized_shape.",
        ),
        Mistake(
            "sizes for axes",
            _layer_norm_sizes,
            "normalized_shape holds sizes, no axes. Its length says how many axes at the end are meant: with two of "
            "them, (-2, -1).",
        ),
        Mistake(
            "one axis of several",
            _layer_norm_one_axis,
            "You go over the one axis -len(normalized_shape). All from there to the end are meant: with two of them, "
            "(-2, -1).",
        ),
        Mistake(
            "eps forgotten",
            _layer_norm_no_eps,
            "eps is missing. Add it to the variance, under the root: without it a variance of 0 would be divided by.",
        ),
        Mistake(
            "None as a tensor",
            _layer_norm_none,
            "weight and bias may be None, and nothing can be multiplied by that. Ask first: if weight is not None.",
        ),
        Mistake(
            "asked together",
            _layer_norm_together,
            "There may be a weight without a bias. Ask for each by itself.",
        ),
        Mistake(
            "mean not taken away",
            _layer_norm_squares,
            "Your variance is the mean of the squares of the input itself. Take the mean away before you square.",
        ),
        Mistake("root forgotten", _layer_norm_no_root, "You divide by the variance; its root is missing."),
        Mistake(
            "no scale and shift",
            _layer_norm_plain,
            "weight and bias have no effect. They let the layer learn any spread and middle that it needs.",
        ),
        Mistake(
            "statistics detached",
            _layer_norm_constant,
            "The result is right and its gradient is not: mean and variance depend on the input too, and gradients "
            "flow through them. Leave detach out.",
        ),
    ),
    hints=(
        "Which numbers of the input form one mean and one variance?",
        "The axes are the last len(normalized_shape) ones. Take the mean away, divide by the root of the mean square "
        "plus eps, keep the axes; then scale and shift, where weight and bias are given.",
        "Fill in what is missing:\naxes = tuple(range(..., 0))\naway = input - ...\nz = away / (...).sqrt()\nif weight "
        "is not None:\n    z = ...\nif ...:\n    z = ...\nreturn z",
    ),
)
