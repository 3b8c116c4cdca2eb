"""Lesson 07, Dynamic graphs: loops, recursion, recording switched off, hooks, a Newton step, a Function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg
from tinygrad_course import graph
from tinygrad_course.autograd import grad_mode
from tinygrad_course.autograd.grad_mode import Switch
from tinygrad_course.modes import modes

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction


def leaf(array: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(array, dtype=tg.float64, requires_grad=True)


# heron


def heron(x: Any) -> Any:
    """The square root of x by Heron's method."""
    y = x
    while abs((y * y - x).item()) > 1e-9:
        y = (y + x / y) / 2
    return y


def _heron_for(x: Any) -> Any:
    y = x
    for _ in range(100):
        if ((y * y - x).abs() <= 1e-9).all():
            break
        y = 0.5 * y + 0.5 * x / y
    return y


def _heron_numbers(x: Any) -> Any:
    y = x.item()
    while abs(y * y - x.item()) > 1e-9:
        y = (y + x.item() / y) / 2
    return tg.tensor(y, dtype=tg.float64)


def _heron_detached(x: Any) -> Any:
    y = x
    while abs((y * y - x).item()) > 1e-9:
        y = (y.detach() + x.item() / y) / 2
    return y


def _heron_once(x: Any) -> Any:
    return (x + x / x) / 2


def _heron_unhalved(x: Any) -> Any:
    y = x
    for _ in range(40):
        if abs((y * y - x).item()) <= 1e-9:
            break
        y = y + x / y
    return y


def _heron_three(x: Any) -> Any:
    y = x
    for _ in range(3):
        y = (y + x / y) / 2
    return y


def _heron_below(x: Any) -> Any:
    y = x
    while (y * y - x).item() < -1e-9:
        y = (y + x / y) / 2
    return y


def _heron_above(x: Any) -> Any:
    y = x
    while (y * y - x).item() > 1e-9:
        y = (y + x / y) / 2
    return y


def _heron_in_place(x: Any) -> Any:
    y = x.clone()
    while abs((y * y - x).item()) > 1e-9:
        y += x / y
        y /= 2
    return y


def _heron_ready_made(x: Any) -> Any:
    return x.sqrt()


def _heron_case(number: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf(number)
        y = piece(x)
        if y.requires_grad:
            y.backward()
        return {"root": y.detach(), "x.grad": x.grad}

    return Case(f"x = {number}", run)


HERON = Exercise(
    id="07.heron",
    target=None,
    minutes=6,
    difficulty=2,
    reference=heron,
    cases=(_heron_case(1.0), _heron_case(2.0), _heron_case(0.25), _heron_case(10_000.0)),
    accepts=(_heron_for,),
    mistakes=(
        Mistake(
            "in plain numbers",
            _heron_numbers,
            "The root is right, and no gradient comes back: you compute with x.item(), a plain number. Use item() in "
            "the condition, and the tensors themselves in the formula.",
        ),
        Mistake(
            "cut off",
            _heron_detached,
            "The root is right and its gradient is not: a part of the formula is cut off from the graph, by detach() "
            "or item().",
        ),
        Mistake("one step", _heron_once, "You take one step, whatever x is. Go on until y · y is near enough to x."),
        Mistake(
            "three steps",
            _heron_three,
            "A fixed number of steps is enough for some x and not for others. Let the values decide.",
        ),
        Mistake("not halved", _heron_unhalved, "y and x / y lie on both sides of the root: take their mean."),
        Mistake(
            "one side",
            _heron_below,
            "Your loop looks at one side alone: y · y may be too large as well as too small. Take the distance.",
        ),
        Mistake(
            "no distance",
            _heron_above,
            "Your loop ends as soon as y · y is below x, and for x = 0.25 that is at once. A distance is never "
            "negative: take abs(...).",
        ),
        Mistake(
            "in place",
            _heron_in_place,
            "`+=` and `/=` write into the array of y, which the rule of x / y still has to read on the way back. Make "
            "a new y in each round: y = ...",
        ),
        Mistake(
            "ready-made",
            _heron_ready_made,
            "Your slope at x = 1 is that of √x. Taken by steps the root has another one there: the loop ends before it "
            "begins, and y is x itself. Take the steps.",
        ),
    ),
    hints=(
        "When is y near enough, and what brings it nearer?",
        "Begin with y = x. While the distance of y · y from x is above 1e-9, as a plain number, let y be the mean of y "
        "and x / y, as tensors.",
        "Fill in what is missing:\ny = x\nwhile abs(...) > 1e-9:\n    y = ...\n...",
    ),
)


# tree_value


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


def _tree_bent_leaves(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64).tanh()
    return (w[0] * _tree_bent_leaves(tree[0], w) + w[1] * _tree_bent_leaves(tree[1], w)).tanh()


def _tree_numbers(tree: Any, w: Any) -> Any:
    if not isinstance(tree, tuple):
        return tg.tensor(tree, dtype=tg.float64)
    left, right = (_tree_numbers(part, w).item() for part in tree)
    return (w[0] * left + w[1] * right).tanh()


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
    def run(piece: Piece) -> dict[str, Any]:
        w = leaf([0.5, -0.8])
        try:
            y = piece(tree, w)
        except TypeError as error:
            if not any(word in str(error) for word in ("unpack", "subscriptable", "iterable")):
                raise
            return {"value": "an error: a number was taken for a pair"}
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


# no_grad


class _NoGrad(Switch):
    mode = False

    def __init__(self) -> None:
        self.stack: list[bool] = []

    def __enter__(self) -> None:
        self.stack += [modes.grad]
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.stack[-1]
        del self.stack[-1]


class _NoGradToTrue(_NoGrad):
    def __exit__(self, *exception: Any) -> None:
        modes.grad = True


class _NoGradOneBefore(_NoGrad):
    def __enter__(self) -> None:
        self.old = modes.grad
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.old


class _NoGradSwallows(_NoGrad):
    def __exit__(self, *exception: Any) -> bool:  # type: ignore[override]
        super().__exit__(*exception)
        return True


class _NoGradNotAfterErrors(_NoGrad):
    def __exit__(self, *exception: Any) -> None:
        if exception[0] is None:
            super().__exit__(*exception)


class _NoGradAtOnce(_NoGrad):
    def __init__(self) -> None:
        super().__init__()
        self.stack.append(modes.grad)
        modes.grad = self.mode

    def __enter__(self) -> None:
        pass


class _NoGradAlwaysOff(_NoGrad):
    def __enter__(self) -> None:
        self.stack.append(modes.grad)
        modes.grad = False


class _NoGradOffAndOn(_NoGrad):
    def __enter__(self) -> None:
        modes.grad = False

    def __exit__(self, *exception: Any) -> None:
        modes.grad = True


class _NoGradOffAndBefore(_NoGradOneBefore):
    def __enter__(self) -> None:
        self.old = modes.grad
        modes.grad = False


class _NoGradNever(_NoGrad):
    def __enter__(self) -> None:
        self.stack.append(modes.grad)


class _NoGradForEver(_NoGrad):
    def __exit__(self, *exception: Any) -> None:
        pass


class _NoGradTurned(_NoGrad):
    def __exit__(self, *exception: Any) -> None:
        modes.grad = not self.mode


class _NoGradCounts(_NoGrad):
    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        if self.depth == 0:
            self.old = modes.grad
        self.depth += 1
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            modes.grad = self.old


class _NoGradTooEarly(_NoGrad):
    def __init__(self) -> None:
        self.old = modes.grad

    def __enter__(self) -> None:
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.old


def _switch_case(name: str, use: Callable[[Any, list[Any]], Any]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        found: list[Any] = []
        before = modes.grad
        try:
            use(piece, found)
            return {"recording": [*found, modes.grad]}
        finally:
            modes.grad = before

    return Case(name, run)


def _once(piece: Any, found: list[Any]) -> None:
    with piece():
        found.append(modes.grad)


def _nested(piece: Any, found: list[Any]) -> None:
    with piece():
        with piece():
            found.append(modes.grad)
        found.append(modes.grad)


def _failing(piece: Any, found: list[Any]) -> None:
    try:
        with piece():
            raise KeyError
    except KeyError:
        found.append("the error came out")


def _prepared(piece: Any, found: list[Any]) -> None:
    switch = piece()
    found.append(modes.grad)
    with switch:
        found.append(modes.grad)


def _one_object_twice(piece: Any, found: list[Any]) -> None:
    switch = piece()
    with switch, switch:
        found.append(modes.grad)


def _one_object_with_another_between(piece: Any, found: list[Any]) -> None:
    switch = piece()
    with switch:
        modes.grad = True  # as `with enable_grad():` does
        with switch:
            found.append(modes.grad)
        found.append(modes.grad)


def _switched_on(piece: Any, found: list[Any]) -> None:
    switch = piece()
    switch.mode = True
    modes.grad = False
    with switch:
        found.append(modes.grad)


NO_GRAD = Exercise(
    id="07.no_grad",
    target="tinygrad_course.autograd.grad_mode.no_grad",
    minutes=9,
    difficulty=3,
    reference=grad_mode.no_grad,
    cases=(
        _switch_case("inside `with no_grad():`, and after it", _once),
        _switch_case("one within another: inside both, between, after", _nested),
        _switch_case("an error inside", _failing),
        _switch_case("made first, used later: before, inside, after", _prepared),
        _switch_case("one object entered twice, as recursion does", _one_object_twice),
        _switch_case(
            "one object entered twice, and recording on between: inside, between, after",
            _one_object_with_another_between,
        ),
        _switch_case("its mode is True, and recording is off: inside, after", _switched_on),
    ),
    accepts=(_NoGrad,),
    mistakes=(
        Mistake(
            "always on afterwards",
            _NoGradToTrue,
            "At the end you switch recording on. If it was off before, as inside another no_grad, it must be off "
            "again: keep what was there.",
        ),
        Mistake(
            "one place to remember",
            _NoGradOneBefore,
            "One object may be entered again before it is left: a decorated function that calls itself does that. With "
            "one attribute the inner entry overwrites what the outer one remembered. Keep a list.",
        ),
        Mistake(
            "errors swallowed",
            _NoGradSwallows,
            "__exit__ returns True, which tells Python to forget the error inside. Return nothing.",
        ),
        Mistake(
            "not after errors",
            _NoGradNotAfterErrors,
            "After an error recording stays off, and the next training learns nothing. __exit__ is called in every "
            "case: put back in every case.",
        ),
        Mistake(
            "at once",
            _NoGradAtOnce,
            "Recording is off as soon as the object is made. It should be at the `with`: that calls __enter__.",
        ),
        Mistake(
            "always off",
            _NoGradAlwaysOff,
            "You switch to False, whatever self.mode says. enable_grad is the same class with mode = True.",
        ),
        Mistake(
            "off and on",
            _NoGradOffAndOn,
            "You switch off, and then on. Set self.mode, since enable_grad is the same class with another mode; and at "
            "the end put back what was there before, from a list.",
        ),
        Mistake(
            "off, and one place",
            _NoGradOffAndBefore,
            "You put back what was there before, but from one place, and one object may be entered twice: keep a list. "
            "And what is set is self.mode, not False: enable_grad is the same class.",
        ),
        Mistake(
            "entries counted",
            _NoGradCounts,
            "You remember at the first entry and put back at the last exit. Between two entries somebody may have "
            "switched: each exit puts back what its own entry found. Keep a list.",
        ),
        Mistake("never switched", _NoGradNever, "Recording goes on inside: set modes.grad in __enter__."),
        Mistake(
            "for ever",
            _NoGradForEver,
            "Recording stays as it was inside, and the next backward finds no graph. Put back in __exit__ what "
            "__enter__ found.",
        ),
        Mistake(
            "turned round",
            _NoGradTurned,
            "You set the opposite of self.mode at the end. What was there before may have been the same: put back "
            "what you found.",
        ),
        Mistake(
            "looked too early",
            _NoGradTooEarly,
            "You note what was before when the object is made. The block may begin later, and somewhere else: note it "
            "in __enter__.",
        ),
    ),
    hints=(
        "What has __exit__ to know that only __enter__ could see?",
        "__enter__ puts the present modes.grad on a list, and sets modes.grad to self.mode. __exit__ takes the last "
        "one from the list and sets it again.",
        "Fill in what is missing:\ndef __init__(self):\n    self.before = ...\n\ndef __enter__(self):\n    self.before"
        "...\n    modes.grad = ...\n\ndef __exit__(self, *exception):\n    modes.grad = ...",
    ),
)


# run_hooks


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

        hooks = {i: noting(hook) for i, hook in enumerate(made)}
        result = piece(hooks, tg.tensor(3.0, dtype=tg.float64))
        return {"gradient": result, "what each hook saw": seen}

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


# newton_step


def newton_step(f: Callable[[Any], Any], x: Any) -> Any:
    """Where the parabola that fits f at x has its extreme: x - f' / f''."""
    slope, bend = _first_two(f, x)
    return (x - slope / bend).detach().requires_grad_()


def _newton_backward(f: Callable[[Any], Any], x: Any) -> Any:
    x = x.detach().requires_grad_()
    f(x).backward(create_graph=True)
    slope = x.grad
    x.grad = None
    slope.backward()
    return tg.tensor((x - slope / x.grad).item(), dtype=tg.float64, requires_grad=True)


def _first_two(f: Callable[[Any], Any], x: Any, create_graph: bool = True) -> tuple[Any, Any]:
    """The slope of f at x, and the slope of that."""
    slope: Any = tg.autograd.grad(f(x), x, create_graph=create_graph)[0]
    return slope.detach(), tg.autograd.grad(slope, x)[0]


def _newton_root(f: Callable[[Any], Any], x: Any) -> Any:
    slope, _ = _first_two(f, x)
    return (x - f(x) / slope).detach().requires_grad_()


def _newton_descent(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return (x - slope * bend).detach().requires_grad_()


def _newton_sign(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return (x + slope / bend).detach().requires_grad_()


def _newton_turned(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return (x - bend / slope).detach().requires_grad_()


def _newton_kept(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    return x - slope / bend


def _newton_added(f: Callable[[Any], Any], x: Any) -> Any:
    x = x.detach().requires_grad_()
    f(x).backward(create_graph=True)
    slope = x.grad
    slope.backward()
    return (x - slope / x.grad).detach().requires_grad_()


def _newton_in_place(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x)
    with tg.no_grad():
        x -= slope / bend
    return x


def _newton_not_recorded(f: Callable[[Any], Any], x: Any) -> Any:
    slope, bend = _first_two(f, x, create_graph=False)
    return (x - slope / bend).detach().requires_grad_()


def _newton_tuples(f: Callable[[Any], Any], x: Any) -> Any:
    slope: Any = tg.autograd.grad(f(x), x, create_graph=True)
    bend: Any = tg.autograd.grad(slope, x)
    return (x - slope / bend).detach().requires_grad_()


def _newton_slope_alone(f: Callable[[Any], Any], x: Any) -> Any:
    slope, _ = _first_two(f, x)
    return (x - slope).detach().requires_grad_()


def _newton_case(name: str, f: Callable[[Any], Any], start: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf(start)
        y = piece(f, x)
        return {"next x": y.detach(), "a leaf that wants gradients": y.is_leaf and y.requires_grad, "x": x.detach()}

    return Case(f"f = {name}, x = {start}", run)


NEWTON = Exercise(
    id="07.newton_step",
    target=None,
    minutes=8,
    difficulty=3,
    reference=newton_step,
    cases=(
        _newton_case("(x - 3)²", lambda x: (x - 3) ** 2, 1.0),
        _newton_case("x⁴ - 3 x", lambda x: x**4 - 3 * x, 2.0),
        _newton_case("eˣ - 2 x", lambda x: x.exp() - 2 * x, 0.5),
    ),
    accepts=(_newton_backward,),
    mistakes=(
        Mistake(
            "create_graph forgotten",
            _newton_not_recorded,
            "The slope came out without a graph of its own, so there is nothing to differentiate a second time. Ask "
            "for it with create_graph=True.",
        ),
        Mistake(
            "tuples",
            _newton_tuples,
            "tg.autograd.grad gives a tuple, with one gradient for each input. Take it out: (slope,) = ..., and the "
            "bend likewise.",
        ),
        Mistake(
            "slope alone",
            _newton_slope_alone,
            "You step by the slope alone. The bend, which is the slope of the slope, says how far: divide by it.",
        ),
        Mistake(
            "looking for a root",
            _newton_root,
            "f / f' leads to where f is 0. Here the slope has to become 0: f' / f''.",
        ),
        Mistake(
            "times the bend",
            _newton_descent,
            "You multiply by the second derivative. A strong bend wants a short step: divide.",
        ),
        Mistake("the other way", _newton_sign, "You walk away from where the slope is 0: the sign is turned round."),
        Mistake("turned round", _newton_turned, "Your quotient stands on its head: the slope over the bend."),
        Mistake(
            "added up",
            _newton_added,
            "x.grad still held the slope when the second pass added the bend to it: you divide by the sum of both. "
            "tg.autograd.grad gives each by itself.",
        ),
        Mistake("in place", _newton_in_place, "You change x itself. Give back a new tensor, and leave x as it was."),
        Mistake(
            "graph kept",
            _newton_kept,
            "The new x is no leaf that wants gradients: either it still hangs on the old one, and the graph grows with "
            "every step, or it is cut off and wants none. Cut it off, and let it want gradients again.",
        ),
    ),
    hints=(
        "What do you need of f at x, and which of it is a gradient of a gradient?",
        "tg.autograd.grad(y, x, create_graph=True) gives a tuple of one slope, which has a graph of its own; the same "
        "call on the slope gives the bend. The new x is a leaf: detach it and let it want gradients.",
        "Fill in what is missing:\n(slope,) = tg.autograd.grad(..., x, create_graph=...)\n(bend,) = ...\nreturn (x - "
        "...).detach()...",
    ),
)


# Clip


class Clip(tg.autograd.Function):
    """The input as it is; its gradient is kept between -1 and 1."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.clamp(-1, 1)


class _ClipClone(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return tg.minimum(tg.maximum(g, tg.tensor(-1.0, dtype=tg.float64)), tg.tensor(1.0, dtype=tg.float64))


class _ClipForward(Clip):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clamp(-1, 1)


class _ClipNothing(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class _ClipWrongWay(Clip):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class _ClipNoReturn(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        g.clamp(-1, 1)


class _ClipSign(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.sign()


class _ClipAbove(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.clamp(max=1)


class _ClipNorm(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g / max(1.0, (g * g).sum().item() ** 0.5)


class _ClipZero(Clip):
    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * (g.abs() <= 1)


def _clip_case(name: str, slopes: list[float]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = leaf([2.0, -3.0, 0.5])
        y = piece.apply(x)
        (y * tg.tensor(slopes, dtype=tg.float64)).sum().backward()
        return {"output": y.detach(), "x.grad": x.grad}

    return Case(name, run)


CLIP = Exercise(
    id="07.Clip",
    target=None,
    minutes=6,
    difficulty=2,
    reference=Clip,
    cases=(
        _clip_case("x = [2, -3, 0.5], the gradient that arrives is [0.5, -0.25, 1]", [0.5, -0.25, 1.0]),
        _clip_case("the same x, [100, 0.5, -0.25] arrives", [100.0, 0.5, -0.25]),
        _clip_case("the same x, [5, -100, 0.1] arrives", [5.0, -100.0, 0.1]),
    ),
    accepts=(_ClipClone,),
    mistakes=(
        Mistake(
            "values clipped",
            _ClipForward,
            "You clip the values on the way forward. They pass unchanged; it is the gradient that is held back.",
        ),
        Mistake(
            "ways exchanged",
            _ClipWrongWay,
            "You clip the values and let the gradient through. It is the other way round: the values pass unchanged.",
        ),
        Mistake(
            "backward without return",
            _ClipNoReturn,
            "Your backward gives back None. clamp makes a new tensor: return it.",
        ),
        Mistake("not clipped", _ClipNothing, "Your backward passes the gradient on as it came."),
        Mistake("sign", _ClipSign, "Small gradients grow to 1 in yours. Between -1 and 1 they stay as they are."),
        Mistake("above alone", _ClipAbove, "You hold back what is above 1. What is below -1 is too large as well."),
        Mistake(
            "norm", _ClipNorm, "You shorten the whole gradient. Here each number is kept between -1 and 1 by itself."
        ),
        Mistake("thrown away", _ClipZero, "You set large gradients to 0. They are to stay at the bound."),
    ),
    hints=(
        "Which of the two methods sees the values, and which the gradient?",
        "forward gives a copy of x, such as x.clone(). backward gets the gradient of the output, and gives it with "
        "every number between -1 and 1: clamp does that.",
        "Fill in what is missing:\n@staticmethod\ndef forward(ctx, x):\n    return ...\n\n@staticmethod\ndef "
        "backward(ctx, g):\n    return g.clamp(..., ...)",
    ),
)


LESSON = Lesson(
    number="07",
    module=__name__,
    exercises=(HERON, TREE, NO_GRAD, RUN_HOOKS, CLIP, NEWTON),
    predictions=(
        Prediction(
            "halvings",
            3.0,
            "12 is halved twice, to 3, and 3 is odd: two divisions and one product. For 6 there are two operations. "
            "Each run leaves the graph of what it really did.",
        ),
        Prediction(
            "detached",
            6.0,
            "detach hands on the number 3 as a constant. Only the other factor is x, so the slope is 2 · 3, not 12.",
        ),
        Prediction(
            "bug-in-place",
            "x.mul_(2)",
            "The rule of the square reads x as it was when the square was taken. Writing into x changes that array and "
            "counts up its version, and the engine says so rather than give a wrong gradient.",
            choices=("x * x", "x.mul_(2)", "y.backward()"),
        ),
        Prediction(
            "bug-growing",
            "total + loss",
            "total is a Tensor that was made from all losses so far, so it keeps all their graphs alive. Add numbers: "
            "total + loss.item(). That w.grad is never cleared is a second mistake, but it needs no memory.",
            choices=("w * x", "total + loss", "loss.backward()"),
        ),
        Prediction(
            "third",
            24.0,
            "The first derivative is 4x³, the second 12x², the third 24x: at 1 it is 24.",
        ),
    ),
    dtype="float64",
)
