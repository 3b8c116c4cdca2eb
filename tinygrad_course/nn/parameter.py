"""Parameter: a tensor that a module learns."""

from __future__ import annotations

from typing import Any, Self

from ..creation import zeros
from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that wants gradients, and that a Module counts among its parameters when it is set as an attribute."""

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        """Share the memory of `data`, cut from its graph. Raises TypeError if it is not a Tensor."""
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: expected a Tensor, got {type(data).__name__}; wrap it: tg.tensor(...)")
        super().__init__(data.data, None, data.version)
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a copy with memory of its own and no gradient."""
        return type(self)(Tensor(self.data.copy()), self.requires_grad)


def blank(*shape: int, device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter of zeros, for a layer to fill with its first numbers. The only device is "cpu"."""
    return Parameter(zeros(*shape, dtype=dtype).to(device))
