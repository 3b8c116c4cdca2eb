"""Predictions: the learner says what will happen before it is run, and hears whether it was so, and why."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from .exercise import Lesson, Prediction
from .exercises import session
from .feedback import Message, show
from .paths import learner_folder
from .progress import history, predicted, record

Answer = float | tuple[int, ...] | str


def predict(id: str, answer: Any) -> None:
    """Compare your prediction with what is so, and say why. `...` alone means: not answered yet.

    Your first answer is the one that counts.

    Raises ValueError if the lesson has no prediction of this id.
    """
    if session.lesson is None:
        return print('Not compared: run the first cell of the lesson, the one with lesson("NN"), and then this.')
    prediction = session.lesson.prediction(id)
    if prediction is None:
        known = ", ".join(known.id for known in session.lesson.predictions)
        raise ValueError(f"lesson {session.lesson.number} has no prediction {id!r}; it has {known}")
    if isinstance(answer, EllipsisType):
        return print(f"Prediction {id}: not answered yet. Write your answer in place of the three dots.")
    given = _read(prediction, answer)
    if given is None:
        return show(Message(f"Prediction `{id}`: not compared", (f"Write {_form(prediction)} as your answer.",)))
    _keep(session.lesson, prediction, given)
    return show(_reply(prediction, given))


def _reply(prediction: Prediction, given: Answer) -> Message:
    if _right(prediction, given):
        return Message(f"Prediction `{prediction.id}`: right", (prediction.why,))
    said = f"You said {_shown(prediction, given)}. It is {_shown(prediction, prediction.answer)}."
    return Message(f"Prediction `{prediction.id}`: not so", (said, prediction.why))


def _form(prediction: Prediction) -> str:
    if prediction.choices:
        return "one of " + ", ".join(repr(choice) for choice in prediction.choices)
    if prediction.lines:
        return f"the number of a line, from 1 to {len(prediction.lines)}, or the line itself in quotes,"
    return "a shape, such as (2, 3)," if isinstance(prediction.answer, tuple) else "a number"


def _shown(prediction: Prediction, answer: Answer) -> str:
    if prediction.lines and isinstance(answer, int):
        return f"line {answer}, `{prediction.lines[answer - 1].strip()}`"
    return f"{answer:g}" if isinstance(answer, float) else str(answer)


def _read(prediction: Prediction, answer: Any) -> Answer | None:
    """The answer in the form of the prediction's; None if it has another form."""
    try:
        if prediction.choices:
            said = str(answer).strip().lower()
            return next((choice for choice in prediction.choices if choice.lower() == said), None)
        if prediction.lines:
            return _line(prediction, answer)
        if isinstance(prediction.answer, tuple):
            return tuple(int(n) for n in answer)
        return float(answer)
    except Exception:  # whatever a learner may have written: it is no number, or no shape
        return None


def _line(prediction: Prediction, answer: Any) -> int | None:
    """The number of the line that is meant by a number or by its text; of lines alike, the right one."""
    texts = ["".join(line.split()) for line in prediction.lines]
    said = "".join(str(answer).split())
    alike = [number for number, text in enumerate(texts, 1) if text == said]
    if alike:
        return next((number for number in alike if number == prediction.answer), alike[0])
    number = float(answer)
    return int(number) if number in range(1, len(texts) + 1) else None


def _right(prediction: Prediction, given: Answer) -> bool:
    if isinstance(given, float) and isinstance(prediction.answer, (int, float)):
        return bool(np.isclose(given, prediction.answer, rtol=prediction.tolerance, atol=prediction.tolerance))
    return given == prediction.answer


def _keep(lesson: Lesson, prediction: Prediction, given: Answer) -> None:
    """Record an answer, unless it is the one given last: running a cell again is no new answer."""
    folder = learner_folder()
    before = predicted(lesson, prediction.id, history(folder)) if folder else []
    answer = list(given) if isinstance(given, tuple) else given
    if not before or before[-1].facts.get("answer") != answer:
        record("prediction", f"{lesson.number}.{prediction.id}", right=_right(prediction, given), answer=answer)
