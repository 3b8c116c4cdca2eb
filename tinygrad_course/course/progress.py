"""What a learner has done, as evidence: every event is a line in a file of the learner's folder, and no line changes.

A line is one JSON object, written in one step, with its newline in front: so a line that was cut off, by a full disk
say, never spoils the next one. A line that cannot be read stays where it is and is counted. What a learner has
reached is worked out from the lines each time it is asked for, and deleting the file loses the history alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType
from typing import Any, Literal, NamedTuple

from .exercise import Exercise, Lesson
from .paths import RECORDS, work_folder

HISTORY = Path(RECORDS) / "history.jsonl"
ATTEMPTS = ("passed", "not yet", "stopped")  # the outcomes of a check that say something of the learner's code


@dataclass(frozen=True)
class Event:
    """One thing that happened: what, to which exercise, prediction or lesson, when (UTC), and what is known of it.

    event: "lesson", "check", "hint", "solution", "prediction" or "reset". id: "04.propagate", or "04" for a lesson.
    """

    event: str
    id: str
    time: str
    facts: dict[str, Any] = field(default_factory=dict)


class Read(NamedTuple):
    """A history: its events in the order in which they were written, and how many lines could not be read."""

    events: list[Event]
    damaged: int


# Writing and reading


def record(event: str, id: str, **facts: Any) -> None:
    """Append one event to the history in the learner's folder; nothing where there is none, or in a solved notebook.

    Never raises and prints nothing: a notebook goes on where its progress cannot be kept.
    """
    with contextlib.suppress(Exception):
        folder = work_folder()
        if folder:
            append(folder, event, id, **facts)


def append(folder: Path, event: str, id: str, **facts: Any) -> None:
    """Append one event to the history of this folder. Raises OSError where that cannot be."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"event": event, "id": id, "time": time, "facts": facts}, default=str)
    (folder / RECORDS).mkdir(parents=True, exist_ok=True)
    _write(folder / HISTORY, f"\n{line}".encode())


def _write(file: Path, line: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with _alone(handle):
            os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _alone(handle: int) -> Iterator[None]:
    """Let no other process write meanwhile. POSIX appends in one step; Windows seeks to the end first, then writes."""
    if sys.platform == "win32":
        import msvcrt

        far = 2**30  # a lock keeps others from reading the bytes it covers: this one is beyond the end
        os.lseek(handle, far, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        yield
        os.lseek(handle, far, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        yield


def history(folder: Path) -> list[Event]:
    """The events of a learner's folder in the order in which they were written; none where nothing is recorded."""
    return read(folder).events


def read(folder: Path) -> Read:
    """The events of a learner's folder, and how many lines of its history could not be read."""
    try:
        lines = (folder / HISTORY).read_bytes().splitlines()
    except OSError:
        return Read([], 0)
    found = [_event(line) for line in lines if line.strip()]
    events = [event for event in found if event]
    return Read(events, len(found) - len(events))


def _event(line: bytes) -> Event | None:
    try:
        about = json.loads(line)
        event, id, time, facts = (about[name] for name in ("event", "id", "time", "facts"))
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    whole = all(isinstance(text, str) for text in (event, id, time)) and isinstance(facts, dict)
    return Event(event, id, time, facts) if whole else None


# The version of a check


def check_version(exercise: Exercise) -> str:
    """A short hash of what a check tries: the names, tolerances and text of the cases, helpers of theirs included."""
    texts: dict[str, str] = {}
    for case in exercise.cases:
        _collect(case.run, texts)
    tried = [[case.name, case.tolerance] for case in exercise.cases], sorted(texts.items())
    return hashlib.sha256(json.dumps(tried).encode()).hexdigest()[:12]


def _collect(function: Any, texts: dict[str, str]) -> None:
    """Add the text of a function, and of the functions of its own lesson that it names."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):  # typed at a prompt, or no function
        return
    if text not in texts.values():
        texts[f"{function.__qualname__} {len(texts)}"] = text
        for name in sorted(set(re.findall(r"\w+", text))):
            named = function.__globals__.get(name)
            if inspect.isfunction(named) and _folder(named) == _folder(function):
                _collect(named, texts)


def _folder(function: FunctionType) -> str:
    """The package that a function is in: a lesson's exercises; the module where it is in none."""
    return function.__module__.rpartition(".")[0] or function.__module__


# Where the learner stands

Status = Literal["passed", "passed, earlier check", "not yet", "not started"]


@dataclass(frozen=True)
class Standing:
    """Where the learner stands with one exercise. A pass of another version of its check is an earlier one.

    checks: how often it was checked. hints: how many of its hints were seen. mistakes: the names of those made.
    """

    exercise: Exercise
    status: Status
    checks: int = 0
    hints: int = 0
    solution: bool = False
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LessonStanding:
    """Where the learner stands with one lesson. right: of the predictions answered, those whose first answer was."""

    lesson: Lesson
    exercises: tuple[Standing, ...]
    answered: int
    right: int

    @property
    def left(self) -> list[Standing]:
        """The exercises still to be passed, in order."""
        return [standing for standing in self.exercises if standing.status != "passed"]

    @property
    def minutes_left(self) -> int:
        """The minutes that these exercises take."""
        return sum(standing.exercise.minutes for standing in self.left)

    @property
    def begun(self) -> bool:
        """Whether anything of it was checked or answered."""
        return self.answered > 0 or any(standing.status != "not started" for standing in self.exercises)


def standing(lesson: Lesson, events: Sequence[Event]) -> LessonStanding:
    """Where the learner stands with a lesson, after these events."""
    first = [answers[0] for p in lesson.predictions if (answers := predicted(lesson, p.id, events))]
    exercises = tuple(standing_with(exercise, events) for exercise in lesson.exercises)
    return LessonStanding(lesson, exercises, len(first), sum(event.facts.get("right") is True for event in first))


def predicted(lesson: Lesson, prediction: str, events: Sequence[Event]) -> list[Event]:
    """The answers to a prediction, the first of which counts."""
    return [e for e in since_reset(f"{lesson.number}.{prediction}", events) if e.event == "prediction"]


def since_reset(id: str, events: Sequence[Event]) -> list[Event]:
    """The events of an exercise or a prediction since it was reset last, or its whole lesson was."""
    lesson = id.partition(".")[0]
    about = [e for e in events if e.id == id or (e.event == "reset" and e.id == lesson)]
    return about[max((i + 1 for i, e in enumerate(about) if e.event == "reset"), default=0) :]


def standing_with(exercise: Exercise, events: Sequence[Event]) -> Standing:
    """Where the learner stands with an exercise, after these events."""
    events = since_reset(exercise.id, events)
    checks = [e.facts for e in events if e.event == "check" and e.facts.get("status") in ATTEMPTS]
    passes = [facts.get("check") for facts in checks if facts["status"] == "passed"]
    earlier: Status = "passed, earlier check" if passes else "not yet" if checks else "not started"
    return Standing(
        exercise,
        "passed" if passes and check_version(exercise) in passes else earlier,
        len(checks),
        len({str(e.facts.get("level")) for e in events if e.event == "hint"}),
        any(e.event == "solution" for e in events),
        tuple(dict.fromkeys(str(facts["mistake"]) for facts in checks if facts.get("mistake"))),
    )
