"""What a thread has switched on: whether operations are recorded, and how its backward pass runs."""

from __future__ import annotations

import threading
import weakref
from typing import Any


class Modes(threading.local):
    """What one thread has switched on: recording, and the options of the backward pass that is running.

    Code that every operation runs through reads `modes.__dict__` once: each look-up for a thread takes its time, and
    `vars(modes)` three times as long.
    """

    def __init__(self) -> None:  # runs in each thread that looks
        self.grad = True
        self.create_graph = False
        self.retain_graph = False
        self.scope: Scope | None = None  # the call of a module that is running
        self.anomaly = False  # nodes note the line of the program they came from; gradients that are nan are errors
        self.fused = True  # functions that have a fused operation use it; else the composite that it equals
        self.held: dict | None = None  # gradients kept back from `accumulate`: those asked for, or with hooks to run
        self.only_held = False  # autograd.grad: no leaf's .grad is touched


modes = Modes()


class Scope:
    """One call of a module: the call around it, and a weak reference to the module."""

    def __init__(self, outer: Scope | None, module: weakref.ref) -> None:
        self.outer, self.module = outer, module


class using:
    """Set modes for the length of a `with` block, and put the old ones back, also after an exception."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __enter__(self) -> None:
        here = modes.__dict__
        self.before = {name: here[name] for name in self.options}
        here.update(self.options)

    def __exit__(self, *exception: Any) -> None:
        modes.__dict__.update(self.before)
