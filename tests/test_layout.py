"""Which layout program draws, and what happens where there is none, where it fails, or where two draw at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import tinygrad_course as tg
from tinygrad_course.draw import Picture, engine_name, layout

pygraphviz = pytest.importorskip("pygraphviz", reason="pygraphviz has no wheel for this system")

FAKE_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="75pt" height="30pt"><g id="graph0"><title>fake</title></g></svg>'
)
BROKEN = {
    "says nothing": "",
    "half a picture": "print('<svg>')",
    "fails": "import sys; sys.exit('no')",
}


@pytest.fixture(autouse=True)
def no_program_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty PATH, and no layout program chosen."""
    monkeypatch.delenv(layout.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


@pytest.fixture
def no_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def fake_program(folder: Path, name: str, source: str) -> Path:
    """A program of that name that runs the Python source."""
    folder.mkdir(exist_ok=True)
    script = folder / f"{name}.py"
    script.write_text(source, encoding="utf-8")
    if os.name == "nt":
        program, text = folder / f"{name}.cmd", f'@"{sys.executable}" "{script}" %*\n'
    else:
        program, text = folder / name, f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n'
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return program


def small() -> Picture:
    x = tg.tensor(1.0, requires_grad=True)
    return tg.draw(x * 2)


def chain(length: int) -> Picture:
    y = x = tg.tensor(1.0, requires_grad=True)
    for _ in range(length):
        y = y + x
    return tg.draw(y, limit=10 * length)


def fan(arrows: int) -> tg.Tensor:
    """A graph with so many arrows, an even number: two to an operation of one input."""
    y = tg.tensor(1.0, requires_grad=True)
    for _ in range(arrows // 2):
        y = y.exp()
    return y


def test_without_any_program_on_the_path_pygraphviz_draws() -> None:
    assert engine_name() == f"pygraphviz (Graphviz {pygraphviz.__graphviz_version__})"
    assert small().svg and small().png


def test_the_environment_variable_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_program(tmp_path / "programs", "mydot", f"print({FAKE_SVG!r})")
    monkeypatch.setenv(layout.VARIABLE, str(program))
    assert engine_name() == f"dot at {program}"
    assert 'width="100"' in (small().svg or "")


def test_a_chosen_program_that_is_not_there_is_told_and_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(layout.VARIABLE, "/nowhere/dot")
    assert engine_name().startswith("pygraphviz") and "TINYGRAD_COURSE_DOT=/nowhere/dot was not found" in engine_name()
    assert small().svg


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_a_program_that_fails_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setenv(layout.VARIABLE, str(fake_program(tmp_path / "programs", "mydot", source)))
    assert "leaf" in (small().svg or "")


@pytest.mark.usefixtures("no_pygraphviz")
def test_without_pygraphviz_a_dot_on_the_path_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_program(tmp_path / "programs", "dot", f"import sys; sys.stdin.read(); print({FAKE_SVG!r})")
    monkeypatch.setenv("PATH", str(program.parent))
    assert engine_name().lower() == f"dot at {program}".lower()
    data, _ = small()._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "image/svg+xml"}
    assert small().png is None, "this dot writes no PNG"


@pytest.mark.usefixtures("no_pygraphviz")
def test_without_any_layout_program_there_is_text_and_its_cure(tmp_path: Path) -> None:
    picture = small()
    assert engine_name() == "text" and picture.svg is None and picture.png is None
    data, _ = picture._repr_mimebundle_()
    assert set(data) == {"text/plain"}
    assert data["text/plain"].startswith(str(picture)) and "pip install pygraphviz" in data["text/plain"]
    assert picture.to_dot(tmp_path / "a.dot").read_text(encoding="utf-8").startswith("digraph")
    with pytest.raises(RuntimeError, match="pip install pygraphviz"):
        picture.to_svg(tmp_path / "a.svg")


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "SECONDS", 0.5)
    with pytest.raises(layout.LayoutError, match="timed out"):
        layout.run([sys.executable, "-c", "import time; time.sleep(60)"], "")


def test_a_large_graph_is_laid_out_in_a_process_that_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = chain(layout.MANY // 3 + 1)
    monkeypatch.setattr(layout, "draw_in_process", None)
    assert layout.render("digraph graph { a -> b" + " -> b" * layout.MANY + "}", "svg") is None, "not DOT"
    assert layout.render("digraph { a -> b" + "; a -> b" * layout.MANY + "}", "svg")
    monkeypatch.setattr(layout, "SECONDS", 0.01)
    data, _ = picture._repr_mimebundle_()
    assert set(data) == {"text/plain"} and "did not draw this graph in 0.01 s" in data["text/plain"]


@pytest.mark.parametrize(("arrows", "lines"), [(300, "default"), (302, "polyline"), (1000, "polyline"), (1002, "line")])
def test_the_larger_a_graph_the_simpler_its_lines(arrows: int, lines: str) -> None:
    dot = tg.draw(fan(arrows), limit=arrows, open=True).dot
    assert dot.count("->") == arrows
    assert re.findall(r"splines=(\w+)", dot) == ([] if lines == "default" else [lines])


def test_nothing_reaches_stderr_even_where_graphviz_warns(capfd: pytest.CaptureFixture[str]) -> None:
    assert layout.render("digraph { a [label=<<b>x</c>>]; b [shape=nosuch, fontname=nosuch] }", "svg")
    assert layout.render("digraph {", "svg") is None
    assert capfd.readouterr() == ("", "")
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


def test_a_process_without_stderr_draws() -> None:
    source = "import os; os.close(2); import tinygrad_course as tg; print(len(tg.draw(tg.tensor(1.0)).svg) > 0)"
    assert subprocess.run([sys.executable, "-c", source], stdout=subprocess.PIPE, check=True).stdout.strip() == b"True"


def test_two_threads_draw_at_once() -> None:
    expected = chain(20).svg
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: chain(20).svg, range(12))) == {expected}
