"""Lesson 03, One rule for each operation: gradient rules, as the framework keeps them, and the chain rule by hand."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .div import DIV
from .exp import EXP
from .neuron_rule import NEURON_RULE
from .pow import POW
from .relu import RELU
from .sub import SUB
from .tanh import TANH

PREDICTIONS = (
    Prediction(
        "arrow",
        -8,
        "The gradient of p is 4, since p is multiplied by 4 afterwards. The product's rule for x multiplies it by the "
        "other number, w, which is -2.",
    ),
    Prediction(
        "bug-letter",
        "the letter",
        "In s (1 - s) the s is the height of the curve, the output. In a rule the output is called z; x is the input. "
        "A formula from a book has letters of its own.",
        choices=("the formula", "the letter", "the measuring"),
    ),
    Prediction(
        "corner",
        0.5,
        "It looks both ways: from relu(-h) = 0 to relu(h) = h is a rise of h, over a distance of 2h.",
    ),
    Prediction(
        "bug-tested",
        "2 * Square(x)",
        "Only there does another operation come after the square, so that g is 2, and not 1. In Square(2 * x) the "
        "square is still the last, and leaving out a factor of 1 is not seen.",
        choices=("Square(x)", "Square(2 * x)", "2 * Square(x)"),
    ),
    Prediction("fill-q", 12, "The power's rule: g = 1, times 3, times q² = 4."),
    Prediction("fill-r", 4, "The quotient's rule for its first input: 12 divided by d = 3."),
    Prediction("fill-d", -8, "The quotient's rule for the divisor: -12 times r = 6, divided by d² = 9."),
    Prediction("fill-s", 4, "s is positive, so relu lets the 4 pass."),
    Prediction("fill-c", -4, "c is taken away: the sign turns."),
    Prediction("fill-b", 20, "The product's rule: 4 times the other number, a = 5."),
)


LESSON = Lesson("03", __name__, (SUB, DIV, EXP, TANH, RELU, POW, NEURON_RULE), PREDICTIONS, dtype="float64")
