"""tell says how a Number came about, in brackets."""

from __future__ import annotations

from typing import Any

from ...exercise import Case, Exercise, Mistake, Piece
from .anynumber import AnyNumber


def tell(number: Any) -> str:
    """How a Number came about, in brackets: "((2.0 * 3.0) + 1.0)"."""
    if not number.inputs:
        return str(number.data)
    left, right = number.inputs
    return f"({tell(left)} {number.op} {tell(right)})"


def _tell_by_stack(number: Any) -> str:
    if len(number.inputs) == 0:
        return repr(number.data)
    return "(" + f" {number.op} ".join(_tell_by_stack(x) for x in number.inputs) + ")"


def _tell_shallow(number: Any) -> str:
    if not number.inputs:
        return str(number.data)
    left, right = number.inputs
    return f"({left.data} {number.op} {right.data})"


def _tell_without_end(number: Any) -> str:
    left, right = number.inputs
    return f"({_tell_without_end(left)} {number.op} {_tell_without_end(right)})"


def _tell_no_spaces(number: Any) -> str:
    return tell(number).replace(" ", "")


def _tell_no_brackets(number: Any) -> str:
    if not number.inputs:
        return str(number.data)
    left, right = number.inputs
    return f"{_tell_no_brackets(left)} {number.op} {_tell_no_brackets(right)}"


def _tell_result(number: Any) -> str:
    return str(number.data)


def _tell_left_only(number: Any) -> str:
    if not number.inputs:
        return str(number.data)
    left, right = number.inputs
    return f"({_tell_left_only(left)} {number.op} {right.data})"


def _tell_turned(number: Any) -> str:
    if not number.inputs:
        return str(number.data)
    left, right = number.inputs
    return f"({_tell_turned(right)} {number.op} {_tell_turned(left)})"


def _tell_case(name: str, program: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        return {"text": piece(program(AnyNumber(2.0), AnyNumber(3.0)))}

    return Case(f"a = AnyNumber(2.0), b = AnyNumber(3.0), {name}", run)


TELL = Exercise(
    id="02.tell",
    target=None,
    minutes=8,
    difficulty=2,
    reference=tell,
    cases=(
        _tell_case("a", lambda a, b: a),
        _tell_case("a * b", lambda a, b: a * b),
        _tell_case("a * b + 1.0", lambda a, b: a * b + 1.0),
        _tell_case("(a + b) * (a - 1.0)", lambda a, b: (a + b) * (a - 1.0)),
    ),
    accepts=(_tell_by_stack,),
    mistakes=(
        Mistake(
            "one level",
            _tell_shallow,
            "Your text stops after one operation. An input may have a history of its own: ask tell for it.",
        ),
        Mistake(
            "no last call",
            _tell_without_end,
            "A Number that was just given has no inputs to unpack. Tell it by its value, before anything else.",
        ),
        Mistake(
            "no spaces",
            _tell_no_spaces,
            "Only the spaces are missing: one before the symbol, one after it.",
        ),
        Mistake(
            "no brackets",
            _tell_no_brackets,
            "Without brackets 2 + 3 * 1 can be read in two ways. Put them around every operation.",
        ),
        Mistake(
            "result alone",
            _tell_result,
            "This is the value. What is asked for is how it came about.",
        ),
        Mistake(
            "left only",
            _tell_left_only,
            "Your code follows the left input alone; of the right one it tells only the value.",
        ),
        Mistake(
            "turned round",
            _tell_turned,
            "Left and right have changed places. For a - 1 that makes a difference.",
        ),
    ),
    hints=(
        "If somebody told you the texts of the two inputs, how would you make the whole text of them?",
        "A function may call itself. A Number without inputs is its own text; any other is a bracket, the text of the "
        "left input, the symbol, the text of the right one.",
        "Fill in what is missing:\nif not number.inputs:\n    return ...\nleft, right = ...\n"
        'return f"({...} {...} {...})"',
    ),
)
