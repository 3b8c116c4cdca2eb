"""Which parts of the package a program uses, by its text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pkgutil import resolve_name
from typing import Any

PACKAGE = "tinygrad_course"


def used(nodes: Sequence[ast.AST], names: dict[str, str]) -> Iterator[str]:
    """The parts of the package that code uses: "nn.Linear". names: what its parts are called there; it grows."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = _imported(node)
            names |= found
            yield from found.values() if isinstance(node, ast.ImportFrom) else ()
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            root, _, rest = ast.unparse(node).partition(".")
            if root in names:
                yield f"{names[root]}.{rest}".strip(".")


def parts_of_the_package(nodes: Sequence[ast.AST]) -> set[str]:
    """The parts of the package that a program uses, by their whole names; `tg` is the package, imported or not."""
    return {f"{PACKAGE}.{part}" for part in used(nodes, {"tg": ""})}


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The names that an import gives to parts of the package, and those parts; "" is the package itself."""
    home = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    parts = [(alias.asname, f"{home}{alias.name}") for alias in node.names]
    if not home:  # import a.b gives the name a, and import a.b as c the name c
        parts = [(called, part if called else part.partition(".")[0]) for called, part in parts]
    ours = [(called, part) for called, part in parts if part.partition(".")[0] == PACKAGE]
    return {called or part.rpartition(".")[2]: part.removeprefix(PACKAGE).lstrip(".") for called, part in ours}


def resolved(name: str) -> Any:
    """What a dotted name stands for ("tinygrad_course.nn.Linear"); None if nothing."""
    try:
        return resolve_name(name)
    except (AttributeError, ImportError, ValueError):
        return None
