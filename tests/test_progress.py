"""The history in the learner's folder: nothing acknowledged is lost, no damage spoils the rest; what it proves."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tinygrad_course.course.exercise import Case, Exercise, Lesson, Prediction
from tinygrad_course.course.paths import FOLDER_VARIABLE, MARKER
from tinygrad_course.course.progress import HISTORY, append, check_version, history, read, record, standing

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def ids(folder: Path) -> list[str]:
    return [event.id for event in history(folder)]


# Writing and reading


def test_what_is_recorded_is_read_in_order(folder: Path) -> None:
    facts = {"status": "not yet", "mistake": None, "answer": [2, 3], "text": "é\n\r\u2028\ud800", "right": True}
    record("lesson", "04")
    record("check", "04.propagate", **facts)
    first, second = history(folder)
    assert (first.event, first.id, first.facts) == ("lesson", "04", {})
    assert (second.event, second.id, second.facts) == ("check", "04.propagate", facts)
    assert first.time <= second.time and first.time.endswith("Z")


def test_a_line_is_written_in_one_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[bytes] = []
    monkeypatch.setattr(os, "write", lambda handle, line: steps.append(line))
    append(folder, "check", "04.x", filler="x" * 100_000)
    assert len(steps) == 1 and steps[0].startswith(b"\n{") and steps[0].endswith(b"}")


def test_a_line_once_written_stays_as_it_is(folder: Path) -> None:
    record("lesson", "04")
    before = (folder / HISTORY).read_bytes()
    record("lesson", "05")
    assert (folder / HISTORY).read_bytes().startswith(before)


def test_facts_that_have_no_plain_form_are_kept_as_text(folder: Path) -> None:
    record("check", "04.propagate", source=Path("x"))
    assert history(folder)[0].facts == {"source": "x"}


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.chdir(folder)


def a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder / "file"))


def no_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "~nobody_of_this_name/x")


def full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))


@pytest.mark.parametrize("prevent", [nowhere, a_file, no_home, full_disk])
def test_where_nothing_can_be_kept_the_notebook_hears_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], prevent: Callable[..., None]
) -> None:
    prevent(folder, monkeypatch)
    record("check", "04.propagate")
    monkeypatch.undo()
    assert history(folder) == [] and capfd.readouterr() == ("", "")


def test_facts_that_cannot_be_written_do_not_raise(folder: Path) -> None:
    record("check", "04.propagate", source=Broken())
    assert history(folder) == []


def test_a_lost_history_loses_nothing_else(folder: Path) -> None:
    record("lesson", "04")
    (folder / HISTORY).unlink()
    assert read(folder) == ([], 0)
    record("lesson", "05")
    assert ids(folder) == ["05"]


def test_it_is_found_from_the_notebook_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine" / MARKER).parent.mkdir(parents=True)
    (tmp_path / "mine" / MARKER).write_text("{}", encoding="utf-8")
    (tmp_path / "mine" / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "mine" / "sub")
    record("lesson", "04")
    assert ids(tmp_path / "mine") == ["04"]


@pytest.mark.parametrize("named", [True, False])
def test_what_is_run_in_a_solved_notebook_is_not_the_learners(
    folder: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    append(folder, "lesson", "04")
    (folder / MARKER).write_text("{}", encoding="utf-8")
    (folder / "solutions").mkdir()
    if not named:
        monkeypatch.delenv(FOLDER_VARIABLE)
    for place, count in (("solutions", 1), (".", 2)):
        monkeypatch.chdir(folder / place)
        record("check", "04.propagate", status="passed")
        assert len(history(folder)) == count


# Damage


def test_a_line_cut_off_anywhere_spoils_no_other(folder: Path) -> None:
    append(folder, "lesson", "01")
    whole = len((folder / HISTORY).read_bytes())
    append(folder, "check", "02.torn", answer="é", nested={"a": [1, {"b": 2}]})
    torn = (folder / HISTORY).read_bytes()
    for end in range(whole, len(torn)):
        (folder / HISTORY).write_bytes(torn[:end])
        append(folder, "lesson", "03")
        found = read(folder)
        assert [event.id for event in found.events] == ["01", "03"]
        assert found.damaged == (end > whole + 1)  # nothing of it, or its newline alone, is no line


LINE = {"event": "check", "id": "04.x", "time": "2026-01-01T00:00:00.000Z", "facts": {}}
DAMAGED = [
    b"{",
    b"[]",
    b"null",
    b"7",
    b"\xff\xfe",
    b"\x00" * 512,
    b"[" * 100_000,
    b"9" * 5_000,
    *(json.dumps({**LINE, name: 7}).encode() for name in LINE),
    *(json.dumps({key: value for key, value in LINE.items() if key != name}).encode() for name in LINE),
]


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_is_passed_over_counted_and_kept(folder: Path, line: bytes) -> None:
    append(folder, "lesson", "01")
    with (folder / HISTORY).open("ab") as file:
        file.write(b"\n" + line + b"\r\n\n")
    append(folder, "lesson", "02")
    assert ids(folder) == ["01", "02"] and read(folder).damaged == 1
    assert line in (folder / HISTORY).read_bytes()


# Kill, and two at once

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from tinygrad_course.course.progress import append

folder = Path(sys.argv[1])
random.seed(0)
for life in range(200):
    acknowledged, said = os.pipe()
    child = os.fork()
    if child == 0:
        for n in range(1_000_000):
            append(folder, "check", f"{life}.{n}", filler="x" * random.choice([10, 1_000, 100_000]))
            os.write(said, b".")
    os.close(said)
    count = len(os.read(acknowledged, 1))
    time.sleep(random.random() * 0.003)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := len(os.read(acknowledged, 1_000)):
        count += more
    os.close(acknowledged)
    print(count)
"""

WRITER = """
import os, sys
from pathlib import Path
from tinygrad_course.course.progress import append

os.fsync = lambda handle: None  # they meet more often where neither waits for the disk
print("ready", flush=True)
sys.stdin.readline()
for n in range(500):
    append(Path(sys.argv[1]), "check", f"{sys.argv[2]}.{n}", filler="x" * (n % 7) * 1_000)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork and no SIGKILL")
def test_nothing_acknowledged_is_lost_in_200_kills(tmp_path: Path) -> None:
    process = start(KILLED, str(tmp_path))
    acknowledged = [int(line) for line in process.communicate(timeout=120)[0].split()]
    assert process.returncode == 0 and len(acknowledged) == 200 and min(acknowledged) > 0
    found = read(tmp_path)
    lives = [[e.id for e in found.events if e.id.startswith(f"{life}.")] for life in range(200)]
    for life, (written, count) in enumerate(zip(lives, acknowledged, strict=True)):
        assert written == [f"{life}.{n}" for n in range(len(written))] and len(written) in (count, count + 1)
    assert sum(map(len, lives)) == len(found.events)
    assert found.damaged <= 200  # a long line can be cut off by the kill; it was never acknowledged


def test_two_notebooks_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [start(WRITER, str(tmp_path), name) for name in ("1", "2")]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.communicate(timeout=120) and writer.returncode for writer in writers] == [0, 0]
    found = read(tmp_path)
    assert found.damaged == 0 and len(found.events) == 1_000
    for name in ("1", "2"):
        assert [e.id for e in found.events if e.id.startswith(name)] == [f"{name}.{n}" for n in range(500)]


def test_on_windows_a_lock_beyond_the_end_is_held_while_writing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []

    def locking(handle: int, mode: str, size: int) -> None:
        done.append((mode, os.lseek(handle, 0, os.SEEK_CUR), size, os.fstat(handle).st_size > 0))

    msvcrt = types.SimpleNamespace(LK_LOCK="lock", LK_UNLCK="unlock", locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr(sys, "platform", "win32")
    append(folder, "lesson", "01")
    monkeypatch.undo()
    assert done == [("lock", 2**30, 1, False), ("unlock", 2**30, 1, True)]
    assert ids(folder) == ["01"] and (folder / HISTORY).stat().st_size < 1_000


# The version of a check

CASES = '''
from tinygrad_course.course.exercise import Case, Exercise

def other():
    """{other}"""

def helper(piece, n):
    return {{"y": piece(n){helper}}}

def case(n):
    return Case(f"{name} {{n}}", lambda piece: helper(piece, n{script}), tolerance={tolerance})

EXERCISE = Exercise("04.x", None, {minutes}, 1, print, (case(1), case(2)))
'''
SAME: dict[str, Any] = {"helper": "", "name": "n =", "script": "", "tolerance": 1e-6, "minutes": 1, "other": ""}


def version(tmp_path: Path, file_name: str, **changed: Any) -> str:
    file = tmp_path / f"{file_name}.py"
    file.write_text(CASES.format(**{**SAME, **changed}), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file_name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return check_version(module.EXERCISE)


def version_of_a_folder(tmp_path: Path, folder: str, **changed: Any) -> str:
    """The version of a check whose helper is in another file of its lesson."""
    text = CASES.format(**{**SAME, **changed})
    start, end = text.index("def helper"), text.index("def case")
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "shared.py").write_text(text[start:end], encoding="utf-8")
    own = f"{text[:start]}from .shared import helper\n\n{text[end:]}"
    (tmp_path / folder / "__init__.py").write_text(own, encoding="utf-8")
    return check_version(importlib.import_module(folder).EXERCISE)


@pytest.mark.parametrize("change", [{"helper": " + 0"}, {"name": "x ="}, {"script": " + 0"}, {"tolerance": 1e-3}])
def test_another_check_has_another_version(tmp_path: Path, change: dict[str, Any]) -> None:
    assert version(tmp_path, "one") != version(tmp_path, "two", **change)


def test_a_helper_in_another_file_of_the_lesson_belongs_to_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    one, same = (version_of_a_folder(tmp_path, folder) for folder in ("a_lesson", "a_lesson_again"))
    assert one == same != version_of_a_folder(tmp_path, "another_lesson", helper=" + 0")


def test_what_is_not_the_check_does_not_change_its_version(tmp_path: Path) -> None:
    assert version(tmp_path, "one") == version(tmp_path, "two", minutes=2, other="a word")


def test_cases_without_source_have_a_version() -> None:
    exercise = Exercise("04.x", None, 1, 1, print, (Case("n", eval("lambda piece: 1")), Case("n", print)))
    assert len(check_version(exercise)) == 12


# Where the learner stands


def run(piece: Any) -> Any:
    return {"y": piece(1)}


X = Exercise("04.x", None, 10, 1, print, (Case("one", run),), hints=("?", "approach", "skeleton"))
Y = Exercise("04.y", None, 5, 1, print, (Case("two", run),))
LESSON = Lesson("04", __name__, (X, Y), (Prediction("p", 2, "So."), Prediction("q", 3, "So.")))
NOW = check_version(X)


def stands(folder: Path) -> str:
    return standing(LESSON, history(folder)).exercises[0].status


def checked(folder: Path, status: str, version: str = NOW, id: str = "04.x", **facts: Any) -> None:
    append(folder, "check", id, status=status, check=version, **facts)


def test_nothing_done_is_not_begun(folder: Path) -> None:
    append(folder, "lesson", "04")
    found = standing(LESSON, history(folder))
    assert stands(folder) == "not started" and not found.begun and found.minutes_left == 15


@pytest.mark.parametrize(
    ("status", "version", "expected"),
    [
        ("passed", NOW, "passed"),
        ("passed", "an old one", "passed, earlier check"),
        ("not yet", NOW, "not yet"),
        ("stopped", NOW, "not yet"),
        ("not started", NOW, "not started"),
        ("fault of the course", NOW, "not started"),
        ("not checked", NOW, "not started"),
    ],
)
def test_a_check_says_where_an_exercise_stands(folder: Path, status: str, version: str, expected: str) -> None:
    checked(folder, status, version)
    assert stands(folder) == expected
    assert standing(LESSON, history(folder)).minutes_left == (5 if expected == "passed" else 15)


def test_a_pass_stays_a_pass(folder: Path) -> None:
    for status, version in (("not yet", NOW), ("passed", NOW), ("passed", "an old one"), ("not yet", NOW)):
        checked(folder, status, version)
    assert stands(folder) == "passed"


def test_hints_checks_mistakes_and_solutions_are_counted(folder: Path) -> None:
    for level in (1, 2, 1):
        append(folder, "hint", "04.x", level=level)
    for mistake in ("swapped", None, "swapped", "detached"):
        checked(folder, "not yet", mistake=mistake)
    append(folder, "solution", "04.x")
    x, y = standing(LESSON, history(folder)).exercises
    assert (x.hints, x.checks, x.solution, x.mistakes) == (2, 4, True, ("swapped", "detached"))
    assert (y.hints, y.checks, y.solution, y.mistakes) == (0, 0, False, ())


def test_of_a_prediction_the_first_answer_counts(folder: Path) -> None:
    for id, right in (("04.p", False), ("04.p", True), ("04.q", False), ("05.p", True)):
        append(folder, "prediction", id, right=right)
    found = standing(LESSON, history(folder))
    assert (found.answered, found.right, found.begun) == (2, 0, True)


@pytest.mark.parametrize(("what", "expected"), [("04", (0, 0)), ("04.x", (1, 1)), ("05", (2, 1)), ("04.p", (2, 0))])
def test_a_reset_keeps_the_history_and_counts_from_there(folder: Path, what: str, expected: tuple[int, int]) -> None:
    append(folder, "prediction", "04.p", right=True)
    for id, exercise in (("04.x", X), ("04.y", Y)):
        checked(folder, "passed", check_version(exercise), id)
    append(folder, "reset", what)
    found = standing(LESSON, history(folder))
    assert (len(LESSON.exercises) - len(found.left), found.answered) == expected
    assert len(history(folder)) == 4
    checked(folder, "passed")
    assert stands(folder) == "passed"


def test_facts_of_other_kinds_count_for_nothing(folder: Path) -> None:
    append(folder, "check", "04.x", status=["passed"], check={})
    append(folder, "check", "04.x")
    append(folder, "hint", "04.x", level={})
    append(folder, "prediction", "04.p", right="yes")
    found = standing(replace(LESSON, exercises=(X,)), history(folder))
    assert found.exercises[0].status == "not started" and (found.answered, found.right) == (1, 0)
