"""Number remembers how it was made: by which operation, and from which Numbers."""

from __future__ import annotations

from typing import Any

from ...exercise import Case, Exercise, Mistake, Piece


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
