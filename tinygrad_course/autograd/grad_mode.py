"""Switching recording off and on, for one thread."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from contextlib import ContextDecorator
from functools import wraps
from typing import Any, TypeVar, cast

from ..modes import modes

F = TypeVar("F", bound=Callable)


class Switch(ContextDecorator):
    """A `with` block, or a decorator; of a generator function, every step is inside and what is between is not."""

    def __call__(self, function: F) -> F:
        if not inspect.isgeneratorfunction(function):
            return super().__call__(function)

        @wraps(function)
        def steps(*args: Any, **kwargs: Any) -> Generator:
            generator, ended = function(*args, **kwargs), object()
            while True:
                with self._recreate_cm():  # type: ignore[attr-defined]
                    item = next(generator, ended)
                if item is ended:
                    return
                yield item

        return cast(F, steps)


class no_grad(Switch):
    """A `with` block, or a decorator, in which nothing is recorded; for this thread alone."""

    mode = False

    def __init__(self) -> None:
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(modes.grad)
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.before.pop()


class enable_grad(no_grad):
    """A `with` block, or a decorator, in which operations are recorded, also inside no_grad."""

    mode = True


class set_grad_enabled(Switch):
    """Switch recording on or off: at once, and back at the end where it is used as a `with` block."""

    def __init__(self, mode: bool) -> None:
        self.mode, self.before = bool(mode), modes.grad
        modes.grad = self.mode

    def __call__(self, function: F) -> F:
        modes.grad = self.before
        return super().__call__(function)

    def __enter__(self) -> None:
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.before


class inference_mode(no_grad):
    """As no_grad: nothing is recorded. `inference_mode(False)` records."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = not mode


class set_detect_anomaly(Switch):
    """Switch anomaly mode on or off: at once, and back at the end where it is used as a `with` block.

    In it every operation notes the line of the program that called it; a gradient that is nan raises RuntimeError, and
    that error, as every other of the backward pass, names the line.
    """

    def __init__(self, mode: bool) -> None:
        self.before, modes.anomaly = modes.anomaly, bool(mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        modes.anomaly = self.before


class detect_anomaly(set_detect_anomaly):
    """A `with` block in anomaly mode: see set_detect_anomaly."""

    def __init__(self) -> None:
        super().__init__(True)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return modes.grad
