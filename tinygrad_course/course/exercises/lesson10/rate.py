"""rate gives the learning rate of a step, on a schedule that falls as half a cosine does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_course import optim
from tinygrad_course.optim.lr_scheduler import CosineAnnealingLR

from ...exercise import Case, Exercise, Mistake, Piece
from .trials import parameters


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


def _rate_one_further(self: Any, base: float, step: int) -> float:
    return _rate(self, base, step + 1)


def _rate_whole_wave(self: Any, base: float, step: int) -> float:
    return self.eta_min + (base - self.eta_min) * (1 + math.cos(2 * math.pi * step / self.T_max)) / 2


def _rates(name: str, base: float, eta_min: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        (p,) = parameters([1.0])
        schedule = CosineAnnealingLR(optim.SGD([p], lr=base), T_max=8, eta_min=eta_min)
        return {f"rate at step {step}": piece(schedule, base, step) for step in range(0, 13, 2)}

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
        Mistake("a whole wave", _rate_whole_wave, "Yours goes down and up again. Half a wave ends at π, not at 2π."),
        Mistake(
            "one step further",
            _rate_one_further,
            "Yours is one step ahead. step counts from 0: at step 0 the rate is still base.",
        ),
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
        "(1 + cos(π · step / T_max)) / 2 goes from 1 to 0. Multiply it by the distance from base to eta_min, "
        "and add eta_min.",
        "Fill in what is missing:\ndown = (1 + math.cos(...)) / 2\nreturn self.eta_min + ...",
    ),
)
