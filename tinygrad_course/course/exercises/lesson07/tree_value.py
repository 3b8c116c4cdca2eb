"""tree_value gives a tree's value: a number for itself, a pair by its two sides."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


def tree_value(tree: Any, w: Any) -> Any:
    """A tree's value: a number for itself, a pair by its two sides."""
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    left, right = tree
    return (w[0] * tree_value(left, w) + w[1] * tree_value(right, w)).tanh()


def _tree_by_stack(tree: Any, w: Any) -> Any:
    done: list[Any] = []
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        part, ready = waiting.pop()
        if ready:
            right, left = done.pop(), done.pop()
            done.append((w[0] * left + w[1] * right).tanh())
        elif isinstance(part, tuple):
            waiting += [(part, True), (part[1], False), (part[0], False)]
        else:
            done.append(tg.tensor(float(part), dtype=tg.float64))
    return done[0]


def _tree_swapped(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    return (w[1] * _tree_swapped(tree[0], w) + w[0] * _tree_swapped(tree[1], w)).tanh()


def _tree_no_tanh(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    return w[0] * _tree_no_tanh(tree[0], w) + w[1] * _tree_no_tanh(tree[1], w)


def _tree_outer_tanh(tree: Any, w: Any) -> Any:
    return _tree_no_tanh(tree, w).tanh() if isinstance(tree, tuple) else tg.tensor(tree, dtype=tg.float64)


def _tree_left(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    return (w[0] * _tree_left(tree[0], w) + w[1] * _tree_left(tree[0], w)).tanh()


def _tree_one_weight(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    return (w[0] * _tree_one_weight(tree[0], w) + w[0] * _tree_one_weight(tree[1], w)).tanh()


def _tree_bent_leaves(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64).tanh()
    return (w[0] * _tree_bent_leaves(tree[0], w) + w[1] * _tree_bent_leaves(tree[1], w)).tanh()


def _tree_numbers(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    left, right = (_tree_numbers(part, w).item() for part in tree)
    return (w[0] * left + w[1] * right).tanh()


def _tree_made_anew(tree: Any, w: Any) -> Any:
    return tg.tensor(tree_value(tree, w).item(), dtype=tg.float64)


def _tree_no_end(tree: Any, w: Any) -> Any:
    left, right = tree
    return (w[0] * _tree_no_end(left, w) + w[1] * _tree_no_end(right, w)).tanh()


def _tree_no_call(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    return (w[0] * tree[0] + w[1] * tree[1]).tanh()


def _tree_plain(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tree
    return (w[0] * _tree_plain(tree[0], w) + w[1] * _tree_plain(tree[1], w)).tanh()


def _tree_floats(tree: Any, w: Any) -> Any:
    if isinstance(tree, float):
        return tg.tensor(tree, dtype=tg.float64)
    left, right = tree
    return (w[0] * _tree_floats(left, w) + w[1] * _tree_floats(right, w)).tanh()


def _tree_plain_floats(tree: Any, w: Any) -> Any:
    if isinstance(tree, float):
        return tree
    left, right = tree
    return (w[0] * _tree_plain_floats(left, w) + w[1] * _tree_plain_floats(right, w)).tanh()


def _tree_case(tree: Any) -> Case:
    def run(piece: Piece) -> Any:
        w = leaf([0.5, -0.8])
        try:
            y = piece(tree, w)
        except TypeError as error:
            if not any(word in str(error) for word in ("unpack", "subscriptable", "iterable")):
                raise
            return {"value": "an error: a number was taken for a pair"}
        if y is None:
            return None
        kind = type(y).__name__
        if isinstance(y, int | float):
            y = tg.tensor(y, dtype=tg.float64)
        if y.requires_grad:
            y.backward()
        return {"value": y.detach(), "w.grad": w.grad, "the value is a": kind}

    return Case(f"tree = {tree}, w = [0.5, -0.8]", run)


TREE = Exercise(
    id="07.tree_value",
    target=None,
    minutes=7,
    difficulty=3,
    reference=tree_value,
    cases=(
        _tree_case(2.0),
        _tree_case((1.0, 2.0)),
        _tree_case((1.0, (2.0, 3.0))),
        _tree_case((1, (2, 3))),
        _tree_case((((1.0, -1.0), 2.0), (0.5, (3.0, 0.25)))),
    ),
    accepts=(_tree_by_stack,),
    mistakes=(
        Mistake(
            "sides exchanged",
            _tree_swapped,
            "w[0] belongs to the left side and w[1] to the right; yours are exchanged.",
        ),
        Mistake(
            "without tanh",
            _tree_no_tanh,
            "tanh is missing: without it, however deep the tree, the result is a weighted sum.",
        ),
        Mistake("tanh at the end", _tree_outer_tanh, "You bend the result once. Every pair bends its own."),
        Mistake(
            "left alone", _tree_left, "Both of your calls go into the left side. The right one has its turn as well."
        ),
        Mistake(
            "a plain number",
            _tree_plain,
            "A number alone comes back as a Python number, and the value of every tree is to be a Tensor: "
            "tg.tensor(tree).",
        ),
        Mistake(
            "floats alone",
            _tree_floats,
            "The number 1 is an int and no float, and your code takes it for a pair. Ask whether the tree is a tuple.",
        ),
        Mistake(
            "plain floats",
            _tree_plain_floats,
            "A number alone comes back as a Python number, where a Tensor is wanted: tg.tensor(tree). And the number 1 "
            "is no float, so your code takes it for a pair: ask whether the tree is a tuple.",
        ),
        Mistake("leaves bent", _tree_bent_leaves, "A number stands for itself; yours goes through tanh as well."),
        Mistake("one weight", _tree_one_weight, "w[0] stands at both sides of yours. The right side has w[1]."),
        Mistake(
            "every tree a pair",
            _tree_no_end,
            "Your function takes every tree for a pair. A number is a tree too, and there the calls end: give back "
            "tg.tensor(tree).",
        ),
        Mistake(
            "sides not asked",
            _tree_no_call,
            "A side may be a pair again, and a pair cannot be multiplied. Ask for the value of each side, by "
            "tree_value(left, w).",
        ),
        Mistake(
            "made anew",
            _tree_made_anew,
            "The value is right, and w gets no gradient: math.tanh gives a plain number, and a tensor made from one "
            "has no past. Use the tensor's own .tanh().",
        ),
        Mistake(
            "in plain numbers",
            _tree_numbers,
            "The value is right and the gradient too small: you take plain numbers from the inner pairs, with item() "
            "or float(), so that nothing flows back into them.",
        ),
    ),
    hints=(
        "What is the value of a tree that is just a number, and what do you need to know of a pair?",
        "A number becomes a tensor. For a pair ask for the values of both sides, by the same function, and put them "
        "together.",
        "Fill in what is missing:\nif not isinstance(tree, tuple):\n    return ...\nleft, right = ...\nreturn (w[0] * "
        "... + w[1] * ...).tanh()",
    ),
)
