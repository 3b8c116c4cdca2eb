"""The command line as a learner meets it: help, versions, and a sentence for each mistake."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from tinygrad_course.course import doctor, lab, paths
from tinygrad_course.course.cli import main


@pytest.fixture
def served(monkeypatch) -> list[list[str]]:
    """Commands that would have started JupyterLab."""
    commands: list[list[str]] = []
    monkeypatch.setattr(lab, "serve", lambda command, folder: commands.append(command) or 0)
    return commands


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_version_is_the_packages() -> None:
    assert version("tinygrad_course") in run("--version").output


@pytest.mark.parametrize("command", [[], ["lab"], ["doctor"], ["author"], ["author", "build"]])
def test_help_everywhere(command) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0 and "Usage" in result.output


def test_python_m_runs_it() -> None:
    done = subprocess.run([sys.executable, "-m", "tinygrad_course", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and "tinygrad-course" in done.stdout


def test_no_command_opens_the_course(served, tmp_path) -> None:
    result = run("--folder", str(tmp_path / "mine"), "--no-browser")
    assert result.exit_code == 0, result.output
    assert f"Your folder: {tmp_path / 'mine'}" in result.output
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in served[0] and "--no-browser" in served[0]
    assert not any("token" in part or "ip=" in part or "password" in part for part in served[0])


def test_the_environment_names_the_folder(served, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(paths.FOLDER_VARIABLE, str(tmp_path / "named"))
    assert run("lab").exit_code == 0
    assert (tmp_path / "named" / "00_start_here.ipynb").is_file()


def test_options_for_jupyter_go_through(served, tmp_path) -> None:
    result = run("lab", "0", "--folder", str(tmp_path), "--", "--debug")
    assert result.exit_code == 0 and served[0][-1] == "--debug"


def test_a_lesson_that_is_not_there(served, tmp_path) -> None:
    result = run("lab", "77", "--folder", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "There is no lesson '77'" in result.output and "00_start_here" in result.output
    assert not (tmp_path / "new").exists() and not served


def test_a_folder_that_is_a_file(served, tmp_path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    result = run("lab", "--folder", str(tmp_path / "file"))
    assert result.exit_code == 1 and "cannot be used" in result.output and "--folder" in result.output
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not stop an administrator, nor Windows")
def test_a_folder_without_permission(served, tmp_path) -> None:
    tmp_path.chmod(0o500)
    result = run("lab", "--folder", str(tmp_path / "new"))
    tmp_path.chmod(0o700)
    assert result.exit_code == 1 and "permissions" in result.output


def test_an_occupied_port(served, tmp_path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("lab", "--folder", str(tmp_path), "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1 and "taken by another program" in result.output and not served


def test_jupyterlab_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    result = run("lab", "--folder", str(tmp_path))
    assert result.exit_code == 1 and "JupyterLab is not installed" in result.output and "pip install" in result.output


def test_a_server_that_fails_is_told(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(lab, "serve", lambda command, folder: 3)
    result = run("lab", "--folder", str(tmp_path))
    assert result.exit_code == 1 and "status 3" in result.output


def test_an_unknown_option_is_told() -> None:
    result = run("lab", "--folderr", "x")
    assert result.exit_code == 2 and "--folderr" in result.output


# The learner's folder


def test_a_second_start_writes_over_nothing(tmp_path) -> None:
    assert any(line.startswith("New:") for line in lab.prepare(tmp_path))
    lesson = tmp_path / "00_start_here.ipynb"
    edited = json.loads(lesson.read_text(encoding="utf-8"))
    edited["cells"][0]["source"] = "my own words"
    lesson.write_text(json.dumps(edited), encoding="utf-8")
    before = lesson.read_bytes()
    assert list(lab.prepare(tmp_path)) == []
    assert lesson.read_bytes() == before


def test_a_newer_lesson_is_told_and_not_written(tmp_path) -> None:
    list(lab.prepare(tmp_path))
    marker = tmp_path / paths.MARKER
    given = json.loads(marker.read_text(encoding="utf-8"))
    given["given"]["00_start_here.ipynb"] = "0" * 64
    marker.write_text(json.dumps(given), encoding="utf-8")
    before = (tmp_path / "00_start_here.ipynb").read_bytes()
    told = list(lab.prepare(tmp_path))
    assert len(told) == 1 and "newer version" in told[0]
    assert (tmp_path / "00_start_here.ipynb").read_bytes() == before


def test_a_damaged_notebook_is_left_and_told(tmp_path) -> None:
    list(lab.prepare(tmp_path))
    lesson = tmp_path / "00_start_here.ipynb"
    lesson.write_text('{"cells": [', encoding="utf-8")
    told = list(lab.prepare(tmp_path))
    assert len(told) == 1 and "not a notebook any more" in told[0]
    assert lesson.read_text(encoding="utf-8") == '{"cells": ['


def test_a_damaged_marker_loses_nothing(tmp_path) -> None:
    list(lab.prepare(tmp_path))
    (tmp_path / paths.MARKER).write_text("?", encoding="utf-8")
    assert list(lab.prepare(tmp_path)) == []


def test_notebooks_are_trusted(tmp_path, monkeypatch) -> None:
    import nbformat

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    list(lab.prepare(tmp_path / "mine"))
    solved = nbformat.read(tmp_path / "mine" / "solutions" / "00_start_here.ipynb", as_version=4)
    assert nbformat.sign.NotebookNotary().check_signature(solved)


# doctor


def test_doctor_finds_nothing_wrong_here(tmp_path) -> None:
    findings = list(doctor.examine(tmp_path))
    assert [f.what for f in findings] == [
        "Python", "packages", "graph drawing", "kernel", "learner's folder", "lessons", "data",
    ]  # fmt: skip
    assert not [f for f in findings if f.mend], findings


def test_doctor_names_the_mend_for_each_failure(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(doctor, "MINIMUM", (99, 0))
    monkeypatch.setattr(doctor, "requires", lambda name: ["numpy>=99", "nowhere_to_be_found"])
    monkeypatch.setattr("tinygrad_course.draw.layout.svg", lambda *a, **k: None, raising=False)
    monkeypatch.setattr("tinygrad_course.data.verify", lambda: ["the data file x is missing; install again"])
    monkeypatch.setattr(doctor, "lessons_dir", lambda: tmp_path)
    monkeypatch.setattr(doctor, "kernel", lambda: 1 / 0)
    findings = {f.what: f for f in doctor.examine(tmp_path / "file" / "below")}
    for what in ("Python", "packages", "kernel", "learner's folder", "lessons", "data"):
        assert findings[what].mend, what
    assert "numpy>=99" in findings["packages"].mend and "nowhere_to_be_found" in findings["packages"].mend


def test_doctor_ends_with_status_1_where_something_is_wrong(monkeypatch) -> None:
    wrong = [doctor.Finding("data", "none", "install it")]
    monkeypatch.setattr(doctor, "examine", lambda folder: iter(wrong))
    result = run("doctor")
    assert result.exit_code == 1 and "problem" in result.output and "install it" in result.output
    assert "Traceback" not in result.output
