"""What an installation needs, looked at one by one: what was found, and how to mend what is wrong."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from .paths import CourseError, lessons_dir, notebooks

MINIMUM = (3, 11)
INSTALL = f"{sys.executable} -m pip install"
AGAIN = f"install the course again: {INSTALL} --force-reinstall tinygrad_course"
NEEDED_MB = 50
KERNEL_SECONDS = 60


class Finding(NamedTuple):
    """One thing that was looked at: what was found, and the mend; an empty mend means that all is well."""

    what: str
    found: str
    mend: str = ""


def examine(folder: Path) -> Iterator[Finding]:
    """Look at everything, one finding after the other; a fault in one look is itself a finding."""
    looks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", python),
        ("packages", packages),
        ("graph drawing", drawing),
        ("kernel", kernel),
        ("learner's folder", lambda: writable(folder)),
        ("lessons", lessons),
        ("data", data),
    ]
    for what, look in looks:
        try:
            yield look()
        except Exception as error:
            mend = str(error) if isinstance(error, CourseError) else AGAIN
            yield Finding(what, f"{type(error).__name__}: {error}", mend)


def python() -> Finding:
    """Python is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "Python", found, "" if sys.version_info >= MINIMUM else "install Python 3.11 or newer from python.org"
    )


def packages() -> Finding:
    """Every package of the base install is there, in a version that fits."""
    found, wrong = [], []
    for line in requires("tinygrad_course") or []:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            try:
                found.append(f"{needed.name} {version(needed.name)}")
                if not needed.specifier.contains(version(needed.name), prereleases=True):
                    wrong.append(f'"{needed.name}{needed.specifier}"')
            except PackageNotFoundError:
                wrong.append(f'"{needed.name}{needed.specifier}"')
    return Finding("packages", ", ".join(found), f"{INSTALL} {' '.join(wrong)}" if wrong else "")


def drawing() -> Finding:
    """A layout program draws a small graph."""
    from .. import tensor
    from ..draw import draw, engine_name

    picture = draw(tensor([1.0], requires_grad=True) * 2)._repr_mimebundle_()[0]
    mend = f"{INSTALL} pygraphviz, or install Graphviz's own program dot; until then graphs are shown as text"
    return Finding("graph drawing", engine_name(), "" if "image/svg+xml" in picture else mend)


def kernel() -> Finding:
    """The kernel that JupyterLab starts is this Python, and it computes with the course."""
    from .lab import kernel_python, own_kernel_first

    own_kernel_first()
    program = kernel_python()
    wrong = answer_of_kernel("import tinygrad_course; assert 1 + 1 == 2")
    return Finding("kernel", wrong or f"python3 computes, in {program}", f"{INSTALL} -e ." if wrong else "")


def answer_of_kernel(code: str) -> str:
    """Run code in a new kernel; what went wrong, empty where nothing did. Raises where it takes too long."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(
        kernel_name="python3", startup_timeout=KERNEL_SECONDS, extra_arguments=["--IPKernelApp.log_level=ERROR"]
    )
    try:
        reply = client.execute_interactive(code, timeout=KERNEL_SECONDS, output_hook=lambda _: None)["content"]
        return "" if reply["status"] == "ok" else f"{reply['ename']}: {reply['evalue']}"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def writable(folder: Path) -> Finding:
    """The learner's folder, or the place where it will be, can be written and has room."""
    try:
        place = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=place):
            room = shutil.disk_usage(place).free // 2**20
    except OSError as error:
        mend = "mend its permissions, or choose another with --folder"
        return Finding("learner's folder", f"{folder}: {error.strerror}", mend)
    return Finding(
        "learner's folder", str(folder), "" if room >= NEEDED_MB else f"free {NEEDED_MB} MB; {room} are left"
    )


def lessons() -> Finding:
    """The lessons are there."""
    count = len(notebooks(lessons_dir()))
    return Finding("lessons", str(count), "" if count else AGAIN)


def data() -> Finding:
    """The shipped data files are whole."""
    from ..data import verify

    problems = verify()
    return Finding("data", "; ".join(problems) or "checksums fit", AGAIN if problems else "")
