"""Modules with given numbers, and the shapes of their parameters."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg


def shapes(module: Any) -> dict[str, Any]:
    """The shape of every parameter, by its path."""
    return {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}


def numbered(module: Any) -> Any:
    """The module, with the numbers 0.1, 0.2, 0.3, … in its parameters, weights before biases."""
    with tg.no_grad():
        count = 0
        for parameter in sorted(module.parameters(), key=lambda p: p.ndim, reverse=True):
            parameter.copy_((tg.arange(parameter.numel()).reshape(parameter.shape) + count + 1) / 10)
            count += parameter.numel()
    return module
