"""From DOT to a picture, by the first layout program that is there.

In this order: the program that the environment variable TINYGRAD_COURSE_DOT names, the Graphviz inside pygraphviz,
a `dot` on the PATH. Where none works there is no picture, and nothing is raised.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

VARIABLE = "TINYGRAD_COURSE_DOT"
SECONDS = 30  # a layout program that takes longer is stopped
CURE = "for pictures: python -m pip install pygraphviz"

_lock = threading.Lock()  # Graphviz in process is not made for threads


class Engine(NamedTuple):
    """A way to lay a graph out: what it is, and the function from DOT and a format ("svg", "png") to the picture."""

    name: str
    render: Callable[[str, str], bytes]


class LayoutError(Exception):
    """A layout program did not give a picture."""


def render(dot: str, format: str) -> bytes | None:
    """The picture of a graph, or None where no layout program gave one."""
    for engine in engines():
        try:
            return engine.render(dot, format)
        except LayoutError:
            continue
    return None


def engine_name() -> str:
    """Which layout program draws, in words; "text" where there is none."""
    name = next((engine.name for engine in engines()), "text")
    wanted = os.environ.get(VARIABLE)
    return f"{name}; {VARIABLE}={wanted} was not found" if wanted and not shutil.which(wanted) else name


def engines() -> Iterator[Engine]:
    """The layout programs that are there, the first to be tried first."""
    chosen = os.environ.get(VARIABLE)
    if chosen and (program := shutil.which(chosen)):
        yield external(program)
    if bundled := bundled_engine():
        yield bundled
    if program := shutil.which("dot"):
        yield external(program)


def external(program: str) -> Engine:
    """A `dot` program as an engine."""
    return Engine(f"dot at {program}", lambda dot, format: run(program, dot, format))


def run(program: str, dot: str, format: str) -> bytes:
    """Let a `dot` program draw. Raises LayoutError where it fails, takes too long, or gives nothing."""
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would open a console
    try:
        done = subprocess.run(
            [program, f"-T{format}"], input=dot.encode(), capture_output=True, timeout=SECONDS, creationflags=hidden
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LayoutError(f"{program}: {error}") from error
    if done.returncode != 0 or not done.stdout:
        raise LayoutError(f"{program} ended with status {done.returncode}")
    return done.stdout


def bundled_engine() -> Engine | None:
    """The Graphviz inside pygraphviz, or None where that is not installed or does not load."""
    try:
        import pygraphviz
    except Exception:  # not only ImportError: a library of another system or a broken wheel fails in its own way
        return None
    return Engine(f"pygraphviz (Graphviz {pygraphviz.__graphviz_version__})", draw_in_process)


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
