"""Lesson 01, What a derivative is: slopes found by moving the input, with nothing but Python and NumPy."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .average_slope import AVERAGE_SLOPE
from .best_step import BEST_STEP
from .central_difference import CENTRAL_DIFFERENCE
from .forward_difference import FORWARD_DIFFERENCE
from .partial import PARTIAL
from .symmetric_difference import SYMMETRIC_DIFFERENCE
from .tangent import TANGENT

PREDICTIONS = (
    Prediction(
        "forward-error",
        "0.1",
        "(3 + h)² - 3² is 6h + h², and divided by h that is 6 + h: too large by h itself. A step ten times smaller "
        "gives an error ten times smaller.",
        choices=("0.1", "0.01", "0.001"),
    ),
    Prediction(
        "symmetric-error",
        "100 times smaller",
        "The errors of the two sides have opposite signs and all but cancel; what is left grows with h². A tenth of "
        "the step, a hundredth of the error.",
        choices=("10 times smaller", "100 times smaller", "1000 times smaller"),
    ),
    Prediction(
        "bug-whole",
        "the array",
        "np.array([1, 2, 3]) holds whole numbers, and so does its copy: 1.000001 is stored there as 1, and nothing has "
        "moved. With 1.0, 2.0 and 3.0 it works. So does x + step, a new array that can hold what comes out.",
        choices=("the copy", "the array", "the step"),
    ),
    Prediction(
        "tiny-step",
        0,
        "1e-17 is less than the distance between 1.0 and the next number a computer has, 2.2e-16. So 1.0 + 1e-17 is "
        "1.0, the two values of f are the same, and their difference is 0.",
    ),
)


LESSON = Lesson(
    "01",
    __name__,
    (
        AVERAGE_SLOPE,
        FORWARD_DIFFERENCE,
        SYMMETRIC_DIFFERENCE,
        BEST_STEP,
        TANGENT,
        PARTIAL,
        CENTRAL_DIFFERENCE,
    ),
    PREDICTIONS,
)
