"""From DOT to a picture, by the first layout program that is there.

In this order: the program that the environment variable TINYGRAD_COURSE_DOT names, the Graphviz inside pygraphviz,
a `dot` on the PATH. Where none works there is no picture, and nothing is raised.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

VARIABLE = "TINYGRAD_COURSE_DOT"
SECONDS = 30  # a layout program that takes longer is stopped
MANY = 400  # arrows above which a graph is laid out in a process that can be stopped

_lock = threading.Lock()  # Graphviz in process is not made for threads


class Engine(NamedTuple):
    """A way to lay a graph out: what it is, and the function from DOT and a format ("svg", "png") to the picture."""

    name: str
    render: Callable[[str, str], bytes]


class LayoutError(Exception):
    """A layout program did not give a picture."""


def render(dot: str, format: str) -> bytes | None:
    """The picture of a graph, or None where no layout program gave one."""
    for engine in engines(dot):
        try:
            picture = engine.render(dot, format)
        except LayoutError:
            continue
        if is_whole(picture, format):
            return picture
    return None


def is_whole(picture: bytes, format: str) -> bool:
    """Whether a program wrote what it was asked for, to the end."""
    if format == "png":
        return picture.startswith(b"\x89PNG") and b"IEND" in picture[-12:]
    return picture.rstrip().endswith(b"</svg>")


def why_no_picture() -> str:
    """What to do where `render` gave None."""
    found = next(engines(), None)
    if found is None:
        return "No picture, for want of a layout program. The cure: python -m pip install pygraphviz"
    return f"No picture: {found.name} did not draw this graph in {SECONDS} s. Draw a part of it: draw(y, depth=3)"


def engine_name() -> str:
    """Which layout program draws, in words; "text" where there is none."""
    name = next((engine.name for engine in engines()), "text")
    wanted = os.environ.get(VARIABLE)
    return f"{name}; {VARIABLE}={wanted} was not found" if wanted and not shutil.which(wanted) else name


def engines(dot: str = "") -> Iterator[Engine]:
    """The layout programs that are there for a graph, the first to be tried first."""
    chosen = os.environ.get(VARIABLE)
    if chosen and (program := shutil.which(chosen)):
        yield external(program)
    if bundled := bundled_engine(dot):
        yield bundled
    if program := shutil.which("dot"):
        yield external(program)


def external(program: str) -> Engine:
    """A `dot` program as an engine."""
    return Engine(f"dot at {program}", lambda dot, format: run([program, f"-T{format}"], dot))


def run(command: Sequence[str], dot: str) -> bytes:
    """Let another process draw. Raises LayoutError where it fails, takes too long, or gives nothing."""
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would open a console
    try:
        done = subprocess.run(
            command,
            input=dot.encode(),
            capture_output=True,
            timeout=SECONDS,
            creationflags=hidden,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LayoutError(f"{command[0]}: {error}") from error
    if not done.stdout:
        raise LayoutError(f"{command[0]} wrote nothing")
    return done.stdout


def bundled_engine(dot: str) -> Engine | None:
    """The Graphviz inside pygraphviz, or None where that is not installed or does not load.

    A large graph is laid out in a process of its own, since nothing can stop Graphviz within this one.
    """
    try:
        import pygraphviz
    except Exception:  # not only ImportError: a library of another system or a broken wheel fails in its own way
        return None
    draw = draw_apart if dot.count("->") > MANY else draw_in_process
    return Engine(f"pygraphviz (Graphviz {pygraphviz.__graphviz_version__})", draw)


def draw_apart(dot: str, format: str) -> bytes:
    """Let pygraphviz's Graphviz draw in a new process, which runs this file."""
    return run([sys.executable or "python", "-P", __file__, format], dot)


def draw_in_process(dot: str, format: str) -> bytes:
    """Let pygraphviz's Graphviz draw; LayoutError where it fails.

    By the functions below AGraph, which warns about large graphs and keeps its layout where drawing fails.
    """
    from pygraphviz import graphviz as gv

    with _lock, no_native_stderr():
        graph = parse(dot)
        context = gv.gvContextWithBuiltins()
        try:
            if gv.gvLayout(context, graph, b"dot") != 0:
                raise LayoutError("Graphviz could not lay the graph out")
            status, *data = gv.gvRenderData(context, graph, format.encode())
            gv.gvFreeLayout(context, graph)
        finally:
            gv.agclose(graph)
            gv.gvFreeContext(context)
    if status != 0 or not data or not data[0]:
        raise LayoutError(f"Graphviz could not write {format}")
    return bytes(data[0])


def parse(dot: str) -> object:
    """DOT as Graphviz's own graph; it reads from a file only."""
    from pygraphviz import graphviz as gv

    with tempfile.TemporaryFile() as file:
        file.write(dot.encode())
        file.seek(0)
        try:
            return gv.agread(file, None)
        except ValueError as error:
            raise LayoutError("Graphviz could not read the graph") from error


@contextmanager
def no_native_stderr() -> Iterator[None]:
    """Silence what C code writes to stderr: Graphviz, Pango and Fontconfig warn there, past Python.

    Where the process has no stderr there is nothing to silence.
    """
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


if __name__ == "__main__":
    sys.stdout.buffer.write(draw_in_process(sys.stdin.buffer.read().decode(), sys.argv[1]))
