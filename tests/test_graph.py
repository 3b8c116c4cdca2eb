"""The engine: walking, pulling, accumulating, propagating; what it keeps, what it frees, what it refuses."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import autograd, graph
from tinygrad_course.graph import Left, Op, accumulate, propagate, pull, sum_to, walk
from tinygrad_course.ops import Add, Exp, Mul


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


# Value and record


def test_a_program_leaves_its_graph() -> None:
    x = leaf(2)
    y = x * 3 + x
    add = y.grad_fn
    mul = add.inputs[0]
    assert (add.op, mul.op) == (Add, Mul)
    assert add.inputs[1] is x and mul.inputs == (x, None)
    assert mul.constants == {1: 3}
    assert [node.op for node in walk(add)] == [Mul, Add]


def test_both_branches_of_one_program() -> None:
    for value, factor in ((2.0, 2.0), (-3.0, 3.0)):
        x = tg.tensor([value], requires_grad=True)
        y = x * 2 if x > 0 else x * 3
        y.backward()
        assert x.grad.tolist() == [factor]
        assert y.grad_fn.constants == {1: factor}


def kept(y: tg.Tensor) -> list[str]:
    return [name for name, *_ in y.grad_fn.saved]


def test_a_node_saves_only_what_a_rule_will_read() -> None:
    x, c = leaf(2), tg.tensor([3.0])
    assert kept(x * c) == ["y"]
    assert kept(x * x) == ["x", "y"]
    assert kept(x.exp()) == ["z"]
    assert kept(x + x) == []


def test_ten_adds_in_a_row_keep_one_array() -> None:
    x = tg.zeros(1000, requires_grad=True)
    kept, y = [], x
    for _ in range(10):
        y = y + 1
        kept.append(weakref.ref(y.data))
    assert [ref() is not None for ref in kept] == [False] * 9 + [True]


def test_dropped_graphs_leave_nothing() -> None:
    gc.collect()
    gc.disable()
    try:
        nodes = []
        for _ in range(100):
            x = leaf(1, 2)
            y = (x * x).exp().sum() + x[0]
            y.backward()
            nodes += [weakref.ref(node) for node in walk(y.grad_fn)]
            del x, y
        assert not [ref for ref in nodes if ref() is not None]
    finally:
        gc.enable()


def test_rules_run_by_themselves() -> None:
    assert Mul.grad_x(3.0, y=5.0) == 15.0
    assert Exp.grad_x(2.0, z=7.0) == 14.0
    assert isinstance(Mul(np.ones(2), 3.0), np.ndarray)


def test_a_rule_for_no_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="forward has no argument named 'w'"):

        class Wrong(Op):
            def forward(x): ...
            def grad_w(g): ...


def test_a_rule_that_reads_what_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match=r"reads \['w'\]"):

        class Wrong(Op):
            def forward(x): ...
            def grad_x(g, w): ...


# The backward pass


def test_two_paths_add_up() -> None:
    x = leaf(3)
    (x * x).backward()
    assert x.grad.tolist() == [6]
    (x * x).backward()
    assert x.grad.tolist() == [12]


def test_intermediate_gradients_do_not_linger() -> None:
    x = leaf(2)
    y = x * x
    z = y * 3
    z.backward(retain_graph=True)
    z.backward()
    assert x.grad.tolist() == [24]


def test_leaves_do_not_share_a_gradient_array() -> None:
    a, b = leaf(1), leaf(2)
    (a + b).backward()
    a.grad.data[0] = 100
    assert b.grad.tolist() == [1]


def test_backward_on_a_leaf() -> None:
    x = leaf(2)
    x.backward()
    assert x.grad.tolist() == [1]


def test_second_backward_is_refused_only_where_something_was_saved() -> None:
    x = leaf(2)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()
    z = x + 1
    z.backward()
    z.backward()


def test_a_million_nodes() -> None:
    x = y = leaf(1)
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1]


def test_a_leaf_gets_one_total_from_a_pass_and_none_from_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[tuple[object, list[float]]] = []
    monkeypatch.setattr(graph, "accumulate", lambda leaf, g: came.append((leaf, g.tolist())))
    x, w = leaf(3), leaf(2)
    (x * w + x * 5 + x).backward()
    assert came == [(x, [8.0]), (w, [3.0])]

    y = w * x
    y.register_hook(lambda g: 1 / 0)
    came.clear()
    with pytest.raises(ZeroDivisionError):
        (x * 4 + y).backward()
    assert not came


def test_a_node_knows_the_shapes_of_large_inputs_that_it_does_not_keep() -> None:
    x = leaf(*range(100))
    large = np.arange(300.0).reshape(3, 100)
    y = x + large
    kept = y.grad_fn.constants[1]
    assert isinstance(kept, Left) and (kept.shape, kept.dtype) == (large.shape, large.dtype)
    assert y.grad_fn.shapes == ((100,), (3, 100)) and (x * 2).grad_fn.shapes == ((100,), None)
    joined = tg.cat([x, tg.tensor(large).reshape(300)]).grad_fn
    assert joined.shapes == ((100,), (300,))
    joined_sum = tg.cat([tg.tensor(large).reshape(300), x]) * 2
    joined_sum.sum().backward()
    assert x.grad.tolist() == [2.0] * 100


def test_sixty_doublings_take_sixty_steps() -> None:
    x = y = leaf(1)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.tolist() == [2.0**60]


def test_a_graph_of_the_learners_own_loop() -> None:
    x = leaf(3)
    y = (x * x).exp() + x
    arrived = {y.grad_fn: np.ones(1)}
    for node in reversed(walk(y.grad_fn)):
        for source, g in pull(node, arrived.pop(node)):
            arrived[source] = arrived.get(source, 0) + g
    for source, g in arrived.items():
        accumulate(source, tg.as_tensor(g))
    by_hand, x.grad = x.grad, None
    propagate(((x * x).exp() + x).grad_fn, np.ones(1))
    np.testing.assert_allclose(by_hand.numpy(), x.grad.numpy())
    np.testing.assert_allclose(by_hand.numpy(), [np.exp(9) * 6 + 1])


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [((3, 4), (4,)), ((3, 4), (3, 1)), ((3, 4), (1, 1)), ((2, 3, 4), (3, 1)), ((3,), ()), ((2, 2), (2, 2))],
)
def test_sum_to_undoes_broadcasting(wide, narrow) -> None:
    g = np.arange(np.prod(wide), dtype=float).reshape(wide)
    found = sum_to(g, narrow)
    assert found.shape == narrow
    weights = np.broadcast_to(np.arange(1.0, np.prod(narrow) + 1).reshape(narrow), wide)
    np.testing.assert_allclose((found * np.arange(1.0, np.prod(narrow) + 1).reshape(narrow)).sum(), (g * weights).sum())


def test_gradients_of_gradients_to_the_fourth_order() -> None:
    x = leaf(2)
    y = x * x * x * x
    for expected in (32, 48, 48, 24):
        (y,) = autograd.grad(y, x, create_graph=True)
        assert y.tolist() == [expected]


def test_gradcheck_finds_a_wrong_rule() -> None:
    class Wrong(Op):
        """Twice x, with the rule of once x."""

        label = "wrong"

        def forward(x):
            return x * 2

        def grad_x(g):
            return g

    with pytest.raises(autograd.GradcheckError, match="Jacobian mismatch for input 0"):
        autograd.gradcheck(Wrong, leaf(1, 2))
    assert not autograd.gradcheck(Wrong, leaf(1, 2), raise_exception=False)


# grad, hooks and modes


def test_grad_touches_no_leaf() -> None:
    x, w = leaf(2), leaf(3)
    h = x * w
    y = h * h
    gh, gx = autograd.grad(y, [h, x])
    assert (gh.tolist(), gx.tolist()) == ([12], [36])
    assert x.grad is None and w.grad is None


def test_grad_of_several_outputs_adds_up() -> None:
    x = leaf(2)
    (g,) = autograd.grad([x * 3, x * x], x)
    assert g.tolist() == [7]


def test_grad_of_an_unused_input() -> None:
    x, unused = leaf(2), leaf(1)
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        autograd.grad(x * 2, unused)
    assert autograd.grad(x * 2, unused, allow_unused=True) == (None,)
    assert autograd.grad(x * 2, unused, materialize_grads=True)[0].tolist() == [0]


def test_leaf_hooks_see_the_total_once() -> None:
    x, seen = leaf(3), []
    handle = x.register_hook(lambda g: seen.append(g.tolist()))
    (x * x).backward()
    handle.remove()
    (x * x).backward()
    assert seen == [[6]] and x.grad.tolist() == [12]


def test_removing_a_hook_twice_takes_no_other_away() -> None:
    x, seen = leaf(3), []
    first = x.register_hook(lambda g: None)
    first.remove()
    x.register_hook(lambda g: seen.append(1))
    first.remove()
    (x * x).backward()
    assert seen == [1]


def test_a_hook_can_replace_the_gradient() -> None:
    x = leaf(3)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    (y * 1).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([20], [10])


def test_no_grad_is_put_back_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        assert not tg.is_grad_enabled()
        1 / 0  # noqa: B018
    assert tg.is_grad_enabled()


def test_no_grad_belongs_to_one_thread() -> None:
    seen = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(tg.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_no_grad_as_a_decorator_and_nested() -> None:
    @tg.no_grad()
    def double(x):
        with tg.enable_grad():
            assert tg.is_grad_enabled()
        return x * 2

    assert not double(leaf(1)).requires_grad
    assert tg.is_grad_enabled()


# Tensors beside Python and NumPy


def test_array_times_tensor_is_a_tensor() -> None:
    x = leaf(1, 2)
    y = np.array([3.0, 4.0]) * x
    assert isinstance(y, tg.Tensor) and y.requires_grad
    assert isinstance(np.exp(tg.ones(2)), tg.Tensor)


def test_numpy_of_a_tracked_tensor_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\) instead"):
        leaf(1).numpy()


def test_integers_do_not_want_gradients() -> None:
    with pytest.raises(RuntimeError, match="only Tensors of floating point dtype can require gradients"):
        tg.tensor([1, 2], requires_grad=True)


def test_a_vector_needs_a_gradient_to_start_from() -> None:
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        (leaf(1, 2) * 2).backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        tg.ones(1).backward()


def test_matmul_names_the_sizes_and_the_cure() -> None:
    with pytest.raises(RuntimeError, match=r"784 and 10 must be equal; did you mean y.mT"):
        tg.zeros(32, 784) @ tg.zeros(10, 784)


def test_a_list_is_not_a_tensor() -> None:
    with pytest.raises(TypeError, match="wrap it first"):
        tg.ones(2) * [1, 2]


def test_ambiguous_truth_is_refused() -> None:
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(tg.ones(2) > 0)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (tg.tensor([2.0]), "tensor([2.])"),
        (tg.tensor([2.0], requires_grad=True), "tensor([2.], requires_grad=True)"),
        (tg.tensor([0.5, 1 / 3]), "tensor([0.5000, 0.3333])"),
        (tg.tensor([1, 2]), "tensor([1, 2])"),
        (tg.tensor(True), "tensor(True)"),
        (tg.tensor([1.0], dtype=tg.float64), "tensor([1.], dtype=float64)"),
        (tg.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<Mul>)"),
        (tg.tensor([]), "tensor([])"),
    ],
)
def test_printing(x, text) -> None:
    assert repr(x) == text
