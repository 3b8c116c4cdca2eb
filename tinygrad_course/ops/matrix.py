"""Products of matrices."""

from __future__ import annotations

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
