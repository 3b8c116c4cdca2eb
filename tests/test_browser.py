"""A learner's first minutes, in a real JupyterLab in a real browser, started by the command line.

It needs the Python package playwright (in the extra "test") and a browser of Chromium's family, which
is looked for, or named by CHROMIUM_PATH. Without one the test is skipped and says why; where the
variable CI is set, it fails. The screenshots go to the folder that TINYGRAD_COURSE_ARTIFACTS names,
else to pytest's temporary one.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.request import Request, urlopen

import nbformat
import pytest
from matplotlib.image import imread

ROOT = Path(__file__).resolve().parents[1]
LESSON = "00_start_here.ipynb"
PICTURES = {"image/svg+xml", "image/png", "image/jpeg"}

CURE = (
    "install one (python -m playwright install chromium; on Debian apt install chromium) or name one by CHROMIUM_PATH"
)
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Every cell in the page at once (by default those out of sight are not), and no question about news.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook"
# While a notebook opens, JupyterLab shows one empty cell.
ALL_THERE = """([notebook, number]) => document.querySelectorAll(notebook + " .jp-CodeCell").length == number"""
# An error ends "Run All Cells": the cells below it keep an empty prompt.
ENDED = """notebook => document.querySelector(notebook + " [data-mime-type='application/vnd.jupyter.error']")
    || [...document.querySelectorAll(notebook + " .jp-CodeCell .jp-InputPrompt")]
        .every(prompt => /^\\[\\d+\\]:$/.test(prompt.textContent.trim()))"""
ALL_LOADED = """notebook => [...document.querySelectorAll(notebook + " .jp-OutputArea img")]
    .every(image => image.complete)"""
# Of each code cell: its prompt, the kinds of its outputs, and where in the window the pictures in them are.
CELLS = """notebook => [...document.querySelectorAll(notebook + " .jp-CodeCell")].map(cell => ({
    prompt: cell.querySelector(".jp-InputPrompt").textContent.trim(),
    kinds: [...cell.querySelectorAll("[data-mime-type]")].map(output => output.dataset.mimeType),
    text: cell.querySelector(".jp-OutputArea")?.innerText ?? "",
    pictures: [...cell.querySelectorAll(".jp-OutputArea-output img, .jp-OutputArea-output svg")]
        .filter(picture => !picture.parentElement.closest("svg"))
        .map(picture => picture.getBoundingClientRect().toJSON()),
}))"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: the learner's folder that it serves, its address, and its token."""

    folder: Path
    url: str
    token: str


def browser_path() -> str | None:
    """The program of a browser of Chromium's family on this machine."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        return named
    found = (shutil.which(command) for command in COMMANDS)
    return next(filter(None, found), None) or next((place for place in PLACES if Path(place).exists()), None)


def unavailable(reason: str) -> NoReturn:
    """Skip, saying why; on a continuous-integration server, where a browser is promised, fail."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{reason}, and CI is set")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable('no playwright: python -m pip install -e ".[test]"')
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        path = browser_path() or (own if Path(own).exists() else None)
        if path is None:
            unavailable(f"no browser of Chromium's family found: {CURE}")
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("TINYGRAD_COURSE_ARTIFACTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("artifacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def own_jupyter(home: Path) -> dict[str, str]:
    """An environment in which Jupyter reads and writes nothing of this user's own, and asks nothing."""
    for name, settings in SETTINGS.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    env = {name: value for name, value in os.environ.items() if name not in ("TINYGRAD_COURSE_FOLDER", "MPLBACKEND")}
    return env | {name: str(home / folder) for name, folder in names.items()} | {"PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server(runtime: Path, process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    """What the server says of itself in Jupyter's runtime folder, as soon as it does."""
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return dict(json.loads(file.read_text(encoding="utf-8")))
            except ValueError:  # not written to its end yet
                pass
        time.sleep(0.1)
    pytest.fail("tinygrad-course lab did not start a server:\n" + log.read_text(encoding="utf-8", errors="replace"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`tinygrad-course lab`, as a learner on a server would start it, until the tests are done."""
    home = tmp_path_factory.mktemp("jupyter")
    folder, log = home / "my lessons", home / "lab.log"
    options = ["--folder", str(folder), "--no-browser", "--port", str(free_port())]
    command = [sys.executable, "-m", "tinygrad_course", "lab", *options]
    with log.open("w", encoding="utf-8") as output:
        env = own_jupyter(home)
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, text=True)
    try:
        about = server(home / "runtime", process, log)
        yield Lab(folder, about["url"], about["token"])
        stop = Request(
            f"{about['url']}api/shutdown", method="POST", headers={"Authorization": f"token {about['token']}"}
        )
        urlopen(stop, timeout=10).close()
        process.wait(30)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1280, "height": 1000})
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


def open_notebook(page: Any, lab: Lab, name: str) -> list[dict[str, Any]]:
    """Open a notebook of the learner's folder, alone, and wait for all of it and its kernel; its code cells."""
    workspace = name.replace("/", "-").removesuffix(".ipynb")
    page.goto(f"{lab.url}lab/workspaces/{workspace}/tree/{name}?token={lab.token}")
    page.wait_for_function(ALL_THERE, arg=[NOTEBOOK, len(code_cells(lab.folder / name))])
    # The circle beside the kernel's name says idle before there is a kernel; the status bar does not.
    page.get_by_text("Python 3 (ipykernel) | Idle", exact=True).wait_for()
    page.wait_for_function(ALL_LOADED, arg=NOTEBOOK)
    return list(page.evaluate(CELLS, NOTEBOOK))


def run_all(page: Any) -> list[dict[str, Any]]:
    """Run every cell by the menu, wait for the last one or an error, and save; the code cells."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ENDED, arg=NOTEBOOK, timeout=180_000)
    page.wait_for_function(ALL_LOADED, arg=NOTEBOOK)
    page.keyboard.press("ControlOrMeta+s")
    page.wait_for_selector(".lm-TabBar-tab.jp-mod-current:not(.jp-mod-dirty)")
    return list(page.evaluate(CELLS, NOTEBOOK))


def shown(page: Any, path: Path) -> set[int]:
    """The numbers of the code cells that show a picture. Each is really seen: it has more than one colour.

    The whole notebook is kept at path as one image: the window is made as high as the notebook is.
    """
    panel = page.locator(f"{NOTEBOOK} .jp-WindowedPanel-outer")
    page.set_viewport_size({"width": 1280, "height": int(panel.evaluate("panel => panel.scrollHeight")) + 300})
    panel.evaluate("panel => panel.scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    seen, cells = imread(path)[:, :, :3], page.evaluate(CELLS, NOTEBOOK)
    for number, cell in enumerate(cells):
        for box in cell["pictures"]:
            top, left, bottom, right = (round(box[side]) for side in ("top", "left", "bottom", "right"))
            part = seen[max(top, 0) : max(bottom, 0), left:right].reshape(-1, 3)
            blank = len(part) < 100 or bool((part == part[0]).all())
            assert not blank, f"code cell {number} shows nothing at {box}; see {path}"
    return {number for number, cell in enumerate(cells) if cell["pictures"]}


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def with_picture(path: Path) -> set[int]:
    """The numbers of the code cells that have a picture among their stored outputs."""
    return {
        number
        for number, cell in enumerate(code_cells(path))
        if any(PICTURES & set(output.get("data", {})) for output in cell.outputs)
    }


def test_a_blank_lesson_runs_through_and_shows_its_graphs(page: Any, lab: Lab, artifacts: Path) -> None:
    opened = open_notebook(page, lab, LESSON)
    assert len(opened) == len(code_cells(ROOT / "lessons" / LESSON))
    assert not any(cell["kinds"] for cell in opened), "a lesson is blank when it is opened"
    cells = run_all(page)
    pictures = shown(page, artifacts / "lesson_00_run.png")
    failed = {"application/vnd.jupyter.error", "application/vnd.jupyter.stderr"}
    assert [cell["text"] for cell in cells if failed & set(cell["kinds"])] == []
    assert [cell["prompt"] for cell in cells] == [f"[{number}]:" for number in range(1, len(opened) + 1)]
    drawn = with_picture(lab.folder / LESSON)
    assert len(drawn) >= 3 and drawn <= pictures


def test_a_solution_shows_its_stored_graphs_before_anything_is_run(page: Any, lab: Lab, artifacts: Path) -> None:
    name = f"solutions/{LESSON}"
    open_notebook(page, lab, name)
    pictures = shown(page, artifacts / "solution_00_opened.png")
    drawn = with_picture(lab.folder / name)
    assert len(drawn) >= 3 and drawn <= pictures


def test_a_notebook_that_is_not_trusted_shows_its_stored_graphs_too(page: Any, lab: Lab, artifacts: Path) -> None:
    """As in a fresh clone that is opened without `tinygrad-course lab`."""
    changed = json.loads((ROOT / "solutions" / LESSON).read_text(encoding="utf-8"))
    changed["cells"][0]["source"] = "# Never signed"
    (lab.folder / "untrusted.ipynb").write_text(json.dumps(changed), encoding="utf-8")
    open_notebook(page, lab, "untrusted.ipynb")
    pictures = shown(page, artifacts / "untrusted_00_opened.png")
    drawn = with_picture(lab.folder / "untrusted.ipynb")
    assert len(drawn) >= 3 and drawn <= pictures
