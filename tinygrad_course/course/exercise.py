"""What a lesson's exercises are made of: everything the course knows of an exercise is in one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Piece = Any
"""What an exercise asks for: a function, a class, an operation, or a value (a number, an array, a shape, a text)."""

AFTERWARDS = "after the call"
"""Ends the label of a result that is an input, looked at again to see a change made in place."""


@dataclass(frozen=True)
class Case:
    """One thing that is tried: a script that uses a piece and gives back what came of it.

    name: what is tried, in words a learner understands. run(piece): a dict from a label to a number, text,
    list, array, Tensor or None; what the piece gives back stands first. For a plain value run gets the value.
    Numbers are equal within `tolerance`, relative, and absolute below 1. The cases of an exercise stand in order, the
    simplest first. graph(): where results are gradients, the Tensor whose graph they belong to, and its leaves by name;
    the result called "x.grad" is of the leaf x. A wrong one is then shown in the graph.
    """

    name: str
    run: Callable[[Piece], Any]
    tolerance: float = 1e-6
    graph: Callable[[], tuple[Any, dict[str, Any]]] | None = None


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make: a wrong implementation, and the sentence that helps who made it."""

    name: str
    piece: Piece
    sentence: str


@dataclass(frozen=True)
class Exercise:
    """A piece that the learner writes, and all that is needed to check it and to help.

    id: lesson and name ("00.double_or_triple"). target: the piece of the framework that it builds, as a dotted path,
    or None: a function, a method, or a class without slots or metaclass. difficulty: from 1 to 5. reference: a right
    implementation, or the right value. accepts: other right ones, which must pass. hints: a question, an approach and
    a skeleton. points: what it gives in a grade; its difficulty, if left out.
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
    points: int | None = None

    @property
    def name(self) -> str:
        """The name that the learner gives the piece."""
        return self.id.partition(".")[2]

    @property
    def wants_a_value(self) -> bool:
        """Whether the answer is a plain value, and no function or class."""
        return not callable(self.reference)

    @property
    def acts(self) -> bool:
        """Whether the answer is a function that changes what it is given, and gives nothing back."""
        return getattr(self.reference, "__annotations__", {}).get("return", ...) in (None, "None")


@dataclass(frozen=True)
class Prediction:
    """A question answered before the output exists: its right answer, and why that is so.

    answer: a number (right within `tolerance`), a shape (a tuple), one of `choices`, or the number of one of `lines`,
    counted from 1: which line of a program fails, say.
    """

    id: str
    answer: float | tuple[int, ...] | str
    why: str
    choices: tuple[str, ...] = ()
    tolerance: float = 1e-6
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """The exercises and predictions of one lesson. module: where this object is, under the name LESSON.

    dtype: the default dtype, by name, under which the pieces are tried, as the lesson's first cell sets it.
    """

    number: str
    module: str
    exercises: tuple[Exercise, ...]
    predictions: tuple[Prediction, ...] = ()
    dtype: str = "float32"

    def exercise(self, name: str) -> Exercise | None:
        """The exercise with this id, or with this name; None if there is none."""
        return next((e for e in self.exercises if name in (e.id, e.name)), None)

    def prediction(self, name: str) -> Prediction | None:
        """The prediction with this id; None if there is none."""
        return next((p for p in self.predictions if p.id == name), None)
