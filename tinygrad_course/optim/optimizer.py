"""What every optimizer shares: groups of parameters, what is remembered of each, saving and loading."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..tensor import Tensor

NAMES = {"lr": "learning rate", "eps": "epsilon value"}  # as PyTorch's messages say them; else "... value"


class Optimizer:
    """Turns parameters a little, after `backward` has left a gradient at each.

    A subclass writes `update(p, g, state, group)`, which changes the array p in place; g is the gradient as an array,
    state what is remembered of this parameter from step to step, group the settings.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        groups = listed(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list: give it model.parameters()")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own; a setting left out is the optimizer's default."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else listed(given)
        self.check_parameters(params)
        if unknown := set(param_group) - set(self.defaults) - {"params", "initial_lr"}:
            known = f"it has {sorted(self.defaults)}"
            raise TypeError(f"{type(self).__name__} has no setting named {sorted(unknown)}; {known}")
        group = {**self.defaults, **param_group, "params": params}
        self.check(group)
        self.param_groups.append(group)

    def check_parameters(self, params: list[Any]) -> None:
        """Raise what is wrong with the parameters of a new group."""
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor: give the tensor it was computed from, or detach it")
            if id(p) in known:
                raise ValueError("some parameters appear in more than one parameter group, or twice in one")
            known.add(id(p))

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError for a setting that cannot be."""
        for name in ("lr", "momentum", "weight_decay", "eps", "alpha", "lr_decay", "initial_accumulator_value"):
            if not group.get(name, 0) >= 0:
                raise ValueError(f"Invalid {NAMES.get(name, f'{name} value')}: {group[name]}; it must not be negative")
        for i, beta in enumerate(group.get("betas", ())):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it must be from 0 to below 1")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients that the parameters have, so that the next backward starts anew."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = None if set_to_none else p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Turn every parameter that has a gradient. A closure computes the loss anew: it is called first."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    g = -p.grad.data if group.get("maximize") else p.grad.data
                    self.update(p.data, g, self.state.setdefault(p, {}), group)
                    p.version[0] += 1
        return loss

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change one parameter in place. Every optimizer writes its own."""
        raise NotImplementedError(f"{type(self).__name__} needs an update(p, g, state, group)")

    def parameters(self) -> list[Tensor]:
        """Return the parameters of all groups, in the order in which state_dict numbers them."""
        return [p for group in self.param_groups for p in group["params"]]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on later: settings, and what is remembered, with parameters as numbers from 0."""
        numbers = {p: i for i, p in enumerate(self.parameters())}
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        remembered = {numbers[p]: {k: _tensor(v) for k, v in state.items()} for p, state in self.state.items() if state}
        return {"state": remembered, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state_dict, which is copied. Raises ValueError where its groups do not fit this optimizer's."""
        saved = deepcopy(state_dict)
        own, theirs = ([len(g["params"]) for g in groups] for groups in (self.param_groups, saved["param_groups"]))
        if own != theirs:
            same = "contains a parameter group that doesn't match the size of optimizer's group"
            wrong = same if len(own) == len(theirs) else "has a different number of parameter groups"
            raise ValueError(f"loaded state dict {wrong}: it has groups of {theirs} parameters, the optimizer of {own}")
        for group, settings in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({k: v for k, v in settings.items() if k != "params"})
        params = self.parameters()
        self.state = {
            params[int(i)]: {k: int(v) if k == "step" else _array(v, params[int(i)]) for k, v in s.items()}
            for i, s in saved["state"].items()
        }

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params"]
        return "\n".join([*lines, ")"])


def listed(params: Any) -> list[Any]:
    """The parameters, or groups, as a list. Raises TypeError where they are none, or in no lasting order."""
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        wanted = "params argument given to the optimizer should be an iterable of Tensors or dicts"
        cure = "give model.parameters(), or put a single tensor in a list"
        raise TypeError(f"{wanted}, but got {type(params).__name__}: {cure}")
    if isinstance(params, (set, frozenset)):
        why = "the ordering of tensors in sets will change between runs. Please use a list instead."
        raise TypeError(f"optimizer parameters need to be organized in ordered collections, but {why}")
    return list(params)


def _tensor(value: Any) -> Any:
    return Tensor(value.copy()) if isinstance(value, np.ndarray) else value


def _array(value: Any, parameter: Tensor) -> Any:
    """A remembered tensor as an array; one of the parameter's shape gets its dtype, too."""
    if not isinstance(value, Tensor):
        return value
    return value.data.astype(parameter.dtype) if value.shape == parameter.shape else value.data
