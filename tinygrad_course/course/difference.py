"""The learner's piece beside the package's."""

from __future__ import annotations

import ast
import inspect
import textwrap
from difflib import SequenceMatcher
from pkgutil import resolve_name
from typing import Any

from . import feedback, saved
from .exercise import Exercise
from .exercises import UnknownExercise, find
from .feedback import Code, Message, Table


def show(thing: Any, version: int | None = None) -> None:
    """Show a piece of yours beside the package's: `show("04.propagate")`.

    version: which of your versions that passed, 1 being the first; left out, your piece as it is in its file now.
    """
    try:
        exercise = find(thing)[1]
    except UnknownExercise as error:
        return feedback.show(Message("Show", (str(error),)))
    return feedback.show(comparison(exercise, version))


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
    rows = beside(definition(yours), package)
    same = sum(row[0] == "same" for row in rows)
    count = f"{same} of {len(rows)} lines are the same. Both passed the same check."
    return Message(heading, (count, Table("Line by line", ("", "yours", "the package's"), tuple(rows)), *more))


def _versions(exercise: Exercise, passed: list[str]) -> list[str]:
    said = f"You have versions 1 to {len(passed)}; " if len(passed) > 1 else ""
    how = f'`show("{exercise.id}", 1)` shows the first, `restore("{exercise.id}", 1)` brings it back.'
    edited = "Your file was edited by hand since it passed." if saved.edited(exercise) else ""
    return [text for text in (edited, f"{said}{how}" if said else "") if text]


def source_of_the_package(exercise: Exercise) -> str:
    """The text of the piece in the package; where the exercise builds none of it, of the course's own answer."""
    piece = resolve_name(exercise.target) if exercise.target else exercise.reference
    return textwrap.dedent(inspect.getsource(piece)).rstrip()


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
    """The lines of two texts in rows: whether they are the same, and whose a line is that the other has not."""
    left, right = yours.splitlines(), package.splitlines()
    rows = []
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        mine, theirs = left[i:j], right[k:m]
        for n in range(max(len(mine), len(theirs))):
            one, other = (texts[n] if n < len(texts) else "" for texts in (mine, theirs))
            alone = "only yours" if n < len(mine) else "only the package's"
            word = "same" if tag == "equal" else "differs" if n < min(len(mine), len(theirs)) else alone
            rows.append((word, one, other))
    return rows
