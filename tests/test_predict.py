"""Predictions: numbers, shapes and choices are compared, the reason follows, and no answer raises."""

from __future__ import annotations

import math
from types import EllipsisType
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course.course import lesson, predict
from tinygrad_course.course.exercise import Lesson, Prediction
from tinygrad_course.course.exercises import session

LESSON = Lesson(
    "99",
    __name__,
    (),
    (
        Prediction("number", 2, "Because of the number."),
        Prediction("rough", 0.5, "Because it is about a half.", tolerance=0.1),
        Prediction("shape", (2, 3), "Because of the shape."),
        Prediction("choice", "Both", "Because of the choice.", choices=("2", "3", "Both")),
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
]
WRONG = [
    ("number", 3),
    ("number", -2),
    ("number", math.nan),
    ("rough", 0.7),
    ("shape", (3, 2)),
    ("choice", 3),
]
OTHER = [
    ("number", "two"),
    ("number", None),
    ("number", [1, 2]),
    ("shape", 2),
    ("shape", "ab"),
    ("choice", "neither"),
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


def test_an_unknown_id_is_the_authors_mistake_and_lists_the_ids() -> None:
    with pytest.raises(ValueError, match=r"no prediction 'numbr'; it has number, rough, shape, choice"):
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
