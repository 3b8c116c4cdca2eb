"""The framework on the learner's own pieces: `with mine():`.

Other modules hold references to the framework's functions and classes, so those stay the objects that they are, and
what is in them changes places. A function's code becomes a stand-in's, which counts and calls the learner's; a class
gets the learner's attributes, but an object made before goes on with the package's methods, which know what the
package's `__init__` has set up in it. On exit all is put back. The learner's pieces run in modules of their own, as
they did in their check, with the package's names for what they import.
"""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pkgutil import resolve_name
from types import FunctionType, ModuleType, TracebackType
from typing import Any

from .. import graph
from ..modes import using
from . import saved
from .exercise import Exercise
from .exercises import load, numbers, session
from .feedback import Message, Table, show

NOT_MOVED = {
    "__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__",
    "__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__slots__", "__static_attributes__",
    "__weakref__",
}  # fmt: skip
"""What a class has of its own accord, and what describes its text."""

PACKAGES = "the package's"
BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

_running = threading.Lock()


class NotUsable(Exception):
    """A piece of the learner's cannot take the place of the package's; the message says why."""


@dataclass
class Part:
    """One piece of the framework: whose it is, and how often the learner's was called."""

    exercise: Exercise
    file: str
    whose: str = "yours"
    calls: int = 0
    counter: Iterator[int] = field(default_factory=itertools.count)

    @property
    def lesson(self) -> str:
        """The lesson that builds it."""
        return f"lesson {self.exercise.id.partition('.')[0]}"

    @property
    def title(self) -> str:
        """What the learner calls it."""
        return f"{self.exercise.name} ({self.lesson})"


def mine() -> Mine:
    """Run the framework on your own pieces: `with mine():`, and make the model inside.

    What you have not written yet is the package's. At the end a table says whose is whose, and how often each of
    yours was called. An exception that comes out of a piece of yours says which.
    """
    return Mine()


class Mine:
    """What `mine()` gives: the block in which the learner's pieces run, and afterwards its table."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.undo = ExitStack()

    def __enter__(self) -> Mine:
        if not _running.acquire(blocking=False):
            raise RuntimeError("mine() is running already: leave that `with mine():` block before you begin another")
        self.undo.callback(_running.release)
        self.undo.enter_context(using(fused=False))  # so that the learner's pieces do the work, and no fused operation
        try:
            self.parts = [self._part(exercise) for exercise in exercises_with_targets()]
        except BaseException:
            self.undo.close()
            raise
        return self

    def _part(self, exercise: Exercise) -> Part:
        part = Part(exercise, str(saved.folder() / saved.file_of(exercise)))
        text = saved.current(exercise)
        if text is None:
            part.whose = PACKAGES
            return part
        try:
            put_in(resolve_name(exercise.target or ""), part, text, self.undo)
            part.whose = "yours, edited since its check" if saved.edited(exercise) else "yours"
        except NotUsable as error:
            part.whose = f"{PACKAGES}: {error}"
        return part

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        self.undo.close()
        for part in self.parts:
            part.calls = next(part.counter)
        if error:
            self._name(error, trace)
        show(self.message())

    def _name(self, error: BaseException, trace: TracebackType | None) -> None:
        """Say in which piece of the learner's it happened, if in any: the innermost."""
        files = {part.file: part for part in self.parts}
        where = ""
        while trace:
            if part := files.get(trace.tb_frame.f_code.co_filename):
                file = saved.file_of(part.exercise).as_posix()
                where = f"In your {part.title}, line {trace.tb_lineno} of {file}."
            trace = trace.tb_next
        if where:
            error.add_note(where)

    def message(self) -> Message:
        """Whose is whose, and how often each of the learner's was called.

        Pieces that no lesson up to this one builds are passed over where they are the package's.
        """
        so_far = session.lesson.number if session.lesson else numbers()[-1]
        used = [part for part in self.parts if part.whose.startswith("yours")]
        others = [p for p in self.parts if p.whose == PACKAGES and p.exercise.id.partition(".")[0] <= so_far]
        mine = [part for part in self.parts if part.whose != PACKAGES]
        rows = [(part.title, part.whose, f"{part.calls:,}" if part in used else "") for part in mine]
        table = [Table("Whose is whose", ("piece", "whose", "calls"), tuple(rows))] if rows else []
        lessons: dict[str, list[str]] = {}
        for part in others:
            lessons.setdefault(part.lesson, []).append(f"`{part.exercise.name}`")
        rest = "; ".join(f"{', '.join(names)} ({lesson})" for lesson, names in lessons.items())
        heading = f"`mine()`: {len(used)} of {len(mine) + len(others)} pieces of the framework were yours"
        return Message(heading, (*table, *([f"The package's own: {rest}."] if rest else [])))

    def __repr__(self) -> str:
        return self.message().as_text()

    def _repr_html_(self) -> str:
        return self.message().as_html()


def exercises_with_targets() -> list[Exercise]:
    """The exercises of all lessons that build a piece of the framework, in the order of the lessons."""
    return [exercise for number in numbers() for exercise in load(number).exercises if exercise.target]


def refusal(piece: Any) -> str | None:
    """Why a piece of the framework cannot be a target, in a sentence; None where it can."""
    if isinstance(piece, FunctionType):
        return None
    if not isinstance(piece, type):
        return f"{piece!r} is neither a plain function or method nor a class."
    if type(piece) is not type:
        return f"{piece.__name__} has the metaclass {type(piece).__name__}."
    from_c = not piece.__flags__ & 1 << 9  # Py_TPFLAGS_HEAPTYPE
    return f"{piece.__name__} has __slots__, or is written in C." if from_c or "__slots__" in vars(piece) else None


def put_in(target: Any, part: Part, text: str, undo: ExitStack) -> None:
    """Let the learner's piece take the place of what is in the target, until undo is closed.

    Raises NotUsable, with nothing changed, where that cannot be.
    """
    piece, namespace = made(part, text, undo)
    if isinstance(target, FunctionType):
        if not callable(piece):
            raise NotUsable(f"yours is of type {type(piece).__name__}, and a function is wanted")
        undo.callback(_set_code, target, target.__code__, target.__defaults__, target.__kwdefaults__)
        free = target.__code__.co_freevars  # a function's code is exchanged only for one with as many
        counted = _counted(piece, target, part.counter)
        stand_in = _stand_in_generator if inspect.isgeneratorfunction(target) else _stand_in
        _set_code(target, stand_in.__code__.replace(co_freevars=free), None, {"_called": counted})
    else:
        _check_class(piece, target, namespace["__name__"])
        undo.callback(_restore_class, target, dict(vars(target)))
        _fill_class(target, piece, part.counter)
    namespace[part.exercise.name] = target  # a piece that names itself means the one in use


def made(part: Part, text: str, undo: ExitStack) -> tuple[Any, dict[str, Any]]:
    """The learner's piece, and the names of the module that it runs in."""
    module = ModuleType(".".join(saved.file_of(part.exercise).with_suffix("").parts))
    sys.modules[module.__name__] = module
    undo.callback(sys.modules.pop, module.__name__, None)
    try:
        exec(compile(text, part.file, "exec", dont_inherit=True), vars(module))
        return vars(module)[part.exercise.name], vars(module)
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise NotUsable(f"yours cannot be run, {said}") from error


# Functions


def _stand_in(*args: Any, _called: Callable[..., Any], **options: Any) -> Any:
    return _called(*args, **options)


def _stand_in_generator(*args: Any, _called: Callable[..., Any], **options: Any) -> Any:
    yield from _called(*args, **options)  # Python wants the code of a generator in place of another one's


def _set_code(function: FunctionType, code: Any, defaults: Any, kwdefaults: Any) -> None:
    function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, kwdefaults


def _counted(piece: Callable[..., Any], package: Any, counter: Iterator[int]) -> Callable[..., Any]:
    """A function that counts its calls and calls the piece.

    An option of the package's that the piece does not take, inplace=False say, is left out where it has the value that
    it has anyway.
    """
    takes, package_takes = _parameters(piece), _parameters(package)
    kinds = [p.kind for p in takes.values()]
    anything = inspect.Parameter.VAR_KEYWORD in kinds
    idle = {k: p.default for k, p in package_takes.items() if k not in takes and p.default is not p.empty}
    by_place = sum(kind in BY_PLACE for kind in kinds)
    beyond = [] if inspect.Parameter.VAR_POSITIONAL in kinds else list(package_takes)[by_place:]

    def counted(*args: Any, **options: Any) -> Any:
        next(counter)
        if beyond and len(args) > by_place:
            args, options = args[:by_place], {**dict(zip(beyond, args[by_place:], strict=False)), **options}
        if options and idle and not anything:
            idling = {k for k in options.keys() & idle.keys() if type(options[k]) is type(idle[k])}
            options = {k: v for k, v in options.items() if k not in idling or v != idle[k]}
        return piece(*args, **options)

    return counted


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # it is none, or says nothing of what it takes
        return {}


# Classes


def _check_class(piece: Any, target: type, home: str) -> None:
    if not isinstance(piece, type):
        raise NotUsable(f"yours is of type {type(piece).__name__}, and a class is wanted")
    if reason := refusal(piece):
        raise NotUsable(f"in yours, {reason}")
    if any(base.__module__ == home for base in piece.__mro__[1:]):
        raise NotUsable("yours inherits from another class of yours; write what it needs into the class itself")
    if issubclass(target, graph.Op) and not issubclass(piece, graph.Op):
        raise NotUsable(f"yours is no operation; begin it with `class {piece.__name__}(Op):`")


def _fill_class(target: type, piece: type, counter: Iterator[int]) -> None:
    """Give the target the attributes of the piece.

    A method that the piece inherits from the package is then the inherited one. What the piece has not at all stays,
    but for gradient rules: an operation without one has none.
    """
    own, before = {k: v for k, v in vars(piece).items() if k not in NOT_MOVED}, dict(vars(target))
    earlier = _made_before(target)
    inherited = {name for base in piece.__mro__[1:-1] for name in vars(base)}
    for name in [name for name, value in vars(target).items() if isinstance(value, FunctionType)]:
        if name in inherited or (name.startswith("grad_") and issubclass(target, graph.Op)):
            delattr(target, name)
    for name, value in own.items():
        if isinstance(value, FunctionType):
            counted = functools.update_wrapper(_counted(value, before.get(name), counter), value)
            setattr(target, name, functools.update_wrapper(_by_maker(counted, before.get(name), earlier), value))
        else:
            setattr(target, name, value)
        for function in (value, *(getattr(value, part, None) for part in ("__func__", "fget", "fset"))):
            _mean(inspect.unwrap(function), target)
    if issubclass(target, graph.Op):
        graph.read_signatures(target)


def _made_before(target: type) -> dict[int, Any]:
    """The objects of a class that there are, by id; of an operation there are none."""
    things = [] if issubclass(target, graph.Op) else gc.get_objects()
    return {id(thing): thing for thing in things if issubclass(type(thing), target)}


def _by_maker(mine: Callable[..., Any], package: Any, earlier: dict[int, Any]) -> Callable[..., Any]:
    """A method that is the package's for objects that were there before, and the learner's for all others."""
    if not earlier or package is None:
        return mine

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return (package if id(self) in earlier else mine)(self, *args, **options)

    return method


def _mean(function: Any, target: type) -> None:
    """Let `super()` in a method mean the class that the method is in now."""
    if isinstance(function, FunctionType) and "__class__" in function.__code__.co_freevars:
        cell = (function.__closure__ or ())[function.__code__.co_freevars.index("__class__")]
        cell.cell_contents = target


def _restore_class(target: type, before: dict[str, Any]) -> None:
    for name in [name for name in vars(target) if name not in before]:
        delattr(target, name)
    for name, value in before.items():
        if vars(target).get(name) is not value:
            setattr(target, name, value)
