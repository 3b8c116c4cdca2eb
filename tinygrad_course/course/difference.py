"""The learner's piece beside the package's."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from difflib import SequenceMatcher
from pkgutil import resolve_name
from typing import Any

from . import feedback, saved
from .exercise import Exercise
from .exercises import UnknownExercise, find, tried
from .feedback import Code, Message, Table

NOTE_TO_A_TOOL = re.compile(r"  # (?:fmt|noqa|type): ?.*")  # to a formatter or a checker: nothing to learn from


def show(thing: Any, version: int | None = None, now: bool = False) -> None:
    """Show a piece of yours beside the package's, after a check of an answer of yours: `show("04.propagate")`.

    version: which of your versions that passed, 1 being the first; left out, your piece as it is in its file now.
    now: show the package's although you have not tried.
    """
    try:
        exercise = find(thing)[1]
    except UnknownExercise as error:
        return feedback.show(Message("Show", (str(error),)))
    if not now and not tried(exercise) and saved.current(exercise) is None:
        return feedback.show(Message(f"`{exercise.id}`: after a try", (_way_to_the_packages(exercise),)))
    return feedback.show(comparison(exercise, version))


def _way_to_the_packages(exercise: Exercise) -> str:
    return (
        "Write an answer and check it, even an unfinished one; then this cell shows the package's beside it. "
        f'To see that without trying: `show("{exercise.id}", now=True)`.'
    )


def comparison(exercise: Exercise, version: int | None) -> Message:
    """The two texts as a table, and which other versions there are."""
    passed = saved.versions(exercise)
    known = version is not None and 1 <= version <= len(passed)
    yours = saved.current(exercise) if version is None else passed[version - 1] if known else None
    package = source_of_the_package(exercise)
    which = "" if version is None else f", version {version} of {len(passed)}"
    heading = f"`{exercise.id}`{which}: yours beside the package's"
    more = _versions(exercise, passed)
    if yours is None:
        none = f"You have no version {version}." if passed else "None of yours has passed its check yet."
        return Message(f"`{exercise.id}`: the package's", (none, Code(package), *more))
    rows = beside(*map(without_docstrings, (definition(yours), package)))
    since = version is None and saved.edited(exercise)
    caption = "Yours was edited by hand since it passed its check" if since else "Both passed the same check"
    table = Table(caption, ("", "yours", "the package's"), tuple(rows), breaks=True)
    return Message(heading, (table, *more))


def _versions(exercise: Exercise, passed: list[str]) -> list[str]:
    said = f"You have versions 1 to {len(passed)}; " if len(passed) > 1 else ""
    how = f'`show("{exercise.id}", 1)` shows the first, `restore("{exercise.id}", 1)` brings it back.'
    return [f"{said}{how}"] if said else []


def source_of_the_package(exercise: Exercise) -> str:
    """The text of the piece in the package; where the exercise builds none of it, of the course's own answer."""
    piece = resolve_name(exercise.target) if exercise.target else exercise.reference
    return NOTE_TO_A_TOOL.sub("", textwrap.dedent(inspect.getsource(piece))).rstrip()


def definition(text: str) -> str:
    """A file of the learner's without what stands above: its title and imports."""
    try:
        body = ast.parse(text).body
    except SyntaxError:  # edited by hand
        return text
    own = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)]
    first = min([own[0].lineno, *(d.lineno for d in getattr(own[0], "decorator_list", ()))]) if own else 1
    return "\n".join(text.splitlines()[first - 1 :]).rstrip()


def beside(yours: str, package: str) -> list[tuple[str, str, str]]:
    """Two texts in rows of neighbouring lines: whether they are the same, or whose they are."""
    left, right = yours.splitlines(), package.splitlines()
    words = {"equal": "same", "replace": "differs", "delete": "only yours", "insert": "only the package's"}
    parts = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [(words[tag], "\n".join(left[i:j]), "\n".join(right[k:m])) for tag, i, j, k, m in parts]


def without_docstrings(text: str) -> str:
    """A program's text without its docstrings, which say the same in other words."""
    lines = text.splitlines()
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:  # edited by hand
        return text
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno, node.body[0].end_lineno or 0
            lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line for line in lines if line.strip())
