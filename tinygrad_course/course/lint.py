"""What every lesson keeps to: the bounds of the course's design, each with the cure where it is broken.

A rule takes a page and gives what it finds: the number of the cell, or 0 for the whole lesson, and a sentence.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

from . import exercises
from .author import ANSWER, BEGIN, END, STUB, checks, defines, locate
from .exercise import Exercise, Prediction
from .stats import Page, count, headings, pages, pictures, predictions, prose, stated_minutes, texts, words
from .uses import PACKAGE, resolved, used

Found = Iterator[tuple[int, str]]

MOST = {"cells": 45, "words": 1800}
MOST_OF_AN_IDEA = 150  # words, between one cell of code and the next
MOST_OF_AN_EXERCISE = 15  # minutes, and lines
MOST_OF_A_LINE = 100  # characters of code: a cell of JupyterLab on a screen 1,280 pixels wide shows no more
LEAST = {
    "predictions": (3, 'ask with predict("id", answer)  ### ANSWER'),
    "bug_hunts": (1, "write one under a heading ### Bug hunt"),
    "graphs": (3, "show one with tg.draw or a plot"),
}
MINUTES = (30, 60)
FIRST, FIRST_MINUTES = "00", (15, 15)  # Start here is short, and has no bug hunt

# The parts of the package that a lesson introduces. The longest name that fits counts. What an exercise builds comes
# with that exercise, and what is in neither may be used anywhere.
INTRODUCES = {
    "06": "autograd.gradcheck",
    "07": "no_grad enable_grad set_grad_enabled inference_mode autograd.grad autograd.functional autograd.Function",
    "08": "nn",
    "09": "nn.functional nn.CrossEntropyLoss nn.MSELoss nn.BCELoss nn.BCEWithLogitsLoss nn.NLLLoss",
    "10": "optim nn.utils",
    "11": "data.Dataset data.TensorDataset data.DataLoader data.random_split data.transforms data.digits",
    "12": "nn.Dropout nn.BatchNorm1d nn.LayerNorm",
    "13": "nn.Conv1d nn.Conv2d nn.MaxPool2d nn.AvgPool2d nn.functional.conv2d data.mnist",
    "15": "nn.Embedding nn.RNN nn.LSTM nn.GRU data.names",
    "16": "nn.MultiheadAttention nn.functional.scaled_dot_product_attention",
    "17": "data.shakespeare",
    "18": "compile",
    "19": "onnx safetensors",
    "20": "serve",
    "21": "quantize",
    "22": "distributed",
}
SINCE = {name: number for number, names in INTRODUCES.items() for name in names.split()}
TASTE = "taste"  # the tag of a cell that may use what comes later

_EMOJI = re.compile("[\U0001f000-\U0001faff☀-✒✙-➿\ufe0f]")
_CODE = re.compile(r"`[^`\n]+`")
_PATH = re.compile(r"(?<![\w.])(?:/(?:home|Users|root|tmp)/\w|[A-Z]:\\\w)[^\s\"')]*")
_IMAGE = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=[\"'][^\"'])[^>]*>")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")
_SHAPE = re.compile(r"\(\d+(?:, ?\d+)*,?\)|\(\)")


def lint(lessons: Sequence[str] = (), root: Path | None = None) -> list[str]:
    """What is to be mended in these lessons, or in all: a sentence each, with the file and the cell."""
    found = []
    for page in pages(lessons, root):
        for rule in RULES:
            for cell, problem in rule(page):
                where = f", {locate(page.source, cell)}" if cell else ""
                found.append(f"solutions/{page.source.name}{where}: {problem}.")
    return found


def _built(page: Page) -> Found:
    if not page.solved:
        yield 0, f"its solution was never run; first: tinygrad-course author build {page.lesson.number}"


def _bounds(page: Page) -> Found:
    first = page.lesson.number == FIRST
    counted = count(page) | {"cells": len(page.cells)}
    for what, most in MOST.items():
        if counted[what] > most:
            yield 0, f"{counted[what]} {what}, and {most} are the most; cut, or make two lessons of it"
    for what, (least, cure) in LEAST.items():
        if counted[what] < least and not (first and what == "bug_hunts"):
            yield 0, f"{counted[what]} {what.replace('_', ' ')}, and {least} are the least; {cure}"
    for cell, text in texts(page):
        if words(text) > MOST_OF_AN_IDEA:
            yield cell, f"{words(text)} words, and {MOST_OF_AN_IDEA} are the most for an idea; cut, or show some of it"


def _widths(page: Page) -> Found:
    for number, cell in enumerate(page.solved or page.cells, 1):
        longest = max(map(len, cell.source.splitlines()), default=0) if cell.cell_type == "code" else 0
        if longest > MOST_OF_A_LINE:
            yield number, f"a line of {longest} characters, and a small screen shows {MOST_OF_A_LINE}; break it"


def _minutes(page: Page) -> Found:
    low, high = FIRST_MINUTES if page.lesson.number == FIRST else MINUTES
    stated, taken = stated_minutes(page), sum(exercise.minutes for exercise in page.lesson.exercises)
    if not low <= stated <= high:
        yield 1, f"it states {stated} minutes; write *About N minutes. ...* with N from {low} to {high}"
    elif taken > stated:
        yield 1, f"its exercises take {taken} minutes, and it states {stated}; state more, or shorten an exercise"


def _headings(page: Page) -> Found:
    before = 0
    for cell, level, title in headings(page):
        if level == 1 and before:
            yield cell, f"{title!r} is a second title; write ## in front of it"
        elif level > before + 1:
            yield cell, f"{title!r} skips a level of headings; write {'#' * (before + 1)} in front of it"
        before = level


def _pictures(page: Page) -> Found:
    for cell, text in texts(page):
        if _IMAGE.search(text):
            yield cell, "a picture has no alt text; say in words what it shows: ![what it shows](file)"
    for cell, output in pictures(page):
        if not all(_has_alt(output, kind) for kind in output.data):
            yield cell, "its output is a picture without alt text; draw it with tg.draw or tinygrad_course.plots"


def _has_alt(output: NotebookNode, kind: str) -> bool:
    shown = output.data[kind]
    if kind == "image/svg+xml":
        return "aria-label=" in shown
    if kind.startswith("image/"):
        return bool(output.metadata.get(kind, {}).get("alt"))
    return kind != "text/html" or not _IMAGE.search(shown)


def _exercises(page: Page) -> Found:
    places = {title.split(" · ")[0]: cell for cell, level, title in headings(page) if level == 3 and " · " in title}
    for number, exercise in enumerate(page.lesson.exercises, 1):
        place = places.pop(f"Exercise {number}", 0)
        if not place:
            yield 0, f"{exercise.id} has no heading; write ### Exercise {number} · Title"
        else:
            yield from _exercise(page, exercise, place)
        if not exercise.mistakes:
            yield place, f"{exercise.id} knows no mistake; add one that people make to {_folder(page)}"
    for name, cell in places.items():
        if name.startswith("Exercise"):
            yield cell, f"{name} is not in {_folder(page)}; add it there, or number the headings from 1"


def _exercise(page: Page, exercise: Exercise, place: int) -> Found:
    """What is wrong with the cells that belong to an exercise, whose heading is in cell number place."""
    if facts(exercise) not in page.cells[place - 1].source.splitlines():
        yield place, f"below the heading of {exercise.id} write: {facts(exercise)}"
    cells = list(enumerate(page.cells, 1))[place:]
    stub = next((number for number, cell in cells if defines(cell, exercise)), 0)
    if not stub:
        yield place, f"no cell below defines {exercise.name}; write its stub, with a docstring"
    elif not _is_blank(page.cells[stub - 1].source, exercise):
        yield stub, f"the stub of {exercise.name} needs a docstring, and its solution {BEGIN} and {END}"
    elif (lines := _answer_lines(page, stub)) > MOST_OF_AN_EXERCISE:
        yield stub, f"an answer of {lines} lines, and {MOST_OF_AN_EXERCISE} are the most; give a part of it"
    if exercise.minutes > MOST_OF_AN_EXERCISE:
        yield place, f"{exercise.id} takes {exercise.minutes} minutes, and {MOST_OF_AN_EXERCISE} are the most; split it"
    if not any(checks(cell, exercise) for number, cell in cells if number > stub):
        yield stub or place, f"no check follows; write a cell {exercise.name} = check({exercise.name})"


def facts(exercise: Exercise) -> str:
    """The line below an exercise's heading."""
    minutes = f"{exercise.minutes} minute{'s' * (exercise.minutes > 1)}"
    builds = f" · builds `{exercise.target.removeprefix('tinygrad_course.')}`" if exercise.target else ""
    return f"*Difficulty {exercise.difficulty} of 5 · about {minutes}{builds}*"


def _answer_lines(page: Page, stub: int) -> int:
    """How many lines stand in the solution where the lesson has one; 0 where it was never run."""
    cells = [notebook[stub - 1].source.splitlines() for notebook in (page.cells, page.solved) if len(notebook) >= stub]
    return len(cells[1]) - len(cells[0]) + 1 if len(cells) == 2 else 0


def _is_blank(code: str, exercise: Exercise) -> bool:
    if exercise.wants_a_value:
        return f"{exercise.name} = ..." in code
    made = [node for node in _nodes(code) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return STUB in code and any(node.name == exercise.name and ast.get_docstring(node) for node in made)


def _folder(page: Page) -> str:
    return f"exercises/lesson{page.lesson.number}"


def _predictions(page: Page) -> Found:
    asked = {id for _, id, _ in predictions(page)}
    for prediction in page.lesson.predictions:
        if prediction.id not in asked:
            yield 0, f'the prediction is asked nowhere; write predict("{prediction.id}", answer)  {ANSWER}'
    for cell, id, rest in predictions(page):
        known = page.lesson.prediction(id)
        if known is None:
            yield cell, f'predict("{id}") is not in {_folder(page)}; add it there, or mend the id'
        elif not rest.startswith("..."):
            yield cell, f'the answer to "{id}" stands in the lesson; end the line with {ANSWER}'
        elif _told(known, next((text for n, text in reversed([*texts(page)]) if n < cell), "")):
            yield cell, f'the question before "{id}" names its answer alone; name it among others, or not at all'


def _told(prediction: Prediction, question: str) -> bool:
    """Whether a question gives its answer away: names it, and nothing else that might be the answer."""
    answer, text = prediction.answer, question.strip().rpartition("\n\n")[2]
    if isinstance(answer, str):
        words = " ".join(question.split())
        return answer in words and not all(choice in words for choice in prediction.choices)
    if isinstance(answer, tuple):
        return {ast.literal_eval(shape) for shape in _SHAPE.findall(text)} == {answer}
    return {float(number) for number in _NUMBER.findall(text)} == {float(answer)}


def _marks(page: Page) -> Found:
    for number, cell in enumerate(page.cells, 1):
        for mark in (BEGIN, END, ANSWER):
            if mark in cell.source:
                yield number, f"{mark} stands in the lesson; in a code cell, write it exactly so, and nowhere else"


def _hints(page: Page) -> Found:
    for exercise in page.lesson.exercises:
        for level, hint in enumerate(exercise.hints, 1):
            for line in _lines(exercise):
                if _squeezed(line) in _squeezed(hint):
                    where = f"hint {level} of {exercise.id} in {_folder(page)}"
                    yield 0, f"{where} holds the line {line!r}; leave a gap where the idea is"


def _lines(exercise: Exercise) -> set[str]:
    """What an answer consists of: the statements of the reference, and the values that they return or set."""
    if exercise.wants_a_value:
        return {repr(exercise.reference)}
    nodes = _nodes(textwrap.dedent(inspect.getsource(exercise.reference)))
    simple = [n for n in nodes if isinstance(n, ast.stmt) and not hasattr(n, "body") and not _is_text(n)]
    values = [n.value for n in simple if isinstance(n, ast.Return | ast.Assign)]
    parts = [*simple, *(v for v in values if v and not isinstance(v, ast.Name | ast.Attribute | ast.Constant))]
    return {line for line in map(ast.unparse, parts) if len(line) > 10}


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _features(page: Page) -> Found:
    names = {"tg": "", "tinygrad_course": ""}
    for number, cell in enumerate(page.cells, 1):
        if cell.cell_type == "code" and TASTE not in cell.metadata.get("tags", []):
            comes = {part: _since(part) for part in sorted(set(used(_nodes(cell.source), names)))}
            early = [f"tg.{part} (lesson {since})" for part, since in comes.items() if since > page.lesson.number]
            if early:
                yield number, f'{", ".join(early)}: not before its lesson, but for a taste: tags=["{TASTE}"]'


def _since(part: str) -> str:
    """The number of the lesson in which this comes, or ""."""
    parts = part.split(".")
    longest_first = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((SINCE[name] for name in longest_first if name in SINCE), "") or _built_in(part)


@cache
def _built_in(part: str) -> str:
    """The number of the lesson whose exercise builds this, or ""."""
    thing = resolved(f"{PACKAGE}.{part}")
    for lesson in (exercises.load(number) for number in exercises.numbers()):
        if thing is not None and any(e.target and resolved(e.target) is thing for e in lesson.exercises):
            return lesson.number
    return ""


def _nodes(code: str) -> list[ast.AST]:
    """Everything in a cell's code; nothing where it is not Python alone."""
    try:
        return list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return []


def _voice(page: Page) -> Found:
    for number, cell in enumerate(page.cells, 1):
        if _EMOJI.search(cell.source):
            yield number, "an emoji; say it in words"
        if path := _PATH.search(cell.source):
            yield number, f"{path.group()} is a path of one machine; write one that is the same everywhere"
    for number, text in texts(page):
        if "!" in _CODE.sub("", prose(text)).replace("![", "["):
            yield number, "an exclamation mark; end the sentence with a full stop"


RULES = (
    _built, _bounds, _widths, _minutes, _headings, _pictures, _exercises, _predictions, _marks, _hints, _features,
    _voice,
)  # fmt: skip
