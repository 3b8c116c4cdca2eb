"""The learner's own framework on disk: what passes is kept whole, with its versions; what was edited is left alone."""

from __future__ import annotations

import importlib
import inspect
import linecache
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tinygrad_course.course import check, child, exercises, progress, saved
from tinygrad_course.course.difference import beside, show, source_of_the_package, without_docstrings
from tinygrad_course.course.exercise import Exercise
from tinygrad_course.course.exercises import Session, session
from tinygrad_course.course.source import Source, unknown_names
from tinygrad_course.nn.normalization import layer_norm

LESSON = """
import numpy as np
import tinygrad_course as tg
from tinygrad_course.course.exercise import Case, Exercise, Lesson
from tinygrad_course.graph import sum_to, walk

def _sum_to(piece):
    return {"sum": piece(np.ones((2, 3)), (3,))}

def _walk(piece):
    y = (tg.tensor([1.0], requires_grad=True) * 2).exp()
    return {"names": [node.op.__name__ for node in piece(y.node)]}

def count(node):
    return len(walk(node))

def _count(piece):
    return piece((tg.tensor([1.0], requires_grad=True) * 2).exp().node)

LESSON = Lesson("91", "made_up_lesson_91", (
    Exercise("91.sum_to", "tinygrad_course.graph.sum_to", 1, 1, sum_to, (Case("a row", _sum_to),)),
    Exercise("91.walk", "tinygrad_course.graph.walk", 1, 1, walk, (Case("two nodes", _walk),)),
    Exercise("91.count", None, 1, 1, count, (Case("two nodes", _count),)),
    Exercise("91.step", None, 1, 1, 2, (Case("the number", lambda step: step),)),
))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A learner's folder, and lesson 91 in hand, in a module that the child can import too."""
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    (lessons / "made_up_lesson_91.py").write_text(LESSON, encoding="utf-8")
    (lessons / "lesson91").mkdir()
    (lessons / "lesson91" / "__init__.py").write_text("from made_up_lesson_91 import LESSON", encoding="utf-8")
    monkeypatch.syspath_prepend(str(lessons))
    monkeypatch.setattr(exercises, "__path__", [str(lessons)])
    for name in ("made_up_lesson_91", "tinygrad_course.course.exercises.lesson91"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name, value in vars(Session(lesson=importlib.import_module("made_up_lesson_91").LESSON)).items():
        monkeypatch.setattr(session, name, value)
    monkeypatch.setenv("TINYGRAD_COURSE_FOLDER", str(tmp_path / "work"))
    yield tmp_path / "work"
    child.discard()


def exercise(name: str) -> Exercise:
    assert session.lesson
    found = session.lesson.exercise(name)
    assert found
    return found


def keep(text: str, name: str = "sum_to") -> list[str]:
    return saved.keep(exercise(name), Source(name, text))


def said(capsys: pytest.CaptureFixture[str], call: Callable[..., Any], *args: Any) -> str:
    capsys.readouterr()
    call(*args)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


ONE, TWO = "def sum_to(g, shape):\n    return g.sum(0)\n", "def sum_to(g, shape):\n    return g.sum(axis=0)\n"


# A check keeps what passes


def notebook(text: str) -> Any:
    """What a notebook knows after a cell with this text."""
    linecache.cache["<cell>"] = (len(text), None, text.splitlines(keepends=True), "<cell>")
    module = types.ModuleType("__main__")
    exec(compile(text, "<cell>", "exec"), vars(module))
    return module


MINE = '''
import numpy as numbers
from tinygrad_course.graph import Node

def walk(node):
    found = [node]
    for other in found:
        found += [source for source in other.inputs if isinstance(source, Node)]
    return found[::-1]

def count(node):
    return len(walk(node))

def half(g):
    """Half of g."""
    return g / 2

def sum_to(g, shape):
    return numbers.sum(half(g), axis=0) * 2
'''


def test_a_check_that_passes_keeps_the_piece_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, check, notebook(MINE).sum_to)
    assert "\nAll" not in told and "Kept in `my_tinygrad/lesson91/sum_to.py`.\nThe lesson goes on with your" in told
    text = (folder / "my_tinygrad/lesson91/sum_to.py").read_text(encoding="utf-8")
    assert text.startswith('"""sum_to, from lesson 91: it passed its check.\n\nThe package\'s own is tinygrad_course.')
    helper, own = MINE[MINE.index("def half") : MINE.index("def sum_to")], MINE[MINE.index("def sum_to") :]
    assert text.endswith(f"annotations\n\nimport numpy as numbers\n\n\n{helper}\n{own}")
    # It is a module of a package, which runs without this one.
    program = "from my_tinygrad.lesson91.sum_to import sum_to; import numpy; print(sum_to(numpy.ones((2, 3)), (3,)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "[2. 2. 2.]\n"


def test_the_names_of_numpy_and_the_package_are_imported_where_they_are_given() -> None:
    keep("def sum_to(g, shape):\n    return np.sum(g, 0)\n")
    assert "\nimport numpy as np\n\n\ndef sum_to" in (saved.current(exercise("sum_to")) or "")
    keep("import numpy as np\n\n\ndef sum_to(g, shape):\n    return np.sum(g, 0) + tg.e\n")
    text = saved.current(exercise("sum_to")) or ""
    assert text.count("import numpy") == 1 and "\nimport tinygrad_course as tg\nimport numpy as np\n" in text


def test_what_does_not_pass_is_not_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not yet" in said(capsys, check, notebook("def sum_to(g, shape): return g.sum(axis=1)").sum_to)
    assert not (folder / "my_tinygrad").exists()


WRONG = "def sum_to(g, shape): return g.sum(axis=1)"


def test_a_check_that_does_not_pass_says_that_an_earlier_version_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, check, notebook(MINE).sum_to)
    again = said(capsys, check, notebook(WRONG).sum_to)
    assert again.endswith("goes on with the course's `sum_to`; `mine()` uses your version that passed.\n")
    file = folder / "my_tinygrad" / "lesson91" / "sum_to.py"
    file.write_text(ONE, encoding="utf-8")
    assert said(capsys, check, notebook(WRONG).sum_to).endswith("your version that passed, as edited.\n")
    assert "mine()" not in said(capsys, check, notebook(MINE).sum_to)


def test_of_what_mine_does_not_use_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "`count`: passed" in said(capsys, check, notebook(MINE).count)
    assert "mine()" not in said(capsys, check, notebook("def count(node): return 0").count)
    assert "mine()" not in said(capsys, check, notebook(WRONG).sum_to)  # none has passed


def test_every_check_is_recorded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, check, notebook(MINE).sum_to)
    said(capsys, check, 2, "91.step")
    said(capsys, check, ..., "91.step")
    events = [event for event in progress.history(folder) if event.event == "check"]
    assert [(event.id, event.facts["status"]) for event in events] == [
        ("91.sum_to", "passed"), ("91.step", "passed"), ("91.step", "not started"),
    ]  # fmt: skip
    assert {len(event.facts["source"]) for event in events} == {len(event.facts["check"]) for event in events} == {12}


def test_a_folder_that_cannot_be_written_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write_text("a file where the folder should be", encoding="utf-8")
    told = said(capsys, check, notebook(MINE).sum_to)
    assert "`sum_to`: passed" in told and "It could not be kept in your folder: " in told


def test_without_a_folder_it_is_kept_for_the_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TINYGRAD_COURSE_FOLDER")
    monkeypatch.chdir(tmp_path)
    assert keep(ONE) == [saved.FOR_NOW]
    assert "g.sum(0)" in (saved.current(exercise("sum_to")) or "") and not (tmp_path / "my_tinygrad").exists()


# It runs alone


def test_a_name_that_only_the_notebook_knows_is_told() -> None:
    _, unknown = keep("def sum_to(g, shape):\n    return g.sum(0) if g.ndim == 2 else g * factor + offset\n")
    assert unknown.startswith("It reads `factor`, `offset`, which only your notebook knows")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f(x: Unknown = 3) -> Other:\n    y = x\n    return [y for z in x if z]", []),
        ("def f():\n    return g()\ndef g():\n    return h()", ["h"]),
        ("import math\nclass A:\n    n = 1\n    def f(self):\n        return math.pi + tg.e + np.e + self.n", []),
        ("class A(Base, metaclass=Meta): pass", ["Base", "Meta"]),
        ("@wrap\ndef f(x=ten):\n    def inner():\n        return x, deep\n    return inner", ["deep", "ten", "wrap"]),
        ("f = lambda x: len(x) + __name__ + display(x)", ["display"]),
        ("def f():\n    global n\n    n = 1\n    return n", []),
        ("def f(x):\n    try:\n        return x\n    except ValueError as error:\n        return error", []),
    ],
)  # fmt: skip
def test_the_names_that_a_program_does_not_know(text: str, names: list[str]) -> None:
    assert unknown_names(text) == names


def test_an_earlier_piece_of_the_learners_is_imported_and_not_copied(capsys: pytest.CaptureFixture[str]) -> None:
    mine = notebook(MINE)
    assert "passed" in said(capsys, check, mine.count)
    assert "def walk" in (saved.current(exercise("count")) or "")  # a helper as any other, as long as it has not passed
    assert "passed" in said(capsys, check, mine.walk) and "passed" in said(capsys, check, mine.count)
    text = saved.current(exercise("count")) or ""
    assert "def walk" not in text and "\nfrom tinygrad_course.graph import walk\n" in text


def test_another_name_than_the_exercises_is_made_known_under_it(folder: Path) -> None:
    saved.keep(exercise("sum_to"), Source("my_sum", "def my_sum(g, shape):\n    return g\n"))
    assert (folder / "my_tinygrad/lesson91/sum_to.py").read_text().endswith("    return g\n\n\nsum_to = my_sum\n")


# Versions


def test_versions_are_numbered_and_the_same_text_makes_none(folder: Path) -> None:
    for text in (ONE, ONE, TWO, TWO, ONE):
        keep(text)
    texts = saved.versions(exercise("sum_to"))
    assert ["axis" in text for text in texts] == [False, True, False] and saved.current(exercise("sum_to")) == texts[2]
    names = sorted(path.name for path in (folder / ".tinygrad-course/versions/91.sum_to").iterdir())
    assert names == ["1.py", "2.py", "3.py"]


def test_a_file_edited_by_hand_is_left_and_told(folder: Path) -> None:
    keep(ONE)
    path = folder / "my_tinygrad/lesson91/sum_to.py"
    path.write_text("# mine\n", encoding="utf-8")
    assert saved.edited(exercise("sum_to"))
    (told,) = keep(TWO)
    assert told.startswith("`my_tinygrad/lesson91/sum_to.py` was edited by hand and is left as it is. To have this one")
    assert 'call `restore("91.sum_to", 2)`' in told
    assert path.read_text(encoding="utf-8") == "# mine\n" and len(saved.versions(exercise("sum_to"))) == 2


def test_a_file_that_was_deleted_or_is_as_it_passed_is_written_again(folder: Path) -> None:
    keep(ONE)
    path = folder / "my_tinygrad/lesson91/sum_to.py"
    path.unlink()
    assert keep(ONE) == ["Kept in `my_tinygrad/lesson91/sum_to.py`."] and path.exists()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # an editor on Windows
    assert keep(TWO) == ["Kept in `my_tinygrad/lesson91/sum_to.py`."]
    (folder / ".tinygrad-course/versions/91.sum_to/1.py").unlink()
    (folder / ".tinygrad-course/versions/91.sum_to/2.py").unlink()
    assert keep(TWO) == ["Kept in `my_tinygrad/lesson91/sum_to.py`."]  # the records are gone, the piece is the same


def test_an_earlier_version_is_brought_back(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    keep(ONE)
    keep(TWO)
    told = said(capsys, saved.restore, "sum_to", 1)
    assert "`91.sum_to`: restored\n`my_tinygrad/lesson91/sum_to.py` holds version 1 of 2 again" in told
    assert "        return g.sum(0)" in told and not saved.edited(exercise("sum_to"))
    assert "g.sum(0)" in (saved.current(exercise("sum_to")) or "")


@pytest.mark.parametrize("version", [0, 3, -1])
def test_restore_of_what_is_not_there_says_what_is(capsys: pytest.CaptureFixture[str], version: int) -> None:
    assert "There is no exercise called `nothing`" in said(capsys, saved.restore, "nothing", 1)
    assert "None has passed its check yet." in said(capsys, saved.restore, "91.walk", version)
    keep(ONE)
    keep(TWO)
    assert f"there is no version {version}\nIt has versions 1 to 2." in said(capsys, saved.restore, "sum_to", version)


def test_restore_does_not_overwrite_what_was_edited(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(ONE)
    path = folder / "my_tinygrad/lesson91/sum_to.py"
    path.write_text("# mine\n", encoding="utf-8")
    assert "was edited by hand\nIt is left as it is. Rename it" in said(capsys, saved.restore, "sum_to", 1)
    assert path.read_text(encoding="utf-8") == "# mine\n"


def test_two_notebooks_that_keep_at_once_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    versions, looked = saved.versions, 0

    def late(exercise: Exercise) -> list[str]:
        """The first look is before the other notebook's version was there."""
        nonlocal looked
        looked += 1
        return versions(exercise)[: 0 if looked <= 3 else None]

    keep(ONE)
    monkeypatch.setattr(saved, "versions", late)
    keep(TWO)
    assert ["axis" in text for text in versions(exercise("sum_to"))] == [False, True]


# The learner's beside the package's


def test_the_learners_piece_is_shown_beside_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, show, "91.sum_to")
    assert told.startswith("`91.sum_to`: after a try\nWrite an answer and check it") and "extra = g.ndim" not in told
    told = said(capsys, show, "91.sum_to", None, True)
    assert "`91.sum_to`: the package's\nNone of yours has passed its check yet." in told and "extra = g.ndim" in told
    keep(ONE)
    told = said(capsys, show, "sum_to")
    assert "`91.sum_to`: yours beside the package's\n" in told and "Both passed the same check:" in told
    assert "differs" in told and "    return g.sum(0)" in told and "extra = g.ndim" in told
    assert "it passed its check" not in told and "restore" not in told
    keep(TWO)
    assert '`show("91.sum_to", 1)` shows the first' in said(capsys, show, "sum_to")
    assert "version 1 of 2: yours beside" in said(capsys, show, "sum_to", 1)
    assert "g.sum(0)" in said(capsys, show, "sum_to", 1) and "g.sum(axis=0)" in said(capsys, show, "sum_to", 2)
    for version in (0, 3, -2):
        assert f"You have no version {version}." in said(capsys, show, "sum_to", version)


def test_a_file_edited_by_hand_is_shown_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(ONE)
    path = folder / "my_tinygrad/lesson91/sum_to.py"
    for text in ("def sum_to(g, shape): return g", "def sum_to(g, shape) return g"):
        path.write_text(text, encoding="utf-8")
        told = said(capsys, show, "sum_to")
        assert text in told and "Yours was edited by hand since it passed its check:" in told
        assert "Both passed the same check:" in said(capsys, show, "sum_to", 1)


def test_show_of_an_exercise_without_target_is_beside_the_courses_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert "return len(walk(node))" in said(capsys, show, "91.count", None, True)
    assert "There is no exercise called `nothing`" in said(capsys, show, "nothing")


def test_notes_to_a_tool_are_left_out() -> None:
    piece = replace(exercise("sum_to"), target="tinygrad_course.nn.normalization.layer_norm")
    assert "# fmt: skip" in inspect.getsource(layer_norm)
    assert "\n) -> Tensor:\n" in source_of_the_package(piece) and "# fmt" not in source_of_the_package(piece)


def test_docstrings_are_left_out() -> None:
    assert without_docstrings('def f(x):\n    """Two\n    lines."""\n    s = """kept"""\n    return s') == (
        'def f(x):\n    s = """kept"""\n    return s'
    )
    assert without_docstrings("def f(x) return") == "def f(x) return"


def test_lines_are_set_beside_each_other_and_told_apart_in_words() -> None:
    rows = beside("def f(x):\n    y = 1\n    return y", "def f(x):\n    return 1\n    # end\n    # of it")
    assert rows == [
        ("same", "def f(x):", "def f(x):"),
        ("differs", "    y = 1\n    return y", "    return 1\n    # end\n    # of it"),
    ]
    assert beside("a\nb\nc", "a\nc") == [("same", "a", "a"), ("only yours", "b", ""), ("same", "c", "c")]
