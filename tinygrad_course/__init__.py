"""A small, complete autograd framework with PyTorch's names, built piece by piece in the course's lessons."""

import typing
from math import e, inf, nan, pi
from warnings import filterwarnings

from numpy import finfo, iinfo

from . import autograd, linalg, nn, optim
from .autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .creation import (
    arange, as_tensor, bernoulli, empty, empty_like, eye, from_numpy, full, full_like, is_tensor, linspace,
    multinomial, normal, ones, ones_like, rand, rand_like, randint, randn,
    randn_like, randperm, tensor, zeros, zeros_like,
)  # fmt: skip
from .devices import cuda, device
from .draw import draw
from .dtypes import (
    bool_ as bool, float16, float16 as half, float32, float32 as float, float64, float64 as double, get_default_dtype,
    int8, int16, int16 as short, int32, int32 as int, int64, int64 as long, set_default_dtype, uint8,
)  # fmt: skip
from .functions import (
    abs, acos, acosh, add, addcdiv, addcmul, addmm, all, allclose, amax, amin, any, argmax, argmin, argsort, argwhere,
    asin, asinh, atan, atan2, atanh, baddbmm, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, bmm, broadcast_to,
    ceil, chunk, clamp, clip, clone, cos, cosh, count_nonzero, cummax, cummin, cumprod, cumsum, det, detach, diag,
    diag_embed, diagonal, div, dot, eq, equal, erf, exp, exp2, expm1, flatten, flip, floor, floor_divide, fmod, gather,
    ge, gt, index_add, index_select, inner, inverse, isclose, isfinite, isinf, isnan, kthvalue, le, lerp, log, log10,
    log1p, log2, log_softmax, logical_and, logical_not, logical_or, logical_xor, logsumexp, lt, masked_fill,
    masked_select, max, maximum, mean, median, min, minimum, mm, moveaxis, movedim, mul, mv, nan_to_num, narrow, ne,
    neg, nonzero, norm, numel, outer, permute, pow, prod, ravel, reciprocal, relu, remainder, repeat_interleave,
    reshape, roll, round, rsqrt, scatter, scatter_add, select, sigmoid, sign, sin, sinh, softmax, sort, split, sqrt,
    square, squeeze, std, sub, sum, swapaxes, swapdims, t, take_along_dim, tan, tanh, tile, topk, trace, transpose,
    tril, triu, trunc, unbind, unflatten, unique, unsqueeze, var,
)  # fmt: skip
from .methods.joining import broadcast_tensors, cat, hstack, meshgrid, stack, vstack
from .methods.linalg import einsum, matmul, tensordot
from .methods.pointwise import where
from .methods.reductions import std_mean, var_mean
from .random import Generator, manual_seed
from .serialization import load, save
from .tensor import Tensor

if typing.TYPE_CHECKING:
    from . import data, plots, training, utils
    from .draw.play import play
    from .training import callbacks, load_checkpoint, metrics, save_checkpoint
    from .training.fit import evaluate, fit

    __version__: str

LATER = {
    "callbacks": "training:callbacks", "data": "data", "evaluate": "training:evaluate", "fit": "training:fit",
    "load_checkpoint": "training:load_checkpoint", "metrics": "training:metrics", "play": "draw.play:play",
    "plots": "plots", "save_checkpoint": "training:save_checkpoint", "training": "training", "utils": "utils",
}  # fmt: skip
"""What is imported when it is first used, and where it is, so that the rest need not wait for it."""

# As PyTorch, the framework says nothing of 0 / 0 or an overflow: nan and inf are in the result to see.
filterwarnings("ignore", category=RuntimeWarning, module=rf"{__name__}\.")

# glibc hands the memory that a training step frees back to the system, and takes it again page by page in the next one,
# unless a large block was freed before. One that nobody writes to costs nothing, and after it a convolutional network's
# step takes 0.65 of the time, a GPT's 0.85.
empty(31 * 2**20, dtype=uint8)


def __getattr__(name: str) -> typing.Any:
    if name in LATER:
        from pkgutil import resolve_name

        found = globals()[name] = resolve_name(f"{__name__}.{LATER[name]}")
        return found
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version(__name__)
        except PackageNotFoundError:  # run from a checkout that was never installed
            return "0+unknown"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Every name, also of what is imported later, for a notebook to complete."""
    return sorted({*globals(), *LATER})
