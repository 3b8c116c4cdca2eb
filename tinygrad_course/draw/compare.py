"""What differs between graphs that stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .scene import Operation, Scene, Value


def mark_differences(scenes: Sequence[Scene]) -> list[Scene]:
    """Copies of the scenes; what differs between the first and another is marked in both."""
    copies = [Scene([replace(step) for step in scene.steps], scene.caption) for scene in scenes]
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
            x.differs = y.differs = True
        for pair in before((x, y), (a, b), makers):
            if pair not in seen:
                seen.add(pair)
                pairs.append(pair)


def alike(x: Value | Operation, y: Value | Operation) -> bool:
    """Whether two steps do the same: the same operation, or the same constant. Other values differ as data does."""
    if isinstance(x, Operation) and isinstance(y, Operation):
        return (x.op, x.params, len(x.inputs)) == (y.op, y.params, len(y.inputs))
    if isinstance(x, Value) and isinstance(y, Value):
        return x.kind == y.kind and (x.kind != "constant" or (x.digits, x.shape) == (y.digits, y.shape))
    return False


def before(
    steps: tuple[Value | Operation, Value | Operation],
    places: tuple[int, int],
    makers: Sequence[dict[int, int]],
) -> list[tuple[int, int]]:
    """The pairs of places that come just before a pair: the inputs of two operations, the makers of two results."""
    x, y = steps
    if isinstance(x, Operation) and isinstance(y, Operation):
        return list(zip(x.inputs, y.inputs, strict=False))
    if places[0] in makers[0] and places[1] in makers[1]:
        return [(makers[0][places[0]], makers[1][places[1]])]
    return []
