"""Lesson 10, Optimizers: SGD with momentum, RMSprop, Adam and its weight decay, a schedule, clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course import optim
from tinygrad_course.nn import utils
from tinygrad_course.optim import Optimizer
from tinygrad_course.optim.lr_scheduler import CosineAnnealingLR

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction

Array = Any
Remembered = dict[str, Any]


def parameters(*rows: list[float]) -> list[Any]:
    """Parameters of float64, one for each list of numbers."""
    return [tg.tensor(row, dtype=tg.float64, requires_grad=True) for row in rows]


def trial(
    name: str, rows: tuple[list[float], ...], steps: list[tuple[list[float], ...]], slower: float = 1.0,
    decoupled: bool = False, **settings: Any,
) -> Case:  # fmt: skip
    """A case: an optimizer of these parameters, and where they are after each of some steps with given gradients.

    slower: the learning rate is multiplied by it after every step.
    """

    def run(piece: Piece) -> dict[str, Any]:
        params = parameters(*rows)
        optimizer = piece(params, **settings)
        if decoupled:
            optimizer.decoupled = True
        places: list[Any] = []
        for gradients in steps:
            if places:
                optimizer.param_groups[0]["lr"] *= slower
            for p, g in zip(params, gradients, strict=True):
                p.grad = tg.tensor(g, dtype=tg.float64)
            optimizer.step()
            places.append([p.tolist() for p in params])
        named = [
            (f"{which} after step {i}", place[at])
            for i, place in enumerate(places, 1)
            for at, which in enumerate("pq"[: len(params)])
        ]
        return dict(named) | {"gradient of p": params[0].grad}

    return Case(name, run)


# SGD


class _SGD(Optimizer):
    def __init__(self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0) -> None:
        super().__init__(params, dict(lr=lr, momentum=momentum))

    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["momentum_buffer"] = g.copy() if not state else group["momentum"] * state["momentum_buffer"] + g
        p -= group["lr"] * state["momentum_buffer"]


class _SGDFromZero(_SGD):
    """The velocity begins at 0, and 0 · momentum + g is g."""

    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        v = group["momentum"] * state.get("v", 0) + g
        state["v"] = v
        p[...] = p - group["lr"] * v


class _SGDUp(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["v"] = group["momentum"] * state.get("v", 0) + g
        p += group["lr"] * state["v"]


class _SGDPlain(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        p -= group["lr"] * g


class _SGDAverage(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["v"] = group["momentum"] * state.get("v", 0) + (1 - group["momentum"]) * g
        p -= group["lr"] * state["v"]


class _SGDShared(_SGD):
    v: Any = 0

    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        self.v = group["momentum"] * self.v + g
        p -= group["lr"] * self.v


class _SGDNewName(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["v"] = group["momentum"] * state.get("v", 0) + g
        p = p - group["lr"] * state["v"]


class _SGDKeepsG(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        g += group["momentum"] * state.get("v", 0)
        state["v"] = g.copy()
        p -= group["lr"] * g


class _SGDRateInside(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["v"] = group["momentum"] * state.get("v", 0) + group["lr"] * g
        p -= state["v"]


class _SGDOldFirst(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        old = state.get("v", g)
        state["v"] = group["momentum"] * old + g
        p -= group["lr"] * old


SGD = Exercise(
    id="10.SGD",
    target="tinygrad_course.optim.optimizers.SGD",
    minutes=8,
    difficulty=2,
    reference=optim.SGD,
    cases=(
        trial("p = [1, 2], its gradient [10, -10], lr=0.1, one step", ([1.0, 2.0],), [([10.0, -10.0],)], lr=0.1),
        trial(
            "two steps with momentum=0.5, gradients [10, 0] and [1, 1]",
            ([1.0, 2.0],),
            [([10.0, 0.0],), ([1.0, 1.0],)],
            lr=0.1,
            momentum=0.5,
        ),
        trial(
            "two parameters p and q, three steps with momentum=0.9",
            ([1.0, 2.0], [5.0, 5.0]),
            [([1.0, 2.0], [-3.0, 0.0])] * 3,
            lr=0.01,
            momentum=0.9,
        ),
        trial(
            "three steps with momentum=0.5, the learning rate halved after each",
            ([1.0, 2.0],),
            [([1.0, -1.0],)] * 3,
            slower=0.5,
            lr=0.1,
            momentum=0.5,
        ),
    ),
    accepts=(_SGD, _SGDFromZero),
    mistakes=(
        Mistake(
            "uphill",
            _SGDUp,
            "Your step goes along the gradient, which is the way up. The loss falls against it.",
        ),
        Mistake(
            "no momentum",
            _SGDPlain,
            "momentum has no effect: each step forgets the one before. Keep the velocity in state.",
        ),
        Mistake(
            "average",
            _SGDAverage,
            "Your velocity is an average, with 1 − momentum in front of g. In PyTorch's SGD the gradient is added "
            "whole, so that with a momentum of 0.9 steps grow to ten times the size.",
        ),
        Mistake(
            "one velocity for all",
            _SGDShared,
            "All parameters share one velocity, on self, so the second one is pushed by the first. state is a dict of "
            "this parameter's own.",
        ),
        Mistake(
            "a new name",
            _SGDNewName,
            "`p = p − …` makes a new array and calls it p; the parameter never hears of it. Write into the array: "
            "`p -= …`.",
        ),
        Mistake(
            "gradient changed",
            _SGDKeepsG,
            "You add to g in place, so that the parameter's gradient is not what backward left there any more. Make a "
            "new array.",
        ),
        Mistake(
            "the rate inside",
            _SGDRateInside,
            "The learning rate is inside your velocity. As long as it stays the same that makes no difference; when a "
            "schedule lowers it, old steps go on at the old rate. v is made of gradients, and lr stands before v.",
        ),
        Mistake(
            "the velocity of before",
            _SGDOldFirst,
            "You move by the velocity of the step before. First it takes up the new gradient, then the parameter "
            "moves.",
        ),
    ),
    hints=(
        "What does a ball keep of its last move, and what does the slope under it add?",
        "The velocity of this parameter is kept in state, and begins as the gradient (or at 0). New velocity: momentum "
        "times the old one plus g. Then p moves against it, in place.",
        'Fill in what is missing:\nv = group["momentum"] * state.get("v", ...) + ...\nstate["v"] = ...\np -= ...',
    ),
)


# RMSprop


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


# Adam


class _Adam(Optimizer):
    decoupled = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        g = self.decay(p, g, group)
        self.move(p, g, state, group)

    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        if self.decoupled:
            p *= 1 - group["lr"] * group["weight_decay"]
            return g
        return g + group["weight_decay"] * p

    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["exp_avg"] = b1 * state.get("exp_avg", 0) + (1 - b1) * g
        v = state["exp_avg_sq"] = b2 * state.get("exp_avg_sq", 0) + (1 - b2) * g * g
        p -= group["lr"] * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + group["eps"])


class _AdamOnePiece(_Adam):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        if not state:
            state.update(step=0, m=np.zeros_like(p), v=np.zeros_like(p))
        lr, (b1, b2), decay = group["lr"], group["betas"], group["weight_decay"]
        if self.decoupled:
            p -= lr * decay * p
        else:
            g = g + decay * p
        state["step"] += 1
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g**2
        m, v = state["m"] / (1 - b1 ** state["step"]), state["v"] / (1 - b2 ** state["step"])
        p -= lr * m / (v**0.5 + group["eps"])


class _AdamUncorrected(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * m / (np.sqrt(v) + group["eps"])


class _AdamShared(_Adam):
    def __init__(self, params: Iterable[Any], lr: float = 1e-3, **settings: Any) -> None:
        super().__init__(params, lr, **settings)
        self.memory: Remembered = {}

    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        _Adam.move(self, p, g, self.memory, group)


class _AdamNoRoot(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * (m / (1 - b1**t)) / (v / (1 - b2**t) + group["eps"])


class _AdamWithoutM(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b2 = group["betas"][1]
        t = state["step"] = state.get("step", 0) + 1
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * g / (np.sqrt(v / (1 - b2**t)) + group["eps"])


class _AdamTwiceDecayed(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        if self.decoupled:
            p *= 1 - group["lr"] * group["weight_decay"]
        return g + group["weight_decay"] * p


class _AdamTurned(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        if not self.decoupled:
            p *= 1 - group["lr"] * group["weight_decay"]
            return g
        return g + group["weight_decay"] * p


class _AdamEpsInside(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t) + group["eps"])


class _AdamCountsFromZero(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", -1) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + group["eps"])


class _AdamMUncorrected(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * m / (np.sqrt(v / (1 - b2**t)) + group["eps"])


class _AdamVUncorrected(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * (m / (1 - b1**t)) / (np.sqrt(v) + group["eps"])


class _AdamShort(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + group["eps"])


class _AdamDecayWithoutRate(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        if self.decoupled:
            p *= 1 - group["weight_decay"]
            return g
        return g + group["weight_decay"] * p


class _AdamDecaysLast(_Adam):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        if self.decoupled:
            self.move(p, g, state, group)
            p *= 1 - group["lr"] * group["weight_decay"]
        else:
            super().update(p, g, state, group)


class _AdamChangesG(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        if self.decoupled:
            return super().decay(p, g, group)
        g += group["weight_decay"] * p
        return g


class _AdamAlwaysInGradient(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        return g + group["weight_decay"] * p


class _AdamNeverDecayed(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        return g


ADAM = Exercise(
    id="10.Adam",
    target="tinygrad_course.optim.optimizers.Adam",
    minutes=15,
    difficulty=4,
    reference=optim.Adam,
    cases=(
        trial("p = [1, 2], its gradient [100, -0.01], lr=0.1, one step", ([1.0, 2.0],), [([100.0, -0.01],)], lr=0.1),
        trial(
            "four steps with gradients [1, 4], [2, 0], [-1, 1] and [3, 3]",
            ([1.0, 2.0],),
            [([1.0, 4.0],), ([2.0, 0.0],), ([-1.0, 1.0],), ([3.0, 3.0],)],
            lr=0.1,
            betas=(0.5, 0.8),
        ),
        trial(
            "two parameters p and q, two steps",
            ([1.0, 2.0], [5.0, 5.0]),
            [([1.0, 2.0], [-3.0, 4.0]), ([2.0, 1.0], [1.0, 1.0])],
            lr=0.1,
        ),
        trial(
            "two steps with weight_decay=0.5", ([1.0, -2.0],), [([1.0, 0.0],), ([0.0, 1.0],)], lr=0.1, weight_decay=0.5
        ),
        trial(
            "p = [1, -2], its gradients [1, 0] and [0, 1], lr=0.1, weight_decay=0.5, decoupled = True",
            ([1.0, -2.0],),
            [([1.0, 0.0],), ([0.0, 1.0],)],
            lr=0.1,
            weight_decay=0.5,
            decoupled=True,
        ),
        trial("a gradient of [1e-3, 1], eps=0.1, two steps", ([0.0, 0.0],), [([1e-3, 1.0],)] * 2, lr=0.1, eps=0.1),
    ),
    accepts=(_Adam, _AdamOnePiece),
    mistakes=(
        Mistake(
            "no bias correction",
            _AdamUncorrected,
            "Both averages begin at 0 and are too small at first, v by far the more, so that your first steps are "
            "wrong in size. Divide m by 1 − β₁ᵗ and v by 1 − β₂ᵗ, t being the number of the step from 1.",
        ),
        Mistake(
            "shared state",
            _AdamShared,
            "Your averages are shared by all parameters. Each has its own: state is this parameter's dict.",
        ),
        Mistake("no root", _AdamNoRoot, "You divide by v itself. The size of g is the root of the average of g²."),
        Mistake(
            "no average of g",
            _AdamWithoutM,
            "Your step follows the newest gradient alone. Adam moves along m, the running average of g.",
        ),
        Mistake(
            "counted from 0",
            _AdamCountsFromZero,
            "t is 0 at your first step, and 1 − β⁰ is 0: you divide by nothing. The first step has t = 1.",
        ),
        Mistake(
            "m not corrected",
            _AdamMUncorrected,
            "You correct v and not m, so that the first steps are too short. m is divided by 1 − β₁ᵗ.",
        ),
        Mistake(
            "v not corrected",
            _AdamVUncorrected,
            "You correct m and not v, so that the first steps are far too long. v is divided by 1 − β₂ᵗ, under the "
            "root.",
        ),
        Mistake(
            "the short form",
            _AdamShort,
            "You correct the whole quotient at once. Then eps is added to a root that is not corrected yet, and counts "
            "for more. Correct v first.",
        ),
        Mistake(
            "decay without the rate",
            _AdamDecayWithoutRate,
            "Decoupled, you shrink p by weight_decay of itself. The learning rate belongs there too: lr · "
            "weight_decay.",
        ),
        Mistake(
            "decay at the end",
            _AdamDecaysLast,
            "Decoupled, you shrink p after the step, and with it the step. AdamW shrinks first.",
        ),
        Mistake(
            "gradient changed",
            _AdamChangesG,
            "You add the decay to g in place, so that the parameter's gradient is not what backward left there. Make a "
            "new array.",
        ),
        Mistake(
            "weight decay twice",
            _AdamTwiceDecayed,
            "With decoupled the weights shrink by themselves, and you let the decay into the gradient as well. One or "
            "the other.",
        ),
        Mistake(
            "never decoupled",
            _AdamAlwaysInGradient,
            "decoupled is not asked for: your decay always goes into the gradient, where Adam divides it by the size "
            "of g again. Decoupled, p shrinks by lr · weight_decay of itself, and g stays as it is.",
        ),
        Mistake(
            "decoupled turned round",
            _AdamTurned,
            "Your decay acts on the weight where decoupled is False, and in the gradient where it is True. It is the "
            "other way round.",
        ),
        Mistake(
            "eps inside",
            _AdamEpsInside,
            "eps stands under the root, where its own root counts. Add it to the root.",
        ),
        Mistake(
            "no weight decay",
            _AdamNeverDecayed,
            "weight_decay has no effect. Add weight_decay · p to the gradient, or, where decoupled, shrink p itself.",
        ),
    ),
    hints=(
        "Which two averages are needed, and how large are they after one step that began at 0?",
        "Count steps in state, from 1. m averages g, v averages g². Divide each by 1 − βᵗ. The step is lr · m over "
        "(√v + eps). Weight decay comes first of all.",
        'Fill in what is missing:\nb1, b2 = group["betas"]\nt = state["step"] = ...\nm = state["exp_avg"] = ...\nv = '
        'state["exp_avg_sq"] = ...\np -= group["lr"] * (... / (1 - ...)) / (np.sqrt(...) + group["eps"])',
    ),
)


# A schedule


def _rate(self: Any, base: float, step: int) -> float:
    down = (1 + math.cos(math.pi * step / self.T_max)) / 2
    return self.eta_min + (base - self.eta_min) * down


def _rate_by_mix(self: Any, base: float, step: int) -> float:
    share = 0.5 - 0.5 * np.cos(np.pi * step / self.T_max)
    return float((1 - share) * base + share * self.eta_min)


def _rate_degrees(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 + math.cos(180 * step / self.T_max)) / 2


def _rate_from_zero(self: Any, base: float, step: int) -> float:
    return base * (1 + math.cos(math.pi * step / self.T_max)) / 2


def _rate_not_halved(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * step / self.T_max))


def _rate_up(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 - math.cos(math.pi * step / self.T_max)) / 2


def _rate_straight(self: Any, base: float, step: int) -> float:
    return base + (self.eta_min - base) * step / self.T_max


def _rate_added(self: Any, base: float, step: int) -> float:
    return self.eta_min + base * (1 + math.cos(math.pi * step / self.T_max)) / 2


def _rate_without_pi(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 + math.cos(step / self.T_max)) / 2


def _rate_whole(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * (step // self.T_max))) / 2


def _rate_one_less(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * step / (self.T_max - 1))) / 2


def _rate_stays(self: Any, base: float, step: int) -> float:
    return self.eta_min if step >= self.T_max else _rate(self, base, step)


def _rates(name: str, base: float, eta_min: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        (p,) = parameters([1.0])
        schedule = CosineAnnealingLR(optim.SGD([p], lr=base), T_max=8, eta_min=eta_min)
        return {"learning rates of steps 0, 2, 4 … 12": [piece(schedule, base, step) for step in range(0, 13, 2)]}

    return Case(name, run)


RATE = Exercise(
    id="10.rate",
    target="tinygrad_course.optim.lr_scheduler.CosineAnnealingLR.rate",
    minutes=5,
    difficulty=2,
    reference=CosineAnnealingLR.rate,
    cases=(
        _rates("from 1 to 0 in 8 steps", 1.0, 0.0),
        _rates("from 1 to 0.2 in 8 steps", 1.0, 0.2),
    ),
    accepts=(_rate, _rate_by_mix),
    mistakes=(
        Mistake("degrees", _rate_degrees, "math.cos counts in radians: half a turn is π, not 180."),
        Mistake("without π", _rate_without_pi, "Your cosine goes to 1 radian. Half a wave ends at π."),
        Mistake(
            "whole numbers",
            _rate_whole,
            "`//` leaves whole numbers, so that the rate stays where it is until the last step. Divide with `/`.",
        ),
        Mistake(
            "one step less", _rate_one_less, "Yours arrives one step too early: at step T_max, not before, is the end."
        ),
        Mistake(
            "stays at the end",
            _rate_stays,
            "After T_max yours stays at eta_min. A cosine is a wave, and PyTorch's schedule goes up again.",
        ),
        Mistake("to zero always", _rate_from_zero, "The end is eta_min, and yours is 0. Let only the distance shrink."),
        Mistake(
            "not halved",
            _rate_not_halved,
            "1 + cos goes from 2 to 0, so your learning rate begins at twice the base. Halve it.",
        ),
        Mistake("upwards", _rate_up, "Yours begins at eta_min and ends at the base. 1 + cos falls, 1 − cos grows."),
        Mistake("a straight line", _rate_straight, "Yours goes straight down. Here it follows half a cosine wave."),
        Mistake(
            "eta_min added",
            _rate_added,
            "Yours begins above the base, by eta_min. What shrinks is the distance from base to eta_min.",
        ),
    ),
    hints=(
        "Where is half a cosine wave at its beginning, in its middle, and at its end?",
        "(1 + cos(π · step / T_max)) / 2 goes from 1 to 0. Multiply with it the distance that is left to eta_min.",
        "Fill in what is missing:\ndown = (1 + math.cos(...)) / 2\nreturn self.eta_min + ...",
    ),
)


# clip_grad_norm_


def _clip(parameters: Any, max_norm: float) -> Any:
    gradients = [p.grad for p in parameters if p.grad is not None]
    total = sum((g * g).sum().item() for g in gradients) ** 0.5
    if total > max_norm:
        with tg.no_grad():
            for g in gradients:
                g *= max_norm / total
    return tg.tensor(total)


def _clip_new(parameters: Any, max_norm: float) -> Any:
    parameters = [p for p in parameters if p.grad is not None]
    total = float(np.linalg.norm([np.linalg.norm(p.grad.data) for p in parameters]))
    for p in parameters:
        p.grad = p.grad * min(1.0, max_norm / total)
    return tg.tensor(total)


def _scaled(parameters: Any, scale: float) -> None:
    for p in parameters:
        if p.grad is not None:
            p.grad.data[...] *= scale


def _norm(parameters: Any) -> float:
    return float(np.linalg.norm([np.linalg.norm(p.grad.data) for p in parameters if p.grad is not None]))


def _clip_each(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    for p in parameters:
        if p.grad is not None:
            _scaled([p], min(1.0, max_norm / float(np.linalg.norm(p.grad.data))))
    return tg.tensor(total)


def _clip_always(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    _scaled(parameters, max_norm / total)
    return tg.tensor(total)


def _clip_elements(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    for p in parameters:
        if p.grad is not None:
            p.grad.data[...] = p.grad.data.clip(-max_norm, max_norm)
    return tg.tensor(total)


def _clip_sum(parameters: Any, max_norm: float) -> Any:
    total = float(sum(np.linalg.norm(p.grad.data) for p in parameters if p.grad is not None))
    _scaled(parameters, min(1.0, max_norm / total))
    return tg.tensor(total)


def _clip_values(parameters: Any, max_norm: float) -> Any:
    total = _norm(parameters)
    for p in parameters:
        p.data[...] *= min(1.0, max_norm / total)
    return tg.tensor(total)


def _clip_after(parameters: Any, max_norm: float) -> Any:
    _clip_new(parameters, max_norm)
    return tg.tensor(_norm(parameters))


def _clip_number(parameters: Any, max_norm: float) -> Any:
    return _clip(parameters, max_norm).item()


def _clip_no_none(parameters: Any, max_norm: float) -> Any:
    total = float(np.linalg.norm([np.linalg.norm(p.grad.data) for p in parameters]))
    _scaled(parameters, min(1.0, max_norm / total))
    return tg.tensor(total)


def _clip_case(name: str, gradients: list[list[float] | None], max_norm: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        params = parameters(*([7.0, 7.0] for _ in gradients))
        for p, g in zip(params, gradients, strict=True):
            p.grad = None if g is None else tg.tensor(g, dtype=tg.float64)
        total = piece(params, max_norm)
        plain = isinstance(total, int | float)
        left = {f"gradient {i}": p.grad for i, p in enumerate(params)}
        return {"returned": float(total), "a Tensor": not plain, **left, "parameter 0": params[0].detach()}

    return Case(name, run, tolerance=1e-5)


CLIP = Exercise(
    id="10.clip_grad_norm_",
    target="tinygrad_course.nn.utils.clip_grad_norm_",
    minutes=9,
    difficulty=3,
    reference=utils.clip_grad_norm_,
    cases=(
        _clip_case("gradient [3, 4], max_norm=1", [[3.0, 4.0]], 1.0),
        _clip_case("gradients [3, 0] and [0, 4], max_norm=2", [[3.0, 0.0], [0.0, 4.0]], 2.0),
        _clip_case("gradients [3, 0] and [0, 4], max_norm=100", [[3.0, 0.0], [0.0, 4.0]], 100.0),
        _clip_case("gradient [3, 4], and a parameter without one", [[3.0, 4.0], None], 1.0),
    ),
    accepts=(_clip, _clip_new),
    mistakes=(
        Mistake(
            "each for itself",
            _clip_each,
            "You shorten each gradient for itself. Then the direction of the whole step changes: take one norm over "
            "all of them, and one factor for all.",
        ),
        Mistake(
            "always",
            _clip_always,
            "You scale small gradients up as well. Only what is longer than max_norm is shortened.",
        ),
        Mistake(
            "elements",
            _clip_elements,
            "You cut off each element. That is clip_grad_value_, and it turns the step into another direction.",
        ),
        Mistake(
            "norms added",
            _clip_sum,
            "You add the norms up. Lengths at right angles add as in Pythagoras: the root of the sum of squares.",
        ),
        Mistake(
            "the parameters",
            _clip_values,
            "You have shortened the parameters themselves. Their gradients are meant.",
        ),
        Mistake(
            "the norm of after",
            _clip_after,
            "You return the norm after clipping. The one before is worth knowing: it tells when gradients explode.",
        ),
        Mistake(
            "a plain number",
            _clip_number,
            "You return a Python number. It is to be a Tensor of one number, as in PyTorch: tg.tensor(...).",
        ),
        Mistake(
            "None forgotten",
            _clip_no_none,
            "A parameter that took no part has no gradient: p.grad is None. Leave those out.",
        ),
    ),
    hints=(
        "Seen as one long list of numbers, how long is the whole gradient?",
        "Collect the gradients that there are, take the root of the sum of all squares, and where that is above "
        "max_norm multiply every gradient by the same factor, in place, under no_grad.",
        "Fill in what is missing:\ngradients = [...]\ntotal = sum(... for g in gradients) ** 0.5\nif ...:\n    with "
        "tg.no_grad():\n        for g in gradients:\n            ...\nreturn tg.tensor(total)",
    ),
)


LESSON = Lesson(
    number="10",
    module=__name__,
    exercises=(SGD, RMSPROP, ADAM, RATE, CLIP),
    predictions=(
        Prediction(
            "overshoot",
            -3.0,
            "The slope at 3 is 6, and 3 − 1 · 6 = −3: as far on the other side. There the same happens again, and so "
            "on for ever; with a larger rate it would go further out each time.",
        ),
        Prediction(
            "final-speed",
            "10",
            "With v the velocity that stays, v = 0.9 v + 1, so v = 10. Momentum is a larger learning rate along "
            "directions in which the gradients agree, and a brake where they change their sign.",
            choices=("1", "1.9", "10"),
        ),
        Prediction(
            "first-step",
            "0.1",
            "m / (1 − β₁) is g, and √(v / (1 − β₂)) is |g|: their quotient is the sign of g, whatever its size. The "
            "first step of Adam is lr in every direction.",
            choices=("0.1", "1", "100"),
        ),
        Prediction(
            "bug-order",
            "zero_grad",
            "It stands between backward and step: when the optimizer looks, there are no gradients any more, and it "
            "passes every parameter over.",
            choices=("zero_grad", "backward", "the learning rate"),
        ),
        Prediction(
            "bug-schedule",
            "every batch",
            "The schedule counts calls. It was made for 20 steps, and is called for each of the 10 batches of an "
            "epoch, so it is at its end after two epochs, and goes up again, since a cosine is a wave.",
            choices=("every batch", "eta_min", "the optimizer"),
        ),
    ),
    dtype="float64",
)
