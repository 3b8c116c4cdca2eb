"""Grades: keyed by exercise and not by cell, from notebooks of every kind, and nothing of theirs runs here."""

from __future__ import annotations

import csv
import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tinygrad_course.course import exercises
from tinygrad_course.course import grade as grading
from tinygrad_course.course.check import _fault
from tinygrad_course.course.child import Limits
from tinygrad_course.course.cli import main
from tinygrad_course.course.exercise import Lesson
from tinygrad_course.course.exercises import Session
from tinygrad_course.course.grade import Answers, Grades, Result, grade, score
from tinygrad_course.course.paths import CourseError

MADE_UP = """
from tinygrad_course.course.exercise import Case, Exercise, Lesson, Mistake

def doubled(x):
    return x * 2

def quadrupled(x):
    return doubled(doubled(x))

class Counter:
    total = 0
    def add(self, n):
        self.total += n
        return self.total

shape = (2, 3)

def _numbers(piece):
    return [piece(1.0), piece(-3.0)]

def _count(piece):
    counter = piece()
    return [counter.add(1), counter.add(2)]

LESSON = Lesson("98", __name__, (
    Exercise("98.doubled", None, 1, 1, doubled, cases=(Case("two numbers", _numbers),),
             mistakes=(Mistake("squared", lambda x: x * x, "You square."),)),
    Exercise("98.quadrupled", None, 1, 2, quadrupled, cases=(Case("two numbers", _numbers),)),
    Exercise("98.Counter", None, 1, 3, Counter, cases=(Case("two", _count),), points=10),
    Exercise("98.shape", None, 1, 1, shape, cases=(Case("the shape", lambda shape: list(shape)),)),
))
"""
FIRST = 'from tinygrad_course.course import check, lesson\n\nlesson("98")'
DOUBLED = "def doubled(x):\n    return 2 * x"
STUB = 'def doubled(x):\n    """Twice x."""\n    raise NotImplementedError("write your answer here")'
QUADRUPLED = "def quadrupled(x):\n    return doubled(doubled(x))"
COUNTER = """
class Counter:
    def __init__(self):
        self.n = 0
    def add(self, n):
        self.n += n
        return self.n
"""
CHECKS = [f"{name} = check({name})" for name in ("doubled", "quadrupled", "Counter", "shape")]
RIGHT = [FIRST, DOUBLED, CHECKS[0], QUADRUPLED, CHECKS[1], COUNTER, CHECKS[2], "shape = (2, 3)", CHECKS[3]]
LIMITS = Limits(seconds=3, megabytes=600)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    """A lesson of its own, in a module that the child process can import too."""
    folder = tmp_path_factory.mktemp("made_up")
    (folder / "made_up_for_grades.py").write_text(MADE_UP, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("made_up_for_grades").LESSON


@pytest.fixture(autouse=True)
def known(made_up: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "numbers", lambda: ["98"])
    monkeypatch.setattr(grading, "load", lambda number: made_up)


def hand_in(path: Path, cells: list[str], **more: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [{"cell_type": "markdown", "source": ["def doubled(x): in prose"]}]
    written += [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    path.write_text(json.dumps({"cells": written, **more}), encoding="utf-8")


def statuses(folder: Path) -> dict[str, list[str]]:
    """The statuses of each student, in the order of the exercises."""
    found: dict[str, list[str]] = {}
    for result in grade(folder, LIMITS).results:
        found.setdefault(result.student, []).append(result.status)
    return found


P, N, Y = "passed", "not started", "not yet"


def test_a_class_is_graded_student_by_student(tmp_path: Path) -> None:
    hand_in(tmp_path / "ann" / "lesson.ipynb", RIGHT)
    hand_in(tmp_path / "bob" / "deep" / "98_made_up.ipynb", [FIRST, STUB, *CHECKS, "shape = ..."])
    hand_in(tmp_path / "cem.ipynb", [FIRST, "def doubled(x):\n    return x * x", QUADRUPLED])
    hand_in(tmp_path / "ann" / ".ipynb_checkpoints" / "lesson.ipynb", [])
    grades = grade(tmp_path, LIMITS)
    names = ["98.doubled", "98.quadrupled", "98.Counter", "98.shape"]
    assert [result.exercise for result in grades.results] == 3 * names
    assert [(r.student, r.status, r.points) for r in grades.results] == [
        ("ann", P, 1), ("ann", P, 2), ("ann", P, 10), ("ann", P, 1),
        ("bob", N, 0), ("bob", N, 0), ("bob", N, 0), ("bob", N, 0),
        ("cem", Y, 0), ("cem", P, 2), ("cem", N, 0), ("cem", N, 0),
    ]  # fmt: skip
    assert grades.mistakes() == [("98.doubled", "squared", 1)] and grades.unread == []
    assert grade(tmp_path, LIMITS) == grades, "two workers, one order"


HOSTILE = {
    "loop": "def doubled(x):\n    while True:\n        pass",
    "exit": "import os\ndef doubled(x):\n    os._exit(3)",
    "memory": "def doubled(x):\n    return ['y' * 10**8 for _ in range(10**4)]",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_one_that_crashes_stops_neither_its_other_answers_nor_the_rest(tmp_path: Path, code: str) -> None:
    hand_in(tmp_path / "ann" / "a.ipynb", [FIRST, code, QUADRUPLED, COUNTER])
    hand_in(tmp_path / "bob" / "a.ipynb", RIGHT)
    assert statuses(tmp_path) == {"ann": ["stopped", P, P, N], "bob": [P, P, P, P]}


def test_nothing_of_a_notebook_runs_here(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    harm = f"open({str(trace)!r}, 'a').write('x')"
    hand_in(tmp_path / "in" / "ann" / "a.ipynb", [FIRST, harm, f"!touch {trace}", f"%time {harm}", *RIGHT])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert statuses(tmp_path / "in") == {"ann": [P, P, P, P]}
    assert not trace.exists()


CELLS: dict[str, tuple[list[str], str]] = {
    "the last definition counts": (["def doubled(x):\n    return x", DOUBLED], P),
    "and is the newest": ([DOUBLED, "def doubled(x):\n    return x"], Y),
    "a stub below an answer does not": ([DOUBLED, STUB], P),
    "a copied cell": ([DOUBLED, CHECKS[0], DOUBLED, CHECKS[0]], P),
    "no check in the notebook": ([DOUBLED], P),
    "a lambda": (["doubled = lambda x: x + x"], P),
    "under %%time": ([f"%%time\n{DOUBLED}"], P),
    "a magic in the cell": ([f"%matplotlib inline\n{DOUBLED}\n!ls"], P),
    "in an if": (["if True:\n    def doubled(x):\n        return 2 * x"], P),
    "decorated": (["import functools", f"@functools.cache\n{DOUBLED}"], P),
    "helpers and imports": (
        ["import numpy as np\nfrom math import pow as power", "def twice(x):\n    return power(2, 1) * x",
         "def doubled(x):\n    return float(np.sum(twice(x)))"], P,
    ),
    "an import of everything": (["from math import *", "def doubled(x):\n    return trunc(2) * x"], P),
    "two that call each other": (
        ["def doubled(x, n=1):\n    return less(x, n)", "def less(x, n):\n    return doubled(x, 0) if n else 2 * x"], P,
    ),
    "a number of the notebook does not come along": (["two = 2", "def doubled(x):\n    return two * x"], Y),
    "what other cells would break": (["def other(x=nowhere):\n    pass", DOUBLED], P),
    "a cell that is no Python": (["def doubled(x:\n    return 2 * x"], Y),
    "and a later one that is": (["def doubled(x:", DOUBLED], P),
    "nested without end": ([f"x = {'(' * 5000}", DOUBLED], P),
    "nothing at all": ([], N),
}  # fmt: skip


def test_what_counts_is_the_exercise_and_not_its_cell(tmp_path: Path) -> None:
    for name, (cells, _) in CELLS.items():
        hand_in(tmp_path / name / "98_x.ipynb", cells)
    assert {student: found[0] for student, found in statuses(tmp_path).items()} == {n: s for n, (_, s) in CELLS.items()}


FORGED = """
import os, struct
def doubled(x):
    for pipe in range(3, 30):
        try:
            os.write(pipe, struct.pack(">I", 14) + b'{"done": true}')
        except OSError:
            pass
    return 2 * x
"""


def test_what_an_answer_sends_on_its_own_is_told_and_stops_nothing(tmp_path: Path) -> None:
    hand_in(tmp_path / "ann" / "a.ipynb", [FIRST, FORGED, QUADRUPLED, COUNTER])
    hand_in(tmp_path / "bob" / "a.ipynb", RIGHT)
    grades = grade(tmp_path, LIMITS)
    assert [result.status for result in grades.results if result.student == "bob"] == [P, P, P, P]
    forged, later, *_ = grades.results
    assert (forged.exercise, forged.status, forged.points) == ("98.doubled", "stopped", 0)
    assert (later.exercise, later.status) == ("98.quadrupled", P)  # on the course's own doubled
    assert grades.unread == []


def test_a_fault_of_the_course_is_told_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(lesson: Lesson, exercise: Any, *rest: Any) -> Any:
        if exercise.id == "98.doubled":
            raise KeyError("a fault")
        if exercise.id == "98.shape":
            return _fault("another")
        return real(lesson, exercise, *rest)

    real = grading.examine
    monkeypatch.setattr(grading, "examine", examine)
    hand_in(tmp_path / "ann.ipynb", RIGHT)
    grades = grade(tmp_path, LIMITS)
    assert [result.status for result in grades.results] == ["fault of the course", P, P, "fault of the course"]
    assert grades.unread == [
        "ann.ipynb: 98.doubled: the check failed on it (KeyError: 'a fault')",
        "ann.ipynb: 98.shape: the check failed on it (another)",
    ]


@pytest.mark.parametrize("name", ["Zoë Å & 'Co'", "a,b", "[x]", "-x", "two\nlines", "late\udce9"])
def test_a_student_may_have_any_name(tmp_path: Path, name: str) -> None:
    try:
        hand_in(tmp_path / "in" / name / "same.ipynb", [FIRST, DOUBLED])
    except (OSError, ValueError) as error:
        pytest.skip(f"this file system has no such name: {error}")
    hand_in(tmp_path / "in" / "ann" / "same.ipynb", [FIRST, STUB])
    written = grade(tmp_path / "in", LIMITS).write(tmp_path / "results")
    shown = name.replace("\udce9", "\\xe9")
    with written[0].open(encoding="utf-8", newline="") as file:
        found = {row["student"]: row["status"] for row in csv.DictReader(file) if row["exercise"] == "98.doubled"}
    assert found == {"ann": N, shown: P}
    students = json.loads(written[1].read_text(encoding="utf-8"))["students"]
    assert {"student": shown, "points": 1, "most": 14} in students


def test_what_an_answer_writes_goes_away_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = "def doubled(x):\n    open('results.csv', 'a').write('x')\n    return 2 * x"
    hand_in(tmp_path / "in" / "ann" / "a.ipynb", [FIRST, writes])
    monkeypatch.chdir(tmp_path)
    assert grade(Path("in"), LIMITS).results[0].status == P
    assert [path.name for path in tmp_path.iterdir()] == ["in"] and Path.cwd() == tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no limit to the size of a file")
def test_no_file_that_an_answer_writes_grows_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "LARGEST_FILE", 10_000)
    file = tmp_path / "large"
    hand_in(tmp_path / "ann.ipynb", [FIRST, f"def doubled(x):\n    open({str(file)!r}, 'wb').write(bytes(10**6))"])
    assert grade(tmp_path, LIMITS).results[0].status == Y and file.stat().st_size == 10_000
    (tmp_path / "mine").write_bytes(bytes(20_000))  # the limit is for answers alone


OWN = "the package's own"
BORROWED = {
    "imported": (["from tinygrad_course.graph import sum_to"], OWN),
    "imported in place of a stub": (["def sum_to(g, shape):\n    raise NotImplementedError('x')\n"
                                     "from tinygrad_course.graph import sum_to"], OWN),
    "imported under another name": (["import tinygrad_course.graph as engine\ndef sum_to(*given):\n"
                                     "    return engine.sum_to(*given)"], OWN),
    "by its whole name": (["import tinygrad_course.graph",
                           "sum_to = lambda *given: tinygrad_course.graph.sum_to(*given)"], OWN),
    "as an attribute": (["import tinygrad_course as tg", "sum_to = lambda *given: tg.graph.sum_to(*given)"], OWN),
    "imported within": (["def sum_to(*given):\n    from tinygrad_course.graph import sum_to as own\n"
                         "    return own(*given)"], OWN),
    "in a helper": (["from tinygrad_course.graph import sum_to as own\ndef helper(*given):\n    return own(*given)",
                     "def sum_to(*given):\n    return helper(*given)"], OWN),
    "out of the exercises": (["def sum_to(*given):\n    from tinygrad_course.course.exercises.lesson05 import LESSON\n"
                              "    return LESSON.exercise('sum_to').reference(*given)"], OWN),
    "out of an exercise's own file": (["from tinygrad_course.course.exercises.lesson05.sum_to import sum_to_padded\n"
                                       "def sum_to(*given):\n    return sum_to_padded(*given)"], OWN),
    "imported after an answer": (["def sum_to(g, shape):\n    return g",
                                  "from tinygrad_course.graph import sum_to"], Y),
    "another piece of the package": (["import tinygrad_course as tg\nfrom tinygrad_course.graph import walk\n"
                                      "def sum_to(g, shape):\n    walk, tg.graph.walk\n    return g"], Y),
}  # fmt: skip


def test_the_packages_own_piece_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "numbers", exercises.numbers)
    monkeypatch.setattr(grading, "load", exercises.load)
    for name, (cells, _) in BORROWED.items():
        hand_in(tmp_path / name / "05_tensors.ipynb", cells)
    found = {result.student: result.status for result in grade(tmp_path).results if result.exercise == "05.sum_to"}
    assert found == {name: status for name, (_, status) in BORROWED.items()}


@pytest.mark.parametrize("number", exercises.numbers())
def test_no_answer_of_the_solutions_is_taken_for_the_packages_own(number: str) -> None:
    source = next((Path(__file__).resolve().parents[1] / "solutions").glob(f"{number}_*.ipynb"))
    answers = Answers(grading._cells(source))
    for exercise in exercises.load(number).exercises:
        answer = answers.program(exercise)
        assert answer and not answers.borrows(exercise, answer), exercise.id


def test_a_value_may_be_computed_from_others(tmp_path: Path) -> None:
    hand_in(
        tmp_path / "a" / "98.ipynb", ["rows = 2", "def columns():\n    return rows + 1", "shape = (rows, columns())"]
    )
    hand_in(tmp_path / "b" / "98.ipynb", ["shape = (2, 4)", CHECKS[3]])
    assert {student: found[3] for student, found in statuses(tmp_path).items()} == {"a": P, "b": Y}


def test_the_best_of_several_notebooks_of_a_lesson_counts(tmp_path: Path) -> None:
    hand_in(tmp_path / "ann" / "1.ipynb", [FIRST, "def doubled(x):\n    return x", COUNTER])
    hand_in(tmp_path / "ann" / "2.ipynb", [FIRST, DOUBLED, "class Counter:\n    pass"])
    hand_in(tmp_path / "ann" / "3.ipynb", [FIRST, STUB, "def quadrupled(x):\n    return x"])
    assert statuses(tmp_path) == {"ann": [P, Y, P, N]}


@pytest.mark.parametrize("content", ["", "[1]", '{"worksheets": []}', '{"cells": [{"cell_type": "code"}]}', "\x00"])
def test_a_notebook_that_cannot_be_read_is_told_and_counts_nothing(tmp_path: Path, content: str) -> None:
    for path in (tmp_path / "ann" / "98_x.ipynb", tmp_path / "bob" / "x.ipynb"):
        path.parent.mkdir()
        path.write_text(content, encoding="utf-8")
    hand_in(tmp_path / "cem" / "98_x.ipynb", [DOUBLED])
    grades = grade(tmp_path, LIMITS)
    assert [line.split(": ")[0] for line in grades.unread] == ["ann/98_x.ipynb", "bob/x.ipynb"]
    assert all("cannot be read as a notebook" in line for line in grades.unread)
    assert [(r.student, r.status) for r in grades.results if r.exercise == "98.doubled"] == [
        ("ann", "not read"), ("cem", P),
    ]  # fmt: skip


def test_a_notebook_of_no_lesson_is_told(tmp_path: Path) -> None:
    hand_in(tmp_path / "ann" / "notes.ipynb", ['lesson("77")'])
    assert grade(tmp_path, LIMITS) == Grades([], ["ann/notes.ipynb: it is of no lesson"])


def test_no_notebook_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"no notebook in .* sub-folder for each student"):
        grade(tmp_path)


def test_a_piece_of_the_course_stands_in_for_one_that_did_not_pass() -> None:
    lesson = exercises.load("01")
    answers = Answers(["def symmetric_difference(f, x, h):\n    return 0", "def best_step(f): symmetric_difference(f)"])
    symmetric, best = (lesson.exercise(name) for name in ("symmetric_difference", "best_step"))
    assert symmetric and best
    answers.give(symmetric)
    found = answers.program(best)
    assert found and found.text.startswith(f"from {lesson.module}.symmetric_difference import symmetric_difference\n")
    assert not answers.borrows(best, found), "what the course gave is not borrowed"


def test_a_method_of_the_course_stands_in_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "numbers", exercises.numbers)
    monkeypatch.setattr(grading, "load", exercises.load)
    softmax = "def log_softmax(self, dim):\n    return self"
    loss = "-log_softmax(input, 1)[tg.arange(len(target)), target]"
    entropy = f"def cross_entropy(input, target, reduction='mean'):\n    x = {loss}\n"
    entropy += "    return x if reduction == 'none' else x.sum() if reduction == 'sum' else x.mean()"
    hand_in(tmp_path / "ann" / "09_losses.ipynb", [softmax, entropy])
    found = {result.exercise: result.status for result in grade(tmp_path).results}
    assert (found["09.log_softmax"], found["09.cross_entropy"]) == (Y, P)


# What is written


GRADES = Grades(
    [
        Result("ann, 1", "98.doubled", "not yet", 0, 1, "squared"),
        Result("bé", "98.doubled", "not yet", 0, 1, "squared", likely=True),
        Result("bé", "98.Counter", "not yet", 0, 10, "forgetful"),
        Result("cem", "98.doubled", "passed", 1, 1),
    ],
    ["x.ipynb: why"],
)


def test_the_results_as_csv_and_json(tmp_path: Path) -> None:
    written = GRADES.write(tmp_path / "new" / "week.1")
    assert [path.name for path in written] == ["week.1.csv", "week.1.json"]
    rows = list(csv.reader(written[0].read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["student", "exercise", "status", "points", "most", "mistake", "likely"]
    assert rows[1] == ["ann, 1", "98.doubled", "not yet", "0", "1", "squared", "False"]
    assert rows[2][5:] == ["squared", "True"] and rows[4][3:] == ["1", "1", "", "False"]
    whole = json.loads(written[1].read_text(encoding="utf-8"))
    assert whole["results"][1] == {
        "student": "bé",
        "exercise": "98.doubled",
        "status": "not yet",
        "points": 0,
        "most": 1,
        "mistake": "squared",
        "likely": True,
    }
    assert whole["students"] == [
        {"student": "ann, 1", "points": 0, "most": 1},
        {"student": "bé", "points": 0, "most": 11},
        {"student": "cem", "points": 1, "most": 1},
    ]
    assert whole["mistakes"][0] == {"exercise": "98.doubled", "mistake": "squared", "students": 2}
    assert whole["unread"] == ["x.ipynb: why"]


def test_the_command_writes_the_results_and_says_what_the_class_does_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "grade", lambda folder: GRADES)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["grade", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "3 students, 1 of 4 answers passed." in done.output and "Not graded: x.ipynb: why" in done.output
    assert done.output.index("squared") < done.output.index("forgetful")
    assert Path("results.csv").is_file() and Path("results.json").is_file()


def test_the_command_wants_a_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["grade", str(tmp_path / "none")])
    assert done.exit_code == 2 and "does not exist" in done.stderr


# The points of one check


@pytest.mark.parametrize(
    ("outcomes", "points"),
    [({}, 0), ({"98.Counter": "passed"}, 10), ({"98.Counter": "not yet"}, 0), ({"98.doubled": "passed"}, 0)],
)
def test_score_gives_the_points_of_the_last_check(
    made_up: Lesson, monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, str], points: int
) -> None:
    session = Session(lesson=made_up, outcomes=dict(outcomes))
    monkeypatch.setattr(exercises, "session", session)
    monkeypatch.setattr(grading, "session", session)
    assert score("98.Counter") == points


def test_score_counts_what_check_found(made_up: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinygrad_course.course import check

    for name, value in vars(Session(lesson=made_up)).items():
        monkeypatch.setattr(exercises.session, name, value)
    assert score("98.shape") == 0
    check((2, 3), "98.shape")
    assert score("98.shape") == 1
    check((2, 4), "98.shape")
    assert score("98.shape") == 0
