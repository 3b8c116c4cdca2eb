"""The check: is what the learner wrote right, and if not, which mistake is it?"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy import allclose  # by its own name: a notebook may have put something else into `np`

from ..graph import Op
from . import progress, saved
from .child import LIMITS, Child, Limits, Plain, plain, prepare, run
from .exercise import AFTERWARDS, Case, Exercise, Lesson, Mistake
from .exercises import UnknownExercise, find, session
from .feedback import Block, Code, Drawing, Message, Pair, Table, beside, explain, labelled, show
from .source import CANNOT_BE_ASKED, ONLY_IN_NOTEBOOKS, Source, program
from .uses import parts_of_the_package, resolved

HANDED_ON = (
    "Your `{name}` lets the package's own `{name}` do the work, and that is what it is to replace. Inside `mine()` it "
    "would call itself without end. Write out what it does."
)
LONGEST_MESSAGE = 300  # characters of an error's message that are shown

Status = Literal["passed", "not started", "not yet", "stopped", "not checked", "fault of the course"]


@dataclass(frozen=True)
class Outcome:
    """What a check found. mistake: the known one that it is; likely: that it is only the nearest."""

    status: Status
    blocks: tuple[Block, ...]
    mistake: Mistake | None = None
    likely: bool = False


Learner = Source | Plain | None
"""The learner's answer: the text of a definition, or a value as plain data."""


@dataclass(frozen=True)
class Expected:
    """What the reference, and each mistake, gives in every case."""

    reference: list[Plain]
    mistakes: list[list[Plain]]


NO_SOURCE = (
    "The text of your code cannot be found. Write it with `def` or `class` in a cell of this notebook, "
    "run that cell, and then this one again."
)
NO_VALUE = "Write your answer in place of the three dots."
NOT_YOURS = "The name holds the course's own piece now. To check yours, run the cell that holds it, and then this cell."
STOPPED = {
    "time": "Your code did not come to an end within {seconds:g} seconds. Is there a loop that never ends, or is "
    "the same work done again and again?",
    "memory": "Your code took more than {megabytes:g} megabytes. Does a list or an array grow too large?",
    "ended": "Your code ended or crashed the Python it ran in. Does it call `exit`, or itself without end?",
}


class CourseFault(Exception):
    """The check cannot be made, through no fault of the learner; the message says why."""


class Given:
    """Marks a value that the course gave in place of the learner's: equal to what it stands for, but no answer."""


def check(thing: Any, id: str | None = None) -> Any:
    """Check a piece that you wrote, say what is wrong if anything is, and give back the piece to go on with.

    thing: the function or class itself, or the value asked for. id: its exercise ("00.double_or_triple"), if it has
    another name. Returns your piece where it passes, else the course's own, so that the lesson runs on. Never raises.
    """
    exercise, learner, outcome = _find_and_examine(thing, id)
    if exercise is None:
        show(Message(f"Check: {outcome.status}", outcome.blocks))
        return thing
    session.last, session.outcomes[exercise.id] = exercise, outcome.status
    if outcome.status in ("passed", "not yet", "stopped"):
        session.tried.add(exercise.id)
    kept = _keep(exercise, learner) if outcome.status == "passed" else ()
    _record(exercise, learner, outcome)
    piece, whose = (thing, "your") if outcome.status == "passed" else (_given(exercise), "the course's")
    goes_on = f"The lesson goes on with {whose} `{exercise.name}`{_in_mine(exercise, outcome)}."
    show(Message(f"`{exercise.name}`: {outcome.status}", (*outcome.blocks, *kept, goes_on)))
    prepare()
    return piece


def _find_and_examine(thing: Any, id: str | None) -> tuple[Exercise | None, Learner, Outcome]:
    exercise, learner = None, None
    try:
        lesson, exercise = find(thing if _can_be_asked(thing) else None, id)
        learner, why_not = _answer(thing, exercise)
        return exercise, learner, why_not or examine(lesson, exercise, learner)
    except UnknownExercise as error:
        return None, None, Outcome("not checked", (str(error),))
    except Exception as error:
        return exercise, learner, _fault(f"{type(error).__name__}: {error}")


def _can_be_asked(thing: Any) -> bool:
    try:
        return bool(thing.__class__)
    except CANNOT_BE_ASKED:
        return False


def _answer(thing: Any, exercise: Exercise) -> tuple[Learner, Outcome | None]:
    """The learner's answer in the form in which it is tried, or why there is none to try."""
    if issubclass(type(thing), Given) or (thing is exercise.reference and not _copied(exercise)):
        return None, Outcome("not started", (NOT_YOURS,))
    if thing is ...:
        return None, Outcome("not started", (NO_VALUE, _for_a_hint(exercise)))
    if exercise.wants_a_value:
        try:
            return plain(thing), None
        except CANNOT_BE_ASKED:
            return None, Outcome("not checked", ("This value cannot be read, so it cannot be compared.",))
    if not callable(thing):
        return None, Outcome("not checked", (f"Give the piece itself: `check({exercise.name})`.",))
    found = program(thing, exercise.name, saved.imported)
    return found, None if found else Outcome("not checked", (NO_SOURCE,))


def _given(exercise: Exercise) -> Any:
    """The course's piece; a number or text in a form that tells it from the same one written by the learner."""
    reference = exercise.reference
    kind = type(reference)
    return type(kind.__name__, (Given, kind), {})(reference) if _copied(exercise) else reference


def _copied(exercise: Exercise) -> bool:
    return type(exercise.reference) in (int, float, str, tuple, list)


def _in_mine(exercise: Exercise, outcome: Outcome) -> str:
    """What `mine()` uses, where that is not what the lesson goes on with: a version of the learner's passed before."""
    with contextlib.suppress(OSError):  # the file cannot be read
        if outcome.status != "passed" and exercise.target and saved.current(exercise) is not None:
            return "; `mine()` uses your version that passed" + (", as edited" if saved.edited(exercise) else "")
    return ""


def _keep(exercise: Exercise, learner: Learner) -> tuple[str, ...]:
    if not isinstance(learner, Source):  # a value is no piece of a framework
        return ()
    try:
        return tuple(saved.keep(exercise, learner))
    except OSError as error:
        return (f"It could not be kept in your folder: {error.strerror or error}.",)


def _record(exercise: Exercise, learner: Learner, outcome: Outcome) -> None:
    text = learner.text if isinstance(learner, Source) else json.dumps(learner)
    with contextlib.suppress(OSError):  # the text of the cases cannot be read
        progress.record(
            "check",
            exercise.id,
            status=outcome.status,
            check=progress.check_version(exercise),
            source=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12],
            mistake=outcome.mistake.name if outcome.mistake else None,
        )


def examine(
    lesson: Lesson, exercise: Exercise, learner: Learner, limits: Limits = LIMITS, child: Child | None = None
) -> Outcome:
    """Run the learner's source on every case, in a process of its own or the child given, and judge what comes back."""
    value = {"value": learner}
    piece = {"source": learner.text, "name": learner.name} if isinstance(learner, Source) else value
    result = run(lesson, exercise, [piece], limits, child)
    outcomes = result.outcomes[0]
    if result.fault:
        return _fault(result.fault)
    if result.stop:
        at = min(len(outcomes), len(exercise.cases) - 1)  # it can be stopped after its last answer, too
        return _stopped(result.stop, exercise.cases[at].name, limits)
    if len(outcomes) < len(exercise.cases):
        return _stopped("ended", exercise.cases[len(outcomes)].name, limits)
    text = learner.text if isinstance(learner, Source) else ""
    if "NotImplementedError" in text and all(_raises(outcome, "NotImplementedError") for outcome in outcomes):
        return Outcome("not started", (f"Write your answer in the cell above. {_for_a_hint(exercise)}",))
    try:
        outcome = judge(exercise, expected(lesson, exercise), outcomes, text)
    except CourseFault as error:
        return _fault(str(error))
    if outcome.status == "passed" and _hands_on(exercise, text):
        return Outcome("not yet", (HANDED_ON.format(name=exercise.name), _for_a_hint(exercise)))
    return outcome


def _hands_on(exercise: Exercise, text: str) -> bool:
    """Whether a function lets the package's own do the work, which inside mine() would be the function itself."""
    piece = resolved(exercise.target or "")
    if not inspect.isfunction(piece):
        return False
    nodes = list(ast.walk(ast.parse(text)))
    own = [n.args.args[0] for n in nodes if isinstance(n, ast.FunctionDef) and n.name == exercise.name and n.args.args]
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    of_its_object = any(f"{first.arg}.{exercise.name}" in calls for first in own)
    return of_its_object or any(resolved(part) is piece for part in parts_of_the_package(nodes))


_expected: dict[str, Expected] = {}


def expected(lesson: Lesson, exercise: Exercise) -> Expected:
    """What the reference and the mistakes give, found in the same way as the learner's, and kept.

    Raises CourseFault if the reference raises, or if a piece does not come to an end.
    """
    key = f"{lesson.module} {exercise.id}"
    if key not in _expected:
        mistakes = [{"of": "mistakes", "index": i} for i in range(len(exercise.mistakes))]
        result = run(lesson, exercise, [{"of": "reference", "index": 0}, *mistakes])
        wrong = next((outcome["raised"] for outcome in result.outcomes[0] if "raised" in outcome), None)
        stopped = f"the course's own pieces were stopped: {result.stop}" if result.stop else None
        if result.fault or stopped or wrong:
            raise CourseFault(result.fault or stopped or f"the reference raises {wrong}")
        _expected[key] = Expected(result.outcomes[0], result.outcomes[1:])
    return _expected[key]


def judge(exercise: Exercise, expected: Expected, outcomes: Sequence[Plain], text: str = "") -> Outcome:
    """Say whether the outcomes are right, and if not, which mistake they are. text: of the learner's program."""
    right = _agreements(exercise, expected.reference, outcomes)
    if all(right):
        n = len(right)
        return Outcome("passed", (f"{'All ' if n > 1 else ''}{n} case{'s' * (n > 1)} as expected.",))
    failing = [i for i, agrees in enumerate(right) if not agrees]
    mistake, likely = _diagnosis(exercise, expected, outcomes, right)
    shown = failing[0]
    if mistake:
        shown = _first_of(mistake, exercise, expected, outcomes, failing)
        help = f"This looks like a known mistake. {mistake.sentence}" if likely else mistake.sentence
    else:
        here, everywhere = (_differences(exercise, of, expected, outcomes) for of in ([shown], failing))
        help = _unknown_name(exercise, outcomes[shown]) or explain(
            exercise, text, expected.reference[shown], outcomes[shown], here, everywhere
        )
    tell = not exercise.wants_a_value  # or the answer would stand there
    evidence = _evidence(exercise.cases[shown], expected.reference[shown], outcomes[shown]) if tell else ()
    return Outcome("not yet", (help, *evidence, _for_a_hint(exercise)), mistake, likely)


def _first_of(
    mistake: Mistake, exercise: Exercise, expected: Expected, outcomes: Sequence[Plain], failing: list[int]
) -> int:
    """The first of the failing cases that the mistake explains."""
    explained = _agreements(exercise, expected.mistakes[exercise.mistakes.index(mistake)], outcomes)
    return next(i for i in failing if explained[i])


def _unknown_name(exercise: Exercise, yours: Plain) -> str | None:
    """What a name may be that the learner's code does not find; None where it finds all."""
    name = yours["raised"]["unknown"] if "raised" in yours else None
    if name is None:
        return None
    if name in ONLY_IN_NOTEBOOKS:
        return f"`{name}` works in a notebook alone, and your code is run outside of it. Leave it out."
    piece = exercise.reference
    known = inspect.signature(piece.forward).parameters if inspect.isclass(piece) and issubclass(piece, Op) else ()
    if known and name in {*known, "z", "shape"}:
        return f"A rule gets g and what its first line names after it, and `{name}` is not among that. Write it there."
    if name in vars(sys.modules["__main__"]):
        return (
            f"`{name}` is set in another cell, and your code is run without the notebook. Imports, functions and "
            "classes come along, other values do not. Set it inside your code."
        )
    if callable(piece) and re.search(rf"\bself\.{name}\b", inspect.getsource(piece)):
        return f"`{name}` alone is not known. What belongs to an object is read through it: `self.{name}`."
    try:
        other = find(f"{exercise.id.partition('.')[0]}.{name}")[1]
    except UnknownExercise:
        return f"The name `{name}` is not known. Is it misspelt, or is it set in a cell that you have not run?"
    return (
        f"`{other.name}` is an exercise of this lesson too. Run its cell and its check, and then this cell again; "
        "where yours is not finished, its check gives you the course's."
    )


def _for_a_hint(exercise: Exercise) -> str:
    return f'For a hint: `hint("{exercise.name}")`.'


def _evidence(case: Case, expected: Plain, yours: Plain) -> tuple[Block, ...]:
    """The case that shows it: expected beside yours, or what was raised and in which line."""
    if "raised" in yours:
        raised = yours["raised"]
        line = (Code(raised["line"]),) if raised["line"] else ()
        where = f"with {case.name}, in this line of yours:" if line else f"with {case.name}."
        return (f"It raised `{raised['type']}: {_in_a_line(raised['message'])}` {where}", *line)
    rows = [
        (label, *beside(one, other), "same" if same(one, other, case.tolerance) else "different")
        for label, (one, other) in labelled(expected, yours).items()
        if not (label.endswith(AFTERWARDS) and same(one, other, case.tolerance))  # an untouched input says nothing
    ]
    return Table(f"With {case.name}", ("", "expected", "yours", ""), tuple(rows)), *_in_graph(case, expected, yours)


def _in_a_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]} …"


def _in_graph(case: Case, expected: Plain, yours: Plain) -> tuple[Block, ...]:
    """The graph of the case with the first wrong gradient marked, where the case has one."""
    pairs = labelled(expected, yours)
    if case.graph is None or all(same(one, other, case.tolerance) for one, other in pairs.values()):
        return ()
    from ..draw import compare_gradients
    from ..graph import walk

    y, given = case.graph()
    met = {id(source) for node in walk(y.node) for source in node.inputs}
    leaves = {name: tensor for name, tensor in given.items() if id(tensor) in met}
    right, wrong = ({name: _array(pairs[f"{name}.grad"][side]) for name in leaves} for side in (0, 1))
    return (Drawing(compare_gradients(y, wrong, right, names=leaves)),)


def _array(value: Plain) -> np.ndarray | None:
    """A gradient that came back as plain data; None where there is none."""
    return np.reshape(value["values"], value["shape"]) if "values" in value else None


def _differences(exercise: Exercise, cases: list[int], expected: Expected, outcomes: Sequence[Plain]) -> list[Pair]:
    """The labelled results that differ in these cases, expected first; none where it raised."""
    return [
        (label, one, other)
        for i in cases
        for label, (one, other) in labelled(expected.reference[i], outcomes[i]).items()
        if not same(one, other, exercise.cases[i].tolerance)
    ]


def _agreements(exercise: Exercise, these: Sequence[Plain], those: Sequence[Plain]) -> list[bool]:
    return [_agree(one, other, case.tolerance) for case, one, other in zip(exercise.cases, these, those, strict=True)]


def _agree(one: Plain, other: Plain, tolerance: float) -> bool:
    """Whether two outcomes are the same: equal results, or the same exception with the same message."""
    if "result" in one and "result" in other:
        return same(one["result"], other["result"], tolerance)
    if "raised" in one and "raised" in other:
        return all(one["raised"][part] == other["raised"][part] for part in ("type", "message"))
    return False


def same(one: Plain, other: Plain, tolerance: float) -> bool:
    """Whether two values are equal: kind, shape, dtype, and numbers within the tolerance; nan equals nan."""
    if one["kind"] != other["kind"] or one["kind"] == "other":
        return False
    if one["kind"] == "number":
        return _close([one["value"]], [other["value"]], tolerance)
    if one["kind"] in ("array", "tensor"):
        alike = all(one[part] == other[part] for part in ("dtype", "shape"))
        return alike and _close(one["values"], other["values"], tolerance)
    if one["kind"] == "dict":
        alike = one["items"].keys() == other["items"].keys()
        return alike and all(same(item, other["items"][key], tolerance) for key, item in one["items"].items())
    if one["kind"] == "list":
        alike = len(one["items"]) == len(other["items"])
        return alike and all(same(a, b, tolerance) for a, b in zip(one["items"], other["items"], strict=True))
    return one.get("value") == other.get("value")


def _close(these: list[float], those: list[float], tolerance: float) -> bool:
    return bool(allclose(those, these, rtol=tolerance, atol=tolerance, equal_nan=True))


def _diagnosis(
    exercise: Exercise, expected: Expected, outcomes: Sequence[Plain], right: list[bool]
) -> tuple[Mistake | None, bool]:
    """The mistake that gives the same in every case; else, as likely, one with a clear lead; else None."""
    scores: list[int] = []
    for results in expected.mistakes:
        agreements = _agreements(exercise, results, outcomes)
        if all(agreements):
            return exercise.mistakes[len(scores)], False
        explained = sum(agrees and not ok for agrees, ok in zip(agreements, right, strict=True))
        contradicted = sum(ok and not agrees for agrees, ok in zip(agreements, right, strict=True))
        scores.append(explained - contradicted)
    best = max(scores, default=0)
    clear = best > 0 and 2 * best >= right.count(False) and scores.count(best) == 1
    return (exercise.mistakes[scores.index(best)], True) if clear else (None, False)


def _raises(outcome: Plain, name: str) -> bool:
    return "raised" in outcome and outcome["raised"]["type"] == name


def _stopped(stop: str, case: str, limits: Limits) -> Outcome:
    reason = STOPPED[stop].format(seconds=limits.seconds, megabytes=limits.megabytes)
    return Outcome("stopped", (f"{reason} It was stopped with {case}. Your notebook is not touched.",))


def _fault(detail: str) -> Outcome:
    said = "The check itself failed. This says nothing about your code. Please report it, with this line:"
    return Outcome("fault of the course", (said, Code(detail)))
