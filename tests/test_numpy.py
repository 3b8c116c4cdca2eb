"""Tensors among NumPy's functions and warnings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg

ROWS = np.array([[1.0, -2.0], [3.0, 4.0]])
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": np.sum,
    "sum along an axis": lambda x: np.sum(x, axis=0),
    "mean": np.mean,
    "max": np.max,
    "std": np.std,
    "median": np.median,
    "concatenate": lambda x: np.concatenate([x, x]),
    "stack, with arrays": lambda x: np.stack((x, ROWS)),
    "where": lambda x: np.where(np.asarray(x) > 0, x, 0),
    "allclose": lambda x: np.allclose(x, ROWS),
    "linalg.norm": np.linalg.norm,
    "einsum": lambda x: np.einsum("ij->j", x),
    "clip": lambda x: np.clip(x, a_min=0, a_max=2),
    "histogram": lambda x: np.histogram(x, bins=3)[0],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_numpy_function_sees_the_array(name: str) -> None:
    function = FUNCTIONS[name]
    assert np.array_equal(np.asarray(function(tg.tensor(ROWS))), function(ROWS))


@pytest.mark.parametrize("function", [np.exp, np.abs, lambda x: np.add(x, 1), lambda x: np.maximum(x, 2)])
def test_a_ufunc_gives_a_tensor(function: Callable[[Any], Any]) -> None:
    y = function(tg.tensor(ROWS))
    assert isinstance(y, tg.Tensor) and np.array_equal(y.numpy(), function(ROWS))


@pytest.mark.parametrize("function", [np.sum, np.exp, lambda x: np.concatenate([x, x])])
def test_numpy_refuses_what_wants_gradients_and_says_detach(function: Callable[[Any], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\)"):
        function(tg.tensor(ROWS, requires_grad=True))


def test_nan_and_inf_come_without_a_warning_but_numpys_own_warnings_stay() -> None:
    program = """
import numpy as np, tinygrad_course as tg
x = tg.tensor([0.0, 1000.0], requires_grad=True)
for y in (x / x, x.exp(), (x - 1).log(), 1 / x, x % 0, tg.nn.functional.softmax(x * tg.inf, 0)):
    y.sum().backward()
np.array([1.0]) / 0
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.count("RuntimeWarning") == 1 and "<string>" in done.stderr
