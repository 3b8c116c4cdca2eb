"""Methods that pick elements out by position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..graph import Op

if TYPE_CHECKING:
    from ..tensor import Tensor


class Indexing:
    """Methods of Tensor that pick elements out by position."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Tensor:
        template, indices = split_key(key)
        return ops.GetItem(self, *indices, key=template)


def split_key(key: Any) -> tuple[tuple, list[Any]]:
    """An index as the ops take it: the key with ARRAY for each index array, and those arrays as Tensors."""
    template, indices = [], []
    for k in key if isinstance(key, tuple) else (key,):
        if isinstance(k, (Op.result, np.ndarray, list)):
            indices.append(k if isinstance(k, Op.result) else Op.result(k))
            template.append(ops.indexing.ARRAY)
        else:
            template.append(k)
    return tuple(template), indices
