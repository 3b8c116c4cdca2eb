"""named_modules yields a module and every one inside it, with their paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_course import nn

from ...exercise import Case, Exercise, Mistake, Piece
from .tree import Found, _Tree, told


def _named_modules(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    """This module and every one inside it, with their paths."""
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    yield prefix, self
    for name, child in self.named_children():
        yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)


def _modules_by_stack(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Any:
    memo = set() if memo is None else memo
    found, waiting = [], [(prefix, self)]
    while waiting:
        path, module = waiting.pop()
        if module not in memo:
            if remove_duplicate:
                memo.add(module)
            found.append((path, module))
            inside = [(".".join(filter(None, [path, name])), child) for name, child in module.named_children()]
            waiting += inside[::-1]
    return iter(found)


def _modules_flat(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield f"{prefix}.{name}" if prefix else name, child


def _modules_inside_alone(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    for name, child in self.named_children():
        path = f"{prefix}.{name}" if prefix else name
        yield path, child
        yield from _modules_inside_alone(child, memo, path, remove_duplicate)


def _modules_dot_first(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_dot_first(child, memo, f"{prefix}.{name}", remove_duplicate)


def _modules_no_dot(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_no_dot(child, memo, prefix + name, remove_duplicate)


def _modules_unheard(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        _modules_unheard(child, memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)


def _modules_yields_walks(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Any:
    yield prefix, self
    for name, child in self.named_children():
        yield _modules_yields_walks(child, memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)


def _modules_short(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_short(child, memo, name, remove_duplicate)


def _modules_again(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_again(child, memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)


def _modules_always_once(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    return _named_modules(self, memo, prefix)


def _modules_children_first(
    self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True
) -> Found:
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    for name, child in self.named_children():
        yield from _modules_children_first(child, memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)
    yield prefix, self


def _modules_not_from(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        path = f"{prefix}.{name}" if prefix else name
        for found in _modules_not_from(child, memo, path, remove_duplicate):
            yield found[0], type(found[1])


def _modules_case(name: str, make: Callable[[], Any], **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        return {"paths": [told(found) for found in piece(make(), **options)]}

    return Case(name, run)


NAMED_MODULES = Exercise(
    id="08.named_modules",
    target="tinygrad_course.nn.module.Module.named_modules",
    minutes=10,
    difficulty=3,
    reference=nn.Module.named_modules,
    cases=(
        _modules_case("named_modules(Tanh())", nn.Tanh),
        _modules_case("a Sequential of two layers", lambda: nn.Sequential(nn.Linear(2, 3), nn.Tanh())),
        _modules_case("a module with body (a Sequential) and head", _Tree),
        _modules_case('the same with prefix="model"', _Tree, prefix="model"),
        _modules_case("one whose head is the body's first layer again, and a tail", lambda: _Tree(tied=True)),
        _modules_case("the same with remove_duplicate=False", lambda: _Tree(tied=True), remove_duplicate=False),
    ),
    accepts=(_named_modules, _modules_by_stack),
    mistakes=(
        Mistake(
            "children alone",
            _modules_flat,
            "You list the module and what is directly inside it. What is inside those is missing: a tree is walked by "
            "asking each child for its own.",
        ),
        Mistake(
            "itself left out",
            _modules_inside_alone,
            "The module itself belongs to the list, first, with prefix as its path.",
        ),
        Mistake(
            "a dot in front",
            _modules_dot_first,
            "Your paths begin with a dot. Where there is no prefix, the name alone is the path.",
        ),
        Mistake(
            "no dot",
            _modules_no_dot,
            "The names in your paths run together, as in body0. Put a dot between a path and the name that follows.",
        ),
        Mistake(
            "children not heard",
            _modules_unheard,
            "You ask the children, and what they give is lost: a function with yield does nothing until somebody goes "
            "through it. Write yield from in front of the call.",
        ),
        Mistake(
            "yield without from",
            _modules_yields_walks,
            "Where a child's pairs belong you yield the generator that would give them. yield from passes on what is "
            "in it.",
        ),
        Mistake(
            "last names",
            _modules_short,
            'Your paths hold the last name alone. With two layers called "0" nobody could tell them apart: put the '
            "path so far in front.",
        ),
        Mistake(
            "listed twice",
            _modules_again,
            "A module that is used at two places is listed twice. Its parameters would be counted, and trained, twice. "
            "memo is the set of those that were listed already.",
        ),
        Mistake(
            "always once",
            _modules_always_once,
            "With remove_duplicate=False a module stands in the list at each of its places; yours has it once. Put "
            "nobody into memo then, and pass remove_duplicate on to the children.",
        ),
        Mistake(
            "children first",
            _modules_children_first,
            "You list what is inside before the module that holds it. A module comes before its children.",
        ),
        Mistake(
            "classes",
            _modules_not_from,
            "The second of each pair should be the module itself, the object; yours is its class.",
        ),
    ),
    hints=(
        "What does a module say of itself, and whom does it ask for the rest?",
        "Yield your own path and yourself. Then let every child yield its own, with a path that begins with yours. "
        "memo goes along, so that nobody is listed twice.",
        "Fill in what is missing:\nmemo = ...\nif ...:\n    return\nif ...:\n    memo.add(...)\nyield ...\n"
        "for name, child in self.named_children():\n    yield from child.named_modules(..., ..., ...)",
    ),
)
