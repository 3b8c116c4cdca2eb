"""The notebooks of a learner's folder brought to a new version, or back to their first state.

What the learner wrote is never lost: a notebook that was changed stays, or is kept under another name beside it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from .exercises import load
from .lab import content_of, digest, given, notebook, prepare, record_given, shipped, trust, usable
from .paths import CourseError, create_file, find_lesson, free_name, number_of, replace_file
from .progress import append
from .saved import PACKAGE


def update(folder: Path) -> list[str]:
    """Bring the notebooks of this version into the learner's folder; returns what was done, a sentence each.

    New ones are copied, unchanged ones replaced; where the learner changed one, the new one is put beside it.
    """
    told, recorded = [], given(folder)
    with usable(folder):
        for name, content in shipped().items():
            if recorded.get(name, digest(content)) != digest(content) and (folder / name).is_file():
                told.append(_renew(folder / name, content, unchanged=recorded[name]))
                recorded[name] = digest(content)
                record_given(recorded, folder)  # at once: an update that is broken off goes on where it was
    gone = [f"{name} is no longer part of the course and is left as it is." for name in recorded.keys() - shipped()]
    return told + sorted(gone) + prepare(folder)


def _renew(path: Path, content: bytes, unchanged: str) -> str:
    if digest(path.read_bytes()) == unchanged:
        replace_file(path, content)
        return f"{path.name} is replaced by its newer version; you had not changed it."
    beside = free_name(path, "new")
    create_file(beside, content)
    return f"{path.name} stays as you changed it; its newer version is beside it: {beside.name}."


@dataclass(frozen=True)
class Reset:
    """What a reset will do: to the lesson or exercise of this id, in this notebook, which will hold this content."""

    id: str
    path: Path
    content: bytes


def plan_reset(folder: Path, what: str) -> Reset:
    """What resetting a lesson ("04", "backward") or an exercise ("04.propagate") comes to; nothing is changed yet.

    Raises CourseError where there is no such lesson or exercise.
    """
    wanted, _, name = what.removesuffix(".ipynb").partition(".")
    file = find_lesson(wanted)
    number, blank = number_of(file), shipped()[file]
    if not name:
        return Reset(number, folder / file, blank)
    names = _exercises(number)
    if name not in names:
        listed = ", ".join(f"{number}.{known}" for known in names) or "none"
        raise CourseError(f"Lesson {number} has no exercise {name!r}; choose one of these: {listed}.")
    return Reset(f"{number}.{name}", folder / file, _with_blank(folder / file, blank, name))


def _exercises(number: str) -> list[str]:
    try:
        return [exercise.name for exercise in load(number).exercises]
    except ValueError:  # a lesson without exercises
        return []


def _with_blank(path: Path, blank: bytes, name: str) -> bytes:
    """The learner's notebook, with the cells that define or check this piece as the course gave them."""
    own, first = notebook(content_of(path)), notebook(blank)
    its = re.compile(rf"^(?:(?:async )?def|class) {name}\b|^{name} *=", re.MULTILINE)
    cells = {cell.id: cell for cell in first.cells if its.search(cell.source)} if first else {}
    mine = [cell for cell in own.cells if cell.get("id") in cells] if own else []
    if own is None or not mine:
        raise CourseError(
            f"The cell of {name} is not in {path.name} any more; reset the whole lesson: "
            f"tinygrad-course reset {number_of(path.name)}"
        )
    if all(cell == cells[cell.id] for cell in mine):
        return content_of(path)
    for cell in mine:
        cell.update(cells[cell.id])
    return f"{nbformat.writes(own)}\n".encode()


def reset(plan: Reset) -> list[str]:
    """Do it: keep the notebook under another name, put the first state in its place, and record that it was reset."""
    path, told = plan.path, []
    with usable(path.parent):
        before = path.read_bytes() if os.path.lexists(path) else plan.content
        if before != plan.content:
            backup = free_name(path, "backup")
            create_file(backup, before)
            told.append(f"What you wrote is kept in {backup.name}.")
        replace_file(path, plan.content)
        if "." not in plan.id:
            record_given({**given(path.parent), path.name: digest(plan.content)}, path.parent)
        append(path.parent, "reset", plan.id)
    number, _, name = plan.id.partition(".")
    passed = Path(PACKAGE, f"lesson{number}", f"{name}.py" if name else "")
    if (path.parent / passed).exists():
        told.append(f"What passed its check stays in {passed.as_posix()}, and `mine()` goes on with it.")
    return [*told, f"{path.name} is blank again for {plan.id}; where it is open, reload it from disk.", *trust([path])]
