"""Lesson 08, Modules: layers that know their parameters, a tree of them, its first numbers, and how it is saved."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .linear import LINEAR
from .load_state_dict import LOAD
from .named_modules import NAMED_MODULES
from .named_parameters import NAMED_PARAMETERS
from .sequential import SEQUENTIAL
from .xavier_uniform_ import XAVIER

LESSON = Lesson(
    number="08",
    module=__name__,
    exercises=(LINEAR, SEQUENTIAL, NAMED_MODULES, NAMED_PARAMETERS, XAVIER, LOAD),
    predictions=(
        Prediction(
            "how-many",
            2080.0,
            "A weight of 32 rows and 64 columns is 2,048 numbers, and the bias has 32 more.",
        ),
        Prediction(
            "in-a-list",
            0.0,
            "The list is an attribute, and neither a Parameter nor a Module. What is in it is not looked at, and an "
            "optimizer would have nothing to do. nn.ModuleList is a list that is looked into.",
        ),
        Prediction(
            "growth",
            "4",
            "Each output is a sum of 16 products of independent numbers, so its variance is 16 times an input's, and "
            "its standard deviation √16 = 4 times.",
            choices=("4", "16", "256"),
        ),
        Prediction(
            "bug-no-init",
            2.0,
            "The first attribute that is a module needs the place where modules are kept, which nn.Module's own "
            "__init__ makes. Nobody has called it.",
            lines=(
                "class Net(nn.Module):\n    def __init__(self):",
                "        self.layer = nn.Linear(2, 1)",
                "    def forward(self, x):\n        return self.layer(x)",
                "model = Net()",
                "model(x)",
            ),
        ),
        Prediction(
            "bug-best",
            "the last",
            "state_dict shares the model's memory: it shows what the parameters are now, not what they were. Keep "
            "copies, {name: value.clone() ...}, or save a file.",
            choices=("the best", "the last", "the first"),
        ),
    ),
    dtype="float64",
)
