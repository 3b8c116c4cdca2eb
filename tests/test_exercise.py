"""Lessons, hints and solutions, and the learner's source found wherever it was written."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinygrad_course.course import hint, lesson, solution
from tinygrad_course.course.exercises import Session, UnknownExercise, find, load, session
from tinygrad_course.course.source import program, source

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in vars(Session(lesson=load("00"))).items():
        monkeypatch.setattr(session, name, value)


def output(capsys: pytest.CaptureFixture[str], call: Callable[..., None], *args: Any, **options: Any) -> str:
    call(*args, **options)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


# Lessons


@pytest.mark.parametrize("number", ["00", "0", 0])
def test_a_lesson_is_taken_in_hand(capsys: pytest.CaptureFixture[str], number: Any) -> None:
    session.lesson = None
    assert output(capsys, lesson, number) == "Lesson 00: 1 exercise, 3 predictions.\n"
    assert session.lesson is load("00")


@pytest.mark.parametrize("number", ["77", 77, "start", "", None])
def test_an_unknown_lesson_lists_what_there_is(number: Any) -> None:
    with pytest.raises(ValueError, match=r"there is no lesson .*; write lesson\(\"NN\"\) with one of 00"):
        lesson(number)


@pytest.mark.parametrize("name", ["double_or_triple", "00.double_or_triple"])
def test_an_exercise_is_found_by_name_and_by_id(name: str) -> None:
    assert find(name)[1].id == "00.double_or_triple"
    session.lesson = None
    assert find("00.double_or_triple")[1].id == "00.double_or_triple"


@pytest.mark.parametrize("name", ["triple", "00.triple", "77.double_or_triple", "", "00"])
def test_an_unknown_exercise_lists_what_there_is(name: str) -> None:
    with pytest.raises(UnknownExercise, match=r"Lesson 00 has `double_or_triple`"):
        find(name)


# Hints and solutions


def test_hints_come_one_by_one_and_say_which_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [output(capsys, hint, "double_or_triple") for _ in range(4)]
    for text, level in zip(texts, (1, 2, 3, 3), strict=True):
        assert text.startswith(f"Hint {level} of 3 for `double_or_triple`: ")
    assert "?" in texts[0] and "    if x ... :" in texts[2] and texts[2] == texts[3]
    assert 'solution("double_or_triple")' in texts[2]


def test_hint_takes_the_piece_its_name_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    piece = load("00").exercises[0].reference
    texts = [output(capsys, hint, *given) for given in ((piece,), ("00.double_or_triple",), ())]
    assert [text[:11] for text in texts] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]


@pytest.mark.parametrize("call", [hint, solution])
def test_of_an_unknown_exercise_they_say_which_there_are(
    capsys: pytest.CaptureFixture[str], call: Callable[..., None]
) -> None:
    assert "Lesson 00 has `double_or_triple`" in output(capsys, call, "nothing")
    session.lesson = None
    assert 'lesson("NN")' in output(capsys, call)


def test_the_solution_comes_after_a_try_or_when_asked_for_outright(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "return x * 2 if x > 0 else x * 3"
    before = output(capsys, solution, "double_or_triple")
    assert line not in before and "now=True" in before
    assert line in output(capsys, solution, "double_or_triple", now=True)
    assert line not in output(capsys, solution, "double_or_triple")
    session.tried.add("00.double_or_triple")
    assert line in output(capsys, solution, "double_or_triple")


# The source, in a file


def twice(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def around(*args: Any) -> Any:
        return f(f(*args))

    return around


@twice
def decorated(x: int) -> int:
    return x + 1


def plain(x: int) -> int:
    """A text of
    several lines."""
    return len(text_of(x)) + 1


def text_of(x: int) -> str:
    return json.dumps(x) + str(OTHER)


OTHER = 5

if True:

    class Nested:
        """A class inside an if."""

        def method(self) -> int:
            return 1


class Bare:
    number = 1


in_a_row = [lambda x: x + 1]


@pytest.mark.parametrize("piece", [decorated, plain, Nested, Bare], ids=lambda piece: piece.__name__)
def test_what_is_written_in_a_file_is_found_whole(piece: Any) -> None:
    found = source(piece, piece.__name__)
    assert found and found.name == piece.__name__
    namespace: dict[str, Any] = {"twice": lambda f: f, "Any": Any, "Callable": Callable}
    exec(found.text, namespace)
    assert namespace[piece.__name__].__doc__ == piece.__doc__


def test_a_decorator_comes_along() -> None:
    found = source(decorated, "decorated")
    assert found and found.text.startswith("@twice\ndef decorated")


def test_a_lambda_is_cut_out_of_its_line() -> None:
    found = source(in_a_row[0], "plus_one")
    assert found and found.text == "plus_one = (\nlambda x: x + 1\n)"


def test_imports_and_helpers_come_along_and_other_values_do_not() -> None:
    found = program(plain, "plain")
    assert found
    assert "import json as json" in found.text or "from" in found.text
    assert "OTHER = 5" not in found.text


@pytest.mark.parametrize("thing", [3, None, len, int, "plain", functools.partial(plain, 1)])
def test_what_has_no_source_gives_none(thing: Any) -> None:
    assert source(thing, "nothing_of_this_name") is None


# The source, in a notebook: a real IPython, in a process of its own

SHELL = """
import sys, json
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.loads(sys.argv[1]):
    result = shell.run_cell(cell, store_history=True)
    result.raise_error()
"""


def notebook(tmp_path: Path, *cells: str) -> str:
    """What a notebook of these cells shows."""
    first = 'from tinygrad_course.course import *\nlesson("00")'
    result = subprocess.run(
        [sys.executable, "-c", SHELL, json.dumps([first, *map(textwrap.dedent, cells)])],
        env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path), "NO_COLOR": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == 0 and result.stderr == "", result.stderr
    return result.stdout


CHECK = "kept = check(double_or_triple)\nprint('given back: yours' if kept is double_or_triple else 'the other')"
RIGHT = "    return x * 2 if x > 0 else x * 3\n"
WRONG = "    return x * 3 if x > 0 else x * 2\n"
DEF = "def double_or_triple(x):\n"

PASSES = {
    "a function": [DEF + RIGHT],
    "under %%time": ["%%time\n" + DEF + RIGHT + "1 + 1"],
    "under %%time, after a wrong one": [DEF + WRONG, "%%time\n" + DEF + RIGHT],
    "under %%capture and %%time": ["%%capture\n%%time\n" + DEF + RIGHT],
    "defined twice in a cell": [DEF + WRONG + "\n" + DEF + RIGHT],
    "defined again": [DEF + WRONG, DEF + RIGHT],
    "a lambda": ["double_or_triple = lambda x: x * 2 if x > 0 else x * 3"],
    "a lambda under %%time": ["%%time\ndouble_or_triple = lambda x: x * 2 if x > 0 else x * 3"],
    "inside an if": ["if True:\n    def double_or_triple(x):\n    " + RIGHT],
    "a class": ["class double_or_triple:\n    def __new__(cls, x):\n    " + RIGHT],
    "a class under %%time": ["%%time\nclass double_or_triple:\n    def __new__(cls, x):\n    " + RIGHT],
    "a class inside an if, twice": [
        "if True:\n    class double_or_triple:\n        def __new__(cls, x):\n            return x\n"
        "if True:\n    class double_or_triple:\n        def __new__(cls, x):\n        " + RIGHT
    ],
    "decorated": ["import functools\n@functools.lru_cache\n" + DEF + RIGHT],
    "decorated without wraps": [
        "def loud(f):\n    def inner(x):\n        return f(x)\n    return inner",
        "@loud\n" + DEF + RIGHT,
    ],
    "with a helper": ["from operator import mul as times", "def by(x, n):\n    return times(x, n)",
                      DEF + "    return by(x, 2) if x > 0 else by(x, 3)\n"],
    "with a recursive helper": ["def by(x, n):\n    return x if n == 1 else x + by(x, n - 1)",
                                DEF + "    return by(x, 2) if x > 0 else by(x, 3)\n"],
    "beside magics": ["%pwd\n!true\n" + DEF + RIGHT],
    "before a cell that is no Python": ["%%time\n" + DEF + RIGHT, "%%writefile x.py\n" + DEF + WRONG],
    "hints of known and unknown types": ["import numpy\ndef double_or_triple(x: 'No') -> numpy:\n" + RIGHT],
}  # fmt: skip


@pytest.mark.parametrize("cells", PASSES.values(), ids=PASSES.keys())
def test_a_right_answer_in_a_notebook_passes(tmp_path: Path, cells: list[str]) -> None:
    said = notebook(tmp_path, *cells, CHECK)
    assert "`double_or_triple`: passed" in said and "given back: yours" in said, said


def test_a_wrong_answer_in_a_notebook_is_diagnosed_and_the_cell_is_mended(tmp_path: Path) -> None:
    said = notebook(tmp_path, DEF + WRONG, CHECK, DEF + RIGHT, CHECK)
    assert said.index("branches have changed places") < said.index("`double_or_triple`: passed")


def test_a_blank_notebook_runs_through(tmp_path: Path) -> None:
    cell = "double_or_triple = check(double_or_triple)"
    said = notebook(tmp_path, DEF + "    raise NotImplementedError()\n", cell, cell, "double_or_triple")
    assert said.count("`double_or_triple`: not started") == 2
    assert "The lesson goes on with the course's `double_or_triple`" in said


def test_a_value_of_another_cell_is_told_by_name(tmp_path: Path) -> None:
    said = notebook(tmp_path, "two = 2", DEF + "    return x * two if x > 0 else x * 3\n", CHECK)
    assert "The name `two` is not known" in said
