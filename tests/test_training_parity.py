"""Training beside PyTorch: the same program in both, from equal weights, in float64; every step gives equal numbers."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg

Program = tuple[Any, Callable[[], Any]]  # a network, and a function that computes its loss anew
STEPS, LONG = 24, 50


@pytest.fixture
def torch() -> Any:
    found = pytest.importorskip("torch", reason="parity with PyTorch needs torch: see CONTRIBUTING.md")
    found.set_num_threads(1)  # its tensors are small here: on a busy machine several threads wait for each other
    return found


def floats(*shape: int, seed: str = "") -> np.ndarray:
    """float64 numbers, the same for the same shape and seed."""
    return np.random.default_rng(zlib.crc32(f"{shape}{seed}".encode())).normal(size=shape)


def integers(high: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(high).integers(0, high, shape)


def flat(result: Any) -> list[Any]:
    """What is in nested tuples, one after the other; None is nothing."""
    if isinstance(result, tuple):
        return [part for r in result for part in flat(r)]
    return [] if result is None else [result]


def fit(t: Any, net: Any, *inputs: np.ndarray, call: Callable[..., Any] | None = None) -> Program:
    """Bring everything that the network gives for these inputs near to fixed numbers."""
    net = net.double()
    xs = [t.tensor(x) for x in inputs]

    def loss() -> Any:
        results = flat(call(net, *xs) if call else net(*xs))
        away = [y - t.tensor(floats(*y.shape, seed=f"goal {i}")) for i, y in enumerate(results)]
        return sum((d * d).mean() for d in away)

    return net, loss


def judge(t: Any, criterion: Any, target: np.ndarray, *last: Any, outputs: int = 3) -> Program:
    """A network of two layers, then `last`, whose outputs this loss compares with the target."""
    net = t.nn.Sequential(t.nn.Linear(4, 6), t.nn.Tanh(), t.nn.Linear(6, outputs), *last).double()
    x, y = t.tensor(floats(12, 4)), t.tensor(target)

    def loss() -> Any:
        found = criterion(net(x), y)
        return found if found.ndim == 0 else (found * t.tensor(floats(*found.shape) ** 2)).sum()

    return net, loss


def between(t: Any, middle: Any, features: int = 6) -> Program:
    """A layer that keeps the shape (12, 6), with a linear layer before and behind."""
    return fit(t, t.nn.Sequential(t.nn.Linear(4, 6), middle, t.nn.Linear(features, 2)), floats(12, 4))


def image(t: Any, *middle: Any) -> Program:
    """Layers for pictures (3, 2, 7, 7), with a convolution before and a linear layer over all that comes out."""
    first = t.nn.Sequential(t.nn.Conv2d(2, 4, 3, padding=1), *middle, t.nn.Flatten()).double()
    size = first(t.tensor(floats(3, 2, 7, 7))).shape[1]
    return fit(t, t.nn.Sequential(first, t.nn.Linear(size, 2)), floats(3, 2, 7, 7))


def line(t: Any, *middle: Any) -> Program:
    """Layers for sequences (3, 2, 11), as `image` has them for pictures."""
    first = t.nn.Sequential(t.nn.Conv1d(2, 4, 3, padding=1), *middle, t.nn.Flatten()).double()
    size = first(t.tensor(floats(3, 2, 11))).shape[1]
    return fit(t, t.nn.Sequential(first, t.nn.Linear(size, 2)), floats(3, 2, 11))


def unrolled(cell: Any, x: Any) -> Any:
    """The states of a cell over x (steps, n, size)."""
    state, seen = None, []
    for row in x:
        state = cell(row, state)
        seen += [state]
    return tuple(seen)


def masked_attention(t: Any, **options: Any) -> Program:
    """Attention of 5 places to themselves, the future and the padding hidden."""
    net = t.nn.MultiheadAttention(8, 2, **options)
    future, hidden = np.triu(np.ones((5, 5), bool), 1), np.zeros((3, 5), bool)
    hidden[0, 3:] = True
    shape = (3, 5, 8) if options.get("batch_first") else (5, 3, 8)

    def call(net: Any, x: Any) -> Any:
        return net(x, x, x, attn_mask=t.tensor(future), key_padding_mask=t.tensor(hidden))

    return fit(t, net, floats(*shape), call=call)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": lambda n: n.ReLU(),
    "ReLU6": lambda n: n.ReLU6(),
    "LeakyReLU": lambda n: n.LeakyReLU(0.2),
    "PReLU": lambda n: n.PReLU(6),
    "ELU": lambda n: n.ELU(0.8),
    "SELU": lambda n: n.SELU(),
    "GELU": lambda n: n.GELU(),
    "GELU-tanh": lambda n: n.GELU(approximate="tanh"),
    "SiLU": lambda n: n.SiLU(),
    "Softplus": lambda n: n.Softplus(1.5, 1.0),
    "Sigmoid": lambda n: n.Sigmoid(),
    "LogSigmoid": lambda n: n.LogSigmoid(),
    "Tanh": lambda n: n.Tanh(),
    "Softmax": lambda n: n.Softmax(dim=-1),
    "LogSoftmax": lambda n: n.LogSoftmax(dim=0),
    "Identity": lambda n: n.Identity(),
    "Dropout-0": lambda n: n.Dropout(0.0),
    "Dropout-eval": lambda n: n.Dropout(0.5).eval(),
}

LAYERS: dict[str, Callable[[Any], Program]] = {
    "Linear": lambda t: fit(t, t.nn.Linear(4, 3), floats(2, 5, 4)),
    "Linear-no-bias": lambda t: fit(t, t.nn.Linear(4, 3, bias=False), floats(6, 4)),
    "Conv1d": lambda t: fit(t, t.nn.Conv1d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2), floats(3, 2, 11)),
    "Conv2d": lambda t: fit(t, t.nn.Conv2d(2, 4, (3, 2), stride=2, padding=1, dilation=(1, 2)), floats(2, 2, 7, 7)),
    "Conv2d-groups": lambda t: image(t, t.nn.Conv2d(4, 4, 3, groups=4, bias=False), t.nn.ReLU()),
    "Conv2d-same": lambda t: image(t, t.nn.Conv2d(4, 3, 4, padding="same"), t.nn.Tanh()),
    "ConvTranspose2d": lambda t: image(t, t.nn.ConvTranspose2d(4, 2, 3, 2, 1, output_padding=1)),
    "ConvTranspose2d-groups": lambda t: image(t, t.nn.ConvTranspose2d(4, 6, 2, groups=2, dilation=2, bias=False)),
    "MaxPool1d": lambda t: line(t, t.nn.MaxPool1d(3, 2, padding=1)),
    "MaxPool2d": lambda t: image(t, t.nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)),
    "MaxPool2d-dilated": lambda t: image(t, t.nn.MaxPool2d((2, 3), 1, dilation=2)),
    "AvgPool1d": lambda t: line(t, t.nn.AvgPool1d(3, 2, padding=1, count_include_pad=False)),
    "AvgPool2d": lambda t: image(t, t.nn.AvgPool2d(3, 2, padding=1, ceil_mode=True)),
    "AvgPool2d-divisor": lambda t: image(t, t.nn.AvgPool2d(2, divisor_override=3)),
    "AdaptiveAvgPool1d": lambda t: line(t, t.nn.AdaptiveAvgPool1d(4)),
    "AdaptiveAvgPool2d": lambda t: image(t, t.nn.AdaptiveAvgPool2d((3, 2))),
    "AdaptiveMaxPool2d": lambda t: image(t, t.nn.AdaptiveMaxPool2d((2, 4))),
    "BatchNorm1d": lambda t: between(t, t.nn.BatchNorm1d(6)),
    "BatchNorm1d-plain": lambda t: between(t, t.nn.BatchNorm1d(6, momentum=None, affine=False)),
    "BatchNorm1d-length": lambda t: line(t, t.nn.BatchNorm1d(4, momentum=0.3), t.nn.ReLU()),
    "BatchNorm1d-forgetful": lambda t: between(t, t.nn.BatchNorm1d(6, track_running_stats=False)),
    "BatchNorm2d": lambda t: image(t, t.nn.BatchNorm2d(4, eps=1e-3), t.nn.ReLU()),
    "BatchNorm2d-eval": lambda t: image(t, t.nn.BatchNorm2d(4).eval(), t.nn.ReLU()),
    "LayerNorm": lambda t: between(t, t.nn.LayerNorm(6)),
    "LayerNorm-two-axes": lambda t: image(t, t.nn.LayerNorm((7, 7), eps=1e-3, bias=False)),
    "GroupNorm": lambda t: image(t, t.nn.GroupNorm(2, 4), t.nn.ReLU()),
    "InstanceNorm1d": lambda t: line(t, t.nn.InstanceNorm1d(4, affine=True), t.nn.ReLU()),
    "InstanceNorm2d": lambda t: image(t, t.nn.InstanceNorm2d(4, track_running_stats=True), t.nn.ReLU()),
    "RMSNorm": lambda t: between(t, t.nn.RMSNorm(6)),
    "RMSNorm-eps": lambda t: image(t, t.nn.RMSNorm((7, 7), eps=1e-2)),
    "Embedding": lambda t: fit(t, t.nn.Sequential(t.nn.Embedding(5, 3), t.nn.Linear(3, 2)), integers(5, 4, 6)),
    "Embedding-padding": lambda t: fit(t, t.nn.Embedding(5, 3, padding_idx=2), integers(5, 4, 6)),
    "Flatten-Unflatten": lambda t: image(t, t.nn.Unflatten(1, (2, 2)), t.nn.Flatten(2, 3), t.nn.Tanh()),
    "Upsample": lambda t: image(t, t.nn.Upsample(scale_factor=2)),
    "Upsample-bilinear": lambda t: image(t, t.nn.Upsample(size=(9, 5), mode="bilinear")),
    "Upsample-corners": lambda t: image(t, t.nn.Upsample(size=(9, 5), mode="bilinear", align_corners=True)),
    "RNN": lambda t: fit(t, t.nn.RNN(3, 4), floats(5, 2, 3)),
    "RNN-relu": lambda t: fit(t, t.nn.RNN(3, 4, 2, "relu", bias=False, bidirectional=True), floats(5, 2, 3)),
    "LSTM": lambda t: fit(t, t.nn.LSTM(3, 4), floats(5, 3)),
    "LSTM-deep": lambda t: fit(t, t.nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), floats(2, 5, 3)),
    "LSTM-state": lambda t: fit(
        t, t.nn.LSTM(3, 4), floats(5, 2, 3), floats(1, 2, 4), floats(1, 2, 4, seed="c"),
        call=lambda net, x, h, c: net(x, (h, c)),
    ),
    "GRU": lambda t: fit(t, t.nn.GRU(3, 4), floats(5, 2, 3), floats(1, 2, 4)),
    "GRU-deep": lambda t: fit(t, t.nn.GRU(3, 4, 2, batch_first=True, bidirectional=True), floats(2, 5, 3)),
    "RNNCell": lambda t: fit(t, t.nn.RNNCell(3, 4, nonlinearity="relu"), floats(5, 2, 3), call=unrolled),
    "LSTMCell": lambda t: fit(t, t.nn.LSTMCell(3, 4), floats(5, 2, 3), call=unrolled),
    "GRUCell": lambda t: fit(t, t.nn.GRUCell(3, 4, bias=False), floats(5, 2, 3), call=unrolled),
    "MultiheadAttention": masked_attention,
    "MultiheadAttention-batch-first": lambda t: masked_attention(t, batch_first=True, bias=False),
    "TransformerEncoderLayer": lambda t: fit(t, t.nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0), floats(5, 3, 8)),
    "TransformerEncoderLayer-first": lambda t: fit(
        t, t.nn.TransformerEncoderLayer(8, 2, 12, 0.0, "gelu", batch_first=True, norm_first=True), floats(3, 5, 8)
    ),
    **{name: lambda t, make=make: between(t, make(t.nn)) for name, make in ACTIVATIONS.items()},
}  # fmt: skip

CLASSES, SOME = integers(3, 12), np.where(np.arange(12) % 4, integers(3, 12), -100)
SHARES = np.exp(floats(12, 3)) / np.exp(floats(12, 3)).sum(1, keepdims=True)
CHANCES = np.random.default_rng(1).uniform(0.1, 0.9, (12, 3))
WEIGHT = np.array([0.5, 2.0, 1.0])

LOSSES: dict[str, Callable[[Any], Program]] = {
    **{
        f"{name}-{reduction}": lambda t, name=name, reduction=reduction, options=options: judge(
            t, getattr(t.nn, name)(reduction=reduction, **options), floats(12, 3)
        )
        for name, options in (
            ("MSELoss", {}),
            ("L1Loss", {}),
            ("HuberLoss", {"delta": 0.6}),
            ("SmoothL1Loss", {"beta": 0.4}),
        )
        for reduction in ("mean", "sum", "none")
    },
    "SmoothL1Loss-0": lambda t: judge(t, t.nn.SmoothL1Loss(beta=0.0), floats(12, 3)),
    "CrossEntropyLoss": lambda t: judge(t, t.nn.CrossEntropyLoss(), CLASSES),
    "CrossEntropyLoss-weight": lambda t: judge(t, t.nn.CrossEntropyLoss(t.tensor(WEIGHT)), SOME),
    "CrossEntropyLoss-smoothing": lambda t: judge(
        t, t.nn.CrossEntropyLoss(t.tensor(WEIGHT), label_smoothing=0.2, ignore_index=1), CLASSES
    ),
    "CrossEntropyLoss-soft": lambda t: judge(
        t, t.nn.CrossEntropyLoss(t.tensor(WEIGHT), label_smoothing=0.1, reduction="sum"), SHARES
    ),
    "CrossEntropyLoss-none": lambda t: judge(t, t.nn.CrossEntropyLoss(reduction="none"), SOME),
    "CrossEntropyLoss-places": lambda t: judge(
        t, t.nn.CrossEntropyLoss(ignore_index=0), integers(3, 12, 4), t.nn.Unflatten(1, (3, 4)), outputs=12
    ),
    "NLLLoss": lambda t: judge(t, t.nn.NLLLoss(t.tensor(WEIGHT)), SOME, t.nn.LogSoftmax(dim=1)),
    "NLLLoss-sum": lambda t: judge(t, t.nn.NLLLoss(reduction="sum", ignore_index=2), CLASSES, t.nn.LogSoftmax(1)),
    "BCELoss": lambda t: judge(t, t.nn.BCELoss(t.tensor(WEIGHT)), CHANCES, t.nn.Sigmoid()),
    "BCELoss-sum": lambda t: judge(t, t.nn.BCELoss(reduction="sum"), CHANCES.round(), t.nn.Sigmoid()),
    "BCEWithLogitsLoss": lambda t: judge(t, t.nn.BCEWithLogitsLoss(), CHANCES),
    "BCEWithLogitsLoss-weights": lambda t: judge(
        t, t.nn.BCEWithLogitsLoss(t.tensor(WEIGHT), reduction="sum", pos_weight=t.tensor(2 * WEIGHT)), CHANCES
    ),
    "KLDivLoss": lambda t: judge(t, t.nn.KLDivLoss(reduction="batchmean"), SHARES, t.nn.LogSoftmax(1)),
    "KLDivLoss-log": lambda t: judge(
        t, t.nn.KLDivLoss(reduction="sum", log_target=True), np.log(SHARES), t.nn.LogSoftmax(1)
    ),
}


def started_alike(torch: Any, row: Callable[[Any], Program]) -> tuple[Program, Program]:
    """The program in both, PyTorch's network with the numbers of ours."""
    ours, theirs = row(tg), row(torch)
    state = {name: value.numpy() for name, value in ours[0].state_dict().items()}
    assert list(state) == list(theirs[0].state_dict())
    theirs[0].load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return ours, theirs


def train(program: Program, optimizer: Any, steps: int) -> list[dict[str, np.ndarray]]:
    """The loss, and every parameter and buffer, after each step."""
    net, loss_of = program
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        state = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
        path.append({"loss": loss.detach().numpy(), **state})
    return path


def compare(ours: list[dict[str, np.ndarray]], theirs: list[dict[str, np.ndarray]]) -> None:
    """Raise AssertionError for the first step and the first name whose numbers differ."""
    for step, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for name, value in mine.items():
            np.testing.assert_allclose(value, other[name], 1e-9, 1e-9, err_msg=f"{name} after step {step}")
    assert np.isfinite(ours[-1]["loss"]) and ours[-1]["loss"] != ours[0]["loss"]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", [*LAYERS, *LOSSES])
def test_training_is_pytorchs(torch: Any, name: str) -> None:
    tg.manual_seed(0)
    programs = started_alike(torch, {**LAYERS, **LOSSES}[name])
    paths = [
        train(program, t.optim.SGD(program[0].parameters(), lr=0.02, momentum=0.9), STEPS)
        for t, program in zip((tg, torch), programs, strict=True)
    ]
    compare(*paths)


# Optimizers: weights in one group, biases in another

OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": lambda o, groups: o.SGD(groups, lr=0.1),
    "SGD-momentum": lambda o, groups: o.SGD(groups, lr=0.05, momentum=0.9),
    "SGD-dampening": lambda o, groups: o.SGD(groups, lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.01),
    "SGD-nesterov": lambda o, groups: o.SGD(groups, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    "SGD-maximize": lambda o, groups: o.SGD(groups, lr=1e-3, momentum=0.5, weight_decay=0.1, maximize=True),
    "Adam": lambda o, groups: o.Adam(groups, lr=0.02),
    "Adam-decay": lambda o, groups: o.Adam(groups, lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.05),
    "Adam-amsgrad": lambda o, groups: o.Adam(groups, lr=0.05, amsgrad=True),
    "Adam-maximize": lambda o, groups: o.Adam(groups, lr=1e-3, weight_decay=0.01, maximize=True),
    "AdamW": lambda o, groups: o.AdamW(groups, lr=0.02, weight_decay=0.1),
    "AdamW-amsgrad": lambda o, groups: o.AdamW(groups, lr=0.02, amsgrad=True, maximize=True),
    "RMSprop": lambda o, groups: o.RMSprop(groups, lr=0.005, weight_decay=0.01),
    "RMSprop-momentum": lambda o, groups: o.RMSprop(groups, lr=0.005, alpha=0.9, momentum=0.8),
    "RMSprop-centered": lambda o, groups: o.RMSprop(groups, lr=0.005, momentum=0.5, centered=True),
    "RMSprop-maximize": lambda o, groups: o.RMSprop(groups, lr=1e-3, eps=1e-2, maximize=True),
    "Adagrad": lambda o, groups: o.Adagrad(groups, lr=0.05, lr_decay=0.01, weight_decay=0.01),
    "Adagrad-start": lambda o, groups: o.Adagrad(groups, lr=0.05, initial_accumulator_value=0.2, eps=1e-6),
    "Adagrad-maximize": lambda o, groups: o.Adagrad(groups, lr=0.01, maximize=True),
}


def classify(t: Any) -> Program:
    return judge(t, t.nn.CrossEntropyLoss(label_smoothing=0.1), CLASSES, t.nn.LayerNorm(3))


def optimizer_of(t: Any, name: str, net: Any) -> Any:
    """An optimizer of two groups; the biases have another learning rate and no decay."""
    of = {part: [p for n, p in net.named_parameters() if n.endswith(part)] for part in ("weight", "bias")}
    make = OPTIMIZERS[name]
    groups = [{"params": of["weight"]}, {"params": of["bias"], "lr": 3e-3, "weight_decay": 0.0}]
    return make(t.optim, groups)


def copied(t: Any, value: Any) -> Any:
    """A state with its tensors made anew in another framework."""
    if isinstance(value, dict):
        return {k: copied(t, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(t, v) for v in value)
    return t.tensor(value.detach().numpy()) if hasattr(value, "detach") else value


def resumed(t: Any, name: str, net: Any, optimizer: Any) -> tuple[Program, Any]:
    """A new network and a new optimizer that go on from the states of these."""
    program = classify(t)
    program[0].load_state_dict(copied(t, net.state_dict()))
    again = optimizer_of(t, name, program[0])
    again.load_state_dict(copied(t, optimizer.state_dict()))
    return program, again


def half_way(torch: Any, name: str) -> tuple[tuple[Program, Any], tuple[Program, Any]]:
    """Both programs with their optimizers after half of the steps, which were equal."""
    tg.manual_seed(0)
    programs = started_alike(torch, classify)
    runs = [(p, optimizer_of(t, name, p[0])) for t, p in zip((tg, torch), programs, strict=True)]
    compare(*[train(program, optimizer, LONG // 2) for program, optimizer in runs])
    return runs[0], runs[1]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_are_pytorchs(torch: Any, name: str) -> None:
    ours, theirs = half_way(torch, name)
    again = resumed(tg, name, ours[0][0], ours[1])
    expected = train(*theirs, LONG // 2)
    compare(train(*ours, LONG // 2), expected)
    compare(train(*again, LONG // 2), expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_goes_on_from_pytorchs_state(torch: Any, name: str) -> None:
    _, theirs = half_way(torch, name)
    from_theirs = resumed(tg, name, theirs[0][0], theirs[1])
    compare(train(*from_theirs, LONG // 2), train(*theirs, LONG // 2))


# Schedulers

SCHEDULERS: dict[str, Callable[[Any, Any], list[Any]]] = {
    "StepLR": lambda s, o: [s.StepLR(o, step_size=7, gamma=0.5)],
    "MultiStepLR": lambda s, o: [s.MultiStepLR(o, milestones=[30, 8, 8, 41], gamma=0.3)],
    "ExponentialLR": lambda s, o: [s.ExponentialLR(o, gamma=0.95)],
    "CosineAnnealingLR": lambda s, o: [s.CosineAnnealingLR(o, T_max=50, eta_min=1e-3)],
    "CosineAnnealingLR-waves": lambda s, o: [s.CosineAnnealingLR(o, T_max=9, eta_min=1e-3)],
    "LinearLR": lambda s, o: [s.LinearLR(o, start_factor=0.2, end_factor=0.8, total_iters=20)],
    "LambdaLR": lambda s, o: [s.LambdaLR(o, [lambda epoch: 0.9**epoch, lambda epoch: 1 / (1 + epoch)])],
    "OneCycleLR": lambda s, o: [s.OneCycleLR(o, max_lr=0.5, total_steps=51)],
    "OneCycleLR-lines": lambda s, o: [s.OneCycleLR(o, 0.5, epochs=17, steps_per_epoch=3, anneal_strategy="linear")],
    "OneCycleLR-groups": lambda s, o: [s.OneCycleLR(o, max_lr=[0.5, 0.1], total_steps=60, cycle_momentum=False)],
    "SequentialLR": lambda s, o: [
        s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, T_max=40)], milestones=[6])
    ],
    "SequentialLR-three": lambda s, o: [
        s.SequentialLR(o, [s.ExponentialLR(o, 0.9), s.StepLR(o, 4), s.LambdaLR(o, lambda e: 0.5**e)], [11, 30])
    ],
    "two in a chain": lambda s, o: [s.ExponentialLR(o, gamma=0.97), s.StepLR(o, step_size=10, gamma=0.5)],
    "warm-up in a chain": lambda s, o: [s.LinearLR(o, 0.1, total_iters=8), s.ExponentialLR(o, gamma=0.95)],
    "cosine in a chain": lambda s, o: [s.CosineAnnealingLR(o, T_max=50), s.MultiStepLR(o, [10, 20], gamma=0.5)],
    "ReduceLROnPlateau": lambda s, o: [s.ReduceLROnPlateau(o, factor=0.5, patience=2)],
    "ReduceLROnPlateau-max": lambda s, o: [
        s.ReduceLROnPlateau(o, "max", patience=1, threshold=0.05, cooldown=3, min_lr=1e-3, eps=1e-4)
    ],
    "ReduceLROnPlateau-abs": lambda s, o: [
        s.ReduceLROnPlateau(o, patience=1, factor=0.7, threshold=0.02, threshold_mode="abs", min_lr=0.02)
    ],
}
METRICS = 1 / np.arange(1.0, LONG + 1) + 0.1 * np.random.default_rng(0).uniform(size=LONG)


def rates(t: Any, name: str, restart: int | None = None) -> np.ndarray:
    """Learning rates and momenta of two groups at every step; a restart makes all anew from the saved states."""

    def begin() -> tuple[Any, list[Any]]:
        groups = [{"params": [t.ones(1)]}, {"params": [t.ones(2)], "lr": 0.03}]
        optimizer = t.optim.SGD(groups, lr=0.2, momentum=0.9)
        return optimizer, SCHEDULERS[name](t.optim.lr_scheduler, optimizer)

    optimizer, schedulers = begin()
    seen = [[group[key] for group in optimizer.param_groups for key in ("lr", "momentum")]]
    for step in range(LONG):
        if step == restart:
            states = optimizer.state_dict(), [s.state_dict() for s in schedulers]
            optimizer, schedulers = begin()
            optimizer.load_state_dict(states[0])
            for scheduler, state in zip(schedulers, states[1], strict=True):
                scheduler.load_state_dict(state)
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step(*[METRICS[step]] * name.startswith("ReduceLROnPlateau"))
        seen.append([group[key] for group in optimizer.param_groups for key in ("lr", "momentum")])
        assert schedulers[-1].get_last_lr() == seen[-1][::2]
    return np.array(seen)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_are_pytorchs(torch: Any, name: str) -> None:
    expected = rates(torch, name)
    np.testing.assert_allclose(rates(tg, name), expected, 1e-9, err_msg="from beginning to end")
    np.testing.assert_allclose(rates(tg, name, restart=LONG // 2), expected, 1e-9, err_msg="from a saved state")
    assert len(np.unique(expected[:, 0])) > 1
