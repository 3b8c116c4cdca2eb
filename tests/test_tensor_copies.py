"""Tensors copied and pickled, as the standard library does it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tinygrad_course as tg


def leaf() -> tg.Tensor:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    return x


def test_deepcopy_has_memory_of_its_own() -> None:
    x = leaf()
    y = copy.deepcopy(x)
    y.data[0] = y.grad.data[0] = 9
    assert x.tolist() == [1, 2] and x.grad.tolist() == [2, 4] and y.requires_grad


def test_deepcopy_copies_a_shared_tensor_once() -> None:
    x = leaf()
    first, second = copy.deepcopy([x, x])
    assert first is second and first is not x


def test_deepcopy_of_a_result_is_refused() -> None:
    with pytest.raises(RuntimeError, match="created explicitly by the user"):
        copy.deepcopy(leaf() * 2)


@pytest.mark.parametrize(
    "make", [lambda: tg.tensor([[1, 2]]), leaf, lambda: leaf() * 3, lambda: tg.nn.Parameter(tg.ones(2))]
)
def test_pickle_keeps_numbers_type_and_wish_for_gradients(make) -> None:
    x = make()
    y = pickle.loads(pickle.dumps(x))
    assert type(y) is type(x) and y.dtype == x.dtype and y.requires_grad == x.requires_grad
    assert np.array_equal(y.data, x.data) and y.is_leaf


def test_a_module_survives_pickle_and_deepcopy() -> None:
    model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.ReLU())
    x = tg.ones(1, 2)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert np.array_equal(other(x).detach().numpy(), model(x).detach().numpy())
        assert not np.shares_memory(other[0].weight.data, model[0].weight.data)
