"""Optimizers and schedulers: steps worked out by hand, what they refuse, and long runs beside PyTorch's."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg

NO_TORCH = "parity with PyTorch needs torch (the extra named parity)"


def start(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


def descend(p: tg.Tensor, optimizer: tg.optim.Optimizer, steps: int) -> list[float]:
    """Minimise sum(p²) / 2, whose gradient is p itself; the first element after each step."""
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        ((p * p).sum() / 2).backward()
        optimizer.step()
        seen.append(float(p.data[0]))
    return seen


# SGD by hand: the gradient is p itself


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, [0.9, 0.81]),  # p - 0.1 p
        ({"maximize": True}, [1.1, 1.21]),
        ({"weight_decay": 1.0}, [0.8, 0.64]),  # p - 0.1 (p + p)
        ({"momentum": 0.5}, [0.9, 0.76]),  # v = 1; then v = 0.5 + 0.9 = 1.4
        ({"momentum": 0.5, "dampening": 0.5}, [0.9, 0.805]),  # v = 1; then 0.5 + 0.45 = 0.95
        ({"momentum": 0.5, "nesterov": True}, [0.85, 0.6975]),  # g + v/2: 1.5; v = 1.35, then 0.85 + 0.675 = 1.525
    ],
)
def test_two_steps_of_sgd_by_hand(options: dict[str, Any], path: list[float]) -> None:
    p = start(1.0)
    assert descend(p, tg.optim.SGD([p], lr=0.1, **options), 2) == pytest.approx(path)


def test_first_steps_of_the_adaptive_optimizers_by_hand() -> None:
    # After one step m / (1 - b1) = g and v / (1 - b2) = g², so that Adam goes lr whatever g is.
    for make, first in [
        (lambda p: tg.optim.Adam([p], lr=0.1), 4.9),
        (lambda p: tg.optim.AdamW([p], lr=0.1, weight_decay=0.5), 5 * 0.95 - 0.1),
        (lambda p: tg.optim.RMSprop([p], lr=0.1, alpha=0.75), 5 - 0.1 / math.sqrt(0.25)),
        (lambda p: tg.optim.Adagrad([p], lr=0.1), 4.9),
    ]:
        p = start(5.0)
        assert descend(p, make(p), 1) == pytest.approx([first])


def test_a_step_is_in_place_and_recorded_by_nobody() -> None:
    p = start(1.0, 2.0)
    memory, version = p.data, p.version[0]
    descend(p, tg.optim.SGD([p], lr=0.1), 1)
    assert p.data is memory and p.is_leaf and p.requires_grad and p.version[0] > version


def test_a_step_between_forward_and_backward_is_noticed() -> None:
    p = start(1.0)
    loss = (p * p).sum()
    p.grad = tg.tensor(np.array([1.0]))
    tg.optim.SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_the_gradient_is_left_as_it_was_and_missing_ones_are_skipped() -> None:
    for options in ({}, {"weight_decay": 0.1}, {"nesterov": True}, {"maximize": True}):
        p, q = start(1.0), start(1.0)
        optimizer = tg.optim.SGD([p, q], lr=0.1, momentum=0.9, **options)
        p.grad = tg.tensor(np.array([2.0]))
        for _ in range(3):
            optimizer.step()
            assert p.grad.tolist() == [2.0]
        assert q.tolist() == [1.0] and q.grad is None


def test_zero_grad_clears_to_none_or_to_zeros() -> None:
    p = start(1.0)
    optimizer = tg.optim.SGD([p])
    (p * p).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0]
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_runs_with_gradients_and_its_loss_comes_back() -> None:
    p = start(2.0)
    optimizer = tg.optim.SGD([p], lr=0.5)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert p.tolist() == [0.0] and optimizer.step() is None


# Groups


def test_groups_have_settings_of_their_own() -> None:
    p, q = start(1.0), start(1.0)
    optimizer = tg.optim.SGD([{"params": p}, {"params": [q], "lr": 0.5}], lr=0.1)
    p.grad, q.grad = tg.tensor(np.array([1.0])), tg.tensor(np.array([1.0]))
    optimizer.step()
    assert p.tolist() == [0.9] and q.tolist() == [0.5]
    optimizer.add_param_group({"params": iter([start(3.0)]), "momentum": 0.9})
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 0.5, 0.1]
    assert optimizer.param_groups[2]["momentum"] == 0.9
    assert "Parameter Group 2\n    dampening: 0" in repr(optimizer)


SGD, ADAM = tg.optim.SGD, tg.optim.Adam


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda p: SGD([]), ValueError, "optimizer got an empty parameter list"),
        (lambda p: SGD(iter(())), ValueError, "optimizer got an empty parameter list"),
        (lambda p: SGD(p), TypeError, "should be an iterable of Tensors or dicts, but got Tensor"),
        (lambda p: SGD(3), TypeError, "should be an iterable of Tensors or dicts, but got int"),
        (lambda p: SGD({p}), TypeError, "Please use a list instead"),
        (lambda p: SGD([p, 3]), TypeError, "can only optimize Tensors, but one of the params is int"),
        (lambda p: SGD([p * 2]), ValueError, "can't optimize a non-leaf Tensor"),
        (lambda p: SGD([p, p]), ValueError, "more than one parameter group, or twice"),
        (lambda p: SGD([{"params": p}, {"params": p}]), ValueError, "more than one parameter group"),
        (lambda p: SGD([p]).add_param_group([p]), TypeError, "param_group must be a dict, but got list"),
        (lambda p: SGD([{"params": p, "learning_rate": 1}]), TypeError, "no setting named ['learning_rate']"),
        (lambda p: SGD([p], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda p: SGD([p], lr=math.nan), ValueError, "Invalid learning rate: nan"),
        (lambda p: SGD([p], momentum=-1), ValueError, "Invalid momentum value: -1"),
        (lambda p: SGD([{"params": p, "weight_decay": -1}]), ValueError, "Invalid weight_decay value: -1"),
        (lambda p: SGD([p], nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero dampening"),
        (lambda p: SGD([p], momentum=1, dampening=1, nesterov=True), ValueError, "Nesterov momentum requires"),
        (lambda p: ADAM([p], betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1: 1.0"),
        (lambda p: ADAM([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
        (lambda p: tg.optim.Optimizer([p], {}).step(), NotImplementedError, "update(p, g, state, group)"),
    ],
)
def test_misuse_is_refused_in_words(act: Callable, error: type[Exception], text: str) -> None:
    p = start(1.0)
    p.grad = tg.tensor(np.array([1.0]))
    with pytest.raises(error) as caught:
        act(p)
    assert text in str(caught.value)


# Saving and loading

MAKERS: dict[str, Callable[[Any, Any], Any]] = {
    "sgd": lambda t, ps: t.optim.SGD(ps, lr=0.05),
    "momentum": lambda t, ps: t.optim.SGD(ps, lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": lambda t, ps: t.optim.SGD(ps, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.01),
    "maximize": lambda t, ps: t.optim.SGD(ps, lr=0.001, momentum=0.5, weight_decay=0.1, maximize=True),
    "adam": lambda t, ps: t.optim.Adam(ps, lr=0.05, weight_decay=0.01),
    "amsgrad": lambda t, ps: t.optim.Adam(ps, lr=0.05, betas=(0.8, 0.9), amsgrad=True),
    "adamw": lambda t, ps: t.optim.AdamW(ps, lr=0.05, weight_decay=0.1),
    "rmsprop": lambda t, ps: t.optim.RMSprop(ps, lr=0.01, weight_decay=0.01),
    "centered": lambda t, ps: t.optim.RMSprop(ps, lr=0.01, momentum=0.9, centered=True),
    "adagrad": lambda t, ps: t.optim.Adagrad(ps, lr=0.1, lr_decay=0.01, initial_accumulator_value=0.1),
}


def run(t: Any, optimizer: Any, params: list[Any], steps: int) -> np.ndarray:
    """Fit three numbers to a curve that is no parabola; the parameters after each step."""
    x, path = t.tensor(np.linspace(-1, 1, 7)), []
    for _ in range(steps):
        optimizer.zero_grad()
        z = (x * params[0]).exp() * params[1][0] + params[1][1]
        ((z - x * x) * (z - x * x)).sum().backward()
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy().reshape(-1) for p in params]))
    return np.array(path)


def fresh(t: Any) -> list[Any]:
    return [t.tensor(np.array(0.3), requires_grad=True), t.tensor(np.array([0.5, -0.2]), requires_grad=True)]


@pytest.mark.parametrize("name", MAKERS)
def test_a_run_goes_on_from_a_saved_state_as_if_never_stopped(name: str) -> None:
    whole = fresh(tg)
    path = run(tg, MAKERS[name](tg, whole), whole, 8)
    params = fresh(tg)
    optimizer = MAKERS[name](tg, params)
    run(tg, optimizer, params, 4)
    state = pickle.loads(pickle.dumps(optimizer.state_dict()))
    again = [tg.tensor(p.detach().numpy().copy(), requires_grad=True) for p in params]
    resumed = MAKERS[name](tg, again)
    resumed.load_state_dict(state)
    resumed.param_groups[0]["lr"] = optimizer.param_groups[0]["lr"]
    np.testing.assert_array_equal(run(tg, resumed, again, 4), path[4:])


def test_the_saved_state_is_plain_and_apart() -> None:
    params = fresh(tg)
    optimizer = MAKERS["momentum"](tg, params)
    assert optimizer.state_dict()["state"] == {}
    run(tg, optimizer, params, 1)
    state = optimizer.state_dict()
    assert state["param_groups"][0]["params"] == [0, 1] and sorted(state["state"]) == [0, 1]
    before = copy.deepcopy(state["state"][1]["momentum_buffer"].tolist())
    run(tg, optimizer, params, 1)
    assert state["state"][1]["momentum_buffer"].tolist() == before
    optimizer.load_state_dict(state)
    run(tg, optimizer, params, 1)
    assert state["state"][1]["momentum_buffer"].tolist() == before


def test_a_loaded_state_takes_the_parameters_dtype() -> None:
    params = fresh(tg)
    optimizer = MAKERS["adam"](tg, params)
    run(tg, optimizer, params, 1)
    small = [tg.tensor(p.detach().numpy().astype(np.float32), requires_grad=True) for p in params]
    other = MAKERS["adam"](tg, small)
    other.load_state_dict(optimizer.state_dict())
    assert {v.dtype for v in other.state_dict()["state"][1].values() if isinstance(v, tg.Tensor)} == {tg.float32}


def test_a_state_that_does_not_fit_is_refused() -> None:
    p, q = start(1.0), start(1.0)
    state = tg.optim.SGD([p, q], lr=0.5).state_dict()
    one = tg.optim.SGD([p])
    with pytest.raises(ValueError, match="parameter group that doesn't match the size of optimizer's group"):
        one.load_state_dict(state)
    with pytest.raises(ValueError, match="different number of parameter groups"):
        tg.optim.SGD([{"params": p}, {"params": q}]).load_state_dict(state)
    assert one.param_groups[0]["lr"] == 1e-3


# Schedulers

SCHEDULERS: dict[str, Callable[[Any, Any], Any]] = {
    "step": lambda t, o: t.optim.lr_scheduler.StepLR(o, step_size=3, gamma=0.5),
    "multistep": lambda t, o: t.optim.lr_scheduler.MultiStepLR(o, milestones=[2, 5, 5], gamma=0.5),
    "exponential": lambda t, o: t.optim.lr_scheduler.ExponentialLR(o, gamma=0.9),
    "cosine": lambda t, o: t.optim.lr_scheduler.CosineAnnealingLR(o, T_max=10, eta_min=0.01),
    "linear": lambda t, o: t.optim.lr_scheduler.LinearLR(o, start_factor=0.25, total_iters=4),
    "lambda": lambda t, o: t.optim.lr_scheduler.LambdaLR(o, lambda epoch: 0.95**epoch),
    "onecycle": lambda t, o: t.optim.lr_scheduler.OneCycleLR(o, max_lr=0.5, total_steps=12, cycle_momentum=False),
    "onecycle-lines": lambda t, o: t.optim.lr_scheduler.OneCycleLR(
        o, 0.5, epochs=4, steps_per_epoch=3, pct_start=0.5, anneal_strategy="linear", cycle_momentum=False
    ),
    "sequential": lambda t, o: t.optim.lr_scheduler.SequentialLR(
        o,
        [
            t.optim.lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=3),
            t.optim.lr_scheduler.ExponentialLR(o, gamma=0.5),
        ],
        milestones=[4],
    ),
}


def rates(t: Any, make: Callable[[Any, Any], Any], steps: int = 11) -> list[float]:
    optimizer = t.optim.SGD(fresh(t), lr=0.2)
    scheduler, seen = make(t, optimizer), [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        seen.append(optimizer.param_groups[0]["lr"])
        assert scheduler.get_last_lr() == [seen[-1]]
    return seen


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("step", [0.2, 0.2, 0.2, 0.1]),
        ("multistep", [0.2, 0.2, 0.1, 0.1, 0.1, 0.025]),
        ("exponential", [0.2, 0.18, 0.162]),
        ("linear", [0.05, 0.0875, 0.125, 0.1625, 0.2, 0.2]),
        ("lambda", [0.2, 0.19, 0.1805]),
        ("sequential", [0.02, 0.08, 0.14, 0.2, 0.2, 0.1, 0.05]),
    ],
)
def test_schedules_by_hand(name: str, first: list[float]) -> None:
    assert rates(tg, SCHEDULERS[name])[: len(first)] == pytest.approx(first)


def test_cosine_and_one_cycle_at_their_turning_points() -> None:
    cosine = rates(tg, SCHEDULERS["cosine"])
    assert cosine[0] == 0.2 and cosine[5] == pytest.approx(0.105) and cosine[10] == pytest.approx(0.01)
    cycle = rates(tg, SCHEDULERS["onecycle"])
    assert cycle[0] == pytest.approx(0.02) and max(cycle) < 0.5 and cycle[11] == pytest.approx(0.02 / 1e4)
    with pytest.raises(ValueError, match="Tried to step 13 times"):
        rates(tg, SCHEDULERS["onecycle"], 12)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_schedule_goes_on_from_a_saved_state(name: str) -> None:
    make = SCHEDULERS[name]
    whole = rates(tg, make)
    optimizer = tg.optim.SGD(fresh(tg), lr=0.2)
    scheduler = make(tg, optimizer)
    for _ in range(5):
        scheduler.step()
    state = pickle.loads(pickle.dumps((optimizer.state_dict(), scheduler.state_dict())))
    optimizer = tg.optim.SGD(fresh(tg), lr=0.2)
    scheduler = make(tg, optimizer)
    optimizer.load_state_dict(state[0])
    scheduler.load_state_dict(state[1])
    for expected in whole[6:]:
        scheduler.step()
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)


def momenta(t: Any) -> list[float]:
    """Momentum of SGD and first beta of Adam over a cycle."""
    seen = []
    for make in (lambda ps: t.optim.SGD(ps, lr=0.1, momentum=0.9), lambda ps: t.optim.Adam(ps, lr=0.1)):
        optimizer = make(fresh(t))
        scheduler = t.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=10)
        for _ in range(9):
            group = optimizer.param_groups[0]
            seen.append(group["betas"][0] if "betas" in group else group["momentum"])
            optimizer.step()
            scheduler.step()
    return seen


def test_one_cycle_turns_the_momentum_the_other_way() -> None:
    assert momenta(tg)[:3] == momenta(tg)[9:12] == pytest.approx([0.95, 0.9, 0.85])
    optimizer = tg.optim.Adagrad(fresh(tg))
    with pytest.raises(ValueError, match="must support momentum or beta1"):
        tg.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10)
    with pytest.raises(ValueError, match="must define either total_steps OR"):
        tg.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=3)
    with pytest.raises(ValueError, match="one of 'cos' or 'linear'"):
        tg.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 10, anneal_strategy="square")


def plateau(t: Any, **options: Any) -> list[float]:
    optimizer = t.optim.SGD(fresh(t), lr=1.0)
    scheduler, seen = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options), []
    for metric in [5, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3]:
        scheduler.step(metric)
        seen.append(optimizer.param_groups[0]["lr"])
    return seen


def test_a_plateau_lowers_the_rate() -> None:
    assert plateau(tg, patience=1, factor=0.5) == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625]
    with pytest.raises(ValueError, match=r"Factor should be < 1\.0"):
        plateau(tg, factor=1.0)
    with pytest.raises(ValueError, match="mode least is unknown"):
        plateau(tg, mode="least")


# Parity


@pytest.mark.parametrize("name", MAKERS)
def test_forty_steps_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    paths = []
    for t in (tg, torch):
        params = fresh(t)
        paths.append(run(t, MAKERS[name](t, params), params, 40))
    assert np.isfinite(paths[0]).all()
    np.testing.assert_allclose(*paths, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("momentum", "nesterov", "decay"), [*itertools.product([0, 0.9], [False, True], [0, 0.01])])
def test_training_a_network_with_sgd_is_pytorchs(momentum: float, nesterov: bool, decay: float) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 6)), rng.integers(0, 3, 32)
    first = {"0.weight": (8, 6), "0.bias": (8,), "2.weight": (3, 8), "2.bias": (3,)}
    weights = {name: rng.normal(size=shape) * 0.5 for name, shape in first.items()}
    losses = []
    for t in (tg, torch):
        net = t.nn.Sequential(t.nn.Linear(6, 8), t.nn.ReLU(), t.nn.Linear(8, 3)).double()
        net.load_state_dict({name: t.tensor(value) for name, value in weights.items()})
        optimizer = t.optim.SGD(
            net.parameters(), lr=0.1, momentum=momentum, nesterov=nesterov and momentum > 0, weight_decay=decay
        )
        seen = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = t.nn.CrossEntropyLoss(label_smoothing=0.1)(net(t.tensor(x)), t.tensor(y))
            loss.backward()
            optimizer.step()
            seen.append(loss.item())
        losses.append([*seen, *(value for p in net.parameters() for value in p.detach().numpy().reshape(-1))])
    np.testing.assert_allclose(*losses, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedules_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    assert rates(tg, SCHEDULERS[name]) == pytest.approx(rates(torch, SCHEDULERS[name]), rel=1e-12)


def test_the_momentum_of_one_cycle_is_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    assert momenta(tg) == pytest.approx(momenta(torch), rel=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 1, "factor": 0.5},
        {"patience": 0, "factor": 0.1, "cooldown": 2, "min_lr": 0.05},
        {"mode": "max", "patience": 2, "threshold": 0.5},
    ],
)
def test_plateaus_are_pytorchs(options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    assert plateau(tg, **options) == pytest.approx(plateau(torch, **options))
