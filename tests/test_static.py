"""What the checkers say: style by ruff, types by mypy, and the README's own words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=" ".join)
def test_checker_finds_nothing(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_the_readmes_test_command() -> None:
    command = 'python -m pip install -e ".[test]" && python -m pytest'
    for file in ("README.md", ".ci/run"):
        assert command in (ROOT / file).read_text(encoding="utf-8").splitlines(), file


def test_importing_the_framework_imports_numpy_and_no_other_package() -> None:
    program = "import sys, numpy.random; old = {*sys.modules}; import tinygrad_course; print(*({*sys.modules} - old))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    known = {*sys.stdlib_module_names, "tinygrad_course", "numpy"}
    assert {name.split(".")[0] for name in done.stdout.split()} <= known
    assert "tinygrad_course.course" not in done.stdout.split()
