"""Stateless: a function of nn.functional as a module, with the settings that it is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, dataclass_transform

from ..tensor import Tensor
from .module import Module


@dataclass_transform(eq_default=False)
@dataclass(eq=False, repr=False)
class Stateless(Module):
    """A module without parameters, written as `class Name(Stateless, function=name)` with its settings as fields.

    Such a class is made a dataclass: its annotated attributes, in their order, are the arguments of its __init__, and
    the function gets them by name. A field made with repr=False is not printed.
    """

    function: ClassVar[Callable[..., Tensor]]
    names: ClassVar[tuple[str, ...]]  # of the settings

    def __init_subclass__(cls, function: Callable[..., Tensor] | None = None) -> None:
        if function is not None:
            cls.function = function
            dataclass(eq=False, repr=False)(cls)
            cls.names = tuple(field.name for field in fields(cls))

    def __post_init__(self) -> None:
        super().__init__()

    def settings(self) -> dict[str, Any]:
        """The settings, by the names that the function has for them."""
        return {name: getattr(self, name) for name in self.names}

    def forward(self, input: Tensor) -> Tensor:
        """Return the function of the input, with these settings."""
        return type(self).function(input, **self.settings())

    def extra_repr(self) -> str:
        """The settings that are to be printed; neither None nor inplace=False is."""
        shown = [(field.name, getattr(self, field.name)) for field in fields(self) if field.repr]
        return ", ".join(f"{k}={v!r}" for k, v in shown if v is not None and (k, v) != ("inplace", False))
