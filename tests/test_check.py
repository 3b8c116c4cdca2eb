"""The check: what is right passes, what is wrong is named, and nothing a learner writes does any harm."""

from __future__ import annotations

import importlib
import re
import textwrap
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import psutil
import pytest

from tinygrad_course.course import check, child, lesson
from tinygrad_course.course.check import Outcome, examine
from tinygrad_course.course.child import Limits
from tinygrad_course.course.exercise import Exercise, Lesson
from tinygrad_course.course.exercises import Session, load, session
from tinygrad_course.course.feedback import Code, Drawing, Message, Table
from tinygrad_course.course.source import Source, program

MADE_UP = """
import numpy as np
import tinygrad_course as tg
from tinygrad_course.course.exercise import AFTERWARDS, Case, Exercise, Lesson, Mistake
from tinygrad_course.graph import Op

def tripled(xs):
    return xs * 3

def _case(name, numbers):
    def run(piece):
        xs = np.array(numbers, float)
        return {"tripled": piece(xs), f"xs {AFTERWARDS}": xs}
    return Case(name, run)

class Counter:
    def __init__(self):
        self.total = 0
    def add(self, n):
        self.total += n
        return self.total

class Forgetful(Counter):
    def add(self, n):
        self.total = n
        return self.total

def _count(piece):
    counter = piece()
    return [counter.add(1), counter.add(2), counter.total]

def anything():
    return np.nan

def broken(x):
    return x.missing

def marked(x) -> None:
    x.grad = tg.ones(2)

def _marked(piece):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    piece(x)
    return {"x.grad": x.grad}

class Squared(Op):
    def forward(x):
        return x * x
    def grad_x(g, x):
        return 2 * g * x

class Unscaled(Op):
    def forward(x):
        return x * x
    def grad_x(g, x):
        return 2 * x

def _squared(piece):
    x = tg.tensor([3.0, -2.0], requires_grad=True)
    (5 * piece(x)).sum().backward()
    return {"forward": piece.forward(np.array([3.0, -2.0])), "x.grad": x.grad}

def exponential(x):
    return x.exp()

def _exponential(piece):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = piece(x)
    y.sum().backward()
    return {"y": y, "x.grad": x.grad}

def _same(value):
    return value

LESSON = Lesson("99", __name__, (
    Exercise(
        "99.tripled", None, 1, 1, tripled,
        cases=(_case("one number", [6]), _case("a row", [4, 7]), _case("a square", [[1, 2], [3, 5]]),
               _case("zero", [0])),
        mistakes=(
            Mistake("added", lambda xs: xs + 3, "You add 3."),
            Mistake("doubled", lambda xs: xs * 2, "You double."),
        ),
        hints=("a?", "b", "c"),
    ),
    Exercise("99.Counter", None, 1, 1, Counter, cases=(Case("two numbers", _count),),
             mistakes=(Mistake("forgetful", Forgetful, "The new number replaces the sum."),)),
    Exercise("99.anything", None, 1, 1, anything, cases=(Case("nothing", lambda piece: piece()),)),
    Exercise("99.Squared", None, 1, 1, Squared, cases=(Case("two numbers", _squared),),
             mistakes=(Mistake("unscaled", Unscaled, "Your rule leaves g out."),)),
    Exercise("99.exponential", None, 1, 1, exponential, cases=(Case("two numbers", _exponential),)),
    Exercise("99.step", None, 1, 1, 2, cases=(Case("the number", _same),),
             mistakes=(Mistake("halved", 1, "That is half of it."),)),
    Exercise("99.shape", None, 1, 1, (2, 3), cases=(Case("the shape", lambda shape: {"zeros": np.zeros(shape)}),)),
    Exercise("99.word", None, 1, 1, "sum", cases=(Case("the word", _same),)),
    Exercise("99.grid", None, 1, 1, np.array([[1.0, 2.0], [3.0, 5.0]]), cases=(Case("the array", _same),)),
    Exercise("99.marked", None, 1, 1, marked, cases=(Case("two numbers", _marked),)),
    Exercise("99.broken", None, 1, 1, broken, cases=(Case("a number", lambda piece: piece(1)),)),
), dtype="float64")
"""


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    """A lesson of its own, in a module that the child process can import too."""
    folder = tmp_path_factory.mktemp("made_up")
    (folder / "made_up_lesson.py").write_text(MADE_UP, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("made_up_lesson").LESSON


@pytest.fixture(autouse=True)
def in_hand(made_up: Lesson, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    fresh = Session(lesson=made_up)
    for name, value in vars(fresh).items():
        monkeypatch.setattr(session, name, value)
    yield
    child.discard()


def examined(made_up: Lesson, body: str, name: str = "tripled", limits: Limits = child.LIMITS) -> Outcome:
    """What the check finds of a function with this body, or of whole definitions."""
    text = textwrap.dedent(body)
    if not re.match(r"(async )?def |class |from |tripled = ", text.strip()):
        text = f"def {name}(xs):\n" + textwrap.indent(text.strip(), "    ")
    exercise = made_up.exercise(name)
    assert exercise
    return examine(made_up, exercise, Source(name, text.strip() + "\n"), limits)


def words(outcome: Outcome) -> str:
    return Message("", outcome.blocks).as_text()


RIGHT = {
    "other names, hints, defaults": "def tripled(ys: 'Whatever', by: Unknown = 3) -> No: return ys * by",
    "a lambda": "tripled = (lambda a: 3 * a)",
    "twice defined": "def tripled(xs): return 0\ndef tripled(xs): return xs + xs + xs",
    "other rounding": "return xs * 0.1 * 30",
    "an import inside": "import math\nreturn xs * math.floor(3.5)",
    "in a class": "class tripled:\n    def __new__(cls, xs): return xs * 3",
    "with a dataclass": "from dataclasses import dataclass\n@dataclass\nclass By:\n    n: int = 3\n"
    "def tripled(xs): return xs * By().n",
    "decorated": "def same(f): return f\n@same\ndef tripled(xs): return xs * 3",
}


@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT.keys())
def test_right_code_written_differently_passes(made_up: Lesson, body: str) -> None:
    outcome = examined(made_up, body)
    assert outcome.status == "passed", words(outcome)


@pytest.mark.parametrize("chance", ["np.random.rand()", "__import__('random').random()", "tg.rand(1).item()"])
def test_chance_falls_the_same_way_in_every_check(made_up: Lesson, chance: str) -> None:
    assert words(examined(made_up, f"return xs + {chance}")) == words(examined(made_up, f"return xs + {chance}"))


def test_nan_equals_nan(made_up: Lesson) -> None:
    assert examined(made_up, "def anything(): return float('nan')", "anything").status == "passed"
    assert examined(made_up, "def anything(): return 0.0", "anything").status == "not yet"


# What is wrong is named

MISTAKES = [
    ("return xs + 3", "You add 3.", False),
    ("return xs * 2.0", "You double.", False),
    ("return xs * 2 if xs.size > 1 else xs * 7", "You double.", True),
]


@pytest.mark.parametrize(("body", "sentence", "likely"), MISTAKES)
def test_a_known_mistake_is_named(made_up: Lesson, body: str, sentence: str, likely: bool) -> None:
    outcome = examined(made_up, body)
    assert (outcome.status, outcome.likely) == ("not yet", likely)
    assert outcome.mistake and outcome.mistake.sentence == sentence
    assert words(outcome).strip().startswith(f"This looks like a known mistake. {sentence}" if likely else sentence)


def test_a_mistake_in_a_class_is_named(made_up: Lesson) -> None:
    text = "class Counter:\n    total = 0\n    def add(self, n):\n        self.total = n\n        return n\n"
    outcome = examined(made_up, text, "Counter")
    assert outcome.mistake and outcome.mistake.name == "forgetful"
    assert "[1, 3, 3]" in words(outcome) and "[1, 2, 2]" in words(outcome)


HELP = {
    "None": ("xs * 3", "gives back None"),
    "printed": ("print(xs * 3)", "prints its answer"),
    "wrong type": ("return (xs * 3).tolist()", "`tripled` is a list or tuple. Expected is a NumPy array."),
    "text": ("return 'three'", "`tripled` is a text"),
    "a tensor": ("return tg.tensor(xs * 3)", "`tripled` is a tensor. Expected is a NumPy array."),
    "generator": ("yield xs * 3", "holds `yield`"),
    "async": ("async def tripled(xs): return xs * 3", "begins with `async`"),
    "async generator": ("async def tripled(xs): yield xs * 3", "`async` and holds `yield`"),
    "shape": ("return (xs * 3).reshape(-1, 1)", "has shape (1, 1). Expected is (1,)."),
    "dtype": ("return (xs * 3).astype(np.float32)", "has dtype float32. Expected is float64."),
    "transposed": ("return xs.T * 3", "is transposed"),
    "sign": ("return xs * -3", "wrong sign"),
    "factor": ("return xs * 12", "4 times what is expected"),
    "not finite": ("return xs / 0", "holds nan or inf"),
    "in place": ("xs *= 3\nreturn xs", "changes what it was given"),
    "other numbers": ("return np.cos(xs)", "The numbers in `tripled` are not as expected"),
    "arity": ("def tripled(): return 3", "takes other arguments"),
    "unknown name": ("return xs * factor", "The name `factor` is not known"),
    "another exercise": ("return exponential(xs)", "`exponential` is an exercise of this lesson too."),
    "of the notebook": ("display(xs)\nreturn xs * 3", "`display` works in a notebook alone"),
    "partly written": ("if xs.size > 3: return xs * 3\nraise NotImplementedError", "still to be written"),
    "dict": ("return {}", "`tripled` is a dict"),
    "without end": ("return tripled(xs)", "calls itself without end"),
    "place": ("return xs[np.array([9])]", "An index is outside of what it is used on"),
    "no such axis": ("return tg.tensor(xs).sum(3)", "Does a fixed number stand where an argument, such as `dim`"),
    "a dict's attribute": ("return {'lr': 3}.lr", 'asked with brackets: `group["lr"]`'),
    "an array's method": ("return xs.exp()", "as in `np.sqrt(x)`"),
    "one number of many": ("import math\nreturn math.cos(np.ones(2))", "not `math.sqrt`"),
    "no power of an array": ("return xs ^ 2", "Write `x ** 2`."),
    "no power of a tensor": ("return tg.ones(2) ^ 2", "Write `x ** 2`."),
    "key": ("return {}[xs.ndim]", "There is no such key. Ask first why"),
    "an array as a key": ("return {xs: 3}", "without a loop? `for source, g in pairs:`"),
    "no order": ("return sorted([object(), object()])", "`sorted(nodes, key=lambda n: n.id)`"),
    "no order of None": ("return xs < None", "Something is None where a value is needed"),
    "no parentheses": ("with tg.no_grad:\n    return xs * 3", "Are the parentheses missing? `with tg.no_grad():`"),
    "reverse gives None": (
        "ys = [xs]\nreturn ys.reverse()",
        "gives None. Let it stand on a line of its own, or use `rev",
    ),
    "sort gives None": ("for x in [3, 1].sort(): pass\nreturn xs", "or use `sorted(...)`."),
    "append gives None": ("ys = []\nys = ys.append(xs)\nreturn ys[0]", "`.append(...)` changes the list itself"),
    "a list changed as is meant": ("ys = [3, 1]\nys.sort()\nys.append(3)", "Is there a `return` on every way"),
    "nothing": ("return xs * None", "A function without `return` gives None"),
    "yes or no": ("return xs if tg.ones(2) else xs", "\nWhether there is a value at all, `is None` tells"),
    "no tensor": ("return tg.ones(1) + object()", "no tensor, array or number"),
    "nearly": ("return xs * 3.00001", "The numbers in `tripled` are not as expected"),
}


@pytest.mark.parametrize(("body", "text"), HELP.values(), ids=HELP.keys())
def test_without_a_known_mistake_it_still_helps(made_up: Lesson, body: str, text: str) -> None:
    outcome = examined(made_up, body)
    assert (outcome.status, outcome.mistake) == ("not yet", None)
    assert text in words(outcome), words(outcome)


def test_an_attribute_read_without_its_object_is_told() -> None:
    made = load("11")
    stop = made.exercise("on_epoch_end")
    assert stop
    text = "def on_epoch_end(self, run):\n    return run.history.epochs - run.history.best(*self.measure) >= patience"
    outcome = examine(made, stop, Source("on_epoch_end", text))
    assert "`patience` alone is not known. What belongs to an object is read through it: `self.patience`." in words(
        outcome
    )


RULE = """
from tinygrad_course.graph import Op
from tinygrad_course.ops.movement import Expand

class Sum(Op):
    def forward(x, *, axis, keepdims):
        return x.sum(axis=axis, keepdims=keepdims)

    def grad_x(g, shape):
        return Expand(g.reshape({}), size=shape)
"""


@pytest.mark.parametrize("name", ["axis", "z", "x"])
def test_what_a_rule_reads_and_does_not_name_is_told(name: str) -> None:
    made = load("05")
    exercise = made.exercise("Sum")
    assert exercise
    outcome = examine(made, exercise, Source("Sum", RULE.format(name)))
    assert f"what its first line names after it, and `{name}` is not among that" in words(outcome)


HANDED_ON = {
    "a method": ("09", "softmax", "def softmax(self, dim):\n    return self.softmax(dim)"),
    "a method of another name": ("09", "softmax", "def softmax(scores, dim):\n    return scores.softmax(dim)"),
    "a function": ("09", "mse_loss", "def mse_loss(input, target, reduction='mean'):\n"
                   "    return tg.nn.functional.mse_loss(input, target, reduction)"),
    "a function under a name": ("05", "sum_to", "from tinygrad_course.graph import sum_to as own\n\n"
                                "def sum_to(g, shape):\n    return own(g, shape)"),
}  # fmt: skip


@pytest.mark.parametrize(("number", "name", "text"), HANDED_ON.values(), ids=HANDED_ON.keys())
def test_the_packages_own_piece_is_no_answer(number: str, name: str, text: str) -> None:
    made = load(number)
    exercise = made.exercise(name)
    assert exercise
    outcome = examine(made, exercise, Source(name, text))
    assert outcome.status == "not yet" and f"lets the package's own `{name}` do the work" in words(outcome)


DOING = {
    "nothing": "pass",
    "computed alone": "grad = tg.ones(2)",
    "given back": "return tg.ones(2)",
    "printed": "print(tg.ones(2))",
}


@pytest.mark.parametrize("body", DOING.values(), ids=DOING.keys())
def test_of_a_piece_that_gives_nothing_back_no_return_is_asked(made_up: Lesson, body: str) -> None:
    said = words(examined(made_up, f"def marked(x): {body}", "marked"))
    assert "Nothing has changed: `x.grad` is None." in said and "gives back None" not in said, said


def test_of_such_a_piece_wrong_numbers_are_told_as_ever(made_up: Lesson) -> None:
    said = words(examined(made_up, "def marked(x): x.grad = tg.tensor([1.0, 2.0])", "marked"))
    assert "The numbers in `x.grad` are not as expected." in said


def test_an_exception_shows_the_learners_own_line(made_up: Lesson) -> None:
    outcome = examined(made_up, "ys = xs * 3\nreturn ys.nothing_of_this_name")
    assert Code("return ys.nothing_of_this_name") in outcome.blocks
    assert "`AttributeError: 'numpy.ndarray' object has no attribute" in words(outcome)


def test_a_long_message_is_cut(made_up: Lesson) -> None:
    said = words(examined(made_up, "raise ValueError('one\\n\\ttwo ' + 'x' * 1000)"))
    assert "`ValueError: one two xxx" in said and "x …` with one number, in this line of yours:" in said
    assert len(said) < 600


def test_the_smallest_failing_case_is_shown_expected_beside_yours(made_up: Lesson) -> None:
    (table,) = [block for block in examined(made_up, "return xs * 5").blocks if isinstance(block, Table)]
    assert table.caption == "With one number"
    assert table.rows == (("tripled", "array([18.])", "array([30.])", "different"),)


def test_where_it_looks_like_a_mistake_the_case_shown_is_one_that_the_mistake_explains(made_up: Lesson) -> None:
    outcome = examined(made_up, "return xs * 2 if xs.size > 1 else xs * 7")
    (table,) = [block for block in outcome.blocks if isinstance(block, Table)]
    assert outcome.likely and table.caption == "With a row"


def test_an_input_is_shown_where_it_was_changed(made_up: Lesson) -> None:
    (table,) = [b for b in examined(made_up, "xs += 1\nreturn (xs - 1) * 3").blocks if isinstance(b, Table)]
    assert [row[0] for row in table.rows] == ["tripled", "xs after the call"]
    assert [row[3] for row in table.rows] == ["same", "different"]


def test_a_small_difference_is_shown_with_the_digits_it_takes(made_up: Lesson) -> None:
    (table,) = [b for b in examined(made_up, "return xs * 3.00001").blocks if isinstance(b, Table)]
    assert table.rows[0][1] != table.rows[0][2]


@pytest.mark.parametrize("body", ["raise NotImplementedError('write your answer here')", "raise NotImplementedError"])
def test_a_stub_is_not_started(made_up: Lesson, body: str) -> None:
    assert examined(made_up, body).status == "not started"


def test_a_fault_of_the_course_says_so(made_up: Lesson) -> None:
    outcome = examined(made_up, "def broken(x): return x", "broken")
    assert outcome.status == "fault of the course"
    assert "This says nothing about your code" in words(outcome)


def test_an_interrupt_of_the_notebook_ends_the_child(made_up: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[child.Child] = []

    def interrupted(self: child.Child, deadline: float, most: float | None) -> child.Plain | str:
        asked.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(child.Child, "_next", interrupted)
    with pytest.raises(KeyboardInterrupt):
        examined(made_up, "return xs * 3")
    assert asked[0].process.returncode is not None


# check() itself


def test_check_gives_back_the_learners_piece_where_it_passes(capfd: pytest.CaptureFixture[str]) -> None:
    def tripled(numbers: Any) -> Any:
        return numbers + 2 * numbers

    assert check(tripled) is tripled
    captured = capfd.readouterr()
    assert captured.out.splitlines() == [
        "`tripled`: passed",
        "All 4 cases as expected.",
        "Kept until this session ends.",
        "The lesson goes on with your `tripled`.",
    ]
    assert captured.err == ""


def test_check_gives_back_the_reference_where_it_does_not(made_up: Lesson, capfd: pytest.CaptureFixture[str]) -> None:
    def tripled(xs: Any) -> Any:
        return xs + 3

    texts = []
    for _ in range(2):
        assert check(tripled) is reference(made_up, "tripled")
        texts.append(capfd.readouterr())
    assert texts[0].out.startswith("`tripled`: not yet\nYou add 3.\nWith one number:\n")
    assert texts[0].out.endswith("The lesson goes on with the course's `tripled`.\n")
    assert texts[0] == texts[1] and texts[0].err == ""


def test_an_untouched_exercise_runs_through(made_up: Lesson, capfd: pytest.CaptureFixture[str]) -> None:
    def tripled(xs: Any) -> Any:
        raise NotImplementedError("write your answer here")

    piece = check(tripled)
    assert piece is reference(made_up, "tripled")
    assert capfd.readouterr().out.startswith("`tripled`: not started\n")
    assert check(piece) is piece  # its own piece, when the check alone is run again: no pass
    assert "`tripled`: not started\nThe name holds the course's own piece now." in capfd.readouterr().out


def reference(lesson: Lesson, name: str) -> Any:
    exercise = lesson.exercise(name)
    assert exercise
    return exercise.reference


def test_check_takes_another_name_by_id(made_up: Lesson, capfd: pytest.CaptureFixture[str]) -> None:
    def mine(xs: Any) -> Any:
        return xs * 3

    assert check(mine, "99.tripled") is mine
    assert check(mine) is mine
    assert "There is no exercise called `mine`. Lesson 99 has `tripled`, `Counter`" in capfd.readouterr().out


def test_check_without_a_lesson_says_what_to_run(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "lesson", None)
    assert check(check) is check
    assert "Run the first cell of the lesson" in capfd.readouterr().out


def test_a_check_that_fails_itself_says_so(
    capfd: pytest.CaptureFixture[str], made_up: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tripled(xs: Any) -> Any:
        return xs * 3

    monkeypatch.setattr(child.Child, "ask", lambda *_: 1 / 0)
    assert check(tripled) is reference(made_up, "tripled")
    assert "`tripled`: fault of the course\nThe check itself failed." in capfd.readouterr().out


def test_no_child_is_left_behind(made_up: Lesson) -> None:
    child.discard()
    before = {process.pid for process in psutil.Process().children()}
    examined(made_up, "return xs * 3")
    child.prepare()
    child.prepare()
    assert len({process.pid for process in psutil.Process().children()} - before) == 1
    child.discard()
    assert {process.pid for process in psutil.Process().children()} == before


def test_one_child_can_serve_several_checks(made_up: Lesson) -> None:
    exercise = made_up.exercise("tripled")
    assert exercise
    one = child.Child()
    try:
        for body, status in (("return xs * 3", "passed"), ("return xs + 3", "not yet"), ("return xs * 3", "passed")):
            learner = Source("tripled", f"def tripled(xs): {body}")
            assert examine(made_up, exercise, learner, child=one).status == status
            assert one.process.poll() is None
        assert examine(made_up, exercise, Source("tripled", "import os\nos._exit(0)"), child=one).status == "stopped"
    finally:
        one.end()


def test_the_results_of_the_reference_are_computed_once(made_up: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    examined(made_up, "return xs + 3")
    asked: list[Any] = []
    ask = child.Child.ask

    def listened(self: child.Child, request: child.Plain, limits: Limits) -> child.Run:
        asked.append(request)
        return ask(self, request, limits)

    monkeypatch.setattr(child.Child, "ask", listened)
    assert examined(made_up, "return xs + 3").mistake
    assert [list(piece) for request in asked for piece in request["pieces"]] == [["source", "name"]]


# What is shown


class Tags(HTMLParser):
    """The tags of a page, and whether each that opens is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def test_the_html_says_all_that_the_text_says_and_escapes_the_learners_code(made_up: Lesson) -> None:
    outcome = examined(made_up, "raise ValueError('<script>alert(1)</script> & `more`')")
    message = Message("`tripled`: not yet", outcome.blocks)
    page = Tags(message.as_html())
    assert page.seen[:2] == ["section", "h4"] and "script" not in page.seen
    assert "<script>alert(1)</script> & " in page.text
    assert set(re.findall(r"\w+", message.as_text())) <= set(re.findall(r"\w+", page.text))


def test_a_grid_of_numbers_keeps_its_lines_and_code_is_broken_to_fit() -> None:
    rows = (("a", "1, 2\n3, 4", "[1, 2]"),)
    for breaks, kept in ((False, 1), (True, 0)):
        page = Table("x", ("", "", ""), rows, breaks).as_html()
        assert (page.count("white-space: pre"), page.count("white-space: pre-wrap")) == (2, 2 - kept)


def test_a_table_marks_its_headers_and_says_the_difference_in_words(made_up: Lesson) -> None:
    page = Message("x", examined(made_up, "return xs * 5").blocks).as_html()
    Tags(page)
    assert re.search('<th scope="col"[^>]*>expected</th>', page) and re.search(
        '<th scope="row"[^>]*>tripled</th>', page
    )
    assert "<caption" in page and "different" in page


def test_large_arrays_are_shown_where_they_differ() -> None:
    from tinygrad_course.course.feedback import beside

    right = {"kind": "array", "dtype": "float64", "shape": [20, 30], "values": [1.0] * 600}
    wrong = {**right, "values": [*[1.0] * 64, 7.0, *[1.0] * 535]}
    assert beside(right, wrong) == (
        "array of shape (20, 30); at (2, 4): 1",
        "array of shape (20, 30); at (2, 4): 7",
    )


def test_small_numbers_are_written_out_unless_that_would_hide_them() -> None:
    from tinygrad_course.course.feedback import beside

    right = {"kind": "array", "dtype": "float64", "shape": [2], "values": [100.0, -0.01]}
    assert beside(right, {**right, "values": [1.0, 2e-7]}) == ("array([100.  ,  -0.01])", "array([1.e+00, 2.e-07])")


def test_a_check_of_lesson_00_keeps_nobody_waiting(capfd: pytest.CaptureFixture[str]) -> None:
    def double_or_triple(x: Any) -> Any:
        return x * 2 if x > 0 else x * 3

    lesson("00")
    check(double_or_triple)
    started = time.perf_counter()
    check(double_or_triple)
    assert time.perf_counter() - started < 5  # about 0.2 s; the bound is for machines under load
    assert "`double_or_triple`: passed" in capfd.readouterr().out


def test_exercises_know_their_name() -> None:
    assert Exercise("07.hook", None, 1, 1, print, ()).name == "hook"


def test_a_wrong_gradient_is_shown_in_its_graph() -> None:
    lesson = load("04")
    propagate = lesson.exercise("propagate")
    assert propagate
    keeps_last = program(propagate.mistakes[0].piece, "propagate")
    assert keeps_last
    found = Message("x", examine(lesson, propagate, keeps_last).blocks)
    assert "The first wrong gradient on the way back is that of x: yours [" in found.as_text()
    assert re.search(r'<img src="data:image/svg\+xml;base64,[^"]{500,}" alt="Graph[^"]+that of x', found.as_html())
    drawn = [block for block in found.blocks if isinstance(block, Drawing)]
    assert [step.name for step in drawn[0].picture.scenes[0].steps if getattr(step, "mark", "")] == ["x"]
