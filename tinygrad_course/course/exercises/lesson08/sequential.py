"""Sequential puts modules in a row: each one's output is the next one's input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_course import nn

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import given
from .parameters import numbered, shapes


class _Sequential(nn.Module):
    """Modules in a row."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        for i, module in enumerate(modules):
            setattr(self, str(i), module)

    def forward(self, x: Any) -> Any:
        for module in vars(self).values():
            if isinstance(module, nn.Module):
                x = module(x)
        return x


class _SequentialAdded(nn.Module):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        self.count = len(modules)
        for i in range(len(modules)):
            self.add_module(f"{i}", modules[i])

    def forward(self, x: Any) -> Any:
        for i in range(self.count):
            x = getattr(self, str(i))(x)
        return x


class _SequentialOnce(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module(x)
        return x


class _SequentialAllAttributes(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in vars(self).values():
            x = module(x)
        return x


class _SequentialOneName(_Sequential):
    def __init__(self, *modules: Any) -> None:
        nn.Module.__init__(self)
        for module in modules:
            setattr(self, "0", module)


def _parts(model: Any) -> list[Any]:
    """The modules among the attributes; one that is there twice, twice."""
    return [part for part in vars(model).values() if isinstance(part, nn.Module)]


class _SequentialListed(nn.Module):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        self.layers = list(modules)

    def forward(self, x: Any) -> Any:
        for module in self.layers:
            x = module(x)
        return x


class _SequentialFromOne(_Sequential):
    def __init__(self, *modules: Any) -> None:
        nn.Module.__init__(self)
        for i, module in enumerate(modules, 1):
            setattr(self, str(i), module)


class _SequentialEachOnX(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in _parts(self):
            y = module(x)
        return y


class _SequentialFirst(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in _parts(self):
            return module(x)


class _SequentialBackwards(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in reversed(_parts(self)):
            x = module(x)
        return x


class _SequentialAround(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in _parts(self):
            x = module.forward(x)
        return x


def _sequential_names(piece: Piece) -> dict[str, Any]:
    return {"parameters": shapes(piece(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)))}


def _sequential_case(name: str, *layers: Callable[[], Any]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = piece(*(numbered(make()) for make in layers))
        return {"y": model(given([1.0, 2.0], [0.0, -1.0])).detach()}

    return Case(name, run)


def _sequential_shared(piece: Piece) -> dict[str, Any]:
    first, between, last = numbered(nn.Linear(2, 2)), nn.Tanh(), numbered(nn.Linear(2, 2))
    return {"y": piece(first, between, last, between)(given([1.0, 2.0], [0.0, -1.0])).detach()}


def _sequential_hooks(piece: Piece) -> dict[str, Any]:
    seen: list[str] = []
    first, second = nn.Linear(2, 2), nn.Tanh()
    for layer in (first, second):
        layer.register_forward_hook(lambda module, args, output: seen.append(type(module).__name__))
    piece(first, second)(given([1.0, 2.0]))
    return {"layers whose hooks were called": seen}


SEQUENTIAL = Exercise(
    id="08.Sequential",
    target="tinygrad_course.nn.containers.Sequential",
    minutes=7,
    difficulty=2,
    reference=nn.Sequential,
    cases=(
        Case("Sequential(Linear(3, 4), Tanh(), Linear(4, 1)): what it learns", _sequential_names),
        _sequential_case("Sequential(Linear(2, 2)) on x", lambda: nn.Linear(2, 2)),
        _sequential_case("Sequential(Linear(2, 2), Tanh()) on x", lambda: nn.Linear(2, 2), nn.Tanh),
        _sequential_case(
            "Sequential(Linear(2, 2), Tanh(), Linear(2, 2)) on x",
            lambda: nn.Linear(2, 2),
            nn.Tanh,
            lambda: nn.Linear(2, 2),
        ),
        Case("one Tanh at two places: Sequential(first, tanh, last, tanh) on x", _sequential_shared),
        Case("a hook on each layer, then one call", _sequential_hooks),
    ),
    accepts=(_Sequential, _SequentialAdded),
    mistakes=(
        Mistake(
            "in a list",
            _SequentialListed,
            "A plain Python list hides the layers: Module looks at its attributes, and a list is neither a Parameter "
            "nor a Module. Nothing in it would ever be trained. Set each layer as an attribute of its own.",
        ),
        Mistake(
            "counted from 1",
            _SequentialFromOne,
            'Your layers are called "1", "2", … and the names go into every saved file. Count from 0, as everywhere.',
        ),
        Mistake(
            "one name for all",
            _SequentialOneName,
            "All your layers get one name, and each takes the place of the one before: the last alone is left. Name "
            "each by its number, as text.",
        ),
        Mistake(
            "each on x",
            _SequentialEachOnX,
            "Each of your layers gets the first input. A layer's output is what the next one works on.",
        ),
        Mistake(
            "the first alone",
            _SequentialFirst,
            "Your forward returns within the loop, so that only the first layer is ever called.",
        ),
        Mistake(
            "backwards",
            _SequentialBackwards,
            "Your layers run from the last to the first. Forward goes in the order in which they were given.",
        ),
        Mistake(
            "each once",
            _SequentialOnce,
            "A layer that stands in the row twice is run once: children() gives each module once, wherever it is used. "
            "Go through the attributes themselves, vars(self).values().",
        ),
        Mistake(
            "all attributes",
            _SequentialAllAttributes,
            "vars(self) holds every attribute, such as training, which is True or False. Call only those that are an "
            "nn.Module.",
        ),
        Mistake(
            "forward called",
            _SequentialAround,
            "You call module.forward(x). The numbers are right, but hooks are passed by: they run when the module "
            "itself is called.",
        ),
    ),
    hints=(
        "How does a Module hear of the modules inside it, and what are they called?",
        "Set each module as an attribute with setattr; its name is its number, as text. vars(self).values() are the "
        "attributes, in that order: what is an nn.Module among them is called.",
        "Fill in what is missing:\nsuper()...\nfor i, module in enumerate(modules):\n    setattr(self, ..., ...)\n\n"
        "for part in ...:\n    if isinstance(...):\n        x = ...\n...",
    ),
)
