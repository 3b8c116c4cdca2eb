"""Every primitive operation: a class that holds what it computes, its gradient rules, its label and its ONNX name."""

from .comparison import And, Equal, Less, LessEqual, Not, Or, Xor
from .conv import AvgPool, Conv, ConvInput, ConvWeight, MaxPool, Pick, Unpool
from .elementwise import (
    Abs, Add, Ceil, Div, Exp, Floor, FloorDivide, Fmod, Log, Maximum, Minimum, Mul, Neg, Pow, Remainder, Round, Sign,
    Sub, Trunc, Where,
)  # fmt: skip
from .functions import (
    Acos, Acosh, Asin, Asinh, Atan, Atan2, Atanh, Cos, Cosh, Erf, Expm1, Log1p, Log2, Log10, ReLU, Sigmoid, Sin, Sinh,
    Softplus, Sqrt, Tanh,
)  # fmt: skip
from .indexing import AddInto, GetItem, SetItem
from .matrix import Det, Inv, MatMul, Solve
from .movement import (
    Cast, Cat, Clone, Diagonal, DiagonalMatrix, Expand, Flip, Fold, Pad, Permute, Reshape, Roll, Trilu, Window,
)  # fmt: skip
from .reduce import CumSum, Max, Min, Sum
