"""named_parameters yields every parameter of a module, with its path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import init

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import given
from .parameters import numbered
from .tree import Found, _Tree, told


def _named_parameters(self: Any, prefix: str = "") -> Found:
    """Every parameter with its path, each once."""
    seen = set()
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}" if path else name, value


def _parameters_by_id(self: Any, prefix: str = "") -> Found:
    found: dict[int, tuple[str, Any]] = {}
    for path, module in self.named_modules(prefix=prefix):
        for name in list(vars(module)):
            value = getattr(module, name)
            if isinstance(value, nn.Parameter):
                found.setdefault(id(value), (".".join(filter(None, [path, name])), value))
    yield from found.values()


def _parameters_own(self: Any, prefix: str = "") -> Found:
    for name, value in vars(self).items():
        if isinstance(value, nn.Parameter):
            yield f"{prefix}.{name}" if prefix else name, value


def _parameters_any_tensor(self: Any, prefix: str = "") -> Found:
    seen: set[Any] = set()
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, tg.Tensor) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}" if path else name, value


def _parameters_trainable(self: Any, prefix: str = "") -> Found:
    return ((name, value) for name, value in _named_parameters(self, prefix) if value.requires_grad)


def _parameters_shared(self: Any, prefix: str = "") -> Found:
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter):
                yield f"{path}.{name}" if path else name, value


def _parameters_nameless(self: Any, prefix: str = "") -> Found:
    seen: set[Any] = set()
    for _, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in seen:
                seen.add(value)
                yield name, value


def _parameters_in_a_list(self: Any, prefix: str = "") -> Found:
    found: list[Any] = []
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in found:
                found.append(value)
                yield f"{path}.{name}" if path else name, value


def _parameters_dot_first(self: Any, prefix: str = "") -> Found:
    seen: set[Any] = set()
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}", value


def _parameters_prefix_as_memo(self: Any, prefix: Any = "") -> Found:
    for path, module in self.named_modules(prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter):
                yield f"{path}.{name}" if path else name, value


class _Mixed(nn.Module):
    """A parameter of its own, one that is frozen, a plain tensor, a number and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(given(2.0))
        self.frozen = nn.Parameter(given(3.0), requires_grad=False)
        self.table, self.size = given(1.0, 2.0), 7
        self.layer = numbered(nn.Linear(2, 1))


class _Tied(nn.Module):
    """Two layers with one weight, and two biases with equal numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.back = nn.Linear(2, 2), nn.Linear(2, 2)
        self.back.weight = self.there.weight
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                init.zeros_(parameter)


def _parameters_case(name: str, make: Callable[[], Any], prefix: str = "") -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        found = list(piece(make(), prefix=prefix))
        shapes = [list(pair[1].shape) for pair in found if told(pair).endswith("Parameter")]
        return {"found": [told(pair) for pair in found], "shapes": shapes}

    return Case(name, run)


NAMED_PARAMETERS = Exercise(
    id="08.named_parameters",
    target="tinygrad_course.nn.module.Module.named_parameters",
    minutes=8,
    difficulty=2,
    reference=nn.Module.named_parameters,
    cases=(
        _parameters_case("named_parameters(Linear(3, 2))", lambda: nn.Linear(3, 2)),
        _parameters_case("a module with body (a Sequential) and head", _Tree),
        _parameters_case('the same with prefix="model"', _Tree, "model"),
        _parameters_case("one with a frozen parameter, a plain tensor and a number", _Mixed),
        _parameters_case("two layers with one weight, whose biases are all 0", _Tied),
    ),
    accepts=(_named_parameters, _parameters_by_id),
    mistakes=(
        Mistake(
            "its own alone",
            _parameters_own,
            "Only the module's own parameters are found. Those of the modules inside it are missing: named_modules "
            "gives you all of them.",
        ),
        Mistake(
            "any tensor",
            _parameters_any_tensor,
            "A plain tensor is listed as well. A module may keep tensors that are not to be learned, so ask for "
            "nn.Parameter.",
        ),
        Mistake(
            "frozen left out",
            _parameters_trainable,
            "A parameter that wants no gradient just now is missing. It is still a part of the model, and has to be "
            "saved with it; an optimizer passes it over by itself.",
        ),
        Mistake(
            "shared twice",
            _parameters_shared,
            "The weight that two layers share is listed twice, and would be moved twice in every step. Remember which "
            "ones were listed.",
        ),
        Mistake(
            "without paths",
            _parameters_nameless,
            "The name of the parameter is not enough: with three layers there are three called weight. Put the "
            "module's path in front.",
        ),
        Mistake(
            "compared by numbers",
            _parameters_in_a_list,
            "`in` with a list compares by ==, and between tensors that compares their numbers. Remember the parameters "
            "in a set: it asks whether it is the same object.",
        ),
        Mistake(
            "a dot in front",
            _parameters_dot_first,
            "The names of the module's own parameters begin with a dot. Where the path is empty, the name alone will "
            "do.",
        ),
        Mistake(
            "prefix as memo",
            _parameters_prefix_as_memo,
            "The first argument of named_modules is memo, and the prefix came there. Name it: "
            "named_modules(prefix=prefix).",
        ),
    ),
    hints=(
        "Where does a module keep its attributes, and which of those do you want?",
        "Go through named_modules(prefix=prefix). vars(module) is the dict of a module's attributes: take the "
        "Parameters among them, each once, with path, dot and name.",
        "Fill in what is missing:\nseen = set()\nfor path, module in ...:\n    for name, value in vars(module).items():"
        "\n        if isinstance(value, ...) and ...:\n            ...\n            yield ..., value",
    ),
)
