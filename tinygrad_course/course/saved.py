"""The learner's own framework: each piece that passed its check is a file in the learner's folder, earlier ones too.

my_tinygrad/lesson04/propagate.py is the piece as it passed last, and is the learner's to read and to edit.
.tinygrad-course/versions/04.propagate/1.py is the file as it was the first time, and so on; these are never changed.
"""

from __future__ import annotations

import inspect
import tempfile
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

from .exercise import Exercise
from .exercises import UnknownExercise, find, load, numbers
from .feedback import Code, Message, show
from .paths import RECORDS, create_file, learner_folder, replace_file
from .source import GIVEN, Source, is_import, unknown_names

PACKAGE = "my_tinygrad"
VERSIONS = Path(RECORDS) / "versions"

FOR_NOW = "Kept until this session ends."

ABOUT = '''"""Your own framework: the pieces that you wrote, each as it passed its check last.

`with course.mine():` runs tinygrad_course on them. `course.show("04.walk")` compares one with the package's.
"""
'''


def folder() -> Path:
    """The learner's folder; where there is none, one that lasts as long as this session."""
    return learner_folder() or Path(_for_this_session().name)


@cache
def _for_this_session() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tinygrad_course_", ignore_cleanup_errors=True)


def file_of(exercise: Exercise) -> Path:
    """Where the piece is kept, seen from the learner's folder."""
    return Path(PACKAGE, f"lesson{exercise.id.partition('.')[0]}", f"{exercise.name}.py")


def current(exercise: Exercise) -> str | None:
    """The text of the learner's piece, with what was edited by hand; None where none is kept."""
    return _read(folder() / file_of(exercise))


def edited(exercise: Exercise) -> bool:
    """Whether the file of the piece was edited by hand since a check or `restore` wrote it."""
    text = current(exercise)
    return text is not None and text not in versions(exercise)


def versions(exercise: Exercise) -> list[str]:
    """The texts of the piece that passed, the first one first."""
    found: list[str] = []
    while (text := _read(_version(exercise, len(found) + 1))) is not None:
        found.append(text)
    return found


def _version(exercise: Exercise, number: int) -> Path:
    return folder() / VERSIONS / exercise.id / f"{number}.py"


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return None


def keep(exercise: Exercise, learner: Source) -> list[str]:
    """Keep a piece that passed its check; what the learner should know of it, a sentence each.

    A file that was edited by hand is left as it is. Raises OSError where nothing can be written.
    """
    text = _file(exercise, learner)
    mended = edited(exercise) and current(exercise) != text
    if versions(exercise)[-1:] != [text]:
        _add(exercise, text)
    told = []
    if mended:
        told.append(
            f"`{file_of(exercise).as_posix()}` was edited by hand and is left as it is. To have this one there, rename "
            f'the file and call `restore("{exercise.id}", {len(versions(exercise))})`.'
        )
    else:
        _write(exercise, text)
        told.append(f"Kept in `{file_of(exercise).as_posix()}`." if learner_folder() else FOR_NOW)
    if unknown := unknown_names(text):
        told.append(
            f"It reads {', '.join(f'`{name}`' for name in unknown)}, which only your notebook knows: no case came to "
            "that line, but elsewhere it will stop there. Set it inside, or take it as an argument."
        )
    return told


def _add(exercise: Exercise, text: str) -> None:
    """Write a version under the next number; another notebook may have taken it a moment ago."""
    path = _version(exercise, len(versions(exercise)) + 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        create_file(path, text.encode())
    except FileExistsError:
        _add(exercise, text)


def _write(exercise: Exercise, text: str) -> None:
    path = folder() / file_of(exercise)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode())
    about = folder() / PACKAGE / "__init__.py"
    if not about.exists():
        replace_file(about, ABOUT.encode())


def _file(exercise: Exercise, learner: Source) -> str:
    """The learner's program as a file of its own: what it is for, its imports, and itself."""
    lesson = exercise.id.partition(".")[0]
    target = f"\n\nThe package's own is {exercise.target}.\n" if exercise.target else ""
    about = f'"""{exercise.name}, from lesson {lesson}: it passed its check.{target}"""\n'
    given = [line for name, line in GIVEN.items() if name in unknown_names(learner.text, given=())]
    named = "" if learner.name == exercise.name else f"\n\n{exercise.name} = {learner.name}\n"
    apart = "" if is_import(learner.text) else "\n\n"
    return "\n".join([about, "from __future__ import annotations", "", *given, apart + learner.text + named])


def imported(name: str, text: str) -> str | None:
    """The line that imports the package's piece, where this text is the learner's own of it, and passed.

    So what a later piece needs of earlier ones does not stand in it again; inside `mine()` they are the learner's.
    """
    for exercise in filter(None, (load(number).exercise(name) for number in numbers())):
        home, _, called = (exercise.target or "").rpartition(".")
        passed = any(text.rstrip() in version for version in versions(exercise))
        if passed and home and inspect.ismodule(resolve_name(home)):
            return f"from {home} import {called}" + (f" as {name}" if name != called else "")
    return None


def restore(id: str, version: int) -> None:
    """Bring back an earlier version of a piece of yours that passed: `restore("04.propagate", 1)`."""
    try:
        exercise = find(id)[1]
    except UnknownExercise as error:
        return show(Message("Restore", (str(error),)))
    passed, place = versions(exercise), file_of(exercise).as_posix()
    if not 1 <= version <= len(passed):
        had = f"It has versions 1 to {len(passed)}." if passed else "None has passed its check yet."
        return show(Message(f"`{exercise.id}`: there is no version {version}", (had,)))
    if edited(exercise) and current(exercise) != passed[version - 1]:
        return show(Message(f"`{place}` was edited by hand", ("It is left as it is. Rename it, then restore again.",)))
    _write(exercise, passed[version - 1])
    said = f"`{place}` holds version {version} of {len(passed)} again. To go on with it in a notebook, copy it:"
    return show(Message(f"`{exercise.id}`: restored", (said, Code(passed[version - 1]))))
