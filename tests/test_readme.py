"""What the README shows is what the package does."""

from __future__ import annotations

import re
from pathlib import Path

import tinygrad_course as tg
from tinygrad_course.draw import Picture

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / ".github" / "first_graph.svg"


def drawn() -> Picture:
    x = tg.tensor([2.0], requires_grad=True)
    y = x * 2 if x > 0 else x * 3
    y.backward()
    return tg.draw(y)


def words(svg: str) -> list[str]:
    """The texts of a picture, in order."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_the_picture_is_of_the_program_beside_it(tmp_path) -> None:
    drawn().to_svg(tmp_path / "graph.svg")
    assert words(PICTURE.read_text(encoding="utf-8")) == words((tmp_path / "graph.svg").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in ("x = tg.tensor([2.0], requires_grad=True)", "y = x * 2 if x > 0 else x * 3", "tg.draw(y)"):
        assert line in readme


def test_links_lead_somewhere() -> None:
    for file in ("README.md", "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^)#]+)\)", (ROOT / file).read_text(encoding="utf-8")):
            assert link.startswith("https://") or (ROOT / link).exists(), f"{file}: {link}"
