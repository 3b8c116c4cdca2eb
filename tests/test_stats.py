"""What is counted in a lesson, and how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tinygrad_course.course import exercises, stats
from tinygrad_course.course.author import ROOT, AuthorError
from tinygrad_course.course.cli import main
from tinygrad_course.course.stats import COUNTED, Page, count, headings, pages, prose, statistics

LESSON = exercises.load("00")


def made(*cells: Any, solved: tuple[Any, ...] = ()) -> Page:
    return Page(Path("solutions/00_made_up.py"), LESSON, list(cells), list(solved))


def test_every_number_by_hand() -> None:
    page = made(
        new_markdown_cell("# Two words\n\n*About 25 minutes. You need nothing.*"),
        new_code_cell('predict("a", ...)  # write\n\nif True:\n    predict("b", ...)'),
        new_markdown_cell("### Bug hunt 1\n\nLook.\n\n```\n# no heading, no words\n```\n\n### Not a Bug hunt"),
        new_code_cell('# not predict("c", 1)'),
        solved=(
            new_code_cell(outputs=[new_output("execute_result", {"image/svg+xml": "<svg/>", "image/png": "a"})]),
            new_code_cell(outputs=[new_output("display_data", {"text/html": "<p>a check</p>"})]),
            new_code_cell(outputs=[new_output("display_data", {"text/html": "<div><img src='player'></div>"})] * 2),
            new_code_cell(outputs=[new_output("stream", text="<img")]),
        ),
    )
    exercise = LESSON.exercises[0]
    assert count(page) == {
        "lessons": 1,
        "exercises": 1,
        "mistakes": len(exercise.mistakes),
        "predictions": 2,
        "bug_hunts": 1,
        "graphs": 3,
        "minutes": 25,
        "words": 2 + 5 + 2 + 1 + 4,
    }
    assert tuple(count(page)) == COUNTED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one `x * 2` two", "one `x * 2` two"),
        ("a $$\\frac{f(x)}{h}$$ b", "a b"),
        ("where $x > 0$ and $y$.", "where and ."),
        ("it costs $5\nand $6", "it costs $5 and $6"),
        ("before\n```python\nx = 1\n```\nafter", "before after"),
    ],
)
def test_prose_is_without_blocks_of_code_and_formulas(text: str, words: str) -> None:
    assert " ".join(prose(text).split()) == words


def test_headings_have_a_cell_and_a_level() -> None:
    page = made(
        new_markdown_cell("# A\n\ntext\n## B"), new_code_cell("# no heading"), new_markdown_cell("### C #\n#no")
    )
    assert list(headings(page)) == [(1, 1, "A"), (1, 2, "B"), (3, 3, "C #")]


def test_no_minutes_and_no_solution_count_as_nothing() -> None:
    assert {what: count(made(new_markdown_cell("# A")))[what] for what in ("minutes", "graphs")} == {
        "minutes": 0, "graphs": 0,
    }  # fmt: skip


def test_the_total_is_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    found = statistics()
    assert list(found) == ["total", "lessons"] and len(found["lessons"]) >= 2
    assert list(found["lessons"]) == sorted(found["lessons"])
    for what in COUNTED:
        assert found["total"][what] == sum(counts[what] for counts in found["lessons"].values())
    assert found["total"]["lessons"] == len(found["lessons"])
    monkeypatch.setattr(stats, "pages", lambda lessons, root: [])
    assert statistics()["total"] == dict.fromkeys(COUNTED, 0)


def test_the_command_prints_json_or_a_table() -> None:
    run = CliRunner().invoke
    as_json = run(main, ["author", "stats", "--json", "00"])
    assert json.loads(as_json.output) == statistics(["00"]) and list(json.loads(as_json.output)["lessons"]) == ["00"]
    table = run(main, ["author", "stats", "00"], env={"COLUMNS": "80"})
    words = statistics(["00"])["total"]["words"]
    assert table.exit_code == 0 and table.output.count(f" {words:,}\n") == 2 and "total" in table.output
    assert {what.rpartition("_")[2] for what in COUNTED[1:]} <= {*table.output.split()}, "no heading is cut in two"


def test_a_lesson_without_exercises_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "97_new.py").write_text("# %% [markdown]\n# # New\n", encoding="utf-8")
    with pytest.raises(
        AuthorError, match=r"97_new.py has no exercises; write LESSON in .*exercises/lesson97/__init__.py"
    ):
        pages(["97"], tmp_path)


def test_the_root_is_the_checkout() -> None:
    assert (ROOT / "solutions").is_dir()
