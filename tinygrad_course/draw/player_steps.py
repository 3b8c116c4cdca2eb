"""The steps of a forward and a backward pass over a drawn graph, in words and numbers.

The gradients come from a pass of their own, which changes nothing: see dry_pass.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import Node
from ..tensor import Tensor
from .digits import Digits, digits_of
from .dry_pass import Pull, dry_pass
from .listing import expression
from .names import Names, clean
from .rule_words import Told, short, tell
from .scene import Artist, Operation, Scene, Value, sketch

LABEL = 14  # characters of a gradient that fit beside an arrow
SHORT = 40  # characters of a value within a sentence
LONG = 200  # characters of a sentence
NO_GRAPH = (
    "play: there is no graph to step through: no recorded operation made this tensor. Make an input with "
    "requires_grad=True, compute outside no_grad(), and play the result."
)
CANNOT = "The backward pass cannot be shown"
DONE = "backward() would add them to each .grad; this pass has left every .grad as it was."
UNSEEN = "From an operation that is not drawn: "
COUNTS = {1: "one path arrives", 2: "two paths meet", 3: "three paths meet"}


@dataclass
class Step:
    """One moment of a pass.

    phase: "given", "forward", "backward" or "end". boxes: the places of the operation that runs, of its output and of
    its inputs. arrows: the numbers, from 1, of the arrows it uses, each with the gradient that travels along it.
    grads: the gradients that change, by place. about: what the operation is.
    """

    phase: str
    title: str
    lead: str
    boxes: tuple[int, ...] = ()
    rules: list[Told] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    arrows: dict[int, str] = field(default_factory=dict)
    grads: dict[int, Digits] = field(default_factory=dict)
    about: str = ""

    def lines(self) -> list[str]:
        """What happens, as sentences: the first says where."""
        return [f"{self.title}: {self.lead}", *map(str, self.rules), *self.notes]


def walkthrough(y: Tensor, names: Names, depth: int | None, gradient: Any, limit: int) -> tuple[Scene, list[Step]]:
    """The graph of y with its gradients, and the steps; no steps for more than `limit` operations.

    Where the backward pass cannot run there are the forward steps, and the reason. Raises RuntimeError where y has no
    graph, or the gradient is not of y's shape.
    """
    if y.grad_fn is None:
        raise RuntimeError(NO_GRAPH)
    seed = np.ones_like(y.data) if gradient is None else y.seed(gradient).data
    artist = sketch(y, names, depth)
    if len(artist.nodes) > limit:
        return artist.scene, []
    story = Story(artist)
    assert artist.root is not None
    try:
        story.backward(artist.root, seed, gradient is not None)
    except RuntimeError as error:
        return artist.scene, story.broken_off(str(error))
    for place, box in story.boxes.items():
        box.grad = digits_of(story.totals[place]) if place in story.totals else None
    return artist.scene, story.steps


class Story:
    """Tells the steps of one scene: knows what each box is called, and which gradients have arrived there."""

    def __init__(self, artist: Artist) -> None:
        self.scene, self.places = artist.scene, artist.places
        self.drawn = {node: place for place, node in artist.nodes.items()}
        self.boxes = {place: step for place, step in enumerate(self.scene.steps) if isinstance(step, Value)}
        self.called, self.numbers = dict(call(self.boxes)), {p: in_few_words(v) for p, v in self.boxes.items()}
        self.totals: dict[int, np.ndarray] = {}
        self.parts: dict[int, list[str]] = {}  # what the totals are sums of
        self.arrows: dict[int, list[int]] = {}  # of each operation: its inputs' in their order, then its output's
        for number, (source, target) in enumerate(self.scene.edges(), 1):
            self.arrows.setdefault(target if target in artist.nodes else source, []).append(number)
        self.steps = [self.given(), *(self.forward(node) for node in self.drawn)]

    def given(self) -> Step:
        """What the forward pass begins with."""
        made = {operation.output for _, operation in self.scene.operations()}
        known = [place for place, value in self.boxes.items() if place not in made and not value.bare]
        values = ", ".join(f"{self.called[place]} = {self.numbers[place]}" for place in known)
        return Step("given", "Given", clean(values, LONG))

    def forward(self, node: Node) -> Step:
        """An operation of the forward pass."""
        operation = self.operation(node)
        lead = f"{expression(operation, self.numbers)} = {self.numbers[operation.output]}"
        step = self.step("forward", node, clean(lead, LONG))
        step.arrows = dict.fromkeys(self.arrows[self.drawn[node]], "")
        step.about = (node.op.__doc__ or "").strip().partition("\n")[0]
        return step

    def step(self, phase: str, node: Node, lead: str) -> Step:
        """A step of a drawn operation, headed by what it does: "c = a × b"."""
        operation = self.operation(node)
        title = f"{self.called[operation.output]} = {expression(operation, self.called)}"
        return Step(phase, title, lead, (self.drawn[node], operation.output, *operation.inputs))

    def operation(self, node: Node) -> Operation:
        """A drawn node as the scene has it."""
        operation = self.scene.steps[self.drawn[node]]
        assert isinstance(operation, Operation)
        return operation

    def backward(self, root: Node, g: np.ndarray, given: bool) -> None:
        """Add the steps of the backward pass: what it begins with, each operation, newest first, what came of it."""
        first = self.places[id(root)]
        lead = "each of its numbers gets the gradient 1.0." if g.size != 1 else "its gradient by itself is 1.0."
        lead = f"its gradient was given: {short(g)}." if given else lead
        self.steps.append(Step("backward", f"Back from {self.called[first]}", lead))
        self.receive(first, g)
        for pull in dry_pass(root, g):
            self.pulled(pull)
        leaves = [place for place in sorted(self.totals) if self.boxes[place].kind in ("leaf", "parameter")]
        told = ", ".join(f"{self.called[place]} {short(self.totals[place])}" for place in leaves)
        self.steps.append(Step("end", "Done", f"gradients of the leaves: {clean(told, LONG)}.", notes=[DONE]))

    def pulled(self, pull: Pull) -> None:
        """Note where a node's gradients arrive; that of a drawn operation is told as a step."""
        node, g, values, gradients = pull
        drawn = self.drawn.get(node)
        if drawn is not None:
            self.steps.append(self.opening(node, g))
        places = [self.places.get(id(node.inputs[i])) for i, *_ in gradients]
        for place, (i, rule, gradient) in zip(places, gradients, strict=True):
            if place is not None:
                self.receive(place, gradient)
            if drawn is not None and place is not None:
                self.steps[-1].rules.append(tell(node, i, rule, g, values, gradient, self.called[place]))
                self.steps[-1].arrows[self.arrows[drawn][i]] = label(gradient)
        self.steps[-1].notes += self.meetings(places, drawn is not None)

    def opening(self, node: Node, g: np.ndarray) -> Step:
        """The step of an operation of the backward pass: what has arrived, and what its rules' letters stand for."""
        operation, arguments = self.operation(node), node.op.arguments
        reads = {name for _, rule in node.plan.rules for name in rule.reads}
        boxes = [*zip(arguments, operation.inputs, strict=False), ("z", operation.output)]
        letters = [(name, self.called[box]) for name, box in boxes if name in reads]
        stand = [f"{letter} stands for {name}" for letter, name in letters if letter != name]
        meaning = f" In the rules {' and '.join(stand)}." if stand else ""
        lead = f"g = {short(g)} is the gradient of {self.called[operation.output]}.{meaning}"
        step = self.step("backward", node, lead)
        step.arrows[self.arrows[self.drawn[node]][-1]] = ""
        given = [self.called[box] for box, source in zip(operation.inputs, node.inputs, strict=True) if source is None]
        step.notes += [f"{name} is a constant and gets no gradient." for name in given]
        if node.hooks or any(isinstance(source, Tensor) and source.hooks for source in node.inputs):
            step.notes.append("A hook is registered here: backward() runs it, and uses what it returns; play does not.")
        return step

    def receive(self, place: int, gradient: np.ndarray) -> None:
        """A gradient arrives at a box."""
        self.totals[place] = self.totals[place] + gradient if place in self.totals else gradient
        self.parts.setdefault(place, []).append(short(gradient))
        self.steps[-1].grads[place] = digits_of(self.totals[place])

    def meetings(self, places: list[int | None], drawn: bool) -> Iterator[str]:
        """How gradients add up where several have come to a box: "6.0 = 3.0 + 3.0: two paths meet at x"."""
        for place in dict.fromkeys(places):
            if place is None or (drawn and len(self.parts[place]) == 1):
                continue
            parts = clean(" + ".join(self.parts[place]), LONG)
            count = COUNTS.get(len(self.parts[place]), f"{len(self.parts[place])} paths meet")
            yield f"{'' if drawn else UNSEEN}{short(self.totals[place])} = {parts}: {count} at {self.called[place]}."

    def broken_off(self, error: str) -> list[Step]:
        """The steps of the forward pass alone, and why there are no others."""
        ahead = [step for step in self.steps if step.phase in ("given", "forward")]
        ahead[0].notes.append(f"{CANNOT}: {error}")
        return [*ahead, Step("end", CANNOT, error)]


def call(boxes: dict[int, Value]) -> Iterator[tuple[int, str]]:
    """What each box is called; one without a name gets its number in the listing, and bears it from then on."""
    number = 0
    for place, value in boxes.items():
        if not value.bare:
            number += 1
            value.name = value.name or f"#{number}"
        yield place, value.name or in_few_words(value)


def in_few_words(value: Value) -> str:
    """The numbers of a box where few, else its shape."""
    line = value.digits.line if value.digits else ""
    return line if 0 < len(line) <= SHORT else value.shape


def label(gradient: np.ndarray) -> str:
    """A gradient as it stands beside an arrow: its numbers where they are short, else how many there are."""
    line = short(gradient)
    if len(line) <= LABEL:
        return line
    return "×".join(map(str, gradient.shape)) + (" numbers" if gradient.ndim < 2 else "")
