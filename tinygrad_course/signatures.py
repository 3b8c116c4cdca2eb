"""What the functions of an operation name: the arguments of its forward, and what each of its rules reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import itemgetter
from typing import Any


class Rule:
    """A gradient rule: the function, the names of what it reads after g, and whether its own place is among them.

    apply(g, values) calls the function with g and what it reads of the dict `values`.
    """

    def __init__(self, function: Callable, reads: tuple[str, ...]) -> None:
        self.function, self.reads, self.apply = function, reads, calling(function, reads)
        self.reads_place = not {"shape", "shapes", "i"}.isdisjoint(reads)


def calling(function: Callable, reads: tuple[str, ...]) -> Callable[[Any, dict[str, Any]], Any]:
    """A way to call a rule that takes a third of the time of `function(g, *[values[name] for name in reads])`."""
    if not reads:
        return lambda g, values: function(g)
    pick = itemgetter(*reads)
    if len(reads) == 1:
        return lambda g, values: function(g, pick(values))
    return lambda g, values: function(g, *pick(values))


def read_signatures(cls: Any) -> None:
    """Note an Op's arguments, and what each of its rules reads. Raises TypeError for a rule that fits no argument."""
    cls.arguments, cls.variadic, params = names_of(cls.forward)
    readable = {*cls.arguments, cls.variadic, *params, "z", "shape", "shapes", "i"}
    cls.rules, cls.plans = {}, {}
    if hasattr(cls, "grad"):
        cls.reads = names_of(cls.grad)[0][2:]
        rule = Rule(cls.grad, (*cls.arguments, *cls.reads))  # its composite may need every input
        cls.rules = dict.fromkeys(cls.arguments, rule)
    for name in dir(cls):
        if name.startswith("grad_"):
            reads = names_of(getattr(cls, name))[0][1:]
            argument = name.removeprefix("grad_")
            if argument not in (*cls.arguments, cls.variadic):
                raise TypeError(f"{cls.__name__}.{name}: forward has no argument named {argument!r}")
            if unknown := set(reads) - readable:
                cure = "; the first name of a rule is g, and there is no self" if "g" in unknown else ""
                wrong = f"reads {sorted(unknown)}, which forward neither takes nor makes{cure}"
                raise TypeError(f"{cls.__name__}.{name} {wrong}")
            cls.rules[argument] = Rule(getattr(cls, name), reads)


def names_of(function: Callable) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The names of a function's arguments, of its *argument or "", and of its keyword-only ones.

    inspect.signature says the same, seven times slower, and every import of the framework would wait for it.
    """
    code = inspect.unwrap(function).__code__
    names, keywords = code.co_varnames[: code.co_argcount], code.co_varnames[code.co_argcount :]
    rest = keywords[code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else ""
    return names, rest, keywords[: code.co_kwonlyargcount]
