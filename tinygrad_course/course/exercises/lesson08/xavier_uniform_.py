"""xavier_uniform_ fills a weight evenly, in bounds that follow from its inputs and outputs."""

from __future__ import annotations

import math
from typing import Any

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import init

from ...exercise import Case, Exercise, Mistake, Piece


def _xavier_uniform_(tensor: Any, gain: float = 1.0) -> Any:
    """Fill evenly between ±gain·√(6 / (inputs + outputs)), in place."""
    outputs, inputs = tensor.shape
    bound = gain * math.sqrt(6 / (inputs + outputs))
    with tg.no_grad():
        return tensor.uniform_(-bound, bound)


def _xavier_by_rand(tensor: Any, gain: float = 1.0) -> Any:
    a = gain * (6 / sum(tensor.shape)) ** 0.5
    with tg.no_grad():
        tensor.copy_(tg.rand(*tensor.shape) * 2 * a - a)
    return tensor


def _filled(tensor: Any, low: float, high: float) -> Any:
    with tg.no_grad():
        return tensor.uniform_(low, high)


def _xavier_inputs_alone(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(6 / tensor.shape[1])
    return _filled(tensor, -bound, bound)


def _xavier_as_width(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(2 / sum(tensor.shape))
    return _filled(tensor, -bound, bound)


def _xavier_no_root(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * 6 / sum(tensor.shape)
    return _filled(tensor, -bound, bound)


def _xavier_positive(tensor: Any, gain: float = 1.0) -> Any:
    return _filled(tensor, 0, gain * math.sqrt(6 / sum(tensor.shape)))


def _xavier_no_gain(tensor: Any, gain: float = 1.0) -> Any:
    bound = math.sqrt(6 / sum(tensor.shape))
    return _filled(tensor, -bound, bound)


def _xavier_new(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(6 / sum(tensor.shape))
    return tg.empty(*tensor.shape).uniform_(-bound, bound)


def _xavier_nothing(tensor: Any, gain: float = 1.0) -> None:
    _xavier_uniform_(tensor, gain)


def _xavier_gain_under_root(tensor: Any, gain: float = 1.0) -> Any:
    bound = math.sqrt(gain * 6 / sum(tensor.shape))
    return _filled(tensor, -bound, bound)


def _xavier_frozen(tensor: Any, gain: float = 1.0) -> Any:
    return _xavier_uniform_(tensor.requires_grad_(False), gain)


def _xavier_recorded(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(6 / sum(tensor.shape))
    return tensor.uniform_(-bound, bound)


def _xavier_case(name: str, rows: int, columns: int, gain: float = 1.0) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        tg.manual_seed(0)
        weight = nn.Parameter(tg.zeros(rows, columns, dtype=tg.float64))
        returned = piece(weight) if gain == 1 else piece(weight, gain)
        numbers, bound = weight.data, gain * math.sqrt(6 / (rows + columns))
        return {
            "largest number, over the bound": round(float(numbers.max()) / bound, 1),
            "smallest number, over the bound": round(float(numbers.min()) / bound, 1),
            "share beyond half the bound": round(float((abs(numbers) > bound / 2).mean()), 1),
            "it returns the tensor itself": returned is weight,
            "the tensor still wants gradients": weight.requires_grad,
        }

    return Case(name, run)


XAVIER = Exercise(
    id="08.xavier_uniform_",
    target="tinygrad_course.nn.init.xavier_uniform_",
    minutes=6,
    difficulty=2,
    reference=init.xavier_uniform_,
    cases=(
        _xavier_case("a Parameter of shape (300, 300)", 300, 300),
        _xavier_case("a Parameter of shape (50, 1000)", 50, 1000),
        _xavier_case("a Parameter of shape (300, 300), gain=2", 300, 300, 2.0),
    ),
    accepts=(_xavier_uniform_, _xavier_by_rand),
    mistakes=(
        Mistake(
            "inputs alone",
            _xavier_inputs_alone,
            "Your bound knows the inputs alone. This rule is a compromise: inputs matter on the way forward, outputs "
            "on the way back, and their sum stands under the root.",
        ),
        Mistake(
            "standard deviation as bound",
            _xavier_as_width,
            "2 / (inputs + outputs) is the variance that is wanted. Numbers spread evenly between ±a have the variance "
            "a²/3, so the bound is larger than the standard deviation by √3.",
        ),
        Mistake("root forgotten", _xavier_no_root, "The bound is a square root: of 6 over inputs plus outputs."),
        Mistake(
            "positive alone",
            _xavier_positive,
            "Your numbers lie between 0 and the bound. They should lie evenly on both sides of 0.",
        ),
        Mistake(
            "gain ignored",
            _xavier_no_gain,
            "gain is not used. It makes up for what the nonlinearity takes away, and multiplies the bound.",
        ),
        Mistake(
            "gain under the root",
            _xavier_gain_under_root,
            "Your gain stands under the root. It multiplies the bound as a whole.",
        ),
        Mistake(
            "nothing returned",
            _xavier_nothing,
            "The tensor is filled as it should be, and your function gives back None. Return the tensor.",
        ),
        Mistake(
            "frozen",
            _xavier_frozen,
            "You switch off requires_grad, and the parameter would never learn. Leave it on, and write into the tensor "
            "under tg.no_grad().",
        ),
        Mistake(
            "a new tensor",
            _xavier_new,
            "You return a new tensor, and the one that you were given is as it was: the layer keeps its old numbers. "
            "The name ends in an underscore, which means: in place.",
        ),
        Mistake(
            "recorded",
            _xavier_recorded,
            "To write into a parameter, which wants gradients, is an operation that would be recorded, and a leaf may "
            "not be overwritten so. This is no part of the model: do it under tg.no_grad().",
        ),
    ),
    hints=(
        "How many inputs and outputs has a weight of this shape, and in whose place do the numbers go?",
        "Work out the bound, and fill the tensor with uniform_ under no_grad; uniform_ returns the tensor itself.",
        "Fill in what is missing:\noutputs, inputs = ...\nbound = ...\nwith tg.no_grad():\n    return tensor.uniform_("
        "..., ...)",
    ),
)
