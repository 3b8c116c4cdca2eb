"""Where things are: the lessons of this installation, and the folder in which a learner works.

Lessons and solutions are shipped twice: in a wheel they lie inside the package, in a checkout beside it.
A learner never works on either of them, but on copies in a folder of their own, which a marker file names.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

FOLDER_VARIABLE = "TINYGRAD_COURSE_FOLDER"
DEFAULT_FOLDER = Path("~") / "tinygrad_course_lessons"
RECORDS = ".tinygrad-course"
MARKER = Path(RECORDS) / "folder.json"

_PACKAGE = Path(__file__).resolve().parents[1]


class CourseError(Exception):
    """A mistake that the learner can mend; its message says what is wrong and what to do, in one sentence."""


def _shipped(name: str) -> Path:
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


def lessons_dir() -> Path:
    """The folder of the lessons that this installation ships."""
    return _shipped("lessons")


def solutions_dir() -> Path:
    """The folder of the solved lessons that this installation ships."""
    return _shipped("solutions")


def notebooks(folder: Path) -> list[Path]:
    """The lesson notebooks in a folder, NN_name.ipynb, in the order of their numbers."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def number_of(notebook: str) -> str:
    """The number of a lesson, by the name of its notebook."""
    return notebook.partition("_")[0]


def find_lesson(name: str) -> str:
    """The file name of the lesson that a learner means by "4", "04", "backward", "04_backward" or its file name.

    Raises CourseError with the list of lessons where there is no such lesson.
    """
    files = [path.name for path in notebooks(lessons_dir())]
    wanted = name.lower().removesuffix(".ipynb")
    for file in files:
        number, _, title = Path(file).stem.partition("_")
        if wanted in (number, title, f"{number}_{title}") or (wanted.isdecimal() and int(wanted) == int(number)):
            return file
    listed = ", ".join(Path(file).stem for file in files) or "none in this installation"
    raise CourseError(f"There is no lesson {name!r}; choose one of these: {listed}.")


def _full(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except RuntimeError:
        raise CourseError(f"The home folder meant by {folder} is not known; write the path out in full.") from None


def learner_folder(start: Path | None = None) -> Path | None:
    """The learner's folder: the one the environment names, else the nearest one upward that holds the marker file.

    start is where to look from; by default the current directory, then where the notebook lies. None where there is
    no such folder.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return _full(Path(named))
    places = [start.absolute()] if start else _places()
    upward = (folder for place in places for folder in (place, *place.parents))
    return next((folder for folder in upward if (folder / MARKER).is_file()), None)


def _places() -> list[Path]:
    """The current directory, and where the notebook lies, as Jupyter or VS Code says it: the two may differ."""
    said = [os.environ.get("JPY_SESSION_NAME"), getattr(sys.modules["__main__"], "__vsc_ipynb_file__", None)]
    return [Path.cwd(), *(Path(path).absolute().parent for path in said if path)]


def work_folder() -> Path | None:
    """The folder in which a notebook keeps the learner's work; None in a solved notebook, which is the course's."""
    folder = learner_folder()
    solved = folder and (folder / "solutions").resolve() in [place.resolve() for place in _places()]
    return None if solved else folder


def chosen_folder(option: Path | None) -> Path:
    """The folder that a command works in: the one of --folder, else the learner's, else the default one."""
    if option is not None:
        return _full(option)
    return learner_folder() or _full(DEFAULT_FOLDER)


def existing_folder(option: Path | None) -> Path:
    """The folder that a command works in, where it was made before. Raises CourseError where it was not."""
    folder = chosen_folder(option)
    if not (folder / RECORDS).is_dir():
        raise CourseError(
            f"{folder} is no folder of the course: `tinygrad-course lab` makes one; --folder names yours."
        )
    return folder


@contextmanager
def _written_beside(path: Path, content: bytes) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of the course's own in one step: a reader sees the old content or the new, never a part."""
    with _written_beside(path, content) as part:
        os.replace(part, path)


def create_file(path: Path, content: bytes) -> None:
    """Write a new file in one step, whole or not at all; raises FileExistsError where there is one already."""
    if os.path.lexists(path):
        raise FileExistsError(path)
    with _written_beside(path, content) as part:
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links (exFAT, some network shares)
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            os.rename(part, path)


def free_name(path: Path, kind: str) -> Path:
    """A name beside a notebook that nothing has: 04_backward.backup-1.ipynb for kind "backup"."""
    names = (path.with_name(f"{path.stem}.{kind}-{n}{path.suffix}") for n in count(1))
    return next(name for name in names if not os.path.lexists(name))
