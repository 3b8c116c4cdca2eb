"""What a lesson's exercises are made of: everything the course knows of an exercise is in one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Piece = Callable[..., Any]

AFTERWARDS = "after the call"
"""Ends the label of a result that is an input, looked at again to see a change made in place."""


@dataclass(frozen=True)
class Case:
    """One thing that is tried: a script that uses a piece and gives back what came of it.

    name: what is tried, in words a learner understands. run(piece): a dict from a label to a number, text,
    list, array, Tensor or None; what the piece gives back stands first. Numbers are equal within `tolerance`,
    relative, and absolute below 1. The cases of an exercise stand in order, the simplest first.
    """

    name: str
    run: Callable[[Piece], Any]
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make: a wrong implementation, and the sentence that helps who made it."""

    name: str
    piece: Piece
    sentence: str


@dataclass(frozen=True)
class Exercise:
    """A piece that the learner writes, and all that is needed to check it and to help.

    id: lesson and name ("00.double_or_triple"). target: the piece of the framework that it builds, as a
    dotted path, or None. difficulty: from 1 to 5. reference: a right implementation. accepts: other right
    ones, which must pass. hints: a question, an approach and a skeleton.
    """

    id: str
    target: str | None
    minutes: int
    difficulty: int
    reference: Piece
    cases: tuple[Case, ...]
    accepts: tuple[Piece, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that the learner gives the piece."""
        return self.id.partition(".")[2]


@dataclass(frozen=True)
class Prediction:
    """A question answered before the output exists: its right answer, and why that is so.

    answer: a number (right within `tolerance`), a shape (a tuple), or one of `choices`.
    """

    id: str
    answer: float | tuple[int, ...] | str
    why: str
    choices: tuple[str, ...] = ()
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Lesson:
    """The exercises and predictions of one lesson. module: where this object is, under the name LESSON."""

    number: str
    module: str
    exercises: tuple[Exercise, ...]
    predictions: tuple[Prediction, ...] = ()

    def exercise(self, name: str) -> Exercise | None:
        """The exercise with this id, or with this name; None if there is none."""
        return next((e for e in self.exercises if name in (e.id, e.name)), None)

    def prediction(self, name: str) -> Prediction | None:
        """The prediction with this id; None if there is none."""
        return next((p for p in self.predictions if p.id == name), None)
