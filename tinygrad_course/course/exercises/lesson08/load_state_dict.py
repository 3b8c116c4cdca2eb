"""load_state_dict copies the numbers of a state_dict into a module: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_course as tg
from tinygrad_course import nn

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import given
from .parameters import numbered


def _load_state_dict(self: Any, state_dict: dict[str, Any]) -> None:
    """Copy the numbers in, all or none."""
    own = dict(self.named_parameters())
    if own.keys() != state_dict.keys():
        raise RuntimeError(f"these names are on one side alone: {', '.join(own.keys() ^ state_dict.keys())}")
    for name, parameter in own.items():
        if parameter.shape != state_dict[name].shape:
            raise RuntimeError(f"size mismatch for {name}: {state_dict[name].shape}, expected {parameter.shape}")
    with tg.no_grad():
        for name, parameter in own.items():
            parameter.copy_(state_dict[name])


def _load_data(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    missing, unexpected = own.keys() - state_dict.keys(), state_dict.keys() - own.keys()
    wrong = [name for name in own.keys() & state_dict.keys() if own[name].shape != state_dict[name].shape]
    if missing or unexpected or wrong:
        raise RuntimeError(f"missing {missing}, unexpected {unexpected}, of another shape {wrong}")
    for name in own:
        own[name].data[...] = state_dict[name].data


def _load_new_parameters(self: Any, state_dict: dict[str, Any]) -> None:
    _load_state_dict(self, state_dict)
    for path, module in self.named_modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, nn.Parameter):
                setattr(module, name, nn.Parameter(state_dict[f"{path}.{name}" if path else name]))


def _load_shared(self: Any, state_dict: dict[str, Any]) -> None:
    _load_state_dict(self, state_dict)
    for name, parameter in self.named_parameters():
        parameter.data = state_dict[name].data


def _load_what_is_there(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    _load_state_dict(self, {name: state_dict.get(name, own[name].detach().clone()) for name in own})


def _load_own_names(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    if own.keys() - state_dict.keys():
        raise RuntimeError("names are missing")
    _load_state_dict(self, {name: state_dict[name] for name in own})


def _load_their_names(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    if state_dict.keys() - own.keys():
        raise RuntimeError("unknown names")
    _load_what_is_there(self, state_dict)


def _load_unchecked(self: Any, state_dict: dict[str, Any]) -> None:
    with tg.no_grad():
        for name, parameter in self.named_parameters():
            parameter.copy_(state_dict[name])


def _load_nothing(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    _load_state_dict(self, {name: own.get(name, value) for name, value in state_dict.items()})
    if any(own[name].shape != value.shape for name, value in state_dict.items()):
        raise RuntimeError("a shape differs")


def _load_shapes_on_the_way(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    if own.keys() != state_dict.keys():
        raise RuntimeError("the names differ")
    with tg.no_grad():
        for name, parameter in own.items():
            if parameter.shape != state_dict[name].shape:
                raise RuntimeError("a shape differs")
            parameter.copy_(state_dict[name])


def _load_half(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    with tg.no_grad():
        for name, value in state_dict.items():
            if name not in own or own[name].shape != value.shape:
                raise RuntimeError(f"{name} does not fit")
            own[name].copy_(value)
    if own.keys() - state_dict.keys():
        raise RuntimeError("names are missing")


def _load_stretched(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    if own.keys() != state_dict.keys():
        raise RuntimeError("the names differ")
    with tg.no_grad():
        for name, parameter in own.items():
            parameter.copy_(state_dict[name].expand(*parameter.shape))


def _load_by_place(self: Any, state_dict: dict[str, Any]) -> None:
    own = list(self.parameters())
    if len(own) != len(state_dict):
        raise RuntimeError("as many names are needed as there are parameters")
    if any(p.shape != value.shape for p, value in zip(own, state_dict.values(), strict=True)):
        raise RuntimeError("a shape differs")
    with tg.no_grad():
        for parameter, value in zip(own, state_dict.values(), strict=True):
            parameter.copy_(value)


def _load_case(name: str, change: Callable[[dict[str, Any]], Any], refused: bool = True) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = numbered(nn.Linear(2, 2))
        held = list(model.parameters())
        state = {"weight": given([5.0, 6.0], [7.0, 8.0]), "bias": given(9.0, 10.0)}
        state = change(state) or state
        raised = "nothing"
        try:
            piece(model, state)
        except Exception as error:
            if not refused or isinstance(error, NotImplementedError):  # that one is the untouched stub's
                raise
            raised = type(error).__name__
        with tg.no_grad():
            for value in state.values():
                value += 100
        same = [a is b for a, b in zip(held, model.parameters(), strict=True)]
        return {"raised": raised, "weight": model.weight.detach(), "bias": model.bias.detach(), "the same object": same}

    return Case(name, run)


LOAD = Exercise(
    id="08.load_state_dict",
    target="tinygrad_course.nn.module.Module.load_state_dict",
    minutes=12,
    difficulty=3,
    reference=nn.Module.load_state_dict,
    cases=(
        _load_case("new numbers for Linear(2, 2), which are then changed outside", lambda state: None, refused=False),
        _load_case(
            "the same, with bias before weight", lambda state: {k: state[k] for k in ("bias", "weight")}, refused=False
        ),
        _load_case("a bias that is missing", lambda state: {"weight": state["weight"]}),
        _load_case("a name too many", lambda state: {**state, "scale": given(1.0)}),
        _load_case(
            "the name scale in place of bias", lambda state: {"weight": state["weight"], "scale": state["bias"]}
        ),
        _load_case(
            "a bias of shape (1,) for one of shape (2,)", lambda state: {"weight": state["weight"], "bias": given(9.0)}
        ),
    ),
    accepts=(_load_state_dict, _load_data),
    mistakes=(
        Mistake(
            "new parameters",
            _load_new_parameters,
            "Your module has new Parameter objects. An optimizer made before holds the old ones, and would go on "
            "moving those, which nobody uses any more. Copy the numbers into the parameters that are there.",
        ),
        Mistake(
            "memory shared",
            _load_shared,
            "The model now shares its memory with the state_dict: what changes one changes the other. Copy the "
            "numbers.",
        ),
        Mistake(
            "missing ones passed over",
            _load_what_is_there,
            "A name is missing, or one is unknown, and nobody hears of it: a half-loaded model runs, and is wrong. "
            "Raise a RuntimeError.",
        ),
        Mistake(
            "unknown ones passed over",
            _load_own_names,
            "A name that the module does not know is passed over. The file is of another model then: compare the names "
            "on both sides.",
        ),
        Mistake(
            "its own left out",
            _load_their_names,
            "A parameter that the dict lacks keeps its old numbers, and nobody hears of it. Compare the names on both "
            "sides.",
        ),
        Mistake(
            "nothing compared",
            _load_unchecked,
            "Nothing is compared before you copy: a missing name shows itself in the middle, when half is loaded, and "
            "one too many never. Compare the names and the shapes first, and raise a RuntimeError.",
        ),
        Mistake(
            "nothing copied",
            _load_nothing,
            "Your module has its old numbers. To set a variable or a place in a dict anew changes no parameter; "
            "parameter.copy_(value) writes into it. Is named_parameters() gone through twice? dict(...) keeps it.",
        ),
        Mistake(
            "shapes on the way",
            _load_shapes_on_the_way,
            "You compare each shape just before you copy, and when the second does not fit, the first is loaded "
            "already. Compare all of them before you copy any.",
        ),
        Mistake(
            "half loaded",
            _load_half,
            "When something does not fit, what came before it is loaded already. Check everything first, and copy "
            "afterwards: all or none.",
        ),
        Mistake(
            "shapes stretched",
            _load_stretched,
            "A bias of one number was spread over two. Broadcasting hides that the file belongs to another model: "
            "compare the shapes.",
        ),
        Mistake(
            "by place",
            _load_by_place,
            "Your numbers go by their order in the dict. The names say where each belongs, whatever the order.",
        ),
    ),
    hints=(
        "What can be wrong with a dict that somebody hands you, and when do you want to know?",
        "First compare the names on both sides, then the shapes, and raise a RuntimeError where they differ. Only then "
        "copy, under no_grad, with copy_.",
        "Fill in what is missing:\nown = dict(self.named_parameters())\nif own.keys() != ...:\n    raise RuntimeError("
        "...)\nfor name in own:\n    if ... != ...:\n        raise ...\nwith tg.no_grad():\n    for ...:\n        ...",
    ),
)
