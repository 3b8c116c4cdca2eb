"""A graph in which a node that is reached twice must not be followed twice."""

from __future__ import annotations

from typing import Any

from tinygrad_course.graph import Node, walk

MOST_LOOKS = 10_000


class _Watched(Node):
    """A node that raises once too many inputs have been looked at; nothing else ends 2 to the power of 60 visits."""

    __slots__ = ()
    looks = 0

    @property
    def inputs(self) -> tuple:  # type: ignore[override]
        _Watched.looks += 1
        if _Watched.looks > MOST_LOOKS:
            raise RuntimeError(f"`inputs` was read more than {MOST_LOOKS:,} times, and there are few nodes here")
        return super().inputs


def doubled(x: Any, times: int) -> Any:
    """x + x, and that sum plus itself, and so on; its nodes are watched."""
    y = x
    for _ in range(times):
        y = y + y
    for node in walk(y.node):
        node.__class__ = _Watched
    _Watched.looks = 0
    return y
