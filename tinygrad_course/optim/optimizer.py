"""What every optimizer shares: groups of parameters, what is remembered of each, saving and loading."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..tensor import Tensor


class Optimizer:
    """Turns parameters a little, after `backward` has left a gradient at each.

    A subclass writes `update(p, g, state, group)`, which changes the array p in place; g is the gradient as an array,
    state what is remembered of this parameter from step to step, group the settings.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors or dicts: [w]")
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list: give it model.parameters()")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own; a setting left out is the optimizer's default."""
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor: give the tensor it was computed from, or detach it")
            if id(p) in known:
                raise ValueError("some parameters appear in more than one parameter group, or twice")
            known.add(id(p))
        if unknown := set(param_group) - set(self.defaults) - {"params", "initial_lr"}:
            raise TypeError(f"{type(self).__name__} has no setting named {sorted(unknown)}")
        group = {**self.defaults, **param_group, "params": params}
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError for a setting that cannot be."""
        for name in ("lr", "momentum", "weight_decay", "eps", "alpha", "lr_decay"):
            if not 0 <= group.get(name, 0):
                raise ValueError(f"Invalid {name} value: {group[name]}; it must not be negative")
        for i, beta in enumerate(group.get("betas", ())):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it must be from 0 to below 1")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients that the parameters have, so that the next backward starts anew."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = Tensor(np.zeros_like(p.data))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Turn every parameter that has a gradient; a closure, which computes the loss, is called first and returned."""
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

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on later: settings, and what is remembered, with parameters as numbers from 0."""
        numbers = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        groups = [{**g, "params": [numbers[p] for p in g["params"]]} for g in self.param_groups]
        remembered = {numbers[p]: {k: _tensor(v) for k, v in state.items()} for p, state in self.state.items()}
        return {"state": remembered, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state_dict. Raises ValueError where its groups do not fit this optimizer's."""
        saved = deepcopy(state_dict)
        if [len(g["params"]) for g in saved["param_groups"]] != [len(g["params"]) for g in self.param_groups]:
            raise ValueError("loaded state dict has a different number of parameter groups, or of parameters in one")
        for group, settings in zip(self.param_groups, saved["param_groups"], strict=True):
            group.update({k: v for k, v in settings.items() if k != "params"})
        params = [p for group in self.param_groups for p in group["params"]]
        self.state = {params[int(i)]: {k: _array(v) for k, v in s.items()} for i, s in saved["state"].items()}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params"]
        return "\n".join([*lines, ")"])


def _tensor(value: Any) -> Any:
    return Tensor(value.copy()) if isinstance(value, np.ndarray) else value


def _array(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value
