"""What is in a lesson: its cells, read once for the linter, and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from . import exercises
from .author import ROOT, AuthorError, lesson_notebook, sources
from .exercise import Lesson

COUNTED = ("lessons", "exercises", "mistakes", "predictions", "bug_hunts", "graphs", "minutes", "words")

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_MINUTES = re.compile(r"^\*About (\d+) minutes", re.MULTILINE)
_PREDICT = re.compile(r"""^\s*predict\(\s*["']([^"']+)["'],\s*(.+)""", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A lesson as its author left it. cells: of the lesson, blank; solved: of the solution as last run, if it was."""

    source: Path
    lesson: Lesson
    cells: list[NotebookNode]
    solved: list[NotebookNode]


def pages(lessons: Sequence[str] = (), root: Path | None = None) -> list[Page]:
    """The lessons with these numbers, or all; AuthorError where one has no exercises."""
    return [_page(source) for source in sources(root or ROOT, lessons)]


def _page(source: Path) -> Page:
    number, built = source.name[:2], source.with_suffix(".ipynb")
    if number not in exercises.numbers():
        raise AuthorError(f"{source} has no exercises; write LESSON in course/exercises/lesson{number}/__init__.py.")
    solved = nbformat.read(built, as_version=4).cells if built.is_file() else []
    return Page(source, exercises.load(number), lesson_notebook(source).cells, solved)


def headings(page: Page) -> Iterator[tuple[int, int, str]]:
    """The number of the cell, the level and the text of each heading."""
    for number, text in texts(page):
        for marks, title in re.findall(r"^(#{1,6}) +(.+)$", _FENCED.sub("", text), re.MULTILINE):
            yield number, len(marks), title.strip()


def texts(page: Page) -> Iterator[tuple[int, str]]:
    """The number and the text of each text cell."""
    return ((n, cell.source) for n, cell in enumerate(page.cells, 1) if cell.cell_type == "markdown")


def prose(text: str) -> str:
    """A text cell without blocks of code and formulas."""
    return _FORMULA.sub(" ", _FENCED.sub(" ", text))


def words(text: str) -> int:
    """How many words are in a text cell: what stands between white space, outside of blocks, and holds a letter."""
    return sum(any(letter.isalpha() for letter in word) for word in prose(text).split())


def predictions(page: Page) -> Iterator[tuple[int, str, str]]:
    """The number of the cell, the id, and what stands after it, of each call of predict."""
    for number, cell in enumerate(page.cells, 1):
        if cell.cell_type == "code":
            yield from ((number, id, rest) for id, rest in _PREDICT.findall(cell.source))


def pictures(page: Page) -> Iterator[tuple[int, NotebookNode]]:
    """The number of the cell and the output, for each output of the solution that is a picture."""
    for number, cell in enumerate(page.solved, 1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data) or "<img" in data.get("text/html", ""):
                yield number, output


def stated_minutes(page: Page) -> int:
    """The minutes that the first cell states, as in "*About 45 minutes."; 0 where it states none."""
    found = _MINUTES.search(page.cells[0].source)
    return int(found.group(1)) if found else 0


def count(page: Page) -> dict[str, int]:
    """One lesson, counted.

    exercises and mistakes: those of the exercises' folder. predictions: calls of predict. bug_hunts: headings that
    begin with "Bug hunt". graphs: outputs of the executed solution that are pictures: what draw, side_by_side and play
    drew, and plots. minutes: what the first cell states. words: in text cells; code in a line counts, blocks of code
    and formulas do not.
    """
    return {
        "lessons": 1,
        "exercises": len(page.lesson.exercises),
        "mistakes": sum(len(exercise.mistakes) for exercise in page.lesson.exercises),
        "predictions": len(list(predictions(page))),
        "bug_hunts": sum(title.startswith("Bug hunt") for _, _, title in headings(page)),
        "graphs": len(list(pictures(page))),
        "minutes": stated_minutes(page),
        "words": sum(words(text) for _, text in texts(page)),
    }


def statistics(lessons: Sequence[str] = (), root: Path | None = None) -> dict[str, Any]:
    """Every lesson counted, by its number, and the total: {"total": {...}, "lessons": {"00": {...}}}."""
    counted = {page.lesson.number: count(page) for page in pages(lessons, root)}
    total = Counter(dict.fromkeys(COUNTED, 0))
    for counts in counted.values():
        total.update(counts)
    return {"total": dict(total), "lessons": counted}
