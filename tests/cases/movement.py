"""Rows for tinygrad_course/ops/movement.py."""

import numpy as np

from .base import case, numbers

A, CUBE = numbers(3, 4), numbers(2, 3, 4)

MOVEMENT = [
    case("reshape", "Reshape", lambda t, x: x.reshape(2, 6), A, truth=lambda x: x.reshape(2, 6)),
    case("reshape -1", "Reshape", lambda t, x: x.reshape(-1), CUBE, truth=lambda x: x.ravel()),
    case("expand", "Expand", lambda t, x: x.expand(2, 3, 4), numbers(3, 1), truth=lambda x: np.tile(x, (2, 1, 4))),
    case("permute", "Permute", lambda t, x: x.permute(2, 0, 1), CUBE, truth=lambda x: x.transpose(2, 0, 1)),
    case("transpose", "Permute", lambda t, x: x.transpose(0, -1), CUBE, truth=lambda x: x.swapaxes(0, 2)),
    case("T", "Permute", lambda t, x: x.T, A, truth=lambda x: x.T),
    case("mT", "Permute", lambda t, x: x.mT, CUBE, truth=lambda x: x.mT),
    case("clone", "Clone", lambda t, x: x.clone(), A, truth=lambda x: x),
    case("float32 and back", "Cast", lambda t, x: (x * 1024).float().double(), A, gradients=False),
]  # fmt: skip
