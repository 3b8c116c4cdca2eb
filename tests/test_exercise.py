"""Lessons, hints and solutions, and the learner's source found wherever it was written."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course.course import check, child, hint, lesson, solution
from tinygrad_course.course.exercise import Lesson
from tinygrad_course.course.exercises import Session, UnknownExercise, find, load, session
from tinygrad_course.course.source import program, source

from .test_check import examined, made_up, reference, words  # noqa: F401

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


# What can be an answer: functions, operations, values


@pytest.fixture
def answering(made_up: Lesson, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lesson]:  # noqa: F811
    """The made-up lesson, in hand."""
    monkeypatch.setattr(session, "lesson", made_up)
    yield made_up
    child.discard()


TRAPS = {
    "NumPy's function": ("return np.exp(x)", "A NumPy function was given a tensor that wants gradients"),
    "NumPy's array of a shape": ("return np.ones_like(x)", "for an array of its shape, write `np.ones(x.shape)`"),
    "whole numbers": ("return tg.tensor([1, 2], requires_grad=True).exp()", "Whole numbers have no slope"),
    "cut off": ("return x.detach().exp()", "`backward` was called on a result that no graph leads to"),
    "twice": ("y = x.exp()\ny.sum().backward()\nreturn y", "`backward` went through one graph twice"),
    "in place": ("x *= 2\nreturn x", "A tensor that wants gradients was changed in place"),
    "needed value": ("y = x.exp()\nz = y * y\ny += 1\nreturn z", "that `backward` still needs was changed in place"),
    "no scalar": ("x.exp().backward()\nreturn x", "`backward` starts at one number"),
    "truth": ("return x if x > 0 else -x", "Several numbers give no single yes or no"),
    "truth of an array": ("return x if x.detach().numpy() > 0 else -x", "no single yes or no"),
    "truth of a gradient": (
        "x.grad = x * 2\nif not x.grad: return x",
        "\nWhether there is a value at all, `is None` tells",
    ),
    "no order among tensors": ("return sorted([x, object()])", "`sorted(nodes, key=lambda n: n.id)`"),
    "None": ("return x.grad * 2", "a `.grad` is None until `backward` has come there"),
    "shapes": ("return x + tg.ones(3)", "Two shapes do not fit each other"),
    "NumPy's axis": ("return x - x.amax(axis=0)", "Here they are `dim` and `keepdim`"),
    "NumPy's keepdims": ("return x - x.amax(0, keepdims=True)", "Here they are `dim` and `keepdim`"),
    "two things": ("return x - x.max(0)", "`amax(dim)` and `amin(dim)` give the numbers alone"),
    "no parentheses": ("return x - x.detach", "Are the parentheses missing? `x.detach()`."),
    "an operation's option": ("return tg.ops.Permute(x, axis=(0,))", "with the first line of that `forward`"),
    "NumPy's ddof": ("return x.var(0, ddof=0)", "Here it is `correction`"),
    "a method asked for an element": ("return x.size[0]", "Are the parentheses missing? `x.size()`."),
    "several numbers for one": ("import math\nreturn math.sqrt(tg.ones(3))", "for a tensor `x.sqrt()`; `.item()`"),
    "a key taken apart": ("for a, b in {'x': 1}: pass", "`.items()` gives pairs"),
    "a pair asked by name": ("return (1, 2)['x']", "only a dict is asked by name"),
    "a forgotten sign": ("return 2(x)", "Is a `*` missing"),
    "read before set": ("y = y + x\nreturn y", "reads a name before it is set"),
    "a raise of its own": ("raise NameError('mine')", "Your code stops with an error"),
}


@pytest.mark.parametrize(("body", "text"), TRAPS.values(), ids=TRAPS.keys())
def test_the_frameworks_words_are_made_plain(answering: Lesson, body: str, text: str) -> None:
    outcome = examined(answering, f"def exponential(x):\n{textwrap.indent(body, '    ')}", "exponential")
    assert outcome.status == "not yet" and text in words(outcome), words(outcome)


# Operations

OPERATIONS = {
    "right": ("forward(x): return x * x", "grad_x(g, x): return g * 2 * x", "passed", "as expected"),
    "other names": ("forward(a): return a ** 2", "grad_a(g, a): return g * (a + a)", "passed", "as expected"),
    "by its output": ("forward(x): return x * x", "grad_x(g, x, z): return 2 * g * z / x", "passed", "as expected"),
    "a known mistake": ("forward(x): return x * x", "grad_x(g, x): return 2 * x", "not yet", "Your rule leaves g out."),
    "a wrong sign": ("forward(x): return x * x", "grad_x(g, x): return -2 * g * x", "not yet", "has the wrong sign"),
    "no rule": ("forward(x): return x * x", "other(g): return g", "not yet", "no graph leads to"),
    "a rule of no argument": ("forward(x): return x * x", "grad_y(g): return g", "not yet", "no argument named 'y'"),
    "a rule that reads too much": ("forward(x): return x", "grad_x(g, q): return g", "not yet", "reads ['q']"),
    "no forward": ("backward(x): return x", "grad_x(g): return g", "not yet", "has no `forward`"),
    "not started": ("forward(x): raise NotImplementedError", "grad_x(g): raise NotImplementedError", "not started", ""),
}


@pytest.mark.parametrize(("forward", "rule", "status", "text"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_an_operation_can_be_an_exercise(answering: Lesson, forward: str, rule: str, status: str, text: str) -> None:
    body = f"class Squared(tg.graph.Op):\n    def {forward}\n    def {rule}\n"
    outcome = examined(answering, body, "Squared")
    assert (outcome.status, text in words(outcome)) == (status, True), words(outcome)


def test_pieces_are_tried_under_the_dtype_of_their_lesson(answering: Lesson) -> None:
    outcome = examined(answering, "def exponential(x): return x.float().exp()", "exponential")
    assert "`y` has dtype float32. Expected is float64." in words(outcome)
    assert tg.get_default_dtype() == tg.float32


# Values


@pytest.mark.parametrize(
    ("name", "answer", "status", "text"),
    [
        ("step", 2, "passed", "as expected"),
        ("step", 2.0, "passed", "as expected"),
        ("step", np.float32(2), "passed", "as expected"),
        ("step", 1, "not yet", "That is half of it."),
        ("step", 7, "not yet", "The numbers in `result` are not as expected."),
        ("step", "2", "not yet", "`result` is a text. Expected is a number."),
        ("step", None, "not yet", "`result` is None. Expected is a number."),
        ("step", float("nan"), "not yet", "holds nan or inf"),
        ("step", len, "not yet", "of type builtin_function_or_method"),
        ("step", ..., "not started", "in place of the three dots"),
        ("shape", (2, 3), "passed", "as expected"),
        ("shape", [2, 3], "passed", "as expected"),
        ("shape", (3, 2), "not yet", "has shape (3, 2). Expected is (2, 3). The two are transposed."),
        ("shape", "wide", "not yet", "cannot be used as the exercise uses it"),
        ("word", "sum", "passed", "as expected"),
        ("word", "mean", "not yet", "`result` is not as expected."),
        ("grid", np.array([[1.0, 2.0], [3.0, 5.0]]), "passed", "as expected"),
        ("grid", np.array([[1.0, 3.0], [2.0, 5.0]]), "not yet", "is transposed"),
        ("grid", tg.tensor([[1.0, 2.0], [3.0, 5.0]]), "not yet", "is a tensor. Expected is a NumPy array."),
    ],
)
def test_a_value_can_be_an_exercise(
    answering: Lesson, capfd: pytest.CaptureFixture[str], name: str, answer: Any, status: str, text: str
) -> None:
    given = check(answer, f"99.{name}")
    said = capfd.readouterr().out
    assert said.startswith(f"`{name}`: {status}\n") and text in said, said
    assert given is answer if status == "passed" else np.array_equal(given, reference(answering, name))
    assert "expected  yours" not in said  # the answer would stand there


def test_a_value_that_the_course_gave_is_no_answer(answering: Lesson, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("step", "shape", "word", "grid"):
        given = check(..., f"99.{name}")
        capfd.readouterr()
        check(given, f"99.{name}")
        assert capfd.readouterr().out.startswith(f"`{name}`: not started\nThe name holds the course's own piece now.")
    step = check(..., "99.step")
    assert (step, repr(step), step + 1, [0, 0, 7][step]) == (2, "2", 3, 7)


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


def with_a_method(x: Any) -> Any:
    return log_softmax(x, 0)


log_softmax = tg.Tensor.log_softmax


def test_a_method_that_goes_by_a_name_of_its_own_comes_with_its_class() -> None:
    found = program(with_a_method, "with_a_method")
    assert found
    set_here: dict[str, Any] = {}
    exec(found.text, set_here)
    assert set_here["with_a_method"](tg.zeros(2)).tolist() == tg.zeros(2).log_softmax(0).tolist()


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
    "the first of two lambdas in a line": ["double_or_triple = lambda x: x * 2 if x > 0 else x * 3; o = lambda x: x"],
    "the second of two lambdas in a line": ["o = lambda x: x; double_or_triple = lambda x: x * 2 if x > 0 else x * 3"],
    "a partial": ["from functools import partial", "def by(n, x):\n    return x * 2 if x > 0 else x * n",
                  "double_or_triple = partial(by, 3)"],
    "an object that can be called": ["class Doubler:\n    def __call__(self, x):\n    " + RIGHT,
                                     "double_or_triple: object = Doubler()"],
    "a method": ["class Doubler:\n    def double_or_triple(self, x):\n    " + RIGHT +
                 "double_or_triple = Doubler().double_or_triple"],
    "the name used inside another function": [DEF + RIGHT, "%%time\ndef other():\n    double_or_triple = 3"],
    "decorated by hand": ["def loud(f):\n    return lambda x: f(x)", DEF + RIGHT,
                          "double_or_triple = loud(double_or_triple)"],
    "hints of known and unknown types": ["import numpy\ndef double_or_triple(x: 'No') -> numpy:\n" + RIGHT],
}  # fmt: skip


@pytest.mark.parametrize("cells", PASSES.values(), ids=PASSES.keys())
def test_a_right_answer_in_a_notebook_passes(tmp_path: Path, cells: list[str]) -> None:
    said = notebook(tmp_path, *cells, CHECK)
    assert "`double_or_triple`: passed" in said and "given back: yours" in said, said


NOT_THE_NEWEST = {  # what the name holds now, after a right answer
    "a partial": "from functools import partial\ndouble_or_triple = partial(lambda x, k: x * k, k=9)",
    "an object that can be called": "class Nine:\n    def __call__(self, x): return x * 9\ndouble_or_triple = Nine()",
    "a class without methods": "class Nine:\n    def __new__(cls, x): return x * 9\nclass double_or_triple(Nine): pass",
    "one of several": "double_or_triple, other = (lambda k: lambda x: x * k)(9), 3",
    "exec": "exec('def double_or_triple(x): return x * 9')",
    "an import": "from operator import neg as double_or_triple",
}


@pytest.mark.parametrize("cell", NOT_THE_NEWEST.values(), ids=NOT_THE_NEWEST.keys())
def test_an_earlier_right_answer_does_not_pass_for_what_the_name_holds_now(tmp_path: Path, cell: str) -> None:
    said = notebook(tmp_path, DEF + RIGHT, cell, CHECK)
    assert "`double_or_triple`: not" in said and "the other\n" in said, said


def test_a_wrong_answer_in_a_notebook_is_diagnosed_and_the_cell_is_mended(tmp_path: Path) -> None:
    said = notebook(tmp_path, DEF + WRONG, CHECK, DEF + RIGHT, CHECK)
    assert said.index("branches have changed places") < said.index("`double_or_triple`: passed")


def test_what_passes_in_a_notebook_is_kept_with_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYGRAD_COURSE_FOLDER", str(tmp_path / "mine"))
    cells = ["import math as m\ndef by(x, n):\n    return x * m.floor(n)", "class double_or_triple:\n"
             "    def __new__(cls, x):\n        return by(x, 2) if x > 0 else by(x, 3)"]  # fmt: skip
    said = notebook(tmp_path, *cells, CHECK)
    assert "Kept in `my_tinygrad/lesson00/double_or_triple.py`." in said
    text = (tmp_path / "mine/my_tinygrad/lesson00/double_or_triple.py").read_text(encoding="utf-8")
    helper = cells[0].split("\n", 1)[1]
    assert text.endswith(f"import annotations\n\nimport math as m\n\n\n{helper}\n\n\n{cells[1]}\n")


def test_a_blank_notebook_runs_through(tmp_path: Path) -> None:
    cell = "double_or_triple = check(double_or_triple)"
    said = notebook(tmp_path, DEF + "    raise NotImplementedError()\n", cell, cell, "double_or_triple")
    assert said.count("`double_or_triple`: not started") == 2
    assert "The lesson goes on with the course's `double_or_triple`" in said


def test_a_value_of_another_cell_is_told_by_name(tmp_path: Path) -> None:
    said = notebook(tmp_path, "two = 2", DEF + "    return x * two if x > 0 else x * 3\n", CHECK)
    assert "`two` is set in another cell, and your code is run without the notebook." in said


def test_what_the_notebook_does_to_numpy_does_not_make_a_wrong_answer_right(tmp_path: Path) -> None:
    patched = "import numpy as np\nnp.allclose = lambda *_, **__: True\n"
    assert "`double_or_triple`: not yet" in notebook(tmp_path, patched + DEF + WRONG, CHECK)
