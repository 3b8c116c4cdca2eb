"""One learner on the way through the course: in a row and right at once, messily, and skipping lessons.

Each lesson runs in a kernel of its own, all of them in one learner's folder.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tinygrad_course.course import exercises
from tinygrad_course.course.author import kernel_environment
from tinygrad_course.course.paths import FOLDER_VARIABLE
from tinygrad_course.course.progress import LessonStanding, history, standing
from tinygrad_course.course.source import program

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = exercises.numbers()


class Learner:
    """Somebody with a folder, who runs cells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def runs(self, cells: list[str]) -> list[str]:
        """Run cells in a fresh kernel, without an error; what each of them shows, as text."""
        notebook = new_notebook(cells=[new_code_cell(text) for text in cells])
        client = NotebookClient(notebook, timeout=120, extra_arguments=["--log-level=ERROR"])
        with TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            environment = kernel_environment(Path(scratch)) | {FOLDER_VARIABLE: str(self.folder)}
            with client.setup_kernel(env=environment, cleanup_kc=True):
                for i, cell in enumerate(notebook.cells):
                    client.execute_cell(cell, i)
        return ["\n".join(map(shown, cell.outputs)) for cell in notebook.cells]

    def stands(self, number: str) -> LessonStanding:
        """What the learner's folder says of a lesson."""
        return standing(exercises.load(number), history(self.folder))


def shown(output: nbformat.NotebookNode) -> str:
    text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
    assert output.output_type != "stream" or output.name == "stdout", f"on stderr: {text}"
    return str(text)


def cells_of(folder: str, number: str) -> list[str]:
    """The code of a lesson, or of its solution."""
    (path,) = (ROOT / folder).glob(f"{number}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def calls(outputs: list[str]) -> dict[str, int]:
    """The table that mine() shows: how often each piece of the learner's was called, added up over a lesson."""
    found: dict[str, int] = {}
    for name, count in re.findall(r"^ +(\w+) \(lesson \d\d\) +yours +([\d,]+)$", "\n".join(outputs), re.MULTILINE):
        found[name] = found.get(name, 0) + int(count.replace(",", ""))
    return found


def test_all_lessons_in_a_row(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    called: dict[str, dict[str, int]] = {}
    for number in NUMBERS:
        outputs = learner.runs(cells_of("solutions", number))
        called[number] = calls(outputs)
        stands = learner.stands(number)
        assert not stands.left, f"lesson {number}: not passed: {[left.exercise.name for left in stands.left]}"
        assert stands.answered == len(stands.lesson.predictions)
    targets = {e.name for number in NUMBERS for e in exercises.load(number).exercises if e.target}
    assert set().union(*called.values()) == targets, "the tables do not tell of every piece"
    never = {name for name in targets if not any(table.get(name) for table in called.values())}
    assert not never, f"no lesson's work has called {sorted(never)}"
    engine = {"walk", "accumulate", "propagate"}
    later = [number for number in NUMBERS if number >= "04" and called[number]]
    assert all(called[number][name] > 0 for number in later for name in engine), "the learner's own engine is at work"


@pytest.mark.parametrize("number", ["04", "08"])
def test_a_lesson_done_messily(number: str, tmp_path: Path) -> None:
    """Blank at first, then every known mistake, all hints, a restart of the kernel, and right at last, twice."""
    learner, lesson = Learner(tmp_path), exercises.load(number)
    first, *blank = cells_of("lessons", number)
    learner.runs([first, *blank])
    assert len(learner.stands(number).left) == len(lesson.exercises)
    for exercise in lesson.exercises:
        tries = []
        for mistake in exercise.mistakes:
            source = program(mistake.piece, exercise.name)
            assert source is not None
            made = f"from __future__ import annotations\n{source.text}\n{exercise.name} = {source.name}"
            tries += [made, f"{exercise.name} = check({exercise.name})"]
        said = learner.runs([first, *tries, *["hint()"] * 4])
        assert not [text for text in said if "`: passed" in text]
    assert len(learner.stands(number).left) == len(lesson.exercises)
    again = cells_of("solutions", number)
    learner.runs([first, *again[1:], *again[1:]])
    assert not learner.stands(number).left
    assert "passed" in learner.runs([first])[0]


def test_skipping_from_00_to_05(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    learner.runs(cells_of("solutions", "00"))
    outputs = learner.runs(cells_of("lessons", "05"))
    assert not calls(outputs) and len(learner.stands("05").left) == len(exercises.load("05").exercises)
    outputs = learner.runs(cells_of("solutions", "05"))
    assert not learner.stands("05").left
    assert calls(outputs)["sum_to"] > 0 and "walk" not in calls(outputs)
    assert not learner.stands("04").begun
