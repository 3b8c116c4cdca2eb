"""The build: a source becomes a lesson without answers and a solution with outputs, the same every time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_output

from tinygrad_course.course import author
from tinygrad_course.course.author import AuthorError, build, lesson_notebook, solution_notebook, sources
from tinygrad_course.course.author_commands import author as author_group
from tinygrad_course.course.cli import main
from tinygrad_course.course.skeleton import new

ROOT = Path(__file__).resolve().parents[1]
TITLE = "# %% [markdown]\n# # Title\n\n"
SOURCE = (
    TITLE
    + '''# %%
predict("π", [1, (2, "née")])  ### ANSWER

# %% tags=["nbval-ignore-output"]
class Leaf:
    def add(self, g):
        """Add g."""
        ### BEGIN SOLUTION
        self.grad = g

        return self
        ### END SOLUTION


# %% [markdown]
# In prose, ### BEGIN SOLUTION is text, and a line may break here:@@
# so.

# %%
1 + 1

# %%
1 + 1
'''.replace("@@", "  ")
)


def written(root: Path, text: str, name: str = "00_made_up.py") -> Path:
    source = root / "solutions" / name
    source.parent.mkdir(exist_ok=True)
    source.write_text(text, encoding="utf-8", newline="\n")
    return source


def cells(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_a_lesson_has_stubs_and_no_answers(tmp_path: Path) -> None:
    assert cells(lesson_notebook(written(tmp_path, SOURCE))) == [
        "# Title",
        'predict("π", ...)  # write your answer in place of ...',
        'class Leaf:\n    def add(self, g):\n        """Add g."""\n'
        '        raise NotImplementedError("write your answer here")',
        "In prose, ### BEGIN SOLUTION is text, and a line may break here:  \nso.",
        "1 + 1",
        "1 + 1",
    ]


def test_a_solution_has_the_answers_without_their_marks(tmp_path: Path) -> None:
    solution = cells(solution_notebook(written(tmp_path, SOURCE)))
    assert solution[1] == 'predict("π", [1, (2, "née")])'
    assert solution[2].endswith('"""Add g."""\n        self.grad = g\n\n        return self')


@pytest.mark.parametrize(
    ("line", "blank"),
    [
        ("shape = (2, 3)", "shape = ..."),
        ("é = {'a': 1}  # a comment", "é = ...  # a comment"),
        ("    x = np.array([1.0])", "    x = ..."),
        ("answer = predict('id', 3)", "answer = predict('id', ...)"),
    ],
)
def test_the_answer_to_an_exercise_that_asks_for_a_value_is_taken_out(tmp_path: Path, line: str, blank: str) -> None:
    source = written(tmp_path, f"{TITLE}# %%\nif x:\n{line}  ### ANSWER\n")
    assert cells(lesson_notebook(source))[1] == f"if x:\n{blank}  # write your answer in place of ..."
    assert cells(solution_notebook(source))[1] == f"if x:\n{line}"


def test_lessons_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    written(tmp_path, SOURCE)
    lesson = tmp_path / "lessons" / "00_made_up.ipynb"
    build(solutions=False, root=tmp_path)
    first = lesson.read_bytes()
    lesson.unlink()
    build(["00"], solutions=False, root=tmp_path)
    assert lesson.read_bytes() == first
    assert first.startswith(b'{\n "cells"') and first.endswith(b"}\n") and b"\r" not in first
    assert "π" in first.decode(), "text is written as it reads, not as escapes"
    notebook = json.loads(first)
    assert notebook["metadata"] == author.METADATA and notebook["nbformat_minor"] == 5
    assert notebook["cells"][2]["metadata"] == {"tags": ["nbval-ignore-output"]}
    nbformat.validate(notebook)
    assert not (tmp_path / "solutions" / "00_made_up.ipynb").exists()


def test_ids_come_from_the_content_alone(tmp_path: Path) -> None:
    ids = [cell.id for cell in lesson_notebook(written(tmp_path, SOURCE)).cells]
    longer = SOURCE.replace("# %%\npredict", "# %%\nimport math\n\n# %%\npredict")
    later = [cell.id for cell in lesson_notebook(written(tmp_path, longer)).cells]
    assert later[:1] + later[2:] == ids
    assert len(set(ids)) == len(ids), "equal cells have different ids"


@pytest.mark.parametrize(
    ("code", "line", "says"),
    [
        ("### BEGIN SOLUTION\n1", 5, "not closed"),
        ("### BEGIN SOLUTION\n1\n\n# %%\n2", 8, "begun on line 5 is still open"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION", 6, "begun on line 5 is still open"),
        ("1\n### END SOLUTION", 6, "without ### BEGIN SOLUTION"),
        ("### begin solution\n1\n### END SOLUTION", 5, "write exactly"),
        ("### BEGIN SOLUTIONS\n1\n### END SOLUTION", 5, "write exactly"),
        ('predict("id", 2)  ## Answer', 5, "write exactly"),
        ('predict("id")  ### ANSWER', 5, 'predict("id", answer)'),
        ('guess("id", 2)  ### ANSWER', 5, 'predict("id", answer)'),
        ('predict("id",  ### ANSWER\n2)', 5, 'predict("id", answer)'),
    ],
)
def test_marks_that_do_not_fit_are_named_with_file_and_line(tmp_path: Path, code: str, line: int, says: str) -> None:
    source = written(tmp_path, f"{TITLE}# %%\n{code}\n")
    with pytest.raises(AuthorError) as error:
        build(solutions=False, root=tmp_path)
    assert f"{source}, line {line}: " in str(error.value) and says in str(error.value)
    assert not (tmp_path / "lessons").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# %%\n1\n", "line 1: a lesson begins with"),
        ("# %% [markdown]\n# ## Title\n", "line 1: a lesson begins with"),
        ("", "line 1: a lesson begins with"),
        (TITLE + "# %%\n\n# %%\n1\n", "line 4 (cell 2): this cell is empty"),
    ],
)
def test_a_title_and_cells_with_something_in_them_are_asked_for(tmp_path: Path, text: str, says: str) -> None:
    source = written(tmp_path, text)
    with pytest.raises(AuthorError) as error:
        build(solutions=False, root=tmp_path)
    assert str(source) in str(error.value) and says in str(error.value)


def test_lessons_are_found_by_number(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="no lesson source"):
        sources(tmp_path)
    made = [written(tmp_path, SOURCE, name) for name in ("00_a.py", "01_b.py")]
    assert sources(tmp_path) == made and sources(tmp_path, ["01"]) == made[1:]
    with pytest.raises(AuthorError, match=r"no lesson 07 .* it has 00, 01"):
        sources(tmp_path, ["07"])
    written(tmp_path, SOURCE, "01_c.py")
    with pytest.raises(AuthorError, match="same number"):
        sources(tmp_path)


EXECUTED = (
    TITLE
    + """# %%
import os, sys
from pathlib import Path
from IPython.display import HTML, display
assert not os.listdir(os.environ["TINYGRAD_COURSE_FOLDER"])
assert Path.cwd().name == "solutions"

# %%
print("one", flush=True)
print("two")
display(HTML("<b>picture</b>"))
print("\\r1/2", end="", flush=True)
print("\\r2/2")
sys.executable.rsplit("python")[0] == INTERPRETER
"""
)


def test_a_solution_is_run_and_its_outputs_tidied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYGRAD_COURSE_FOLDER", str(tmp_path))
    written(tmp_path, EXECUTED.replace("INTERPRETER", ascii(sys.executable.rsplit("python")[0])))
    build(root=tmp_path)
    notebook = nbformat.read(tmp_path / "solutions" / "00_made_up.ipynb", as_version=4)
    assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2]
    assert notebook.metadata == author.METADATA and not any(cell.metadata for cell in notebook.cells)
    before, picture, after, result = notebook.cells[2].outputs
    assert (before.text, after.text) == ("one\ntwo\n", "2/2\n")
    assert picture.data["text/html"] == "<b>picture</b>"
    assert result.data["text/plain"] == "True", "the kernel is this interpreter"
    assert [path.suffix for path in sorted(tmp_path.rglob("*")) if path.is_file()] == [
        ".ipynb",
        ".ipynb",
        ".py",
    ]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("missing + 1", "NameError: name 'missing' is not defined"),
        ("import time; time.sleep(100)", "longer than 2 s"),
        ("import os; os._exit(3)", "ends the kernel"),
        ("print(object())", "shows 0x"),
    ],
)
def test_a_cell_that_fails_keeps_the_old_notebooks(
    tmp_path: Path, code: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(author, "CELL_SECONDS", 2)
    source = written(tmp_path, f"{TITLE}# %%\n{code}\n")
    olds = [source.with_suffix(".ipynb"), tmp_path / "lessons" / "00_made_up.ipynb"]
    olds[1].parent.mkdir()
    for old in olds:
        old.write_text("old")
    with pytest.raises(AuthorError) as error:
        build(root=tmp_path)
    message = str(error.value)
    assert f"{source}, line 4 (cell 2)" in message and says in message and code in message
    assert [old.read_text() for old in olds] == ["old", "old"]


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (new_output("stream", text="saved in {home}/x.npz"), "{home}/x.npz"),
        (new_output("stream", text="saved in ~/lessons/x.npz"), "~/lessons/x.npz"),
        (
            new_output("error", ename="E", evalue="", traceback=["File \x1b[32m{home}/x.py\x1b[0m"]),
            "{home}/x.py",
        ),
        (new_output("execute_result", {"text/html": "<b>{root}/x</b>"}), "{root}/x"),
        (new_output("execute_result", {"text/plain": "<f at 0x7f00aa00>"}), "0x7f00aa00"),
        (new_output("execute_result", {"image/png": "ab+{home}/"}), ""),
        (new_output("execute_result", {"text/html": "<img src='data:image/png;base64,ab+{home}/'>"}), ""),
        (new_output("stream", text="a/b, x/y.z, 0x1f, 3 / 4, ~x"), ""),
    ],
)
def test_traces_of_a_machine_are_found_in_outputs(
    output: Any, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    text = json.dumps(output).replace("{home}", "/home/ann").replace("{root}", "/srv/course")
    expected = found.format(home="/home/ann", root="/srv/course")
    assert author._private([nbformat.from_dict(json.loads(text))], Path("/srv/course")) == expected


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["\r1/2\r2/2\n"], ["2/2\n"]),
        (["a\n\r1/2\r2/2"], ["a\n2/2"]),
        (["a\r\nb\r\n"], ["a\nb\n"]),
        (["\r1/2", "\r2/2\nend\n"], ["2/2\nend\n"]),
        (["kept", " too\n"], ["kept", " too\n"]),
    ],
)
def test_of_a_progress_bar_the_last_state_is_kept(texts: list[str], left: list[str]) -> None:
    outputs = [new_output("stream", name="stdout", text=text) for text in texts]
    assert [output.text for output in author._last_states(outputs)] == left


# A new lesson


def test_a_new_lesson_builds_and_passes_the_linter_and_the_tests(tmp_path: Path) -> None:
    for part in ("tinygrad_course", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    written(tmp_path, SOURCE)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"}
    course = [sys.executable, "-m", "tinygrad_course", "author"]
    for command in (
        [*course, "new", "97", 'The "new" {one}'],
        [*course, "build", "97"],
        [*course, "lint", "97"],
        [*course, "build", "97", "--nbgrader"],
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "97", "tests/test_exercises_all.py"],
    ):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    made = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("97_*"))
    assert made == [
        "lessons/97_the_new_one.ipynb",
        "nbgrader/source/lesson97/97_the_new_one.ipynb",
        "solutions/97_the_new_one.ipynb",
        "solutions/97_the_new_one.py",
    ]
    assert cells(lesson_notebook(tmp_path / made[3]))[0].startswith('# The "new" {one}\n')
    folder = tmp_path / "tinygrad_course" / "course" / "exercises" / "lesson97"
    assert sorted(path.name for path in folder.glob("*.py")) == ["__init__.py", "tripled.py"]


def test_a_new_lesson_overwrites_nothing(tmp_path: Path) -> None:
    exercise = tmp_path / "tinygrad_course" / "course" / "exercises" / "lesson05" / "walk.py"
    exercise.parent.mkdir(parents=True)
    exercise.write_text("mine")
    written(tmp_path, SOURCE)
    before = {path: path.read_text() for path in tmp_path.rglob("*.py")}
    for number, title in (("00", "Made up"), ("00", "Other"), ("05", "Tensors")):
        with pytest.raises(AuthorError, match="is there already; nothing was written"):
            new(number, title, tmp_path)
    for number, title in (("5", "Tensors"), ("006", "Tensors"), ("06", "..."), ("06", "")):
        with pytest.raises(AuthorError, match="Give two digits and a title"):
            new(number, title, tmp_path)
    assert {path: path.read_text() for path in tmp_path.rglob("*.py")} == before
    assert not (exercise.parent.parent / "lesson06").exists()


# The commands


@pytest.mark.parametrize("command", [["author"], *(["author", name] for name in author_group.commands), ["grade"]])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_everywhere(command: list[str], option: str) -> None:
    done = CliRunner().invoke(main, [*command, option])
    assert done.exit_code == 0 and "Usage" in done.output


def test_what_only_authors_need_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jupytext", None)
    for name in ("author", "lint", "stats", "skeleton"):
        monkeypatch.delitem(sys.modules, f"tinygrad_course.course.{name}", raising=False)
    for command in (["build"], ["lint"], ["stats"], ["new", "98", "x"]):
        done = CliRunner().invoke(main, ["author", *command])
        assert done.exit_code == 1 and done.stderr.startswith("Error: jupytext is missing; install what authors need")


# The notebooks of the project


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.ipynb"))}


def test_the_build_gives_the_committed_lessons_back(tmp_path: Path) -> None:
    (tmp_path / "solutions").mkdir()
    for source in sources(ROOT):
        shutil.copy(source, tmp_path / "solutions")
    build(solutions=False, root=tmp_path)
    assert contents(ROOT / "lessons") == contents(tmp_path / "lessons"), "build again: tinygrad-course author build"


def test_the_build_gives_the_committed_solutions_back_but_for_outputs() -> None:
    committed = {path.stem: nbformat.read(path, as_version=4) for path in (ROOT / "solutions").glob("*.ipynb")}
    for notebook in committed.values():
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        for cell in code:
            cell.update(execution_count=None, outputs=[])
    built = {source.stem: solution_notebook(source) for source in sources(ROOT)}
    assert committed == built, "build again: tinygrad-course author build"
