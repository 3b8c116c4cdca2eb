"""How the course speaks to the learner: a message, shown as HTML in a notebook and as text everywhere."""

from __future__ import annotations

import ast
import base64
import html
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .exercise import AFTERWARDS, Exercise

if TYPE_CHECKING:
    from ..draw.picture import Picture

LARGEST_SHOWN = 36  # elements of an array that are written out
LONGEST_SHOWN = 500  # characters of a list that is written out

STYLE = (
    "color: var(--jp-ui-font-color1, inherit); "
    "border-left: 4px solid var(--jp-border-color1, #757575); padding-left: 12px"
)

Plain = dict[str, Any]


@dataclass(frozen=True)
class Code:
    """Lines of code, shown as they are."""

    text: str

    def as_html(self) -> str:
        """The code as a block."""
        return f"<pre><code>{html.escape(self.text)}</code></pre>"

    def as_text(self) -> str:
        """The code, indented."""
        return "\n".join(f"    {line}".rstrip() for line in self.text.splitlines())


@dataclass(frozen=True)
class Table:
    """Rows under a caption; the first cell of a row says what the row is.

    breaks: whether lines too long for the page are broken, as those of code; a grid of numbers is scrolled instead.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    breaks: bool = False

    def as_html(self) -> str:
        """The table with its headers marked as such."""
        head = "".join(f'<th scope="col" style="text-align: left">{html.escape(cell)}</th>' for cell in self.head)
        rows = "".join(f"<tr>{_row(row, self.breaks)}</tr>" for row in self.rows)
        caption = f'<caption style="text-align: left">{_inline(self.caption)}</caption>'
        parts = f"{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        table = f'<table style="color: inherit; margin: 0 0 1em">{parts}</table>'
        return f'<div style="overflow-x: auto">{table}</div>'

    def as_text(self) -> str:
        """The table in columns; a cell of several lines takes several lines."""
        lines = [line for row in (self.head, *self.rows) for line in _lines_of(row)]
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([f"{self.caption}:", *(f"    {line}".rstrip() for line in text)])


def _row(row: tuple[str, ...], breaks: bool) -> str:
    left = "text-align: left; vertical-align: top"
    cells = [f'<td style="{left}"><pre style="{_pre(cell, breaks)}">{html.escape(cell)}</pre></td>' for cell in row[1:]]
    return f'<th scope="row" style="{left}">{html.escape(row[0])}</th>{"".join(cells)}'


def _pre(cell: str, breaks: bool) -> str:
    lines = "pre" if "\n" in cell and not breaks else "pre-wrap"
    return f"margin: 0; background: none; white-space: {lines}; word-break: normal; overflow-wrap: anywhere"


def _lines_of(row: tuple[str, ...]) -> list[list[str]]:
    cells = [cell.split("\n") for cell in row]
    tallest = max(len(cell) for cell in cells)
    return [[cell[i] if i < len(cell) else "" for cell in cells] for i in range(tallest)]


@dataclass(frozen=True)
class Drawing:
    """A drawn graph."""

    picture: Picture

    def as_html(self) -> str:
        """The picture as an image, which a notebook that is not trusted shows too; its listing where there is none."""
        if self.picture.svg is None:
            return f"<pre>{html.escape(str(self.picture))}</pre>"
        data = base64.b64encode(self.picture.svg.encode()).decode()
        return f'<img src="data:image/svg+xml;base64,{data}" alt="{html.escape(self.picture.alt)}">'

    def as_text(self) -> str:
        """The graph as a listing."""
        return str(self.picture)


Block = str | Code | Table | Drawing


@dataclass(frozen=True)
class Message:
    """A heading that says the whole in a line, and what follows it. A text may hold `code`."""

    heading: str
    blocks: tuple[Block, ...] = ()

    def as_html(self) -> str:
        """HTML that is as readable without its style, which a notebook that is not trusted loses."""
        parts = [b.as_html() if isinstance(b, Code | Table | Drawing) else f"<p>{_inline(b)}</p>" for b in self.blocks]
        return f'<section style="{STYLE}"><h4>{_inline(self.heading)}</h4>{"".join(parts)}</section>'

    def as_text(self) -> str:
        """The same as plain text."""
        parts = [b.as_text() if isinstance(b, Code | Table | Drawing) else b for b in self.blocks]
        return "\n".join([self.heading, *parts])


def _inline(text: str) -> str:
    """Text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def show(message: Message) -> None:
    """Show a message below the cell; outside a notebook print it."""
    ipython = sys.modules.get("IPython")
    if ipython and ipython.get_ipython():
        ipython.display.display({"text/plain": message.as_text(), "text/html": message.as_html()}, raw=True)
    else:
        print(message.as_text())


# Values beside each other


def labelled(expected: Plain, yours: Plain) -> dict[str, tuple[Plain, Plain]]:
    """The results of two outcomes, paired by label; nothing where one raised."""
    if "raised" in expected or "raised" in yours:
        return {}
    left, right = expected["result"], yours["result"]
    if left["kind"] != "dict" or right["kind"] != "dict":
        return {"result": (left, right)}
    missing = {"kind": "none"}
    labels = {**left["items"], **right["items"]}
    return {label: (left["items"].get(label, missing), right["items"].get(label, missing)) for label in labels}


def numbers(outcome: Plain) -> list[float]:
    """All the numbers in an outcome or a value."""
    value = outcome.get("result", outcome)
    if value.get("kind") == "number":
        return [value["value"]]
    items = value.get("items", [])
    nested = items.values() if isinstance(items, dict) else items
    return [*value.get("values", []), *(number for item in nested for number in numbers(item))]


def beside(expected: Plain, yours: Plain) -> tuple[str, str]:
    """Two values as text, with as many digits as it takes to see a difference of numbers."""
    texts = "", ""
    place = _first_difference(expected, yours)
    for digits in (4, 8, 17):
        texts = _value(expected, digits, place), _value(yours, digits, place)
        if texts[0] != texts[1]:
            return texts
    dtypes = expected.get("dtype"), yours.get("dtype")
    return (f"{texts[0]}, {dtypes[0]}", f"{texts[1]}, {dtypes[1]}") if dtypes[0] != dtypes[1] else texts


def _first_difference(expected: Plain, yours: Plain) -> int:
    """Where two arrays of one shape differ first, by more than rounding; 0 if there is no such place."""
    if "values" not in expected or expected.get("shape") != yours.get("shape"):
        return 0
    close = np.isclose(yours["values"], expected["values"], rtol=1e-6, equal_nan=True)
    return int(np.argmin(close)) if close.size else 0


def _value(value: Plain, digits: int, place: int = 0) -> str:
    kind = value["kind"]
    if kind in ("number", "bool"):
        return _number(value["value"], digits)
    if "values" in value:
        return _array(value, digits, place)
    items = value.get("items", {})
    if kind == "list":
        text = f"[{', '.join(_value(item, digits) for item in items)}]"
    elif kind == "dict":
        text = f"{{{', '.join(f'{key}: {_value(item, digits)}' for key, item in items.items())}}}"
    if kind in ("list", "dict"):
        return text if len(text) <= LONGEST_SHOWN else f"{kind} of {len(items)}"
    return {"none": "None", "text": repr(value.get("value"))}.get(kind, f"({value.get('type')})")


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _array(value: Plain, digits: int, place: int) -> str:
    shape = tuple(value["shape"])
    if len(value["values"]) > LARGEST_SHOWN:
        at = tuple(int(i) for i in np.unravel_index(place, shape))
        return f"{value['kind']} of shape {shape}; at {at}: {_number(value['values'][place], digits)}"
    array = np.array(value["values"]).reshape(shape)
    name, plainly = value["kind"], bool((np.abs(array[array != 0]) >= 10.0**-digits).all())
    text = np.array2string(array, precision=digits, separator=", ", prefix=f"{name}(", suppress_small=plainly)
    return f"{name}({text})"


# Help where no known mistake fits

Pair = tuple[str, Plain, Plain]  # a label, what is expected under it, and the learner's

_RAISED = {
    "SystemExit": "Your code calls `exit`, which would end the notebook. A function gives its answer with `return`.",
    "KeyboardInterrupt": "Your code raises KeyboardInterrupt, which stops whatever is running.",
    "RecursionError": "Your code calls itself without end. Which call is the last, that need not call itself again? "
    "In a method such as `__add__`, `self + other` is a call of itself too: compute with what the objects hold.",
    "IndexError": "An index is outside of what it is used on, or it is no index at all. Print both before this line: "
    "the shape, and what stands between the brackets.",
    "KeyError": "There is no such key. Ask first why: should something have been put there earlier, or does this key "
    "have its turn too early? Only where a key may rightly be missing, write `d.get(key, 0)`, which gives 0 then.",
    "MemoryError": "Your code asks for more memory than there is. Does a list or an array grow too large?",
    "NotImplementedError": "One part is still to be written: it raises NotImplementedError.",
    "EOFError": "Your code waits for `input`. What it needs is given to it as arguments.",
    "SyntaxError": "Your code cannot be read as Python where it stands alone.",
    "ModuleNotFoundError": "Your code imports a module that is not installed here. Nothing beyond NumPy is needed.",
    "UnboundLocalError": "Your code reads a name before it is set, on this way through the function.",
}

_ONE_ANSWER = (
    "Whether there is a value at all, `is None` tells: `if x.grad is None:`. Several numbers give no single yes or no; "
    "`.any()` or `.all()` make one of them. For each number by itself, as `max` and `min` would, use `.relu()` or "
    "`tg.maximum`."
)
_NO_ORDER = (
    "Two things are compared that have no order. `sorted`, `min` and `max` must be told what to go by: "
    "`sorted(nodes, key=lambda n: n.id)`."
)
_NUMPY_NAMES = "NumPy calls these options `axis` and `keepdims`. Here they are `dim` and `keepdim`, as in PyTorch."
_SEVERAL = (
    "A function for one number was given several. For an array write `np.sqrt` and not `math.sqrt`, for a tensor "
    "`x.sqrt()`; `.item()` wants a single number."
)
_TRAPS = {  # part of an error's own words, and what they mean here
    "call numpy() on Tensor that requires grad": "A NumPy function was given a tensor that wants gradients, and there "
    "its graph would end. Use the tensor's own functions, as in `x.exp()`; for an array of its shape, write "
    "`np.ones(x.shape)`.",
    "floating point dtype can require grad": "Whole numbers have no slope. Write a point: `tg.tensor([2.0])`.",
    "does not require grad and does not have a grad_fn": "`backward` was called on a result that no graph leads to. No "
    "input has `requires_grad=True`, or `detach()`, `no_grad()`, `.data` or NumPy cut the graph.",
    "through the graph a second time": "`backward` went through one graph twice. Compute the result anew before it; "
    "where the check calls `backward` itself, leave yours out.",
    "modified by an inplace operation": "A value that `backward` still needs was changed in place. Write `x = x + 1` "
    "where you have `x += 1`, and make a new array where you write into an old one.",
    "used in an in-place operation": "A tensor that wants gradients was changed in place. Make a new one, or change it "
    "inside `with tg.no_grad():`.",
    "only for scalar outputs": "`backward` starts at one number. Call `.sum()` or `.mean()` on the result first.",
    "Boolean value of Tensor with": _ONE_ANSWER,
    "truth value of an array": _ONE_ANSWER,
    "'NoneType'": "Something is None where a value is needed. A function without `return` gives None, and so may an "
    "argument that can be left out; a `.grad` is None until `backward` has come there.",
    "context manager protocol": "`with` needs what a call makes. Are the parentheses missing? `with tg.no_grad():`.",
    "not supported between instances": _NO_ORDER,
    "Less: expected": _NO_ORDER,
    "unhashable type": "An array or a list cannot be a key of a dict, nor stand in a set. Was a list of pairs unpacked "
    "without a loop? `for source, g in pairs:` takes one pair after the other.",
    "got Picked": "`max(dim)` and `min(dim)` give two things: the numbers, and where they stand. `amax(dim)` and "
    "`amin(dim)` give the numbers alone; for the larger of two things write `tg.maximum`.",
    "got method": "A method stands where its result is wanted. Are the parentheses missing? `x.detach()`.",
    "wrap it first": "An operation was given something that is no tensor, array or number. Does an option lack its "
    "name, as in `size=shape`? And `in` and `==` compare tensors by their numbers: for the same object ask with `is`.",
    "broadcast": "Two shapes do not fit each other. Print both: from the last axis on, they are equal or one is 1. "
    "Did `sum` or `amax` take an axis away? `keepdim=True` keeps it, with size 1.",
    "forward() got an unexpected keyword": "`forward` has other names for its options. Compare the call with the "
    "first line of that `forward`.",
    "argument 'axis'": _NUMPY_NAMES,
    "argument 'keepdims'": _NUMPY_NAMES,
    "Dimension out of range": "There is no such axis here. Does a fixed number stand where an argument, such as `dim`, "
    "belongs?",
    "^ is not defined": "`^` is no power in Python. Write `x ** 2`.",
    "ufunc 'bitwise_xor'": "`^` is no power in Python. Write `x ** 2`.",
    "'dict' object has no attribute": "A dict has nothing of that name behind a dot. What it holds is asked with "
    'brackets: `group["lr"]`, where `group` is the dict.',
    "'numpy.ndarray' object has no attribute": "A NumPy array is no Tensor, and has fewer methods. NumPy's functions "
    "take it as an argument, as in `np.sqrt(x)`. A rule is given both: use operators there, and other operations.",
    "argument 'ddof'": "NumPy calls this option `ddof`. Here it is `correction`: `x.var(0, correction=0)`.",
    "converted to Python scalars": _SEVERAL,
    "converted to Scalar": _SEVERAL,
    "method' object is not": "A method stands where its result is wanted. Are the parentheses missing? `x.size()`.",
    "values to unpack": "On one side of the `=`, or of the `in`, are more things than on the other. Print what is "
    "taken apart: a loop over a dict gives its keys, and `.items()` gives pairs.",
    "indices must be integers or slices, not str": "A list or a tuple is asked by place, `pair[0]`; only a dict is "
    "asked by name. Print it: which of them is it?",
    "is not callable": "What stands before the parentheses is no function. Is a `*` missing, or a name used twice? "
    "Print it: a loop over a dict gives its keys.",
    "'tuple' and": "A tuple stands where a tensor is needed. `tg.autograd.grad` gives one: `(slope,) = ...`.",
}

_CHANGES = {"reverse": ", or use `reversed(...)`", "sort": ", or use `sorted(...)`", "append": "", "extend": ""}

_KINDS = {
    "none": "None",
    "bool": "True or False",
    "number": "a number",
    "text": "a text",
    "array": "a NumPy array",
    "tensor": "a tensor",
    "list": "a list or tuple",
    "dict": "a dict",
}

_TYPES = {
    "generator": "a generator, since its body holds `yield`",
    "coroutine": "a coroutine, since it begins with `async`",
    "async_generator": "an asynchronous generator, since it begins with `async` and holds `yield`",
}


def explain(
    exercise: Exercise, text: str, expected: Plain, yours: Plain, here: Sequence[Pair], everywhere: Sequence[Pair]
) -> str:
    """What is wrong, as far as the learner's text and the results alone can tell.

    expected, yours: the outcomes in the case shown. here: what differs in that case; everywhere: in all.
    """
    if "raised" in yours:
        lost = _lost_list(text) if "'NoneType'" in yours["raised"]["message"] else None
        return lost or _raised(yours["raised"])
    if any(label.endswith(AFTERWARDS) for label, _, _ in here):
        return "Your code changes what it was given. Make a new value and leave the input as it was."
    label, right, wrong = here[0]
    if wrong["kind"] == "none" and not exercise.wants_a_value:
        if exercise.acts:
            return _nothing_done(label)
        if label == next(iter(labelled(expected, yours))):
            return _lost_list(text) or _no_return(yours["printed"])
    return _other_kind(label, right, wrong) or _other_numbers(label, right, wrong, everywhere)


def _nothing_done(label: str) -> str:
    return (
        f"Nothing has changed: `{label}` is None. A value that is only computed, or given back with `return`, changes "
        "nothing; your code has to put it there, on every way through it."
    )


def _no_return(printed: bool) -> str:
    if printed:
        return "Your code prints its answer and gives back None. Write `return` where it prints."
    return "Your code gives back None. Is there a `return` on every way through it?"


def _lost_list(text: str) -> str | None:
    """Where a list's method that gives None is used for what it gives; None where there is none."""
    nodes = list(ast.walk(ast.parse(text)))
    alone = {node.value for node in nodes if isinstance(node, ast.Expr)}
    used = [node.func for node in nodes if isinstance(node, ast.Call) and node not in alone]
    name = next((f.attr for f in used if isinstance(f, ast.Attribute) and f.attr in _CHANGES), None)
    if name is None:
        return None
    return f"`.{name}(...)` changes the list itself and gives None. Let it stand on a line of its own{_CHANGES[name]}."


def _raised(raised: Plain) -> str:
    if raised["lacks"]:
        return f"What you wrote has no `{raised['lacks']}`. Is it misspelt, or still to be written?"
    if "is not callable" in raised["message"] and not raised["line"]:
        return (
            "What your code gives back cannot be called. Expected is a function: `return` one that you define inside."
        )
    if meant := next((plainly for words, plainly in _TRAPS.items() if words in raised["message"]), None):
        return meant
    if raised["line"] or raised["type"] in _RAISED:
        return _RAISED.get(raised["type"], "Your code stops with an error.")
    if raised["type"] == "TypeError" and "argument" in raised["message"]:
        return "Your code takes other arguments than it is given. Compare its first line with the exercise's."
    if raised["type"] == "AttributeError" and raised["message"].startswith(("'float'", "'int'")):
        return "What your code gives back is a plain number, where the exercise goes on with an object."
    return "What your code gives back cannot be used as the exercise uses it."


def _other_kind(label: str, expected: Plain, yours: Plain) -> str | None:
    """What is wrong with the type, shape or dtype, if anything is."""
    if expected["kind"] != yours["kind"] or yours["kind"] == "other":
        name = _KINDS.get(yours["kind"]) or _TYPES.get(yours["type"], f"of type {yours['type']}")
        return f"`{label}` is {name}. Expected is {_KINDS.get(expected['kind'], 'something else')}."
    if expected.get("shape") != yours.get("shape"):
        shapes = tuple(yours["shape"]), tuple(expected["shape"])
        turned = " The two are transposed." if len(shapes[0]) > 1 and shapes[0] == shapes[1][::-1] else ""
        return f"`{label}` has shape {shapes[0]}. Expected is {shapes[1]}.{turned}"
    if expected.get("dtype") != yours.get("dtype"):
        return f"`{label}` has dtype {yours['dtype']}. Expected is {expected['dtype']}."
    return None


def _other_numbers(label: str, expected: Plain, yours: Plain, everywhere: Sequence[Pair]) -> str:
    """What is wrong with the numbers of two values of one kind and shape."""
    right, wrong = np.array(numbers(expected), float), np.array(numbers(yours), float)
    if right.shape != wrong.shape or not right.size:
        return f"`{label}` is not as expected."
    if np.isfinite(right).all() and not np.isfinite(wrong).all():
        return (
            f"`{label}` holds nan or inf. Is there a division by 0, a log of 0, a root of a negative number, or an exp "
            "that is too large?"
        )
    shape = expected.get("shape", [])
    if len(shape) > 1 and shape[0] == shape[-1] and np.allclose(wrong.reshape(shape).T, right.reshape(shape)):
        return f"`{label}` is transposed: rows and columns have changed places."
    return _by_one_factor(everywhere) or f"The numbers in `{label}` are not as expected."


def _by_one_factor(everywhere: Sequence[Pair]) -> str | None:
    """Whether all that differs does so by one factor; it takes two different numbers to tell."""
    right = np.array([n for _, expected, _ in everywhere for n in numbers(expected)], float)
    wrong = np.array([n for _, _, yours in everywhere for n in numbers(yours)], float)
    if right.shape != wrong.shape or len(np.unique(right[right != 0])) < 2:
        return None
    factor = float(wrong[right != 0][0] / right[right != 0][0])
    if not np.isfinite(factor) or f"{factor:.4g}" == "1" or not np.allclose(wrong, factor * right):
        return None
    if np.isclose(factor, -1):
        return "Every number that differs has the wrong sign."
    return (
        f"Every number that differs is {factor:.4g} times what is expected."
        if factor
        else "Every number that differs is 0."
    )
