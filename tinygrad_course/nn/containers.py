"""Modules that hold other modules, or parameters, in order or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Self

from ..tensor import Tensor
from .module import Module
from .parameter import Parameter


class Numbered(Module):
    """What the lists of this file share: their items are attributes named "0", "1", ..."""

    role = "module"

    def _put(self, name: str, item: Any) -> None:
        self.add_module(name, item)

    def _hold(self, items: list[Any]) -> None:
        """Hold these items, named by their place, in place of the old ones."""
        for name, _ in self._registered(self.role):
            delattr(self, name)
        for i, item in enumerate(items):
            self._put(str(i), item)

    def _at(self, index: int) -> tuple[str, Any]:
        """The item at an index, which may count from the end, with its name. Raises IndexError beyond the ends."""
        items = self._registered(self.role)
        if not -len(items) <= index < len(items):
            raise IndexError(f"index {index} is out of range: this {type(self).__name__} has {len(items)} items")
        return items[index]

    def __len__(self) -> int:
        return len(self._registered(self.role))

    def __iter__(self) -> Iterator[Any]:
        return (item for _, item in self._registered(self.role))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            part = type(self)()
            part._hold(list(self)[index])
            return part
        return self._at(index)[1]

    def __setitem__(self, index: int, item: Any) -> None:
        self._put(self._at(index)[0], item)

    def __delitem__(self, index: Any) -> None:
        items = list(self)
        del items[index]
        self._hold(items)

    def append(self, item: Any) -> Self:
        """Add an item at the end; returns the list."""
        self._put(str(len(self)), item)
        return self

    def extend(self, items: Iterable[Any]) -> Self:
        """Add items at the end; returns the list."""
        for item in list(items):
            self.append(item)
        return self

    def insert(self, index: int, item: Any) -> None:
        """Add an item before the one at an index."""
        items = list(self)
        items.insert(index, item)
        self._hold(items)

    def pop(self, index: int = -1) -> Any:
        """Take an item out, and return it."""
        item = self[index]
        del self[index]
        return item


class Sequential(Numbered):
    """Modules in a row: each one's output is the next one's input.

    Sequential(a, b, c) numbers them; Sequential({"first": a, "second": b}) names them.
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else None
        for name, module in named.items() if named is not None else enumerate(modules):
            self.add_module(str(name), module)

    def forward(self, x: Any) -> Any:
        """Send x through every module in turn."""
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(dict(self._registered("module")[index]))
        return super().__getitem__(index)


class ModuleList(Numbered):
    """A list of modules, whose parameters are found (those of a plain Python list are not)."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def _printed(self) -> list[tuple[str, str]]:
        """Neighbours that print alike are shown once: "(0-3): 4 x Linear(...)"."""
        shown = []
        for text, run in groupby(enumerate(map(repr, self)), key=itemgetter(1)):
            first, *others = (i for i, _ in run)
            name, times = (f"{first}-{others[-1]}", f"{len(others) + 1} x ") if others else (str(first), "")
            shown.append((name, times + text))
        return shown


class ModuleDict(Module, MutableMapping[str, Any]):
    """Modules by name, as in a dict, whose other methods come from MutableMapping."""

    __eq__, __hash__ = Module.__eq__, Module.__hash__  # two dicts of modules are two modules, whatever they hold

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def __getitem__(self, name: str) -> Any:
        return dict(self._registered("module"))[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        delattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._registered("module"))

    def __len__(self) -> int:
        return len(self._registered("module"))


class ParameterList(Numbered):
    """A list of parameters; a plain Tensor put in becomes one."""

    role = "parameter"

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        self.extend(values or ())

    def _put(self, name: str, item: Any) -> None:
        self.register_parameter(name, item if isinstance(item, Parameter) else Parameter(item))

    def _printed(self) -> list[tuple[str, str]]:
        texts = [f"Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]" for p in self]
        return [(str(i), text) for i, text in enumerate(texts)]
