"""Lesson 02, Remember what you did: numbers that keep a record of how they came about, and ways to read the record."""

from __future__ import annotations

from collections import Counter
from typing import Any

import tinygrad_course as tg
from tinygrad_course.draw.scene import nearest
from tinygrad_course.graph import Node, walk

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction

# Number


class Number:
    """A number that remembers how it was made: by which operation, from which Numbers."""

    def __init__(self, data: float, op: str = "", inputs: tuple = ()) -> None:
        self.data, self.op, self.inputs = data, op, inputs

    def __add__(self, other: Any) -> Number:
        return Number(self.data + other.data, "+", (self, other))

    def __mul__(self, other: Any) -> Number:
        return Number(self.data * other.data, "*", (self, other))


class _Stored:
    """The same, with a list and a shared way to make results."""

    def __init__(self, data: float, op: str = "", inputs: Any = ()) -> None:
        self.data = data
        self.op = op
        self.inputs = list(inputs)

    def _made(self, data: float, op: str, other: Any) -> Any:
        return type(self)(data, op, [self, other])

    def __add__(self, other: Any) -> Any:
        return self._made(self.data + other.data, "+", other)

    def __mul__(self, other: Any) -> Any:
        return self._made(self.data * other.data, "*", other)


class _Forgets(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data)

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data)


class _KeepsPlain(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, "+", (self.data, other.data))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, "*", (self.data, other.data))


class _PlainResults(Number):
    def __add__(self, other: Any) -> Any:
        return self.data + other.data

    def __mul__(self, other: Any) -> Any:
        return self.data * other.data


class _NotATuple(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, "+", self, other)  # type: ignore[arg-type, call-arg]

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, "*", self, other)  # type: ignore[arg-type, call-arg]


class _Copies(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, "+", (type(self)(self.data), type(self)(other.data)))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, "*", (type(self)(self.data), type(self)(other.data)))


class _OneSign(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, "+", (self, other))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, "+", (self, other))


class _Backwards(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, "+", (other, self))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, "*", (other, self))


class _InPlace(Number):
    def __add__(self, other: Any) -> Any:
        self.data, self.op, self.inputs = self.data + other.data, "+", (self, other)
        return self

    def __mul__(self, other: Any) -> Any:
        self.data, self.op, self.inputs = self.data * other.data, "*", (self, other)
        return self


class _Itself(Number):
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, "+", (self, self))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, "*", (self, self))


def _record(y: Any, **known: Any) -> dict[str, Any]:
    """What a Number says of itself; its inputs by the names of the Numbers that they are."""

    def name(x: Any) -> str:
        other = "another Number" if hasattr(x, "inputs") else f"a plain {type(x).__name__}"
        return next((name for name, number in known.items() if number is x), other)

    return {"data": y.data, "op": y.op, "inputs": [name(x) for x in y.inputs]}


def _number_case(name: str, program: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        a, b = piece(2.0), piece(3.0)
        y = program(a, b)
        given = {"data of a": a.data, "data of b": b.data, "op of a": a.op, "how many inputs a has": len(a.inputs)}
        return {**_record(y, a=a, b=b), **given}

    return Case(f"a = Number(2.0), b = Number(3.0), {name}", run)


NUMBER = Exercise(
    id="02.Number",
    target=None,
    minutes=8,
    difficulty=2,
    reference=Number,
    cases=(
        _number_case("a + b", lambda a, b: a + b),
        _number_case("a * b", lambda a, b: a * b),
        _number_case("b * a", lambda a, b: b * a),
        _number_case("a * a", lambda a, b: a * a),
    ),
    accepts=(_Stored,),
    mistakes=(
        Mistake(
            "forgets",
            _Forgets,
            "The numbers are right, but the results remember nothing: give each its symbol and the Numbers it was made "
            "from.",
        ),
        Mistake(
            "keeps plain numbers",
            _KeepsPlain,
            "Your results keep the values of their inputs, and the thread is cut there: a plain 2.0 does not know "
            "where it came from. Keep the Numbers themselves.",
        ),
        Mistake(
            "plain results",
            _PlainResults,
            "Your a + b gives back a plain number, which remembers nothing. Give back a Number.",
        ),
        Mistake(
            "inputs apart",
            _NotATuple,
            "Number takes its inputs as one argument, a tuple: put brackets round the two.",
        ),
        Mistake(
            "copies",
            _Copies,
            "Your inputs are new Numbers that look the same but have no past. Keep `self` and `other` themselves.",
        ),
        Mistake(
            "one symbol",
            _OneSign,
            'Your product says that it is a sum. Its symbol is "*".',
        ),
        Mistake(
            "backwards",
            _Backwards,
            "Your record has the two inputs in the wrong order. For + and * that hides; for a - b it would be wrong. "
            "In a + b, `self` is a and `other` is b.",
        ),
        Mistake(
            "in place",
            _InPlace,
            "Your a + b changes a. A result is a new Number; the old one may still be needed elsewhere.",
        ),
        Mistake(
            "itself twice",
            _Itself,
            "Your results say that they were made from `self` and `self`. The second input is `other`.",
        ),
    ),
    hints=(
        "Three things make up a record: a value, a symbol, and what else?",
        "Each method makes a new Number of three parts: the computed value, the symbol as text, and both inputs as a "
        "tuple.",
        "Fill in what is missing:\ndef __add__(self, other):\n    value = ...\n    return Number(value, ..., (..., "
        "...))",
    ),
)


# AnyNumber


class AnyNumber(Number):
    """A Number that also meets plain numbers, on both sides, and can subtract."""

    @staticmethod
    def wrap(x: Any) -> Any:
        """x, a plain number or an AnyNumber, as an AnyNumber; one that is one already stays the object it is."""
        return x if isinstance(x, AnyNumber) else AnyNumber(x)

    def __add__(self, other: Any) -> AnyNumber:
        other = self.wrap(other)
        return AnyNumber(self.data + other.data, "+", (self, other))

    def __mul__(self, other: Any) -> AnyNumber:
        other = self.wrap(other)
        return AnyNumber(self.data * other.data, "*", (self, other))

    def __sub__(self, other: Any) -> AnyNumber:
        other = self.wrap(other)
        return AnyNumber(self.data - other.data, "-", (self, other))

    def __radd__(self, other: Any) -> AnyNumber:
        return self.wrap(other) + self

    def __rmul__(self, other: Any) -> AnyNumber:
        return self.wrap(other) * self

    def __rsub__(self, other: Any) -> AnyNumber:
        return self.wrap(other) - self


class _RsubTurned(AnyNumber):
    def __rsub__(self, other: Any) -> Any:
        return self - other


class _RsubValueOnly(AnyNumber):
    def __rsub__(self, other: Any) -> Any:
        return AnyNumber(other - self.data, "-", (self, self.wrap(other)))


class _RaddTurned(AnyNumber):
    def __radd__(self, other: Any) -> Any:
        return self + other


class _ReflectedTurned(_RaddTurned):
    def __rmul__(self, other: Any) -> Any:
        return self * other


class _RsubUnwrapped(AnyNumber):
    def __mul__(self, other: Any) -> Any:
        other = self.wrap(other)
        return type(self)(self.data * other.data, "*", (self, other))

    def __rsub__(self, other: Any) -> Any:
        return other - self


class _ReflectedUnwrapped(_RsubUnwrapped):
    def __radd__(self, other: Any) -> Any:
        return other + self

    def __rmul__(self, other: Any) -> Any:
        return other * self


class _MinusAsPlus(AnyNumber):
    @staticmethod
    def wrap(x: Any) -> Any:
        return x if isinstance(x, Number) else _MinusAsPlus(x)

    def __sub__(self, other: Any) -> Any:
        return self + self.wrap(other) * -1.0


class _WrapsFloats(AnyNumber):
    @staticmethod
    def wrap(x: Any) -> Any:
        return AnyNumber(x) if isinstance(x, float) else x


class _WrapsAll(AnyNumber):
    @staticmethod
    def wrap(x: Any) -> Any:
        return _WrapsAll(x)


class _WrapsInNumber(AnyNumber):
    @staticmethod
    def wrap(x: Any) -> Any:
        return x if isinstance(x, Number) else Number(x)

    def __mul__(self, other: Any) -> Any:
        other = self.wrap(other)
        return type(self)(self.data * other.data, "*", (self, other))


class _WrapAlone(AnyNumber):
    def __add__(self, other: Any) -> Any:
        return AnyNumber(self.data + wrap(other).data, "+", (self, other))  # type: ignore[name-defined]  # noqa: F821

    __mul__ = __sub__ = __radd__ = __rmul__ = __rsub__ = __add__


class _NoReflection(AnyNumber):
    __radd__ = None  # type: ignore[assignment]
    __rmul__ = None  # type: ignore[assignment]
    __rsub__ = None  # type: ignore[assignment]


class _PlainInside(AnyNumber):
    def __add__(self, other: Any) -> Any:
        value = other.data if isinstance(other, Number) else other
        return AnyNumber(self.data + value, "+", (self, other))

    def __mul__(self, other: Any) -> Any:
        value = other.data if isinstance(other, Number) else other
        return AnyNumber(self.data * value, "*", (self, other))

    def __sub__(self, other: Any) -> Any:
        value = other.data if isinstance(other, Number) else other
        return AnyNumber(self.data - value, "-", (self, other))

    def __radd__(self, other: Any) -> Any:
        return AnyNumber(other + self.data, "+", (other, self))

    def __rmul__(self, other: Any) -> Any:
        return AnyNumber(other * self.data, "*", (other, self))

    def __rsub__(self, other: Any) -> Any:
        return AnyNumber(other - self.data, "-", (other, self))


class _WrapsAgain(AnyNumber):
    def __add__(self, other: Any) -> Any:
        other = AnyNumber(other.data if isinstance(other, Number) else other)
        return AnyNumber(self.data + other.data, "+", (self, other))

    def __mul__(self, other: Any) -> Any:
        other = AnyNumber(other.data if isinstance(other, Number) else other)
        return AnyNumber(self.data * other.data, "*", (self, other))

    def __sub__(self, other: Any) -> Any:
        other = AnyNumber(other.data if isinstance(other, Number) else other)
        return AnyNumber(self.data - other.data, "-", (self, other))


class _SuperNumbers(AnyNumber):
    """The operators of Number, which make Numbers."""

    def __add__(self, other: Any) -> Any:
        return Number(self.data + self.wrap(other).data, "+", (self, self.wrap(other)))

    def __mul__(self, other: Any) -> Any:
        return Number(self.data * self.wrap(other).data, "*", (self, self.wrap(other)))


class _ByHand(AnyNumber):
    @staticmethod
    def wrap(x: Any) -> Any:
        return x if isinstance(x, Number) else AnyNumber(x)

    def __rsub__(self, other: Any) -> Any:
        return AnyNumber(other - self.data, "-", (AnyNumber(other), self))

    def __radd__(self, other: Any) -> Any:
        return AnyNumber(other).__add__(self)


def _any_case(name: str, program: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        a, b = piece(2.0), piece(3.0)
        y = program(a, b)
        inputs = ["a" if x is a else "b" if x is b else getattr(x, "data", "a plain number") for x in y.inputs]
        return {"data": y.data, "op": y.op, "inputs": inputs}

    return Case(f"a = AnyNumber(2.0), b = AnyNumber(3.0), {name}", run)


def _wrap_case() -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        a = piece(2.0)
        kinds = [kind.__name__ for kind in type(piece.wrap(5.0)).__mro__]
        made = "AnyNumber" if "AnyNumber" in kinds else kinds[0]
        return {"wrap(5.0) is of the class": made, "wrap(a) is a": piece.wrap(a) is a}

    return Case("a = AnyNumber(2.0), AnyNumber.wrap(5.0) and AnyNumber.wrap(a)", run)


ANY_NUMBER = Exercise(
    id="02.AnyNumber",
    target=None,
    minutes=10,
    difficulty=3,
    reference=AnyNumber,
    cases=(
        _any_case("a + b", lambda a, b: a + b),
        _any_case("a - b", lambda a, b: a - b),
        _any_case("a * 5.0", lambda a, b: a * 5.0),
        _any_case("5.0 + a", lambda a, b: 5.0 + a),
        _any_case("5.0 * a", lambda a, b: 5.0 * a),
        _any_case("5.0 - a", lambda a, b: 5.0 - a),
        _any_case("(a + b) * 5.0", lambda a, b: (a + b) * 5.0),
        _any_case("5.0 - a * b", lambda a, b: 5.0 - a * b),
        _any_case("a + 1", lambda a, b: a + 1),
        _any_case("3 * a", lambda a, b: 3 * a),
        _wrap_case(),
    ),
    accepts=(_ByHand,),
    mistakes=(
        Mistake(
            "results are Numbers",
            _SuperNumbers,
            "The result of a + b is a Number and no AnyNumber, so that it cannot meet a plain number in its turn: "
            "super() calls Number's own method, which makes Numbers. Make an AnyNumber.",
        ),
        Mistake(
            "turned round",
            _RsubTurned,
            "5 - a came out as a - 5. In __rsub__ the plain number stands on the left: other minus self.",
        ),
        Mistake(
            "value right, record turned",
            _RsubValueOnly,
            "The value of 5 - a is right, but the record has a on the left. Inputs stand in the order of the program.",
        ),
        Mistake(
            "sum turned round",
            _RaddTurned,
            "In 5 + a the 5 comes first. The sum is the same, but the order is part of the record: begin with the "
            "wrapped 5.",
        ),
        Mistake(
            "sum and product turned round",
            _ReflectedTurned,
            "In 5 + a and 5 * a the 5 comes first. The values are the same, but the order is part of the record: begin "
            "with the wrapped 5.",
        ),
        Mistake(
            "difference not wrapped",
            _RsubUnwrapped,
            "In __rsub__ `other` is still the plain 5, so `other - self` calls __rsub__ again, without end. Wrap it "
            "first.",
        ),
        Mistake(
            "reflected not wrapped",
            _ReflectedUnwrapped,
            "In a reflected method `other` is still the plain 5, so `other + self` calls the same method again, "
            "without end. Wrap it first.",
        ),
        Mistake(
            "minus as plus",
            _MinusAsPlus,
            "The value is right, but the record says + where the program says -. Let a difference make a record of its "
            "own.",
        ),
        Mistake(
            "floats alone",
            _WrapsFloats,
            "Your `wrap` knows floats alone, and the 1 of a + 1 is an int. Ask the other way round: what is no "
            "AnyNumber yet becomes one.",
        ),
        Mistake(
            "wraps all",
            _WrapsAll,
            "Your `wrap` makes a new AnyNumber of one that is one already. Give that back as it is, and make one of "
            "plain numbers only.",
        ),
        Mistake(
            "wraps in a Number",
            _WrapsInNumber,
            "Your `wrap` makes a Number of a plain number. A Number does not meet plain numbers: make an AnyNumber.",
        ),
        Mistake(
            "wrap by its bare name",
            _WrapAlone,
            "A method is not found by its bare name, not even in its own class. Write `AnyNumber.wrap(...)`.",
        ),
        Mistake(
            "no reflection",
            _NoReflection,
            "5 + a does not work yet. Python first asks the 5, which knows nothing of your class, and then calls "
            "a.__radd__(5). Write __radd__, __rmul__ and __rsub__.",
        ),
        Mistake(
            "plain numbers inside",
            _PlainInside,
            "Some of your inputs are plain numbers. Whoever reads the record later wants .data and .inputs of every "
            "one: make a constant an AnyNumber first.",
        ),
        Mistake(
            "wraps again",
            _WrapsAgain,
            "You make a new Number of `other` even if it is one already, and its history is lost: the record no longer "
            "ends at b itself. Wrap plain numbers only.",
        ),
    ),
    hints=(
        "What does Python do with 5.0 + a, when 5.0 does not know how to add an AnyNumber?",
        "`wrap` makes a plain number an AnyNumber and leaves an AnyNumber alone. Call it first in every method; the "
        "reflected methods can then use the plain ones.",
        "Fill in what is missing:\ndef __rsub__(self, other):\n    left = ...\n    return left - ...",
    ),
)


# tell


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


# arrows


def arrows(number: Any) -> list[tuple[Any, Any]]:
    """Every arrow of the graph as (input, result); an operation that is reached twice is drawn once."""
    found: list[tuple[Any, Any]] = []
    seen: set[int] = set()

    def visit(result: Any) -> None:
        if id(result) in seen:
            return
        seen.add(id(result))
        for x in result.inputs:
            visit(x)
            found.append((x, result))

    visit(number)
    return found


def _arrows_with_stack(number: Any) -> list[tuple[Any, Any]]:
    found, seen, waiting = [], [number], [number]
    while waiting:
        result = waiting.pop()
        for x in result.inputs:
            found.append((x, result))
            if not any(x is other for other in seen):
                seen.append(x)
                waiting.append(x)
    return found


def _arrows_again_and_again(number: Any) -> list[tuple[Any, Any]]:
    return [pair for x in number.inputs for pair in (*_arrows_again_and_again(x), (x, number))]


def _arrows_one_each(number: Any) -> list[tuple[Any, Any]]:
    unique: list[tuple[Any, Any]] = []
    for pair in arrows(number):
        if not any(pair[0] is a and pair[1] is b for a, b in unique):
            unique.append(pair)
    return unique


def _arrows_of_the_last(number: Any) -> list[tuple[Any, Any]]:
    return [(x, number) for x in number.inputs]


def _arrows_by_value(number: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    seen: set[float] = set()

    def visit(result: Any) -> None:
        if result.data in seen:
            return
        seen.add(result.data)
        for x in result.inputs:
            visit(x)
            found.append((x, result))

    visit(number)
    return found


def _arrows_by_value_from_the_right(number: Any) -> list[tuple[Any, Any]]:
    found, seen, waiting = [], set(), [number]
    while waiting:
        result = waiting.pop()
        if result.data not in seen:
            seen.add(result.data)
            found += [(x, result) for x in result.inputs]
            waiting += result.inputs
    return found


def _arrows_new_pairs(number: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    for x in number.inputs:
        if (x, number) not in found:
            found.append((x, number))
        found += _arrows_new_pairs(x)
    return found


def _arrows_first_time(number: Any, seen: Any = None) -> list[tuple[Any, Any]]:
    seen = _met if seen is None else seen
    if any(number is other for other in seen):
        return []
    seen.append(number)
    return [pair for x in number.inputs for pair in (*_arrows_first_time(x, seen), (x, number))]


_met: list[Any] = []  # as a default argument that is a list: one for all calls


def _arrows_reversed(number: Any) -> list[tuple[Any, Any]]:
    return [(b, a) for a, b in arrows(number)]


def _arrows_case(name: str, program: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        a, b = AnyNumber(2.0), AnyNumber(3.0)
        y = program(a, b)
        found, again = piece(y), piece(y)
        if found is None or again is None:
            return {"how many arrows": None}
        right, mine, later = (
            Counter(f"{tell(x)} to {tell(z)}" for x, z in pairs) for pairs in (arrows(y), found, again)
        )
        return {
            "how many arrows": mine.total(),
            "arrows that are missing": sorted((right - mine).elements()),
            "arrows too many": sorted((mine - right).elements()),
            "the same when asked again": mine == later,
        }

    return Case(f"a = AnyNumber(2.0), b = AnyNumber(3.0), {name}", run)


def _shared(a: Any, b: Any) -> Any:
    s = a + b
    return s * s


def _three_floors(a: Any, b: Any) -> Any:
    s = a * b
    t = s + s
    return t * (s - a)


ARROWS = Exercise(
    id="02.arrows",
    target=None,
    minutes=10,
    difficulty=3,
    reference=arrows,
    cases=(
        _arrows_case("a", lambda a, b: a),
        _arrows_case("a * b", lambda a, b: a * b),
        _arrows_case("a * b + a", lambda a, b: a * b + a),
        _arrows_case("s = a + b, then s * s", _shared),
        _arrows_case("(a + a) * (a * a)", lambda a, b: (a + a) * (a * a)),
        _arrows_case("s = a * b, t = s + s, then t * (s - a)", _three_floors),
    ),
    accepts=(_arrows_with_stack,),
    mistakes=(
        Mistake(
            "again and again",
            _arrows_again_and_again,
            "A Number that is used twice is followed twice, and its arrows are drawn twice. After 60 doublings that "
            "would be more arrows than there are grains of sand: remember which ones you have been to.",
        ),
        Mistake(
            "one arrow for two",
            _arrows_one_each,
            "In s * s two arrows lead from s to the product, one for each input. You draw one. Remember Numbers that "
            "you have been to, not arrows.",
        ),
        Mistake(
            "last operation",
            _arrows_of_the_last,
            "These are the arrows of the last operation. Its inputs have inputs too.",
        ),
        Mistake(
            "known by value",
            _arrows_by_value,
            "Your code takes two Numbers with the same value for the same Number. Compare with `is`, or keep "
            "`id(number)`.",
        ),
        Mistake(
            "known by value, right input first",
            _arrows_by_value_from_the_right,
            "Two Numbers with the same value are still two, and your code goes to one of them alone. Compare with "
            "`is`, or keep `id(number)`.",
        ),
        Mistake(
            "arrows remembered",
            _arrows_new_pairs,
            "You look whether an arrow is in the list already. So one of the two in s * s is missing, and the arrows "
            "behind s are there twice all the same. Remember the Numbers that you have been to.",
        ),
        Mistake(
            "remembered for ever",
            _arrows_first_time,
            "The second call finds nothing: what you have been to is remembered from call to call. A default such as "
            "seen=set() is made once, when the function is defined. Begin with a new set in every call.",
        ),
        Mistake(
            "against the flow",
            _arrows_reversed,
            "Your arrows point from results to inputs. The data flows from an input to its result.",
        ),
    ),
    hints=(
        "In s * s, how often is s visited, and how often should its own arrows be written down?",
        "Keep a list of arrows and a set of ids. Visit a Number only if its id is new; then one arrow for each of its "
        "inputs, and a visit to that input.",
        "Fill in what is missing:\npairs, seen = [], set()\ndef visit(result):\n    if ... in seen:\n        return\n"
        "    seen.add(...)\n    for x in result.inputs:\n        ...\nvisit(...)\nreturn pairs",
    ),
)


# a graph in which a node that is reached twice must not be followed twice

MOST_LOOKS = 10_000


class _Watched(Node):
    """A node that raises once too many inputs have been looked at; nothing else ends 2 to the power of 60 visits."""

    __slots__ = ()
    looks = 0

    @property
    def inputs(self) -> tuple:  # type: ignore[override]
        _Watched.looks += 1
        if _Watched.looks > MOST_LOOKS:
            raise RuntimeError(f"`inputs` was read more than {MOST_LOOKS:,} times, and there are few nodes here")
        return super().inputs


def _doubled(x: Any, times: int) -> Any:
    """x + x, and that sum plus itself, and so on; its nodes are watched."""
    y = x
    for _ in range(times):
        y = y + y
    for node in walk(y.node):
        node.__class__ = _Watched
    _Watched.looks = 0
    return y


# leaves


def leaves(y: Any) -> list[Any]:
    """The leaf Tensors that y was computed from, each once: first all that are behind the left input, and so on."""
    found: list[Any] = []
    seen: set[int] = set()

    def visit(source: Any) -> None:
        if source is None or id(source) in seen:
            return
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found.append(source)
        else:
            for x in source.inputs:
                visit(x)

    visit(y.node)
    return found


def _leaves_with_stack(y: Any) -> list[Any]:
    found: dict[int, Any] = {}
    waiting, seen = [y.node], set()
    while waiting:
        source = waiting.pop(0)
        if source is None or id(source) in seen:
            continue
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found[id(source)] = source
        else:
            waiting = [*source.inputs, *waiting]
    return list(found.values())


def _leaves_repeated(y: Any) -> list[Any]:
    def visit(source: Any) -> list[Any]:
        if source is None:
            return []
        return [source] if isinstance(source, tg.Tensor) else [x for s in source.inputs for x in visit(s)]

    return visit(y.node)


def _leaves_again_and_again(y: Any) -> list[Any]:
    found: list[Any] = []

    def visit(source: Any) -> None:
        if isinstance(source, tg.Tensor):
            if not any(source is other for other in found):
                found.append(source)
        elif source is not None:
            for x in source.inputs:
                visit(x)

    visit(y.node)
    return found


def _leaves_direct(y: Any) -> list[Any]:
    return [] if y.node is None else [x for x in y.node.inputs if isinstance(x, tg.Tensor)]


def _leaves_first_inputs(y: Any) -> list[Any]:
    source = y.node
    while source is not None and not isinstance(source, tg.Tensor):
        source = source.inputs[0]
    return [] if source is None else [source]


def _leaves_by_value(y: Any) -> list[Any]:
    found: list[Any] = []
    for x in leaves(y):
        if not any(x.item() == other.item() for other in found):
            found.append(x)
    return found


def _leaves_by_rings(y: Any) -> list[Any]:
    found: dict[int, Any] = {}
    waiting, seen = [y.node], set()
    while waiting:
        source = waiting.pop(0)
        if source is None or id(source) in seen:
            continue
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found[id(source)] = source
        else:
            waiting += source.inputs
    return list(found.values())


def _leaves_of_a_node(y: Any) -> list[Any]:
    if y.node is None:
        return [y]
    found = {id(leaf): leaf for x in y.node.inputs if x is not None for leaf in _leaves_of_a_node(x)}
    return list(found.values())


def _leaves_and_nodes(y: Any) -> list[Any]:
    found: list[Any] = []

    def visit(source: Any) -> None:
        if source is None or any(source is other for other in found):
            return
        found.append(source)
        for x in getattr(source, "inputs", ()):
            visit(x)

    visit(y.node)
    return found


def _leaves_case(name: str, program: Any, **values: float) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        given = {x: tg.tensor(value, dtype=tg.float64, requires_grad=True) for x, value in values.items()}
        found = piece(program(**given))
        if found is None:
            return {"leaves": None}
        return {"leaves": [next((x for x in given if given[x] is leaf), type(leaf).__name__) for leaf in found]}

    return Case(f"{', '.join(values)} want gradients, {name}", run)


LEAVES = Exercise(
    id="02.leaves",
    target=None,
    minutes=10,
    difficulty=3,
    reference=leaves,
    cases=(
        _leaves_case("y = x * w", lambda x, w: x * w, x=2.0, w=3.0),
        _leaves_case("y = w - x * 2", lambda x, w: w - x * 2, x=2.0, w=3.0),
        _leaves_case("y = x * x", lambda x, w: x * x, x=2.0, w=3.0),
        _leaves_case("y = 3.0 * w", lambda x, w: 3.0 * w, x=2.0, w=3.0),
        _leaves_case("y = x * 2 - w", lambda x, w: x * 2 - w, x=2.0, w=3.0),
        _leaves_case("y = (x + 1) * (w + 2) * x", lambda x, w: (x + 1) * (w + 2) * x, x=2.0, w=3.0),
        _leaves_case(
            "y = (d * 2 + a) * (e - c) + b",
            lambda a, b, c, d, e: (d * 2 + a) * (e - c) + b,
            **{name: i + 1.0 for i, name in enumerate("abcde")},
        ),
        _leaves_case("both are 2.0, y = x * w", lambda x, w: x * w, x=2.0, w=2.0),
        _leaves_case("y = x, then 60 times y = y + y", lambda x: _doubled(x, 60), x=2.0),
    ),
    accepts=(_leaves_with_stack,),
    mistakes=(
        Mistake(
            "repeated",
            _leaves_repeated,
            "A leaf that is used twice stands in your list twice. Remember what you have been to.",
        ),
        Mistake(
            "again and again",
            _leaves_again_and_again,
            "Your leaves are right, but a node that is used twice is followed twice. After 60 doublings that would be "
            "more visits than there are grains of sand: remember the nodes that you have been to as well.",
        ),
        Mistake(
            "direct inputs",
            _leaves_direct,
            "These are the leaves that the last operation read itself. Others lie further back: follow the nodes.",
        ),
        Mistake(
            "first inputs",
            _leaves_first_inputs,
            "You follow the first input of each operation. The leaves behind the other inputs are missing.",
        ),
        Mistake(
            "known by value",
            _leaves_by_value,
            "Two leaves that hold the same number are still two. `x in found` compares tensors by their values: keep a "
            "set of ids, id(x), or compare with `is`.",
        ),
        Mistake(
            "nearest first",
            _leaves_by_rings,
            "Your list has the leaves nearest to y first. Asked for is from left to right: all that is behind the left "
            "input, and then what is behind the right one.",
        ),
        Mistake(
            "a Node for a Tensor",
            _leaves_of_a_node,
            "`leaves` takes a Tensor, but an input may be a Node, which is the record itself and has no `node`. Write "
            "a helper that goes from source to source, and begin with y.node.",
        ),
        Mistake(
            "nodes as well",
            _leaves_and_nodes,
            "Your list holds the nodes on the way, too. A leaf is a Tensor; the record of an operation is a Node.",
        ),
    ),
    hints=(
        "An input in a node's record can be three things. Which, and what do you do with each?",
        "None is a constant and is passed over, a Tensor is a leaf and is kept, a Node has inputs of its own to visit.",
        "Fill in what is missing:\nmet, seen = [], set()\ndef visit(source):\n    if source is None or ...:\n"
        "        return\n    seen.add(...)\n    if isinstance(source, tg.Tensor):\n        ...\n    else:\n        "
        "...\nvisit(...)\nreturn met",
    ),
)


# nearest


def _nearest_by_rounds(root: Node, depth: int | None) -> set[Node]:
    within: set[Node] = set()
    ring = {root}
    while ring and depth != 0:
        within |= ring
        ring = {s for node in ring for s in node.inputs if isinstance(s, Node)} - within
        depth = None if depth is None else depth - 1
    return within


def _nearest_one_more(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, None if depth is None else depth + 1)


def _nearest_without_root(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, depth) - {root}


def _nearest_last_ring(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, depth) - nearest(root, depth - 1) if depth is not None and depth > 1 else nearest(root, depth)


def _nearest_no_none(root: Node, depth: int | None) -> set[Node]:
    return nearest(root, 1 if depth is None else depth)


def _nearest_again_and_again(root: Node, depth: int | None) -> set[Node]:
    near = {root}
    if depth is None or depth > 1:
        for source in root.inputs:
            if isinstance(source, Node):
                near |= _nearest_again_and_again(source, depth and depth - 1)
    return near


def _nearest_limited(root: Node, depth: int | None) -> set[Node]:
    return _nearest_by_rounds(root, 10 if depth is None else depth)


def _nearest_first_inputs(root: Node, depth: int | None) -> set[Node]:
    within, node = {root}, root
    for _ in range(1_000 if depth is None else depth - 1):
        first = next((s for s in node.inputs if isinstance(s, Node)), None)
        if first is None:
            break
        within.add(first)
        node = first
    return within


def _nearest_listed(root: Node, depth: int | None) -> list[Node]:
    return list(nearest(root, depth))


def _nearest_depth_first(root: Node, depth: int | None) -> set[Node]:
    seen: set[Node] = set()

    def visit(node: Node, left: float) -> None:
        if node not in seen and left > 0:
            seen.add(node)
            for source in node.inputs:
                if isinstance(source, Node):
                    visit(source, left - 1)

    visit(root, float("inf") if depth is None else depth)
    return seen


def _nearest_case(name: str, program: Any, depth: int | None) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
        found = piece(program(x).node, depth)
        if found is None:
            return {"nodes": None}
        kind = "set" if isinstance(found, (set, frozenset)) else type(found).__name__
        return {"nodes": sorted(f"{node.op.__name__} {node.value}" for node in found), "kind of answer": kind}

    return Case(f"{name}, depth = {depth}", run)


def _nearest_in_doublings(times: int) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
        found = piece(_doubled(x, times).node, None)
        return {f"all {times} nodes are in it": None if found is None else len(found) == times}

    return Case(f"y = x, then {times} times y = y + y, depth = None", run)


def _short_cut(x: Any) -> Any:
    c = (x * 2).exp()
    return (c + 1).tanh() * c


def _ladder(x: Any) -> Any:
    return ((x + 1) * (x - 3) + 5).exp() * 0.5


NEAREST = Exercise(
    id="02.nearest",
    target="tinygrad_course.draw.scene.nearest",
    minutes=10,
    difficulty=3,
    reference=nearest,
    cases=(
        _nearest_case("y = x * 2 + 1", lambda x: x * 2 + 1, 1),
        _nearest_case("y = x * 2 + 1", lambda x: x * 2 + 1, 2),
        _nearest_case("y = x * 2 + 1", lambda x: x * 2 + 1, 9),
        _nearest_case("y = ((x + 1) * (x - 3) + 5).exp() * 0.5", _ladder, 3),
        _nearest_case("y = ((x + 1) * (x - 3) + 5).exp() * 0.5", _ladder, 5),
        _nearest_case("y = ((x + 1) * (x - 3) + 5).exp() * 0.5", _ladder, None),
        _nearest_case("c = (x * 2).exp(), y = (c + 1).tanh() * c", _short_cut, 4),
        _nearest_in_doublings(300),
    ),
    accepts=(_nearest_by_rounds,),
    mistakes=(
        Mistake(
            "one too far",
            _nearest_one_more,
            "Your set reaches one operation too far. The root itself is the first: depth 1 is the root alone.",
        ),
        Mistake(
            "root left out",
            _nearest_without_root,
            "The root is missing. It is the first of the operations that are counted.",
        ),
        Mistake(
            "last ring alone",
            _nearest_last_ring,
            "You give back only those that are exactly `depth` away. Those on the way belong to them.",
        ),
        Mistake(
            "a list",
            _nearest_listed,
            "Your answer is a list. A set is asked for: it holds each node once, and is quick to ask for one.",
        ),
        Mistake(
            "None as one",
            _nearest_no_none,
            "A depth of None means no limit: the whole graph.",
        ),
        Mistake(
            "None as some number",
            _nearest_limited,
            "None means no limit. Yours stops after some number of operations, and a graph can be larger than that.",
        ),
        Mistake(
            "again and again",
            _nearest_again_and_again,
            "Your sets are right, but a node that is reached twice is followed twice. After 60 doublings that would be "
            "more visits than there are grains of sand. Go on from each node once: let a ring be a set, without what "
            "is in the answer already.",
        ),
        Mistake(
            "first way counts",
            _nearest_depth_first,
            "You follow one way to its end before the next, and what was reached the long way round is not looked at "
            "again when a shorter way leads there. Go ring by ring: all nodes at distance 1, then all at distance 2.",
        ),
        Mistake(
            "first inputs",
            _nearest_first_inputs,
            "You go back along one input alone. An operation may have several inputs that are nodes.",
        ),
    ),
    hints=(
        "Once you have all nodes at distance 2, how do you find those at distance 3?",
        "Go in rings: begin with the root alone; the next ring is every node that is an input of this ring and not yet "
        "in the set. Do it depth - 1 times, or until a ring is empty.",
        "Fill in what is missing:\nnear, ring = {root}, {root}\nwhile ring and ...:\n    ring = {... for node in "
        "ring for source in node.inputs if ...}\n    near.update(...)\nreturn near",
    ),
)

PREDICTIONS = (
    Prediction(
        "who-is-asked",
        "__rmul__",
        "Python asks the 3 first, and the 3 knows nothing of your class. Then it asks the Number, by the reflected "
        "name.",
        choices=("__mul__", "__rmul__", "nobody"),
    ),
    Prediction(
        "name-taken-away",
        "the same as before",
        "A record holds the objects, not the names. `s` now means something else, but the product still remembers the "
        "sum it was made from.",
        choices=("the same as before", "100.0 * 100.0", "an error"),
    ),
    Prediction(
        "nodes-of-cube",
        2,
        "Two multiplications were run, and each leaves one node. x is a leaf and has none.",
    ),
    Prediction(
        "bug-list",
        "inputs=[]",
        "A default value is made once, when the function is defined. All Numbers without inputs share that one list, "
        "and what one appends is in all. A tuple cannot be appended to: inputs=().",
        choices=("inputs=[]", "self.data", "append"),
    ),
    Prediction(
        "bug-item",
        "item",
        "item() takes the plain Python number out, and a plain number remembers nothing. What comes after it is a "
        "program on constants.",
        choices=("exp", "item", "the product"),
    ),
)

LESSON = Lesson("02", __name__, (NUMBER, ANY_NUMBER, TELL, ARROWS, LEAVES, NEAREST), PREDICTIONS, dtype="float64")
