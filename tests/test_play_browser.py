"""The graph player under real clicks and keys: in a page of its own, without scripts, and in a JupyterLab.

It needs what test_browser.py needs, and skips where that skips.
"""

# Fixtures of another file come by import, and each test names them again.
# ruff: noqa: F811

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from test_browser import NOTEBOOK, Lab, artifacts, browser, lab, open_notebook, page, run_all  # noqa: F401

import tinygrad_course as tg
from tinygrad_course.draw.play import Player, play

HEAD = '<!doctype html><meta charset="utf-8"><title>Player</title><style>:root{color-scheme:light dark}</style>'
# The words that can be seen of each box and operation that has any.
SEEN = """figure => [...figure.querySelectorAll(".node")].map(node => [...node.querySelectorAll("text")]
    .filter(text => getComputedStyle(text).opacity > 0).map(text => text.textContent.trim()).join(" "))
    .filter(Boolean)"""
VIEW = """svg => svg.getAttribute("viewBox").split(" ").map(Number)"""
# How hosts put stored HTML into a page: JupyterLab and Notebook 7 make each script anew in its place, before the whole
# is in the page; VS Code makes each anew at the end of the output and takes it away at once.
HOSTS = {
    "jupyterlab": """html => { const host = document.createElement("div"); host.innerHTML = html;
        for (const old of [...host.querySelectorAll("script")]) { const made = document.createElement("script");
            for (const {name, value} of old.attributes) made.setAttribute(name, value);
            made.textContent = old.textContent; old.parentNode.replaceChild(made, old); }
        document.body.append(host); }""",
    "vscode": """html => { const host = document.createElement("div");
        document.body.append(host); host.innerHTML = html;
        for (const old of [...host.querySelectorAll("script")]) { const made = document.createElement("script");
            made.text = old.innerText; if (old.type) made.type = old.type; host.append(made); made.remove(); } }""",
}


def leaf(numbers: object) -> tg.Tensor:
    return tg.tensor(numbers, requires_grad=True)


def small() -> Player:
    a, b = leaf(2.0), leaf(-3.0)
    c = a * b
    y = c + a
    return play(y)


def layers() -> Player:
    x, w, bias = tg.tensor([[1.0, 2.0], [3.0, 4.0]]), leaf([[0.5, -1.0], [0.25, 0.75]]), leaf([0.1, -0.2])
    h = (x @ w + bias).relu()
    loss = (h**2).mean()
    return play(loss)


def show(page: Any, folder: Path, *players: Player, calm: bool = True) -> Any:
    """Open a page with players in it; the first of them."""
    file = folder / "page.html"
    file.write_text(HEAD + "<p>Between</p>".join(player.html or "" for player in players), encoding="utf-8")
    page.emulate_media(reduced_motion="reduce" if calm else "no-preference")
    page.goto(file.as_uri())
    page.wait_for_function("document.querySelector('.stage').style.height")
    return page.locator("figure").first


def press(figure: Any, label: str, times: int = 1) -> None:
    for _ in range(times):
        figure.get_by_role("button", name=label, exact=True).click()


def step(figure: Any) -> int:
    return int(figure.get_by_role("slider").input_value()) + 1


def words(figure: Any) -> list[str]:
    """The lines of the panel."""
    return [" ".join(line.split()) for line in figure.get_by_role("status").inner_text().splitlines() if line.strip()]


def seen(figure: Any) -> set[str]:
    return set(figure.evaluate(SEEN))


def test_clicks_go_through_both_passes(page: Any, tmp_path: Path) -> None:
    figure = show(page, tmp_path, small())
    given = {"a leaf 2.0 shape ()", "b leaf -3.0 shape ()"}
    assert seen(figure) == given and words(figure)[1:] == ["Given", "a = 2.0, b = -3.0"]
    press(figure, "Forward")
    assert seen(figure) == given | {"×", "c result -6.0 shape ()"}
    press(figure, "Forward", 2)
    assert {"c result -6.0 shape ()", "y result -4.0 shape () grad 1.0"} < seen(figure)
    assert words(figure)[0] == "backwardstep 4 of 7"
    press(figure, "Forward")
    assert "a leaf 2.0 shape () grad 1.0" in seen(figure), "one of two paths has arrived"
    press(figure, "Forward")
    assert {"a leaf 2.0 shape () grad -2.0", "b leaf -3.0 shape () grad 2.0"} < seen(figure)
    assert figure.locator(".token text").all_text_contents() == ["-3.0", "2.0"]
    assert "gradient of a g × y = 1.0 × (-3.0) = -3.0 Mul.grad_x" in " ".join(words(figure))
    assert words(figure)[-1] == "-2.0 = 1.0 + -3.0: two paths meet at a."
    assert figure.locator(".node.now").count() == 4 and figure.locator(".edge.now").count() == 3
    press(figure, "Last step")
    assert step(figure) == 7 and "gradients of the leaves: a -2.0, b 2.0." in words(figure)
    press(figure, "Back", 2)
    assert step(figure) == 5 and "a leaf 2.0 shape () grad 1.0" in seen(figure)
    press(figure, "First step")
    assert step(figure) == 1 and seen(figure) == given


def test_keys_step_when_the_player_has_the_focus(page: Any, tmp_path: Path) -> None:
    figure = show(page, tmp_path, small())
    page.keyboard.press("ArrowRight")
    assert step(figure) == 1, "without the focus, keys are the page's own"
    page.keyboard.press("Tab")
    assert figure.locator(".stage:focus-visible").count() == 1
    assert figure.locator(".stage").evaluate("stage => getComputedStyle(stage).outlineStyle") == "solid"
    for key, after in [
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 7),
        ("ArrowRight", 7),
        ("Home", 1),
    ]:
        page.keyboard.press(key)
        assert step(figure) == after, key
    figure.get_by_role("button", name="Last step").press("Enter")
    figure.get_by_role("button", name="Last step").press("ArrowLeft")
    assert step(figure) == 6, "a button at its end keeps the focus"


def test_the_slider_is_dragged_and_has_keys(page: Any, tmp_path: Path) -> None:
    figure = show(page, tmp_path, small())
    slider = figure.get_by_role("slider", name="Step")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.66, box["y"] + 5, steps=4)
    page.mouse.up()
    assert step(figure) == 5 and "y = c + a" in words(figure)
    slider.press("ArrowRight")
    assert step(figure) == 6 and slider.get_attribute("aria-valuetext") == "step 6 of 7: c = a × b"


def test_it_plays_by_itself_and_a_gradient_travels(page: Any, tmp_path: Path) -> None:
    figure = show(page, tmp_path, small(), calm=False)
    figure.get_by_role("combobox", name="Speed").select_option("4×")
    press(figure, "Play")
    page.wait_for_function("figure => figure.querySelector('input').value === '5'", arg=figure.element_handle())
    moves = "figure => figure.querySelector('.token').getAttribute('transform')"
    start = figure.evaluate(moves)
    page.wait_for_function(f"([figure, start]) => ({moves})(figure) !== start", arg=[figure.element_handle(), start])
    page.wait_for_function("figure => figure.querySelector('input').value === '6'", arg=figure.element_handle())
    figure.get_by_role("button", name="Play", exact=True).wait_for()
    press(figure, "First step")
    figure.locator(".stage").press(" ")
    assert figure.get_by_role("button", name="Pause").count() == 1 and step(figure) == 2
    figure.locator(".stage").press(" ")
    assert figure.get_by_role("button", name="Pause").count() == 0


def test_pointing_at_a_box_tells_of_it(page: Any, tmp_path: Path) -> None:
    figure = show(page, tmp_path, small())
    tip = figure.get_by_role("tooltip")
    figure.locator(".node", has_text="leaf").first.hover()
    assert tip.inner_text().split("\n") == ["a (leaf)", "value 2.0", "shape ()", "no gradient yet"]
    press(figure, "Last step")
    assert not tip.evaluate("tip => tip.classList.contains('on')")
    figure.locator(".stage").press("ArrowDown")
    assert (
        page.evaluate("document.activeElement.getAttribute('aria-label')")
        == "a (leaf), value 2.0, shape (), gradient -2.0"
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert tip.inner_text().split("\n") == ["Mul", "Product of two tensors, element by element."]
    page.keyboard.press("ArrowLeft")
    assert step(figure) == 6, "steps go on while a box has the focus"
    page.keyboard.press("Escape")
    assert figure.locator(".stage:focus").count() == 1


def test_zoom_and_pan(page: Any, tmp_path: Path) -> None:
    figure = show(page, tmp_path, small())
    svg, stage = figure.locator(".stage > svg"), figure.locator(".stage")
    whole = svg.evaluate(VIEW)
    press(figure, "Larger")
    larger = svg.evaluate(VIEW)
    assert larger[2] == pytest.approx(whole[2] / 1.3)
    box = stage.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 20, steps=3)
    page.mouse.up()
    moved = svg.evaluate(VIEW)
    scale = larger[2] / (box["width"] - 2)
    assert moved[:2] == pytest.approx([larger[0] - 60 * scale, larger[1] - 20 * scale], abs=1)
    page.mouse.wheel(0, -100)
    assert svg.evaluate(VIEW) == moved, "the wheel alone scrolls the page"
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.wait_for_function("([svg, width]) => svg.viewBox.baseVal.width < width", arg=[svg.element_handle(), moved[2]])
    page.keyboard.up("Control")
    press(figure, "Fit")
    assert svg.evaluate(VIEW) == pytest.approx(whole)


def test_a_long_graph_is_followed(page: Any, tmp_path: Path) -> None:
    y = leaf(0.5)
    for _ in range(12):
        y = (y * 2).tanh()
    player = play(y)
    figure = show(page, tmp_path, player)
    inside = """figure => { const frame = figure.querySelector(".stage").getBoundingClientRect();
        return [...figure.querySelectorAll(".node.now")].every(node => { const box = node.getBoundingClientRect();
            return box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1; }); }"""
    for _ in player.steps[1:]:
        figure.locator(".stage").press("ArrowRight")
        assert figure.evaluate(inside), step(figure)
    assert step(figure) == len(player.steps) == 51
    below = "figure => figure.querySelector('.stage').getBoundingClientRect().bottom"
    figure.get_by_role("button", name="First step").click()
    for _ in range(25):
        figure.locator(".stage").press("ArrowRight")
    lowest = figure.locator(".node").last.bounding_box()
    assert figure.evaluate(below) - lowest["y"] - lowest["height"] < 40, "no empty space below the last box"


@pytest.mark.parametrize("host", HOSTS)
def test_it_starts_however_a_host_runs_scripts_and_more_than_once(page: Any, tmp_path: Path, host: str) -> None:
    show(page, tmp_path, layers())
    names = set(page.evaluate("Object.keys(window)"))
    player = small()
    for _ in range(2):
        page.evaluate(HOSTS[host], player.html)
    page.wait_for_function("[...document.querySelectorAll('figure')].every(f => f.querySelector('.panel .title'))")
    first, second = page.locator("figure").nth(1), page.locator("figure").nth(2)
    press(second, "Forward", 5)
    assert (step(first), step(second)) == (1, 6) and page.locator(".view").count() == 3
    assert set(page.evaluate("Object.keys(window)")) == names, "no global names"
    ids = page.evaluate("[...document.querySelectorAll('svg [id]')].length")
    assert ids == 0, "parts of one graph shown twice would clash"


def test_hostile_names_are_text(page: Any, tmp_path: Path) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    x = leaf(2.0)
    name = "<img src=x onerror='hacked=1'></script>"
    y = x * 3
    figure = show(page, tmp_path, play(y, names={name: x, "n" * 10_000: y}))
    press(figure, "Forward", 3)
    figure.locator(".node", has_text="leaf").hover()
    assert name in figure.inner_text() and figure.get_by_role("tooltip").inner_text().startswith(name)
    assert not page.evaluate("'hacked' in window") and page.locator("img").count() == 0
    assert errors == [] and [url for url in requests if not url.startswith(("file:", "data:"))] == []


def test_without_scripts_there_is_a_picture_with_a_caption(browser: Any, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    file = tmp_path / "page.html"
    file.write_text(HEAD + (small().html or ""), encoding="utf-8")
    page.goto(file.as_uri())
    image = page.get_by_role("img", name="Graph of y: 2 operations, 2 leaves.")
    assert image.bounding_box()["width"] > 300 and page.get_by_text("A still picture").is_visible()
    assert page.get_by_role("button").count() == 0
    page.get_by_text("All steps as text").click()
    assert page.get_by_text("by Mul.grad_x: g × y = 1.0 × (-3.0) = -3.0").is_visible()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 600])
def test_it_fits_and_is_readable(page: Any, tmp_path: Path, artifacts: Path, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    figure = show(page, tmp_path, small(), layers())
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for player in (figure, page.locator("figure").nth(1)):
        height = player.bounding_box()["height"]
        player.locator(".stage").press("End")
        player.locator(".stage").press("ArrowLeft")
        assert player.bounding_box()["height"] == height, "nothing below it jumps"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink = page.locator(".panel .title").first.evaluate("title => getComputedStyle(title).color")
    assert ink == ("rgb(0, 0, 0)" if theme == "light" else "rgb(255, 255, 255)")
    page.screenshot(path=artifacts / f"player_{width}_{theme}.png", full_page=True)


def write_notebook(lab: Lab, name: str, program: str) -> None:
    """A notebook of one cell in the learner's folder."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(program)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(notebook, lab.folder / name)


def untrusted(lab: Lab, name: str) -> str:
    """The name of a copy of a notebook that nobody has signed: its first cell is another one."""
    changed = json.loads((lab.folder / name).read_text(encoding="utf-8"))
    changed["cells"][0]["source"] += "  # never signed"
    (lab.folder / f"untrusted_{name}").write_text(json.dumps(changed), encoding="utf-8")
    return f"untrusted_{name}"


def test_in_a_jupyterlab_it_plays_and_untrusted_it_is_a_picture(page: Any, lab: Lab, artifacts: Path) -> None:
    program = "import tinygrad_course as tg\nx = tg.tensor(3.0, requires_grad=True)\ny = x * x\ntg.play(y)"
    write_notebook(lab, "play.ipynb", program)
    open_notebook(page, lab, "play.ipynb")
    run_all(page)
    figure = page.locator(f"{NOTEBOOK} figure")
    press(figure, "Forward", 3)
    figure.get_by_role("button", name="Forward").press("ArrowLeft")
    figure.get_by_role("button", name="Forward").press("ArrowRight")
    figure.get_by_text("6.0 = 3.0 + 3.0: two paths meet at x.", exact=True).wait_for()
    page.wait_for_timeout(1000)
    assert "x leaf 3.0 shape () grad 6.0" in seen(figure)
    page.screenshot(path=artifacts / "player_lab.png")
    open_notebook(page, lab, untrusted(lab, "play.ipynb"))
    image = page.locator(f"{NOTEBOOK} .jp-OutputArea").get_by_role("img", name="Graph of y: 1 operation, 1 leaf.")
    assert image.bounding_box()["width"] > 200 and image.bounding_box()["height"] > 60
    assert page.locator(f"{NOTEBOOK} .stage").count() == 0
    page.screenshot(path=artifacts / "player_untrusted.png")


def test_in_a_jupyterlab_a_drawing_has_its_alt_text_and_fits_trusted_or_not(page: Any, lab: Lab) -> None:
    program = (
        "import tinygrad_course as tg\nx = y = tg.tensor(3.0, requires_grad=True)\n"
        "for _ in range(6):\n    y = y * x\ntg.draw(y, direction='LR')"
    )
    write_notebook(lab, "draw.ipynb", program)
    open_notebook(page, lab, "draw.ipynb")
    run_all(page)
    page.set_viewport_size({"width": 1000, "height": 800})
    for name in ("draw.ipynb", untrusted(lab, "draw.ipynb")):
        open_notebook(page, lab, name)
        output = page.locator(f"{NOTEBOOK} .jp-OutputArea-output")
        image = output.get_by_role("img", name="Graph of y: 6 operations, 1 leaf.", exact=True)
        assert image.evaluate("image => image.complete && image.naturalWidth") > image.bounding_box()["width"] > 300
        assert output.evaluate("output => output.scrollWidth <= output.clientWidth + 1"), "all of it can be seen"
