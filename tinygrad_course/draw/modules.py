"""Which call of which module an operation belongs to, and what such a call is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..graph import Node
from ..modes import Scope
from .names import Names, clean, joined


def calls_around(node: Node) -> list[Scope]:
    """The calls of modules that a node was made in, the outermost first."""
    found, scope = [], node.scope
    while scope is not None:
        found.append(scope)
        scope = scope.outer
    return found[::-1]


class Calls:
    """The calls of modules in a graph, each with its path from the variable that holds the outermost module.

    A call is known by its identity: two calls of one module are equal as tuples.
    """

    def __init__(self, nodes: Iterable[Node], names: Names) -> None:
        self.names = names
        self.chains: dict[int, list[Scope]] = {}  # the calls around and including a call, by its id
        self.inner: dict[int, dict[int, str]] = {}  # by the id of an outermost module: path by the id of those inside
        for node in nodes:
            if node.scope is not None and id(node.scope) not in self.chains:
                chain = calls_around(node)
                for depth, scope in enumerate(chain, 1):
                    self.chains[id(scope)] = chain[:depth]
        self.full = {key: self.full_path(chain) for key, chain in self.chains.items()}
        holders = {names.modules.get(id(chain[0].module()), "") for chain in self.chains.values() if len(chain) > 1}
        self.holder = f"{holders.pop().partition('.')[0]}." if len(holders) == 1 else ""  # goes without saying

    def full_path(self, chain: list[Scope]) -> str:
        """Where a module stands, from the variable on: "model.blocks.0"; empty where that is not known any more."""
        root, module = chain[0].module(), chain[-1].module()
        if module is None:
            return ""
        if id(root) not in self.inner:
            self.inner[id(root)] = {id(m): path for path, m in root.named_modules()} if root is not None else {}
        if id(module) not in self.inner[id(root)]:
            return self.names.modules.get(id(module), "")
        return joined(self.names.modules.get(id(root), ""), self.inner[id(root)][id(module)])

    def path(self, scope: Scope) -> str:
        """What a call's module is called: "blocks.0"; an outermost module by its variable."""
        return clean(self.full[id(scope)].removeprefix(self.holder))

    def paths(self, scope: Scope) -> tuple[str, str]:
        """The names by which a call can be asked for: its path as it is shown, and in full."""
        return self.path(scope), self.full[id(scope)]

    def kind(self, scope: Scope) -> str:
        """The class of a call's module."""
        module = scope.module()
        return "module" if module is None else clean(type(module).__name__)

    def title(self, scope: Scope) -> str:
        """Path and class: "blocks.0 · Block"."""
        return " · ".join(filter(None, [self.path(scope), self.kind(scope)]))

    def within(self, node: Node) -> list[Scope]:
        """The calls around a node, the outermost first."""
        return [] if node.scope is None else self.chains[id(node.scope)]

    def all(self) -> Iterator[Scope]:
        """Every call."""
        return (chain[-1] for chain in self.chains.values())


def parameters_of(calls: Iterable[Scope]) -> dict[int, Any]:
    """The parameters of the modules that were called, by id."""
    modules = [module for scope in calls if (module := scope.module()) is not None]
    return {id(parameter): parameter for module in modules for parameter in module.parameters()}
