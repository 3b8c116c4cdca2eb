"""AnyNumber is a Number that also meets plain numbers, on both sides, and can subtract."""

from __future__ import annotations

from typing import Any

from ...exercise import Case, Exercise, Mistake, Piece
from .number import Number


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
