"""kaiming_normal_ fills a weight normally, with the standard deviation that relu needs."""

from __future__ import annotations

import math
from typing import Any

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import init

from ...exercise import Case, Exercise, Mistake, Piece


def _kaiming(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    fan = tensor.shape[1] if mode == "fan_in" else tensor.shape[0]
    with tg.no_grad():
        return tensor.normal_(0, init.calculate_gain(nonlinearity, a) / math.sqrt(fan))


def _kaiming_scaled(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    outputs, inputs = tensor.shape
    std = nn.init.calculate_gain(nonlinearity, a) * {"fan_in": inputs, "fan_out": outputs}[mode] ** -0.5
    tensor.data[...] = (tg.randn(*tensor.shape) * std).data
    return tensor


def _normal(tensor: Any, std: float) -> Any:
    with tg.no_grad():
        return tensor.normal_(0, std)


def _kaiming_no_gain(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _normal(tensor, 1 / math.sqrt(tensor.shape[mode == "fan_in"]))


def _kaiming_variance(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _normal(tensor, init.calculate_gain(nonlinearity, a) ** 2 / tensor.shape[mode == "fan_in"])


def _kaiming_fans(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _kaiming(tensor, a, "fan_out" if mode == "fan_in" else "fan_in", nonlinearity)


def _kaiming_uniform(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    std = init.calculate_gain(nonlinearity, a) / math.sqrt(tensor.shape[mode == "fan_in"])
    with tg.no_grad():
        return tensor.uniform_(-std, std)


def _kaiming_fan_in(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _kaiming(tensor, a, "fan_in", nonlinearity)


def _kaiming_no_root(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _normal(tensor, init.calculate_gain(nonlinearity, a) / tensor.shape[mode == "fan_in"])


def _kaiming_root_of_all(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _normal(tensor, math.sqrt(init.calculate_gain(nonlinearity, a) / tensor.shape[mode == "fan_in"]))


def _kaiming_no_slope(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _kaiming(tensor, 0.01, mode, nonlinearity)


def _kaiming_relu(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _kaiming(tensor, a, mode, "relu")


def _kaiming_no_return(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    _kaiming(tensor, a, mode, nonlinearity)


def _kaiming_new(tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    return _kaiming(tg.empty(*tensor.shape), a, mode, nonlinearity)


def _kaiming_case(name: str, rows: int, columns: int, **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        tg.manual_seed(0)
        weight = nn.Parameter(tg.zeros(rows, columns, dtype=tg.float64))
        returned = piece(weight, **options)
        numbers = weight.data
        fan = rows if options.get("mode") == "fan_out" else columns
        std = init.calculate_gain(options.get("nonlinearity", "leaky_relu"), options.get("a", 0.0)) / math.sqrt(fan)
        return {
            "standard deviation, over what is wanted": round(float(numbers.std() / std), 1),
            "share beyond two of those": round(float((abs(numbers) > 2 * numbers.std()).mean()), 2),
            "it returns the tensor itself": returned is weight,
            "it still wants gradients": weight.requires_grad,
        }

    return Case(name, run)


KAIMING = Exercise(
    id="12.kaiming_normal_",
    target="tinygrad_course.nn.init.kaiming_normal_",
    minutes=6,
    difficulty=2,
    reference=init.kaiming_normal_,
    cases=(
        _kaiming_case('a Parameter of shape (300, 300), nonlinearity="relu"', 300, 300, nonlinearity="relu"),
        _kaiming_case('a Parameter of shape (2000, 50), nonlinearity="relu"', 2000, 50, nonlinearity="relu"),
        _kaiming_case(
            'a Parameter of shape (2000, 50), mode="fan_out", nonlinearity="linear"',
            2000,
            50,
            mode="fan_out",
            nonlinearity="linear",
        ),
        _kaiming_case("a Parameter of shape (300, 300), a=1.0", 300, 300, a=1.0),
    ),
    accepts=(_kaiming, _kaiming_scaled),
    mistakes=(
        Mistake(
            "no gain",
            _kaiming_no_gain,
            "The gain is missing. ReLU takes half of the signal's power away, and a gain of √2 gives it back.",
        ),
        Mistake(
            "variance",
            _kaiming_variance,
            "gain² over the inputs is the variance. normal_ takes the standard deviation, the root of it.",
        ),
        Mistake(
            "root of the fan forgotten",
            _kaiming_no_root,
            "You divide the gain by the fan itself. Take the root of the fan first.",
        ),
        Mistake(
            "root over both",
            _kaiming_root_of_all,
            "Your root goes over the gain as well. It is over the fan alone: gain / √fan.",
        ),
        Mistake(
            "a ignored",
            _kaiming_no_slope,
            "a has no effect. It is the slope of a leaky ReLU below 0: give it to calculate_gain, too.",
        ),
        Mistake(
            "nonlinearity ignored",
            _kaiming_relu,
            "Your gain is that of ReLU, whatever was asked. Give nonlinearity to calculate_gain.",
        ),
        Mistake(
            "no return",
            _kaiming_no_return,
            "The tensor is filled as it should be, but it is not what your function gives back. End with the same "
            "tensor: return tensor.",
        ),
        Mistake(
            "a new tensor",
            _kaiming_new,
            "You made a new tensor, and the one that was given is as it was. Fill that one in place, with "
            "tensor.normal_(...).",
        ),
        Mistake(
            "fans exchanged",
            _kaiming_fans,
            "You took the outputs for the inputs. A weight is (outputs, inputs): fan_in is its second size.",
        ),
        Mistake(
            "uniform",
            _kaiming_uniform,
            "Your numbers are spread evenly. Here they are normal; the name of the other one is kaiming_uniform_.",
        ),
        Mistake("mode ignored", _kaiming_fan_in, 'mode is not used: "fan_out" asks for the number of outputs.'),
    ),
    hints=(
        "How many numbers are added up for one output, and how much of the signal does the nonlinearity let through?",
        "The standard deviation is the gain over the root of the fan. nn.init.calculate_gain(nonlinearity, a) gives "
        "the gain; fill in place under no_grad.",
        'Fill in what is missing:\nfan = tensor.shape[...] if mode == "fan_in" else ...\nstd = ...\nwith '
        "tg.no_grad():\n    return tensor.normal_(0, ...)",
    ),
)
