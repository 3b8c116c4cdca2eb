"""arrows lists every arrow of a graph, as a pair of input and result."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...exercise import Case, Exercise, Mistake, Piece
from .anynumber import AnyNumber
from .tell import tell


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
