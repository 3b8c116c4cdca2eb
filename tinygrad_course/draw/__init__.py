"""The graph of a program as a picture.

`draw(y)` shows how y came about: values, operations, gradients, by the names they have in the program. The picture
is laid out by Graphviz (layout.py), and is text where there is none. Whoever imports the framework need not wait for
all this: what draws is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..tensor import Tensor

if TYPE_CHECKING:
    from .collapse import Open
    from .layout import engine_name
    from .names import Names
    from .picture import Picture
    from .scene import Artist, Show

CAPTION = 80  # characters
LIMIT = 100  # operations beyond which a summary stands in place of the picture

__all__ = ["Picture", "compare_gradients", "draw", "engine_name", "side_by_side"]


def __getattr__(name: str) -> Any:
    if name == "Picture":
        from .picture import Picture

        return Picture
    if name == "engine_name":
        from .layout import engine_name

        return engine_name
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def draw(
    y: Any, *inputs: Any, names: Mapping[str, Any] | None = None, direction: str | None = None,
    depth: int | None = None, open: Open = None, limit: int = LIMIT, values: bool = True, grads: bool = True,
    shapes: bool = True, dtypes: bool | None = None, modules: bool = True, fused: bool = False, theme: str = "auto",
) -> Picture:  # fmt: skip
    """Draw the graph that y came from, as it is now; or `draw(model, x)`: the graph of what the model makes of x.

    A model is called once, as it is: in training mode batch norm takes note. Of several outputs the first is drawn.
    For a model that takes more than inputs by their place: draw(model(x, mask=mask)).
    names: name → tensor or module, where the variables' own names are not wanted or not known, as in names={"w": w}.
    direction: "LR" (left to right), "TB" (top to bottom), "RL" or "BT"; when left out, long chains go downwards.
    depth: draw only so many operations before y.
    open: which calls of modules show what is inside. True: all. False: none. 1: the outermost show the modules in
    them, 2: and these those in theirs. Paths, as in open=("blocks.0", "head*"): these, and else what can be read. When
    left out: all up to `limit` operations, and beyond that as many levels as can be read. A module that is not open is
    one box; boxes and operations that are repeated in a row are one for all.
    limit: above so many boxes and operations there is a summary and no picture.
    values, grads, shapes, dtypes: what to show of each tensor; a dtype that is not the usual one shows by itself.
    modules: False passes over what belongs to which module.
    fused: True draws what was recorded, where one operation does the work of several, as that of nn.Linear does.
    theme: "light" or "dark", each on its own ground, or "auto", on none, for both.
    Raises TypeError for what is no Tensor, model or path, ValueError for a direction, depth, theme or path that there
    is not.
    """
    from .model import run_model
    from .names import Names, namespaces
    from .picture import Picture
    from .scene import Show

    found = Names(names, namespaces())
    result = y
    if callable(getattr(type(y), "named_modules", None)):
        result = run_model(y, inputs, found)
    elif inputs:
        raise TypeError(f"draw: only a model takes inputs, as in draw(model, x); got a {type(y).__name__} and inputs")
    show = Show(values, grads, shapes, dtypes, modules)
    return Picture([take_down(result, found, depth, show, open, limit, fused).scene], direction, limit, theme)


def side_by_side(
    *graphs: Tensor | Picture, captions: Sequence[str] = (), names: Mapping[str, Any] | None = None,
    direction: str = "TB", limit: int = LIMIT, theme: str = "auto",
) -> Picture:  # fmt: skip
    """Draw several graphs in one picture, each in a frame under its caption, and mark what differs from the first.

    The graphs are compared from their results back: other operations and constants differ, other numbers do not.
    Raises TypeError for what is neither Tensor nor Picture, ValueError where there are not as many captions as graphs.
    """
    from dataclasses import replace

    from .compare import mark_differences
    from .listing import title
    from .names import Names, clean, namespaces
    from .picture import Picture

    found = Names(names, namespaces())
    scenes = [
        scene
        for graph in graphs
        for scene in (graph.scenes if isinstance(graph, Picture) else [take_down(graph, found).scene])
    ]
    if not scenes or (captions and len(captions) != len(scenes)):
        raise ValueError(f"side_by_side: {len(scenes)} graphs and {len(captions)} captions; give one caption a graph")
    words = [clean(str(caption), CAPTION) for caption in captions] or [title(scene) for scene in scenes]
    framed = [replace(scene, caption=caption) for scene, caption in zip(scenes, words, strict=True)]
    return Picture(mark_differences(framed), direction, limit, theme)


def compare_gradients(
    y: Tensor, yours: Mapping[Any, Any] | None = None, expected: Mapping[Any, Any] | None = None, *,
    names: Mapping[str, Any] | None = None, direction: str | None = None, depth: int | None = None,
    limit: int = LIMIT, theme: str = "auto",
) -> Picture:  # fmt: skip
    """Draw y's graph with your gradients, and mark the first wrong one on the way back from y: yours and the right one.

    yours, expected: name, or tensor, → gradient: an array, a number, or None where there is none.
    yours left out: the .grad of each tensor. expected left out: computed here, for y's own gradient all ones, without
    hooks, and with every .grad left alone. Only what is in `expected`, or else in `yours`, is compared.
    Raises ValueError for a name or tensor that is not in the graph, TypeError for what is no Tensor, RuntimeError
    where `expected` is left out and backward() has freed the graph.
    """
    from .compare import mark_first_wrong
    from .names import Names, namespaces
    from .picture import Picture

    artist = take_down(y, Names(names, namespaces()), depth)
    mark_first_wrong(artist, y, yours, expected)
    return Picture([artist.scene], direction, limit, theme)


def take_down(
    y: Any, names: Names, depth: int | None = None, show: Show | None = None, open: Open = True, limit: int = LIMIT,
    fused: bool = False,
) -> Artist:  # fmt: skip
    """Take the graph of y down. Raises TypeError and ValueError for what cannot be drawn."""
    from .scene import EVERYTHING, sketch

    if not isinstance(y, Tensor):
        raise TypeError(f"draw: expected a Tensor, got {type(y).__name__}; to draw a number or array: tg.tensor(...)")
    if depth is not None and depth < 1:
        raise ValueError(f"draw: depth counts operations, from 1; got {depth}")
    return sketch(y, names, depth, show or EVERYTHING, open, limit, fused)
