"""The workloads for libraries that differentiate functions: the same lines run with jax.numpy and autograd.numpy.

A Task's loss takes the library's NumPy, the parameters and the data; its optimizer gives new parameters for old ones.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from .workloads import BATCH, BLOCKS, HEADS, LETTERS, TOKENS, WIDTH, classes, numbers


class Task(NamedTuple):
    """A workload as functions of arrays.

    loss(np, parameters, x, y). shapes: of the parameters, in PyTorch's order. update(np, parameters, gradients, state):
    the next parameters and state; the state begins as 0.0 for every moving average.
    """

    loss: Callable[..., Any]
    shapes: list[tuple[int, ...]]
    x: Any
    y: Any
    update: Callable[..., Any]
    averages: int = 0


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def log_softmax(np: Any, x: Any) -> Any:
    x = x - np.max(x, axis=-1, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def cross_entropy(np: Any, scores: Any, y: Any) -> Any:
    return -np.mean(log_softmax(np, scores)[np.arange(len(y)), y])


# Optimizers


def sgd(np: Any, parameters: list[Any], gradients: list[Any], state: list[Any]) -> tuple[list[Any], list[Any]]:
    return [w - 0.01 * g for w, g in zip(parameters, gradients, strict=True)], state


def momentum(np: Any, parameters: list[Any], gradients: list[Any], state: list[Any]) -> tuple[list[Any], list[Any]]:
    count, speeds = state
    speeds = [0.9 * v + g for v, g in zip(speeds, gradients, strict=True)]
    return [w - 0.01 * v for w, v in zip(parameters, speeds, strict=True)], [count, speeds]


def adamw(decay: float) -> Callable[..., Any]:
    """AdamW as PyTorch's, with a learning rate of 0.001; decay=0 makes it Adam."""

    def update(np: Any, parameters: list[Any], gradients: list[Any], state: list[Any]) -> tuple[list[Any], list[Any]]:
        count, means, squares = state
        count = count + 1
        means = [0.9 * m + 0.1 * g for m, g in zip(means, gradients, strict=True)]
        squares = [0.999 * s + 0.001 * g * g for s, g in zip(squares, gradients, strict=True)]
        rate, correction = 0.001 / (1 - 0.9**count), (1 - 0.999**count) ** 0.5
        changed = [
            w * (1 - 0.001 * decay) - rate * m / (np.sqrt(s) / correction + 1e-8)
            for w, m, s in zip(parameters, means, squares, strict=True)
        ]
        return changed, [count, means, squares]

    return update


# Workloads


def mlp(sizes: tuple[int, ...], batch: int, activation: str) -> Task:
    def loss(np: Any, parameters: list[Any], x: Any, y: Any) -> Any:
        *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
        for w, b in hidden:
            x = np.tanh(linear(x, w, b)) if activation == "Tanh" else np.maximum(linear(x, w, b), 0)
        return cross_entropy(np, linear(x, *last), y)

    shapes = [shape for before, after in pairwise(sizes) for shape in ((after, before), (after,))]
    return Task(loss, shapes, numbers(batch, sizes[0]), classes(sizes[-1], batch), sgd)


def cnn(side: int) -> Task:
    """For JAX alone: NumPy's names have no convolution."""

    def loss(np: Any, parameters: list[Any], x: Any, y: Any) -> Any:
        from jax import lax

        *filters, w, b = parameters
        for kernel, bias in zip(filters[::2], filters[1::2], strict=True):
            x = lax.conv_general_dilated(x, kernel, (1, 1), "SAME") + bias[:, None, None]
            x = lax.reduce_window(np.maximum(x, 0), -np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        return cross_entropy(np, linear(x.reshape(len(x), -1), w, b), y)

    shapes: list[tuple[int, ...]] = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (10, 32 * (side // 4) ** 2), (10,)]
    return Task(loss, shapes, numbers(64, 1, side, side), classes(10, 64), momentum, 1)


def lstm() -> Task:
    def loss(np: Any, parameters: list[Any], x: Any, y: Any) -> Any:
        to_x, to_h, b_x, b_h = parameters

        def cell(state: Any, now: Any) -> Any:
            h, c = state
            i, f, g, o = np.split(linear(now, to_x, b_x) + linear(h, to_h, b_h), 4, axis=1)
            c = sigmoid(np, f) * c + sigmoid(np, i) * np.tanh(g)
            return (sigmoid(np, o) * np.tanh(c), c), None

        zeros = np.zeros((32, 64), "float32")
        (h, _), _ = scan(np)(cell, (zeros, zeros), x)
        return cross_entropy(np, h, y)

    shapes: list[tuple[int, ...]] = [(256, 32), (256, 64), (256,), (256,)]
    return Task(loss, shapes, numbers(50, 32, 32), classes(64, 32), adamw(0), 2)


def scan(np: Any) -> Callable[..., Any]:
    """jax.lax.scan, which compiles a loop's body once, or the same as a loop."""
    if np.__name__ == "jax.numpy":
        from jax.lax import scan

        return scan

    def loop(body: Callable[..., Any], state: Any, xs: Any) -> Any:
        for x in xs:
            state, _ = body(state, x)
        return state, None

    return loop


def sigmoid(np: Any, x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def gpt() -> Task:
    block: list[tuple[int, ...]] = [
        (WIDTH,), (WIDTH,), (WIDTH,), (WIDTH,), (3 * WIDTH, WIDTH), (3 * WIDTH,), (WIDTH, WIDTH), (WIDTH,),
        (4 * WIDTH, WIDTH), (4 * WIDTH,), (WIDTH, 4 * WIDTH), (WIDTH,),
    ]  # fmt: skip

    def loss(np: Any, parameters: list[Any], ids: Any, target: Any) -> Any:
        token, position, *rest = parameters
        x = token[ids] + position
        for i in range(0, BLOCKS * len(block), len(block)):
            norm1, bias1, norm2, bias2, *layers = rest[i : i + len(block)]
            x = x + attention(np, layer_norm(np, x, norm1, bias1), *layers[:4])
            x = x + linear(gelu(np, linear(layer_norm(np, x, norm2, bias2), *layers[4:6])), *layers[6:])
        norm, bias, w, b = rest[-4:]
        scores = linear(layer_norm(np, x, norm, bias), w, b)
        return cross_entropy(np, scores.reshape(-1, LETTERS), target)

    shapes: list[tuple[int, ...]] = [(LETTERS, WIDTH), (TOKENS, WIDTH), *block * BLOCKS]
    shapes += [(WIDTH,), (WIDTH,), (LETTERS, WIDTH), (LETTERS,)]
    return Task(loss, shapes, classes(LETTERS, BATCH, TOKENS), classes(LETTERS, BATCH * TOKENS), adamw(0.01), 2)


def attention(np: Any, x: Any, to_heads: Any, bias: Any, out: Any, out_bias: Any) -> Any:
    n, tokens, width = x.shape
    heads = linear(x, to_heads, bias).reshape(n, tokens, 3, HEADS, width // HEADS)
    q, k, v = np.transpose(heads, (2, 0, 3, 1, 4))
    scores = q @ np.swapaxes(k, -1, -2) * (width // HEADS) ** -0.5
    scores = np.where(np.tri(tokens, dtype=bool), scores, -np.inf)
    z = np.exp(log_softmax(np, scores)) @ v
    return linear(np.swapaxes(z, 1, 2).reshape(n, tokens, width), out, out_bias)


def layer_norm(np: Any, x: Any, w: Any, b: Any) -> Any:
    x = x - np.mean(x, axis=-1, keepdims=True)
    return x * (np.mean(x * x, axis=-1, keepdims=True) + 1e-5) ** -0.5 * w + b


def gelu(np: Any, x: Any) -> Any:
    if np.__name__ == "jax.numpy":
        from jax.scipy.special import erf
    else:
        from autograd.scipy.special import erf
    return x * 0.5 * (1 + erf(x * 0.5**0.5))
