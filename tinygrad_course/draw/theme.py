"""The colours of a drawing: for light pages, for dark ones, and on no ground of their own for both."""

from __future__ import annotations

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours by what they are for. tints: fill and border of each kind of value."""

    paper: str
    ink: str
    quiet: str
    line: str
    operation: str
    operation_ink: str
    gradient: str
    mark: str
    frame: str
    caption: str
    tints: dict[str, tuple[str, str]]


# Light tints of Okabe and Ito's colours, which colour-blind readers can tell apart, each with its dark border.
LIGHT = Palette(
    paper="#ffffff", ink="#1b1f24", quiet="#4b5560", line="#6b7580", operation="#2f3e4e", operation_ink="#ffffff",
    gradient="#fbe0c8", mark="#a64200", frame="#c4cbd2", caption="#ffffff",
    tints={
        "input": ("#fbf3c8", "#6e5a00"),
        "leaf": ("#d6ebf8", "#0f5e8c"),
        "parameter": ("#ecdff0", "#7a3f6a"),
        "constant": ("#f2f2f0", "#6b7580"),
        "result": ("#dcf1e9", "#00694d"),
        "earlier result": ("#ffffff", "#00694d"),
    },
)  # fmt: skip
DARK = Palette(
    paper="#14181d", ink="#eef1f4", quiet="#b3bdc7", line="#8c98a4", operation="#cdd6de", operation_ink="#14181d",
    gradient="#5c3a1c", mark="#ffab66", frame="#4d5863", caption="#14181d",
    tints={
        "input": ("#38330f", "#e3cf63"),
        "leaf": ("#123349", "#62b8ea"),
        "parameter": ("#3b2539", "#dba3cd"),
        "constant": ("#272c32", "#98a4af"),
        "result": ("#10392d", "#52c79f"),
        "earlier result": ("#14181d", "#52c79f"),
    },
)  # fmt: skip
# What stands on the page itself is of a middle grey, and words never do.
AUTO = LIGHT._replace(paper="transparent", line="#7d8790", frame="#98a2ac", caption="#eef1f4")

THEMES = {"auto": AUTO, "light": LIGHT, "dark": DARK}
