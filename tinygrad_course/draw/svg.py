"""Graphviz's SVG made fit for a notebook: its size, a text for those who cannot see it, ids that do not clash."""

from __future__ import annotations

from hashlib import sha256
from xml.etree import ElementTree as Tree

from .thumbnail import Thumbnail, into_svg

SPACE = "{http://www.w3.org/2000/svg}"
PRESERVE = "{http://www.w3.org/XML/1998/namespace}space"
POINT = 96 / 72  # pixels to a point
STYLE = "max-width:100%;height:auto;border-radius:6px"


def finish(svg: bytes, dot: str, alt: str, description: str, thumbnails: dict[str, Thumbnail]) -> str:
    """The SVG as one element without comments; every id in it begins with a hash of the graph's DOT."""
    root = Tree.fromstring(svg)
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(SPACE)
    root.attrib |= {"xmlns": SPACE[1:-1], "role": "img", "aria-label": alt, "style": STYLE}
    for side in ("width", "height"):
        root.set(side, str(round(float(root.get(side, "0pt").removesuffix("pt")) * POINT)))
    share_font(root)
    into_svg(root, thumbnails)
    titles_last(root)
    name_parts(root, f"g{sha256(dot.encode()).hexdigest()[:8]}")
    for place, (tag, words) in enumerate([("title", alt), ("desc", description)]):
        child = Tree.Element(tag)
        child.text = words
        root.insert(place, child)
    return Tree.tostring(root, encoding="unicode")


def share_font(root: Tree.Element) -> None:
    """Say once what Graphviz repeats at every piece of text, and leave out blank pieces: a fifth of the file."""
    for group in root.iter("g"):
        for words in group.findall("text"):
            root.set("font-family", words.attrib.pop("font-family", ""))
            words.attrib.pop(PRESERVE, None)
            if not (words.text or "").strip():
                group.remove(words)


def titles_last(root: Tree.Element) -> None:
    """Put the titles of frames above the arrows, which Graphviz draws over them."""
    for graph in root.findall("g"):
        for frame in graph.findall("g[@class='cluster']"):
            _, _, *words = frame  # after its name and its outline
            for part in words:
                frame.remove(part)
                graph.append(part)


def name_parts(root: Tree.Element, prefix: str) -> None:
    """Give each group an id: the prefix and a node's name in the DOT, or for the rest what Graphviz calls it."""
    for group in list(root.iter("g")):
        title = group.find("title")
        own = title.text if title is not None and group.get("class") == "node" else group.get("id")
        group.set("id", f"{prefix}-{own}")
        if title is not None:
            group.remove(title)
