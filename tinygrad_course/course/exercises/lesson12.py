"""Lesson 12, Making it train: first numbers for ReLU, gradient sizes, dropout, layer norm and batch norm."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import init, layers, normalization

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction


def given(*rows: Any) -> Any:
    """A tensor of float64."""
    return tg.tensor(list(rows), dtype=tg.float64)


# gradient_sizes


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


def _sizes_case(name: str, frozen: bool = False) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).double()
        for i, p in enumerate(model.parameters()):
            p.grad = tg.Tensor(np.linspace(-1, 2, p.numel()).reshape(p.shape) * 10.0**-i)
        if frozen:
            model[0].bias.grad = None
        return dict(piece(model))

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


# kaiming_normal_


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


def _kaiming_case(name: str, rows: int, columns: int, **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        tg.manual_seed(0)
        weight = nn.Parameter(tg.zeros(rows, columns, dtype=tg.float64))
        returned = piece(weight, **options)
        numbers = weight.data
        fan = rows if options.get("mode") == "fan_out" else columns
        std = init.calculate_gain(options.get("nonlinearity", "leaky_relu"), 0.0) / math.sqrt(fan)
        return {
            "standard deviation, over what is wanted": round(float(numbers.std() / std), 1),
            "share beyond two of those": round(float((abs(numbers) > 2 * numbers.std()).mean()), 2),
            "it returns the tensor itself": returned is weight,
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
        "The standard deviation is the gain over the root of the fan. calculate_gain(nonlinearity, a) gives the gain; "
        "fill in place under no_grad.",
        'Fill in what is missing:\nfan = tensor.shape[...] if mode == "fan_in" else ...\nstd = ...\nwith '
        "tg.no_grad():\n    return tensor.normal_(0, ...)",
    ),
)


# dropout


def _dropout(input: Any, p: float = 0.5, training: bool = True) -> Any:
    if not training or p == 0:
        return input
    return input * (tg.rand(*input.shape) >= p) / (1 - p)


def _dropout_mask(input: Any, p: float = 0.5, training: bool = True) -> Any:
    if training:
        mask = tg.bernoulli(tg.full(input.shape, 1 - p)).to(input.dtype)
        input = input * (mask / (1 - p))
    return input


def _dropout_not_rescaled(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) if training else input


def _dropout_always(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return _dropout(input, p)


def _dropout_keeps_p(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) < p) / p if training else input


def _dropout_old(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) if training else input * (1 - p)


def _dropout_columns(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(input.shape[-1]) >= p) / (1 - p) if training else input


def _dropout_by_p(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return input * (tg.rand(*input.shape) >= p) / p if training else input


def _dropout_always_half(input: Any, p: float = 0.5, training: bool = True) -> Any:
    return _dropout(input, 0.5, training)


def _dropout_case(name: str, p: float, training: bool = True) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        tg.manual_seed(0)
        x = tg.ones(200, 100, dtype=tg.float64, requires_grad=True)
        y = piece(x, p, training)
        y.sum().backward()
        kept = y.data != 0
        return {
            "share that is dropped": round(float(1 - kept.mean()), 1),
            "what 1 becomes where it is kept": round(float(y.data[kept].mean()), 4),
            "rows are dropped alike": bool((kept == kept[0]).all()) and p > 0 and training,
            "gradient where it is kept": round(float(np.asarray(x.grad)[kept].mean()), 4),
        }

    return Case(name, run)


DROPOUT = Exercise(
    id="12.dropout",
    target="tinygrad_course.nn.layers.dropout",
    minutes=8,
    difficulty=2,
    reference=layers.dropout,
    cases=(
        _dropout_case("20,000 ones, p=0.5, training", 0.5),
        _dropout_case("20,000 ones, p=0.2, training", 0.2),
        _dropout_case("20,000 ones, p=0.2, training=False", 0.2, training=False),
    ),
    accepts=(_dropout, _dropout_mask),
    mistakes=(
        Mistake(
            "not rescaled",
            _dropout_not_rescaled,
            "What is kept stays as it was, so that every sum in the next layer is smaller in training than later. "
            "Divide by 1 − p, and it stays the same on average.",
        ),
        Mistake(
            "always",
            _dropout_always,
            "Elements are dropped with training=False as well: the finished model would answer at random.",
        ),
        Mistake(
            "kept for dropped",
            _dropout_keeps_p,
            "p is the probability that an element is dropped. Yours is kept with probability p.",
        ),
        Mistake(
            "scaled later",
            _dropout_old,
            "You scale when the model is used. So it was done in the first paper; today the scaling is done in "
            "training, so that the finished model has nothing to do.",
        ),
        Mistake(
            "whole columns",
            _dropout_columns,
            "The same elements are dropped in every row. Draw a number for each element of the input.",
        ),
        Mistake("divided by p", _dropout_by_p, "You divide by p. The share that is kept is 1 − p."),
        Mistake("always one half", _dropout_always_half, "p is not used: yours drops one half, whatever was asked."),
    ),
    hints=(
        "By which factor does the sum of many numbers shrink if each is dropped with probability p?",
        "tg.rand(*input.shape) gives a number from 0 to 1 for each element. Keep where it is p or more, and divide by "
        "what is kept on average. With training=False the input itself comes back.",
        "Fill in what is missing:\nif ...:\n    ...\nkept = tg.rand(*input.shape) >= ...\nreturn ...",
    ),
)


# layer_norm


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
    away = input - input.mean(0, keepdim=True)
    return normalization.affine(away / ((away**2).mean(0, keepdim=True) + eps).sqrt(), weight, bias)


def _layer_norm_last(input: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    return normalization.affine(_layer_norm(input, (1,), eps=eps), weight, bias)


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


def _layer_norm_case(name: str, shape: tuple[int, ...], over: tuple[int, ...], affine: bool, eps: float = 1e-5) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.Tensor(np.sin(np.arange(math.prod(shape)) ** 1.5).reshape(shape) * 3 + 1).requires_grad_()
        weight = tg.Tensor(np.linspace(1, 2, math.prod(over)).reshape(over)) if affine else None
        bias = tg.Tensor(np.linspace(-1, 0.5, math.prod(over)).reshape(over)) if affine else None
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
        _layer_norm_case("input of shape (2, 4) over (4,)", (2, 4), (4,), affine=False),
        _layer_norm_case("the same with weight and bias", (2, 4), (4,), affine=True),
        _layer_norm_case("input of shape (2, 3, 4) over (3, 4)", (2, 3, 4), (3, 4), affine=True),
        _layer_norm_case("input of shape (2, 4) over (4,), eps=0.5", (2, 4), (4,), affine=False, eps=0.5),
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
        "is not None:\n    ...\nreturn ...",
    ),
)


# batch_norm


def _batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    if training:
        mean, n = input.mean(0), len(input)
        variance = ((input - mean) ** 2).mean(0)
        with tg.no_grad():
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (variance * n / (n - 1) - running_var)
    else:
        mean, variance = running_mean, running_var
    return normalization.affine((input - mean) / (variance + eps).sqrt(), weight, bias)


def _batch_norm_by_copy(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    mean, variance = (input.mean(0), input.var(0, correction=0)) if training else (running_mean, running_var)
    if training:
        with tg.no_grad():
            running_mean.copy_((1 - momentum) * running_mean + momentum * mean)
            running_var.copy_((1 - momentum) * running_var + momentum * input.var(0))
    z = (input - mean) * (variance + eps) ** -0.5
    z = z * weight if weight is not None else z
    return z + bias if bias is not None else z


def _wrong_batch_norm(change: Callable[..., Any]) -> Callable[..., Any]:
    """The mistake: change(input, mean, var, training, momentum) gives the statistics, and moves the running ones."""

    def batch_norm(
        input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
        training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
    ) -> Any:  # fmt: skip
        mean, variance = change(input, running_mean, running_var, training, momentum)
        return normalization.affine((input - mean) / (variance + eps).sqrt(), weight, bias)

    return batch_norm


def _own(x: Any) -> tuple[Any, Any]:
    mean = x.mean(0)
    return mean, ((x - mean) ** 2).mean(0)


def _follow(running: Any, now: Any, share: float) -> None:
    running.data[...] = (1 - share) * running.data + share * now.data


@_wrong_batch_norm
def _batch_norm_always_own(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if training:
        _follow(mean, x.mean(0), momentum)
        _follow(variance, x.var(0), momentum)
    return _own(x)


@_wrong_batch_norm
def _batch_norm_biased(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    own = _own(x)
    _follow(mean, own[0], momentum)
    _follow(variance, own[1], momentum)
    return own


@_wrong_batch_norm
def _batch_norm_unbiased(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    return x.mean(0), x.var(0)


@_wrong_batch_norm
def _batch_norm_turned(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), 1 - momentum)
    _follow(variance, x.var(0), 1 - momentum)
    return _own(x)


@_wrong_batch_norm
def _batch_norm_never_follows(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    return _own(x) if training else (mean, variance)


@_wrong_batch_norm
def _batch_norm_always_follows(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    before = tg.Tensor(mean.data.copy()), tg.Tensor(variance.data.copy())
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    return _own(x) if training else before


@_wrong_batch_norm
def _batch_norm_rows(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if not training:
        return mean, variance
    _follow(mean, x.mean(0), momentum)
    _follow(variance, x.var(0), momentum)
    middle = x.mean(1, keepdim=True)
    return middle, ((x - middle) ** 2).mean(1, keepdim=True)


@_wrong_batch_norm
def _batch_norm_running_in_training(x: Any, mean: Any, variance: Any, training: bool, momentum: float) -> Any:
    if training:
        _follow(mean, x.mean(0), momentum)
        _follow(variance, x.var(0), momentum)
    return tg.Tensor(mean.data.copy()), tg.Tensor(variance.data.copy())


def _batch_norm_case(name: str, *training: bool, affine: bool = False) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        mean, variance = given(0.0, 0.0, 0.0), given(1.0, 1.0, 1.0)
        weight, bias = (given(1.0, 2.0, 3.0), given(-1.0, 0.0, 1.0)) if affine else (None, None)
        x = tg.Tensor(np.sin(np.arange(15.0) ** 1.5).reshape(5, 3) * 2 + 1).requires_grad_()
        for mode in training:
            y = piece(x, mean, variance, weight, bias, mode, 0.25)
        (y * tg.Tensor(np.arange(15.0).reshape(5, 3))).sum().backward()
        return {"result": y.detach(), "running mean": mean, "running variance": variance, "gradient": x.grad}

    return Case(name, run)


BATCH_NORM = Exercise(
    id="12.batch_norm",
    target="tinygrad_course.nn.normalization.batch_norm",
    minutes=14,
    difficulty=4,
    reference=normalization.batch_norm,
    cases=(
        _batch_norm_case("input of shape (5, 3), training=True, momentum=0.25", True),
        _batch_norm_case("the same, training=False", False),
        _batch_norm_case("training twice, then training=False, with weight and bias", True, True, False, affine=True),
    ),
    accepts=(_batch_norm, _batch_norm_by_copy),
    mistakes=(
        Mistake(
            "the batch's own, always",
            _batch_norm_always_own,
            "With training=False your numbers still come from the batch, so that the answer for one example depends on "
            "its neighbours. Then the running mean and variance count.",
        ),
        Mistake(
            "running variance biased",
            _batch_norm_biased,
            "Your running variance is a little small. A batch's variance is an estimate of the whole world's, and as "
            "such is taken with n − 1: times n / (n − 1).",
        ),
        Mistake(
            "batch variance unbiased",
            _batch_norm_unbiased,
            "You normalise the batch by a variance with n − 1. For the batch itself it is the plain mean of the "
            "squares; n − 1 belongs to the running variance alone.",
        ),
        Mistake(
            "momentum turned round",
            _batch_norm_turned,
            "Your running numbers are nearly those of the last batch. momentum is the share of the new: (1 − momentum) "
            "· old + momentum · new.",
        ),
        Mistake(
            "never follows",
            _batch_norm_never_follows,
            "The running mean and variance stay what they were, so that the model normalises by 0 and 1 when it is "
            "used.",
        ),
        Mistake(
            "always follows",
            _batch_norm_always_follows,
            "The running numbers change with training=False as well: a model that is only used would go on changing.",
        ),
        Mistake(
            "rows",
            _batch_norm_rows,
            "You normalise each example over its features. That is layer norm; here it goes over the batch, axis 0.",
        ),
        Mistake(
            "running numbers in training",
            _batch_norm_running_in_training,
            "In training you normalise by the running numbers, through which no gradient flows. The batch's own are "
            "meant.",
        ),
    ),
    hints=(
        "Which mean and variance does it use while it trains, and which later?",
        "In training: the batch's mean and plain variance along axis 0, and under no_grad the running ones move by the "
        "share momentum towards them, the variance times n / (n − 1). Else the running ones. Then as in layer norm.",
        "Fill in what is missing:\nif training:\n    mean = ...\n    variance = ...\n    with tg.no_grad():\n        "
        "running_mean += momentum * (...)\n        running_var += momentum * (...)\nelse:\n    ...\nz = ...\n...",
    ),
)


LESSON = Lesson(
    number="12",
    module=__name__,
    exercises=(SIZES, KAIMING, LAYER_NORM, BATCH_NORM, DROPOUT),
    predictions=(
        Prediction(
            "ten-sigmoids",
            "a millionth",
            "0.25 to the power of 10 is 9.5e-7. And that is the best case: away from 0 the sigmoid is flatter still.",
            choices=("a quarter", "a hundredth", "a millionth"),
        ),
        Prediction(
            "relu-power",
            "half",
            "Half of the numbers are negative and become 0; the squares of the others are as they were. That is why "
            "the gain for ReLU is √2: it doubles the power.",
            choices=("a quarter", "half", "all"),
        ),
        Prediction(
            "kept",
            1.25,
            "1 is divided by 1 − 0.2 = 0.8. On average the sum stays what it was: 0.8 · 1.25 = 1.",
        ),
        Prediction(
            "bug-eval",
            "dropout",
            "The network is still in training mode, where dropout drops other elements at every call. model.eval() "
            "before it is used, and model.train() before it learns on.",
            choices=("dropout", "the seed", "batch norm"),
        ),
        Prediction(
            "bug-first-batches",
            "the running numbers",
            "They began at mean 0 and variance 1, and one batch moved them by a tenth. Evaluated so early, the network "
            "normalises by numbers that are not those of its data.",
            choices=("the weights", "the running numbers", "the learning rate"),
        ),
    ),
    dtype="float64",
)
