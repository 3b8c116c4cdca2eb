"""Products, inverses and determinants of matrices: the last two axes; leading axes are a batch."""

from __future__ import annotations

import numpy as np

from ..graph import Op


class MatMul(Op):
    """Matrix product of (..., n, k) and (..., k, m): (..., n, m); leading axes broadcast."""

    label, onnx = "@", "MatMul"

    def forward(x, y):
        return x @ y

    def grad_x(g, y):
        return g @ y.mT

    def grad_y(g, x):
        return x.mT @ g


class Inv(Op):
    """Inverse of (..., n, n). The rule is from d(z x) = 0: dz = -z dx z."""

    label = "x⁻¹"

    def forward(x):
        return np.linalg.inv(x)

    def grad_x(g, z):
        return -(z.mT @ g @ z.mT)


class Solve(Op):
    """The z for which x @ z = y: (..., n, n) and (..., n, k) give (..., n, k). The rules are from dx z + x dz = dy."""

    label = "solve"

    def forward(x, y):
        return np.linalg.solve(x, y)

    def grad_x(g, x, z):
        return -(Solve(x.mT, g) @ z.mT)

    def grad_y(g, x):
        return Solve(x.mT, g)


class Det(Op):
    """Determinant of (..., n, n): (...). The rule is Jacobi's formula, dz = z trace(x⁻¹ dx); x must have an inverse."""

    label, onnx = "det", "Det"

    def forward(x):
        return np.linalg.det(x)

    def grad_x(g, x, z):
        return (g * z).reshape((*x.shape[:-2], 1, 1)) * Inv(x.mT)
