"""The build: from a lesson's source, solutions/NN_name.py, its two notebooks, and a third one for nbgrader.

The source is a Python file in the percent format: `# %%` begins a code cell, `# %% [markdown]` a text
cell. In code

* the lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the answer to an exercise,
* a line that ends in `### ANSWER` is a call `predict("id", answer)`, or the `name = answer` of an exercise that asks
  for a value.

lessons/NN_name.ipynb has neither: a solution becomes the stub, an answer becomes `...`. It has no
outputs, and the same source gives the same bytes every time. solutions/NN_name.ipynb has both, without
their marks, and the outputs of a run. nbgrader's notebook keeps solutions and marks, since nbgrader itself takes them
out, and has after each check a cell whose value is the points.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from . import exercises
from .exercise import Exercise
from .grade import worth
from .paths import FOLDER_VARIABLE, CourseError, create_file, replace_file

ROOT = Path(__file__).resolve().parents[2]
CELL = "# %%"
BEGIN, END, ANSWER = "### BEGIN SOLUTION", "### END SOLUTION", "### ANSWER"
STUB = 'raise NotImplementedError("write your answer here")'
BLANK = "# write your answer in place of ..."
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_SECONDS = 600

_ALMOST_A_MARK = re.compile(r"#+\s*(BEGIN|END)[\s_]*SOLUTION|##+\s*ANSWER\s*$", re.IGNORECASE)
_JUPYTEXT_METADATA = ("cell_marker", "lines_to_next_cell", "lines_to_end_of_cell_marker")


NBGRADER_CONFIG = f'''"""nbgrader's settings for this course. nbgrader is run in the folder that holds this file."""

from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, DeduplicateIds, OverwriteCells, OverwriteKernelspec


class DeduplicateCells(DeduplicateIds):
    """Takes the marks from a copied cell whole; nbgrader itself leaves empty ones, and then refuses the notebook."""

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if not cell.metadata.get("nbgrader", True):
            del cell.metadata["nbgrader"]
        return cell, resources


c = get_config()
c.Autograde.sanitize_preprocessors = [
    ClearOutput, DeduplicateCells, OverwriteKernelspec, OverwriteCells, CheckCellMetadata,
]
c.ClearSolutions.code_stub = {{"python": {STUB!r}}}
c.Execute.timeout = {CELL_SECONDS}
'''


class AuthorError(CourseError):
    """A lesson cannot be built; the message says where, why and what to do."""


def build(lessons: Sequence[str] = (), *, solutions: bool = True, root: Path | None = None) -> None:
    """Write the notebooks of the lessons with these numbers ("00", "01", ...), or of all lessons.

    root is the folder that holds solutions/ and lessons/, by default the checkout that this package is run
    from. With solutions=False nothing is run and only lessons/ is written. A lesson that cannot be
    built, or whose solution does not run, raises AuthorError and keeps its notebooks as they were.
    """
    root = root or ROOT
    for source in sources(root, lessons):
        started = time.perf_counter()
        lesson, solution = lesson_notebook(source), solution_notebook(source)
        if solutions:
            _execute(solution, source)
        written = [_write(lesson, root / "lessons" / f"{source.stem}.ipynb")]
        if solutions:
            written.append(_write(solution, source.with_suffix(".ipynb")))
        names = "  ".join(path.relative_to(root).as_posix() for path in written)
        print(f"{names}  {len(lesson.cells)} cells, {time.perf_counter() - started:.1f} s")


def build_nbgrader(output: Path, lessons: Sequence[str] = (), root: Path | None = None) -> None:
    """Write nbgrader's source notebooks of these lessons, an assignment each: output/source/lessonNN/NN_name.ipynb.

    Beside source/ come settings for nbgrader, where there are none yet.
    """
    output.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        create_file(output / "nbgrader_config.py", NBGRADER_CONFIG.encode())
    for source in sources(root or ROOT, lessons):
        folder = output / "source" / f"lesson{source.name[:2]}"
        print(_write(nbgrader_notebook(source), folder / f"{source.stem}.ipynb"))


def sources(root: Path, lessons: Sequence[str] = ()) -> list[Path]:
    """The sources in root/solutions of the lessons with these numbers, or of all lessons, in order."""
    found: dict[str, Path] = {}
    for path in sorted((root / "solutions").glob("[0-9][0-9]_*.py")):
        if path.name[:2] in found:
            raise AuthorError(f"{found[path.name[:2]]} and {path} have the same number; rename one of them.")
        found[path.name[:2]] = path
    if not found:
        raise AuthorError(
            f"There is no lesson source, solutions/NN_name.py, in {root}; build in a checkout of the project."
        )
    for number in lessons:
        if number not in found:
            raise AuthorError(f"There is no lesson {number} in {root / 'solutions'}; it has {', '.join(found)}.")
    return [path for number, path in found.items() if not lessons or number in lessons]


def lesson_notebook(source: Path) -> NotebookNode:
    """The notebook that a learner opens: exercises and predictions blank, nothing run."""
    kept = []
    for line in _lines(source):
        if line.kind == "begin":
            kept.append(line.text.replace(BEGIN, STUB))
        elif line.kind == "answer":
            kept.append(_without_answer(line.text))
        elif line.kind in ("prose", "code"):
            kept.append(line.text)
    return _notebook("\n".join(kept), source)


def solution_notebook(source: Path) -> NotebookNode:
    """The notebook with every answer in it, not run yet."""
    kept = []
    for line in _lines(source):
        if line.kind == "answer":
            kept.append(_unmarked(line.text))
        elif line.kind in ("prose", "code", "solution"):
            kept.append(line.text)
    return _notebook("\n".join(kept), source)


def nbgrader_notebook(source: Path) -> NotebookNode:
    """The notebook of which nbgrader makes an assignment: solutions within their marks, scores after the checks."""
    kept = [_without_answer(line.text) if line.kind == "answer" else line.text for line in _lines(source)]
    notebook, lesson = _notebook("\n".join(kept), source), exercises.load(source.name[:2])
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        cells.append(cell)
        for exercise in lesson.exercises:
            id = exercise.id.replace(".", "-")
            if BEGIN in cell.source and defines(cell, exercise):
                cell.metadata["nbgrader"] = _nbgrader(f"{id}-answer", solution=True)
            if checks(cell, exercise):
                facts = _nbgrader(f"{id}-score", grade=True, locked=True) | {"points": worth(exercise)}
                text = f'from tinygrad_course.course import score\n\nscore("{exercise.id}")'
                cells.append(nbformat.v4.new_code_cell(text, id=f"score-{id}", metadata={"nbgrader": facts}))
    notebook.cells = cells
    return notebook


def _nbgrader(id: str, *, grade: bool = False, locked: bool = False, solution: bool = False) -> dict[str, Any]:
    """What nbgrader wants to know of a cell, in version 3 of its schema, that of nbgrader 0.6 and later."""
    return {
        "grade": grade, "grade_id": id, "locked": locked, "schema_version": 3, "solution": solution, "task": False,
    }  # fmt: skip


def defines(cell: NotebookNode, exercise: Exercise) -> bool:
    """Whether this is the cell in which the exercise is answered."""
    pattern = rf"^(?:(?:async )?def|class) {exercise.name}\b|^{exercise.name} = (?!check\()"
    return cell.cell_type == "code" and bool(re.search(pattern, cell.source, re.MULTILINE))


def checks(cell: NotebookNode, exercise: Exercise) -> bool:
    """Whether this cell holds the exercise's check, written as `piece = check(piece)`."""
    written = rf"^{exercise.name} = check\({exercise.name}[,)]"
    return cell.cell_type == "code" and bool(re.search(written, cell.source, re.MULTILINE))


def locate(source: Path, number: int) -> str:
    """Where the cell with this number, counted from 1, begins in a source."""
    lines = source.read_text(encoding="utf-8").split("\n")
    begun = [line for line, text in enumerate(lines, start=1) if text.startswith(CELL)]
    return f"line {begun[number - 1]} (cell {number})"


def kernel_environment(scratch: Path) -> dict[str, str]:
    """The environment in which a notebook of the course is run so that it gives the same on every machine.

    scratch is an empty folder. The learner's folder and IPython's own become empty folders in it, so that
    neither a learner's earlier work nor a personal start-up file has a say in what a cell prints.
    """
    folder, ipython = scratch / "folder", scratch / "ipython"
    folder.mkdir()
    ipython.mkdir()
    return {
        **os.environ,
        FOLDER_VARIABLE: str(folder),
        "IPYTHONDIR": str(ipython),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


# Reading a source


@dataclass(frozen=True)
class _Line:
    """A line of a source. kind: prose, code, begin, solution (between begin and end), end, or answer."""

    text: str
    kind: str


def _lines(source: Path) -> Iterator[_Line]:
    """The lines of a source with their kinds; AuthorError where the marks do not fit together."""
    opened, prose = 0, False
    for number, text in enumerate(source.read_text(encoding="utf-8").split("\n"), start=1):
        new_cell = text.startswith(CELL)
        if new_cell:
            prose = "[markdown]" in text or "[raw]" in text
        kind = "prose" if prose else _kind(text)
        problem = _problem(text, kind, opened, new_cell)
        if problem:
            raise AuthorError(f"{source}, line {number}: {problem}")
        if kind in ("begin", "end"):
            opened = number if kind == "begin" else 0
        yield _Line(text, "solution" if opened and kind == "code" else kind)
    if opened:
        raise AuthorError(f"{source}, line {opened}: this solution is not closed; write {END} after its last line")


def _kind(text: str) -> str:
    stripped = text.strip()
    if stripped in (BEGIN, END):
        return "begin" if stripped == BEGIN else "end"
    return "answer" if stripped.endswith(ANSWER) else "code"


def _problem(text: str, kind: str, opened: int, new_cell: bool) -> str:
    """What is wrong with a line's marks, and the cure, or "". opened: the line of the open solution or 0."""
    if opened and (kind in ("begin", "answer") or new_cell):
        return f"the solution begun on line {opened} is still open here; write {END} before this line"
    if kind == "end" and not opened:
        return f"{END} without {BEGIN}; write {BEGIN} before the first line of the solution"
    if kind == "answer" and _answer_columns(text) is None:
        return f'{ANSWER} belongs after a call on one line, predict("id", answer), or after name = answer'
    if kind == "code" and _ALMOST_A_MARK.search(text):
        return f"this looks like a mark but is none; write exactly {BEGIN}, {END} or {ANSWER}"
    return ""


def _unmarked(text: str) -> str:
    return text.rstrip().removesuffix(ANSWER).rstrip()


def _answer_columns(text: str) -> tuple[int, int] | None:
    """Where the answer in the line's predict("id", answer) or name = answer is, in bytes of UTF-8."""
    code = _unmarked(text)
    indent = len(code) - len(code.lstrip())
    try:
        tree = ast.parse(code.strip())
    except SyntaxError:
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 2]
    answers = [call.args[1] for call in calls if ast.unparse(call.func).split(".")[-1] == "predict"]
    answers += [node.value for node in tree.body if isinstance(node, ast.Assign)]
    return (indent + answers[0].col_offset, indent + (answers[0].end_col_offset or 0)) if answers else None


def _without_answer(text: str) -> str:
    columns = _answer_columns(text)
    assert columns is not None, "_lines lets no other line through as an answer"
    code = _unmarked(text).encode()
    return f"{code[: columns[0]].decode()}...{code[columns[1] :].decode()}  {BLANK}"


def _notebook(text: str, source: Path) -> NotebookNode:
    """A source's text as a notebook in which nothing depends on when, where or by whom it is built."""
    notebook: NotebookNode = jupytext.reads(text, fmt="py:percent")
    cells = notebook.cells
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        raise AuthorError(f"{source}, line 1: a lesson begins with a text cell whose first line is its title, # Title")
    seen: Counter[str] = Counter()
    for number, cell in enumerate(cells, start=1):
        if not cell.source.strip():
            where = f"{source}, {locate(source, number)}"
            raise AuthorError(f"{where}: this cell is empty; write something in it or take its {CELL} away")
        for key in _JUPYTEXT_METADATA:
            cell.metadata.pop(key, None)
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA, nbformat_minor=5)


# Running a solution


def _execute(notebook: NotebookNode, source: Path) -> None:
    """Run every cell in a fresh kernel of this interpreter and keep what each gives, tidied."""
    # With no folders to search, "python3" can only be this interpreter, whatever else is registered.
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        notebook,
        km=kernel,
        resources={"metadata": {"path": str(source.parent)}},
        timeout=CELL_SECONDS,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
    )
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        client.setup_kernel(env=kernel_environment(Path(scratch)), cleanup_kc=True),
    ):
        for number, cell in enumerate(notebook.cells, start=1):
            _execute_cell(client, cell, number, source)
    notebook.metadata = nbformat.from_dict(METADATA)


def _execute_cell(client: NotebookClient, cell: NotebookNode, number: int, source: Path) -> None:
    where = f"{source}, {locate(source, number)}"
    kept = f"; the notebooks are kept as they were. The cell:\n\n{cell.source}\n"
    try:
        client.execute_cell(cell, number - 1)
    except CellExecutionError as error:
        raise AuthorError(f"{where} raises {error.ename}: {error.evalue}{kept}") from error
    except CellTimeoutError as error:
        raise AuthorError(f"{where} takes longer than {CELL_SECONDS} s{kept}") from error
    except DeadKernelError as error:
        raise AuthorError(f"{where} ends the kernel{kept}") from error
    if cell.cell_type == "code":
        cell.outputs = _last_states(_joined(cell.outputs))
        found = _private(cell.outputs, source.parents[1])
        if found:
            cure = "show something that is the same everywhere, or end the line with a semicolon"
            raise AuthorError(f"{where} shows {found}, which differs between machines: {cure}{kept}")


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs with each run of text to the same stream as one output."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _last_states(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs without what a carriage return has overwritten: of a progress bar, its last state.

    A bar may go on after a picture, so a stream's texts are taken as one, with the cuts between them marked.
    """
    for name in ("stdout", "stderr"):
        texts = [output for output in outputs if output.output_type == "stream" and output.name == name]
        whole = re.sub(r"\r+(?=\n|\Z)", "", "\0".join(output.text for output in texts))
        whole = re.sub(r"[^\n]*\r", lambda overwritten: "\0" * overwritten.group().count("\0"), whole)
        for output, text in zip(texts, whole.split("\0"), strict=False):
            output.text = text
    return [output for output in outputs if output.get("text") != ""]


def _private(outputs: list[NotebookNode], root: Path) -> str:
    """The first trace of this machine in what the outputs show, a memory address or a path, or ""."""
    places = {root, Path.home(), Path(tempfile.gettempdir()), Path(sys.prefix), Path(sys.base_prefix)}
    places |= {place.resolve() for place in places}
    paths = "|".join(re.escape(str(place)) for place in places if place != Path(place.anchor))
    trace = re.compile(rf"\b0x[0-9a-fA-F]{{6,}}|(?<![\w.])(?:{paths})\b[^\s\"'<>]*|(?<![\w.])~[/\\]\w[^\s\"'<>]*")
    for text in _texts(outputs):
        found = trace.search(re.sub(r"\x1b\[[0-9;]*m|base64,[A-Za-z0-9+/=]+", "", text))
        if found:
            return found.group()
    return ""


def _texts(outputs: list[NotebookNode]) -> Iterator[str]:
    for output in outputs:
        shown = [output.get("text"), output.get("evalue"), *output.get("traceback", [])]
        shown += [value for kind, value in output.get("data", {}).items() if kind not in ("image/png", "image/jpeg")]
        yield from (str(value) for value in shown if value)


def _write(notebook: NotebookNode, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(notebook, version=4, indent=1, ensure_ascii=False, sort_keys=True)
    replace_file(path, f"{text}\n".encode())
    return path
