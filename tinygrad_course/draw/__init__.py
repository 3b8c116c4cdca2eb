"""The graph of a program as a picture.

`draw(y)` shows how y came about: values, operations, gradients, by the names they have in the program. The picture
is laid out by Graphviz (layout.py), and is text where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..tensor import Tensor
from .compare import mark_differences
from .layout import engine_name
from .listing import title
from .names import Names, clean, namespaces
from .picture import LIMIT, Picture
from .plots import image_grid
from .scene import Scene, sketch

__all__ = ["Picture", "draw", "engine_name", "image_grid", "side_by_side"]


def draw(
    y: Tensor,
    *,
    names: Mapping[str, Any] | None = None,
    direction: str | None = None,
    depth: int | None = None,
    numbers: bool = True,
    limit: int = LIMIT,
) -> Picture:
    """Draw the graph that y came from, as it is now.

    names: name → tensor, where the variables' own names are not wanted or not known, as in names={"w": w}.
    direction: "LR" (left to right), "TB" (top to bottom), "RL" or "BT"; when left out, long chains go downwards.
    depth: draw only so many operations before y. numbers: False leaves out what arrays and gradients hold.
    limit: above so many operations there is a summary and no picture.
    Raises TypeError for what is no Tensor, ValueError for a direction or depth that does not exist.
    """
    return Picture([scene_of(y, names, depth, numbers)], direction, limit)


def side_by_side(
    *graphs: Tensor | Picture,
    captions: Sequence[str] = (),
    names: Mapping[str, Any] | None = None,
    direction: str = "TB",
    limit: int = LIMIT,
) -> Picture:
    """Draw several graphs in one picture, each in a frame under its caption, and mark what differs from the first.

    Raises TypeError for what is neither Tensor nor Picture, ValueError where there are not as many captions as graphs.
    """
    scenes = [
        scene
        for graph in graphs
        for scene in (graph.scenes if isinstance(graph, Picture) else [scene_of(graph, names)])
    ]
    if not scenes or (captions and len(captions) != len(scenes)):
        raise ValueError(f"side_by_side: {len(scenes)} graphs and {len(captions)} captions; give one caption a graph")
    words = [clean(str(caption)) for caption in captions] or [title(scene) for scene in scenes]
    framed = [Scene(scene.steps, caption) for scene, caption in zip(scenes, words, strict=True)]
    return Picture(mark_differences(framed), direction, limit)


def scene_of(y: Any, names: Mapping[str, Any] | None, depth: int | None = None, numbers: bool = True) -> Scene:
    """Take the graph of y down, with the names of the caller's variables."""
    if not isinstance(y, Tensor):
        raise TypeError(f"draw: expected a Tensor, got {type(y).__name__}; to draw a number or array: tg.tensor(...)")
    if depth is not None and depth < 1:
        raise ValueError(f"draw: depth counts operations, from 1; got {depth}")
    return sketch(y, Names(names, namespaces()), depth, numbers).scene
