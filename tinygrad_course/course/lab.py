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
from contextlib import contextmanager
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
    content = shipped()
    if not content:
        raise CourseError("This installation has no lessons; install the course again.")
    with usable(folder):
        for name in ("", "solutions", MARKER.parent):
            (folder / name).mkdir(parents=True, exist_ok=True)
        recorded = given(folder)
        told = _copy(content, recorded, folder)
        record_given(recorded, folder)
    return told + trust([folder / name for name in recorded])


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Tell in a sentence what keeps the learner's folder from being read or written; raises CourseError."""
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"The folder {folder} cannot be used ({error.strerror or error}): "
            "mend its permissions, or name another with --folder."
        ) from error


def shipped() -> dict[str, bytes]:
    """The notebooks that this installation gives a learner, by the names that they get in the learner's folder."""
    lessons = {path.name: path.read_bytes() for path in notebooks(lessons_dir())}
    return lessons | {f"solutions/{path.name}": path.read_bytes() for path in notebooks(solutions_dir())}


def given(folder: Path) -> dict[str, str]:
    """What the marker file records: the SHA-256 of each notebook as the course gave it."""
    try:
        given = json.loads((folder / MARKER).read_text("utf-8"))["given"]
        return {str(name): str(digest) for name, digest in given.items()}
    except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # none yet, or damaged: notebooks that equal the shipped ones are recorded again


def record_given(recorded: dict[str, str], folder: Path) -> None:
    """Write into the marker file what the course gave."""
    text = json.dumps({"format": 1, "given": recorded}, indent=1) + "\n"
    if recorded != given(folder) or not (folder / MARKER).exists():
        replace_file(folder / MARKER, text.encode())


def digest(content: bytes) -> str:
    """The SHA-256 of a notebook."""
    return hashlib.sha256(content).hexdigest()


def _copy(shipped: dict[str, bytes], recorded: dict[str, str], folder: Path) -> list[str]:
    """Copy what is not there yet, add it to what is recorded, and return what to say of the rest."""
    new, told = [], []
    for name, content in shipped.items():
        try:
            create_file(folder / name, content)
            new.append(name)
            recorded[name] = digest(content)
        except FileExistsError:
            told.append(_keep(name, folder, digest(content), recorded))
    return [f"New: {len(new)} notebooks, the solved ones in solutions/."] * bool(new) + [
        sentence for sentence in told if sentence
    ]


def _keep(name: str, folder: Path, newest: str, recorded: dict[str, str]) -> str:
    """Look at a file that was there before; what to say of it, empty where all is as usual."""
    content = content_of(folder / name)
    if digest(content) == newest:
        recorded[name] = newest
        return ""
    if notebook(content) is None:
        return f"{name} is not a notebook any more and is left as it is; rename it and start again for a new copy."
    if name not in recorded:
        return f"{name} was here before the course and is left as it is; rename it and start again for the course's."
    if recorded[name] != newest:
        return f"There is a newer version of {name}; `tinygrad-course update` brings it, and keeps what you wrote."
    return ""


def check_opens(path: Path) -> None:
    """Raise CourseError where a notebook is so damaged that JupyterLab cannot open it."""
    if notebook(content_of(path)) is None:
        raise CourseError(f"{path} cannot be opened; rename it and start again, or name another lesson.")


def content_of(path: Path) -> bytes:
    """What a file holds; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:  # a folder of that name, a broken link: no notebook either
        return b""


def notebook(content: bytes) -> nbformat.NotebookNode | None:
    """The notebook that these bytes are; None where they are none."""
    try:
        with warnings.catch_warnings(action="ignore"):  # nbformat's advice to authors is not for a learner
            return nbformat.reads(content.decode("utf-8"), as_version=4)
    except Exception:  # a damaged file makes nbformat raise whatever its damage comes to
        return None


def trust(paths: Sequence[Path]) -> list[str]:
    """Sign notebooks in the user's own Jupyter, which then shows their stored graphs before anything is run."""
    data = Path(jupyter_data_dir())
    try:
        data.mkdir(parents=True, exist_ok=True)
        with NotebookNotary(data_dir=str(data)) as notary:
            for signed in filter(None, (notebook(content_of(path)) for path in paths)):
                notary.sign(signed)
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
