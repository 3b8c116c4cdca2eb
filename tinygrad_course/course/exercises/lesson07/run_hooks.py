"""run_hooks calls each hook with the gradient; what a hook returns takes its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg
from tinygrad_course import graph

from ...exercise import Case, Exercise, Mistake, Piece


def _run_hooks(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        answer = hook(g)
        if answer is not None:
            g = answer
    return g


def _hooks_by_keys(hooks: Any, g: Any) -> Any:
    for key in sorted(hooks):
        got = hooks[key](g)
        g = g if got is None else got
    return g


def _hooks_none(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        g = hook(g)
    return g


def _hooks_ignored(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        hook(g)
    return g


def _hooks_first(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        answer = hook(g)
        if answer is not None:
            return answer
    return g


def _hooks_apart(hooks: Any, g: Any) -> Any:
    result = g
    for hook in list(hooks.values()):
        answer = hook(g)
        result = result if answer is None else answer
    return result


def _hooks_backwards(hooks: Any, g: Any) -> Any:
    for hook in reversed(list(hooks.values())):
        answer = hook(g)
        g = g if answer is None else answer
    return g


def _hooks_live(hooks: Any, g: Any) -> Any:
    for hook in hooks.values():
        answer = hook(g)
        g = g if answer is None else answer
    return g


def _hooks_or(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        g = hook(g) or g
    return g


def _hooks_or_live(hooks: Any, g: Any) -> Any:
    for hook in hooks.values():
        g = hook(g) or g
    return g


def _hooks_keys(hooks: Any, g: Any) -> Any:
    for hook in hooks:
        answer = hook(g)
        g = g if answer is None else answer
    return g


def _hooks_counted(hooks: Any, g: Any) -> Any:
    for i in range(len(hooks)):
        answer = hooks[i](g)
        g = g if answer is None else answer
    return g


def _hooks_twice(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        if hook(g) is not None:
            g = hook(g)
    return g


def _hooks_added(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        answer = hook(g)
        g = g if answer is None else g + answer
    return g


def _hooks_case(name: str, *made: Callable[[Any], Any]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        seen: list[Any] = []

        def noting(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def noted(g: Any) -> Any:
                seen.append(float(g))
                return hook(g)

            return noted

        hooks = {i: noting(hook) for i, hook in enumerate(made, 2)}  # 0 and 1 were removed
        g = tg.tensor(3.0, dtype=tg.float64)
        return {"gradient": piece(hooks, g), "what each hook saw": seen, "g after the call": g}

    return Case(name, run)


def _removing(piece: Piece) -> dict[str, Any]:
    hooks: dict[int, Callable[[Any], Any]] = {}

    def once(g: Any) -> None:
        del hooks[0]

    hooks |= {0: once, 1: lambda g: g * 2}
    return {"gradient": piece(hooks, tg.tensor(3.0, dtype=tg.float64)), "hooks left": len(hooks)}


RUN_HOOKS = Exercise(
    id="07.run_hooks",
    target="tinygrad_course.graph.run_hooks",
    minutes=6,
    difficulty=2,
    reference=graph.run_hooks,
    cases=(
        _hooks_case("no hook, g = 3"),
        _hooks_case("a hook that only looks", lambda g: None),
        _hooks_case("a hook that gives g · 2", lambda g: g * 2),
        _hooks_case("g · 2, then one that only looks, then g + 1", lambda g: g * 2, lambda g: None, lambda g: g + 1),
        _hooks_case("one that gives 0", lambda g: g * 0),
        Case("a hook that takes itself away, then g · 2", _removing),
    ),
    accepts=(_run_hooks, _hooks_by_keys),
    mistakes=(
        Mistake(
            "None taken over",
            _hooks_none,
            "A hook that only looks returns None, and you take that for the new gradient. Only what is not None "
            "replaces it.",
        ),
        Mistake(
            "answers ignored",
            _hooks_ignored,
            "What a hook returns has no effect: it is to replace the gradient.",
        ),
        Mistake(
            "first answer", _hooks_first, "You stop at the first hook that answers. The others have their turn too."
        ),
        Mistake(
            "each on the first",
            _hooks_apart,
            "Every hook of yours sees the gradient as it came. It should see what the hooks before it made of it.",
        ),
        Mistake(
            "backwards",
            _hooks_backwards,
            "Your hooks run from the last to the first. They run in the order of the dict.",
        ),
        Mistake(
            "dict changed",
            _hooks_live,
            "A hook may take itself away while you go through the dict, which Python refuses. Go through a list of its "
            "values.",
        ),
        Mistake(
            "called twice",
            _hooks_twice,
            "You call each hook twice, once to look at its answer and once to take it. Call it once, and keep the "
            "answer under a name.",
        ),
        Mistake(
            "numbers guessed",
            _hooks_counted,
            "You count the numbers of the hooks yourself, from 0. Where a hook was removed, its number is missing: go "
            "through the dict's values.",
        ),
        Mistake("added", _hooks_added, "You add what a hook returns. It replaces the gradient."),
        Mistake(
            "or",
            _hooks_or,
            "`or` asks whether a tensor is true, so a hook that sets a gradient to 0 is passed over, and several "
            "numbers are an error. Compare with None: `is None`.",
        ),
        Mistake(
            "or, dict changed",
            _hooks_or_live,
            "`or` passes over a hook that sets a gradient to 0: compare with None. And a hook may take itself out of "
            "the dict while you go through it: go through a list of its values.",
        ),
        Mistake(
            "keys",
            _hooks_keys,
            "A loop over a dict goes through its keys, here plain numbers. The hooks are its values: hooks.values().",
        ),
    ),
    hints=(
        "What should happen after a hook that returns None, and what after one that returns a tensor?",
        "Go through a list of the hooks, in order. Call each with the gradient as it is by then; where the answer is "
        "not None, it is the gradient from then on.",
        "Fill in what is missing:\nfor hook in list(...):\n    answer = ...\n    g = ...\n...",
    ),
)
