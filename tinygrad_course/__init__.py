"""A small, complete autograd framework with PyTorch's names, built piece by piece in the course's lessons."""

from importlib.metadata import PackageNotFoundError, version

from . import autograd, data, nn, optim
from .autograd import enable_grad, is_grad_enabled, no_grad
from .creation import from_numpy, ones, rand, randn, randperm, tensor, zeros
from .draw import draw
from .dtypes import bool_ as bool  # noqa: A004
from .dtypes import (
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)  # fmt: skip
from .methods.linalg import matmul
from .random import Generator, manual_seed
from .tensor import Tensor

try:
    __version__ = version("tinygrad_course")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Generator", "Tensor", "autograd", "bool", "data", "draw", "enable_grad", "float16", "float32", "float64",
    "from_numpy", "get_default_dtype", "int8", "int16", "int32", "int64", "is_grad_enabled", "manual_seed", "matmul",
    "nn", "no_grad", "ones", "optim", "rand", "randn", "randperm", "set_default_dtype", "tensor", "uint8", "zeros",
]  # fmt: skip
