"""What a loop over data needs: a layer that notes its mode, a loss, and some batches."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course import nn


class Noted(nn.Linear):
    """A layer that notes whether it was in training mode."""

    modes: list[bool]

    def forward(self, input: Any) -> Any:
        self.modes.append(self.training)
        return super().forward(input)


def square(output: Any, target: Any) -> Any:
    """Twice as dear where the output is too high, so that input and target cannot change places."""
    away = output[:, 0] - target if output.ndim == 2 else output - target[:, 0]
    return (away.relu() * 2 + (-away).relu()).mean()


def some_batches(sizes: list[int]) -> list[tuple[Any, Any]]:
    numbers = np.sin(np.arange(100.0))
    return [
        (tg.Tensor(numbers[10 * i : 10 * i + 2 * n].reshape(n, 2)), tg.Tensor(numbers[50 + i : 50 + i + n] * 2))
        for i, n in enumerate(sizes)
    ]
