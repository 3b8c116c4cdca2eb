"""What differs between graphs that stand side by side, and which of some gradients is the first wrong one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from .digits import digits_of, number
from .dry_pass import dry_pass
from .names import clean
from .scene import Artist, Operation, Scene, Value, is_given, one_line

WRITTEN = 8  # up to so many numbers a wrong gradient is told whole, and otherwise by its first wrong number
DIFFERS, MORE = "differs", "only here"  # the marks of what is not alike, and of an operation that one graph has more

Step = Value | Operation
Gradients = Mapping[Any, Any]


def mark_differences(scenes: Sequence[Scene]) -> list[Scene]:
    """Copies of the scenes; what differs between the first and another is marked in both."""
    copies = [scene.copy() for scene in scenes]
    for other in copies[1:]:
        compare(copies[0], other)
    return copies


def compare(first: Scene, second: Scene) -> None:
    """Walk two graphs together from their results back to their inputs, and mark each pair that is not alike.

    Where one has an operation more, that alone is marked, and the walk goes on before it.
    """
    one, other = Walk(first), Walk(second)
    pairs = [(len(first.steps) - 1, len(second.steps) - 1)]
    seen = set(pairs)
    while pairs:
        found = compare_at(*pairs.pop(), one, other)
        pairs += [pair for pair in found if pair not in seen]
        seen |= set(found)


def compare_at(a: int, b: int, one: Walk, other: Walk) -> list[tuple[int, int]]:
    """Mark what stands at a pair of places, if it is not alike; the pairs to look at next."""
    x, y = one.steps[a], other.steps[b]
    if not alike(x, y):
        if (earlier := other.before_extra(b, x)) is not None:
            return [(a, earlier)]
        if (earlier := one.before_extra(a, y)) is not None:
            return [(earlier, b)]
        x.mark = y.mark = DIFFERS
    return list(zip(one.before(a, y), other.before(b, x), strict=False))


class Walk:
    """The way back through a graph, from place to place."""

    def __init__(self, scene: Scene) -> None:
        self.steps = scene.steps
        self.makers = {operation.output: place for place, operation in scene.operations()}

    def before(self, place: int, other: Step) -> Sequence[int]:
        """The places before one: an operation's inputs where the other graph has one too, else what made the value."""
        step = self.steps[place]
        if isinstance(step, Operation) and isinstance(other, Operation):
            return step.inputs
        return [self.makers[place]] if place in self.makers else []

    def before_extra(self, place: int, other: Step) -> int | None:
        """Where a step came by an operation that the other graph does not have: mark that; the place before it."""
        extra = self.steps[place]
        if isinstance(extra, Operation) and isinstance(other, Operation):
            makers = [self.makers[source] for source in extra.inputs if source in self.makers]
            found = [maker for maker in makers if alike(self.steps[maker], other)]
        elif is_given(other) and place in self.makers:
            extra = self.steps[self.makers[place]]
            inputs = self.before(self.makers[place], extra)
            found = [source for source in inputs if alike(self.steps[source], other)]
            found += [source for source in inputs if source in self.makers]
        else:
            return None
        extra.mark = MORE if found else extra.mark
        return found[0] if found else None


def alike(x: Step, y: Step) -> bool:
    """Whether two steps do the same: the same operation, or the same constant. Other values differ as data does."""
    if isinstance(x, Operation) and isinstance(y, Operation):
        return (x.op, x.params, x.about, len(x.inputs)) == (y.op, y.params, y.about, len(y.inputs))
    if isinstance(x, Value) and isinstance(y, Value):
        return x.kind == y.kind and (x.kind != "constant" or (x.digits, x.shape) == (y.digits, y.shape))
    return False


# Gradients, yours and the right ones


def mark_first_wrong(artist: Artist, y: Tensor, yours: Gradients | None, expected: Gradients | None) -> None:
    """Show your gradients in the artist's scene and mark the first wrong one; the scene's note says which it is."""
    values = {place: step for place, step in enumerate(artist.scene.steps) if isinstance(step, Value)}
    given = held(artist) if yours is None else by_place(artist, yours)
    right = computed(artist, y) if expected is None else by_place(artist, expected)
    for place, value in values.items():
        value.grad = None if given.get(place) is None else digits_of(given[place])
    asked = given if expected is None else right
    for place in sorted(sorted(asked), key=complete_at(artist.scene), reverse=True):
        if wrong := mistake(given.get(place), right.get(place)):
            values[place].mark = wrong
            name = values[place].name or f"a {values[place].kind}"
            artist.scene.note = f"The first wrong gradient on the way back is that of {name}: {one_line(wrong)}."
            return
    few = ("There is no gradient to compare.", "The gradient is right.")
    artist.scene.note = few[len(asked)] if len(asked) < 2 else f"All {len(asked)} gradients are right."


def by_place(artist: Artist, gradients: Gradients) -> dict[int, Any]:
    """Gradients by the place of what they are of. Raises ValueError for what is not in the graph."""
    named = {step.name: place for place, step in enumerate(artist.scene.steps) if isinstance(step, Value) and step.name}
    found = {}
    for key, gradient in gradients.items():
        place = artist.places.get(id(key.grad_fn or key)) if isinstance(key, Tensor) else named.get(key)
        if place is None:
            known = ", ".join(named) or "nothing"
            raise ValueError(f"compare_gradients: {clean(str(key))!r} is not in the graph; named in it are: {known}")
        found[place] = array(gradient)
    return found


def held(artist: Artist) -> dict[int, Any]:
    """The .grad of every leaf and of each result that has one."""
    wanted = {place: leaf for place, leaf in artist.leaves.items() if leaf.requires_grad}
    kept = artist.names.tensors.values()
    results = {artist.places[id(t.grad_fn)]: t for t in kept if id(t.grad_fn) in artist.places and t.grad is not None}
    return {place: array(tensor.grad) for place, tensor in (wanted | results).items()}


def computed(artist: Artist, y: Tensor) -> dict[int, Any]:
    """The gradient of everything in the graph, by a pass that changes nothing."""
    seed = np.ones_like(y.data)
    found: dict[int, Any] = {artist.places[id(y.grad_fn or y)]: seed}
    for node, _, _, gradients in dry_pass(artist.root, seed) if artist.root else ():
        for i, _, gradient in gradients:
            if (place := artist.places.get(id(node.inputs[i]))) is not None:
                found[place] = found[place] + gradient if place in found else gradient
    return found


def array(gradient: Any) -> Any:
    """A gradient as an array; None as it is."""
    return None if gradient is None else np.asarray(getattr(gradient, "data", gradient))


def complete_at(scene: Scene) -> Any:
    """A function from a value's place to that of the operation after whose backward step its gradient is complete."""
    oldest = {source: place for place, operation in reversed(list(scene.operations())) for source in operation.inputs}
    return lambda place: oldest.get(place, len(scene.steps))


def mistake(yours: Any, right: Any) -> str:
    """What is wrong with a gradient, in a few short lines; empty where nothing is."""
    if yours is None or right is None:
        return "" if yours is right else f"yours {told(yours)}\nexpected {told(right)}"
    if yours.shape != right.shape:
        return f"yours has shape {yours.shape}\nexpected {right.shape}"
    wrong = np.argwhere(~np.isclose(yours, right, rtol=1e-4, atol=1e-6, equal_nan=True))
    if not len(wrong):
        return ""
    if right.size <= WRITTEN:
        return f"yours {told(yours)}\nexpected {told(right)}"
    at = tuple(int(i) for i in wrong[0])
    how_many = f"at {list(at)}; {len(wrong)} of {right.size} differ"
    return f"yours {number(yours[at])}\nexpected {number(right[at])}\n{how_many}"


def told(gradient: Any) -> str:
    """A gradient on one line."""
    return "none" if gradient is None else digits_of(gradient).line
