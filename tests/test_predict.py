"""Predictions: numbers, shapes, choices and lines are compared, kept and scored; no answer raises."""

from __future__ import annotations

import math
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course.course import lesson, predict
from tinygrad_course.course.exercise import Lesson, Prediction
from tinygrad_course.course.exercises import session
from tinygrad_course.course.paths import FOLDER_VARIABLE
from tinygrad_course.course.progress import history, standing

LESSON = Lesson(
    "99",
    __name__,
    (),
    (
        Prediction("number", 2, "Because of the number."),
        Prediction("rough", 0.5, "Because it is about a half.", tolerance=0.1),
        Prediction("shape", (2, 3), "Because of the shape."),
        Prediction("choice", "Both", "Because of the choice.", choices=("2", "3", "Both")),
        Prediction("line", 4, "Because of the line.", lines=("x = 1", "if x:", "    f( x )", "    f( x )", "g(x)")),
    ),
)


@pytest.fixture(autouse=True)
def in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "lesson", LESSON)


def said(capsys: pytest.CaptureFixture[str], id: str, answer: Any) -> str:
    predict(id, answer)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


RIGHT = [
    ("number", 2),
    ("number", 2.0),
    ("number", "2"),
    ("number", np.float32(2)),
    ("number", tg.tensor([2.0])),
    ("rough", 0.55),
    ("shape", (2, 3)),
    ("shape", [2, 3]),
    ("shape", np.zeros((2, 3)).shape),
    ("choice", "both"),
    ("choice", " BOTH "),
    ("line", 4),
    ("line", "4"),
    ("line", np.int64(4)),
    ("line", "f(x)"),
    ("line", "f( x ) "),
]
WRONG = [
    ("number", 3),
    ("number", -2),
    ("number", math.nan),
    ("rough", 0.7),
    ("shape", (3, 2)),
    ("choice", 3),
    ("line", 3),
    ("line", "g(x)"),
]
OTHER = [
    ("number", "two"),
    ("number", None),
    ("number", [1, 2]),
    ("shape", 2),
    ("shape", "ab"),
    ("choice", "neither"),
    ("line", 0),
    ("line", 6),
    ("line", 1.5),
    ("line", "h(x)"),
    ("line", math.nan),
    ("line", None),
    ("choice", EllipsisType),
]


@pytest.mark.parametrize(("id", "answer"), RIGHT)
def test_a_right_answer_is_right(capsys: pytest.CaptureFixture[str], id: str, answer: Any) -> None:
    text = said(capsys, id, answer)
    assert text.startswith(f"Prediction `{id}`: right\nBecause")


@pytest.mark.parametrize(("id", "answer"), WRONG)
def test_a_wrong_answer_hears_what_is_so_and_why(capsys: pytest.CaptureFixture[str], id: str, answer: Any) -> None:
    text = said(capsys, id, answer)
    assert text.startswith(f"Prediction `{id}`: not so\nYou said ")
    assert "It is " in text and "Because" in text


@pytest.mark.parametrize(("id", "answer"), OTHER)
def test_what_is_no_answer_hears_the_form_and_not_the_reason(
    capsys: pytest.CaptureFixture[str], id: str, answer: Any
) -> None:
    text = said(capsys, id, answer)
    assert text.startswith(f"Prediction `{id}`: not compared\nWrite ")
    assert "Because" not in text


def test_three_dots_say_not_answered_and_give_nothing_away(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "choice", ...)
    assert "not answered yet" in text and "Because" not in text and "Both" not in text


def test_a_line_is_named_with_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert "You said line 5, `g(x)`. It is line 4, `f( x )`." in said(capsys, "line", "g(x)")


# Kept and scored


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_the_first_answer_counts_and_a_changed_one_is_recorded(folder: Path) -> None:
    for answer in ((3, 2), (3, 2), (2, 3), [2, 3], (3, 2)):
        predict("shape", answer)
    predict("choice", "both")
    predict("line", "g(x)")
    kept = [(event.event, event.id, event.facts) for event in history(folder)]
    assert kept == [
        ("prediction", "99.shape", {"right": False, "answer": [3, 2]}),
        ("prediction", "99.shape", {"right": True, "answer": [2, 3]}),
        ("prediction", "99.shape", {"right": False, "answer": [3, 2]}),
        ("prediction", "99.choice", {"right": True, "answer": "Both"}),
        ("prediction", "99.line", {"right": False, "answer": 5}),
    ]
    found = standing(LESSON, history(folder))
    assert (found.answered, found.right) == (3, 1)


@pytest.mark.parametrize(("id", "answer"), [*OTHER, ("number", ...)])
def test_what_is_no_answer_is_not_kept(folder: Path, id: str, answer: Any) -> None:
    predict(id, answer)
    assert history(folder) == []


def test_an_unknown_id_is_the_authors_mistake_and_lists_the_ids() -> None:
    with pytest.raises(ValueError, match=r"no prediction 'numbr'; it has number, rough, shape, choice, line"):
        predict("numbr", 1)


def test_without_a_lesson_it_says_what_to_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "lesson", None)
    assert 'lesson("NN")' in said(capsys, "number", 2)


def test_the_predictions_of_lesson_00(capsys: pytest.CaptureFixture[str]) -> None:
    lesson("00")
    capsys.readouterr()
    for id, answer in (("slope-at-2", 2), ("slope-at-minus-3", 3.0), ("graph-of-minus-3", "3")):
        assert said(capsys, id, answer).startswith(f"Prediction `{id}`: right")
    assert "not so" in said(capsys, "graph-of-minus-3", "both")
