"""The progress bar: what a reader sees while it runs, and a last state that is the same every time."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinygrad_course.training.bar import WIDTH, bar

ROOT = Path(__file__).resolve().parents[1]


def states(written: str) -> list[str]:
    """All states that the bar has shown, the last one at the end."""
    return written.removesuffix("\n").split("\r")[1:]


def test_the_last_state_has_no_times_and_keeps_the_loss(capsys: pytest.CaptureFixture[str]) -> None:
    steps = bar(range(3), "training")
    for step in steps:
        time.sleep(0.15)
        steps.set_postfix(loss=1 / (step + 1))
    shown = states(capsys.readouterr().out)
    assert all(" left" in state for state in shown[:-1])
    assert "00:00 left, loss=" in shown[-2]
    last = shown[-1]
    assert last.startswith("training |") and last.endswith("| 3/3, loss=0.333")


def test_every_state_is_one_line_of_the_same_width(capsys: pytest.CaptureFixture[str]) -> None:
    for description, items in (("training", range(3)), ("", iter(range(3))), ("x" * 2 * WIDTH, range(3))):
        for _ in bar(items, description):
            time.sleep(0.12)
        shown = states(capsys.readouterr().out)
        assert len(shown) > 2
        assert {len(state) for state in shown} == {WIDTH}


def test_two_runs_of_different_speed_end_in_the_same_text(capsys: pytest.CaptureFixture[str]) -> None:
    lasts = []
    for pause in (0.0, 0.15):
        for _ in bar(range(4), "training"):
            time.sleep(pause)
        lasts.append(capsys.readouterr().out.split("\r")[-1])
    assert lasts[0] == lasts[1] != ""


def test_a_loop_that_ends_early_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    steps = bar(range(10))
    for step in steps:
        if step == 4:
            break
    steps.close()
    last = states(capsys.readouterr().out)[-1]
    assert last.endswith("| 4/10") and "left" not in last


def test_without_a_length_it_counts_unless_a_total_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    def items() -> Iterator[int]:
        yield from range(5)

    assert list(bar(items(), "reading")) == [0, 1, 2, 3, 4]
    assert states(capsys.readouterr().out)[-1].rstrip() == "reading 5"
    list(bar(items(), "reading", total=5))
    assert states(capsys.readouterr().out)[-1].endswith("| 5/5")


def test_nothing_to_do_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(bar([])) == []
    assert states(capsys.readouterr().out)[-1].endswith("| 0/0")


def test_closing_twice_writes_the_last_state_once(capsys: pytest.CaptureFixture[str]) -> None:
    steps = bar(range(2))
    list(steps)
    steps.close()
    assert capsys.readouterr().out.count("2/2\n") == 1


@pytest.mark.parametrize(("encoding", "full"), [("cp1252", "#"), ("ascii", "#"), ("utf-8", "█")])
def test_it_draws_with_what_the_console_can_show(encoding: str, full: str) -> None:
    code = "from tinygrad_course.training.bar import bar\nlist(bar(range(2), 'training'))"
    run = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    text = io.TextIOWrapper(io.BytesIO(run.stdout), encoding=encoding, newline="").read()
    assert states(text.replace("\r\n", "\n"))[-1].startswith(f"training |{full * 5}")
    assert run.stderr == b""
