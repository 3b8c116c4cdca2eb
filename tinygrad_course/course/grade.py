"""Grades: the points of one check, and those of a whole class, from the notebooks that it handed in.

A notebook is read and never run. What counts is an exercise, and not the cell in which it was answered: from all cells
its last definition is taken, with the imports and helpers that it needs, and tried in a child process, as `check` does.
A child serves one notebook; one that a learner's code stopped is replaced for the next exercise. What it writes goes
into an empty folder, and away with it.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import json
import os
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..training.bar import bar
from .check import Outcome, examine
from .child import LIMITS, Child, Limits
from .exercise import Exercise, Lesson
from .exercises import find, load, numbers, session
from .feedback import Code
from .paths import CourseError, replace_file
from .source import Source, imported_as, is_import
from .uses import PACKAGE, parts_of_the_package, resolved

WORKERS = os.cpu_count() or 2
COLUMNS = ("student", "exercise", "status", "points", "most", "mistake", "likely")
STUB, NOT_OWN, FAULT = "not started", "the package's own", "fault of the course"
LARGEST_FILE = 100_000_000  # bytes

_LESSON = re.compile(r"^\s*lesson\(\s*[\"']?(\d+)", re.MULTILINE)
_MAGIC = re.compile(r"\A(?:%%(?:time|capture|prun)\b.*\n)+")  # the rest of such a cell is run as Python
_UNTOUCHED = "raise NotImplementedError"


def worth(exercise: Exercise) -> int:
    """The points that an exercise gives: its difficulty, unless it says otherwise."""
    return exercise.points or exercise.difficulty


def score(id: str) -> int:
    """The points of an exercise ("04.propagate") by its last check in this notebook; 0 where it did not pass."""
    exercise = find(id, id)[1]
    return worth(exercise) if session.outcomes.get(exercise.id) == "passed" else 0


@dataclass(frozen=True)
class Result:
    """What came of one exercise of one student.

    status: what check says, or "the package's own" where the answer hands that on, or "not read". most: the points
    that there are. mistake: the known one that it is, or, if likely, is nearest to.
    """

    student: str
    exercise: str
    status: str
    points: int = 0
    most: int = 0
    mistake: str = ""
    likely: bool = False


@dataclass(frozen=True)
class Grades:
    """What came of a class. unread: notebooks and answers that could not be graded, each with the reason."""

    results: list[Result]
    unread: list[str]

    def students(self) -> list[dict[str, Any]]:
        """Each student with the points of all exercises together."""
        total: dict[str, dict[str, Any]] = {}
        for result in self.results:
            of = total.setdefault(result.student, {"student": result.student, "points": 0, "most": 0})
            of["points"] += result.points
            of["most"] += result.most
        return [*total.values()]

    def mistakes(self) -> list[tuple[str, str, int]]:
        """Exercise, mistake, and how many students made it, the most frequent first."""
        made = Counter((result.exercise, result.mistake) for result in self.results if result.mistake)
        return sorted(((*what, n) for what, n in made.items()), key=lambda row: (-row[2], row))

    def write(self, output: Path) -> list[Path]:
        """Write output.csv and output.json; their paths."""
        table = io.StringIO()
        rows = csv.DictWriter(table, COLUMNS, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        rows.writerows(map(asdict, self.results))
        mistakes = [dict(zip(("exercise", "mistake", "students"), row, strict=True)) for row in self.mistakes()]
        students, results = self.students(), [*map(asdict, self.results)]
        whole = {"students": students, "results": results, "mistakes": mistakes, "unread": self.unread}
        texts = {".csv": table.getvalue(), ".json": json.dumps(whole, indent=1, ensure_ascii=False) + "\n"}
        output.parent.mkdir(parents=True, exist_ok=True)
        for ending, text in texts.items():
            replace_file(output.with_name(output.name + ending), text.encode())
        return [output.with_name(output.name + ending) for ending in texts]


def grade(folder: Path, limits: Limits = LIMITS) -> Grades:
    """Grade every notebook below a folder. A sub-folder is a student, and so is a notebook that lies in none.

    Where a student has several notebooks of one lesson, the best answer to each exercise counts. limits: for each
    exercise. Raises CourseError where there is no notebook.
    """
    folder = folder.absolute()
    paths = [path for path in sorted(folder.rglob("*.ipynb")) if not _hidden(path.relative_to(folder))]
    if not paths:
        raise CourseError(f"There is no notebook in {folder}; give the folder that has a sub-folder for each student.")
    best: dict[tuple[str, str], Result] = {}
    unread = []
    pool = ThreadPoolExecutor(WORKERS)
    try:
        with warnings.catch_warnings(), _apart():
            warnings.simplefilter("ignore", SyntaxWarning)  # what Python says of a learner's code is not for a teacher
            graded = pool.map(lambda path: _graded(path, folder, limits), paths)
            for path, (results, problems) in zip(paths, bar(graded, "grading", len(paths)), strict=True):
                unread += [f"{_shown(path.relative_to(folder).as_posix())}: {problem}" for problem in problems]
                for result in results:
                    key = result.student, result.exercise
                    best[key] = max(best.get(key, result), result, key=lambda one: (one.points, one.status != STUB))
    finally:
        pool.shutdown(cancel_futures=True)
    return Grades(sorted(best.values(), key=lambda result: result.student), unread)


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """Work in an empty folder, which then goes away, and with small files only: for what answers write."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, contextlib.chdir(scratch), _small_files():
        yield


@contextlib.contextmanager
def _small_files() -> Iterator[None]:
    """Let no process that is started write a file of more than LARGEST_FILE bytes, where the system can see to that."""
    if sys.platform == "win32":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    known = [limit for limit in before if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min([LARGEST_FILE, *known]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _shown(name: str) -> str:
    """The name of a file as text, also where it holds bytes that are none."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _hidden(path: Path) -> bool:
    """Whether a file is one that no student handed in, such as Jupyter's own copies."""
    return any(part.startswith(".") for part in path.parts)


def _graded(path: Path, folder: Path, limits: Limits) -> tuple[list[Result], list[str]]:
    """The results of one notebook, and what in it could not be graded, and why."""
    inside = path.relative_to(folder)
    student = _shown(inside.parts[0] if len(inside.parts) > 1 else inside.stem)
    try:
        cells = _cells(path)
    except Exception as error:
        lesson, why = _lesson(path, []), f"it cannot be read as a notebook ({type(error).__name__}: {error})"
        exercises = lesson.exercises if lesson else ()
        return [Result(student, exercise.id, "not read", most=worth(exercise)) for exercise in exercises], [why]
    lesson = _lesson(path, cells)
    if lesson is None:
        return [], ["it is of no lesson"]
    problems: list[str] = []
    return list(_examined(student, lesson, Answers(cells), limits, problems)), problems


def _cells(path: Path) -> list[str]:
    """The text of the code cells as Python, without the magic commands of IPython."""
    from IPython.core.inputtransformer2 import TransformerManager

    content = json.loads(path.read_text(encoding="utf-8-sig"))
    texts = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    return [TransformerManager().transform_cell(_MAGIC.sub("", text)) for text in texts]


def _lesson(path: Path, cells: Sequence[str]) -> Lesson | None:
    """The lesson that a notebook says it is, or else its file's name."""
    said = [*(found for cell in cells for found in _LESSON.findall(cell)), path.name[:2]]
    known = [number.zfill(2) for number in said if number.zfill(2) in numbers()]
    return load(known[0]) if known else None


def _examined(student: str, lesson: Lesson, answers: Answers, limits: Limits, problems: list[str]) -> Iterator[Result]:
    """The results of one student, with a child that is replaced where a learner's code stopped it.

    problems: it grows by what went wrong with the check itself.
    """
    child: Child | None = None
    try:
        for exercise in lesson.exercises:
            most, found = worth(exercise), answers.program(exercise)
            if found is None or answers.borrows(exercise, found):
                yield Result(student, exercise.id, NOT_OWN if found else STUB, most=most)
                answers.give(exercise)
                continue
            child = child or Child()
            outcome = _outcome(lesson, exercise, found, limits, child)
            if outcome.status in ("stopped", FAULT):
                child.end()
                child = None
            if outcome.status == FAULT:
                why = [block.text for block in outcome.blocks if isinstance(block, Code)]
                problems.append(f"{exercise.id}: the check failed on it ({', '.join(why)})")
            if outcome.status != "passed":
                answers.give(exercise)
            mistake = outcome.mistake.name if outcome.mistake else ""
            points = most if outcome.status == "passed" else 0
            yield Result(student, exercise.id, outcome.status, points, most, mistake, outcome.likely)
    finally:
        if child:
            child.end()


def _outcome(lesson: Lesson, exercise: Exercise, answer: Source, limits: Limits, child: Child) -> Outcome:
    """What examine finds; a fault where it fails, since one answer must not stop the rest."""
    try:
        return examine(lesson, exercise, answer, limits, child)
    except Exception as error:
        return Outcome("fault of the course", (Code(f"{type(error).__name__}: {error}"),))


class Answers:
    """What the cells of a notebook define: by name, the text of the last definition.

    A stub left as it was counts only where there is no other, an import only where nothing is defined, and a cell that
    is no Python only as a whole. stars: the imports of everything in a module, which may be where any name comes from.
    given: the lines that import the course's pieces.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        self.definitions: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.stars: list[str] = []
        self.given: list[str] = []
        self.broken: list[str] = []
        for cell in cells:
            try:
                self._read(ast.parse(cell))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self.broken.append(cell)

    def _read(self, tree: ast.AST) -> None:
        for node in ast.iter_child_nodes(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                text = ast.unparse(node)
                if _UNTOUCHED not in text or node.name not in self.definitions:
                    self.definitions[node.name] = text
            elif isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    line = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
                    self._import(alias.asname or alias.name.partition(".")[0], line)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._set(node.targets[0].id, node)
            else:
                self._read(node)

    def _import(self, name: str, line: str) -> None:
        known = self.definitions.get(name, "")
        if name == "*":
            self.stars.append(line)
        elif not known or is_import(known) or _UNTOUCHED in known:
            self.definitions[name] = line

    def _set(self, name: str, node: ast.Assign) -> None:
        if isinstance(node.value, ast.Lambda):
            self.definitions[name] = ast.unparse(node)
        elif not re.match(r"(\w+\.)*check\(", ast.unparse(node.value)):
            self.values[name] = ast.unparse(node)

    def give(self, exercise: Exercise) -> None:
        """Let the later exercises use the course's piece, as in a notebook in which the check did not pass."""
        if not exercise.wants_a_value and (lines := imported_as(exercise.name, exercise.reference)):
            self.definitions[exercise.name] = lines
            self.given += lines.splitlines()

    def borrows(self, exercise: Exercise, answer: Source) -> bool:
        """Whether an answer hands on what it should be: the package's piece, or anything out of the exercises."""
        if exercise.wants_a_value:
            return False
        text = "\n".join(line for line in answer.text.split("\n") if line not in self.given)
        parts = parts_of_the_package(_nodes(text))
        pieces = [exercise.reference, resolved(exercise.target or "")]
        borrowed = any(resolved(part) is piece for part in parts for piece in pieces if piece is not None)
        return borrowed or any(part.startswith(f"{PACKAGE}.course.exercises") for part in parts)

    def program(self, exercise: Exercise) -> Source | None:
        """The answer to an exercise with all that it needs; None where there is none."""
        known = self.definitions | self.values if exercise.wants_a_value else self.definitions
        own = known.get(exercise.name, "")
        if own.endswith(" = ..."):
            return None
        parts = _needed(exercise.name, known, set()) if own else [cell for cell in self.broken if exercise.name in cell]
        return Source(exercise.name, "\n\n\n".join([*self.stars, *parts]) + "\n") if parts else None


def _nodes(text: str) -> list[ast.AST]:
    """Everything in a program; nothing where it is no Python."""
    try:
        return list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _needed(name: str, known: dict[str, str], done: set[str]) -> list[str]:
    """The text that defines a name, below the texts that it needs itself."""
    done.add(name)
    text = known[name]
    read = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    below: list[Any] = [_needed(other, known, done) for other in sorted(read & known.keys()) if other not in done]
    return [*(part for parts in below for part in parts), text]
