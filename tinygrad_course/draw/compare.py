"""What differs between graphs that stand side by side, and which of some gradients is the first wrong one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import run_backward
from ..tensor import Tensor
from .digits import digits_of, number
from .scene import Artist, Operation, Scene, Value

WRITTEN = 8  # up to so many numbers a wrong gradient is told whole, and otherwise by its first wrong number

Step = Value | Operation
Gradients = Mapping[Any, Any]


def mark_differences(scenes: Sequence[Scene]) -> list[Scene]:
    """Copies of the scenes; what differs between the first and another is marked in both."""
    copies = [scene.copy() for scene in scenes]
    for other in copies[1:]:
        compare(copies[0], other)
    return copies


def compare(first: Scene, second: Scene) -> None:
    """Walk two graphs together from their results back to their inputs, and mark each pair that is not alike."""
    makers = [{op.output: place for place, op in scene.operations()} for scene in (first, second)]
    pairs = [(len(first.steps) - 1, len(second.steps) - 1)]
    seen = set(pairs)
    while pairs:
        a, b = pairs.pop()
        x, y = first.steps[a], second.steps[b]
        if not alike(x, y):
            x.mark = y.mark = "differs"
        for pair in before((x, y), (a, b), makers):
            if pair not in seen:
                seen.add(pair)
                pairs.append(pair)


def alike(x: Step, y: Step) -> bool:
    """Whether two steps do the same: the same operation, or the same constant. Other values differ as data does."""
    if isinstance(x, Operation) and isinstance(y, Operation):
        return (x.op, x.params, x.about, len(x.inputs)) == (y.op, y.params, y.about, len(y.inputs))
    if isinstance(x, Value) and isinstance(y, Value):
        return x.kind == y.kind and (x.kind != "constant" or (x.digits, x.shape) == (y.digits, y.shape))
    return False


def before(
    steps: tuple[Step, Step], places: tuple[int, int], makers: Sequence[dict[int, int]]
) -> list[tuple[int, int]]:
    """The pairs of places that come just before a pair: the inputs of two operations, the makers of two results."""
    x, y = steps
    if isinstance(x, Operation) and isinstance(y, Operation):
        return list(zip(x.inputs, y.inputs, strict=False))
    if places[0] in makers[0] and places[1] in makers[1]:
        return [(makers[0][places[0]], makers[1][places[1]])]
    return []


# Gradients, yours and the right ones


def mark_first_wrong(artist: Artist, y: Tensor, yours: Gradients | None, expected: Gradients | None) -> None:
    """Show your gradients in the artist's scene and mark the first wrong one; the scene's note says which it is."""
    values = {place: step for place, step in enumerate(artist.scene.steps) if isinstance(step, Value)}
    given = held(artist) if yours is None else by_place(artist, yours)
    right = computed(artist, y) if expected is None else by_place(artist, expected)
    for place in given:
        values[place].grad = None if given[place] is None else digits_of(given[place])
    asked = set(given) if expected is None else set(right)
    for place in sorted(asked, key=complete_at(artist.scene), reverse=True):
        if wrong := mistake(given.get(place), right.get(place)):
            values[place].mark = wrong
            name = values[place].name or f"a {values[place].kind}"
            artist.scene.note = f"The first wrong gradient on the way back is that of {name}: {wrong}."
            return
    artist.scene.note = f"All {len(asked)} gradients are right."


def by_place(artist: Artist, gradients: Gradients) -> dict[int, Any]:
    """Gradients by the place of what they are of. Raises ValueError for what is not in the graph."""
    named = {step.name: place for place, step in enumerate(artist.scene.steps) if isinstance(step, Value) and step.name}
    found = {}
    for key, gradient in gradients.items():
        place = artist.places.get(id(key.grad_fn or key)) if isinstance(key, Tensor) else named.get(key)
        if place is None:
            raise ValueError(f"compare_gradients: nothing in the graph is {key!r}; named in it are: {', '.join(named)}")
        found[place] = array(gradient)
    return found


def held(artist: Artist) -> dict[int, Any]:
    """The .grad of every leaf and of each result that has one."""
    wanted = {place: leaf for place, leaf in artist.leaves.items() if leaf.requires_grad}
    kept = artist.names.tensors.values()
    results = {artist.places[id(t.grad_fn)]: t for t in kept if id(t.grad_fn) in artist.places and t.grad is not None}
    return {place: array(tensor.grad) for place, tensor in (wanted | results).items()}


def computed(artist: Artist, y: Tensor) -> dict[int, Any]:
    """The gradient of everything in the graph, by a pass that touches no .grad and drops nothing."""
    wanted: list[Any] = [*artist.nodes.values(), *(leaf for leaf in artist.leaves.values() if leaf.requires_grad)]
    seed = Tensor(np.ones_like(y.data))
    found = run_backward([y], [seed], wanted, create_graph=False, retain_graph=True)
    return {artist.places[id(thing)]: array(gradient) for thing, gradient in found.items()}


def array(gradient: Any) -> Any:
    """A gradient as an array; None as it is."""
    return None if gradient is None else np.asarray(getattr(gradient, "data", gradient))


def complete_at(scene: Scene) -> Any:
    """A function from a value's place to that of the operation after whose backward step its gradient is complete."""
    oldest = {source: place for place, operation in reversed(list(scene.operations())) for source in operation.inputs}
    return lambda place: oldest.get(place, len(scene.steps))


def mistake(yours: Any, right: Any) -> str:
    """What is wrong with a gradient, in a few words; empty where nothing is."""
    if yours is None or right is None:
        return "" if yours is right else f"yours {told(yours)}, expected {told(right)}"
    if yours.shape != right.shape:
        return f"yours has shape {yours.shape}, expected {right.shape}"
    wrong = np.argwhere(~np.isclose(yours, right, rtol=1e-4, atol=1e-6, equal_nan=True))
    if not len(wrong):
        return ""
    if right.size <= WRITTEN:
        return f"yours {told(yours)}, expected {told(right)}"
    at = tuple(int(i) for i in wrong[0])
    return f"yours {number(yours[at])}, expected {number(right[at])} at {list(at)}; {len(wrong)} of {right.size} differ"


def told(gradient: Any) -> str:
    """A gradient on one line."""
    return "none" if gradient is None else digits_of(gradient).line
