"""The learner's folder, and JupyterLab opened in it.

The course copies its notebooks into the learner's folder once. From then on they are the learner's: no later run
overwrites or deletes one, whatever has happened to it. The marker file records which notebooks the course copied, and
the SHA-256 of what it copied, so that a later run can tell an old copy from an edited one.
"""

import hashlib
import importlib.util
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel
from jupyter_core.paths import jupyter_data_dir
from nbformat.sign import NotebookNotary

from .paths import (
    FOLDER_VARIABLE,
    MARKER,
    CourseError,
    create_file,
    lessons_dir,
    notebooks,
    replace_file,
    solutions_dir,
)


@dataclass
class Prepared:
    """What prepare() found and did: names are relative to the folder, notes are sentences for the learner."""

    folder: Path
    new: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def prepare(folder: Path) -> Prepared:
    """Make the learner's folder, copy into it the notebooks that it lacks, and trust those that the course copied.

    Raises CourseError where the folder cannot be written or this installation has no lessons.
    """
    shipped = dict(_shipped())
    if not shipped:
        raise CourseError("This installation has no lessons; install the course again.")
    prepared = Prepared(folder)
    try:
        for name in ("", "solutions", MARKER.parent):
            (folder / name).mkdir(parents=True, exist_ok=True)
        copied = _copied(folder)
        _copy(shipped, copied, prepared)
        _record(folder, copied)
    except OSError as error:
        raise CourseError(
            f"The folder {folder} cannot be written ({error.strerror or error}); name another with --folder."
        ) from error
    _trust([name for name in copied if name not in prepared.damaged], prepared)
    return prepared


def _shipped() -> Iterator[tuple[str, bytes]]:
    for path in notebooks(lessons_dir()):
        yield path.name, path.read_bytes()
    for path in notebooks(solutions_dir()):
        yield f"solutions/{path.name}", path.read_bytes()


def _copied(folder: Path) -> dict[str, str]:
    """What the marker file records: for each notebook that the course copied here, the SHA-256 of what it copied."""
    try:
        copied = json.loads((folder / MARKER).read_text("utf-8"))["copied"]
        return {str(name): str(digest) for name, digest in copied.items()}
    except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # none yet, or damaged: notebooks that equal the shipped ones are recorded again


def _record(folder: Path, copied: dict[str, str]) -> None:
    if copied != _copied(folder) or not (folder / MARKER).exists():
        text = json.dumps({"format": 1, "copied": copied}, indent=1) + "\n"
        replace_file(folder / MARKER, text.encode())


def _copy(shipped: dict[str, bytes], copied: dict[str, str], prepared: Prepared) -> None:
    for name, content in shipped.items():
        path, digest = prepared.folder / name, hashlib.sha256(content).hexdigest()
        try:
            create_file(path, content)
            prepared.new.append(name)
            copied[name] = digest
        except FileExistsError:
            _keep(name, path.read_bytes(), digest, copied, prepared)


def _keep(name: str, present: bytes, digest: str, copied: dict[str, str], prepared: Prepared) -> None:
    """Look at a notebook that was there before, and say what the learner should know of it."""
    if hashlib.sha256(present).hexdigest() == digest:
        copied[name] = digest
    elif not _readable(present):
        prepared.damaged.append(name)
        prepared.notes.append(
            f"{name} cannot be read as a notebook and is left as it is; "
            "rename it and start again, and you get a new copy."
        )
    elif name not in copied:
        prepared.notes.append(
            f"{name} was here before the course and is left as it is; to get the course's, rename it and start again."
        )
    elif copied[name] != digest:
        prepared.notes.append(
            f"There is a newer {name}; yours is left as it is. To get the newer one, rename yours and start again."
        )


def _readable(content: bytes) -> bool:
    try:
        nbformat.validate(nbformat.reads(content.decode("utf-8"), as_version=4), relax_add_props=True)
    except (ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError):
        return False
    return True
