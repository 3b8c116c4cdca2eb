"""The text of what a learner wrote: in a file, in a notebook cell, under %%time, decorated, as a lambda."""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import inspect
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Assignment = ast.Assign | ast.AnnAssign | ast.NamedExpr

_RUNNING_MAGIC = re.compile(r"%%(time|capture|prun)\b.*\n")  # the rest of such a cell is run as Python


Known = Callable[[str, str], str | None]

CANNOT_BE_ASKED = (Exception, SystemExit)
"""What an object of a class of the learner's may answer with, when it is asked for a name or a class."""

GIVEN = {"np": "import numpy as np", "tg": "import tinygrad_course as tg"}
"""What every piece may use without importing it."""

ONLY_IN_NOTEBOOKS = {"display", "get_ipython"}


@dataclass(frozen=True)
class Source:
    """The text of a definition, and the name that it gives the piece."""

    name: str
    text: str


def program(piece: Any, name: str, known: Known = lambda name, text: None) -> Source | None:
    """The piece as a program that runs alone: its text, below the imports and helpers that it needs.

    A helper is a function or class of the learner's own that the piece uses; known(name, text) may give a line that
    imports it instead. Other values (a number set in another cell) do not come along. Returns None if there is no
    source to be found.
    """
    own = source(piece, name)
    if own is None:
        return None
    around = _around(own.text, _namespace(piece), {own.name}, known)
    imports = "\n".join(sorted(text for text in around if is_import(text)))
    parts = [imports, *(text for text in around if not is_import(text)), own.text]
    return Source(own.name, "\n\n\n".join(filter(None, parts)) + "\n")


def unknown_names(text: str, given: Iterable[str] = GIVEN) -> list[str]:
    """The names that a program reads and does not set, and that are neither Python's nor given: it cannot run alone."""
    loads = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
    read, known = set(), {*given, *vars(types.ModuleType), *dir(builtins)} - ONLY_IN_NOTEBOOKS
    for code in _codes(text):
        for instruction in dis.get_instructions(code):
            if instruction.opname in loads:
                read.add(instruction.argval)
            elif instruction.opname in ("STORE_NAME", "STORE_GLOBAL"):
                known.add(instruction.argval)
    return sorted(read - known)


def _codes(text: str) -> list[types.CodeType]:
    """The compiled code of a program, and of all that is defined in it."""
    codes = [compile(text, "<text>", "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)]
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return codes


def source(piece: Any, name: str) -> Source | None:
    """The text of a function or class that the learner calls `name`; None if it cannot be found."""
    try:
        piece = inspect.unwrap(piece)
        inner = "<locals>" in getattr(piece, "__qualname__", "") or inspect.ismethod(piece)
        in_its_file = _from_code(piece, name)
    except CANNOT_BE_ASKED:
        return _from_cells(name)
    if inner:  # perhaps a decorator's inner function: the cell knows better
        return _from_cells(name) or in_its_file
    return in_its_file or _the_same(_from_cells(name), piece) or _from_inspect(piece, name)


def names(piece: Any) -> list[str]:
    """What a piece may be called: its own name first, then the notebook's names for it."""
    try:
        own, around = getattr(piece, "__name__", None), _namespace(piece)
    except CANNOT_BE_ASKED:
        return []
    bound = [name for name, value in around.items() if value is piece and not name.startswith("_")]
    return [name for name in (own, *bound) if isinstance(name, str)]


def _namespace(piece: Any) -> Mapping[str, Any]:
    """The names that are known where the piece was written."""
    function = inspect.unwrap(piece) if callable(piece) else piece
    home = sys.modules.get(getattr(function, "__module__", None) or "__main__", types.ModuleType("nowhere"))
    return {**vars(sys.modules["__main__"]), **getattr(function, "__globals__", vars(home))}


# Finding the text


def _from_code(piece: Any, name: str) -> Source | None:
    """Through the file name that Python keeps with compiled code; every notebook cell has one."""
    codes = _method_codes(piece) if inspect.isclass(piece) else [getattr(piece, "__code__", None)]
    for code in codes:
        if isinstance(code, types.CodeType):
            linecache.checkcache(code.co_filename)
            text = "".join(linecache.getlines(code.co_filename))
            found = _class_around(text, piece, code) if inspect.isclass(piece) else _function_at(text, name, code)
            if found:
                return found
    return None


def _method_codes(cls: type) -> list[types.CodeType]:
    """The code of the methods that were written in the class itself."""
    members = [getattr(member, "fget", None) or inspect.unwrap(member) for member in vars(cls).values()]
    functions = [getattr(member, "__func__", member) for member in members]
    return [
        f.__code__ for f in functions if inspect.isfunction(f) and f.__qualname__ == f"{cls.__qualname__}.{f.__name__}"
    ]


def _class_around(text: str, cls: type, code: types.CodeType) -> Source | None:
    around = [
        node
        for node in _nodes(text)
        if isinstance(node, ast.ClassDef)
        and node.name == cls.__name__
        and node.lineno <= code.co_firstlineno <= (node.end_lineno or 0)
    ]
    return _cut(text, around[-1]) if around else None


def _function_at(text: str, name: str, code: types.CodeType) -> Source | None:
    nodes = _nodes(text)
    if code.co_name == "<lambda>":
        around = [node for node in nodes if isinstance(node, ast.Lambda) and _holds(node, code)]
        return _assigned(text, name, around[-1]) if around else None  # the innermost: lambdas may hold lambdas
    begun_here = (node for node in nodes if isinstance(node, Definition) and _first_line(node) == code.co_firstlineno)
    found = next((node for node in begun_here if node.name == code.co_name), None)
    return _cut(text, found) if found else None


def _holds(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether all of this code came from the lambda; there may be several in a line."""
    start, stop = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    places = [((line, column), (last, end)) for line, last, column, end in code.co_positions() if line and end]
    return node.lineno == code.co_firstlineno and all(start <= first and last <= stop for first, last in places)


def _from_cells(name: str) -> Source | None:
    """The newest cell that sets the name, and in it the last statement that does."""
    for text in _cells():
        setting = [node for node in _outside_functions(text) if _sets(node, name)]
        if setting:
            return _value_of(text, name, setting[-1])
    return None


def _outside_functions(text: str) -> Iterator[ast.AST]:
    """Everything in the text but what is set inside a function or class; what is defined there is not left out."""
    nodes = _nodes(text)
    local = {id(n) for d in nodes if isinstance(d, Definition | ast.Lambda) for n in ast.walk(d) if n is not d}
    return (node for node in nodes if isinstance(node, Definition) or id(node) not in local)


def _sets(node: ast.AST, name: str) -> bool:
    """Whether a statement gives this name to something new: walk = check(walk) does not."""
    if isinstance(node, Definition):
        return node.name == name
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any(name == (alias.asname or alias.name) for alias in node.names)
    if not isinstance(node, Assignment) or node.value is None:
        return False
    set_here = {n.id for target in _targets(node) for n in ast.walk(target) if isinstance(n, ast.Name)}
    return name in set_here and name not in {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}


def _targets(node: Assignment) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _value_of(text: str, name: str, node: ast.AST) -> Source | None:
    """What the name is set to; None if it is one of several in a statement, or imported."""
    if isinstance(node, Definition):
        return _cut(text, node)
    if not isinstance(node, Assignment) or not node.value:
        return None
    alone = any(isinstance(target, ast.Name) for target in _targets(node))
    return _assigned(text, name, node.value) if alone else None


def _the_same(found: Source | None, piece: Any) -> Source | None:
    """What was found by its name, unless the piece is a function that another text was compiled to."""
    code = getattr(piece, "__code__", None)
    if found is None or not isinstance(code, types.CodeType):
        return found
    return found if _fingerprint(code) in map(_fingerprint, _codes(found.text)) else None


def _fingerprint(code: types.CodeType) -> tuple[Any, ...]:
    constants = [constant for constant in code.co_consts if not isinstance(constant, types.CodeType)]
    return code.co_name, code.co_code, code.co_names, code.co_varnames, repr(constants)


def _cells() -> Iterator[str]:
    """The text of the cells run so far as Python, the newest first; nothing outside IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or shell.history_manager is None:
        return
    for cell in reversed(shell.history_manager.input_hist_raw):
        while _RUNNING_MAGIC.match(cell):
            cell = _RUNNING_MAGIC.sub("", cell, count=1)
        yield shell.transform_cell(cell)


def _from_inspect(piece: Any, name: str) -> Source | None:
    """As inspect finds it: a class without methods in a file."""
    try:
        text = inspect.getsource(piece)
    except (OSError, TypeError):
        return None
    return Source(getattr(piece, "__name__", name), _undented(text))


# Cutting it out


def _nodes(text: str) -> list[ast.AST]:
    """Everything in the text, in the order of its lines; nothing if it is not Python."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return []
    return sorted(nodes, key=lambda node: getattr(node, "lineno", 0))


def _first_line(node: Definition) -> int:
    """The line where a definition begins, decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _cut(text: str, node: Definition) -> Source:
    lines = text.splitlines()[_first_line(node) - 1 : node.end_lineno]
    return Source(node.name, _undented("\n".join(lines)))


def _undented(text: str) -> str:
    """Indented text made to stand alone; removing the indentation would change long strings."""
    return f"if True:\n{text}" if text[:1] in " \t" else text


def _assigned(text: str, name: str, node: ast.expr) -> Source:
    """An expression, with the name that it is given."""
    return Source(name, f"{name} = (\n{ast.get_source_segment(text, node)}\n)")


# What it needs from around it


def _around(text: str, namespace: Mapping[str, Any], done: set[str], known: Known) -> list[str]:
    """Lines of import, and helpers below what they need themselves, for the names that the text reads."""
    found: list[str] = []
    for name in sorted(_read(text) - done - set(dir(builtins))):
        done.add(name)
        if name not in namespace:
            continue
        try:
            helper = None if (line := imported_as(name, namespace[name])) else _helper(name, namespace[name])
        except CANNOT_BE_ASKED:
            continue
        if helper and not (line := known(name, helper.text)):
            found += [*_around(helper.text, namespace, done, known), helper.text]
        elif line:
            found.append(line)
    return found


def is_import(text: str) -> bool:
    return text.startswith(("import ", "from "))


def _read(text: str) -> set[str]:
    return {n.id for n in _nodes(text) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def imported_as(name: str, value: Any) -> str | None:
    """The line that imports the value under this name, two for a method; None if it was not imported."""
    if inspect.ismodule(value):
        return f"import {value.__name__}" + (f" as {name}" if name != value.__name__ else "")
    home = getattr(value, "__module__", None)
    called = getattr(value, "__name__", name)  # an object, such as modes, goes by the name it has beside its class
    if not (isinstance(home, str) and isinstance(called, str)) or home == "__main__":
        return None
    module = sys.modules.get(home)
    owner, _, method = value.__qualname__.rpartition(".") if inspect.isfunction(value) else ("", "", "")
    if owner and getattr(getattr(module, owner, None), method, None) is value:
        return f"from {home} import {owner}\n{name} = {owner}.{method}"
    if getattr(module, called, None) is not value:
        return None
    return f"from {home} import {called}" + (f" as {name}" if name != called else "")


def _helper(name: str, value: Any) -> Source | None:
    if not (inspect.isfunction(value) or inspect.isclass(value)):
        return None
    found = source(value, name)
    return found if found and found.name == name else None
