"""Writing in place: what is recorded, what is refused, and that nothing is ever silently wrong."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_course as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def test_item_assignment_after_use_gives_the_right_gradient() -> None:
    x = leaf(1, 2, 3)
    y = x * 3
    y[0] = 7
    y.sum().backward()
    assert y.tolist() == [7, 6, 9]
    assert x.grad.tolist() == [0, 3, 3]


def test_value_written_in_gets_its_gradient() -> None:
    x, v = leaf(1, 2, 3), leaf(5)
    y = x * 1
    y[1:2] = v * 2
    (y * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert v.grad.tolist() == [20]
    assert x.grad.tolist() == [1, 0, 100]


def test_augmented_assignment_is_in_place() -> None:
    x = leaf(1, 2)
    y = x * 2
    same = y
    y += x
    y *= 3
    assert same is y
    y.sum().backward()
    assert x.grad.tolist() == [9, 9]


def test_writing_a_view_rewrites_its_base() -> None:
    x = leaf(1, 2, 3, 4)
    base = x * 2
    row = base.reshape(2, 2)[0]
    row.mul_(10)
    assert base.tolist() == [20, 40, 6, 8]
    base.sum().backward()
    assert x.grad.tolist() == [20, 20, 2, 2]


def test_a_view_sees_a_write_to_its_base() -> None:
    x = leaf(1, 2)
    base = x * 2
    view = base[0]
    base.mul_(5)
    view.backward()
    assert x.grad.tolist() == [10, 0]


def test_two_views_of_one_base() -> None:
    x = leaf(1, 2, 3, 4)
    base = (x * 1).reshape(2, 2)
    left, top = base[:, 0], base[0]
    left.mul_(3)
    (top * top).sum().backward()
    assert top.tolist() == [3, 2]
    assert x.grad.tolist() == [18, 4, 0, 0]


def test_untracked_base_takes_a_tracked_value() -> None:
    w = leaf(4)
    base = tg.zeros(3, dtype=tg.float64)
    base[1] = w[0] * 2
    (base * base).sum().backward()
    assert w.grad.tolist() == [32]


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.add_(1),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x[0:1].mul_(2),
        lambda x: x.reshape(1, -1)[0].zero_(),
        lambda x: x.copy_(tg.zeros(2)),
    ],
)
def test_a_leaf_that_wants_gradients_is_refused(write) -> None:
    x = leaf(1, 2)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        write(x)
    assert x.tolist() == [1, 2]
    with tg.no_grad():
        write(x)


def test_a_saved_value_that_changed_is_refused() -> None:
    x = leaf(1, 2)
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*version 1; expected version 0"):
        z.sum().backward()


def test_a_saved_output_that_changed_is_refused() -> None:
    x = leaf(1, 2)
    y = x.exp()
    y[0] = 0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_saved_base_is_refused_when_its_view_was_written() -> None:
    x = leaf(1, 2)
    y = x * 2
    z = y.exp() * y
    y[0].mul_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_an_index_that_changed_is_refused() -> None:
    x, index = leaf(1, 2), tg.tensor([0, 1])
    y = x[index]
    index[0] = 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_value_nobody_saved_may_change() -> None:
    x = leaf(1, 2)
    y = x + 1
    z = y + 1
    y.mul_(100)
    z.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_filling_cuts_the_gradient() -> None:
    x = leaf(1, 2)
    y = x * 2
    y.zero_()
    (y + x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_no_grad_write_keeps_the_graph_and_counts() -> None:
    x = leaf(1, 2)
    y = x * 3
    with tg.no_grad():
        y.add_(1)
    assert y._version == 1
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_view_made_under_no_grad_is_refused() -> None:
    x = leaf(1, 2)
    y = x * 3
    with tg.no_grad():
        view = y[0]
    with pytest.raises(RuntimeError, match="view was created in no_grad mode"):
        view.mul_(2)


def test_shape_and_type_must_fit() -> None:
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        tg.zeros(2).add_(tg.zeros(3, 2))
    with pytest.raises(RuntimeError, match="can't be cast"):
        tg.tensor([1, 2]).add_(0.5)
    with pytest.raises(RuntimeError, match="read-only or expanded"):
        tg.zeros(1).expand(3).add_(1)


def test_the_drawn_value_is_the_one_that_ran() -> None:
    x = leaf(1, 2)
    y = x * 2
    node = y.grad_fn
    y.add_(1)
    assert np.array_equal(node.value, [2, 4])


def test_same_as_pytorch_over_random_programs() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[parity]' compares with it")

    def program(t, x, rng):
        y = x * 2
        views = [y]
        for _ in range(6):
            target = views[rng.integers(len(views))]
            kind = rng.integers(4)
            if kind == 0 and target.ndim:
                views.append(target[int(rng.integers(target.shape[0]))])
            elif kind == 1:
                views.append(target.reshape(-1))
            elif kind == 2:
                target.mul_(float(rng.integers(1, 4)))
            else:
                target.add_(x[0, 0])
        return sum((v.sum() for v in views), 0.0)

    for seed in range(200):
        grads = []
        for t in (tg, torch):
            x = t.tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
            program(t, x, np.random.default_rng(seed)).backward()
            grads.append(x.grad.numpy())
        np.testing.assert_allclose(grads[0], grads[1], err_msg=f"program {seed}")


def test_item_assignment_takes_pytorchs_order_of_axes() -> None:
    x = tg.zeros(2, 3, 4)
    x[0, :, [1, 1]] = tg.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    assert x[0, :, 1].tolist() == [1, 2, 3]
    assert float(x.sum()) == 6


def test_scatter_and_index_add_in_place() -> None:
    x = tg.zeros(3, dtype=tg.float64)
    v = leaf(1, 2)
    x.scatter_add_(0, tg.tensor([1, 1]), v)
    x.index_add_(0, tg.tensor([0]), v[:1])
    x.scatter_(0, tg.tensor([2]), v[1:])
    (x * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.tolist() == [1, 3, 2]
    assert v.grad.tolist() == [11, 110]
