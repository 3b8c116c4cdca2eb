"""Libraries beside PyTorch, in the report alone and where installed: NumPy by hand, jax.jit, autograd and tinygrad.

Each has the workloads that are natural to it, written its own way, on the same first weights and data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from .functional import Task, cnn, gpt, lstm, mlp
from .workloads import Step, classes, numbers, weights

SMALL, MIDDLE, LARGE = "MLP 2-16-16-2", "MLP 64-64-10", "MLP 784-512-512-10"


def by_hand() -> Step:
    """The smallest MLP's step in plain NumPy: the floor, with every gradient written out and memory made once."""
    w1, b1, w2, b2, w3, b3 = weights([(16, 2), (16,), (16, 16), (16,), (2, 16), (2,)])
    x, y, rows = numbers(32, 2), classes(2, 32), np.arange(32)
    h1, h2, p = np.empty((32, 16), x.dtype), np.empty((32, 16), x.dtype), np.empty((32, 2), x.dtype)

    def step() -> np.floating:
        np.tanh(np.add(np.matmul(x, w1.T, out=h1), b1, out=h1), out=h1)
        np.tanh(np.add(np.matmul(h1, w2.T, out=h2), b2, out=h2), out=h2)
        np.add(np.matmul(h2, w3.T, out=p), b3, out=p)
        np.exp(np.subtract(p, p.max(1, keepdims=True), out=p), out=p)
        np.divide(p, p.sum(1, keepdims=True), out=p)
        loss = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        g3 = np.multiply(p, 0.01 / 32, out=p)  # the learning rate and the mean, so that no gradient needs them again
        g2 = (g3 @ w3) * (1 - h2 * h2)
        g1 = (g2 @ w2) * (1 - h1 * h1)
        for w, b, g, h in ((w3, b3, g3, h2), (w2, b2, g2, h1), (w1, b1, g1, x)):
            np.subtract(w, g.T @ h, out=w)
            np.subtract(b, g.sum(0), out=b)
        return loss

    return step


# JAX and autograd


def start(task: Task) -> tuple[list[Any], list[Any]]:
    """A task's first parameters, and its optimizer's first state."""
    first = weights(task.shapes)
    return first, [0.0, *([np.zeros_like(w) for w in first] for _ in range(task.averages))]


def jitted(task: Task) -> Step:
    """The whole step as one compiled function, which writes the new parameters where the old ones were."""
    import jax

    def whole(parameters: Any, state: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(task.loss, argnums=1)(jax.numpy, parameters, x, y)
        return loss, *task.update(jax.numpy, parameters, gradients, state)

    compiled = jax.jit(whole, donate_argnums=(0, 1))
    parameters, state, x, y = jax.device_put((*start(task), task.x, task.y))

    def step() -> Any:
        nonlocal parameters, state
        loss, parameters, state = jax.block_until_ready(compiled(parameters, state, x, y))
        return loss

    return step


def recorded(task: Task) -> Step:
    """The step as autograd's users write it."""
    import autograd

    parameters, state = start(task)
    derived = autograd.value_and_grad(task.loss, argnum=1)

    def step() -> Any:
        nonlocal parameters, state
        loss, gradients = derived(autograd.numpy, parameters, task.x, task.y)
        parameters, state = task.update(np, parameters, gradients, state)
        return loss

    return step


# tinygrad


def tinygrad_step(layers: Sequence[Callable[..., Any]], x: np.ndarray, y: np.ndarray, momentum: float = 0.0) -> Step:
    """A step of layers in a row under TinyJit, which replays the programs that the first calls compiled."""
    from tinygrad import Context, Device, Tensor, TinyJit, nn

    parameters = [p for layer in layers if hasattr(layer, "weight") for p in (layer.weight, layer.bias)]
    for parameter, values in zip(parameters, weights(p.shape for p in parameters), strict=True):
        parameter.assign(Tensor(values)).realize()
    optimizer = nn.optim.SGD(parameters, lr=0.01, momentum=momentum)
    images, targets = Tensor(x).realize(), Tensor(y.astype(np.int32)).realize()

    @TinyJit
    @Context(TRAINING=1)
    def whole() -> Any:
        optimizer.zero_grad()
        loss = images.sequential(layers).sparse_categorical_crossentropy(targets).backward()
        return loss.realize(*optimizer.schedule_step())

    def step() -> Any:
        loss = whole().clone()
        Device[Device.DEFAULT].synchronize()
        return loss

    return step


def tinygrad_mlp(sizes: tuple[int, ...], batch: int, activation: str) -> Step:
    from tinygrad import Tensor, nn

    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), getattr(Tensor, activation)]
    return tinygrad_step(layers[:-1], numbers(batch, sizes[0]), classes(sizes[-1], batch))


def tinygrad_cnn(side: int) -> Step:
    from tinygrad import Tensor, nn

    layers = [
        nn.Conv2d(1, 16, 3, padding=1), Tensor.relu, Tensor.max_pool2d,
        nn.Conv2d(16, 32, 3, padding=1), Tensor.relu, Tensor.max_pool2d,
        lambda x: x.flatten(1), nn.Linear(32 * (side // 4) ** 2, 10),
    ]  # fmt: skip
    return tinygrad_step(layers, numbers(64, 1, side, side), classes(10, 64), momentum=0.9)


SIZES = {
    SMALL: ((2, 16, 16, 2), 32, "Tanh"),
    MIDDLE: ((64, 64, 10), 64, "ReLU"),
    LARGE: ((784, 512, 512, 10), 128, "ReLU"),
}

OTHERS: dict[str, dict[str, Callable[[], Step]]] = {
    "NumPy by hand": {SMALL: by_hand},
    "jax.jit": {
        **{name: lambda sizes=sizes: jitted(mlp(*sizes)) for name, sizes in SIZES.items()},
        "CNN on 8×8": lambda: jitted(cnn(8)),
        "CNN on 28×28": lambda: jitted(cnn(28)),
        "LSTM layer": lambda: jitted(lstm()),
        "GPT": lambda: jitted(gpt()),
    },
    "autograd": {
        **{name: lambda sizes=sizes: recorded(mlp(*sizes)) for name, sizes in SIZES.items()},
        "LSTMCell, 50 steps": lambda: recorded(lstm()),
        "GPT": lambda: recorded(gpt()),
    },
    "tinygrad": {
        **{name: lambda sizes=sizes: tinygrad_mlp(*sizes[:2], sizes[2].lower()) for name, sizes in SIZES.items()},
        "CNN on 8×8": lambda: tinygrad_cnn(8),
        "CNN on 28×28": lambda: tinygrad_cnn(28),
    },
}
"""Library → workload → what makes its step."""


def missing(library: str) -> str:
    """Why a library of OTHERS cannot run here, and the cure; "" where it can."""
    package = library.partition(".")[0]
    if library != "NumPy by hand" and find_spec(package) is None:
        return f"not installed: pip install {package}"
    return why_not_tinygrad() if package == "tinygrad" else ""


@cache
def why_not_tinygrad() -> str:
    """Why tinygrad cannot compile for the processor; "" where it can."""
    from tinygrad import Device

    try:
        Device["CPU"].synchronize()
    except Exception as error:
        compiler = os.environ.get("CC", "clang")
        return f"installed, but compiling with {compiler} fails here ({type(error).__name__}: {error})"
    return ""
