"""Networks: modules, layers, activations and losses; `functional` has them as functions, `init` their first numbers."""

from . import functional, init
from .activation import LogSoftmax, ReLU, Softmax
from .containers import ModuleDict, ModuleList, ParameterList, Sequential
from .layers import Flatten, Identity, Linear
from .loss import CrossEntropyLoss, MSELoss, NLLLoss
from .module import Module
from .parameter import Parameter

__all__ = [
    "CrossEntropyLoss", "Flatten", "Identity", "Linear", "LogSoftmax", "MSELoss", "Module", "ModuleDict", "ModuleList",
    "NLLLoss", "Parameter", "ParameterList", "ReLU", "Sequential", "Softmax", "functional", "init",
]  # fmt: skip
