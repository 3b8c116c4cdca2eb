"""A scene as plain text, one line a step: for a terminal, a screen reader, and as the text of a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .names import word_for
from .scene import Operation, Scene, Value, one_line, plural

SHOWN = 12  # so many kinds of operation are named in a summary


def headline(scenes: Sequence[Scene]) -> str:
    """What is drawn, in one line."""
    counted = (f"{title(scene)}: {scene.counts()}. {scene.note}" for scene in scenes)
    return "; ".join(sentence.rstrip(". ") for sentence in counted)


def title(scene: Scene) -> str:
    """The caption of a scene, or whose graph it is."""
    root = scene.steps[-1]
    name = root.name if isinstance(root, Value) else ""
    return scene.caption or (f"Graph of {name}" if name else "Graph")


def listing(scenes: Sequence[Scene]) -> str:
    """Every scene under its headline, each value on a numbered line."""
    return "\n\n".join("\n".join([f"{headline([scene])}.", *lines(scene)]) for scene in scenes)


def lines(scene: Scene) -> list[str]:
    """One line for each value: its number, its name, how it was made, its numbers, shape, dtype and gradient.

    Above what belongs to a call of a module stands its title.
    """
    called: dict[int, str] = {}
    made = {operation.output: operation for _, operation in scene.operations()}
    found: list[str] = []
    count, inside = 0, None
    for place, step in enumerate(scene.steps):
        if isinstance(step, Value) and step.bare:  # a number stands in the operation's own line
            called[place] = (step.digits.line if step.digits else "") + (f" ({step.mark})" if step.mark else "")
        elif isinstance(step, Value) or step.output == place:
            count += 1
            name = step.name if isinstance(step, Value) else ""
            called[place] = name or f"#{count}"
            if step.frame != inside:
                inside = step.frame
                around = " / ".join(reversed(list(titles(scene, inside))))
                found.append(f"In {around}:" if around else "Outside:")
            found.append(f"{count}. {line(step, made.get(place), called)}")
    return found


def titles(scene: Scene, frame: int | None) -> Iterator[str]:
    """The titles of a frame and of those around it."""
    while frame is not None:
        yield scene.frames[frame].title
        frame = scene.frames[frame].outer


def line(step: Value | Operation, maker: Operation | None, called: dict[int, str]) -> str:
    """What is said of a value, or of a box of operations that has none of its own."""
    if isinstance(step, Operation):
        return f"{expression(step, called)}{step.mark and f' ({step.mark})'}: {', '.join(step.about)}"
    return result(step, maker, called) if maker else given(step)


def given(value: Value) -> str:
    """A value that nothing in the graph made: "x (leaf) = 2.0, shape ()"."""
    start = f"{value.name} ({value.kind})" if value.name else value.kind
    if value.digits:
        return f"{start} = {facts(value)}"
    return ", ".join(filter(None, [start, facts(value)]))


def result(value: Value, operation: Operation, called: dict[int, str]) -> str:
    """A value and how it was made: "y = x × 2 → 4.0, shape ()"."""
    start = f"{value.name} = " if value.name else ""
    mark = "another operation" if operation.mark == "differs" else operation.mark
    change = f" ({mark})" if mark else ""
    about = f" ({', '.join(operation.about)})" if operation.about else ""
    end = facts(value)
    how = f"{start}{expression(operation, called)}{about}{change}"
    return f"{how} {'→ ' if value.digits else 'has '}{end}" if end else how


def facts(value: Value) -> str:
    """The numbers of a value, its shape, its dtype where not the usual one, and its gradient."""
    numbers = value.digits.line if value.digits else ""
    gradient = f"grad {value.grad.line}" if value.grad else ""
    return ", ".join(filter(None, [numbers, value.shape, value.dtype, gradient, one_line(value.mark)]))


def expression(operation: Operation, called: dict[int, str]) -> str:
    """What an operation does, by the names of its inputs: "x × 2", "relu(#3)", "Sum(#4, axis 1)", "[4 × Block](#2)"."""
    inputs = [called[source] for source in operation.inputs]
    if operation.about:
        return f"[{operation.label}]({', '.join(inputs)})"
    if len(inputs) == 2 and len(operation.label) == 1 and not operation.params:
        return f"{inputs[0]} {operation.label} {inputs[1]}"
    name = word_for(operation.label, operation.op)
    return f"{name}({', '.join([*inputs, operation.params] if operation.params else inputs)})"


def summary(scenes: Sequence[Scene], limit: int) -> str:
    """What stands in place of a graph too large to read, and how to see a part of it."""
    operations = [operation for scene in scenes for _, operation in scene.operations()]
    counted = Counter(op.label if op.about else word_for(op.label, op.op) for op in operations)
    most = ", ".join(f"{n:,} × {label}" for label, n in counted.most_common(SHOWN))
    rest = f", and {plural(len(counted) - SHOWN, 'other kind')}" if len(counted) > SHOWN else ""
    in_full = any(scene.frames for scene in scenes) and not any(op.about for op in operations)
    return (
        f"{headline(scenes)}.\n"
        f"A picture of more than {limit:,} operations is not drawn, since nobody could read it.\n"
        f"It is made of: {most}{rest}.\n"
        "To see a part: draw(y, depth=3) draws the 3 operations before y, and draw(h) the graph of an earlier h. "
        f"{'Without open=True a module is one box. ' if in_full else ''}All the same: draw(y, limit=...)."
    )
