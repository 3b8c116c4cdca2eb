"""Mistakes that real frameworks made, each held by a program that shows it.

Those that the tests of one part hold already (long chains, doublings, repeated indices, leaves that share a gradient
array, no_grad after an exception) stand here in the forms that those programs have not.
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import autograd, nn
from tinygrad_course.graph import walk
from tinygrad_course.modes import modes
from tinygrad_course.nn import functional as F


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def grid(rows: int, columns: int) -> tg.Tensor:
    values = np.random.default_rng(rows).normal(size=(rows, columns))
    return tg.tensor(values, requires_grad=True)


# Deep graphs

DEEP = 3_000  # beyond Python's limit of nested calls


def test_a_long_chain_may_be_dropped_without_a_backward_pass() -> None:
    y = leaf(1)
    for _ in range(50_000):
        y = y + 1
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


def chain(y: tg.Tensor, step: Callable[[tg.Tensor], tg.Tensor]) -> tg.Tensor:
    for _ in range(DEEP):
        y = step(y)
    return y


def test_a_deep_chain_has_a_second_derivative() -> None:
    x = leaf(0.5)
    y = chain(x, lambda y: y + y * x * 1e-4)  # x (1 + x / 10⁴)ⁿ
    (g,) = autograd.grad(y, x, create_graph=True)
    g.backward()
    q = 1 + 0.5e-4
    assert x.grad.item() == pytest.approx(
        2 * DEEP * 1e-4 * q ** (DEEP - 1) + 0.5 * DEEP * (DEEP - 1) * 1e-8 * q ** (DEEP - 2)
    )


def test_doublings_take_no_longer_in_a_second_derivative() -> None:
    x = y = leaf(1)
    for _ in range(60):
        y = y + y
    (g,) = autograd.grad(y * y, x, create_graph=True)
    g.backward()
    assert x.grad.tolist() == [2.0**121]


def test_a_deep_chain_of_writes_in_place() -> None:
    x = leaf(1, 2)
    y = x * 1
    chain(y, lambda y: y.add_(x))
    y.sum().backward()
    assert x.grad.tolist() == [DEEP + 1, DEEP + 1]


def test_a_deep_chain_of_writes_through_a_view() -> None:
    x = leaf(1, 2)
    y = x * 1
    chain(y[0], lambda view: view.add_(x[1]))
    y.sum().backward()
    assert x.grad.tolist() == [1, DEEP + 1]


def test_a_write_below_a_deep_chain_of_views() -> None:
    x = leaf(1, 2)
    y = x * 1
    last = chain(y, lambda view: view.reshape(2))
    y.mul_(3)
    last.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_write_at_the_end_of_a_deep_chain_of_views() -> None:
    x = leaf(1, 2)
    y = x * 1
    chain(y, lambda view: view.reshape(2)).mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]


# Counting each path once


def test_intermediate_gradients_are_new_in_every_pass_also_where_they_are_kept() -> None:
    x = leaf(2)
    y = x * x
    y.retain_grad()
    z = y * 3
    z.backward(retain_graph=True)
    assert (x.grad.tolist(), y.grad.tolist()) == ([12], [3])
    z.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([24], [6])


def test_only_leaves_keep_a_gradient_unasked() -> None:
    x = leaf(2)
    y = x * x
    (y * 3).backward()
    assert y.grad is None and x.grad is not None


@pytest.mark.parametrize(
    ("run", "gradient"),
    [
        (lambda x: x @ x, lambda a, g: g @ a.T + a.T @ g),
        (lambda x: x @ x.T, lambda a, g: (g + g.T) @ a),
        (lambda x: x * x, lambda a, g: 2 * a * g),
        (lambda x: x / x, lambda a, g: 0 * a),
        (lambda x: tg.where(x > 0, x, x), lambda a, g: g),
        (lambda x: tg.maximum(x, x), lambda a, g: g),
        (lambda x: tg.cat([x, x])[3:], lambda a, g: g),
        (lambda x: tg.stack([x, x]).sum(0), lambda a, g: 2 * g),
        (lambda x: F.linear(x, x), lambda a, g: g @ a + g.T @ a),
    ],
)
def test_a_tensor_used_twice_by_one_operation(run: Callable, gradient: Callable) -> None:
    x, g = grid(3, 3), np.arange(1.0, 10).reshape(3, 3)
    run(x).backward(g)
    np.testing.assert_allclose(x.grad.numpy(), gradient(x.data, g), atol=1e-12)


@pytest.mark.parametrize("dim", [0, 1])
def test_a_sum_along_one_axis_of_a_square(dim: int) -> None:
    x, g = grid(3, 3), np.array([1.0, 10, 100])
    x.sum(axis=dim).backward(g)
    assert x.grad.tolist() == np.broadcast_to(np.expand_dims(g, dim), (3, 3)).tolist()
    x.grad = None
    (x.mean(dim, keepdim=True) * x).sum().backward()
    expected = np.broadcast_to(2 * x.data.mean(dim, keepdims=True), (3, 3))
    np.testing.assert_allclose(x.grad.numpy(), expected)


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x[tg.tensor([0, 0, 1])],
        lambda x: x.index_select(0, tg.tensor([0, 0, 1])),
        lambda x: x.gather(0, tg.tensor([0, 0, 1])),
        lambda x: x.take_along_dim(tg.tensor([0, 0, 1]), 0),
        lambda x: F.embedding(tg.tensor([0, 0, 1]), x.unsqueeze(1)).squeeze(1),
        lambda x: x.repeat_interleave(tg.tensor([2, 1, 0]), 0),
    ],
)
def test_a_repeated_index_receives_every_gradient(read: Callable) -> None:
    x = leaf(1, 2, 3)
    read(x).backward(np.array([1.0, 10, 100]))
    assert x.grad.tolist() == [11, 100, 0]


def test_a_second_derivative_through_convolution_and_pooling() -> None:
    x, w = (tg.tensor(np.random.default_rng(i).normal(size=(1, 1, 4 - i, 4 - i)), requires_grad=True) for i in (0, 1))
    for run in (F.conv2d, F.conv_transpose2d, lambda x, w: F.avg_pool2d(x, 2) * w[..., :2, :2]):
        (g,) = autograd.grad((run(x, w) ** 3).sum(), x, create_graph=True)
        assert (g * g).sum().grad_fn is not None
        assert autograd.gradgradcheck(run, [x, w])


# Memory: nobody shares what he may write


@pytest.mark.parametrize(
    "run",
    [
        lambda a, b: a + b,
        lambda a, b: a.reshape(4, 1) + b.unsqueeze(1),
        lambda a, b: tg.cat([a, b]),
        lambda a, b: tg.stack([a, b]),
        lambda a, b: tg.where(tg.tensor([True, False, True, False]), a, b),
        lambda a, b: a.clone() + b[:],
        lambda a, b: a.double() + b.contiguous(),
        lambda a, b: a.expand(3, 4) + b.flip(0).flip(0),
    ],
)
def test_gradients_share_memory_with_nothing(run: Callable) -> None:
    a, b = leaf(1, 2, 3, 4), leaf(5, 6, 7, 8)
    y = run(a, b)
    seed = tg.ones(*y.shape, dtype=tg.float64)
    y.backward(seed)
    arrays = [a.grad.data, b.grad.data, a.data, b.data, seed.data]
    assert not any(np.shares_memory(p, q) for i, p in enumerate(arrays) for q in arrays[:i])
    for x in (a, b):
        x.grad.mul_(2)  # raises where the memory is read-only, or shows one element many times


def test_a_second_pass_leaves_the_first_gradient_as_it_was() -> None:
    x = leaf(1, 2)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert first.tolist() == [2, 2] and x.grad.tolist() == [5, 5]


def test_backward_drops_the_arrays_that_it_needed() -> None:
    x = tg.ones(1000, requires_grad=True)
    inner = x * 2
    saved, y = weakref.ref(inner.data), (inner * inner).sum()
    del inner
    assert saved() is not None
    y.backward()
    assert saved() is None
    assert [node.op.__name__ for node in walk(y.grad_fn)] == ["Mul", "Mul", "Sum"]  # the record stays, for drawing


# With the collector off, nothing that was dropped is left: no cycle anywhere


def views_and_writes() -> None:
    x = leaf(1, 2, 3, 4)
    y = (x * 1).reshape(2, 2)
    y[0].mul_(2)
    y[:, 1] = x[0]
    y.T.sum().backward()


def hooks_and_kept_gradients() -> None:
    x = leaf(1, 2)
    y = x * x
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: None)
    y.sum().backward(retain_graph=True)


def higher_orders() -> None:
    x = leaf(1, 2)
    (g,) = autograd.grad((x * x * x).sum(), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x, create_graph=True)
    h.sum().backward()
    x.grad = None


def a_function_of_ones_own() -> None:
    class Twice(autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    KEEP.append(Twice)  # a class is a cycle by itself
    Twice.apply(leaf(1, 2)).sum().backward()


KEEP: list[type] = []


def a_graph_never_used() -> None:
    x = leaf(1, 2)
    (x.exp() * x).reshape(1, 2).sum(1)


def a_failed_pass() -> None:
    x = leaf(1, 2)
    y = x * 2
    z = (y * y).sum()
    y.add_(1)
    try:
        z.backward()
    except RuntimeError:
        return
    raise AssertionError("the change was not noticed")


def a_training_step() -> None:
    NET.train()
    loss = F.cross_entropy(NET(tg.ones(4, 2, 6, 6)), tg.tensor([0, 1, 2, 0]))
    OPTIMIZER.zero_grad()
    loss.backward()
    OPTIMIZER.step()


NET = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3))
OPTIMIZER = tg.optim.Adam(NET.parameters())


def a_sequence() -> None:
    out, (h, c) = nn.LSTM(2, 3)(tg.ones(4, 1, 2))
    (out.sum() + h.sum() + c.sum()).backward()


PROGRAMS = [
    views_and_writes, hooks_and_kept_gradients, higher_orders, a_function_of_ones_own, a_graph_never_used,
    a_failed_pass, a_training_step, a_sequence,
]  # fmt: skip


def records() -> list[Any]:
    """Every Node and View that is alive."""
    found = [x for x in gc.get_objects() if type(x).__name__ in ("Node", "View")]
    return [x for x in found if type(x).__module__ == "tinygrad_course.graph"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_hundred_dropped_graphs_leave_nothing(program: Callable[[], None]) -> None:
    program()  # what is made once, and stays
    gc.collect()
    gc.disable()
    before = records()  # what other tests have left
    try:
        for _ in range(100):
            program()
        assert len(records()) == len(before)
    finally:
        gc.enable()


# Beside NumPy and Python

ARRAY = np.array([1.0, 2.0, 4.0])
BINARY: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a**b,
    lambda a, b: a // b, lambda a, b: a % b, lambda a, b: a == b, lambda a, b: a != b, lambda a, b: a < b,
    lambda a, b: a >= b, lambda a, b: a * ARRAY @ b,
]  # fmt: skip


@pytest.mark.parametrize("run", BINARY)
@pytest.mark.parametrize("left", [ARRAY, ARRAY[1], np.float32(2.0)], ids=["array", "float64", "float32"])
def test_numpy_on_the_left_gives_a_tensor(run: Callable, left: Any) -> None:
    x = leaf(3, 2, 1)
    y = run(left, x)
    assert type(y) is tg.Tensor
    np.testing.assert_allclose(y.detach().numpy(), run(left, x.detach().numpy()))


def test_an_array_is_not_written_by_a_tensor_added_to_it() -> None:
    a = before = ARRAY.copy()
    a += leaf(1, 1, 1)
    assert type(a) is tg.Tensor and before.tolist() == ARRAY.tolist()


# Equal values are not the same tensor: == compares elements


def test_parameters_of_equal_values_are_different_parameters() -> None:
    a, b = leaf(1, 1), leaf(1, 1)
    optimizer = tg.optim.SGD([a], lr=1.0)
    optimizer.add_param_group({"params": [b]})
    assert len({a, b}) == 2 and {a: 1}.get(b) is None
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group({"params": [a]})


def test_modules_count_parameters_by_identity() -> None:
    net = nn.ParameterList([nn.Parameter(tg.ones(2)) for _ in range(3)])
    assert len(list(net.parameters())) == 3
    net.append(net[0])
    assert len(list(net.parameters())) == 3


def test_gradients_with_respect_to_inputs_of_equal_values() -> None:
    a, b = leaf(2, 2), leaf(2, 2)
    assert [g.tolist() for g in autograd.grad((a * b * b).sum(), [b, a])] == [[8, 8], [4, 4]]


def test_membership_asks_for_elements() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert 2.0 in tg.tensor([1.0, 2.0]) and 5.0 not in tg.tensor([1.0, 2.0])
    assert 2.0 in x and 5.0 not in x


def test_membership_in_a_list_compares_and_does_not_guess() -> None:
    a, b = tg.ones(2), tg.ones(2)
    assert a in [a, b]  # Python asks for identity first
    with pytest.raises(RuntimeError, match="ambiguous"):
        assert b in [a, b]


# Modes are put back, whatever happens


def broken(g: tg.Tensor) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_pass_that_fails_leaves_no_mode_behind(create_graph: bool) -> None:
    x = leaf(2)
    before = {name: getattr(modes, name) for name in ("grad", "create_graph", "retain_graph", "held", "only_held")}
    y = x * x
    y.register_hook(broken)
    for start in (
        lambda: y.backward(create_graph=create_graph),
        lambda: autograd.grad(y, x, create_graph=create_graph),
    ):
        with pytest.raises(ZeroDivisionError):
            start()
        assert before == {name: getattr(modes, name) for name in before}
    (x * 3).backward()
    assert x.grad.tolist() == [3] and not x.grad.requires_grad


def test_a_hook_may_run_a_pass_of_its_own() -> None:
    x, other = leaf(2), leaf(5)

    def hook(g: tg.Tensor) -> None:
        assert not tg.is_grad_enabled()
        with tg.enable_grad():
            (other * other if other.grad is None else other * 2).backward()

    y = x * x
    y.register_hook(hook)
    autograd.grad(y, x, retain_graph=True)
    assert other.grad.tolist() == [10] and x.grad is None
    y.backward()
    assert other.grad.tolist() == [12] and x.grad.tolist() == [4]


def test_no_grad_is_put_back_in_a_loop_left_early_and_in_a_generator() -> None:
    for _ in range(2):
        with tg.no_grad():
            break
    assert tg.is_grad_enabled()

    @tg.no_grad()
    def results() -> Any:
        for _ in range(2):
            yield leaf(1) * 2

    for y in results():
        assert not y.requires_grad and tg.is_grad_enabled()


def test_passes_of_two_threads_do_not_meet() -> None:
    start, found = threading.Barrier(4), {}

    def work(i: int) -> None:
        x = y = leaf(1)
        for _ in range(300):
            y = y + x * i
        start.wait(60)
        if i % 2:
            (g,) = autograd.grad(y * y, x, create_graph=True)
            g.backward()
        else:
            with tg.no_grad():
                assert not (x * 2).requires_grad
            y.backward()
        found[i] = x.grad.item()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: 2 * (1 + 300 * i) ** 2 if i % 2 else 1 + 300 * i for i in range(4)}


# Where the framework differs from PyTorch on purpose


def test_a_graph_can_be_looked_at_after_the_pass() -> None:
    x = leaf(2)
    y = (x * 3).exp()
    y.backward()
    assert [node.value.tolist() for node in walk(y.grad_fn)] == [[6], [np.exp(6)]]
    large = tg.ones(65, requires_grad=True) * 2
    assert large.grad_fn.value is None and (tg.ones(64, requires_grad=True) * 2).grad_fn.value is not None


def test_types_and_shapes_are_numpys() -> None:
    x = tg.ones(2, 3)
    assert x.dtype == np.float32 and f"{x.dtype}" == "float32"
    assert x.shape == (2, 3) and type(x.shape) is tuple


def test_every_operation_has_one_output() -> None:
    x = leaf(3, 1, 2)
    values, indices = x.sort()
    assert indices.grad_fn is None and values.grad_fn.next_functions == ((x, 0), (None, 0))
    first, second = (x * 1).split([1, 2])
    (first.sum() + 2 * second.sum()).backward()
    assert x.grad.tolist() == [1, 2, 2]


def test_a_leaf_stands_for_itself_in_the_graph() -> None:
    x = leaf(2)
    assert (x * 3).grad_fn.inputs == (x, None)  # PyTorch puts an AccumulateGrad node between
