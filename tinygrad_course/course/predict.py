"""Predictions: the learner says what will happen before it is run, and hears whether it was so, and why."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from .exercise import Prediction
from .exercises import session
from .feedback import Message, show


def predict(id: str, answer: Any) -> None:
    """Compare your prediction with what is so, and say why. `...` alone means: not answered yet.

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
    return show(_reply(prediction, answer))


def _reply(prediction: Prediction, answer: Any) -> Message:
    wanted = _form(prediction)
    given = _read(prediction, answer)
    if given is None:
        return Message(f"Prediction `{prediction.id}`: not compared", (f"Write {wanted} as your answer.",))
    if _right(prediction, given):
        return Message(f"Prediction `{prediction.id}`: right", (prediction.why,))
    said = f"You said {f'{given:g}' if isinstance(given, float) else given}. It is {prediction.answer}."
    return Message(f"Prediction `{prediction.id}`: not so", (said, prediction.why))


def _form(prediction: Prediction) -> str:
    if prediction.choices:
        return "one of " + ", ".join(repr(choice) for choice in prediction.choices)
    return "a shape, such as (2, 3)," if isinstance(prediction.answer, tuple) else "a number"


def _read(prediction: Prediction, answer: Any) -> float | tuple[int, ...] | str | None:
    """The answer in the form of the prediction's; None if it has another form."""
    try:
        if prediction.choices:
            said = str(answer).strip().lower()
            return next((choice for choice in prediction.choices if choice.lower() == said), None)
        if isinstance(prediction.answer, tuple):
            return tuple(int(n) for n in answer)
        return float(answer)
    except Exception:  # whatever a learner may have written: it is no number, or no shape
        return None


def _right(prediction: Prediction, given: float | tuple[int, ...] | str) -> bool:
    if isinstance(given, float) and isinstance(prediction.answer, (int, float)):
        return bool(np.isclose(given, prediction.answer, rtol=prediction.tolerance, atol=prediction.tolerance))
    return given == prediction.answer
