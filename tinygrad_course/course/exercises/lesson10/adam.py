"""Adam takes steps of about lr in every direction, whatever the size of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_course import optim
from tinygrad_course.optim import Optimizer

from ...exercise import Exercise, Mistake
from .trials import Array, Remembered, trial


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


class _AdamFirstStepAlways(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
        p -= group["lr"] * (m / (1 - b1)) / (np.sqrt(v / (1 - b2)) + group["eps"])


class _AdamKeepsCorrected(_Adam):
    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        b1, b2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        m = state["m"] = (b1 * state.get("m", 0) + (1 - b1) * g) / (1 - b1**t)
        v = state["v"] = (b2 * state.get("v", 0) + (1 - b2) * g * g) / (1 - b2**t)
        p -= group["lr"] * m / (np.sqrt(v) + group["eps"])


class _AdamCountsForAll(_Adam):
    t = 0

    def move(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        state["step"] = self.t
        self.t += 1
        super().move(p, g, state, group)


class _AdamNewName(_Adam):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        super().update(p.copy(), g, state, group)


class _AdamNewNameInDecay(_Adam):
    def update(self, p: Array, g: Array, state: Remembered, group: Remembered) -> None:
        super().update(p.copy() if self.decoupled else p, g, state, group)


class _AdamAlwaysOnTheWeight(_Adam):
    def decay(self, p: Array, g: Array, group: Remembered) -> Array:
        p *= 1 - group["lr"] * group["weight_decay"]
        return g


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
            "corrected as in the first step",
            _AdamFirstStepAlways,
            "Your correction is that of the first step, in every step. Divide by 1 − βᵗ, and count t up in state.",
        ),
        Mistake(
            "corrected averages kept",
            _AdamKeepsCorrected,
            "You keep the corrected averages in state, so that the next step corrects them again. Keep m and v as they "
            "are, and correct what goes into the step.",
        ),
        Mistake(
            "counted for all",
            _AdamCountsForAll,
            "All parameters count together, on self. update is called once for each parameter: count in its state.",
        ),
        Mistake(
            "a new name",
            _AdamNewName,
            "The parameter stays where it was. `p = p − …` makes a new array and calls it p. Write into the array: "
            "`p -= …`.",
        ),
        Mistake(
            "a new name in the decay",
            _AdamNewNameInDecay,
            "Decoupled, the parameter stays where it was: `p = p − …` makes a new array and calls it p, and the step "
            "goes there too. Write `p -= …` for the decay as well.",
        ),
        Mistake(
            "always on the weight",
            _AdamAlwaysOnTheWeight,
            "decoupled is not asked for: your decay always acts on the weight. Where it is False, weight_decay · p is "
            "added to the gradient.",
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
