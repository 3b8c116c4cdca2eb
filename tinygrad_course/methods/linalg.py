"""Products of matrices, einsum, and what is solved with matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..graph import Op
from .shapes import axis_of

if TYPE_CHECKING:
    from ..tensor import Tensor

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LinearAlgebra:
    """Methods of Tensor that multiply and solve matrices."""

    __slots__ = ()

    def matmul(self: Any, other: Any) -> Tensor:
        """Matrix product: see `tg.matmul`."""
        return matmul(self, other)

    def mm(self: Any, mat2: Any) -> Tensor:
        """Matrix product of two matrices; nothing broadcasts."""
        return matmul(need(self, "mm", 2), need(mat2, "mm", 2))

    def bmm(self: Any, mat2: Any) -> Tensor:
        """Matrix products of two batches of equally many matrices; nothing broadcasts."""
        if need(self, "bmm", 3).shape[0] != need(mat2, "bmm", 3).shape[0]:
            raise RuntimeError(f"bmm: batches of {self.shape[0]} and {mat2.shape[0]} matrices must be equally long")
        return matmul(self, mat2)

    def mv(self: Any, vec: Any) -> Tensor:
        """Product of a matrix and a vector."""
        return matmul(need(self, "mv", 2), need(vec, "mv", 1))

    def dot(self: Any, other: Any) -> Tensor:
        """Sum of the products of two vectors' elements."""
        return matmul(need(self, "dot", 1), need(other, "dot", 1))

    def inner(self: Any, other: Any) -> Tensor:
        """Products summed over the last axis of both: (..., k) and (..., k) give (..., ...)."""
        return tensordot(self, other, ([-1], [-1])) if self.ndim and other.ndim else self * other

    def outer(self: Any, vec2: Any) -> Tensor:
        """Each element of a vector times each of another: (n) and (m) give (n, m)."""
        return need(self, "outer", 1).reshape(-1, 1) * need(vec2, "outer", 1)

    def addmm(self: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta * self + alpha * (mat1 @ mat2), for matrices; self broadcasts."""
        return scaled(self, beta) + scaled(mat1.mm(mat2), alpha)

    def baddbmm(self: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta * self + alpha * (batch1 @ batch2), for batches of matrices; self broadcasts."""
        return scaled(self, beta) + scaled(batch1.bmm(batch2), alpha)

    def trace(self: Any) -> Tensor:
        """Sum of a matrix's diagonal."""
        return need(self, "trace", 2).diagonal().sum()

    def det(self) -> Tensor:
        """Determinant: see `tg.linalg.det`."""
        return det(self)

    def inverse(self) -> Tensor:
        """Inverse: see `tg.linalg.inv`."""
        return inv(self)


def matmul(input: Tensor, other: Any) -> Tensor:
    """Matrix product. (..., n, k) @ (..., k, m) gives (..., n, m); a 1-d side is a row or a column, dropped after.

    Raises RuntimeError if the inner sizes or the dtypes differ or a side is 0-d.
    """
    x, y = input, other if isinstance(other, Op.result) else Op.result(other)
    if x.ndim == 0 or y.ndim == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D; multiply by a number with *")
    inner = y.shape[-2] if y.ndim > 1 else y.shape[0]
    if x.shape[-1] != inner:
        cure = "; did you mean y.mT?" if y.ndim > 1 and x.shape[-1] == y.shape[-1] else ""
        raise RuntimeError(f"matmul: {x.shape} @ {y.shape}: {x.shape[-1]} and {inner} must be equal{cure}")
    if x.dtype != y.dtype:
        given = f"{x.dtype} and {y.dtype}; convert one: y.to(x.dtype)"
        raise RuntimeError(f"matmul: expected both to have the same dtype, but got {given}")
    a = x if x.ndim > 1 else x.reshape(1, -1)
    b = y if y.ndim > 1 else y.reshape(-1, 1)
    z = ops.MatMul(a, b)
    dropped = z.shape[: z.ndim - 2] + (z.shape[-2:-1] if x.ndim > 1 else ()) + (z.shape[-1:] if y.ndim > 1 else ())
    return z if z.shape == dropped else z.reshape(dropped)


def need(x: Any, name: str, ndim: int) -> Any:
    """x, if it has so many axes. Raises RuntimeError."""
    if x.ndim != ndim:
        what = {1: "a vector", 2: "a matrix", 3: "a batch of matrices"}[ndim]
        raise RuntimeError(f"{name}: expected {what} ({ndim}D), got shape {list(x.shape)}; tg.matmul takes any shapes")
    return x


def scaled(x: Any, factor: Any) -> Any:
    """x times a factor, which is mostly 1."""
    return x if factor == 1 else x * factor


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Products summed over pairs of axes: the last `dims` of a with the first of b, or ([axes of a], [axes of b])."""
    if isinstance(dims, int):
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    left, right = list(LETTERS[: a.ndim]), list(LETTERS[a.ndim : a.ndim + b.ndim])
    for i, j in zip(*dims, strict=True):
        right[axis_of(j, b.ndim)] = left[axis_of(i, a.ndim)]
    free = [letter for letter in (*left, *right) if (letter in left) != (letter in right)]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(free)}", a, b)


def einsum(equation: str, *operands: Any) -> Tensor:
    """Products of elements, summed over every letter that the result does not have: "ij,jk->ik" is a matrix product.

    Each operand has a letter for each of its axes; "..." stands for any axes in front or between, which broadcast.
    Without "->" the result has the letters that occur once, in alphabetical order. Operands are multiplied from left
    to right. Raises RuntimeError if the equation does not fit the operands.
    """
    xs = operands[0] if len(operands) == 1 and isinstance(operands[0], Sequence) else operands
    terms, wanted = parse(equation, xs)
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            if sizes.setdefault(letter, n) != n and 1 not in (sizes[letter], n):
                both = f"{sizes[letter]} in one operand, {n} in another"
                raise RuntimeError(f"einsum: {letter!r} of {equation!r} is {both}")
            sizes[letter] = sizes[letter] if n == 1 else n
    parts = [without_repeats(term, x) for term, x in zip(terms, xs, strict=True)]
    parts = [(term, stretched(x, tuple(sizes[letter] for letter in term))) for term, x in parts]
    letters, z = parts[0]
    for i, (term, x) in enumerate(parts[1:], start=2):
        letters, z = contract(letters, z, term, x, {*wanted, *"".join(terms[i:])})
    letters, z = sum_out(letters, z, set(wanted))
    return ordered(letters, z, wanted)


def parse(equation: str, xs: Sequence[Any]) -> tuple[list[str], str]:
    """The letters of each operand, and of the result; "..." becomes capital letters that the equation has not."""
    left, arrow, wanted = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(xs):
        raise RuntimeError(f"einsum: {equation!r} has {len(terms)} operands before '->', and {len(xs)} were given")
    spare = [letter for letter in reversed(LETTERS) if letter not in equation]
    hidden = [x.ndim - len(term.replace("...", "")) for term, x in zip(terms, xs, strict=True)]
    for n, term, x in zip(hidden, terms, xs, strict=True):
        if n < 0 or (n and "..." not in term):
            raise RuntimeError(f"einsum: {term!r} in {equation!r} does not fit an operand of shape {list(x.shape)}")
    dots = "".join(spare[: max(hidden)])
    if not arrow:
        wanted = "..." + "".join(sorted(c for c in {*left} - {*",."} if left.count(c) == 1))
    terms = [term.replace("...", dots[len(dots) - n :]) for n, term in zip(hidden, terms, strict=True)]
    wanted = wanted.replace("...", dots)
    if not set(wanted) <= set("".join(terms)) or len(set(wanted)) < len(wanted):
        raise RuntimeError(f"einsum: each letter after '->' in {equation!r} must be there once, and before it, too")
    return terms, wanted


def without_repeats(term: str, x: Any) -> tuple[str, Any]:
    """The diagonal of axes that have one letter, as one axis at the end."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first, last = term.index(letter), term.rindex(letter)
            if x.shape[first] != x.shape[last]:
                raise RuntimeError(f"einsum: the axes {letter!r} of one operand differ in size: {list(x.shape)}")
            x = x.diagonal(0, first, last)
            term = term[:first] + term[first + 1 : last] + term[last + 1 :] + letter
    return term, x


def stretched(x: Any, shape: tuple[int, ...]) -> Any:
    """x with its axes of size 1 repeated to fill the shape."""
    return x if x.shape == shape else x.expand(shape)


def contract(a: str, x: Any, b: str, y: Any, needed: set[str]) -> tuple[str, Any]:
    """x times y, summed over the letters that are not needed any more."""
    a, x = sum_out(a, x, needed | set(b))
    b, y = sum_out(b, y, needed | set(a))
    batch = [c for c in a if c in b and c in needed]
    inner = [c for c in a if c in b and c not in needed]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]
    x, y = ordered(a, x, [*batch, *rows, *inner]), ordered(b, y, [*batch, *inner, *columns])
    outside = x.shape[: len(batch) + len(rows)] + y.shape[len(batch) + len(inner) :]
    x = folded(x, len(batch), len(rows), len(inner))
    y = folded(y, len(batch), len(inner), len(columns))
    z = ops.MatMul(x, y) if inner else x * y
    return "".join([*batch, *rows, *columns]), z if z.shape == outside else z.reshape(outside)


def sum_out(letters: str, x: Any, needed: set[str]) -> tuple[str, Any]:
    """Sum over the axes whose letters are not needed."""
    gone = [i for i, letter in enumerate(letters) if letter not in needed]
    return "".join(c for c in letters if c in needed), x.sum(gone) if gone else x


def ordered(letters: str, x: Any, wanted: Sequence[str]) -> Any:
    """The axes in the order of their wanted letters."""
    axes = [letters.index(letter) for letter in wanted]
    return x if axes == sorted(axes) else x.permute(axes)


def folded(x: Any, batch: int, first: int, second: int) -> Any:
    """x with two axes after those of the batch: so many as one, so many as the other."""
    shape = x.shape[:batch]
    n, m = prod(x.shape[batch : batch + first]), prod(x.shape[batch + first :])
    return x if first == second == 1 else x.reshape((*shape, n, m))


# tg.linalg


def inv(x: Any) -> Tensor:
    """Inverse of square matrices (..., n, n). Raises RuntimeError for a matrix that has none."""
    return solvable(ops.Inv, square(x, "inv"))


def det(x: Any) -> Tensor:
    """Determinant of square matrices: (..., n, n) gives (...). Its gradient needs the inverse."""
    return ops.Det(square(x, "det"))


def solve(A: Any, B: Any) -> Tensor:
    """The x for which A @ x = B; A is (..., n, n), B a vector (n) or (..., n, k). Better than inv(A) @ B.

    Raises RuntimeError if A has no inverse.
    """
    square(A, "solve")
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]):
        return solve(A, B.unsqueeze(-1)).squeeze(-1)
    return solvable(ops.Solve, A, B)


def square(x: Any, name: str) -> Any:
    """x, if its last two axes are floats and equally long. Raises RuntimeError."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2] or x.dtype.kind != "f":
        raise RuntimeError(f"linalg.{name}: expected square matrices of floats, got {x.dtype} of shape {list(x.shape)}")
    return x


def solvable(op: type[Op], *inputs: Any) -> Any:
    """The operation on matrices; RuntimeError, as in PyTorch, where one of them is singular."""
    try:
        return op(*inputs)
    except np.linalg.LinAlgError as error:
        raise RuntimeError(f"linalg.{op.__name__.lower()}: the matrix is singular: it has no inverse") from error
