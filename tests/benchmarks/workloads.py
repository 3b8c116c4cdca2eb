"""The workloads: each takes a namespace with PyTorch's names (torch, or tinygrad_course) and gives a training step.

A step is a function without arguments that does one whole step of training and returns its loss. Weights and data come
from NumPy with one seed, so that both namespaces compute the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np

Step = Callable[[], Any]


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Normal random numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def classes(count: int, *shape: int) -> np.ndarray:
    """Random classes from 0 to count - 1."""
    return np.random.default_rng(1).integers(0, count, shape)


def weights(shapes: Iterable[tuple[int, ...]]) -> list[np.ndarray]:
    """The first parameters of a model with these shapes, the same in every framework."""
    fans = [(tuple(shape), int(np.prod(shape[1:]))) for shape in shapes]
    return [numbers(*shape, seed=seed) / np.sqrt(np.float32(fan + 1)) for seed, (shape, fan) in enumerate(fans)]


def given(t: Any, model: Any) -> Any:
    """The model with weights that do not depend on its framework."""
    parameters = list(model.parameters())
    with t.no_grad():
        for parameter, values in zip(parameters, weights(p.shape for p in parameters), strict=True):
            parameter.copy_(t.tensor(values))
    return model


def training(t: Any, model: Any, x: Any, y: Any, optimizer: Any) -> Step:
    """One step: scores, cross-entropy, backward, update."""

    def step() -> Any:
        optimizer.zero_grad()
        loss = t.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def chain(t: Any) -> Step:
    """2,000 tiny operations in a row, forward and backward."""
    x = t.tensor([0.5, -0.5, 1.0, 2.0], requires_grad=True)

    def step() -> Any:
        x.grad = None
        y = x
        for _ in range(1000):
            y = y * 0.999
            y = y + x
        loss = y.sum()
        loss.backward()
        return loss

    return step


def mlp(t: Any, sizes: tuple[int, ...], batch: int, activation: str) -> Step:
    """A network of Linear layers, trained with SGD."""
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [t.nn.Linear(before, after), getattr(t.nn, activation)()]
    model = given(t, t.nn.Sequential(*layers[:-1]))
    x, y = t.tensor(numbers(batch, sizes[0])), t.tensor(classes(sizes[-1], batch))
    return training(t, model, x, y, t.optim.SGD(model.parameters(), lr=0.01))


def cnn(t: Any, side: int) -> Step:
    """Two convolutions of 16 and 32 channels, each with ReLU and pooling, and a Linear layer; 64 images."""
    nn = t.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * (side // 4) ** 2, 10),
    )  # fmt: skip
    x, y = t.tensor(numbers(64, 1, side, side)), t.tensor(classes(10, 64))
    return training(t, given(t, model), x, y, t.optim.SGD(model.parameters(), lr=0.01, momentum=0.9))


def lstm_cell(t: Any) -> Step:
    """An LSTMCell, 32 → 64, called for 50 steps of a batch of 32."""
    cell = given(t, t.nn.LSTMCell(32, 64))
    x, y = t.tensor(numbers(50, 32, 32)), t.tensor(classes(64, 32))

    def model(x: Any) -> Any:
        h, c = t.zeros(32, 64), t.zeros(32, 64)
        for now in x:
            h, c = cell(now, (h, c))
        return h

    return training(t, model, x, y, t.optim.Adam(cell.parameters(), lr=0.001))


def lstm_layer(t: Any) -> Step:
    """An LSTM layer, 32 → 64, over 50 steps of a batch of 32."""
    layer = given(t, t.nn.LSTM(32, 64))
    x, y = t.tensor(numbers(50, 32, 32)), t.tensor(classes(64, 32))
    return training(t, lambda x: layer(x)[0][-1], x, y, t.optim.Adam(layer.parameters(), lr=0.001))


WIDTH, HEADS, BLOCKS, TOKENS, LETTERS, BATCH = 64, 4, 4, 64, 65, 16


def gpt(t: Any) -> Step:
    """A GPT of width 64 with 4 blocks, 64 tokens, batch 16, trained with AdamW."""
    nn, F = t.nn, t.nn.functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.to_heads, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def attention(self, x: Any) -> Any:
            n, tokens, _ = x.shape
            heads = self.to_heads(x).reshape(n, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            z = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
            return self.out(z.transpose(1, 2).reshape(n, tokens, WIDTH))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.narrow(F.gelu(self.wide(self.norm2(x))))

    class GPT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = nn.Embedding(LETTERS, WIDTH), nn.Embedding(TOKENS, WIDTH)
            self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
            self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, LETTERS)

        def forward(self, ids: Any) -> Any:
            x = self.token(ids) + self.position(t.arange(TOKENS))
            return self.head(self.norm(self.blocks(x))).reshape(-1, LETTERS)

    model = given(t, GPT())
    ids, target = t.tensor(classes(LETTERS, BATCH, TOKENS)), t.tensor(classes(LETTERS, BATCH * TOKENS))
    return training(t, model, ids, target, t.optim.AdamW(model.parameters(), lr=0.001))


WORKLOADS: dict[str, tuple[Callable[[Any], Step], float]] = {
    "chain of 2,000": (chain, 0.80),
    "MLP 2-16-16-2": (lambda t: mlp(t, (2, 16, 16, 2), 32, "Tanh"), 0.20),
    "MLP 64-64-10": (lambda t: mlp(t, (64, 64, 10), 64, "ReLU"), 0.30),
    "MLP 784-512-512-10": (lambda t: mlp(t, (784, 512, 512, 10), 128, "ReLU"), 0.90),
    "CNN on 8×8": (lambda t: cnn(t, 8), 0.65),
    "CNN on 28×28": (lambda t: cnn(t, 28), 1.00),
    "LSTMCell, 50 steps": (lstm_cell, 0.80),
    "LSTM layer": (lstm_layer, 1.00),
    "GPT": (gpt, 1.00),
}
"""Each workload with its aim: our time over PyTorch's."""
