"""The command line as a learner meets it: help, versions, and a sentence for each mistake."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tinygrad_course.course import doctor, lab, paths
from tinygrad_course.course.cli import main


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter's data of this test alone: nothing of the user's own is signed or read."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
    monkeypatch.setenv("JUPYTER_PATH", "")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What JupyterLab would have been started with."""
    commands: list[list[str]] = []
    monkeypatch.setattr(lab, "serve", lambda command, folder: commands.append(command) or 0)
    return commands


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def refused(*arguments: str) -> str:
    """Run a command that must fail with one sentence; return it."""
    result = run(*arguments)
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit), result.output
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    return result.stderr


def test_version_is_the_packages() -> None:
    assert run("--version").output.split()[-1] == version("tinygrad_course")


COMMANDS = ("lab", "resume", "status", "report", "update", "reset", "doctor", "author", "grade")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["author", "build"]])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_everywhere(command: list[str], option: str) -> None:
    result = run(*command, option)
    assert result.exit_code == 0 and "Usage" in result.output


def test_python_m_runs_it() -> None:
    done = subprocess.run([sys.executable, "-m", "tinygrad_course", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and "tinygrad-course" in done.stdout


def test_no_command_opens_the_course(served: list[list[str]], tmp_path: Path) -> None:
    result = run("--folder", str(tmp_path / "mine"), "--no-browser")
    assert result.exit_code == 0, result.output
    assert f"Your folder: {tmp_path / 'mine'}" in result.output
    assert f"Notebooks run with: {sys.executable}" in result.output
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in served[0] and "--no-browser" in served[0]


def test_token_and_address_are_left_to_jupyter(served: list[list[str]], tmp_path: Path) -> None:
    run("--folder", str(tmp_path))
    settings = [part.partition("=")[0].lower() for part in served[0]]
    assert not [name for name in settings if name.endswith(("token", "ip", "password", "allow_remote_access"))]
    assert "--no-browser" not in served[0]


def test_the_environment_names_the_folder(
    served: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.FOLDER_VARIABLE, str(tmp_path / "named"))
    assert run().exit_code == 0
    assert (tmp_path / "named" / "00_start_here.ipynb").is_file()


@pytest.mark.parametrize("before", [[], ["lab"], ["lab", "0"]], ids=" ".join)
def test_what_follows_two_dashes_goes_to_jupyter(
    served: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: list[str]
) -> None:
    monkeypatch.setenv(paths.FOLDER_VARIABLE, str(tmp_path))
    result = run(*before, "--", "--debug", "--ServerApp.base_url=/x/")
    assert result.exit_code == 0, result.output
    assert served[0][-2:] == ["--debug", "--ServerApp.base_url=/x/"]
    assert not [part for part in served[0] if "log-level" in part]


@pytest.mark.parametrize("command", [["status"], ["resume"], ["report"], ["update"], ["reset", "00"]], ids=" ".join)
def test_without_a_folder_it_says_what_makes_one(served: list[list[str]], tmp_path: Path, command: list[str]) -> None:
    told = refused(*command, "--folder", str(tmp_path / "none"))
    assert "is no folder of the course" in told and "tinygrad-course lab" in told and "--folder" in told
    assert not (tmp_path / "none").exists() and not served


def test_a_lesson_that_is_not_there(served: list[list[str]], tmp_path: Path) -> None:
    told = refused("lab", "77", "--folder", str(tmp_path / "new"))
    assert "There is no lesson '77'" in told and "00_start_here" in told
    assert not (tmp_path / "new").exists() and not served


@pytest.mark.parametrize("below", ["", "sub/folder"])
def test_a_folder_that_is_a_file(served: list[list[str]], tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    told = refused("lab", "--folder", str(tmp_path / "file" / below))
    assert "cannot be used" in told and "--folder" in told and not served
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def unwritable(folder: Path) -> Path:
    """A folder in which this user cannot write. Permissions do not stop root; Linux's /proc does."""
    folder.chmod(0o500)
    try:
        (folder / "x").touch()
    except OSError:
        return folder
    (folder / "x").unlink()
    if not Path("/proc/self").exists():
        pytest.skip("no folder is closed to this user: permissions do not stop an administrator")
    return Path("/proc")


def test_a_folder_that_cannot_be_written(served: list[list[str]], tmp_path: Path) -> None:
    told = refused("lab", "--folder", str(unwritable(tmp_path) / "new"))
    tmp_path.chmod(0o700)
    assert "cannot be used" in told and "permissions" in told and not served


def test_a_home_that_is_not_known() -> None:
    assert "write the path out in full" in refused("lab", "--folder", "~nobody_of_this_name/x")


def test_an_occupied_port(served: list[list[str]], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = refused("lab", "--folder", str(tmp_path / "new"), "--port", str(taken.getsockname()[1]))
    assert "taken by another program" in told and "--port" in told
    assert not served and not (tmp_path / "new").exists()


def test_jupyterlab_missing(served: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    told = refused("lab", "--folder", str(tmp_path / "new"))
    assert "JupyterLab is not installed" in told and "pip install" in told
    assert not served and not (tmp_path / "new").exists()


def test_a_damaged_lesson_is_not_opened_and_others_are(served: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "00_start_here.ipynb").write_text('{"cells": [', encoding="utf-8")
    result = run("lab", "00", "--folder", str(tmp_path))
    assert result.exit_code == 1 and "00_start_here.ipynb cannot be opened; rename it" in result.stderr and not served
    assert (tmp_path / "00_start_here.ipynb").read_text(encoding="utf-8") == '{"cells": ['
    assert (tmp_path / "solutions" / "00_start_here.ipynb").is_file()


def test_a_server_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lab, "serve", lambda command, folder: 3)
    assert "status 3" in refused("lab", "--folder", str(tmp_path))


@pytest.mark.parametrize("wrong", [["lab", "--folderr", "x"], ["docter"], ["lab", "--port", "70000"]], ids=" ".join)
def test_a_mistyped_command_is_told(wrong: list[str], served: list[list[str]]) -> None:
    result = run(*wrong)
    assert result.exit_code == 2 and "Error: " in result.stderr and not served


def test_doctor_ends_with_status_1_where_something_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [doctor.Finding("Python", "3.11"), doctor.Finding("data", "[none]", "install it")]
    monkeypatch.setattr(doctor, "examine", lambda folder: iter(findings))
    result = run("doctor")
    assert result.exit_code == 1 and "To mend data: install it" in result.output
    rows = {line.split()[1]: line.split() for line in result.output.splitlines() if len(line.split()) > 5}
    assert "ok" in rows["Python"] and "problem" in rows["data"] and "[none]" in rows["data"]


def test_doctor_ends_with_status_0_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda folder: iter([doctor.Finding("Python", "3.11")]))
    result = run("doctor")
    assert result.exit_code == 0 and "Nothing to mend" in result.output
