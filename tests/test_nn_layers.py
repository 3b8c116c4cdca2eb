"""Every other layer, activation and loss of nn: values by hand or NumPy, gradients by differences, PyTorch's parity."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import functional as F

NO_TORCH = "parity with PyTorch needs torch (the extra named parity)"


def floats(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def integers(high: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, high, shape)


def tracked(*arrays: np.ndarray) -> tuple[tg.Tensor, ...]:
    return tuple(tg.tensor(a, requires_grad=True) for a in arrays)


def flat(result: Any) -> list[Any]:
    """What is in nested tuples, one after the other."""
    return [part for r in result for part in flat(r)] if isinstance(result, tuple) else [result]


# Activations

X = np.array([-30.0, -2.5, -1.0, -0.3, 0.4, 1.0, 2.5, 30.0])
SIGMOID = 1 / (1 + np.exp(-X))
SHARE_BELOW = np.array([(1 + math.erf(x / math.sqrt(2))) / 2 for x in X])  # of the normal distribution

ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "ReLU": (lambda n: n.ReLU(), np.maximum(X, 0)),
    "ReLU6": (lambda n: n.ReLU6(), np.clip(X, 0, 6)),
    "LeakyReLU": (lambda n: n.LeakyReLU(0.1), np.where(X > 0, X, 0.1 * X)),
    "PReLU": (lambda n: n.PReLU(), np.where(X > 0, X, 0.25 * X)),
    "ELU": (lambda n: n.ELU(2.0), np.where(X > 0, X, 2 * np.expm1(X))),
    "SELU": (lambda n: n.SELU(), 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * np.expm1(X))),
    "GELU": (lambda n: n.GELU(), X * SHARE_BELOW),
    "GELU-tanh": (
        lambda n: n.GELU(approximate="tanh"),
        X / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))),
    ),
    "SiLU": (lambda n: n.SiLU(), X * SIGMOID),
    "Softplus": (lambda n: n.Softplus(), np.log1p(np.exp(X))),
    "Softplus-beta": (lambda n: n.Softplus(2.0, 1.5), np.where(2 * X > 1.5, X, np.log1p(np.exp(2 * X)) / 2)),
    "LogSigmoid": (lambda n: n.LogSigmoid(), np.log(SIGMOID)),
    "Sigmoid": (lambda n: n.Sigmoid(), SIGMOID),
    "Tanh": (lambda n: n.Tanh(), np.tanh(X)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_their_formulas_with_right_gradients(name: str) -> None:
    make, expected = ACTIVATIONS[name]
    module = make(nn).double()
    (x,) = tracked(X)
    np.testing.assert_allclose(module(x).detach().numpy(), expected, rtol=1e-12, atol=1e-12)
    # differences say nothing at a corner, so these points are away from every one
    assert tg.autograd.gradcheck(module, tracked(X + 0.05))
    assert tg.autograd.gradgradcheck(module, tracked((X + 0.05)[1:-1]))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_extreme_numbers_have_finite_gradients(name: str) -> None:
    (x,) = tracked(np.array([-1e4, 1e4]))
    with np.errstate(over="raise", invalid="raise"):
        z = ACTIVATIONS[name][0](nn).double()(x)
        z.sum().backward()
    assert np.isfinite(z.data).all() and np.isfinite(x.grad.data).all()


def test_a_slope_for_each_channel() -> None:
    layer = nn.PReLU(3, init=0.5).double()
    with tg.no_grad():
        layer.weight.copy_(np.array([1.0, 2, 3]))
    x = tg.tensor(-np.ones((2, 3, 4)))
    assert layer(x)[0, :, 0].tolist() == [-1, -2, -3]
    assert tg.autograd.gradcheck(F.prelu, tracked(floats(2, 3, 4), floats(3, seed=1)))


# Losses


def probabilities(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.95, shape)


P, Y, D = probabilities(4, 3), probabilities(4, 3, seed=1), floats(4, 3) - floats(4, 3, seed=1)
LOSSES: dict[str, tuple[Callable[..., Any], np.ndarray, np.ndarray, np.ndarray]] = {
    "MSELoss": (lambda n, **o: n.MSELoss(**o), floats(4, 3), floats(4, 3, seed=1), D**2),
    "L1Loss": (lambda n, **o: n.L1Loss(**o), floats(4, 3), floats(4, 3, seed=1), abs(D)),
    "HuberLoss": (
        lambda n, **o: n.HuberLoss(delta=0.7, **o),
        floats(4, 3),
        floats(4, 3, seed=1),
        np.where(abs(D) < 0.7, D**2 / 2, 0.7 * (abs(D) - 0.35)),
    ),
    "SmoothL1Loss": (
        lambda n, **o: n.SmoothL1Loss(beta=0.7, **o),
        floats(4, 3),
        floats(4, 3, seed=1),
        np.where(abs(D) < 0.7, D**2 / 1.4, abs(D) - 0.35),
    ),
    "BCELoss": (lambda n, **o: n.BCELoss(**o), P, Y, -(Y * np.log(P) + (1 - Y) * np.log(1 - P))),
    "BCEWithLogitsLoss": (
        lambda n, **o: n.BCEWithLogitsLoss(**o),
        np.log(P / (1 - P)),
        Y,
        -(Y * np.log(P) + (1 - Y) * np.log(1 - P)),
    ),
    "KLDivLoss": (lambda n, **o: n.KLDivLoss(**o), np.log(P), Y, Y * np.log(Y / P)),
    "KLDivLoss-log": (lambda n, **o: n.KLDivLoss(log_target=True, **o), np.log(P), np.log(Y), Y * np.log(Y / P)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_their_formulas_with_right_gradients(name: str) -> None:
    make, x, y, expected = LOSSES[name]
    for reduction, value in (("none", expected), ("sum", expected.sum()), ("mean", expected.mean())):
        loss = make(nn, reduction=reduction)
        np.testing.assert_allclose(loss(tg.tensor(x), tg.tensor(y)).numpy(), value, rtol=1e-10)
        assert tg.autograd.gradcheck(lambda x, loss=loss: loss(x, tg.tensor(y)), tracked(x))
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        make(nn, reduction="average")(tg.tensor(x), tg.tensor(y))


def test_kl_div_of_a_batch_and_of_an_impossible_class() -> None:
    x, y = tg.tensor(np.log([[0.5, 0.5], [0.25, 0.75]])), tg.tensor([[1.0, 0.0], [0.25, 0.75]], dtype=tg.float64)
    assert F.kl_div(x, y, reduction="batchmean").item() == pytest.approx(math.log(2) / 2)
    assert F.kl_div(x, y, reduction="none").tolist()[0][1] == 0


def test_bce_of_scores_is_stable_where_that_of_probabilities_stops() -> None:
    (x,) = tracked(np.array([-1e4, 1e4]))
    y = tg.tensor(np.array([1.0, 1.0]))
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [1e4, 0] and x.grad.tolist() == [-1, 0]
    (p,) = tracked(np.array([0.0, 1.0]))
    floor = F.binary_cross_entropy(p, y, reduction="none")
    floor.sum().backward()
    assert floor.tolist() == [100, 0] and np.isfinite(p.grad.data).all()


def test_weights_of_binary_losses() -> None:
    x, y = tg.tensor(np.log(P / (1 - P))), tg.tensor(Y)
    weight, positive = tg.tensor(np.array([1.0, 2, 3])), tg.tensor(np.array([2.0, 1, 0.5]))
    got = nn.BCEWithLogitsLoss(weight=weight, pos_weight=positive, reduction="none")(x, y)
    expected = -weight.data * (positive.data * Y * np.log(P) + (1 - Y) * np.log(1 - P))
    assert got.data == pytest.approx(expected)
    got = nn.BCELoss(weight=weight, reduction="none")(tg.tensor(P), y)
    assert got.data == pytest.approx(-weight.data * (Y * np.log(P) + (1 - Y) * np.log(1 - P)))


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: F.binary_cross_entropy(tg.zeros(2, 1), tg.zeros(2)), ValueError, "must be the same as input size"),
        (lambda: F.binary_cross_entropy_with_logits(tg.zeros(2, 1), tg.zeros(2)), ValueError, "reshape one of them"),
        (lambda: F.binary_cross_entropy(tg.ones(2) * 2, tg.ones(2)), RuntimeError, "between 0 and 1"),
        (lambda: F.huber_loss(tg.ones(2), tg.ones(2), delta=0), ValueError, "non-positive values for delta"),
        (lambda: F.smooth_l1_loss(tg.ones(2), tg.ones(2), beta=-1), RuntimeError, "negative values for beta"),
        (lambda: nn.GELU("none of these")(tg.ones(1)), RuntimeError, "either none or tanh"),
        (lambda: nn.Dropout(1.5), ValueError, "between 0 and 1, but got 1.5"),
        (lambda: F.dropout(tg.ones(2), -0.1), ValueError, "between 0 and 1, but got -0.1"),
        (lambda: nn.Embedding(3, 2)(tg.tensor([3])), IndexError, "rows 0 to 2"),
        (lambda: nn.Embedding(3, 2)(tg.tensor([-1])), IndexError, "index out of range in self"),
        (lambda: nn.Embedding(3, 2)(tg.tensor([1.0])), RuntimeError, "use x.long()"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "Padding_idx must be within num_embeddings"),
        (lambda: F.one_hot(tg.tensor([3]), 3), RuntimeError, "from 0 to num_classes - 1 = 2"),
        (lambda: nn.LayerNorm((2, 3))(tg.ones(3, 2)), RuntimeError, "expected input with shape [*, 2, 3]"),
        (lambda: nn.GroupNorm(2, 3), ValueError, "must be divisible by num_groups"),
        (lambda: F.group_norm(tg.ones(1, 3, 2), 2), RuntimeError, "divisible by num_groups"),
        (lambda: nn.BatchNorm1d(3)(tg.ones(1, 3)), ValueError, "Expected more than 1 value per channel"),
        (lambda: nn.BatchNorm2d(3)(tg.ones(4, 3)), ValueError, "expected 4D input of 3 channels (got 2D"),
        (lambda: nn.BatchNorm1d(3)(tg.ones(4, 2)), ValueError, "the channels are the second axis"),
        (lambda: nn.InstanceNorm2d(3)(tg.ones(4, 3)), ValueError, "expected 3D or 4D input of 3 channels (got 2D"),
        (lambda: nn.InstanceNorm1d(3, affine=True)(tg.ones(4, 2, 5)), ValueError, "the channels are the second axis"),
        (lambda: nn.InstanceNorm2d(3)(tg.ones(4, 3, 1, 1)), ValueError, "Expected more than 1 value per channel"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "must be divisible by 2"),
        (lambda: nn.LSTM(3, 4)(tg.ones(5, 2, 4)), RuntimeError, "last axis of 3 (input_size)"),
        (lambda: nn.GRU(3, 4)(tg.ones(5, 2, 3), tg.ones(1, 3, 4)), RuntimeError, "1 tensors of shape [1, 2, 4]"),
        (lambda: nn.LSTMCell(3, 4)(tg.ones(2, 3), tg.ones(2, 4)), RuntimeError, "expected 2 tensors of shape"),
        (lambda: nn.RNN(3, 4, nonlinearity="sin"), ValueError, "Unknown nonlinearity 'sin'"),
        (lambda: nn.RNN(3, 4, dropout=2), ValueError, "in range [0, 1]"),
        (lambda: nn.MultiheadAttention(5, 2), ValueError, "must be divisible by num_heads"),
        (
            lambda: F.scaled_dot_product_attention(*[tg.ones(2, 2)] * 4, is_causal=True),
            RuntimeError,
            "should not be set when is_causal=True",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[tg.ones(3, 4)] * 3, is_causal=True),
            RuntimeError,
            "Need attn_mask if specifying the is_causal hint",
        ),
        (lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"), RuntimeError, "should be relu/gelu, not tanh"),
        (lambda: nn.utils.vector_to_parameters(tg.ones(3), [tg.ones(2)]), ValueError, "hold 2 numbers"),
    ],
)
def test_misuse_is_refused_in_words(act: Callable, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        act()
    assert text in str(caught.value)


# Dropout and embedding


def test_dropout_drops_a_share_and_keeps_the_mean_while_training_alone() -> None:
    tg.manual_seed(0)
    layer, (x,) = nn.Dropout(0.25), tracked(np.ones(20000))
    z = layer(x)
    assert set(np.unique(z.data)) == {0.0, 1 / 0.75}
    assert (z.data == 0).mean() == pytest.approx(0.25, abs=0.02) and z.data.mean() == pytest.approx(1, abs=0.02)
    z.sum().backward()
    assert np.array_equal(x.grad.data, z.data)
    assert not np.array_equal(layer(x).data, z.data)
    assert layer.eval()(x) is x and F.dropout(x, 0.0) is x
    assert F.dropout(x, 1.0).sum().item() == 0
    assert F.dropout(tg.ones(3), 0.5).dtype == tg.float32
    inner = tg.ones(1000)
    assert F.dropout(inner, 0.5, inplace=True) is inner and inner.data.min() == 0
    tg.manual_seed(0)
    assert np.array_equal(nn.Dropout(0.25)(x).data, z.data)


def test_embedding_looks_rows_up_and_adds_the_gradients_of_those_used_twice() -> None:
    layer = nn.Embedding(4, 2, padding_idx=-1).double()
    assert layer.padding_idx == 3 and layer.weight[3].tolist() == [0, 0] and layer.weight.data.std() > 0.3
    z = layer(tg.tensor([[0, 3], [0, 1]]))
    assert z.shape == (2, 2, 2) and np.array_equal(z.data[1, 1], layer.weight.data[1])
    z.sum().backward()
    assert layer.weight.grad.tolist() == [[2, 2], [1, 1], [0, 0], [0, 0]]
    assert repr(layer) == "Embedding(4, 2, padding_idx=3)"
    fixed = nn.Embedding.from_pretrained(tg.ones(3, 2))
    assert fixed(tg.tensor(2)).tolist() == [1, 1] and not fixed.weight.requires_grad
    index = tg.tensor([0, 1, 0])
    assert tg.autograd.gradcheck(lambda w: F.embedding(index, w), tracked(floats(3, 2)))


def test_one_hot() -> None:
    assert F.one_hot(tg.tensor([[0, 2]])).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert F.one_hot(tg.tensor([1]), 4).tolist() == [[0, 1, 0, 0]] and F.one_hot(tg.tensor([1])).dtype == tg.int64


# Normalisation


def centred(x: np.ndarray, axes: Any, eps: float = 1e-5) -> np.ndarray:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def test_layer_norm_group_norm_and_rms_norm() -> None:
    x, weight, bias = floats(2, 6, 4), floats(6, 4, seed=1), floats(6, 4, seed=2)
    t, w, b = tg.tensor(x), tg.tensor(weight), tg.tensor(bias)
    assert F.layer_norm(t, (6, 4), w, b).data == pytest.approx(centred(x, (1, 2)) * weight + bias)
    assert nn.LayerNorm(4).double()(t).data == pytest.approx(centred(x, 2))
    grouped = centred(x.reshape(2, 3, 2, 4), (2, 3)).reshape(2, 6, 4)
    assert F.group_norm(t, 3, w[:, 0], b[:, 0]).data == pytest.approx(grouped * weight[:, :1] + bias[:, :1])
    root = np.sqrt((x * x).mean(2, keepdims=True) + 0.1)
    assert nn.RMSNorm(4, eps=0.1).double()(t).data == pytest.approx(x / root)
    assert nn.RMSNorm(4).bias is None and nn.LayerNorm(4, elementwise_affine=False).weight is None
    assert nn.LayerNorm(4, bias=False).bias is None


@pytest.mark.parametrize(
    "run",
    [
        lambda x, w, b: F.layer_norm(x, (4, 2), w.unsqueeze(1).expand(4, 2), b.unsqueeze(1).expand(4, 2)),
        lambda x, w, b: F.group_norm(x, 2, w, b),
        lambda x, w, b: F.rms_norm(x.transpose(1, 2), (4,), w) + b,
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        lambda x, w, b: F.instance_norm(x, None, None, w, b),
        lambda x, w, b: F.instance_norm(x, tg.ones(4) / 2, tg.ones(4) * 2, w, b, use_input_stats=False),
        lambda x, w, b: F.batch_norm(x, tg.ones(4) / 2, tg.ones(4) * 2, w, b),
    ],
)
def test_normalisations_have_right_gradients(run: Callable) -> None:
    inputs = tracked(floats(3, 4, 2), floats(4, seed=1), floats(4, seed=2))
    assert tg.autograd.gradcheck(run, inputs)
    assert tg.autograd.gradgradcheck(run, inputs)


def test_batch_norm_trains_on_the_batch_and_evaluates_on_what_it_remembers() -> None:
    layer, x = nn.BatchNorm2d(3, momentum=0.25).double(), floats(4, 3, 2, 2) * 3 + 1
    assert layer(tg.tensor(x)).data == pytest.approx(centred(x, (0, 2, 3)))
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)
    assert layer.running_mean.data == pytest.approx(0.25 * mean)
    assert layer.running_var.data == pytest.approx(0.75 + 0.25 * var) and layer.num_batches_tracked.item() == 1
    layer.eval()
    before = layer.running_mean.data.copy()
    expected = (x - 0.25 * mean[:, None, None]) / np.sqrt(0.75 + 0.25 * var + 1e-5)[:, None, None]
    assert layer(tg.tensor(x)).data == pytest.approx(expected)
    assert np.array_equal(layer.running_mean.data, before) and layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert layer.running_var.tolist() == [1, 1, 1] and layer.num_batches_tracked.item() == 0
    assert "running_mean" in layer.state_dict() and len(list(layer.parameters())) == 2


def test_batch_norm_without_memory_and_with_an_even_average() -> None:
    x, y = floats(5, 2), floats(5, 2, seed=1)
    forgetful = nn.BatchNorm1d(2, track_running_stats=False).double().eval()
    assert forgetful(tg.tensor(x)).data == pytest.approx(centred(x, 0)) and list(forgetful.buffers()) == []
    even = nn.BatchNorm1d(2, momentum=None, affine=False).double()
    even(tg.tensor(x))
    even(tg.tensor(y))
    assert even.running_mean.data == pytest.approx((x.mean(0) + y.mean(0)) / 2)


def test_lengths_and_angles() -> None:
    a, b = tg.tensor([[3.0, 4.0], [0.0, 0.0]]), tg.tensor([[4.0, 3.0], [1.0, 0.0]])
    assert F.normalize(a).data == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))
    assert F.cosine_similarity(a, b).data == pytest.approx(np.array([0.96, 0]))


# Recurrent networks


def test_an_lstm_by_hand() -> None:
    cell = nn.LSTMCell(1, 1).double()
    with tg.no_grad():
        for parameter, rows in zip(cell.parameters(), ([1, 2, 3, 4], [0, 0, 0, 0], [0, 0, 0, 0], [0] * 4), strict=True):
            parameter.copy_(np.array(rows, float).reshape(parameter.shape))
    h, c = cell(tg.tensor([[0.5]], dtype=tg.float64), (tg.zeros(1, 1).double(), tg.ones(1, 1).double()))
    sig = lambda v: 1 / (1 + math.exp(-v))  # noqa: E731
    expected = sig(1.0) * 1 + sig(0.5) * math.tanh(1.5)
    assert c.item() == pytest.approx(expected) and h.item() == pytest.approx(sig(2.0) * math.tanh(expected))


def test_a_gru_and_an_rnn_by_their_formulas() -> None:
    x, h = floats(2, 3), floats(2, 4, seed=1)
    cell = nn.GRUCell(3, 4).double()
    w, u, b, c = (p.detach().numpy() for p in cell.parameters())
    a, s = x @ w.T + b, h @ u.T + c
    sig = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    reset, keep = sig(a[:, :4] + s[:, :4]), sig(a[:, 4:8] + s[:, 4:8])
    new = np.tanh(a[:, 8:] + reset * s[:, 8:])
    assert cell(tg.tensor(x), tg.tensor(h)).data == pytest.approx((1 - keep) * new + keep * h)
    plain = nn.RNNCell(3, 4, nonlinearity="relu").double()
    w, u, b, c = (p.detach().numpy() for p in plain.parameters())
    assert plain(tg.tensor(x), tg.tensor(h)).data == pytest.approx(np.maximum(x @ w.T + b + h @ u.T + c, 0))


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_second_direction_reads_from_the_end(layer: Any) -> None:
    net, one = layer(3, 4, bidirectional=True).double(), layer(3, 4).double()
    state = net.state_dict()
    one.load_state_dict({name: state[name + "_reverse"] for name in one.state_dict()})
    x = tg.tensor(floats(5, 2, 3))
    assert net(x)[0].data[..., 4:] == pytest.approx(one(x.flip(0))[0].data[::-1])


@pytest.mark.parametrize(("layer", "cell"), [(nn.RNN, nn.RNNCell), (nn.LSTM, nn.LSTMCell), (nn.GRU, nn.GRUCell)])
def test_a_layer_is_its_cell_step_by_step(layer: Any, cell: Any) -> None:
    whole, one = layer(3, 4).double(), cell(3, 4).double()
    one.load_state_dict({name.removesuffix("_l0"): value for name, value in whole.state_dict().items()})
    x, state, seen = tg.tensor(floats(5, 2, 3)), None, []
    for step in x:
        state = one(step, state)
        seen.append(flat(state)[0])
    output, last = whole(x)
    assert output.data == pytest.approx(np.stack([s.data for s in seen]))
    for a, b in zip(flat(last), flat(state), strict=True):
        assert a.data[0] == pytest.approx(b.data)


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_forms_of_the_same_sequence(layer: Any) -> None:
    net = layer(3, 4, num_layers=2, bidirectional=True).double()
    x = tg.tensor(floats(5, 2, 3))
    output, last = net(x)
    assert output.shape == (5, 2, 8) and flat(last)[0].shape == (4, 2, 4)
    first = copy.copy(net)
    first.batch_first = True
    assert first(x.transpose(0, 1))[0].data == pytest.approx(output.transpose(0, 1).data)
    alone, end = net(x[:, 1])
    assert alone.data == pytest.approx(output[:, 1].data)
    for a, b in zip(flat(end), flat(last), strict=True):
        assert a.data == pytest.approx(b[:, 1].data)


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_sequence_in_two_halves_is_the_whole(layer: Any) -> None:
    net, x = layer(3, 4, num_layers=2).double(), tg.tensor(floats(6, 2, 3))
    output, last = net(x)
    first, state = net(x[:2])
    second, end = net(x[2:], state)
    assert np.concatenate([first.data, second.data]) == pytest.approx(output.data)
    for a, b in zip(flat(end), flat(last), strict=True):
        assert a.data == pytest.approx(b.data)


@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_gradients_are_right(layer: Any) -> None:
    net = layer(2, 2, num_layers=2, bidirectional=True).double()
    values = {name: p.detach().numpy() for name, p in net.named_parameters()}
    for name in values:
        delattr(net, name)

    def run(x: tg.Tensor, *params: tg.Tensor) -> tg.Tensor:
        for name, p in zip(values, params, strict=True):
            setattr(net, name, p)
        return net(x)[0]

    assert tg.autograd.gradcheck(run, tracked(floats(2, 1, 2), *values.values()))


def test_dropout_lies_between_layers_while_training() -> None:
    x = tg.tensor(floats(4, 2, 3))
    net = nn.GRU(3, 4, num_layers=2, dropout=0.5).double()
    assert not np.array_equal(net(x)[0].data, net(x)[0].data)
    net.eval()
    assert np.array_equal(net(x)[0].data, net(x)[0].data)


# Attention


def test_attention_by_its_formula() -> None:
    q, k, v = floats(2, 3, 4), floats(2, 5, 4, seed=1), floats(2, 5, 6, seed=2)
    scores = q @ k.transpose(0, 2, 1) / 2
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    ours = F.scaled_dot_product_attention(*map(tg.tensor, (q, k, v)))
    assert ours.data == pytest.approx(weights @ v)
    assert tg.autograd.gradcheck(F.scaled_dot_product_attention, tracked(q, k, v))


def test_a_causal_mask_hides_the_future() -> None:
    x = floats(1, 4, 6)
    changed = x.copy()
    changed[:, 3] += 5
    a, b = (F.scaled_dot_product_attention(*[tg.tensor(y)] * 3, is_causal=True).data for y in (x, changed))
    assert np.array_equal(a[:, :3], b[:, :3]) and not np.allclose(a[:, 3], b[:, 3])
    mask = tg.tensor(np.tril(np.ones((4, 4), bool)))
    assert F.scaled_dot_product_attention(*[tg.tensor(x)] * 3, attn_mask=mask).data == pytest.approx(a)


def test_heads_see_only_what_no_mask_hides() -> None:
    net, x = nn.MultiheadAttention(8, 2, batch_first=True).double(), tg.tensor(floats(2, 5, 8))
    hidden = tg.tensor([[False, False, False, True, True], [False] * 5])
    future = tg.tensor(np.triu(np.ones((5, 5), bool), 1))
    _, weights = net(x, x, x, key_padding_mask=hidden, attn_mask=future)
    assert weights.shape == (2, 5, 5) and weights.sum(-1).data == pytest.approx(np.ones((2, 5)))
    assert (weights.data[0, :, 3:] == 0).all() and (np.triu(weights.data[1], 1) == 0).all()
    out, each = net(x, x, x, average_attn_weights=False)
    assert each.shape == (2, 2, 5, 5) and net(x, x, x, need_weights=False)[1] is None
    assert net(x[0], x[0], x[0])[0].data == pytest.approx(out[0].data)


def test_encoder_layers_normalise_before_or_after() -> None:
    x = tg.tensor(floats(2, 5, 8))
    for first in (False, True):
        net = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=first, activation=F.gelu).double()
        assert not np.array_equal(net(x).data, net(x).data)
        z = net.eval()(x)
        assert z.shape == (2, 5, 8) and (abs(z.data.mean(-1)) < 1e-9).all() == (not first)
        z.sum().backward()
        assert all(p.grad is not None for p in net.parameters())


# utils


def test_clipping_scales_all_gradients_together() -> None:
    a, b, c = tracked(np.zeros(2), np.zeros(1), np.zeros(1))
    (a * tg.tensor(np.array([3.0, 0])) + 0).sum().backward()
    (b * 4).sum().backward()
    assert nn.utils.clip_grad_norm_([a, b, c], 1.0).item() == 5
    assert a.grad.data == pytest.approx([0.6, 0], rel=1e-6) and b.grad.item() == pytest.approx(0.8, rel=1e-6)
    assert nn.utils.clip_grad_norm_([a, b], 10.0).item() == pytest.approx(1, rel=1e-6)
    assert b.grad.item() == pytest.approx(0.8, rel=1e-6)
    assert nn.utils.clip_grad_norm_(a, 10.0, norm_type=math.inf).item() == pytest.approx(0.6, rel=1e-6)
    assert nn.utils.clip_grad_norm_([c], 1.0).item() == 0
    a.grad = tg.tensor(np.array([math.inf, 1]))
    with pytest.raises(RuntimeError, match=r"total norm of order 2\.0 for gradients is inf"):
        nn.utils.clip_grad_norm_([a], 1.0, error_if_nonfinite=True)


def test_two_leaves_of_one_sum_are_clipped_once_each() -> None:
    a, b = tracked(np.zeros(2), np.zeros(2))
    (a + b).sum().backward()
    nn.utils.clip_grad_value_([a, b], 0.5)
    assert a.grad.tolist() == b.grad.tolist() == [0.5, 0.5]
    (a + b).sum().backward()
    nn.utils.clip_grad_norm_([a, b], 1.5)
    assert a.grad.data == pytest.approx([0.75, 0.75], rel=1e-5)


def test_parameters_as_a_vector_and_back() -> None:
    net, other = nn.Linear(3, 2), nn.Linear(3, 2)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (8,)
    nn.utils.vector_to_parameters(vector, other.parameters())
    assert np.array_equal(other.weight.data, net.weight.data) and np.array_equal(other.bias.data, net.bias.data)
    vector.sum().backward()
    assert net.weight.grad.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_padding_sequences() -> None:
    a, b = tracked(np.ones((2, 3)), np.ones((4, 3)))
    z = nn.utils.rnn.pad_sequence([a, b], padding_value=9.0)
    assert z.shape == (4, 2, 3) and z[2, 0].tolist() == [9, 9, 9] and z[2, 1].tolist() == [1, 1, 1]
    z.sum().backward()
    assert a.grad.shape == (2, 3)
    assert nn.utils.rnn.pad_sequence([tg.tensor([1, 2]), tg.tensor([3])], batch_first=True).tolist() == [[1, 2], [3, 0]]


# Parity: every module with the same weights and the same input, its output, gradients, state and repr


def between(n: Any, module: Any) -> Any:
    """The module between two others: what it writes into is no leaf, and what it wrote is read."""
    return n.Sequential(n.Linear(4, 5), module, n.Linear(5, 2))


MODULES: dict[str, tuple[Callable[[Any], Any], tuple[np.ndarray, ...]]] = {
    **{name: (make, (X.reshape(2, 4),)) for name, (make, _) in ACTIVATIONS.items()},
    **{
        f"{name}-inplace": (make, (X.reshape(2, 4),))
        for name, make in {
            "ReLU": lambda n: between(n, n.ReLU(True)),
            "ReLU6": lambda n: between(n, n.ReLU6(True)),
            "LeakyReLU": lambda n: between(n, n.LeakyReLU(0.2, True)),
            "ELU": lambda n: between(n, n.ELU(inplace=True)),
            "SELU": lambda n: between(n, n.SELU(True)),
            "SiLU": lambda n: between(n, n.SiLU(True)),
        }.items()
    },
    "Linear": (lambda n: n.Linear(4, 3), (floats(2, 5, 4),)),
    "Linear-no-bias": (lambda n: n.Linear(4, 3, bias=False), (floats(4),)),
    "Softmax": (lambda n: n.Softmax(dim=1), (floats(2, 3, 4),)),
    "LogSoftmax": (lambda n: n.LogSoftmax(dim=-1), (floats(2, 3, 4),)),
    "Flatten": (lambda n: n.Flatten(1, 2), (floats(2, 3, 4, 2),)),
    "Unflatten": (lambda n: n.Unflatten(1, (2, 3)), (floats(2, 6, 4),)),
    "Embedding": (lambda n: n.Embedding(7, 3, padding_idx=2), (integers(7, 4, 5),)),
    "LayerNorm": (lambda n: n.LayerNorm((3, 4)), (floats(2, 3, 4),)),
    "RMSNorm": (lambda n: n.RMSNorm(4), (floats(2, 3, 4),)),
    "GroupNorm": (lambda n: n.GroupNorm(2, 4), (floats(3, 4, 2, 2),)),
    "BatchNorm1d": (lambda n: n.BatchNorm1d(4), (floats(6, 4),)),
    "BatchNorm1d-length": (lambda n: n.BatchNorm1d(4, momentum=None), (floats(6, 4, 3),)),
    "BatchNorm2d": (lambda n: n.BatchNorm2d(3), (floats(2, 3, 4, 4),)),
    "BatchNorm2d-eval": (lambda n: n.BatchNorm2d(3).eval(), (floats(2, 3, 4, 4),)),
    "InstanceNorm1d": (lambda n: n.InstanceNorm1d(3), (floats(2, 3, 5),)),
    "InstanceNorm1d-eval": (lambda n: n.InstanceNorm1d(3).eval(), (floats(2, 3, 5),)),
    "InstanceNorm1d-alone": (lambda n: n.InstanceNorm1d(3, affine=True), (floats(3, 5),)),
    "InstanceNorm2d": (
        lambda n: n.InstanceNorm2d(3, 1e-3, 0.3, True, True),
        (floats(2, 3, 4, 4),),
    ),
    "InstanceNorm2d-eval": (lambda n: n.InstanceNorm2d(3, track_running_stats=True).eval(), (floats(2, 3, 4, 4),)),
    "InstanceNorm2d-alone": (lambda n: n.InstanceNorm2d(3, affine=True, bias=False), (floats(3, 4, 4),)),
    "Upsample": (lambda n: n.Upsample(scale_factor=2.0), (floats(2, 3, 4, 3),)),
    "Upsample-1d": (lambda n: n.Upsample(7), (floats(2, 3, 5),)),
    "Upsample-bilinear": (lambda n: n.Upsample((5, 7), None, "bilinear", True), (floats(2, 3, 4, 3),)),
    "Unflatten-rest": (lambda n: n.Unflatten(1, (2, -1)), (floats(3, 6),)),
    "Conv1d": (lambda n: n.Conv1d(2, 4, 3, stride=2, padding=1), (floats(2, 2, 9),)),
    "Conv2d": (lambda n: n.Conv2d(2, 4, (3, 2), stride=2, padding=1, dilation=2, groups=2), (floats(2, 2, 9, 9),)),
    "Conv2d-same": (lambda n: n.Conv2d(2, 3, 3, padding="same", bias=False), (floats(2, 2, 5, 5),)),
    "ConvTranspose2d": (lambda n: n.ConvTranspose2d(3, 2, 3, stride=2, padding=1), (floats(2, 3, 4, 4),)),
    "ConvTranspose2d-more": (
        lambda n: n.ConvTranspose2d(4, 2, (3, 2), 2, output_padding=1, groups=2, bias=False, dilation=2),
        (floats(2, 4, 4, 4),),
    ),
    "MaxPool1d": (lambda n: n.MaxPool1d(3, stride=2), (floats(2, 3, 9),)),
    "MaxPool2d": (lambda n: n.MaxPool2d(2, padding=1, ceil_mode=True), (floats(2, 3, 7, 7),)),
    "AvgPool2d": (lambda n: n.AvgPool2d(3, 2, padding=1, count_include_pad=False), (floats(2, 3, 7, 7),)),
    "AdaptiveAvgPool2d": (lambda n: n.AdaptiveAvgPool2d((2, 3)), (floats(2, 3, 7, 7),)),
    "AdaptiveAvgPool1d": (lambda n: n.AdaptiveAvgPool1d(1), (floats(2, 3, 7),)),
    "AdaptiveMaxPool2d": (lambda n: n.AdaptiveMaxPool2d(2), (floats(2, 3, 7, 7),)),
    "RNN": (lambda n: n.RNN(3, 4, 2, "relu"), (floats(5, 2, 3),)),
    "LSTM": (lambda n: n.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True), (floats(2, 5, 3),)),
    "LSTM-state": (lambda n: n.LSTM(3, 4, bias=False), (floats(5, 2, 3), floats(1, 2, 4), floats(1, 2, 4, seed=1))),
    "GRU": (lambda n: n.GRU(3, 4, num_layers=2, bidirectional=True), (floats(5, 2, 3), floats(4, 2, 4))),
    "GRU-alone": (lambda n: n.GRU(3, 4), (floats(5, 3),)),
    "RNNCell": (lambda n: n.RNNCell(3, 4), (floats(2, 3), floats(2, 4))),
    "LSTMCell": (lambda n: n.LSTMCell(3, 4), (floats(2, 3), floats(2, 4), floats(2, 4, seed=1))),
    "GRUCell": (lambda n: n.GRUCell(3, 4), (floats(3),)),
    "TransformerEncoderLayer": (lambda n: n.TransformerEncoderLayer(8, 2, 16, dropout=0.0), (floats(5, 2, 8),)),
    "TransformerEncoderLayer-first": (
        lambda n: n.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True),
        (floats(2, 5, 8),),
    ),
    "TransformerEncoder": (
        lambda n: n.TransformerEncoder(n.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 2, n.LayerNorm(8)),
        (floats(5, 2, 8),),
    ),
}
# PyTorch shows classes, or settings, that are not here
OTHER_REPR = ("TransformerEncoder", "TransformerEncoderLayer", "RNN")


def outcome(t: Any, module: Any, arrays: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """What a module gives for these inputs: outputs, gradients of inputs and parameters, buffers after."""
    inputs = [t.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    results = flat(module(inputs[0], tuple(inputs[1:])) if len(inputs) == 3 else module(*inputs))
    sum((r * r * (i + 1)).sum() for i, r in enumerate(results)).backward()
    found = [r.detach().numpy() for r in results]
    found += [x.grad.numpy() for x in inputs if x.requires_grad]
    found += [p.grad.numpy() for p in module.parameters()]
    return found + [b.numpy() for b in module.buffers()]


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    make, arrays = MODULES[name]
    ours, theirs = make(nn).double(), make(torch.nn).double()
    state = {k: v.numpy().copy() for k, v in theirs.state_dict().items()}
    assert {k: v.shape for k, v in state.items()} == {k: v.shape for k, v in ours.state_dict().items()}
    assert list(state) == list(ours.state_dict())
    ours.load_state_dict({k: tg.tensor(v) for k, v in state.items()})
    if name.split("-")[0] not in OTHER_REPR:
        assert repr(ours) == repr(theirs)
    for a, b in zip(outcome(tg, ours, arrays), outcome(torch, theirs, arrays), strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", [name for name, (make, _) in MODULES.items() if list(make(nn).parameters())])
def test_parameters_begin_as_spread_as_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    tg.manual_seed(0)
    torch.manual_seed(0)
    make = MODULES[name][0]
    ours, theirs = ([make(n) for _ in range(60)] for n in (nn, torch.nn))
    for key, _ in ours[0].named_parameters():
        a, b = (
            np.stack([dict(m.named_parameters())[key].detach().numpy() for m in modules]) for modules in (ours, theirs)
        )
        assert a.dtype == b.dtype and a.std() == pytest.approx(b.std(), rel=0.25, abs=1e-9)
        assert abs(a).max() == pytest.approx(abs(b).max(), rel=0.35, abs=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    make, x, y, _ = LOSSES[name]
    for reduction in ("mean", "sum", "none", *(["batchmean"] if name.startswith("KL") else [])):
        found = []
        for t in (tg, torch):
            inputs = [t.tensor(a, requires_grad=True) for a in (x, y)]
            loss = make(t.nn, reduction=reduction)(*inputs)
            loss.sum().backward()
            found.append([loss.detach().numpy(), *(i.grad.numpy() for i in inputs)])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("masks", ["none", "bool", "numbers", "padding", "per-head"])
def test_multihead_attention_is_pytorchs(masks: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    future, hidden = np.triu(np.ones((5, 5), bool), 1), np.zeros((3, 5), bool)
    hidden[0, 3:] = True
    options: dict[str, Any] = {
        "none": {},
        "bool": {"attn_mask": future},
        "numbers": {"attn_mask": floats(5, 5)},
        "padding": {"attn_mask": future, "key_padding_mask": hidden, "average_attn_weights": False},
        "per-head": {"attn_mask": floats(6, 5, 5)},
    }[masks]
    theirs = torch.nn.MultiheadAttention(8, 2).double()
    ours = nn.MultiheadAttention(8, 2).double()
    with torch.no_grad():
        theirs.in_proj_bias.uniform_()
    ours.load_state_dict({k: tg.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    found = []
    for t, net in ((tg, ours), (torch, theirs)):
        q, k, v = (t.tensor(floats(5, 3, 8, seed=i), requires_grad=True) for i in range(3))
        wrapped = {key: t.tensor(value) if isinstance(value, np.ndarray) else value for key, value in options.items()}
        out, weights = net(q, k, v, **wrapped)
        ((out * out).sum() + weights.sum() * 0).backward()
        found.append(
            [out.detach().numpy(), weights.detach().numpy(), *(x.grad.numpy() for x in (q, k, v, *net.parameters()))]
        )
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_clipping_is_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    for norm_type, limit in ((2.0, 0.5), (1.0, 3.0), (math.inf, 0.2), (2.0, 100.0)):
        found = []
        for t in (tg, torch):
            params = [t.tensor(floats(3, 2), requires_grad=True), t.tensor(floats(4), requires_grad=True)]
            sum((p * p * p).sum() for p in params).backward()
            total = t.nn.utils.clip_grad_norm_(params, limit, norm_type)
            found.append([total.numpy(), *(p.grad.numpy() for p in params)])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)


def test_functions_take_their_arguments_in_pytorchs_order() -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    old = {"size_average", "reduce", "inplace", "max_norm", "norm_type", "scale_grad_by_freq", "sparse", "_stacklevel"}
    offered = [name for name, f in vars(F).items() if inspect.isfunction(f)]
    assert len(offered) > 40
    for name in offered:
        try:
            theirs = list(inspect.signature(getattr(torch.nn.functional, name)).parameters)
        except ValueError:  # a builtin without a signature
            continue
        if theirs == ["args", "kwargs"]:  # chosen at call time
            continue
        mine = [p for p in inspect.signature(getattr(F, name)).parameters if p != "inplace"]
        assert mine == [p for p in theirs if p in mine and p not in old], name
