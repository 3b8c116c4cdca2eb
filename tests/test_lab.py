"""The learner's folder: what is copied, what is left as it is, what is trusted; and JupyterLab started in it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import nbformat
import psutil
import pytest
from nbformat.sign import NotebookNotary

from tinygrad_course.course import lab, paths
from tinygrad_course.course.paths import CourseError

NAME = "00_first.ipynb"


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
    monkeypatch.setenv("JUPYTER_PATH", "")


@pytest.fixture
def shipped(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up course of two lessons, the first with its solution."""
    course = tmp_path_factory.mktemp("course")
    for name in (NAME, "01_second.ipynb", f"solutions/{NAME}"):
        (course / name).parent.mkdir(exist_ok=True)
        (course / name).write_bytes(notebook(name))
    monkeypatch.setattr(lab, "lessons_dir", lambda: course)
    monkeypatch.setattr(paths, "lessons_dir", lambda: course)
    monkeypatch.setattr(lab, "solutions_dir", lambda: course / "solutions")
    return course


def notebook(text: str) -> bytes:
    cell = nbformat.v4.new_markdown_cell(text, id="only")
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, but the marker."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != paths.MARKER.as_posix()}


def trusted(path: Path) -> bool:
    with NotebookNotary() as notary:
        return bool(notary.check_signature(nbformat.read(path, as_version=4)))


# The learner's folder


def test_lessons_and_solutions_are_copied_and_trusted(shipped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my lessons" / "é"
    assert lab.prepare(folder) == ["New: 3 notebooks, the solved ones in solutions/."]
    assert files(folder) == files(shipped)
    assert all(trusted(folder / name) for name in files(folder))
    assert paths.learner_folder(folder / "solutions") == folder


def test_a_second_start_says_and_changes_nothing(shipped: Path, tmp_path: Path) -> None:
    lab.prepare(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert lab.prepare(tmp_path) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_edited_lesson_stays_and_is_trusted_again(shipped: Path, tmp_path: Path) -> None:
    lab.prepare(tmp_path)
    (tmp_path / NAME).write_bytes(notebook("my own words"))
    assert lab.prepare(tmp_path) == []
    assert (tmp_path / NAME).read_bytes() == notebook("my own words") and trusted(tmp_path / NAME)


def test_a_deleted_lesson_comes_back(shipped: Path, tmp_path: Path) -> None:
    lab.prepare(tmp_path)
    (tmp_path / NAME).rename(tmp_path / "mine.ipynb")
    assert lab.prepare(tmp_path)[0].startswith("New: 1 ")
    assert (tmp_path / NAME).read_bytes() == (tmp_path / "mine.ipynb").read_bytes()


@pytest.mark.parametrize("edited", [True, False])
def test_a_newer_lesson_is_told_and_not_written(shipped: Path, tmp_path: Path, edited: bool) -> None:
    lab.prepare(tmp_path)
    if edited:
        (tmp_path / NAME).write_bytes(notebook("my own words"))
    before = files(tmp_path)
    (shipped / NAME).write_bytes(notebook("newer"))
    for _ in range(2):
        (told,) = lab.prepare(tmp_path)
        assert f"newer version of {NAME}" in told and "tinygrad-course update" in told
    assert files(tmp_path) == before


def test_a_file_that_was_there_before_is_not_taken_for_the_courses(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(notebook("somebody else's"))
    told = lab.prepare(tmp_path)
    assert [sentence for sentence in told if f"{NAME} was here before" in sentence]
    assert (tmp_path / NAME).read_bytes() == notebook("somebody else's") and not trusted(tmp_path / NAME)


DAMAGED = [b"", b'{"cells": [', b"\xff\xfe", b"[]", b"null", b'{"nbformat": 99}', b"[" * 100_000]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_notebook_is_left_and_told(shipped: Path, tmp_path: Path, content: bytes) -> None:
    lab.prepare(tmp_path)
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / "01_second.ipynb").unlink()
    new, damaged = lab.prepare(tmp_path)
    assert new.startswith("New: 1 ") and f"{NAME} is not a notebook any more" in damaged
    assert (tmp_path / NAME).read_bytes() == content and trusted(tmp_path / "01_second.ipynb")
    with pytest.raises(CourseError, match="rename it"):
        lab.check_opens(tmp_path / NAME)


def test_a_folder_in_a_notebooks_place_is_left_and_told(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / NAME / "inside").mkdir(parents=True)
    assert f"{NAME} is not a notebook any more" in lab.prepare(tmp_path)[1]
    assert (tmp_path / NAME / "inside").is_dir()


@pytest.mark.parametrize("marker", ["?", "[]", '{"given": 3}', '{"other": 1}', ""])
def test_a_damaged_marker_loses_nothing(shipped: Path, tmp_path: Path, marker: str) -> None:
    lab.prepare(tmp_path)
    right = (tmp_path / paths.MARKER).read_text(encoding="utf-8")
    (tmp_path / paths.MARKER).write_text(marker, encoding="utf-8")
    assert lab.prepare(tmp_path) == []
    assert (tmp_path / paths.MARKER).read_text(encoding="utf-8") == right


def test_an_installation_without_lessons_says_so(shipped: Path, tmp_path: Path) -> None:
    for path in [*shipped.glob("*.ipynb")]:
        path.unlink()
    (shipped / "solutions" / NAME).unlink()
    with pytest.raises(CourseError, match="no lessons"):
        lab.prepare(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_trusted_is_told(shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "file" / "below"))
    assert "Stored graphs show only once" in lab.prepare(tmp_path / "mine")[-1]
    assert (tmp_path / "mine" / NAME).is_file()


# Files


def test_a_write_that_fails_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    for write, name in ((paths.create_file, "new"), (paths.replace_file, "old")):
        with pytest.raises(OSError, match="No space"):
            write(tmp_path / name, b"new")
    assert files(tmp_path) == {"old": b"old"}


@pytest.mark.parametrize("links", [True, False])
def test_create_file_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("this file system has no hard links")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    paths.create_file(tmp_path / "new", b"first")
    with pytest.raises(FileExistsError):
        paths.create_file(tmp_path / "new", b"second")
    assert files(tmp_path) == {"new": b"first"}
    paths.replace_file(tmp_path / "new", b"third")
    assert files(tmp_path) == {"new": b"third"}


def test_create_file_without_links_respects_a_file_that_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_program(part: Path, path: Path) -> None:
        path.write_bytes(b"theirs")
        raise PermissionError("this file system has no hard links")

    monkeypatch.setattr(os, "link", other_program)
    with pytest.raises(FileExistsError):
        paths.create_file(tmp_path / "new", b"ours")
    assert files(tmp_path) == {"new": b"theirs"}


# Which lesson, which folder


@pytest.mark.parametrize("name", ["1", "01", "second", "01_second", "01_second.ipynb", "01_SECOND"])
def test_a_lesson_by_number_or_name(shipped: Path, name: str) -> None:
    assert paths.find_lesson(name) == "01_second.ipynb"


@pytest.mark.parametrize("name", ["2", "", "_", "seco", "²", "-1", "../00_first"])
def test_no_such_lesson(shipped: Path, name: str) -> None:
    with pytest.raises(CourseError, match="choose one of these: 00_first, 01_second"):
        paths.find_lesson(name)


def test_the_folder_is_the_option_the_environment_the_marker_or_the_default(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    assert paths.learner_folder() is None
    assert paths.chosen_folder(None) == tmp_path / "home" / "tinygrad_course_lessons"
    lab.prepare(tmp_path / "marked")
    monkeypatch.chdir(tmp_path / "marked" / "solutions")
    assert paths.chosen_folder(None) == paths.learner_folder() == tmp_path / "marked"
    monkeypatch.setenv(paths.FOLDER_VARIABLE, "~/named")
    assert paths.chosen_folder(None) == paths.learner_folder() == tmp_path / "home" / "named"
    assert paths.chosen_folder(Path("option")) == tmp_path / "marked" / "solutions" / "option"


@pytest.mark.parametrize("program", ["Jupyter", "VS Code"])
def test_the_folder_is_found_where_a_notebook_runs_in_another_directory(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    lab.prepare(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    if program == "Jupyter":
        monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "mine" / "solutions" / NAME))
    else:
        file = str(tmp_path / "mine" / "solutions" / NAME)
        monkeypatch.setattr(sys.modules["__main__"], "__vsc_ipynb_file__", file, raising=False)
    assert paths.learner_folder() == tmp_path / "mine"
    monkeypatch.setenv("JPY_SESSION_NAME", "a console")
    monkeypatch.delattr(sys.modules["__main__"], "__vsc_ipynb_file__", raising=False)
    assert paths.learner_folder() is None


def test_a_free_name_is_one_that_nothing_has(tmp_path: Path) -> None:
    for name in ("04_x.backup-1.ipynb", "04_x.backup-2.ipynb"):
        assert paths.free_name(tmp_path / "04_x.ipynb", "backup") == tmp_path / name
        (tmp_path / name).mkdir()


# The kernel


def kernelspec(data: Path, program: str) -> None:
    spec = data / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": [program], "display_name": "x", "language": "python"}), encoding="utf-8")


def test_the_environments_kernel_comes_before_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernelspec(tmp_path / "user", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "user"))
    with pytest.raises(CourseError, match="ipykernel install --sys-prefix"):
        lab.kernel_python()
    lab.own_kernel_first()
    lab.own_kernel_first()
    assert lab.kernel_python() == sys.executable
    assert os.environ["JUPYTER_PATH"].split(os.pathsep)[1:] == [str(tmp_path / "user")]


def test_a_kernel_of_another_environment_that_links_to_the_same_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    try:
        other.symlink_to(Path(sys.executable).resolve())
    except OSError:
        pytest.skip("this user may not make links")
    kernelspec(tmp_path / "user", str(other))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "user"))
    with pytest.raises(CourseError, match="would run in"):
        lab.kernel_python()


# JupyterLab


@pytest.mark.parametrize("root", [True, False])
def test_root_is_allowed_once(shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: bool) -> None:
    monkeypatch.setattr(lab, "is_root", lambda: root)
    assert lab.server_command(tmp_path, NAME, True, None).count("--allow-root") == root
    assert lab.server_command(tmp_path, NAME, True, None, ["--allow-root"]).count("--allow-root") == 1


def test_a_port_given_is_this_port_or_none(shipped: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        with pytest.raises(CourseError, match="taken by another program"):
            lab.server_command(tmp_path, NAME, True, port)
    command = lab.server_command(tmp_path, NAME, True, port)
    assert f"--port={port}" in command and "--ServerApp.port_retries=0" in command


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], Path]]:
    """`tinygrad-course lab`, started in an environment of its own; the process, its server's own words, its folder."""
    folder, runtime = tmp_path / "my lessons", tmp_path / "runtime"
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    command = [sys.executable, "-m", "tinygrad_course", "--folder", str(folder), "--no-browser"]
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True
        )
    try:
        yield process, server(process, runtime, tmp_path / "log"), folder
    finally:
        process.kill()
        process.wait()


def server(process: subprocess.Popen[str], runtime: Path, log: Path) -> dict[str, str]:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return dict(json.loads(file.read_text(encoding="utf-8")))
            except ValueError:  # not written to its end yet
                pass
        time.sleep(0.1)
    pytest.fail("JupyterLab did not start:\n" + log.read_text(encoding="utf-8", errors="replace"))


def ask(about: dict[str, str], path: str, data: bytes | None = None) -> bytes:
    request = Request(about["url"] + path, data=data, headers={"Authorization": f"token {about['token']}"})
    with urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no way to send Ctrl-C to one process")
def test_jupyterlab_opens_the_lesson_and_ctrl_c_ends_it_and_its_kernels(
    running: tuple[subprocess.Popen[str], dict[str, str], Path],
) -> None:
    process, about, folder = running
    assert about["root_dir"] == str(folder) and len(about["token"]) >= 40
    assert about["hostname"] in ("localhost", "127.0.0.1")
    page = ask(about, "lab/tree/00_start_here.ipynb").decode("utf-8")
    assert '"treePath": "00_start_here.ipynb"' in page and '"news": {"disabled": true}' in page
    ask(about, "api/kernels", b'{"name": "python3"}')
    (kernel,) = [child for child in psutil.Process(process.pid).children() if "ipykernel_launcher" in child.cmdline()]
    assert kernel.cmdline()[0] == sys.executable
    assert kernel.environ()[paths.FOLDER_VARIABLE] == str(folder)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE
