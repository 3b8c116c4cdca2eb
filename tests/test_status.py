"""What a learner asks and does between two notebooks: status, resume, report, update and reset."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import IPython
import nbformat
import pytest
from click.testing import CliRunner
from nbformat.sign import NotebookNotary

from tinygrad_course.course import hint, lab, lesson, paths, report, solution, update
from tinygrad_course.course.cli import main
from tinygrad_course.course.exercise import Case, Exercise, Lesson, Mistake, Prediction
from tinygrad_course.course.exercises import Session, load, resume, session
from tinygrad_course.course.progress import HISTORY, append, check_version, history

NAMES = ("00_start.ipynb", "01_first_steps.ipynb", "02_more.ipynb")


def run_case(piece: Any) -> Any:
    return {"y": piece(1)}


def made_up(id: str, minutes: int) -> Exercise:
    mistake = Mistake("a <b> & c", print, "Not so.")
    return Exercise(id, None, minutes, 1, print, (Case(id, run_case),), mistakes=(mistake,), hints=("?", "a", "s"))


LESSONS = {
    "00": Lesson("00", __name__, (made_up("00.a", 5),), (Prediction("p", 1, "So."), Prediction("q", 2, "So."))),
    "01": Lesson("01", __name__, (made_up("01.b", 10), made_up("01.c", 20))),
    "02": Lesson("02", __name__, (made_up("02.d", 30),)),
}


def notebook(*cells: str) -> bytes:
    made = [nbformat.v4.new_code_cell(text, id=f"cell-{i}") for i, text in enumerate(cells)]
    return f"{nbformat.writes(nbformat.v4.new_notebook(cells=made))}\n".encode()


B, C = "def b(x):\n    raise NotImplementedError", "class c:\n    pass"
FIRST = notebook('lesson("01")', B, "b = check(b)", C, "c = check(c)", "abc = b")


@pytest.fixture(autouse=True)
def shipped(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up course of three lessons; nothing of the user's own Jupyter is signed or read."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
    course = tmp_path_factory.mktemp("course")
    (course / "solutions").mkdir()
    for name, content in zip(NAMES, (notebook("x"), FIRST, notebook("y")), strict=True):
        (course / name).write_bytes(content)
    (course / "solutions" / NAMES[0]).write_bytes(notebook("solved"))
    for module in (lab, paths, report):
        monkeypatch.setattr(module, "lessons_dir", lambda: course)
    monkeypatch.setattr(lab, "solutions_dir", lambda: course / "solutions")
    monkeypatch.setattr(report, "numbers", lambda: list(LESSONS))
    for module in (report, update):
        monkeypatch.setattr(module, "load", lambda number: LESSONS[number])
    return course


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, in which the learner stands."""
    place = tmp_path / "mine"
    lab.prepare(place)
    monkeypatch.chdir(place)
    return place


def done(*arguments: str, input: str | None = None, status: int = 0) -> str:
    """Run a command that ends with this status; what it says."""
    result = CliRunner().invoke(main, list(arguments), input=input)
    assert result.exit_code == status, result.output
    return result.output


def passed(folder: Path, *ids: str, version: str | None = None) -> None:
    for id in ids:
        exercise = next(e for known in LESSONS.values() for e in known.exercises if e.id == id)
        append(folder, "check", id, status="passed", check=version or check_version(exercise))


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and paths.RECORDS not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# Status and resume


def cells(text: str) -> dict[str, list[str]]:
    """The rows of the printed table, by the number of the lesson."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    return {row[0][:2]: row[1:] for row in rows}


def test_status_shows_every_lesson_and_what_is_next(folder: Path) -> None:
    passed(folder, "00.a", "01.b")
    for level in (1, 2):
        append(folder, "hint", "01.b", level=level)
    append(folder, "prediction", "00.p", right=True)
    append(folder, "prediction", "00.q", right=False)
    append(folder, "check", "01.c", status="not yet")
    text = done("status")
    assert cells(text) == {
        "00": ["1 of 1", "0", "0", "1 of 2"],
        "01": ["1 of 2", "20", "2", "-"],
        "02": ["0 of 1", "30", "0", "-"],
    }
    assert "01 first steps" in text and text.endswith("Next: 01.c. Open it: tinygrad-course resume\n")


def test_status_without_a_terminal_has_no_colours(folder: Path) -> None:
    assert "\x1b" not in done("status")


NEXT = [
    ([], "00.a"),
    ([("lesson", "01")], "01.b"),
    ([("check", "01.b")], "01.c"),
    ([("check", "02.d")], "00.a"),
    ([("check", "00.a"), ("check", "01.b"), ("check", "01.c"), ("reset", "01.b")], "01.b"),
    ([("lesson", "77")], "00.a"),
]


@pytest.mark.parametrize(("events", "expected"), NEXT, ids=range(len(NEXT)))
def test_what_is_next_is_where_the_learner_stopped(folder: Path, events: list[tuple[str, str]], expected: str) -> None:
    for event, id in events:
        if event == "check":
            passed(folder, id)
        else:
            append(folder, event, id)
    assert f"Next: {expected}. " in done("status")


def test_resume_opens_the_lesson_where_the_learner_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(lab, "serve", lambda command, folder: commands.append(command) or 0)
    passed(folder, "00.a", "01.b")
    done("resume", "--no-browser", "--", "--debug")
    assert "--LabApp.default_url=/lab/tree/01_first_steps.ipynb" in commands[0]
    assert "--no-browser" in commands[0] and commands[0][-1] == "--debug"


def test_when_all_is_passed_it_says_so(folder: Path) -> None:
    passed(folder, "00.a", "01.b", "01.c", "02.d")
    assert done("status").endswith("Every exercise is passed.\n")


def test_what_should_be_known_is_told(folder: Path) -> None:
    passed(folder, "00.a", version="an old one")
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write("\n?\n??")
    text = done("status").replace("\n", " ")
    assert "check has changed since; check once more: 00.a." in text and "2 lines of " in text
    assert "cannot be read" in text and "Next: 00.a" in text


# The lesson's first cell


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Exercise:
    """The course's own lesson 00, in a new kernel."""
    for name, value in vars(Session()).items():
        monkeypatch.setattr(session, name, value)
    return load("00").exercises[0]


def said(capsys: pytest.CaptureFixture[str], call: Callable[..., None], *arguments: Any) -> str:
    call(*arguments)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_a_lesson_not_begun_says_what_it_has(real: Exercise, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert said(capsys, lesson, "00") == "Lesson 00: 1 exercise, 3 predictions.\n"
    assert [(event.event, event.id) for event in history(folder)] == [("lesson", "00")] * 2


def test_after_a_restart_it_says_what_is_passed_and_what_is_next(
    real: Exercise, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(folder, "prediction", "00.slope-at-2", right=False)
    begun = "Lesson 00: 0 of 1 exercise passed, 1 of 3 predictions answered. Next: exercise 1, `double_or_triple`"
    assert said(capsys, lesson, "00") == f"{begun}. Run the cells above it first.\n"
    append(folder, "check", real.id, status="passed", check="an old one")
    assert said(capsys, resume).startswith(f"{begun}; its check has changed since you passed it. ")
    append(folder, "check", real.id, status="passed", check=check_version(real))
    assert said(capsys, resume) == "Lesson 00: 1 of 1 exercise passed, 1 of 3 predictions answered.\n"


def test_resume_before_the_first_cell_says_what_to_run(real: Exercise, capsys: pytest.CaptureFixture[str]) -> None:
    assert 'lesson("NN")' in said(capsys, resume)


def test_a_notebook_outside_the_course_is_told_once_how_to_name_a_folder(
    real: Exercise, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert said(capsys, lesson, "00").count("\n") == 1  # no notebook
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    first, told = said(capsys, lesson, "00").splitlines()
    assert first == "Lesson 00: 1 exercise, 3 predictions."
    assert "not kept" in told and "`tinygrad-course lab`" in told and "%env TINYGRAD_COURSE_FOLDER=" in told
    monkeypatch.setenv(paths.FOLDER_VARIABLE, str(folder.parent / "elsewhere"))
    assert said(capsys, lesson, "00").count("\n") == 1
    assert len(history(folder.parent / "elsewhere")) == 1 and history(folder) == []


def test_hints_and_solutions_are_recorded(real: Exercise, folder: Path) -> None:
    lesson("00")
    for _ in range(4):
        hint()
    solution()
    solution(now=True)
    kept = [(event.event, event.id, event.facts) for event in history(folder)][1:]
    assert kept == [*(("hint", real.id, {"level": n}) for n in (1, 2, 3, 3)), ("solution", real.id, {})]


def test_the_solution_is_shown_after_a_try_before_the_restart(
    real: Exercise, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson("00")
    for status, shown in (("not started", False), ("not yet", True)):
        append(folder, "check", real.id, status=status)
        assert ("return x * 2" in said(capsys, solution)) == shown


# The report


class Page(HTMLParser):
    """What of a page matters here: its tags, and that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_the_report_is_one_page_that_needs_nothing_else(folder: Path) -> None:
    passed(folder, "00.a")
    append(folder, "check", "01.b", status="not yet", mistake="a <b> & c")
    append(folder, "solution", "01.b")
    assert done("report") == f"Written: {folder / 'report.html'}\n"
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.opened == [] and text.startswith("<!DOCTYPE html>") and "color-scheme: light dark" in text
    assert not [attrs for _, attrs in page.tags if {"src", "href"} & attrs.keys()] and "url(" not in text
    assert [tag for tag, _ in page.tags if tag in ("h1", "h2")] == ["h1", "h2", "h2"]
    assert all(attrs.get("scope") in ("row", "col") for tag, attrs in page.tags if tag == "th")
    assert [tag for tag, _ in page.tags].count("caption") == [tag for tag, _ in page.tags].count("table") == 3
    for cell in ("1 of 4 exercises passed. Next: 01.b.", "01 first steps", "not yet", "a <b> & c", "yes"):
        assert [cell for found in page.texts if cell in found], cell


def test_the_report_goes_where_it_is_asked_to_and_opens(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) is None)
    done("report", "--output", "other.html", "--open")
    assert opened == [(folder / "other.html").as_uri()] and (folder / "other.html").is_file()
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert "No browser is found" in done("report", "--output", "other.html", "--open")
    assert "cannot be used" in done("report", "--output", str(tmp_path / "none" / "x.html"), status=1)


# Update


def test_update_brings_what_is_new_and_keeps_what_was_changed(shipped: Path, folder: Path) -> None:
    mine = notebook("mine")
    (folder / NAMES[1]).write_bytes(mine)
    for name in (NAMES[0], NAMES[1], f"solutions/{NAMES[0]}", "03_added.ipynb"):
        (shipped / name).write_bytes(notebook("newer", name))
    (shipped / NAMES[2]).unlink()
    told = done("update")
    assert f"{NAMES[0]} is replaced by its newer version" in told and "New: 1 notebooks" in told
    assert f"{NAMES[1]} stays as you changed it; its newer version is beside it: 01_first_steps.new-1.ipynb." in told
    assert f"{NAMES[2]} is no longer part of the course and is left as it is." in told
    newer = {name: notebook("newer", name) for name in (NAMES[0], f"solutions/{NAMES[0]}", "03_added.ipynb")}
    left = {NAMES[1]: mine, "01_first_steps.new-1.ipynb": notebook("newer", NAMES[1]), NAMES[2]: notebook("y")}
    assert files(folder) == {**newer, **left}
    with NotebookNotary() as notary:
        assert notary.check_signature(nbformat.read(folder / NAMES[0], as_version=4))


def test_what_was_offered_is_not_offered_again(shipped: Path, folder: Path) -> None:
    (folder / NAMES[1]).write_bytes(notebook("mine"))
    (shipped / NAMES[1]).write_bytes(notebook("newer"))
    done("update")
    before = files(folder)
    assert done("update") == "Your notebooks are those of the installed version.\n" and files(folder) == before
    assert lab.prepare(folder) == []
    (shipped / NAMES[1]).write_bytes(notebook("newest"))
    assert "01_first_steps.new-2.ipynb" in done("update")
    (folder / "01_first_steps.new-2.ipynb").replace(folder / NAMES[1])
    (shipped / NAMES[1]).write_bytes(notebook("newest of all"))
    assert f"{NAMES[1]} is replaced" in done("update")


def test_an_update_that_is_broken_off_goes_on(shipped: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES[:2]:
        (shipped / name).write_bytes(notebook("newer"))
    write = update.replace_file

    def full(path: Path, content: bytes) -> None:
        if path.name == NAMES[1]:
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(update, "replace_file", full)
    assert "No space left on device" in done("update", status=1)
    assert files(folder)[NAMES[0]] == notebook("newer") and files(folder)[NAMES[1]] == FIRST
    monkeypatch.setattr(update, "replace_file", write)
    assert done("update") == f"{NAMES[1]} is replaced by its newer version; you had not changed it.\n"


# Reset


def test_a_lesson_is_reset_with_a_backup_and_its_history_is_kept(folder: Path) -> None:
    passed(folder, "00.a", "01.b", "01.c")
    for n in (1, 2):
        (folder / NAMES[1]).write_bytes(notebook("mine", str(n)))
        told = done("reset", "1", "--yes")
        assert f"kept in 01_first_steps.backup-{n}.ipynb" in told and "reload it from disk" in told
        assert files(folder)[NAMES[1]] == FIRST
        assert files(folder)[f"01_first_steps.backup-{n}.ipynb"] == notebook("mine", str(n))
    assert cells(done("status"))["01"][0] == "0 of 2" and cells(done("status"))["00"][0] == "1 of 1"
    assert [event.event for event in history(folder)] == ["check"] * 3 + ["reset"] * 2
    assert lab.prepare(folder) == []


def test_a_lesson_that_is_not_changed_or_gone_needs_no_backup(folder: Path) -> None:
    for prepare in (lambda: None, (folder / NAMES[1]).unlink):
        prepare()
        assert "kept" not in done("reset", "first_steps", "--yes")
        assert sorted(files(folder)) == sorted([*NAMES, f"solutions/{NAMES[0]}"])


def test_one_exercise_is_reset_and_the_rest_stays(folder: Path) -> None:
    own = json.loads(FIRST)
    for cell, text in zip(own["cells"], ['lesson("01") # mine', "b = 1", "b", "class c: x = 1", "?"], strict=False):
        cell["source"], cell["execution_count"] = text, 3
    (folder / NAMES[1]).write_text(json.dumps(own), encoding="utf-8")
    passed(folder, "01.b", "01.c")
    assert "blank again for 01.b" in done("reset", "01.b", "--yes")
    after = nbformat.read(folder / NAMES[1], as_version=4)
    assert [cell.source for cell in after.cells] == [
        'lesson("01") # mine',
        B,
        "b = check(b)",
        "class c: x = 1",
        "?",
        "abc = b",
    ]
    assert [cell.execution_count for cell in after.cells] == [3, None, None, 3, 3, None]
    assert (folder / "01_first_steps.backup-1.ipynb").read_text(encoding="utf-8") == json.dumps(own)
    assert cells(done("status"))["01"][0] == "1 of 2"
    compact = json.dumps(json.loads((folder / NAMES[1]).read_bytes()))  # as another editor may write it
    (folder / NAMES[1]).write_text(compact, encoding="utf-8")
    assert "kept" not in done("reset", "01.b", "--yes")
    assert (folder / NAMES[1]).read_text(encoding="utf-8") == compact


def test_a_reset_says_that_pieces_that_passed_stay(folder: Path) -> None:
    piece = folder / "my_tinygrad" / "lesson01" / "b.py"
    piece.parent.mkdir(parents=True)
    piece.write_text("b = 1\n", encoding="utf-8")
    said = {what: done("reset", what, "--yes") for what in ("01", "01.b", "01.c", "00")}
    assert "What passed its check stays in my_tinygrad/lesson01, and `mine()` goes on with it." in said["01"]
    assert "stays in my_tinygrad/lesson01/b.py" in said["01.b"] and piece.read_text(encoding="utf-8") == "b = 1\n"
    assert "stays in" not in said["01.c"] + said["00"]


def test_it_asks_first_and_does_nothing_without_a_yes(folder: Path) -> None:
    (folder / NAMES[1]).write_bytes(notebook("mine"))
    before = files(folder)
    for answer in ("n\n", "\n", ""):
        assert "Make 01 blank again in 01_first_steps.ipynb?" in done("reset", "01", input=answer, status=1)
    assert files(folder) == before and history(folder) == []
    done("reset", "01", input="y\n")
    assert files(folder)[NAMES[1]] == FIRST


REFUSED = [
    ("77", "There is no lesson '77'"),
    ("01.x", "Lesson 01 has no exercise 'x'; choose one of these: 01.b, 01.c."),
    ("02.d", "The cell of d is not in 02_more.ipynb any more; reset the whole lesson: tinygrad-course reset 02"),
]


@pytest.mark.parametrize(("what", "told"), REFUSED)
def test_what_cannot_be_reset_is_told_and_left(folder: Path, what: str, told: str) -> None:
    before = files(folder)
    assert told in done("reset", what, "--yes", status=1)
    assert files(folder) == before and history(folder) == []


@pytest.mark.parametrize("content", [b"", b'{"cells": [', b"[]"])
def test_a_damaged_notebook_is_kept_and_put_back(folder: Path, content: bytes) -> None:
    (folder / NAMES[1]).write_bytes(content)
    assert "not in 01_first_steps.ipynb any more" in done("reset", "01.b", "--yes", status=1)
    done("reset", "01", "--yes")
    assert files(folder)["01_first_steps.backup-1.ipynb"] == content and files(folder)[NAMES[1]] == FIRST


def test_a_lesson_without_exercises_has_none_to_reset(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "load", lambda number: load("99"))
    assert "Lesson 02 has no exercise 'd'; choose one of these: none." in done("reset", "02.d", "--yes", status=1)
    assert "02_more.ipynb is blank again for 02" in done("reset", "02", "--yes")
