"""Schedulers: how the learning rate changes over a training, each as a formula of the step where there is one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .optimizer import Optimizer


class LRScheduler:
    """Sets the learning rate of every group of an optimizer; call `step()` after each epoch, or each batch.

    A subclass writes `rate(base, step)`: the learning rate at a step, counted from 0, for a group that began at base.
    As in PyTorch, a scheduler changes what it finds by a factor, so that several can work on one optimizer.
    """

    absolute = False  # whether the rate is set to the formula's, whatever it finds
    unsaved: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer, self.last_epoch = optimizer, last_epoch
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.step()

    def rate(self, base: float, step: int) -> float:
        """The learning rate at a step. Every scheduler writes its own."""
        raise NotImplementedError(f"{type(self).__name__} needs a rate(base, step)")

    def step(self) -> None:
        """Go one step on and set the learning rates."""
        self.last_epoch += 1
        for i, (group, base) in enumerate(zip(self.optimizer.param_groups, self.base_lrs, strict=True)):
            now = self.rate_of_group(i, base)
            before = self.rate(base, self.last_epoch - 1) if self.last_epoch and not self.absolute else base
            group["lr"] = now if self.absolute or not before else now * (group["lr"] / before)

    def rate_of_group(self, i: int, base: float) -> float:
        """The formula's learning rate of group i now."""
        return self.rate(base, self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """Return the learning rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on later: everything but functions and what `unsaved` names."""
        return {k: v for k, v in vars(self).items() if k not in self.unsaved and not callable(v)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state_dict."""
        vars(self).update(state_dict)


class StepLR(LRScheduler):
    """Multiply by gamma every step_size steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:
        """The learning rate at a step."""
        return base * self.gamma ** (step // self.step_size)


class MultiStepLR(LRScheduler):
    """Multiply by gamma at each of the milestones."""

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:
        """The learning rate at a step."""
        return base * self.gamma ** sum(milestone <= step for milestone in self.milestones)


class ExponentialLR(LRScheduler):
    """Multiply by gamma every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:
        """The learning rate at a step."""
        return base * self.gamma**step


class CosineAnnealingLR(LRScheduler):
    """Half a cosine wave, from the first learning rate down to eta_min in T_max steps (Loshchilov and Hutter, 2017)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:
        """The learning rate at a step."""
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * step / self.T_max)) / 2


class LinearLR(LRScheduler):
    """A factor that goes straight from start_factor to end_factor in total_iters steps."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < start_factor <= 1:
            raise ValueError(f"Starting multiplicative factor expected to be between 0 and 1, got {start_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, step: int) -> float:
        """The learning rate at a step."""
        share = min(step, self.total_iters) / self.total_iters
        return base * (self.start_factor + (self.end_factor - self.start_factor) * share)


class LambdaLR(LRScheduler):
    """Multiply the first learning rate by a function of the step; a list gives each group its own function."""

    absolute, unsaved = True, ("optimizer", "_functions")

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        given = lr_lambda if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * len(optimizer.param_groups)
        if len(given) != len(optimizer.param_groups):
            raise ValueError(f"Expected {len(optimizer.param_groups)} lr_lambdas, but got {len(given)}")
        self._functions: tuple[Callable[[int], float], ...] = tuple(given)
        super().__init__(optimizer, last_epoch)

    def rate_of_group(self, i: int, base: float) -> float:
        """The learning rate of group i now."""
        return base * self._functions[i](self.last_epoch)


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, then down to the first / final_div_factor, each along half a cosine
    (Smith and Topin, 2018). Call `step()` after every batch, total_steps (or epochs * steps_per_epoch) times at most.

    pct_start: the share of the steps that go up. anneal_strategy: "cos", or "linear" for straight lines.
    max_lr: one, or one for each group. cycle_momentum: momentum (of Adam: its first beta) goes the other way, from
    max_momentum to base_momentum and back.
    """

    absolute = True

    def __init__(
        self, optimizer: Optimizer, max_lr: float | Sequence[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True, base_momentum: float = 0.85,
        max_momentum: float = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if cycle_momentum and not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        self.total_steps = (epochs or 0) * (steps_per_epoch or 0) if total_steps is None else total_steps
        groups = len(optimizer.param_groups)
        self.max_lrs = [max_lr] * groups if isinstance(max_lr, (int, float)) else list(max_lr)
        if len(self.max_lrs) != groups:
            raise ValueError(f"expected {groups} values for max_lr, got {len(self.max_lrs)}: one for each group")
        self.pct_start, self.anneal_strategy = pct_start, anneal_strategy
        self.cycle_momentum, self.base_momentum, self.max_momentum = cycle_momentum, base_momentum, max_momentum
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        super().__init__(optimizer, last_epoch)

    def between(self, start: float, top: float, end: float) -> float:
        """Where a setting is now that goes from start to top, and on to end. Raises ValueError after total_steps."""
        step, turn = self.last_epoch, self.pct_start * self.total_steps - 1
        if step >= self.total_steps:
            raise ValueError(f"Tried to step {step + 1} times. The number of total steps is {self.total_steps}")
        up = step <= turn
        start, end = (start, top) if up else (top, end)
        share = step / turn if up else (step - turn) / (self.total_steps - 1 - turn)
        left = 1 - share if self.anneal_strategy == "linear" else (1 + math.cos(math.pi * share)) / 2
        return end + (start - end) * left

    def rate_of_group(self, i: int, base: float) -> float:
        """The learning rate of group i now; its momentum is set as well."""
        group = self.optimizer.param_groups[i]
        if self.cycle_momentum:
            momentum = self.between(self.max_momentum, self.base_momentum, self.max_momentum)
            group.update({"betas": (momentum, *group["betas"][1:])} if "betas" in group else {"momentum": momentum})
        first = self.max_lrs[i] / self.div_factor
        return self.between(first, self.max_lrs[i], first / self.final_div_factor)


class SequentialLR(LRScheduler):
    """Schedulers one after the other; each begins anew at its milestone."""

    unsaved = ("optimizer", "_schedulers")

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]) -> None:
        if len(milestones) != len(schedulers) - 1:
            needed = f"{len(schedulers)} schedulers need {len(schedulers) - 1} milestones"
            raise ValueError(f"{needed}, got {len(milestones)}")
        self._schedulers, self.milestones = list(schedulers), list(milestones)
        super().__init__(optimizer)

    def step(self) -> None:
        """Go one step on with the scheduler whose turn it is."""
        self.last_epoch += 1
        which = sum(milestone <= self.last_epoch for milestone in self.milestones)
        scheduler, begins = self._schedulers[which], self.milestones[which - 1] if which else 0
        if self.last_epoch == begins:
            for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
                group["lr"] = base
        scheduler.last_epoch = self.last_epoch - begins - 1
        scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on later, with the state of each scheduler."""
        return {**super().state_dict(), "schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state_dict."""
        for scheduler, state in zip(self._schedulers, state_dict["schedulers"], strict=True):
            scheduler.load_state_dict(state)
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "schedulers"})


class ReduceLROnPlateau(LRScheduler):
    """Multiply by factor when a metric has not become better for more than `patience` steps: step(metric).

    mode: "min" or "max", which way is better. threshold: the change that counts as better, as a share of the best
    (threshold_mode "rel") or as it is ("abs"). cooldown: steps to wait after a change. min_lr: never below this.
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0, min_lr: float = 0.0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown! Use 'min' or 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown! Use 'rel' or 'abs'")
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs, self.cooldown_counter = 0, 0

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take note of the metric; lower the learning rate where it is time."""
        value = float(metrics)
        if self.is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group in self.optimizer.param_groups:
                lower = max(group["lr"] * self.factor, self.min_lr)
                if group["lr"] - lower > self.eps:
                    group["lr"] = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def is_better(self, value: float) -> bool:
        """Whether value improves on the best so far by more than the threshold."""
        change = -self.threshold if self.mode == "min" else self.threshold
        limit = self.best * (1 + change) if self.threshold_mode == "rel" else self.best + change
        return value < limit if self.mode == "min" else value > limit
