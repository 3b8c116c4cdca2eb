"""What doctor looks at, each with a fault made on purpose: it must be found, and its mend named."""

from __future__ import annotations

import json
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from tinygrad_course.course import doctor


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
    monkeypatch.setenv("JUPYTER_PATH", "")


def test_it_finds_nothing_wrong_here(tmp_path: Path) -> None:
    findings = list(doctor.examine(tmp_path))
    names = ["Python", "packages", "graph drawing", "kernel", "learner's folder", "lessons", "data"]
    assert [finding.what for finding in findings] == names
    assert not [finding for finding in findings if finding.mend]
    assert not list(tmp_path.iterdir())


def test_a_look_that_raises_is_a_finding_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("packages", "drawing", "kernel", "writable", "lessons"):
        monkeypatch.setattr(doctor, name, lambda *_: 1 / 0)
    findings = list(doctor.examine(tmp_path))
    assert [bool(finding.mend) for finding in findings] == [False, True, True, True, True, True, False]
    assert findings[1].found == "ZeroDivisionError: division by zero"


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MINIMUM", (99, 0))
    assert "install Python" in doctor.python().mend


def test_packages_that_are_missing_or_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["click", "numpy>=99", "nowhere_to_be_found>=1", "elsewhere; sys_platform == 'none'", "x; extra == 'test'"]
    monkeypatch.setattr(doctor, "requires", lambda name: needed)
    finding = doctor.packages()
    assert finding.mend.endswith('pip install "numpy>=99" "nowhere_to_be_found>=1"')
    assert "click 8" in finding.found


def test_no_layout_program(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = sys.modules["tinygrad_course.draw.layout"]
    monkeypatch.setattr(layout, "engines", lambda *_: iter(()))
    finding = doctor.drawing()
    assert finding.found == "text" and "pygraphviz" in finding.mend


def test_a_kernel_that_is_another_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    other = str(tmp_path / "bin" / "python")
    spec.write_text(json.dumps({"argv": [other], "display_name": "x", "language": "python"}), encoding="utf-8")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(doctor, "answer_of_kernel", lambda code: pytest.fail("it was started all the same"))
    finding = next(finding for finding in doctor.examine(tmp_path) if finding.what == "kernel")
    assert other in finding.found and "ipykernel install --sys-prefix" in finding.mend


def test_a_kernel_that_cannot_compute_says_what_went_wrong() -> None:
    assert doctor.answer_of_kernel("import nowhere_to_be_found") == (
        "ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )


def test_a_kernel_without_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "answer_of_kernel", lambda code: "ModuleNotFoundError: No module named 'x'")
    finding = doctor.kernel()
    assert "No module" in finding.found and "pip install" in finding.mend


def test_a_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "--folder" in doctor.writable(tmp_path / "file" / "below").mend


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")(10**12, 10**12, 3 * 2**20)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert "3 are left" in doctor.writable(tmp_path / "not" / "yet").mend


def test_no_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "lessons_dir", lambda: tmp_path)
    assert "install the course again" in doctor.lessons().mend


def test_damaged_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def problems() -> list[Any]:
        return ["the data file x is missing; install again"]

    monkeypatch.setattr("tinygrad_course.data.verify", problems)
    finding = doctor.data()
    assert "x is missing" in finding.found and "pip install" in finding.mend
