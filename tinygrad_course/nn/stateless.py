"""Stateless: a function of nn.functional as a module, with the settings that it is called with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Any, ClassVar, dataclass_transform

from ..tensor import Tensor
from .module import Module


@dataclass_transform(eq_default=False)
class Stateless(Module):
    """A module without parameters, written as `class Name(Stateless, function=name)` with its settings as fields.

    As in a dataclass, its annotated attributes, in their order, are the arguments of its __init__ (after `_: KW_ONLY`
    by name alone), which ends with __post_init__. The function gets them by name. It is no dataclass, since that would
    compile an __init__ for each of the many classes: a tenth of the time in which this package is imported.
    """

    function: ClassVar[Callable[..., Tensor]]
    names: ClassVar[tuple[str, ...]]  # of the settings
    unprinted: ClassVar[tuple[str, ...]] = ()  # settings that repr leaves out

    def __init_subclass__(cls, function: Callable[..., Tensor] | None = None) -> None:
        if function is None:  # what several classes share, or a user's own
            return
        signature = Signature([*arguments_of(cls)])
        cls.function, cls.names = function, tuple(signature.parameters)[1:]

        def __init__(self: Stateless, *args: Any, **given: Any) -> None:
            Module.__init__(self)
            try:
                bound = signature.bind(self, *args, **given)
            except TypeError as error:
                raise TypeError(f"{type(self).__name__}.__init__() {error}") from None
            bound.apply_defaults()
            for name in cls.names:
                setattr(self, name, bound.arguments[name])
            self.__post_init__()

        __init__.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = __init__  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """What is to be done once the settings are there."""

    def settings(self) -> dict[str, Any]:
        """The settings, by the names that the function has for them."""
        return {name: getattr(self, name) for name in self.names}

    def forward(self, input: Tensor) -> Tensor:
        """Return the function of the input, with these settings."""
        return type(self).function(input, **self.settings())

    def extra_repr(self) -> str:
        """The settings that are to be printed; neither None nor inplace=False is."""
        shown = [(k, v) for k, v in self.settings().items() if k not in self.unprinted]
        return ", ".join(f"{k}={v!r}" for k, v in shown if v is not None and (k, v) != ("inplace", False))


def arguments_of(cls: type[Stateless]) -> Iterator[Parameter]:
    """The arguments of a class's __init__: self, and the settings that it and those it comes from have as fields."""
    kind: Any = Parameter.POSITIONAL_OR_KEYWORD
    yield Parameter("self", kind)
    for base in reversed(cls.__mro__[: cls.__mro__.index(Stateless)]):
        for name, text in base.__annotations__.items():
            if text == "KW_ONLY":
                kind = Parameter.KEYWORD_ONLY
            else:
                yield Parameter(name, kind, default=getattr(cls, name, Parameter.empty), annotation=text)
