"""The benchmarks measure what they say: the same computation everywhere, turn by turn; and what an import brings in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import imports, memory, report, timing
from benchmarks.others import OTHERS, SMALL, missing
from benchmarks.workloads import WORKLOADS, Step

import tinygrad_course as tg

ROOT = Path(__file__).resolve().parents[1]


def losses(step: Step) -> list[float]:
    return [float(step().item()) for _ in range(3)]


@pytest.mark.parametrize("name", WORKLOADS)
def test_both_frameworks_compute_the_same_losses(name: str) -> None:
    torch = pytest.importorskip("torch")
    make, _ = WORKLOADS[name]
    ours = losses(make(tg))
    assert ours == pytest.approx(losses(make(torch)), rel=1e-4)
    assert len({*ours}) == (1 if name.startswith("chain") else 3), "every step but the chain's trains"


@pytest.mark.parametrize("library", OTHERS)
def test_other_libraries_compute_the_same_losses(library: str) -> None:
    if why := missing(library):
        pytest.skip(f"{library} is {why}")
    assert losses(OTHERS[library][SMALL]()) == pytest.approx(losses(WORKLOADS[SMALL][0](tg)), rel=1e-4)


def test_a_library_that_computes_something_else_is_noticed() -> None:
    timing.agree("it", {"other": [2.0, 1.0005], "torch": [2.0, 1.0]})
    with pytest.raises(RuntimeError, match="it: the losses of other are"):
        timing.agree("it", {"other": [2.0, 1.01], "torch": [2.0, 1.0]})


def test_who_goes_first_changes_and_the_least_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = iter([3.0, 5.0, 4.0, 2.0])
    order: list[Step] = []

    def turn(step: Step, seconds: float) -> float:
        order.append(step)
        return next(taken)

    monkeypatch.setattr(timing, "turn", turn)
    a, b = (lambda: None), (lambda: None)
    assert timing.alternate({"a": a, "b": b}, rounds=2, seconds=0) == {"a": 2.0, "b": 4.0}
    assert order == [a, b, b, a]


def test_a_turn_is_the_shortest_of_at_least_three_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    times, steps = (
        iter([0, 1, 6, 7, 9, 10, 14, 15]),
        [],
    )  # when it begins, before and after each step, and whether to go on
    monkeypatch.setattr(timing, "now", lambda: next(times))
    assert timing.turn(lambda: steps.append(1), 0) == 2
    assert len(steps) == 4, "the first one does not count"


def test_the_report_as_text_json_and_picture(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    files = {name: tmp_path / f"report.{name}" for name in ("json", "svg")}
    quick = ["64-64", "--rounds=1", "--seconds=0", "--no-others"]
    command = [sys.executable, "-m", "tests.benchmarks", *quick, f"--json={files['json']}", f"--plot={files['svg']}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    written = json.loads(files["json"].read_text(encoding="utf-8"))
    (row,) = written["workloads"]
    assert row["ratio"] == pytest.approx(row["milliseconds"]["tinygrad_course"] / row["milliseconds"]["torch"])
    assert all(words in done.stdout for words in (row["name"], f"{row['ratio']:.2f}", f"{row['aim']:.2f}"))
    assert f"{row['name']} {row['ratio']:.2f}, aim {row['aim']:.2f}" in files["svg"].read_text(encoding="utf-8")


def test_memory_and_import_are_rows_of_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(imports, "PAIRS", 1)
    rows = [memory.compare(), imports.compare()]
    assert all(row["ratio"] == pytest.approx(row["tinygrad_course"] / row["other"]) for row in rows)
    parameters = 4 * (2 * 65 * 64 + 64 * 64 + 65 + 2 * 64 + 4 * (12 * 64 * 64 + 13 * 64)) / 1e6
    assert rows[0]["other"] > 4 * parameters, "each has a gradient and two averages, in megabytes"
    report.Report([], rows, "").show()
    shown = capsys.readouterr().out
    assert all(words in shown for row in rows for words in (row["name"], f"{row['ratio']:.2f}", row["beside"]))


def test_what_draws_or_trains_is_imported_when_it_is_used() -> None:
    program = "import sys, tinygrad_course as tg; print(*sys.modules); assert {0} and {1!r} in sys.modules"
    later = {"tg.draw(tg.ones(1))": "draw.picture", "tg.play": "draw.play", "tg.plots": "plots", "tg.fit": "training"}
    later |= {"tg.data.DataLoader": "data", "tg.utils.data": "utils"}
    for use, part in later.items():
        check = program.format(use, f"tinygrad_course.{part}")
        done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert not {f"tinygrad_course.{part}" for part in later.values()} & {*done.stdout.split()}


def test_every_name_is_listed_and_an_unknown_one_is_no_attribute() -> None:
    assert {"data", "draw", "fit", "nn", "play", "plots", "utils"} <= {*dir(tg)}
    with pytest.raises(AttributeError, match="module 'tinygrad_course' has no attribute 'plot'"):
        tg.plot()
