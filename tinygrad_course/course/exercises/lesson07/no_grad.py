"""no_grad is a `with` block, or a decorator, in which nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_course.autograd import grad_mode
from tinygrad_course.autograd.grad_mode import Switch
from tinygrad_course.modes import modes

from ...exercise import Case, Exercise, Mistake, Piece


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


class _NoGradNewList(_NoGrad):
    def __enter__(self) -> None:
        self.stack = [modes.grad]
        modes.grad = self.mode

    def __exit__(self, *exception: Any) -> None:
        modes.grad = self.stack.pop()


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
            "One object may be entered again before it is left: a decorated function that calls itself does that. One "
            "place alone would be overwritten by the inner entry. Keep a list; each exit takes the last item away, "
            "with pop().",
        ),
        Mistake(
            "list begun anew",
            _NoGradNewList,
            "Each entry of yours begins a new list, and what the outer one had put on the old one is lost. Begin the "
            "list in __init__, and append in __enter__.",
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
