"""Picture: a drawn graph, as a notebook, a file, a terminal or a screen reader wants it."""

from __future__ import annotations

import io
import os
import threading
from base64 import b64encode
from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from . import LIMIT, layout
from . import dot as dots
from .listing import headline, listing, summary
from .scene import Scene
from .svg import finish
from .theme import AUTO, LIGHT, THEMES
from .thumbnail import Thumbnail, into_png

LINES = 60  # of the listing that a notebook stores
WIDEST = 1600  # pixels up to which a picture is made to fit its place; a wider one would be too small to read
CHAIN = 5  # operations in a row up to which a picture goes from left to right
DPI = 160  # with 144, digits of 11 points come out thin, as if from another font
COLORS = 128  # with fewer, tints become one another
DIRECTIONS = ("LR", "TB", "RL", "BT")


class Picture:
    """One graph, or several side by side.

    print(picture) gives the graph as text; .dot is its DOT source, .svg and .png the picture itself (None without a
    layout program). to_svg, to_png and to_dot write files.
    """

    def __init__(
        self, scenes: Sequence[Scene], direction: str | None = None, limit: int = LIMIT, theme: str = "auto"
    ) -> None:
        if direction not in (None, *DIRECTIONS):
            raise ValueError(f"draw: direction must be one of {', '.join(DIRECTIONS)}, not {direction!r}")
        if theme not in THEMES:
            raise ValueError(f"draw: theme must be one of {', '.join(THEMES)}, not {theme!r}")
        self.scenes, self.palette = tuple(scenes), THEMES[theme]
        self.direction = direction or ("LR" if max(s.longest_chain() for s in self.scenes) <= CHAIN else "TB")
        self.limit = limit

    # What it is

    @cached_property
    def dot(self) -> str:
        """The graph in Graphviz's language; node n0, n1, … in the order of the listing's steps."""
        return dots.digraph(self.scenes, self.direction, self.palette).source

    @cached_property
    def svg(self) -> str | None:
        """The picture as one SVG element, or None without a layout program."""
        drawn = layout.render(self.dot, "svg")
        return None if drawn is None else self.finished(drawn)

    def finished(self, drawn: bytes) -> str:
        """Graphviz's SVG with what it lacks."""
        return finish(drawn, self.dot, self.alt, self.shortened(30), dots.thumbnails(self.scenes))

    @cached_property
    def png(self) -> bytes | None:
        """The picture as PNG with its text inside, on a ground of its own, or None without a layout program."""
        ground = LIGHT if self.palette is AUTO else self.palette
        graph = dots.digraph(self.scenes, self.direction, ground)
        graph.attr("graph", dpi=str(DPI))
        drawn = layout.render(graph.source, "png")
        return None if drawn is None else compress(drawn, self.alt, dots.thumbnails(self.scenes))

    @property
    def alt(self) -> str:
        """The picture in one sentence."""
        return f"{headline(self.scenes)}."

    @property
    def is_large(self) -> bool:
        """Whether it has more operations than its limit."""
        return sum(len(list(scene.operations())) for scene in self.scenes) > self.limit

    def __repr__(self) -> str:
        return f"<Picture: {headline(self.scenes)}>"

    def __str__(self) -> str:
        return summary(self.scenes, self.limit) if self.is_large else listing(self.scenes)

    def shortened(self, most: int) -> str:
        """The listing with at most so many lines."""
        lines = str(self).splitlines()
        rest = len(lines) - most
        return "\n".join(lines if rest <= 0 else [*lines[:most], f"… and {rest} more lines: print the picture."])

    # In a notebook

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        text = self.shortened(LINES)
        if self.is_large:
            return {"text/plain": text}, {}
        if self.svg is None or self.html is None:
            return {"text/plain": f"{text}\n{layout.why_no_picture()}."}, {}
        return {"text/plain": text, "text/html": self.html, "image/svg+xml": self.svg}, {}

    @cached_property
    def html(self) -> str | None:
        """The picture as HTML with its alt text, as wide as there is room; None without a layout program.

        JupyterLab shows an SVG without its text, as wide as it is, and only in a trusted notebook.
        """
        if self.svg is None:
            return None
        width, style = svg_width(self.svg), "max-width:100%;height:auto"
        source = f"data:image/svg+xml;base64,{b64encode(self.svg.encode()).decode()}"
        fit = f' style="{style}"' if width <= WIDEST else ""
        return f'<img src="{source}" alt="{escape(self.alt)}" width="{width}"{fit}>'

    # In a file

    def to_dot(self, path: str | os.PathLike[str]) -> Path:
        """Write the DOT source; the path. Raises FileNotFoundError where the folder does not exist."""
        return write(path, self.dot.encode())

    def to_svg(self, path: str | os.PathLike[str]) -> Path:
        """Write an SVG; the path. RuntimeError without a layout program, FileNotFoundError without the folder."""
        return write(path, drawn(self.svg).encode())

    def to_png(self, path: str | os.PathLike[str]) -> Path:
        """Write a PNG; the path. RuntimeError without a layout program, FileNotFoundError without the folder."""
        return write(path, drawn(self.png))


def drawn(picture: Any) -> Any:
    """The picture. Raises RuntimeError where there is none."""
    if picture is None:
        raise RuntimeError(f"{layout.why_no_picture()}. to_dot and print work without.")
    return picture


def write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file whole or not at all; the path. Raises FileNotFoundError where its folder does not exist."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} does not exist: make it first, or choose another")
    half = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path


def svg_width(svg: str) -> int:
    """The width in pixels, which its first tag says."""
    return int(svg.partition(' width="')[2].partition('"')[0])


def compress(png: bytes, text: str, thumbnails: dict[str, Thumbnail] | None = None) -> bytes:
    """The PNG in few colours, which makes it four times smaller, with a text inside under the keyword Description.

    thumbnails: what takes the place of the cells of their colours.
    """
    from PIL import Image, PngImagePlugin

    note = PngImagePlugin.PngInfo()
    note.add_itxt("Description", text)
    file = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if thumbnails:
        image = Image.fromarray(into_png(np.array(image), thumbnails))
    few = image.quantize(COLORS, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True, pnginfo=note)
    return file.getvalue()
