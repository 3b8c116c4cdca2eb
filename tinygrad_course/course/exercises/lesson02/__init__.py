"""Lesson 02, Remember what you did: numbers that keep a record of how they came about, and ways to read the record."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .anynumber import ANY_NUMBER
from .arrows import ARROWS
from .leaves import LEAVES
from .nearest import NEAREST
from .number import NUMBER
from .tell import TELL

PREDICTIONS = (
    Prediction(
        "who-is-asked",
        "__rmul__",
        "Python asks the 3 first, and the 3 knows nothing of your class. Then it asks the Number, by the reflected "
        "name.",
        choices=("__mul__", "__rmul__", "nobody"),
    ),
    Prediction(
        "name-taken-away",
        "the same as before",
        "A record holds the objects, not the names. `s` now means something else, but the product still remembers the "
        "sum it was made from.",
        choices=("the same as before", "100.0 * 100.0", "an error"),
    ),
    Prediction(
        "nodes-of-cube",
        2,
        "Two multiplications were run, and each leaves one node. x is a leaf and has none.",
    ),
    Prediction(
        "bug-list",
        "inputs=[]",
        "A default value is made once, when the function is defined. All Numbers without inputs share that one list, "
        "and what one appends is in all. A tuple cannot be appended to: inputs=().",
        choices=("inputs=[]", "self.data", "append"),
    ),
    Prediction(
        "bug-item",
        "item",
        "item() takes the plain Python number out, and a plain number remembers nothing. What comes after it is a "
        "program on constants.",
        choices=("exp", "item", "the product"),
    ),
)


LESSON = Lesson("02", __name__, (NUMBER, ANY_NUMBER, TELL, ARROWS, LEAVES, NEAREST), PREDICTIONS, dtype="float64")
