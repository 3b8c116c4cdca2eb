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
from .methods.joining import broadcast_tensors, cat, hstack, meshgrid, stack, vstack
from .methods.linalg import einsum, matmul, tensordot
from .methods.pointwise import where
from .methods.reductions import std_mean, var_mean
from .random import Generator, manual_seed
from .serialization import load, save
from .tensor import Tensor

# The methods of Tensor as functions: tg.exp(x) is x.exp().
abs, acos, acosh, add, addcdiv = Tensor.abs, Tensor.acos, Tensor.acosh, Tensor.add, Tensor.addcdiv
addcmul, addmm, all, allclose, amax = Tensor.addcmul, Tensor.addmm, Tensor.all, Tensor.allclose, Tensor.amax
amin, any, argmax, argmin, argsort = Tensor.amin, Tensor.any, Tensor.argmax, Tensor.argmin, Tensor.argsort
argwhere, asin, asinh, atan, atan2 = Tensor.argwhere, Tensor.asin, Tensor.asinh, Tensor.atan, Tensor.atan2
atanh, baddbmm, bitwise_and, bitwise_not = Tensor.atanh, Tensor.baddbmm, Tensor.bitwise_and, Tensor.bitwise_not
bitwise_or, bitwise_xor, bmm, broadcast_to = Tensor.bitwise_or, Tensor.bitwise_xor, Tensor.bmm, Tensor.broadcast_to
ceil, chunk, clamp, clip, clone, cos = Tensor.ceil, Tensor.chunk, Tensor.clamp, Tensor.clip, Tensor.clone, Tensor.cos
cosh, count_nonzero, cummax, cummin = Tensor.cosh, Tensor.count_nonzero, Tensor.cummax, Tensor.cummin
cumprod, cumsum, det, detach, diag = Tensor.cumprod, Tensor.cumsum, Tensor.det, Tensor.detach, Tensor.diag
diag_embed, diagonal, div, dot, eq = Tensor.diag_embed, Tensor.diagonal, Tensor.div, Tensor.dot, Tensor.eq
equal, erf, exp, exp2, expm1, flatten = Tensor.equal, Tensor.erf, Tensor.exp, Tensor.exp2, Tensor.expm1, Tensor.flatten
flip, floor, floor_divide, fmod, gather = Tensor.flip, Tensor.floor, Tensor.floor_divide, Tensor.fmod, Tensor.gather
ge, gt, index_add, index_select, inner = Tensor.ge, Tensor.gt, Tensor.index_add, Tensor.index_select, Tensor.inner
inverse, isclose, isfinite, isinf, isnan = Tensor.inverse, Tensor.isclose, Tensor.isfinite, Tensor.isinf, Tensor.isnan
kthvalue, le, lerp, log, log10, log1p = Tensor.kthvalue, Tensor.le, Tensor.lerp, Tensor.log, Tensor.log10, Tensor.log1p
log2, log_softmax, logical_and, logical_not = Tensor.log2, Tensor.log_softmax, Tensor.logical_and, Tensor.logical_not
logical_or, logical_xor, logsumexp, lt = Tensor.logical_or, Tensor.logical_xor, Tensor.logsumexp, Tensor.lt
masked_fill, masked_select, max, maximum = Tensor.masked_fill, Tensor.masked_select, Tensor.max, Tensor.maximum
mean, median, min, minimum, mm = Tensor.mean, Tensor.median, Tensor.min, Tensor.minimum, Tensor.mm
moveaxis, movedim, mul, mv, nan_to_num = Tensor.moveaxis, Tensor.movedim, Tensor.mul, Tensor.mv, Tensor.nan_to_num
narrow, ne, neg, nonzero, norm, numel = Tensor.narrow, Tensor.ne, Tensor.neg, Tensor.nonzero, Tensor.norm, Tensor.numel
outer, permute, pow, prod, ravel = Tensor.outer, Tensor.permute, Tensor.pow, Tensor.prod, Tensor.ravel
reciprocal, relu, remainder = Tensor.reciprocal, Tensor.relu, Tensor.remainder
repeat_interleave, reshape, roll, round = Tensor.repeat_interleave, Tensor.reshape, Tensor.roll, Tensor.round
rsqrt, scatter, scatter_add, select = Tensor.rsqrt, Tensor.scatter, Tensor.scatter_add, Tensor.select
sigmoid, sign, sin, sinh, softmax = Tensor.sigmoid, Tensor.sign, Tensor.sin, Tensor.sinh, Tensor.softmax
sort, split, sqrt, square, squeeze = Tensor.sort, Tensor.split, Tensor.sqrt, Tensor.square, Tensor.squeeze
std, sub, sum, swapaxes, swapdims, t = Tensor.std, Tensor.sub, Tensor.sum, Tensor.swapaxes, Tensor.swapdims, Tensor.t
take_along_dim, tan, tanh, tile, topk = Tensor.take_along_dim, Tensor.tan, Tensor.tanh, Tensor.tile, Tensor.topk
trace, transpose, tril, triu, trunc = Tensor.trace, Tensor.transpose, Tensor.tril, Tensor.triu, Tensor.trunc
unbind, unflatten, unique, unsqueeze, var = Tensor.unbind, Tensor.unflatten, Tensor.unique, Tensor.unsqueeze, Tensor.var

if typing.TYPE_CHECKING:
    from . import data, plots, training, utils
    from .draw.play import play
    from .training import callbacks, load_checkpoint, metrics, save_checkpoint
    from .training.fit import evaluate, fit

    __version__: str

# What is imported when it is first used, and where it is, so that the rest need not wait for it.
LATER = {
    "callbacks": "training:callbacks", "data": "data", "evaluate": "training:evaluate", "fit": "training:fit",
    "load_checkpoint": "training:load_checkpoint", "metrics": "training:metrics", "play": "draw.play:play",
    "plots": "plots", "save_checkpoint": "training:save_checkpoint", "training": "training", "utils": "utils",
}  # fmt: skip

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
