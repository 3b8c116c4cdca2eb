"""What the learner calls a tensor: the names of the variables where a drawing was asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..graph import Node
from ..tensor import Tensor

LONGEST = 40
PACKAGE = __name__.partition(".")[0]


def clean(text: str, longest: int = LONGEST) -> str:
    """The text on one line, without characters that do not print, its middle left out where it is long."""
    keep = longest // 2 - 1
    short = text if len(text) <= longest else f"{text[:keep]}…{text[-keep:]}"
    return "".join(c if c.isprintable() else " " for c in short)


def label_of(node: Node) -> str:
    """The sign of a node's op, or its name; of a Function of the user's own, its name."""
    function = node.params.get("function")
    return clean(function.__name__ if function else node.op.label or node.op.__name__)


def word_for(label: str, op: str) -> str:
    """What an operation is called in a sentence: its label where that is a word, and no sign, else its op's name."""
    return label if label.isascii() and label.isidentifier() else op


def namespaces() -> list[dict[str, Any]]:
    """The variables of whoever called this package: the local ones, then the global ones."""
    frame = sys._getframe(1)
    while str(frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE:
        if frame.f_back is None:
            return []
        frame = frame.f_back
    spaces = [frame.f_globals] if frame.f_locals is frame.f_globals else [frame.f_locals, frame.f_globals]
    return [{name: value for name, value in dict(space).items() if is_own(name)} for space in spaces]


def is_own(name: str) -> bool:
    """Whether the learner gave this name: neither hidden, nor made by a tool, which no program can write."""
    return name.isidentifier() and not name.startswith("_")


class Names:
    """Finds the name of a leaf, of a constant array, of the tensor that a node made, or of a module.

    Names given outright come first, then the parameters of modules ("model.0.weight"), then variables: local before
    global, and of several the one that was bound first.
    """

    def __init__(self, given: Mapping[str, Any] | None, spaces: Iterable[Mapping[str, Any]]) -> None:
        self.found: dict[int, str] = {}
        self.modules: dict[int, str] = {}
        self.inputs: dict[int, Any] = {}  # what a model was called with, tensors and arrays, by id
        self.tensors: dict[int, Tensor] = {}  # by the id of the node that made them
        self.kept: list[Any] = []  # as the spaces are, since an id is a thing's own only while it lives
        spaces = list(spaces)
        parts = [dict(inside(space, "named_parameters")) for space in spaces]
        self.kept += [check(given), *parts, *spaces]
        for space in self.kept:
            for name, value in space.items():
                self.note(name, value)
        for space in (given or {}, *spaces):
            for path, module in inside(space, "named_modules"):
                self.modules.setdefault(id(module), path)

    def note(self, name: str, value: Any) -> None:
        """Remember a variable, if it holds a tensor or an array that has no name yet."""
        kind = type(value)  # and not isinstance, which runs code of objects that pretend to be another type
        if issubclass(kind, Tensor):
            self.found.setdefault(id(value if value.node is None else value.node), name)
            self.found.setdefault(id(value.data), name)
            if value.node is not None:
                self.tensors.setdefault(id(value.node), value)
        elif issubclass(kind, np.ndarray):
            self.found.setdefault(id(value), name)

    def add_model(self, model: Any) -> None:
        """Name the parameters of a model by their paths in it, where no variable holds the model."""
        for path, parameter in inside({"": model}, "named_parameters"):
            self.note(path, parameter)

    def add_input(self, given: Tensor, seen: Tensor, argument: str) -> None:
        """Give the tensor that a model saw the name of what it was called with, or else of its argument.

        It is drawn as an input, unless the caller wants its gradient: then as the leaf it is.
        """
        name = self.of(given) or self.of(given.data) or argument
        for thing in (seen, seen.data):
            self.found[id(thing)] = name
            if not given.requires_grad:
                self.inputs[id(thing)] = thing

    def stand_in(self, shown: Mapping[Node, Node]) -> None:
        """Let what is known of each node hold for the one that is drawn for it as well."""
        self.kept.append(shown)
        for node, other in shown.items():
            if id(node) in self.found:
                self.found[id(other)] = self.found[id(node)]
            if id(node) in self.tensors:
                self.tensors[id(other)] = self.tensors[id(node)]

    def of(self, thing: Any) -> str:
        """The name of a leaf Tensor, a Node or an array; empty where none is known."""
        return clean(self.found.get(id(thing), ""))


def check(given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The names the caller gave. Raises TypeError unless they are text, each with what it names."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise TypeError("draw: names takes each name with its tensor, as in names={'w': w}")
    return {**dict(inside(given, "named_parameters")), **given}


def inside(space: Mapping[str, Any], method: str) -> Iterator[tuple[str, Any]]:
    """What a method of every module among the variables yields, each with its path from the variable."""
    for variable, value in space.items():
        try:
            if callable(getattr(type(value), method, None)):
                yield from [(joined(variable, path), thing) for path, thing in getattr(value, method)()]
        except Exception:  # a module half made, or somebody else's: it has no names to give
            continue


def joined(path: str, name: str) -> str:
    """The path of what is called `name` inside what is at `path`; either may be empty."""
    return ".".join(filter(None, [path, name]))
