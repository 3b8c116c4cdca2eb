"""Layers, losses and first numbers: against values worked out by hand, loops over NumPy, differences, and PyTorch."""

from __future__ import annotations

import copy
import inspect
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import functional as F
from tinygrad_course.nn.stateless import Stateless

NO_TORCH = "parity with PyTorch needs torch (the extra named parity)"


def floats(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def tracked(array: np.ndarray) -> tg.Tensor:
    return tg.tensor(array, requires_grad=True)


# Linear and the simplest layers


def test_linear_is_x_times_the_weights_transpose_plus_bias() -> None:
    layer = nn.Linear(3, 2).double()
    with tg.no_grad():
        layer.weight.copy_(np.array([[1.0, 2, 3], [0, -1, 0]]))
        layer.bias.copy_(np.array([10.0, 20]))
    assert layer(tg.tensor([[1.0, 1, 1], [0, 2, 0]], dtype=tg.float64)).tolist() == [[16, 19], [14, 18]]
    assert layer(tg.tensor([1.0, 1, 1], dtype=tg.float64)).tolist() == [16, 19]
    assert layer(tg.zeros(4, 5, 3, dtype=tg.float64)).shape == (4, 5, 2)
    assert nn.Linear(3, 2, bias=False).bias is None


def test_linear_has_right_gradients() -> None:
    inputs = tracked(floats(4, 3)), tracked(floats(2, 3, seed=1)), tracked(floats(2, seed=2))
    assert tg.autograd.gradcheck(F.linear, inputs)
    assert tg.autograd.gradcheck(lambda x, w: F.linear(x, w), inputs[:2])


def test_linear_refuses_a_wrong_input_with_the_cure() -> None:
    with pytest.raises(RuntimeError, match=r"shape \[5, 8, 8\].*takes a last axis of 64: flatten it first"):
        nn.Linear(64, 10)(tg.zeros(5, 8, 8))
    with pytest.raises(RuntimeError, match=r"shape \[5, 4\].*takes a last axis of 3$"):
        nn.Linear(3, 2)(tg.zeros(5, 4))


def test_linear_begins_spread_over_one_by_the_root_of_its_inputs() -> None:
    tg.manual_seed(0)
    layer = nn.Linear(100, 200)
    for parameter in layer.parameters():
        assert 0.095 < abs(parameter.data).max() <= 0.1
        assert abs(parameter.data.std() - 0.1 / math.sqrt(3)) < 0.005 and parameter.dtype == tg.float32
    tg.manual_seed(0)
    assert np.array_equal(nn.Linear(100, 200).weight.data, layer.weight.data)
    assert not np.array_equal(nn.Linear(100, 200).weight.data, layer.weight.data)


def test_small_layers() -> None:
    x = tg.tensor(np.arange(24.0).reshape(2, 3, 4))
    assert nn.Identity(1, any="thing")(x) is x
    assert nn.Flatten()(x).shape == (2, 12) and nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.ReLU()(tg.tensor([-1.0, 0, 2])).tolist() == [0, 0, 2]
    inner = tg.tensor([-1.0, 2])
    assert nn.ReLU(inplace=True)(inner) is inner and inner.tolist() == [0, 2]
    assert repr(nn.ReLU(inplace=True)) == "ReLU(inplace=True)"
    assert nn.Softmax(dim=0)(tg.tensor([0.0, 0])).tolist() == [0.5, 0.5] and repr(nn.Softmax(1)) == "Softmax(dim=1)"
    assert nn.LogSoftmax(dim=0)(tg.tensor([0.0, 0])).data == pytest.approx(-math.log(2))


# Softmax


def test_softmax_of_known_numbers() -> None:
    x = tg.tensor([[0.0, math.log(3)], [5, 5]], dtype=tg.float64)
    assert F.softmax(x, dim=1).data == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert F.log_softmax(x, dim=1).data == pytest.approx(np.log([[0.25, 0.75], [0.5, 0.5]]))
    assert F.softmax(x, dim=0).sum(0).data == pytest.approx(np.ones(2))
    assert F.softmax(tg.tensor([1, 2]), 0, dtype=tg.float64).dtype == tg.float64
    with pytest.raises(RuntimeError, match="floating point"):
        F.softmax(tg.tensor([1, 2]), 0)


def test_softmax_does_not_overflow_and_masks_with_minus_infinity() -> None:
    x = tg.tensor([1000.0, 1000, -math.inf], requires_grad=True)
    assert F.softmax(x, 0).tolist() == [0.5, 0.5, 0]
    out = F.log_softmax(x, 0)
    assert out.tolist() == pytest.approx([-math.log(2), -math.log(2), -math.inf])
    out[0].backward()
    assert x.grad.tolist() == [0.5, -0.5, 0]
    tiny = F.log_softmax(tg.tensor([0.0, -2000], dtype=tg.float64), 0)
    assert tiny.tolist() == [0, -2000]


@given(st.integers(0, 2), st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_softmax_has_right_gradients(dim: int, n: int, m: int, seed: int) -> None:
    x = tracked(floats(n, m, 2, seed=seed))
    assert tg.autograd.gradcheck(lambda x: F.softmax(x, dim), (x,))
    assert tg.autograd.gradcheck(lambda x: F.log_softmax(x, dim), (x,))


# Losses


def slow_cross_entropy(
    scores: np.ndarray, target: np.ndarray, weight: Any, ignore: int, smoothing: float, reduction: str
) -> Any:
    """Cross-entropy by its definition, a row at a time; scores (rows, classes), target (rows,)."""
    classes = scores.shape[1]
    weight = np.ones(classes) if weight is None else weight
    losses, total = [], 0.0
    for row, t in zip(scores, target, strict=True):
        p = np.exp(row) / np.exp(row).sum()
        wanted = np.full(classes, smoothing / classes)
        if t == ignore:
            losses.append(0.0)
            continue
        loss = -(1 - smoothing) * weight[t] * np.log(p[t])
        losses.append(loss - sum(weight[c] * wanted[c] * np.log(p[c]) for c in range(classes)))
        total += weight[t]
    return {"none": np.array(losses), "sum": sum(losses), "mean": sum(losses) / total}[reduction]


OPTIONS = list(itertools.product([False, True], [-100, 1], [0.0, 0.2], ["mean", "sum", "none"]))


@pytest.mark.parametrize(("weighted", "ignore", "smoothing", "reduction"), OPTIONS)
def test_cross_entropy_is_its_definition_with_right_gradients(
    weighted: bool, ignore: int, smoothing: float, reduction: str
) -> None:
    scores, target = floats(6, 4), np.array([0, 1, 3, 1, 2, 0])
    weight = np.array([1.0, 0.5, 2.0, 0.25]) if weighted else None
    options: dict[str, Any] = {
        "weight": None if weight is None else tg.tensor(weight),
        "ignore_index": ignore,
        "label_smoothing": smoothing,
        "reduction": reduction,
    }
    x, t = tracked(scores), tg.tensor(target)
    expected = slow_cross_entropy(scores, target, weight, ignore, smoothing, reduction)
    assert F.cross_entropy(x, t, **options).data == pytest.approx(expected)
    assert nn.CrossEntropyLoss(**options)(x, t).data == pytest.approx(expected)
    assert tg.autograd.gradcheck(lambda x: F.cross_entropy(x, t, **options), (x,))
    if not smoothing:
        del options["label_smoothing"]
        assert nn.NLLLoss(**options)(F.log_softmax(x, 1), t).data == pytest.approx(expected)


def test_cross_entropy_by_hand() -> None:
    scores = tg.tensor([[0.0, math.log(3)]], dtype=tg.float64, requires_grad=True)
    loss = F.cross_entropy(scores, tg.tensor([1]))
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(0.75)) and loss.shape == ()
    assert scores.grad.data == pytest.approx(np.array([[0.25, -0.25]]))


def test_cross_entropy_is_stable() -> None:
    scores = tg.tensor([[1e4, 0.0], [-1e4, 0.0]], requires_grad=True)
    loss = F.cross_entropy(scores, tg.tensor([0, 0]), reduction="none")
    assert loss.tolist() == [0, 1e4]
    loss.sum().backward()
    assert scores.grad.tolist() == [[0, 0], [-1, 1]]
    masked = F.cross_entropy(tg.tensor([[0.0, -math.inf]]), tg.tensor([0]))
    assert masked.item() == 0


def test_cross_entropy_of_images_and_of_a_single_row() -> None:
    scores, target = floats(2, 3, 4, 5), np.random.default_rng(1).integers(0, 3, (2, 4, 5))
    rows = scores.transpose(0, 2, 3, 1).reshape(-1, 3)
    expected = slow_cross_entropy(rows, target.reshape(-1), None, -100, 0.1, "none").reshape(2, 4, 5)
    got = F.cross_entropy(tg.tensor(scores), tg.tensor(target), label_smoothing=0.1, reduction="none")
    assert got.data == pytest.approx(expected)
    single = F.cross_entropy(tg.tensor(rows[0]), tg.tensor(target[0, 0, 0]), reduction="none")
    assert single.shape == () and single.item() == pytest.approx(
        slow_cross_entropy(rows[:1], target[0, 0, :1], None, -100, 0, "sum")
    )


def test_cross_entropy_of_probabilities_equals_that_of_classes() -> None:
    scores, target = tg.tensor(floats(5, 3)), np.array([0, 1, 2, 2, 1])
    hot = tg.tensor(np.eye(3)[target])
    for smoothing in (0.0, 0.3):
        a = F.cross_entropy(scores, tg.tensor(target), label_smoothing=smoothing)
        b = F.cross_entropy(scores, hot, label_smoothing=smoothing)
        assert a.item() == pytest.approx(b.item())


def test_targets_that_are_all_ignored_give_nan_as_a_mean_and_zero_as_a_sum() -> None:
    scores, target = tracked(floats(2, 3)), tg.tensor([-100, -100])
    with np.errstate(invalid="ignore"):
        assert math.isnan(F.cross_entropy(scores, target).item())
    F.cross_entropy(scores, target, reduction="sum").backward()
    assert scores.grad.tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("scores", "target", "options", "error", "text"),
    [
        ((2, 3), [0, 3], {}, IndexError, "Target 3 is out of bounds: there are 3 classes"),
        ((2, 3), [0, -1], {}, IndexError, "Target -1 is out of bounds"),
        ((2, 3), [0.0, 1.0], {}, RuntimeError, "expected scalar type Long but found float32"),
        ((2, 3), [True, False], {}, RuntimeError, "expected scalar type Long but found bool"),
        ((2, 3), [0, 1, 2], {}, ValueError, r"input batch_size (2) to match target batch_size (3)"),
        ((2, 3), [[0], [1]], {}, RuntimeError, "one class number for each row"),
        ((3,), [0], {}, RuntimeError, "one class number for each row"),
        ((2, 3), [0, 1], {"weight": tg.ones(2)}, RuntimeError, "either for all 3 classes or no classes"),
        ((2, 3), [0, 1], {"reduction": "average"}, ValueError, 'use "mean", "sum" or "none"'),
        ((1, 2), [[0.5, 0.5]], {"ignore_index": 1}, RuntimeError, "not supported for floating point target"),
        ((2, 3), [0, 1], {"label_smoothing": 2.0}, RuntimeError, "between 0.0 and 1.0. Got: 2.0"),
    ],
)
def test_cross_entropy_refuses_what_does_not_fit(
    scores: tuple, target: list, options: dict, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        F.cross_entropy(tg.zeros(*scores), tg.tensor(target), **options)
    assert text in str(caught.value)


def test_mse_loss() -> None:
    x, y = tracked(np.array([1.0, 2, 4])), tg.tensor(np.array([1.0, 0, 1]))
    assert F.mse_loss(x, y).item() == pytest.approx(13 / 3)
    assert nn.MSELoss(reduction="sum")(x, y).item() == 13
    assert F.mse_loss(x, y, reduction="none").tolist() == [0, 4, 9]
    F.mse_loss(x, y).backward()
    assert x.grad.data == pytest.approx(np.array([0, 4 / 3, 2]))
    with pytest.warns(UserWarning, match=r"target size \(\[3\]\) that is different to the input size \(\[3, 1\]\)"):
        F.mse_loss(x.reshape(3, 1), y)


# Modules that are a function and its settings


def test_settings_are_arguments_attributes_and_printed() -> None:
    layer = nn.LeakyReLU(0.2, True)
    assert (layer.negative_slope, layer.inplace) == (0.2, True) and layer.training
    assert repr(layer) == "LeakyReLU(negative_slope=0.2, inplace=True)"
    assert str(inspect.signature(nn.LeakyReLU)).startswith("(negative_slope: 'float' = 0.01, inplace: 'bool' = False)")
    layer.negative_slope, layer.inplace = 0.5, False
    assert layer(tg.tensor([-2.0])).tolist() == [-1] and repr(layer) == "LeakyReLU(negative_slope=0.5)"
    assert nn.MaxPool2d(3).stride == 3 and repr(nn.AvgPool2d(2, ceil_mode=True)) == (
        "AvgPool2d(kernel_size=2, stride=2, padding=0)"
    )
    assert repr(nn.CrossEntropyLoss(label_smoothing=0.1)) == "CrossEntropyLoss()"


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.LeakyReLU(negativ_slope=0.2),
        lambda: nn.Tanh(1),
        lambda: nn.ReLU(True, False),
        lambda: nn.CrossEntropyLoss(weights=tg.ones(2)),
        lambda: nn.MaxPool2d(),
        lambda: nn.MaxPool2d(2, 2, 0, 1, True),
        lambda: nn.Softmax(),
        lambda: nn.Upsample(scale=2),
    ],
)
def test_a_wrong_argument_is_a_type_error(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


def test_such_modules_are_copied_pickled_and_compared_by_identity() -> None:
    layer = nn.CrossEntropyLoss(weight=tg.tensor([1.0, 2.0]), label_smoothing=0.1)
    x, y = tg.tensor(floats(3, 2)).float(), tg.tensor([0, 1, 1])
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin(x, y).item() == layer(x, y).item() and twin != layer and len({twin, layer}) == 2
        twin.weight.data[:] = 0
    assert layer.weight.tolist() == [1, 2]


def test_weights_of_losses_are_buffers() -> None:
    loss = nn.BCEWithLogitsLoss(pos_weight=tg.ones(3))
    assert list(loss.state_dict()) == ["pos_weight"] and loss.double().pos_weight.dtype == tg.float64
    assert loss.weight is None and list(nn.MSELoss().state_dict()) == []
    loss.load_state_dict({"pos_weight": tg.zeros(3)})
    assert loss.pos_weight.tolist() == [0, 0, 0]


def test_subclasses_are_ordinary_classes() -> None:
    class Sharper(nn.LeakyReLU):
        note: str
        power = 2

        def __init__(self, note: str) -> None:
            super().__init__(0.5)
            self.note = note

        def forward(self, input: tg.Tensor) -> tg.Tensor:
            return super().forward(input) ** self.power

    layer = Sharper("mine")
    assert layer(tg.tensor([-2.0, 3.0])).tolist() == [1, 9] and layer.note == "mine"
    assert repr(layer) == "Sharper(negative_slope=0.5)"


@pytest.mark.parametrize("name", ["relu", "relu6", "leaky_relu", "elu", "selu", "silu"])
def test_in_place_is_the_same_with_the_input_overwritten(name: str) -> None:
    function, values = getattr(F, name), np.array([-3.0, -0.5, 0.5, 7.0])
    expected = tracked(values)
    function(expected * 1).sum().backward()
    x = tracked(values)
    inner = x * 1
    assert function(inner, inplace=True) is inner
    assert inner.data == pytest.approx(function(tg.tensor(values)).data)
    inner.sum().backward()
    assert x.grad.data == pytest.approx(expected.grad.data)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        function(x, inplace=True)


def test_layers_take_the_one_device_there_is() -> None:
    layer = nn.Linear(2, 3, device="cpu", dtype=tg.float64)
    assert layer.weight.dtype == layer.bias.dtype == tg.float64
    made = [
        nn.Conv2d(1, 2, 3, device="cpu"),
        nn.BatchNorm2d(2, device="cpu"),
        nn.LSTM(2, 3, device="cpu"),
        nn.TransformerEncoderLayer(4, 2, device="cpu"),
    ]
    assert all(p.dtype == tg.float32 for module in made for p in module.parameters())
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        nn.Linear(2, 3, device="cuda")


# Instance normalisation


def test_instance_norm_looks_at_each_channel_of_each_example() -> None:
    x = floats(2, 3, 4, 5) * 3 + 1
    expected = (x - x.mean((2, 3), keepdims=True)) / np.sqrt(x.var((2, 3), keepdims=True) + 1e-5)
    layer = nn.InstanceNorm2d(3)
    assert layer(tg.tensor(x)).data == pytest.approx(expected)
    assert layer.eval()(tg.tensor(x)).data == pytest.approx(expected) and layer.state_dict() == {}
    assert layer(tg.tensor(x[0])).data == pytest.approx(expected[0])
    assert nn.InstanceNorm1d(3)(tg.tensor(x[:, :, 0])).shape == (2, 3, 5)
    weighted = nn.InstanceNorm2d(3, affine=True).double()
    with tg.no_grad():
        weighted.weight.copy_(np.array([1.0, 2, 3]))
    assert weighted(tg.tensor(x)).data == pytest.approx(expected * np.array([1, 2, 3])[:, None, None])


def test_instance_norm_keeps_running_numbers_where_asked() -> None:
    layer, x = nn.InstanceNorm2d(3, momentum=0.25, track_running_stats=True).double(), floats(2, 3, 4, 5) + 1
    layer(tg.tensor(x))
    mean, var = 0.25 * x.mean((2, 3)).mean(0), 0.75 + 0.25 * x.var((2, 3), ddof=1).mean(0)
    assert layer.running_mean.data == pytest.approx(mean) and layer.running_var.data == pytest.approx(var)
    expected = (x - mean[:, None, None]) / np.sqrt(var + 1e-5)[:, None, None]
    assert layer.eval()(tg.tensor(x)).data == pytest.approx(expected)
    assert layer.running_mean.data == pytest.approx(mean)


def test_instance_norm_counts_channels_only_where_it_keeps_something_for_each() -> None:
    assert nn.InstanceNorm1d(7)(tg.ones(2, 3, 5)).shape == (2, 3, 5)
    for options in ({"affine": True}, {"track_running_stats": True}):
        with pytest.raises(ValueError, match="input of 7 channels"):
            nn.InstanceNorm1d(7, **options)(tg.ones(2, 3, 5))


# First numbers


def test_gains() -> None:
    assert nn.init.calculate_gain("relu") == math.sqrt(2) and nn.init.calculate_gain("tanh") == 5 / 3
    assert nn.init.calculate_gain("leaky_relu", math.sqrt(5)) == pytest.approx(math.sqrt(1 / 3))
    assert nn.init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    with pytest.raises(ValueError, match="Unsupported nonlinearity swish"):
        nn.init.calculate_gain("swish")


@pytest.mark.parametrize(
    ("fill", "spread", "bound"),
    [
        (lambda w: nn.init.uniform_(w, -3, 3), 3 / math.sqrt(3), 3),
        (lambda w: nn.init.normal_(w, 0, 2), 2, None),
        (nn.init.xavier_uniform_, math.sqrt(2 / 500), math.sqrt(6 / 500)),
        (lambda w: nn.init.xavier_normal_(w, gain=2), 2 * math.sqrt(2 / 500), None),
        (nn.init.kaiming_uniform_, math.sqrt(2 / 200), math.sqrt(6 / 200)),
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"), math.sqrt(2 / 300), None),
    ],
)
def test_random_fills_have_the_spread_of_their_formula(fill: Any, spread: float, bound: float | None) -> None:
    tg.manual_seed(1)
    weight = nn.Parameter(tg.zeros(300, 200))
    assert fill(weight) is weight and weight.requires_grad and weight.node is None
    assert weight.data.std() == pytest.approx(spread, rel=0.02) and abs(weight.data.mean()) < 0.02 * spread
    if bound is not None:
        assert 0.99 * bound < abs(weight.data).max() <= bound


def test_fans_count_the_window_of_a_convolution() -> None:
    assert nn.init.fans(tg.zeros(8, 3, 5, 5)) == (75, 200)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_uniform_(tg.zeros(3))
    with pytest.raises(ValueError, match="Mode fan_both not supported"):
        nn.init.kaiming_uniform_(tg.zeros(3, 3), mode="fan_both")


def test_constant_fills_and_generators() -> None:
    weight = nn.Parameter(tg.zeros(2, 2))
    assert nn.init.ones_(weight).tolist() == [[1, 1], [1, 1]] and nn.init.constant_(weight, 3).sum().item() == 12
    assert nn.init.zeros_(weight).sum().item() == 0
    a = nn.init.normal_(tg.zeros(3), generator=tg.Generator(5))
    assert a.tolist() == nn.init.normal_(tg.zeros(3), generator=tg.Generator(5)).tolist()


# Parity


@pytest.mark.parametrize("shape", [(6, 4), (4,), (2, 4, 3)])
def test_cross_entropy_is_pytorchs_with_every_option(shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    scores = floats(*shape).astype(np.float32)
    of_target = shape[:1] + shape[2:] if len(shape) > 1 else ()
    classes = np.random.default_rng(3).integers(0, 4, of_target)
    shares = np.random.default_rng(4).dirichlet(np.ones(4), of_target).astype(np.float32)
    shares = np.moveaxis(shares, -1, 1 if len(shape) > 1 else 0)
    weight = np.array([1.0, 0.5, 2.0, 0.25], np.float32)
    for (weighted, ignore, smoothing, reduction), target in itertools.product(OPTIONS, (classes, shares)):
        if ignore >= 0 and target is shares:
            continue
        results = []
        for t in (tg, torch):
            x = t.tensor(scores, requires_grad=True)
            loss = t.nn.functional.cross_entropy(
                x,
                t.tensor(target),
                weight=t.tensor(weight) if weighted else None,
                ignore_index=ignore,
                reduction=reduction,
                label_smoothing=smoothing,
            )
            loss.sum().backward()
            results.append((loss.detach().numpy(), x.grad.numpy()))
        for ours, theirs in zip(*results, strict=True):
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


def test_linear_and_softmax_are_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    x, w, b = floats(5, 2, 3).astype(np.float32), floats(4, 3, seed=1).astype(np.float32), np.ones(4, np.float32)
    for dim in (0, 1, -1):
        results = []
        for t in (tg, torch):
            tensors = [t.tensor(a, requires_grad=True) for a in (x, w, b)]
            z = t.nn.functional.linear(*tensors)
            out = t.nn.functional.softmax(z, dim) * 3 + t.nn.functional.log_softmax(z, dim)
            (out * out).sum().backward()
            results.append([out.detach().numpy(), *(p.grad.numpy() for p in tensors)])
        for ours, theirs in zip(*results, strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_and_fans_are_pytorchs(nonlinearity: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    assert nn.init.calculate_gain(nonlinearity) == pytest.approx(torch.nn.init.calculate_gain(nonlinearity))
    for shape in ((3, 4), (3, 4, 5), (2, 3, 4, 5)):
        fans = torch.nn.init._calculate_fan_in_and_fan_out(torch.zeros(shape))
        assert nn.init.fans(tg.zeros(*shape)) == fans


SETTINGS = [name for name, kind in vars(nn).items() if isinstance(kind, type) and issubclass(kind, Stateless)]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_there_is_not_is_an_error_that_names_the_class(name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) .*argument"):
        getattr(nn, name)(no_such_setting=1)


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_have_pytorchs_names_order_and_defaults(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    theirs = inspect.signature(getattr(torch.nn, name)).parameters
    ours = inspect.signature(getattr(nn, name)).parameters
    assert list(ours) == [p for p in theirs if p in ours] and len(SETTINGS) > 30
    for key in ours:
        if ours[key].default is not inspect.Parameter.empty:
            assert ours[key].default == theirs[key].default, key
