"""Every exercise of every lesson: right answers pass, stubs are not started, mistakes are named."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pkgutil import resolve_name
from typing import Any

import pytest

from tinygrad_course.course import exercises
from tinygrad_course.course.check import CourseFault, Expected, examine, expected, judge
from tinygrad_course.course.check import _agreements as agreements
from tinygrad_course.course.child import Child, Plain, discard, run
from tinygrad_course.course.exercise import Case, Exercise, Lesson, Mistake
from tinygrad_course.course.source import Source, program, unknown_names

LESSONS = [exercises.load(number) for number in exercises.numbers()]
PAIRS = [pytest.param(lesson, e, id=e.id) for lesson in LESSONS for e in lesson.exercises]
MARGIN = 100  # a mistake is farther from what is right, and from the other mistakes, than this many tolerances


@pytest.fixture(scope="module", autouse=True)
def no_child_left() -> Any:
    yield
    discard()


def coarse(exercise: Exercise) -> Exercise:
    return replace(exercise, cases=tuple(replace(c, tolerance=MARGIN * c.tolerance) for c in exercise.cases))


def not_separated(exercise: Exercise, found: Expected) -> list[tuple[str, str]]:
    """The pairs of pieces, the reference among them, that no case tells apart."""
    results = {"the reference": found.reference}
    results |= {m.name: r for m, r in zip(exercise.mistakes, found.mistakes, strict=True)}
    assert len(results) == 1 + len(exercise.mistakes), "two mistakes have one name"
    return [pair for pair in itertools.combinations(results, 2) if alike(exercise, *(results[n] for n in pair))]


def alike(exercise: Exercise, these: list[Plain], those: list[Plain]) -> bool:
    return all(agreements(coarse(exercise), these, those))


def stub(exercise: Exercise) -> str:
    """The reference with every body replaced by the line that a lesson's stub has; what it needs stays as it is."""
    found = program(exercise.reference, exercise.name)
    assert found
    tree = ast.parse(found.text)
    parts = (node for part in reversed(tree.body) for node in ast.walk(part))
    own = next(node for node in parts if getattr(node, "name", "") == exercise.name)
    for node in ast.walk(own):
        if isinstance(node, ast.FunctionDef):
            node.body = ast.parse('raise NotImplementedError("write your answer here")').body
    return ast.unparse(tree)


def lines(exercise: Exercise) -> set[str]:
    """The lines of the reference that an answer consists of: no signature, no docstring, no bare keyword."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(exercise.reference)))
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    simple = [node for node in statements if not hasattr(node, "body") and not is_text(node)]
    return {line for node in simple for line in ast.unparse(node).splitlines() if len(line) > 6}


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_the_reference_passes_as_a_learner_would_write_it(lesson: Lesson, exercise: Exercise) -> None:
    found = program(exercise.reference, exercise.name)
    assert found
    outcome = examine(lesson, exercise, found)
    assert outcome.status == "passed", outcome.blocks


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_every_other_right_answer_passes(lesson: Lesson, exercise: Exercise) -> None:
    pieces: list[dict[str, Any]] = [{"of": "accepts", "index": i} for i in range(len(exercise.accepts))]
    result = run(lesson, exercise, pieces)
    assert (result.stop, result.fault) == (None, None)
    for piece, outcomes in zip(exercise.accepts, result.outcomes, strict=True):
        outcome = judge(exercise, expected(lesson, exercise), outcomes)
        assert outcome.status == "passed", (piece.__name__, outcome.blocks)


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_the_stub_is_not_started(lesson: Lesson, exercise: Exercise) -> None:
    assert examine(lesson, exercise, Source(exercise.name, stub(exercise))).status == "not started"


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_every_mistake_is_rejected_and_named_by_its_own_sentence(lesson: Lesson, exercise: Exercise) -> None:
    results = expected(lesson, exercise)
    assert len(exercise.mistakes) >= 1
    for mistake, outcomes in zip(exercise.mistakes, results.mistakes, strict=True):
        outcome = judge(exercise, results, outcomes)
        assert (outcome.status, outcome.mistake, outcome.likely) == ("not yet", mistake, False), mistake.name
        assert outcome.blocks[0] == mistake.sentence


@pytest.fixture(scope="module")
def figures() -> Iterator[Counter[str]]:
    """How many mistakes were tried as a learner would type them, rejected, and named; printed with pytest -s."""
    found: Counter[str] = Counter()
    yield found
    print(f"\nMistakes as a learner types them: {dict(found)}")


def typed(exercise: Exercise, mistake: Mistake) -> Source | None:
    """A mistake as a program of its own; None where it was put together from parts that do not stand in one text."""
    piece = mistake.piece
    methods = [m for m in vars(piece).values() if inspect.isfunction(m)] if inspect.isclass(piece) else []
    if "<locals>" in piece.__qualname__ or any(m.__qualname__ != f"{piece.__qualname__}.{m.__name__}" for m in methods):
        return None
    found = program(piece, exercise.name)
    return found if found and not unknown_names(found.text) else None


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_a_mistake_typed_by_a_learner_is_rejected_and_named(
    lesson: Lesson, exercise: Exercise, figures: Counter[str]
) -> None:
    found = [(mistake, source) for mistake in exercise.mistakes if (source := typed(exercise, mistake))]
    child = Child()
    try:
        outcomes = [(mistake, examine(lesson, exercise, source, child=child)) for mistake, source in found]
    finally:
        child.end()
    rejected = [outcome.status == "not yet" for _, outcome in outcomes]
    named = [outcome.mistake is mistake and not outcome.likely for mistake, outcome in outcomes]
    figures += Counter(tried=len(found), rejected=sum(rejected), named=sum(named))
    assert all(rejected) and sum(named) >= 0.95 * len(named)


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_a_case_separates_every_mistake_from_the_reference_and_from_every_other(
    lesson: Lesson, exercise: Exercise
) -> None:
    assert not_separated(exercise, expected(lesson, exercise)) == []


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_no_hint_holds_a_line_of_the_reference(lesson: Lesson, exercise: Exercise) -> None:
    assert lines(exercise)
    assert [(line, hint) for line in lines(exercise) for hint in exercise.hints if line in hint] == []


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_what_an_exercise_says_of_itself(lesson: Lesson, exercise: Exercise) -> None:
    assert exercise.id == f"{lesson.number}.{exercise.name}" and exercise.name.isidentifier()
    assert 1 <= exercise.difficulty <= 5 and 1 <= exercise.minutes <= 15
    assert len(exercise.hints) == 3 and exercise.hints[0].endswith("?")
    assert len({case.name for case in exercise.cases}) == len(exercise.cases)
    sentences = [mistake.sentence for mistake in exercise.mistakes]
    assert len(set(sentences)) == len(sentences) and all(s.endswith(".") for s in sentences)
    assert getattr(exercise.reference, "__name__", None) == exercise.name
    if exercise.target:
        assert resolve_name(exercise.target) is exercise.reference


@pytest.mark.parametrize(("lesson", "exercise"), PAIRS)
def test_an_exercise_is_in_the_file_of_its_name(lesson: Lesson, exercise: Exercise) -> None:
    file = importlib.import_module(f"{lesson.module}.{exercise.name.lower()}")
    assert any(value is exercise for value in vars(file).values())


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.number for lesson in LESSONS])
def test_what_a_lesson_says_of_itself(lesson: Lesson) -> None:
    assert importlib.import_module(lesson.module).LESSON is lesson
    assert lesson.module.endswith(f".lesson{lesson.number}")
    ids = [e.id for e in lesson.exercises] + [p.id for p in lesson.predictions]
    assert len(set(ids)) == len(ids)
    for prediction in lesson.predictions:
        assert prediction.why.endswith(".")
        assert isinstance(prediction.answer, str) == bool(prediction.choices)
        assert not prediction.choices or prediction.answer in prediction.choices


# That these tests can fail


def test_a_mistake_that_no_case_separates_is_found() -> None:
    lesson = exercises.load("00")
    exercise = lesson.exercises[0]
    found = expected(lesson, exercise)
    twins = (Mistake("twin", print, "A twin."), Mistake("right", print, "No mistake at all."))
    more = replace(exercise, mistakes=(*exercise.mistakes, *twins))
    results = replace(found, mistakes=[*found.mistakes, found.mistakes[0], found.reference])
    assert not_separated(more, results) == [("the reference", "right"), (exercise.mistakes[0].name, "twin")]


def test_what_is_nearer_than_the_margin_counts_as_the_same() -> None:
    case = Case("x", print, tolerance=1e-6)
    exercise = Exercise("00.x", None, 1, 1, print, (case,))
    one, near, far = ([{"result": {"kind": "number", "value": n}}] for n in (1.0, 1.00005, 1.001))
    assert alike(exercise, one, near) and not alike(exercise, one, far)


def test_an_exercise_that_the_child_does_not_find_is_the_courses_fault() -> None:
    lesson = exercises.load("00")
    with pytest.raises(CourseFault, match="has no exercise"):
        expected(lesson, replace(lesson.exercises[0], id="00.nothing"))
