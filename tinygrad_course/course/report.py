"""How far a learner is, over all lessons: what comes next, and a page of HTML to keep or to hand in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from .exercises import load, numbers
from .paths import lessons_dir, notebooks, number_of
from .progress import HISTORY, Event, LessonStanding, Standing, read, standing


@dataclass(frozen=True)
class Overview:
    """Where a learner stands: lesson by lesson, the exercise that comes next, and what should be known beside it."""

    lessons: tuple[LessonStanding, ...]
    next: Standing | None
    notes: tuple[str, ...]


def overview(folder: Path) -> Overview:
    """Where the learner stands, by the history in this folder."""
    events, damaged = read(folder)
    lessons = tuple(standing(load(number), events) for number in numbers())
    notes = [f"{damaged} lines of {folder / HISTORY} cannot be read and are passed over."] * bool(damaged)
    again = [s.exercise.id for lesson in lessons for s in lesson.left if s.status == "passed, earlier check"]
    notes += [f"Passed, but the check has changed since; check once more: {', '.join(again)}."] * bool(again)
    return Overview(lessons, _next(lessons, events), tuple(notes))


def _next(lessons: tuple[LessonStanding, ...], events: list[Event]) -> Standing | None:
    """The first exercise to be passed: in the lesson worked on last, then in those after it, then in those before."""
    last = events[-1].id.partition(".")[0] if events else ""
    at = next((i for i, stands in enumerate(lessons) if stands.lesson.number == last), 0)
    return next((left for stands in lessons[at:] + lessons[:at] for left in stands.left), None)


def titles() -> dict[str, str]:
    """The name of each lesson, by its number: "04 backward"."""
    return {number_of(path.name): path.stem.replace("_", " ") for path in notebooks(lessons_dir())}


def row(stands: LessonStanding) -> tuple[str, ...]:
    """A lesson in the table of all: under HEADINGS."""
    number, answered = stands.lesson.number, f"{stands.right} of {stands.answered}" if stands.answered else "-"
    total = len(stands.exercises)
    hints = sum(exercise.hints for exercise in stands.exercises)
    passed = f"{total - len(stands.left)} of {total}"
    return titles().get(number, number), passed, str(stands.minutes_left), str(hints), answered


HEADINGS = ("lesson", "passed", "minutes left", "hints used", "predictions right")


# The page

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { border: 1px solid GrayText; padding: .3rem .6rem; text-align: left; }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tinygrad-course: progress</title>
<style>{style}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""


def page(folder: Path) -> str:
    """The report as one page of HTML that needs nothing else."""
    view = overview(folder)
    day = datetime.now(UTC).date().isoformat()
    after = f"Next: {view.next.exercise.id}." if view.next else "Every exercise is passed."
    exercises = [exercise for stands in view.lessons for exercise in stands.exercises]
    passed = sum(exercise.status == "passed" for exercise in exercises)
    body = [
        "<h1>tinygrad-course: progress</h1>",
        f"<p>{day}: {passed} of {len(exercises)} exercises passed. {escape(after)}</p>",
        *(f"<p>{escape(note)}</p>" for note in view.notes),
        _table("Lessons", HEADINGS, [row(stands) for stands in view.lessons]),
        *_details(view),
    ]
    return PAGE.format(style=STYLE, body="\n".join(body))


def _details(view: Overview) -> Iterator[str]:
    """A table of the exercises of each lesson that was begun."""
    for stands in view.lessons:
        if stands.begun:
            number = stands.lesson.number
            yield f"<h2>{escape(titles().get(number, number))}</h2>"
            yield _table(f"Exercises of lesson {number}", DETAILS, [_detail(exercise) for exercise in stands.exercises])


DETAILS = ("exercise", "status", "checks", "hints used", "solution seen", "mistakes found")


def _detail(stands: Standing) -> tuple[str, ...]:
    seen, mistakes = "yes" if stands.solution else "no", ", ".join(stands.mistakes) or "-"
    return stands.exercise.name, stands.status, str(stands.checks), str(stands.hints), seen, mistakes


def _table(caption: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    ]
    top = f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>"
    return "\n".join([f"<table>{top}\n<tbody>", *lines, "</tbody></table>"])
