"""The learner's folder, and JupyterLab opened in it.

The course copies its notebooks into the learner's folder once. From then on they are the learner's: no later start
overwrites or deletes one, whatever has happened to it. The marker file records which notebooks the course gave, and the
SHA-256 of what it gave, so that a later version of the course can tell an old copy from an edited one.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel
from jupyter_core.paths import jupyter_data_dir
from nbformat.sign import NotebookNotary
from tornado.netutil import bind_sockets

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

# The learner's folder


def prepare(folder: Path) -> list[str]:
    """Make the learner's folder, copy into it the notebooks that it lacks, and trust those that the course gave.

    Returns what the learner should know, a sentence each. Raises CourseError where the folder cannot be written or
    this installation has no lessons.
    """
    shipped = dict(_shipped())
    if not shipped:
        raise CourseError("This installation has no lessons; install the course again.")
    try:
        for name in ("", "solutions", MARKER.parent):
            (folder / name).mkdir(parents=True, exist_ok=True)
        given = _given(folder)
        told = _copy(shipped, given, folder)
        _record(given, folder)
    except OSError as error:
        raise CourseError(
            f"The folder {folder} cannot be used ({error.strerror or error}): "
            "mend its permissions, or name another with --folder."
        ) from error
    return told + _trust([folder / name for name in given])


def _shipped() -> Iterator[tuple[str, bytes]]:
    for path in notebooks(lessons_dir()):
        yield path.name, path.read_bytes()
    for path in notebooks(solutions_dir()):
        yield f"solutions/{path.name}", path.read_bytes()


def _given(folder: Path) -> dict[str, str]:
    """What the marker file records: the SHA-256 of each notebook as the course gave it."""
    try:
        given = json.loads((folder / MARKER).read_text("utf-8"))["given"]
        return {str(name): str(digest) for name, digest in given.items()}
    except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # none yet, or damaged: notebooks that equal the shipped ones are recorded again


def _record(given: dict[str, str], folder: Path) -> None:
    text = json.dumps({"format": 1, "given": given}, indent=1) + "\n"
    if given != _given(folder) or not (folder / MARKER).exists():
        replace_file(folder / MARKER, text.encode())


def _copy(shipped: dict[str, bytes], given: dict[str, str], folder: Path) -> list[str]:
    """Copy what is not there yet, add it to given, and return what to say of the rest."""
    new, told = [], []
    for name, content in shipped.items():
        digest = hashlib.sha256(content).hexdigest()
        try:
            create_file(folder / name, content)
            new.append(name)
            given[name] = digest
        except FileExistsError:
            told.append(_keep(name, folder, digest, given))
    return [f"New: {len(new)} notebooks, the solved ones in solutions/."] * bool(new) + [
        sentence for sentence in told if sentence
    ]


def _keep(name: str, folder: Path, digest: str, given: dict[str, str]) -> str:
    """Look at a file that was there before; what to say of it, empty where all is as usual."""
    content = _content(folder / name)
    if hashlib.sha256(content).hexdigest() == digest:
        given[name] = digest
        return ""
    if _notebook(content) is None:
        return f"{name} is not a notebook any more and is left as it is; rename it and start again for a new copy."
    if name not in given:
        return f"{name} was here before the course and is left as it is; rename it and start again for the course's."
    if given[name] != digest:
        return f"There is a newer version of {name}; yours is left as it is. Rename it and start again for the newer."
    return ""


def check_opens(notebook: Path) -> None:
    """Raise CourseError where a notebook is so damaged that JupyterLab cannot open it."""
    if _notebook(_content(notebook)) is None:
        raise CourseError(f"{notebook} cannot be opened; rename it and start again, or name another lesson.")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # a folder of that name, a broken link: no notebook either
        return b""


def _notebook(content: bytes) -> nbformat.NotebookNode | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # nbformat's advice to authors is not for a learner
            return nbformat.reads(content.decode("utf-8"), as_version=4)
    except Exception:  # a damaged file makes nbformat raise whatever its damage comes to
        return None


def _trust(paths: Sequence[Path]) -> list[str]:
    """Sign notebooks in the user's own Jupyter, which then shows their stored graphs before anything is run."""
    data = Path(jupyter_data_dir())
    try:
        data.mkdir(parents=True, exist_ok=True)
        with NotebookNotary(data_dir=str(data)) as notary:
            for notebook in filter(None, (_notebook(_content(path)) for path in paths)):
                notary.sign(notebook)
    except OSError as error:
        return [
            f"Stored graphs show only once their cell is run: {data} cannot be written ({error.strerror or error})."
        ]
    return []


# JupyterLab


def server_command(
    folder: Path, notebook: str, browser: bool, port: int | None, options: Sequence[str] = ()
) -> list[str]:
    """The arguments with which JupyterLab opens a notebook of the learner's folder; options are the learner's own.

    Raises CourseError where JupyterLab is missing, cannot have the port, or would run notebooks in another Python.
    """
    if find_spec("jupyterlab") is None:
        raise CourseError(f"JupyterLab is not installed: run {sys.executable} -m pip install jupyterlab")
    if port is not None:
        _check_port(port)
    own_kernel_first()
    kernel_python()
    command = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{notebook}",
        "--ServerApp.answer_yes=True",  # one Ctrl-C ends it
        "--LabApp.news_url=None",  # no network, and no question about news
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    command += [] if browser else ["--no-browser"]
    command += [] if port is None else [f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--allow-root"] if is_root() and "--allow-root" not in options else []
    command += [] if any(o.startswith(("--log-level", "--debug")) for o in options) else ["--log-level=WARN"]
    return [*command, *options]


def is_root() -> bool:
    """The user is root, as in a container. JupyterLab then wants to be told that this is meant."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _check_port(port: int) -> None:
    try:
        for server in bind_sockets(port, "localhost"):
            server.close()
    except PermissionError:
        raise CourseError(f"Port {port} is kept for administrators; give one above 1023 with --port.") from None
    except OSError as error:
        raise CourseError(
            f"Port {port} is taken by another program ({error.strerror or error}); "
            "give another with --port, or leave --port out and a free one is found."
        ) from error


def own_kernel_first() -> None:
    """Let Jupyter look for kernels in this environment before it looks in the user's folders."""
    own = str(Path(sys.prefix) / "share" / "jupyter")
    others = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path not in ("", own)]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([own, *others])


def kernel_python() -> str:
    """The Python that runs a notebook's cells, by the kernel python3; raises CourseError where it is not this one."""
    mend = f"run {sys.executable} -m ipykernel install --sys-prefix"
    try:
        program = KernelSpecManager().get_kernel_spec(NATIVE_KERNEL_NAME).argv[0]
    except NoSuchKernel:
        raise CourseError(f"Jupyter finds no kernel python3: {mend}") from None
    if program in ("python", "python3", "python{}.{}".format(*sys.version_info)):  # Jupyter then takes its own Python
        return sys.executable
    # Not the files that the links lead to: two environments may link to the same Python.
    if Path(program).parent.resolve() != Path(sys.executable).parent.resolve():
        raise CourseError(f"Notebooks would run in {program} and not in {sys.executable}: {mend}")
    return str(program)


def serve(command: Sequence[str], folder: Path) -> int:
    """Run JupyterLab with these arguments until it is stopped, and return its exit status.

    It runs in this process, so no server outlives the command. Its kernels find the learner's folder in the
    environment.
    """
    from jupyterlab.labapp import LabApp

    os.environ[FOLDER_VARIABLE] = str(folder)
    # Jupyter handles Ctrl-C only in a terminal, where it can ask; on SIGTERM it always stops its kernels too.
    signal.signal(signal.SIGINT, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        LabApp.launch_instance(list(command))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
