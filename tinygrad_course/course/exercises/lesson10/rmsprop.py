"""RMSprop divides the gradient by a running root mean square of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_course import optim
from tinygrad_course.optim import Optimizer

from ...exercise import Exercise, Mistake
from .trials import Array, Remembered, trial


class _RMSprop(Optimizer):
    def __init__(self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps))

    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        alpha = group["alpha"]
        v = state["square_avg"] = alpha * state.get("square_avg", 0) + (1 - alpha) * g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropInPlace(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state.setdefault("v", np.zeros_like(p))
        v += (1 - group["alpha"]) * (g**2 - v)
        p -= g * (group["lr"] / (v**0.5 + group["eps"]))


class _RMSpropNoRoot(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * g * g
        p -= group["lr"] * g / (v + group["eps"])


class _RMSpropSum(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = state.get("v", 0) + g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropTurned(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = (1 - group["alpha"]) * state.get("v", 0) + group["alpha"] * g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropOfG(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * abs(g)
        p -= group["lr"] * g / (v + group["eps"])


class _RMSpropOneNumber(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * (g * g).mean()
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropFromG(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", g * g) + (1 - group["alpha"]) * g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropForgets(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropNoEps(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * g * g
        p -= group["lr"] * g / np.sqrt(v)


class _RMSpropInside(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * g * g
        p -= group["lr"] * g / np.sqrt(v + group["eps"])


class _RMSpropShared(_RMSprop):
    v: Any = 0

    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        self.v = group["alpha"] * self.v + (1 - group["alpha"]) * g * g
        p -= group["lr"] * g / (np.sqrt(self.v) + group["eps"])


class _RMSpropNewName(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + (1 - group["alpha"]) * g * g
        p = p - group["lr"] * g / (np.sqrt(v) + group["eps"])


class _RMSpropGrows(_RMSprop):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = state["v"] = group["alpha"] * state.get("v", 0) + g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])


RMSPROP = Exercise(
    id="10.RMSprop",
    target="tinygrad_course.optim.optimizers.RMSprop",
    minutes=8,
    difficulty=2,
    reference=optim.RMSprop,
    cases=(
        trial("p = [1, 2], its gradient [100, -0.01], lr=0.1, one step", ([1.0, 2.0],), [([100.0, -0.01],)], lr=0.1),
        trial(
            "three steps with alpha=0.5, gradients [1, 4], [2, 0] and [-1, 1]",
            ([1.0, 2.0],),
            [([1.0, 4.0],), ([2.0, 0.0],), ([-1.0, 1.0],)],
            lr=0.1,
            alpha=0.5,
        ),
        trial(
            "two parameters p and q, two steps",
            ([1.0, 2.0], [5.0, 5.0]),
            [([1.0, 2.0], [-3.0, 4.0]), ([2.0, 1.0], [1.0, 1.0])],
            lr=0.1,
        ),
        trial("a gradient of [1e-8, 1], eps=1e-2", ([0.0, 0.0],), [([1e-8, 1.0],)], lr=0.1, eps=1e-2),
    ),
    accepts=(_RMSprop, _RMSpropInPlace),
    mistakes=(
        Mistake(
            "no root",
            _RMSpropNoRoot,
            "You divide by the mean of the squares. Without the root a gradient that is ten times larger makes a step "
            "that is ten times smaller.",
        ),
        Mistake(
            "sum of all squares",
            _RMSpropSum,
            "You add up all squares ever seen, so that steps only get smaller: that is Adagrad. RMSprop forgets, by a "
            "running average.",
        ),
        Mistake(
            "average turned round",
            _RMSpropTurned,
            "alpha stands in front of the new square. It is how much of the old average is kept.",
        ),
        Mistake(
            "mean of sizes",
            _RMSpropOfG,
            "You average the sizes of g. Root mean square means: the root of the average of the squares.",
        ),
        Mistake(
            "one number",
            _RMSpropOneNumber,
            "All elements of the parameter share one average. Each has its own: that is what makes the steep direction "
            "slow and the flat one fast.",
        ),
        Mistake(
            "not kept",
            _RMSpropForgets,
            "Your average is never put back into state, so that every step begins again at 0.",
        ),
        Mistake(
            "one average for all",
            _RMSpropShared,
            "All parameters share one average, on self. state is a dict of this parameter's own.",
        ),
        Mistake(
            "a new name",
            _RMSpropNewName,
            "The parameter stays where it was. `p = p − …` makes a new array and calls it p. Write into the array: "
            "`p -= …`.",
        ),
        Mistake(
            "new square whole",
            _RMSpropGrows,
            "The new square is added whole. In an average the two shares make 1: alpha of the old, 1 − alpha of the "
            "new.",
        ),
        Mistake(
            "no eps",
            _RMSpropNoEps,
            "eps is missing beside the root. Where gradients are tiny, steps would still be as long as lr allows.",
        ),
        Mistake(
            "begun at g²",
            _RMSpropFromG,
            "Your average begins at the first g². Here it begins at 0, so that the first step is larger.",
        ),
        Mistake(
            "eps inside",
            _RMSpropInside,
            "eps stands under the root, where its own root counts. Add it to the root.",
        ),
    ),
    hints=(
        "How would you measure the usual size of a gradient that changes its sign all the time?",
        "Keep a running average of g² in state: alpha times the old one plus 1 − alpha times the new square. Divide "
        "the step by its root plus eps.",
        'Fill in what is missing:\nalpha = ...\nv = state["square_avg"] = alpha * ... + ...\np -= group["lr"] * g / '
        "(...)",
    ),
)
