"""The lessons' exercises, a folder for each lesson (lesson00 holds LESSON), and the lesson in hand."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..child import prepare
from ..exercise import Exercise, Lesson
from ..feedback import Code, Message, show
from ..paths import FOLDER_VARIABLE, learner_folder
from ..progress import LessonStanding, history, record, standing, standing_with
from ..source import names

LEVELS = ("a question", "an approach", "a skeleton")
NOT_KEPT = (
    "Your progress is not kept, since this notebook lies in no folder of the course. Open it with "
    f"`tinygrad-course lab`, or name your folder in a cell above this one: %env {FOLDER_VARIABLE}=~/my_course"
)


class UnknownExercise(Exception):
    """No exercise has this name; the message says which there are, or what to run first."""


@dataclass
class Session:
    """What this notebook has done so far: its lesson, hints given, exercises tried, the one checked last.

    outcomes: the status that the last check of an exercise found, by its id.
    """

    lesson: Lesson | None = None
    hints: Counter[str] = field(default_factory=Counter)
    tried: set[str] = field(default_factory=set)
    outcomes: dict[str, str] = field(default_factory=dict)
    last: Exercise | None = None


session = Session()


def numbers() -> list[str]:
    """The numbers of the lessons that have exercises, in order."""
    folders = (found.name for found in pkgutil.iter_modules(__path__))
    return sorted(name.removeprefix("lesson") for name in folders if name.startswith("lesson"))


def load(number: str | int) -> Lesson:
    """The exercises of a lesson. Raises ValueError if there is no such lesson."""
    wanted = next((known for known in numbers() if str(number) in (known, str(int(known)))), None)
    if wanted is None:
        raise ValueError(f'there is no lesson {number!r}; write lesson("NN") with one of {", ".join(numbers())}')
    found: Lesson = importlib.import_module(f"{__name__}.lesson{wanted}").LESSON
    return found


def lesson(number: str | int) -> None:
    """Say which lesson this notebook is, so that check, hint, predict and solution know its names.

    Raises ValueError if there is no such lesson.
    """
    session.lesson = load(number)
    prepare()
    record("lesson", session.lesson.number)
    resume()


def resume() -> None:
    """Say in a line what of this lesson is passed and which exercise is next: after a restart of the kernel, say."""
    if session.lesson is None:
        return print(_unknown([], None))
    folder = learner_folder()
    print(_line(standing(session.lesson, history(folder) if folder else [])))
    ipython = sys.modules.get("IPython")
    if folder is None and ipython and ipython.get_ipython():
        print(NOT_KEPT)


def _line(stands: LessonStanding) -> str:
    lesson, left = stands.lesson, stands.left
    exercises, predictions = _count(len(lesson.exercises), "exercise"), _count(len(lesson.predictions), "prediction")
    if not stands.begun:
        return f"Lesson {lesson.number}: {exercises}, {predictions}."
    done = [f"`{each.exercise.name}`" for each in stands.exercises if each not in left]
    names = f" ({', '.join(done)})" if done and left else ""
    answered = f"{stands.answered} of {predictions} answered"
    line = f"Lesson {lesson.number}: {len(done)} of {exercises} passed{names}, {answered}."
    if not left:
        return line
    place = 1 + lesson.exercises.index(left[0].exercise)
    again = "; its check has changed since you passed it" if left[0].status == "passed, earlier check" else ""
    return f"{line} Next: exercise {place}, `{left[0].exercise.name}`{again}. Run the cells above it first."


def find(thing: Any, id: str | None = None) -> tuple[Lesson, Exercise]:
    """The exercise that a name, an id or a piece belongs to. Raises UnknownExercise if there is none."""
    wanted = [id] if id else [thing] if isinstance(thing, str) else names(thing)
    for name in wanted:
        number = name.partition(".")[0]
        in_hand = session.lesson if session.lesson and number in (name, session.lesson.number) else None
        found = in_hand or (load(number) if number in numbers() else None)
        exercise = found.exercise(name) if found else None
        if found and exercise:
            return found, exercise
    raise UnknownExercise(_unknown(wanted, session.lesson))


def _unknown(wanted: list[str], in_hand: Lesson | None) -> str:
    if in_hand is None:
        return 'Run the first cell of the lesson, the one with lesson("NN"), and then this cell again.'
    known = ", ".join(f"`{exercise.name}`" for exercise in in_hand.exercises)
    called = f"There is no exercise called `{wanted[0]}`" if wanted else "This is not a function or a class"
    return f"{called}. Lesson {in_hand.number} has {known}: write one of these names, without parentheses."


def hint(thing: Any = None) -> None:
    """Show the next of an exercise's three hints: a question, an approach, a skeleton.

    thing: the piece, or its name; left out, the exercise checked last, else the lesson's first.
    """
    try:
        exercise = _meant(thing)
    except UnknownExercise as error:
        return show(Message("Hint", (str(error),)))
    level = min(session.hints[exercise.id], len(exercise.hints) - 1)
    session.hints[exercise.id] += 1
    record("hint", exercise.id, level=level + 1)
    more = f"Call hint again for {LEVELS[level + 1]}." if level < 2 else _way_to_solution(exercise)
    title = f"Hint {level + 1} of {len(exercise.hints)} for `{exercise.name}`: {LEVELS[level]}"
    first, *skeleton = exercise.hints[level].split("\n", 1)
    return show(Message(title, (first, *(Code(text) for text in skeleton), more)))


def solution(thing: Any = None, now: bool = False) -> None:
    """Show the course's own solution, after a check of an answer of yours, or at once with now=True."""
    try:
        exercise = _meant(thing)
    except UnknownExercise as error:
        return show(Message("Solution", (str(error),)))
    if not now and not tried(exercise):
        return show(Message(f"Solution of `{exercise.name}`: after a try", (_way_to_solution(exercise),)))
    record("solution", exercise.id)
    text = Code(inspect.getsource(exercise.reference).rstrip())
    return show(Message(f"Solution of `{exercise.name}`", (text, "Other ways of writing it are as right.")))


def tried(exercise: Exercise) -> bool:
    """Whether an answer was checked, in this notebook or before the kernel was restarted."""
    folder = learner_folder()
    before = history(folder) if folder else []
    return exercise.id in session.tried or standing_with(exercise, before).checks > 0


def _meant(thing: Any) -> Exercise:
    if thing is not None:
        return find(thing)[1]
    first = session.lesson.exercises[0] if session.lesson and session.lesson.exercises else None
    meant = session.last or first
    if meant is None:
        raise UnknownExercise(_unknown([], session.lesson))
    return meant


def _way_to_solution(exercise: Exercise) -> str:
    return (
        "Write an answer and check it, even an unfinished one; then "
        f'`solution("{exercise.name}")` shows the course\'s. '
        f'To see it without trying: `solution("{exercise.name}", now=True)`.'
    )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
