"""The linter: each rule finds what it is for, says where and how to mend it, and leaves a good lesson alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tinygrad_course.course import exercises
from tinygrad_course.course import lint as linter
from tinygrad_course.course.cli import main
from tinygrad_course.course.exercise import Case, Exercise, Lesson, Mistake, Prediction
from tinygrad_course.course.lint import RULES, SINCE, facts, lint
from tinygrad_course.course.stats import Page
from tinygrad_course.course.uses import resolved


def doubled(x: float) -> float:
    """Twice x."""
    twice = x + x * 1.0
    return twice


EXERCISE = Exercise(
    "50.doubled", "tinygrad_course.nn.doubled", 5, 2, doubled, (Case("one", lambda piece: piece(1.0)),),
    mistakes=(Mistake("squared", lambda x: x * x, "You square."),), hints=("Why?", "Add it.", "Fill in:\nreturn x ..."),
)  # fmt: skip
PREDICTIONS = (
    Prediction("number", 3, "Because."),
    Prediction("choice", "the step", "Because.", choices=("the step", "the array")),
    Prediction("shape", (2, 3), "Because."),
)
LESSON = Lesson("50", __name__, (EXERCISE,), PREDICTIONS)
PICTURE = new_output(
    "display_data", {"image/png": "a", "text/plain": "a line"}, metadata={"image/png": {"alt": "a line"}}
)
HEAD = "# A title\n\nIt works.\n\n*About 40 minutes. You need lesson 49.*"
STUB = 'def doubled(x):\n    """Twice x."""\n    raise NotImplementedError("write your answer here")'
CELLS = [
    ("text", HEAD),
    ("code", "import tinygrad_course as tg\ntg.draw(tg.nn.Linear(2, 2)(x))"),
    ("text", f"## An idea\n\nSay 3 or 4.\n\n### Exercise 1 · Twice\n\n{facts(EXERCISE)}"),
    ("code", STUB),
    ("code", "doubled = check(doubled)"),
    ("text", "### Bug hunt\n\nIs it `x != 2`? Of which shape: (2, 3) or (3, 2)?"),
    ("code", 'predict("shape", ...)  # write your answer in place of ...'),
    ("text", 'Which one: "the\nstep" or "the array"?'),
    ("code", 'predict("choice", ...)'),
    ("text", "![a line](line.png) Now say 3 or 9 of them.\n\nWhat number?"),
    ("code", 'predict("number", ...)'),
]


def page(
    cells: list[tuple[str, str]] = CELLS, lesson: Lesson = LESSON, outputs: tuple[Any, ...] = (PICTURE,) * 3
) -> Page:
    made = [new_markdown_cell(text) if kind == "text" else new_code_cell(text) for kind, text in cells]
    return Page(Path("solutions/50_made_up.py"), lesson, made, [new_code_cell(outputs=list(outputs))])


def found(page: Page) -> list[str]:
    return [f"{cell}: {problem}" for rule in RULES for cell, problem in rule(page)]


def test_a_good_lesson_is_left_alone() -> None:
    assert found(page()) == []


def changed(old: str, new: str) -> Page:
    """The good lesson with one text of its cells replaced."""
    assert sum(old in text for _, text in CELLS) >= 1, old
    return page([(kind, text.replace(old, new)) for kind, text in CELLS])


def added(kind: str, *texts: str) -> Page:
    return page([*CELLS, *((kind, text) for text in texts)])


def exercise(**changes: Any) -> Page:
    """The good lesson with an exercise that says other things of itself."""
    return page(lesson=replace(LESSON, exercises=(replace(EXERCISE, **changes),)))


def answered(lines: int, line: str = "x") -> Page:
    """The good lesson with a solution that has an answer of so many lines."""
    made = page()
    solved = [new_code_cell(cell.source) for cell in made.cells]
    solved[3].source = STUB.replace(
        'raise NotImplementedError("write your answer here")', "\n    ".join([line] * lines)
    )
    solved[1].outputs = made.solved[0].outputs
    return replace(made, solved=solved)


def shown(data: dict[str, str], metadata: Any = None) -> Page:
    return page(outputs=(PICTURE, PICTURE, PICTURE, new_output("display_data", data, metadata=metadata or {})))


BROKEN: dict[str, tuple[Page, str]] = {
    "cells": (added("code", *["1"] * 35), "0: 46 cells, and 45 are the most; cut"),
    "words": (added("text", "word " * 1800), "0: 1846 words, and 1800 are the most; cut"),
    "words of an idea": (
        added("text", "word " * 151, "word " * 150),
        "12: 151 words, and 150 are the most for an idea; cut",
    ),
    "a wide line": (answered(1, "x" * 97), "4: a line of 101 characters, and a small screen shows 100; break"),
    "predictions": (
        page(CELLS[:-2], replace(LESSON, predictions=PREDICTIONS[1:])),
        "0: 2 predictions, and 3 are the least; ask with",
    ),
    "bug hunts": (changed("### Bug hunt", "### Look"), "0: 0 bug hunts, and 1 are the least; write one"),
    "graphs": (page(outputs=(PICTURE,) * 2), "0: 2 graphs, and 3 are the least; show one with tg.draw"),
    "no minutes": (
        changed("*About 40", "*40"),
        "1: it states 0 minutes; write *About N minutes. ...* with N from 30 to 60",
    ),
    "too long": (changed("About 40", "About 90"), "1: it states 90 minutes; write"),
    "minutes of exercises": (exercise(minutes=41), "1: its exercises take 41 minutes"),
    "minutes of an exercise": (exercise(minutes=16), "3: 50.doubled takes 16 minutes, and 15 are the most"),
    "lines of an answer": (answered(16), "4: an answer of 16 lines, and 15 are the most; give a part"),
    "a second title": (changed("## An idea", "# An idea"), "3: 'An idea' is a second title; write ##"),
    "a level skipped": (changed("## An idea", "### An idea"), "3: 'An idea' skips a level of headings; write ## in"),
    "image without alt": (changed("![a line]", "![]"), "10: a picture has no alt text"),
    "img without alt": (added("text", "<img src='a.png'>"), "12: a picture has no alt text"),
    "output without alt": (shown({"image/png": "a"}), "1: its output is a picture without alt text"),
    "svg without alt": (shown({"image/svg+xml": "<svg></svg>"}), "1: its output is a picture without alt text"),
    "player without alt": (shown({"text/html": "<img src='a'>"}), "1: its output is a picture without alt text"),
    "no heading": (
        changed("### Exercise 1 · Twice", "### Twice"),
        "0: 50.doubled has no heading; write ### Exercise 1 ·",
    ),
    "a heading more": (added("text", "### Exercise 2 · More"), "12: Exercise 2 is not in exercises/lesson50;"),
    "other difficulty": (
        exercise(difficulty=3),
        "3: below the heading of 50.doubled write: *Difficulty 3 of 5 · about 5 ",
    ),
    "other minutes": (exercise(minutes=6), "about 6 minutes · builds `nn.doubled`*"),
    "other target": (exercise(target=None), "about 5 minutes*"),
    "one minute": (exercise(minutes=1), "about 1 minute ·"),
    "no stub": (changed("def doubled", "def twice"), "3: no cell below defines doubled; write its stub"),
    "no docstring": (changed('    """Twice x."""\n', ""), "4: the stub of doubled needs a docstring"),
    "a solution in the stub": (
        changed("raise NotImpl", "return 2 * x  # Impl"),
        "4: the stub of doubled needs a docstring",
    ),
    "no check": (
        changed("= check(doubled)", "= test(doubled)"),
        "4: no check follows; write a cell doubled = check(doubled)",
    ),
    "check before": (page([*CELLS[:3], CELLS[4], CELLS[3], *CELLS[5:]]), "5: no check follows"),
    "no mistakes": (exercise(mistakes=()), "3: 50.doubled knows no mistake; add one"),
    "asked nowhere": (
        changed('"number"', '"shape"'),
        '0: the prediction is asked nowhere; write predict("number", answer)',
    ),
    "not in the module": (changed('"number"', '"other"'), '11: predict("other") is not in exercises/lesson50;'),
    "answer in the lesson": (
        changed('"number", ...', '"number", 3'),
        '11: the answer to "number" stands in the lesson',
    ),
    "number named alone": (
        changed("What number?", "Is it 3.0?"),
        '11: the question before "number" names its answer alone',
    ),
    "choice named alone": (changed('or "the array"', ""), '9: the question before "choice" names its answer alone'),
    "shape named alone": (changed(" or (3, 2)", ""), '7: the question before "shape" names its answer alone'),
    "mark of an answer": (changed("What number?", "What?  ### ANSWER"), "10: ### ANSWER stands in the lesson"),
    "mark of a solution": (added("text", "### BEGIN SOLUTION"), "12: ### BEGIN SOLUTION stands in the lesson"),
    "a hint with the line": (
        exercise(hints=("Why?", "Try", "Fill in:\ntwice = x+x*1.0")),
        "0: hint 3 of 50.doubled in exercises/lesson50 holds the line 'twice = x + x * 1.0'",
    ),
    "a hint with its value": (
        exercise(hints=("Is it x + x * 1.0?", "", "")),
        "holds the line 'x + x * 1.0'; leave a gap",
    ),
    "emoji": (added("code", "print('\U0001f600')"), "12: an emoji; say it in words"),
    "exclamation mark": (added("text", "Well done!"), "12: an exclamation mark; end the sentence"),
    "path": (added("code", "open('/home/ann/x.txt')"), "12: /home/ann/x.txt is a path of one machine"),
    "windows path": (added("text", "In `C:\\Users\\ann`."), "is a path of one machine"),
    "never run": (replace(page(), solved=[]), "0: its solution was never run; first: tinygrad-course author build 50"),
}


@pytest.mark.parametrize(("broken", "says"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named_with_its_cell_and_cure(broken: Page, says: str) -> None:
    problems = found(broken)
    assert [problem for problem in problems if says in problem], problems
    assert len(problems) <= 3, "one fault, and what follows from it"


GOOD: dict[str, Callable[[], Page]] = {
    "marks of math": lambda: added("text", "The factorial `n!` is $n!$.\n\n```\nassert x != 1\n```"),
    "svg with alt": lambda: shown({"image/svg+xml": '<svg aria-label="a graph"></svg>'}),
    "player with alt": lambda: shown({"text/html": '<img src="a" alt="a graph">'}),
    "an answer as long as may be": lambda: answered(15),
    "a value": lambda: page(
        [*CELLS[:3], ("code", "doubled = ...  # write"), *CELLS[4:]],
        replace(LESSON, exercises=(replace(EXERCISE, reference=(2, 3)),)),
    ),
    "a class": lambda: page([*CELLS[:3], ("code", STUB.replace("def doubled(x)", "class doubled")), *CELLS[4:]]),
    "a path that is everywhere the same": lambda: added("text", "Look into `tests/home/x.py` or at 1/tmp/x."),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_what_only_looks_broken_is_left_alone(good: Callable[[], Page]) -> None:
    assert found(good()) == []


def test_start_here_is_short_and_has_no_bug_hunt() -> None:
    lesson = replace(LESSON, number="00", exercises=(replace(EXERCISE, target=None),))
    cells = [(kind, text.replace("### Bug hunt", "### Look").replace(facts(EXERCISE), facts(lesson.exercises[0])))
             for kind, text in CELLS]  # fmt: skip
    short = page([(kind, text.replace("About 40", "About 15").replace("tg.nn", "tg")) for kind, text in cells], lesson)
    assert found(short) == []


# What comes in a later lesson


def early(code: str, number: str, tags: list[str] | None = None) -> str:
    cell = new_code_cell(code, metadata={"tags": tags or []})
    made = Page(Path("x"), Lesson(number, __name__, ()), [new_code_cell("import tinygrad_course as tg"), cell], [])
    return "".join(problem for _, problem in linter._features(made))


@pytest.mark.parametrize(
    ("code", "number", "names"),
    [
        ("tg.nn.Linear(2, 3)", "07", "tg.nn.Linear (lesson 08)"),
        ("tg.nn.Linear(2, 3)", "08", ""),
        ("tg.nn.functional.cross_entropy(x, y)", "08", "tg.nn.functional.cross_entropy (lesson 09)"),
        ("from tinygrad_course.optim import SGD as S", "09", "tg.optim.SGD (lesson 10)"),
        ("from tinygrad_course import nn\nnn.Conv2d(1, 2, 3)", "08", "tg.nn.Conv2d (lesson 13)"),
        ("with tg.no_grad(): tg.nn.Linear(1, 1)", "03", "tg.nn.Linear (lesson 08), tg.no_grad (lesson 07)"),
        ("tg.data.iris()\ntg.data.moons()", "04", ""),
        ("%time tg.nn", "01", ""),
        ("x.nn.Linear", "01", ""),
        ("tg.autograd.central_difference(f, x)", "00", "tg.autograd.central_difference (lesson 01)"),
        ("tg.autograd.central_difference(f, x)", "01", ""),
        ("import tinygrad_course.nn as layers\nlayers.Linear(1, 1)", "07", "tg.nn.Linear (lesson 08)"),
        ("import tinygrad_course.optim\ntinygrad_course.optim.SGD", "09", "tg.optim.SGD (lesson 10)"),
        ("import numpy.nn as nn\nnn.Linear(1, 1)", "01", ""),
    ],
)
def test_a_feature_before_its_lesson_is_found(code: str, number: str, names: str) -> None:
    assert early(code, number).partition(": ")[0] == names


def test_a_taste_may_use_what_comes_later() -> None:
    assert early("tg.nn.Linear(2, 3)", "00", ["taste"]) == ""


def test_the_table_names_what_there_is() -> None:
    later = {"compile", "onnx", "safetensors", "quantize", "serve", "distributed"}
    assert [name for name in SINCE if name not in later and resolved(f"tinygrad_course.{name}") is None] == []


# The whole


def in_a_file(page: Page, folder: Path) -> Page:
    """The same page with a source in which each cell has three lines."""
    source = folder / page.source.name
    source.write_text("# %%\n1\n\n" * len(page.cells), encoding="utf-8")
    return replace(page, source=source)


def test_a_finding_names_the_file_the_line_and_the_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = in_a_file(added("text", "Well done!"), tmp_path)
    monkeypatch.setattr(linter, "pages", lambda lessons, root: [broken, page(outputs=())])
    assert lint() == [
        "solutions/50_made_up.py, line 34 (cell 12): an exclamation mark; end the sentence with a full stop.",
        "solutions/50_made_up.py: 0 graphs, and 3 are the least; show one with tg.draw or a plot.",
    ]


@pytest.mark.parametrize(
    ("pages", "status", "says"), [([page()], 0, "Nothing to mend."), ([added("text", "Oh!")], 1, "full stop.")]
)
def test_the_command_ends_with_status_1_where_there_is_something_to_mend(
    monkeypatch: pytest.MonkeyPatch, pages: list[Page], status: int, says: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(linter, "pages", lambda lessons, root: [in_a_file(page, tmp_path) for page in pages])
    done = CliRunner().invoke(main, ["author", "lint"])
    assert done.exit_code == status and done.output.rstrip().endswith(says)


def test_the_cells_of_a_lesson_are_those_of_its_source() -> None:
    lesson = exercises.load("01")
    read: list[NotebookNode] = linter.pages(["01"])[0].cells
    assert any("raise NotImplementedError" in cell.source for cell in read)
    assert any(cell.source == f"{lesson.exercises[0].name} = check({lesson.exercises[0].name})" for cell in read)
