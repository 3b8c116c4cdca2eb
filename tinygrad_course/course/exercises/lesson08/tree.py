"""A module with others inside, and what is found when it is gone through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygrad_course import nn

Found = Iterator[tuple[str, Any]]


class _Tree(nn.Module):
    """A body of two layers, and a head; tied: the head is the body's first layer again, and a tail follows."""

    def __init__(self, tied: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
        self.head = self.body[0] if tied else nn.Linear(3, 1)
        if tied:
            self.tail = nn.Tanh()


def told(found: Any) -> str:
    """A pair (path, module) in words, or what stands in its place."""
    if isinstance(found, tuple) and len(found) == 2:
        return f"{found[0] or '(none)'}: {type(found[1]).__name__}"
    return f"no pair, but of type {type(found).__name__}"
