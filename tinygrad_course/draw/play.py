"""The graph player: a forward and a backward pass, step by step, in a notebook, without a widget server."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from ..tensor import Tensor
from . import layout
from .listing import headline
from .names import Names, namespaces
from .picture import Picture
from .player_steps import Step, walkthrough
from .scene import Operation, Scene, Value, plural

LIMIT = 60  # operations beyond which nobody would step through
ROOM = {True: 0.75, False: 0.5}  # inches from a box to an operation, where a picture goes sideways, and where not
CHAIN = 3  # operations in a row up to which it goes from left to right


def play(
    y: Tensor, gradient: Any = None, *, names: Mapping[str, Any] | None = None, direction: str | None = None,
    depth: int | None = None, limit: int = LIMIT,
) -> Player:  # fmt: skip
    """Step through the operations that made y, and through their gradient rules, in a notebook; print it for text.

    The backward pass is one of the player's own: no .grad changes, no hook runs, and backward() can still be called.
    gradient: of y, where it is not to be all ones. names, direction, depth: as for draw. limit: above so many
    operations there are no steps, but how to narrow the graph.
    Raises TypeError for what is no Tensor, ValueError for a depth or direction that does not exist, RuntimeError for
    a tensor without a graph or a gradient of another shape.
    """
    if not isinstance(y, Tensor):
        raise TypeError(f"play: expected a Tensor, got {type(y).__name__}; compute one from tensors that require grad")
    if depth is not None and depth < 1:
        raise ValueError(f"play: depth counts operations, from 1; got {depth}")
    scene, steps = walkthrough(y, Names(names, namespaces()), depth, gradient, limit)
    return Player(scene, steps, direction, limit)


class Player(Picture):
    """A graph and the steps through it. print(player) gives them as text; .html is the view for a notebook."""

    def __init__(self, scene: Scene, steps: list[Step], direction: str | None = None, limit: int = LIMIT) -> None:
        super().__init__([scene], direction or ("LR" if scene.longest_chain() <= CHAIN else "TB"), limit)
        self.steps = steps

    @cached_property
    def dot(self) -> str:
        """The graph in Graphviz's language, with room beside the arrows for what travels along them."""
        room = ROOM[self.direction in ("LR", "RL")]
        return super().dot.rstrip().removesuffix("}") + f"\tgraph [ranksep={room}]\n}}\n"

    def __repr__(self) -> str:
        return f"<Player: {headline(self.scenes)}; {plural(len(self.steps), 'step')}>"

    def __str__(self) -> str:
        if not self.steps:
            return (
                f"{self.alt} More than {self.limit} operations are not played, since nobody would step through "
                "them.\nTo see a part: play(y, depth=3) plays the 3 operations before y, and play(h) the graph of an "
                "earlier h. All the same: play(y, limit=...)."
            )
        lines = [f"{self.alt} {plural(len(self.steps), 'step')}."]
        for number, step in enumerate(self.steps, 1):
            first, *others = step.lines()
            phase = f"{step.phase}: " if step.boxes else ""
            lines += [f"{number}. {phase}{first}", *(f"   {line}" for line in others)]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        if self.html is None:
            why = f"\n{layout.why_no_picture()}." if self.steps else ""
            return {"text/plain": f"{self}{why}"}, {}
        return {"text/plain": str(self), "text/html": self.html}, {}

    @cached_property
    def html(self) -> str | None:
        """The view, as one piece of HTML that needs nothing else; None without steps, or without a layout program."""
        svg = self.svg if self.steps else None
        if svg is None:
            return None
        data = in_script({"steps": list(map(asdict, self.steps)), "nodes": list(map(about, self.scenes[0].steps))})
        parts = {file: beside(f"player.{file}") for file in ("css", "js")}
        return Template(beside("player.html")).substitute(
            parts,
            name=f"player-{sha256(f'{self.dot}{data}'.encode()).hexdigest()[:10]}",
            image=b64encode(svg.encode()).decode(),
            alt=escape(self.alt),
            text=escape(str(self)),
            data=data,
        )


def about(step: Value | Operation) -> list[str]:
    """What is said of a box or an operation that is pointed at: what it is, and facts."""
    if isinstance(step, Operation):
        return [step.op, step.params]
    numbers = f"value {step.digits.line}" if step.digits else ""
    return [f"{step.name} ({step.kind})" if step.name else step.kind, numbers, step.shape, step.dtype]


def in_script(data: Any) -> str:
    """Data as JSON that can stand inside a <script>: nothing in it ends the element, or a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def beside(name: str) -> str:
    """A file that lies beside this one."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
