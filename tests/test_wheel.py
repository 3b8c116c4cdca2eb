"""The built wheel carries all that a learner needs, and works from outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next((folder / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_everything_is_inside(unpacked: Path) -> None:
    package = unpacked / "tinygrad_course"
    for part in ("py.typed", "_lessons/00_start_here.ipynb", "_solutions/00_start_here.ipynb", "data/files/digits.npz"):
        assert (package / part).is_file(), part
    exercises = [path.relative_to(package) for path in package.glob("course/exercises/**/*.py")]
    source = ROOT / "tinygrad_course"
    assert sorted(exercises) == sorted(p.relative_to(source) for p in source.glob("course/exercises/**/*.py"))
    assert list(package.glob("data/files/*LICENSE*"))


def test_it_makes_a_learners_folder_from_outside_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    program = (
        "import tinygrad_course, pathlib\n"
        "from tinygrad_course.course import lab, doctor\n"
        "list(lab.prepare(pathlib.Path('mine')))\n"
        "print(tinygrad_course.__file__, doctor.lessons().mend, doctor.data().mend)\n"
        "print(len(tinygrad_course.data.digits()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert str(unpacked) in done.stdout and done.stdout.split()[-1] == "1437"
    shipped = ROOT / "lessons" / "00_start_here.ipynb"
    assert (tmp_path / "mine" / "00_start_here.ipynb").read_bytes() == shipped.read_bytes()
    assert (tmp_path / "mine" / "solutions" / "00_start_here.ipynb").is_file()
