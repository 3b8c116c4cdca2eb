"""The optimizers, each by the formulas of its paper and with PyTorch's settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr · v, where the velocity v ← momentum · v + (1 - dampening) · g.

    nesterov looks one step of the velocity ahead (Sutskever et al., 2013). weight_decay adds weight_decay · p to g.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, dict(
            lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
            maximize=maximize,
        ))  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        """Raise ValueError for a setting that cannot be."""
        super().check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step for one parameter."""
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        if momentum := group["momentum"]:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = g.copy()
            else:
                state["momentum_buffer"] *= momentum
                state["momentum_buffer"] += (1 - group["dampening"]) * g
            v = state["momentum_buffer"]
            g = g + momentum * v if group["nesterov"] else v
        p -= group["lr"] * g


class Adam(Optimizer):
    """Steps of about lr in every direction, whatever the size of the gradient (Kingma and Ba, 2015, algorithm 1).

    m and v are running averages of g and g²; both begin at 0, which the divisions by 1 - beta^t make up for.
    amsgrad divides by the largest v so far (Reddi et al., 2018). weight_decay adds weight_decay · p to g.
    """

    decoupled = False  # whether weight decay acts on the parameter itself and not on the gradient

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize,
        ))  # fmt: skip

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step for one parameter."""
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(p), exp_avg_sq=np.zeros_like(p))
        lr, decay, (b1, b2) = group["lr"], group["weight_decay"], group["betas"]
        if decay and self.decoupled:
            p *= 1 - lr * decay
        elif decay:
            g = g + decay * p
        state["step"] += 1
        t, m, v = state["step"], state["exp_avg"], state["exp_avg_sq"]
        m *= b1
        m += (1 - b1) * g
        v *= b2
        v += (1 - b2) * g * g
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", 0), v)
        p -= lr / (1 - b1**t) * m / (np.sqrt(v) / (1 - b2**t) ** 0.5 + group["eps"])


class AdamW(Adam):
    """Adam with the weight decay taken off the parameter itself, p ← p - lr · weight_decay · p (Loshchilov and Hutter,
    2019)."""

    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad=amsgrad, maximize=maximize)


class RMSprop(Optimizer):
    """Divide the gradient by a running root mean square of itself (Tieleman and Hinton, 2012, lecture 6.5).

    centered takes the running mean of g out of it first.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, dict(
            lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered,
            maximize=maximize,
        ))  # fmt: skip

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step for one parameter."""
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        for name in ("square_avg", "grad_avg", "momentum_buffer"):
            state.setdefault(name, np.zeros_like(p))
        alpha, v, mean, velocity = group["alpha"], state["square_avg"], state["grad_avg"], state["momentum_buffer"]
        v *= alpha
        v += (1 - alpha) * g * g
        if group["centered"]:
            mean *= alpha
            mean += (1 - alpha) * g
        step = g / (np.sqrt(v - mean * mean) + group["eps"])
        if group["momentum"]:
            velocity *= group["momentum"]
            velocity += step
            step = velocity
        p -= group["lr"] * step


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of all its squares so far (Duchi, Hazan and Singer, 2011)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, dict(
            lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps,
            initial_accumulator_value=initial_accumulator_value, maximize=maximize,
        ))  # fmt: skip

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step for one parameter."""
        if not state:
            state.update(step=0, sum=np.full_like(p, group["initial_accumulator_value"]))
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        state["step"] += 1
        state["sum"] += g * g
        p -= group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"]) * g / (np.sqrt(state["sum"]) + group["eps"])
