"""Every primitive operation: a class that holds what it computes, its gradient rules, its label and its ONNX name."""

from .comparison import And, Equal, Less, LessEqual, Not, Or, Xor
from .elementwise import (
    Abs,
    Add,
    Ceil,
    Div,
    Exp,
    Floor,
    FloorDivide,
    Fmod,
    Log,
    Maximum,
    Minimum,
    Mul,
    Neg,
    Pow,
    Remainder,
    Round,
    Sign,
    Sub,
    Trunc,
    Where,
)  # fmt: skip
from .functions import (
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atan2,
    Atanh,
    Cos,
    Cosh,
    Erf,
    Expm1,
    Log1p,
    Log2,
    Log10,
    ReLU,
    Sigmoid,
    Sin,
    Sinh,
    Softplus,
    Sqrt,
    Tanh,
)  # fmt: skip
from .indexing import AddInto, GetItem, SetItem
from .matrix import Det, Inv, MatMul, Solve
from .movement import Cast, Clone, Expand, Permute, Reshape
from .reduce import CumSum, Max, Min, Sum

__all__ = [
    "Abs", "Acos", "Acosh", "Add", "AddInto", "And", "Asin", "Asinh", "Atan", "Atan2", "Atanh", "Cast",
    "Ceil", "Clone", "Cos", "Cosh", "CumSum", "Det", "Div", "Equal", "Erf", "Exp", "Expand", "Expm1", "Floor",
    "FloorDivide", "Fmod", "GetItem", "Inv", "Less", "LessEqual", "Log", "Log10", "Log1p", "Log2", "MatMul",
    "Max", "Maximum", "Min", "Minimum", "Mul", "Neg", "Not", "Or", "Permute", "Pow", "ReLU", "Remainder",
    "Reshape", "Round", "SetItem", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Solve", "Sqrt", "Sub",
    "Sum", "Tanh", "Trunc", "Where", "Xor",
]  # fmt: skip
