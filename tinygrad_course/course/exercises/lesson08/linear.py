"""Linear computes x @ weight.T + bias, with parameters of its own."""

from __future__ import annotations

import math
from typing import Any

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import init

from ...exercise import Case, Exercise, Mistake, Piece
from .parameters import numbered, shapes


class _Linear(nn.Module):
    """x @ weight.T + bias."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(tg.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(tg.empty(out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Any) -> Any:
        z = x @ self.weight.mT
        return z if self.bias is None else z + self.bias


class _LinearByRand(nn.Module):
    """Spread by hand, the bias first, and with the formula's transposed product."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        width = 2 * in_features**-0.5
        self.bias = nn.Parameter((tg.rand(out_features) - 0.5) * width) if bias else None
        self.weight = nn.Parameter((tg.rand(out_features, in_features) - 0.5) * width)

    def forward(self, x: Any) -> Any:
        z = tg.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            z = z + self.bias
        return z


class _LinearTurned(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        self.weight = nn.Parameter(self.weight.detach().mT.clone())

    def forward(self, x: Any) -> Any:
        z = x @ self.weight
        return z if self.bias is None else z + self.bias


class _LinearTurnedTwice(_LinearTurned):
    def forward(self, x: Any) -> Any:
        return _Linear.forward(self, x)


class _LinearNotTurned(_Linear):
    def forward(self, x: Any) -> Any:
        z = x @ self.weight
        return z if self.bias is None else z + self.bias


class _LinearOfTensors(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for name, parameter in list(self.named_parameters()):
            delattr(self, name)
            setattr(self, name, parameter.detach())


class _LinearAlwaysBiased(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features)


class _LinearAddsNone(_Linear):
    def forward(self, x: Any) -> Any:
        return x @ self.weight.mT + self.bias


class _LinearWithoutBias(_Linear):
    def forward(self, x: Any) -> Any:
        return x @ self.weight.mT


class _LinearOfZeros(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.zeros_(parameter)


class _LinearBiasOfZeros(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        if self.bias is not None:
            init.zeros_(self.bias)


class _LinearNoRoot(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.uniform_(parameter, -1 / in_features, 1 / in_features)


class _LinearPositive(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.uniform_(parameter, 0, 1 / math.sqrt(in_features))


class _LinearNormal(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.normal_(parameter)


class _LinearByOutputs(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.uniform_(parameter, -1 / math.sqrt(out_features), 1 / math.sqrt(out_features))


def _linear_names(piece: Piece) -> dict[str, Any]:
    layer = piece(3, 2)
    return {"parameters": shapes(layer), "sizes": [layer.in_features, layer.out_features]}


def _linear_case(name: str, *shape: int, bias: bool = True) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        layer = numbered(piece(3, 2, bias=bias))
        x = tg.arange(math.prod(shape)).reshape(shape).to(tg.float64)
        y = layer(x)
        learns = isinstance(layer.weight, nn.Parameter)
        if learns:
            y.sum().backward()
        return {
            "y": y.detach(),
            "parameters": shapes(layer),
            "weight.grad": layer.weight.grad if learns else None,
            "bias is None": layer.bias is None,
        }

    return Case(name, run)


def _linear_spread(piece: Piece) -> dict[str, Any]:
    tg.manual_seed(0)
    layer, other = piece(100, 400), piece(100, 400)
    weight, bias = layer.weight.data, layer.bias.data
    return {
        "largest number of weight, times √100": round(float(abs(weight).max()) * 10, 1),
        "smallest number of weight, times √100": round(float(weight.min()) * 10, 1),
        "largest of bias, times √100": round(float(abs(bias).max()) * 10, 1),
        "share of weight above 0": round(float((weight > 0).mean()), 1),
        "a second layer has the same numbers": bool((layer.weight.data == other.weight.data).all()),
    }


LINEAR = Exercise(
    id="08.Linear",
    target="tinygrad_course.nn.layers.Linear",
    minutes=10,
    difficulty=2,
    reference=nn.Linear,
    cases=(
        Case("Linear(3, 2): what it learns", _linear_names),
        _linear_case("Linear(3, 2) on x of shape (4, 3), its parameters 0.1, 0.2, …", 4, 3),
        _linear_case("Linear(3, 2) on x of shape (2, 2, 3)", 2, 2, 3),
        _linear_case("Linear(3, 2, bias=False) on x of shape (4, 3)", 4, 3, bias=False),
        Case("Linear(100, 400): its first numbers", _linear_spread),
    ),
    accepts=(_Linear, _LinearByRand),
    mistakes=(
        Mistake(
            "weight turned",
            _LinearTurned,
            "Your weight has shape (in_features, out_features). In PyTorch, and so in everybody's saved files, it is "
            "(out_features, in_features): a row for each output. The product then needs it transposed.",
        ),
        Mistake(
            "weight turned twice",
            _LinearTurnedTwice,
            "Your weight has shape (in_features, out_features), and forward transposes it. Make it "
            "(out_features, in_features): a row for each output. Transposed, it then fits x.",
        ),
        Mistake(
            "product not turned",
            _LinearNotTurned,
            "Your weight is as it should be, a row for each output, and the product needs it transposed: its columns "
            "have to meet those of x.",
        ),
        Mistake(
            "no parameters",
            _LinearOfTensors,
            "Your layer has no parameters: an optimizer would find nothing to learn. A plain tensor as an attribute is "
            "not counted; wrap it in nn.Parameter.",
        ),
        Mistake(
            "bias=False ignored",
            _LinearAlwaysBiased,
            "With bias=False there should be no bias to learn. Set self.bias to None then, and let forward ask.",
        ),
        Mistake(
            "None added",
            _LinearAddsNone,
            "With bias=False self.bias is None, and None cannot be added. Let forward ask first whether it is there.",
        ),
        Mistake(
            "bias forgotten",
            _LinearWithoutBias,
            "forward leaves the bias out: every output is too small by it, and its gradient never comes.",
        ),
        Mistake(
            "zeros",
            _LinearOfZeros,
            "All weights begin at 0. Then every output of the layer is the same, gets the same gradient and stays the "
            "same: give them random numbers.",
        ),
        Mistake(
            "bias of zeros",
            _LinearBiasOfZeros,
            "Your bias begins at 0. That would do, but here it begins like the weight: evenly between ±1/√in_features.",
        ),
        Mistake(
            "root forgotten",
            _LinearNoRoot,
            "Your numbers end at 1/in_features. The bound is 1/√in_features: there is a square root in it.",
        ),
        Mistake(
            "positive alone",
            _LinearPositive,
            "Your numbers begin between 0 and 1/√in_features. Spread them to both sides of 0, or every output begins "
            "large and of one sign.",
        ),
        Mistake(
            "normal",
            _LinearNormal,
            "Your numbers are drawn from a normal distribution of width 1. Here they are spread evenly, and never "
            "further from 0 than 1/√in_features.",
        ),
        Mistake(
            "spread by the outputs",
            _LinearByOutputs,
            "The bound of your numbers depends on out_features. What adds up in an output are its inputs, so it is "
            "their number that must tame the sum.",
        ),
    ),
    hints=(
        "What has the layer to learn, which shapes have these, and how does Module hear of them?",
        "In __init__ begin with Module's own, keep the two sizes, and set self.weight and self.bias to Parameters of "
        "random numbers within the bound. In forward use the transposed weight.",
        "Fill in what is missing:\nsuper()...\nself.in_features, self.out_features = ...\nbound = ...\n"
        "self.weight = nn.Parameter(tg.empty(..., ...).uniform_(..., ...))\nself.bias = ...",
    ),
)
