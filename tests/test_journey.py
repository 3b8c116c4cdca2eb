"""Learners on the way through the course: one in a row and right at once, one messily, one who skips lessons.

Each lesson runs in a kernel of its own, all of them in one learner's folder.
"""

from __future__ import annotations

import inspect
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tinygrad_course.course import exercises
from tinygrad_course.course.author import kernel_environment
from tinygrad_course.course.exercise import Mistake
from tinygrad_course.course.grade import STUB, grade
from tinygrad_course.course.paths import FOLDER_VARIABLE
from tinygrad_course.course.progress import LessonStanding, history, standing
from tinygrad_course.course.source import program

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = exercises.numbers()
MESSY = [number for number in NUMBERS if number <= "08"]


class Learner:
    """Somebody with a folder, who runs cells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def runs(self, cells: list[str], may_fail: bool = False) -> list[str]:
        """Run cells in a fresh kernel; what each of them shows, as text. None may raise, unless may_fail."""
        notebook = new_notebook(cells=[new_code_cell(text) for text in cells])
        options = {"timeout": 120, "allow_errors": may_fail, "extra_arguments": ["--log-level=ERROR"]}
        client = NotebookClient(notebook, **options)
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
    text = output.get("text", "") or output.get("data", {}).get("text/plain", "") or output.get("ename", "")
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


def asks(cell: str) -> bool:
    """Whether a cell is one that a learner works on: with an answer, a stub, a check or a prediction."""
    return re.search(r"^\w+ = check\(|^predict\(|^(def|class) ", cell, re.MULTILINE) is not None


def made(mistake: Mistake, name: str) -> str:
    """A cell that makes a known mistake."""
    source = program(mistake.piece, name)
    assert source is not None
    return f"from __future__ import annotations\n{source.text}\n{name} = {source.name}"


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    return Learner(tmp_path_factory.mktemp("messy"))


@pytest.mark.parametrize("number", MESSY)
def test_a_lesson_done_messily(number: str, messy: Learner) -> None:
    """One learner in one folder: cells out of order and twice, mistakes, names overwritten, the kernel restarted."""
    lesson = exercises.load(number)
    first, *blank = cells_of("lessons", number)
    names = [exercise.name for exercise in lesson.exercises]

    checks = [f"{name} = check({name})" for name in names]
    functions = [e for e in lesson.exercises if inspect.isfunction(e.mistakes[-1].piece)]  # a class may need imports
    wrong = {e.name: made(e.mistakes[-1], e.name) for e in (functions[0], functions[-1])}
    tries = [cell for name, text in wrong.items() for cell in (text, f"{name} = check({name})", *["hint()"] * 4)]
    overwritten = [f"{names[0]} = 0", checks[0], "tg = check = predict = None", first]
    said = messy.runs([first, checks[-1], *filter(asks, blank), *tries, *overwritten], may_fail=True)
    stands = messy.stands(number)
    assert len(stands.left) == len(names) and not stands.answered
    text = "\n".join(said[-len(tries + overwritten) :])
    assert text.count("`: not yet") == len(wrong) and text.count("`: not checked") == 1

    _, *right = cells_of("solutions", number)
    whole = number == "04"  # elsewhere without the demonstrations: the row has them, and they take their time
    again = [cell for cell in right if whole or asks(cell) for _ in range(1 + (names[0] in cell))]
    outputs = messy.runs([first, *again], may_fail=True)
    assert not whole or calls(outputs)["propagate"] > 0, "the learner's own engine is at work"
    stands = messy.stands(number)
    assert not stands.left and stands.answered == len(lesson.predictions)
    assert f"{len(names)} of {len(names)}" in messy.runs([first])[0]


def test_blank_lessons_give_no_points(tmp_path: Path) -> None:
    for path in (ROOT / "lessons").glob("*.ipynb"):
        shutil.copy(path, tmp_path)
    results = grade(tmp_path).results
    assert len(results) == sum(len(exercises.load(number).exercises) for number in NUMBERS)
    assert {(result.status, result.points, result.mistake) for result in results} == {(STUB, 0, "")}


def test_skipping_from_00_to_05(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    learner.runs(cells_of("solutions", "00"))
    outputs = learner.runs(cells_of("lessons", "05"))
    assert not calls(outputs) and len(learner.stands("05").left) == len(exercises.load("05").exercises)
    outputs = learner.runs(cells_of("solutions", "05"))
    assert not learner.stands("05").left
    assert calls(outputs)["sum_to"] > 0 and "walk" not in calls(outputs)
    assert not learner.stands("04").begun
