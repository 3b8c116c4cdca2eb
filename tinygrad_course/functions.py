"""The methods of Tensor as functions: `tg.exp(x)` is `x.exp()`."""

from .tensor import Tensor

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
