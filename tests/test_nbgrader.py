"""nbgrader's round trip: a lesson is assigned, five submissions are autograded, and every score is exact."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from tinygrad_course.course import exercises
from tinygrad_course.course.author import (
    BEGIN,
    STUB,
    build_nbgrader,
    checks,
    defines,
    nbgrader_notebook,
    solution_notebook,
    sources,
)  # fmt: skip
from tinygrad_course.course.grade import worth

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "TINYGRAD_COURSE_NBGRADER"
WHY_NOT = (
    f"nbgrader lives in an environment of its own: python -m venv grading; grading/bin/pip install -e '.[teacher]' ; "
    f"then set {VARIABLE}=grading/bin/python"
)
SOURCE = sources(ROOT, ["01"])[0]
LESSON = exercises.load("01")
NOTEBOOK = Path("lesson01") / f"{SOURCE.stem}.ipynb"
POINTS = {exercise.name: worth(exercise) for exercise in LESSON.exercises}
SCORES = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    found = {}
    for one in book.assignment_submissions("lesson01"):
        grades = one.notebooks[0].grades
        found[one.student.id] = {grade.name[3:-6]: grade.score for grade in grades}, one.score
    print("SCORES", json.dumps(found))
"""


def nbgrader_of(cell: NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def find(cells: list[NotebookNode], id: str) -> int:
    return next(i for i, cell in enumerate(cells) if nbgrader_of(cell).get("grade_id") == f"01-{id}")


def test_each_check_is_followed_by_a_locked_cell_that_gives_its_points() -> None:
    cells = nbgrader_notebook(SOURCE).cells
    for exercise in LESSON.exercises:
        place = find(cells, f"{exercise.name}-score")
        facts = nbgrader_of(cells[place])
        assert checks(cells[place - 1], exercise) and cells[place].source.endswith(f'score("{exercise.id}")')
        assert (facts["grade"], facts["locked"], facts["solution"]) == (True, True, False)
        assert (facts["points"], facts["schema_version"]) == (POINTS[exercise.name], 3)
    assert sum("points" in nbgrader_of(cell) for cell in cells) == len(LESSON.exercises)
    assert len({cell.id for cell in cells}) == len(cells)


def test_solutions_stay_in_their_marks_and_answers_to_predictions_do_not() -> None:
    notebook = nbgrader_notebook(SOURCE)
    nbformat.validate(notebook)
    for exercise in LESSON.exercises:
        cell = notebook.cells[find(notebook.cells, f"{exercise.name}-answer")]
        assert BEGIN in cell.source and nbgrader_of(cell)["solution"] and not nbgrader_of(cell)["locked"]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert STUB not in text and "### ANSWER" not in text and 'predict("forward-error", ...)' in text


def test_the_folder_is_one_that_nbgrader_knows(tmp_path: Path) -> None:
    build_nbgrader(tmp_path / "course", ["01"])
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert written == ["course/nbgrader_config.py", f"course/source/{NOTEBOOK.as_posix()}"]


def test_settings_that_a_teacher_changed_stay(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    build_nbgrader(tmp_path, ["01"])
    assert (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8") == "c = get_config()\n"


# The round trip, where there is an nbgrader


def nbgrader(folder: Path, *arguments: str) -> str:
    python = Path(os.environ[VARIABLE]).absolute()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]),  # nbgrader calls programs of its own
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    done = subprocess.run([python, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def submissions(release: Path) -> dict[str, NotebookNode]:
    """What five students hand in."""
    made = {name: nbformat.read(release, as_version=4) for name in ("perfect", "empty", "wrong", "doubled", "deleted")}
    solved = solution_notebook(SOURCE).cells
    for name in made.keys() - {"empty"}:
        for exercise in LESSON.exercises:
            answer = next(cell.source for cell in solved if defines(cell, exercise))
            made[name].cells[find(made[name].cells, f"{exercise.name}-answer")].source = answer
    for exercise in ("average_slope", "partial"):
        wrong = f"def {exercise}(*given):\n    return 0.0\n"
        made["wrong"].cells[find(made["wrong"].cells, f"{exercise}-answer")].source = wrong
    for id in ("average_slope-answer", "tangent-score"):
        cells = made["doubled"].cells
        cells.insert(find(cells, id), nbformat.from_dict({**cells[find(cells, id)], "id": f"copy-{len(cells)}"}))
    for id in ("forward_difference-answer", "central_difference-score"):
        del made["deleted"].cells[find(made["deleted"].cells, id)]
    return made


@pytest.mark.skipif(VARIABLE not in os.environ, reason=WHY_NOT)
def test_five_submissions_get_exact_scores(tmp_path: Path) -> None:
    build_nbgrader(tmp_path, ["01"])
    nbgrader(tmp_path, "-m", "nbgrader", "generate_assignment", "lesson01")
    assert BEGIN not in (tmp_path / "release" / NOTEBOOK).read_text(encoding="utf-8")
    for student, notebook in submissions(tmp_path / "release" / NOTEBOOK).items():
        place = tmp_path / "submitted" / student / NOTEBOOK
        place.parent.mkdir(parents=True)
        nbformat.write(notebook, place)
    nbgrader(tmp_path, "-m", "nbgrader", "autograde", "lesson01")
    found = json.loads(nbgrader(tmp_path, "-c", SCORES).partition("SCORES ")[2])
    none = dict.fromkeys(POINTS, 0)
    expected = {
        "perfect": POINTS,
        "empty": none,
        "wrong": POINTS | {"average_slope": 0, "partial": 0},
        "doubled": POINTS,
        "deleted": POINTS | {"forward_difference": 0, "central_difference": 0},
    }
    assert {student: grades for student, (grades, _) in found.items()} == expected
    assert {student: total for student, (_, total) in found.items()} == {
        student: sum(points.values()) for student, points in expected.items()
    }
