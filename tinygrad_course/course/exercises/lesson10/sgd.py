"""SGD steps against the gradient, with the velocity that momentum keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_course import optim
from tinygrad_course.optim import Optimizer

from ...exercise import Exercise, Mistake
from .trials import Array, Remembered, trial


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


class _SGDTwiceAtFirst(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["v"] = group["momentum"] * state.get("v", g) + g
        p -= group["lr"] * state["v"]


class _SGDOldFirst(_SGD):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        old = state.get("v", 0)
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
            "The parameter stays where it was. `p = p − …` makes a new array and calls it p. Write into the array: "
            "`p -= …`, with arrays and numbers on the right; a Tensor there would make a new p as well.",
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
            "begun at g",
            _SGDTwiceAtFirst,
            "Your velocity begins at g, and then g is added once more. It begins at 0.",
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
        "The velocity of this parameter is kept in state, and begins at 0. The new velocity is momentum "
        "times the old one, plus g. Then p moves against it, in place.",
        'Fill in what is missing:\nv = group["momentum"] * state.get("v", ...) + ...\nstate["v"] = ...\np -= ...',
    ),
)
