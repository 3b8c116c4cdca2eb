"""Rows for tinygrad_course/ops/matrix.py."""

import numpy as np

from .base import Case, case, numbers

A, B, V, W = numbers(3, 4), numbers(4, 2), numbers(4), numbers(3)
BATCH, OTHER = numbers(2, 3, 4), numbers(2, 4, 2)
SQUARE, SQUARES = numbers(3, 3) + 3 * np.eye(3), numbers(2, 3, 3) + 3 * np.eye(3)


def einsum(equation: str, *inputs: np.ndarray, ops: str = "MatMul") -> Case:
    """A row whose truth is NumPy's einsum."""
    return case(
        f"einsum {equation} {' '.join(str(x.shape) for x in inputs)}", ops,
        lambda t, *xs: t.einsum(equation, *xs), *inputs, truth=lambda *xs: np.einsum(equation, *xs),
    )  # fmt: skip


MATRIX = [
    case("matrix @ matrix", "MatMul", lambda t, x, y: x @ y, A, B, truth=lambda x, y: x @ y),
    case("matrix @ vector", "MatMul", lambda t, x, y: x @ y, A, numbers(4), truth=lambda x, y: x @ y),
    case("vector @ matrix", "MatMul", lambda t, x, y: x @ y, numbers(3), A, truth=lambda x, y: x @ y),
    case("vector @ vector", "MatMul", lambda t, x, y: x @ y, numbers(4), numbers(4, seed="y"), truth=lambda x, y: x @ y),
    case("vector @ itself", "MatMul", lambda t, x: x @ x, numbers(4), truth=lambda x: x @ x),
    case("square @ itself", "MatMul", lambda t, x: x @ x, numbers(3, 3), truth=lambda x: x @ x),
    case("batch @ batch", "MatMul", lambda t, x, y: x @ y, numbers(2, 3, 4), numbers(2, 4, 2), truth=lambda x, y: x @ y),
    case("batch @ matrix", "MatMul", lambda t, x, y: x @ y, numbers(2, 3, 4), B, truth=lambda x, y: x @ y),
    case("broadcast batches", "MatMul", lambda t, x, y: x @ y, numbers(2, 1, 3, 4), numbers(3, 4, 2), truth=lambda x, y: x @ y),
    case("matmul of nothing", "MatMul", lambda t, x, y: x @ y, np.zeros((3, 0)), np.zeros((0, 2)), truth=lambda x, y: x @ y),
    case("matmul integers", "MatMul", lambda t, x, y: x @ y, np.array([[1, 2]]), np.array([[3], [4]]), truth=lambda x, y: x @ y),
    case("mm", "MatMul", lambda t, x, y: x.mm(y), A, B, truth=np.matmul),
    case("bmm", "MatMul", lambda t, x, y: x.bmm(y), BATCH, OTHER, truth=np.matmul),
    case("mv", "MatMul", lambda t, x, y: x.mv(y), A, V, truth=np.matmul),
    case("dot", "MatMul", lambda t, x, y: x.dot(y), V, V[::-1], truth=np.dot),
    case("inner", "MatMul", lambda t, x, y: x.inner(y), BATCH, A, truth=np.inner),
    case("inner of vectors", "MatMul", lambda t, x, y: x.inner(y), V, V[::-1], truth=np.inner),
    case("outer", "Mul", lambda t, x, y: x.outer(y), V, W, truth=np.outer),
    case("addmm", "MatMul Add", lambda t, b, x, y: b.addmm(x, y), numbers(2), A, B, truth=lambda b, x, y: b + x @ y),
    case("addmm scaled", "MatMul Add", lambda t, b, x, y: b.addmm(x, y, beta=2, alpha=0.5), numbers(3, 2), A, B, truth=lambda b, x, y: 2 * b + x @ y / 2),
    case("baddbmm", "MatMul Add", lambda t, b, x, y: b.baddbmm(x, y, alpha=3), numbers(2, 3, 2), BATCH, OTHER, truth=lambda b, x, y: b + 3 * (x @ y)),
    case("tensordot", "MatMul", lambda t, x, y: t.tensordot(x, y, 1), BATCH, B, truth=lambda x, y: np.tensordot(x, y, 1)),
    case("tensordot two", "MatMul", lambda t, x, y: t.tensordot(x, y), BATCH, numbers(3, 4, 2), truth=np.tensordot),
    case("tensordot none", "Mul", lambda t, x, y: t.tensordot(x, y, 0), V, W, truth=np.outer),
    case("tensordot pairs", "MatMul", lambda t, x, y: t.tensordot(x, y, dims=([0, -1], [0, 1])), BATCH, OTHER, truth=lambda x, y: np.tensordot(x, y, ([0, 2], [0, 1]))),
    case("trace", "Diagonal Sum", lambda t, x: x.trace(), SQUARE, truth=np.trace),
    case("trace of a rectangle", "Diagonal Sum", lambda t, x: x.trace(), A, truth=np.trace),
    einsum("ij,jk->ik", A, B),
    einsum("ij,jk", A, B),
    einsum("ji,jk->ki", A, numbers(3, 2)),
    einsum("bij,bjk->bik", BATCH, OTHER),
    einsum("bij,jk->bik", BATCH, B),
    einsum("bhqd,bhkd->bhqk", numbers(2, 2, 3, 4), numbers(2, 2, 2, 4)),
    einsum("i,i->", V, V[::-1]),
    einsum("i,j->ij", V, W, ops="Mul"),
    einsum("ij,ij->ij", A, A[::-1], ops="Mul"),
    einsum("ij,i->ij", A, W, ops="Mul"),
    einsum("i,ij->j", W, A),
    einsum("ij->ji", A, ops="Permute"),
    einsum("ba", A, ops="Permute"),
    einsum("ij->i", A, ops="Sum"),
    einsum("ij->", A, ops="Sum"),
    einsum("ii", SQUARE, ops="Diagonal Sum"),
    einsum("ii->i", SQUARE, ops="Diagonal"),
    einsum("bii->b", SQUARES, ops="Diagonal Sum"),
    einsum("iji->j", numbers(2, 3, 2), ops="Diagonal Sum"),
    einsum("ii,ij->j", SQUARE, A, ops="Diagonal MatMul"),
    einsum("ij,kl->il", A, B, ops="Sum Mul"),
    einsum("i,ij,j->", W, A, V),
    einsum("bi,ij,bj->b", numbers(2, 3), A, numbers(2, 4)),
    einsum("ij,jk,kl->il", A, B, numbers(2, 3, seed="e")),
    einsum("...ij,...jk->...ik", BATCH, OTHER),
    einsum("...ij,jk", BATCH, B),
    einsum("...i,i", BATCH, V),
    einsum("i...,i->...", BATCH, numbers(2)),
    einsum("...,...->...", numbers(2, 1, 3), numbers(4, 1), ops="Mul"),
    einsum("b...d,...d->b...", BATCH, A),
    einsum("ij,jk->ik", np.zeros((3, 0)), np.zeros((0, 2))),
    case("einsum of one matrix twice", "MatMul", lambda t, x: t.einsum("ij,kj->ik", x, x), A, truth=lambda x: x @ x.T),
    case("einsum of a list", "MatMul", lambda t, x, y: t.einsum("ij,jk->ik", [x, y]), A, B, truth=np.matmul),
    case("inv", "Inv", lambda t, x: t.linalg.inv(x), SQUARE, truth=np.linalg.inv),
    case("inverse of a batch", "Inv", lambda t, x: x.inverse(), SQUARES, truth=np.linalg.inv),
    case("det", "Det", lambda t, x: t.linalg.det(x), SQUARE, truth=np.linalg.det),
    case("det of a batch", "Det", lambda t, x: x.det(), SQUARES, truth=np.linalg.det),
    case("solve", "Solve", lambda t, x, y: t.linalg.solve(x, y), SQUARE, A, truth=np.linalg.solve),
    case("solve a vector", "Solve", lambda t, x, y: t.linalg.solve(x, y), SQUARE, W, truth=lambda x, y: np.linalg.inv(x) @ y),
    case("solve a batch", "Solve", lambda t, x, y: t.linalg.solve(x, y), SQUARES, BATCH, truth=np.linalg.solve),
    case("solve a batch of vectors", "Solve", lambda t, x, y: t.linalg.solve(x, y), SQUARES, numbers(2, 3), truth=lambda x, y: (np.linalg.inv(x) @ y[..., None])[..., 0]),
    case("solve one for a batch", "Solve", lambda t, x, y: t.linalg.solve(x, y), SQUARE, BATCH, truth=lambda x, y: np.linalg.inv(x) @ y),
]  # fmt: skip
