"""Operations that pick elements out by position, and their reverse, which adds elements into place.

A key is a tuple of integers, slices and None, in which each index array is represented by ARRAY; the arrays themselves
are inputs, so that a Node's params stay plain data. () picks everything.
"""

from __future__ import annotations

import numpy as np

from ..graph import Op

ARRAY = "array"


def fill(key, arrays):
    """The key with its index arrays put back: what NumPy's own indexing takes.

    It ends in Ellipsis, so that integers alone give a 0-d view of the memory and not a copy of the number.
    """
    rest = iter(arrays)
    return (*([next(rest) if isinstance(k, str) else k for k in key] if arrays else key), ...)


class GetItem(Op):
    """x[key]: elements picked by position; an element may be picked more than once."""

    label, onnx, views = "[ ]", "GatherND", True

    def forward(x, *indices, key):
        return x[fill(key, indices)]

    def grad_x(g, indices, shape, key):
        return AddInto(g, *indices, size=shape, key=key)


class AddInto(Op):
    """Zeros of shape `size` with x added in at key: elements that meet at one position are summed."""

    label, onnx = "add into", "ScatterND"

    def forward(x, *indices, size, key):
        z, at = np.zeros(size, x.dtype), fill(key, indices)
        if all(index.dtype.kind == "b" for index in indices):
            z[at] = x  # a slice or a mask meets no position twice
        else:
            # NumPy adds into a flat array several times faster than through a key.
            places = np.arange(z.size).reshape(size)[at]
            np.add.at(z.reshape(-1), places.reshape(-1), x.reshape(-1))
        return z

    def grad_x(g, indices, key):
        return GetItem(g, *indices, key=key)


class SetItem(Op):
    """A copy of x in which the elements at key are those of value; value broadcasts."""

    label, onnx = "[ ] =", "ScatterND"

    def forward(x, value, *indices, key):
        z = x.copy()
        z[fill(key, indices)] = value
        return z

    def grad_x(g, indices, key):
        return SetItem(g, 0.0, *indices, key=key)

    def grad_value(g, indices, key):
        return GetItem(g, *indices, key=key)
