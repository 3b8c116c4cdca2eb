"""How steps are timed: on one core, in alternating rounds, with the least time of each."""

from __future__ import annotations

import gc
from time import perf_counter, process_time
from types import ModuleType
from typing import Any, NamedTuple

import psutil

import tinygrad_course

from .others import OTHERS, missing
from .workloads import WORKLOADS, Step

COMPARED = 4  # steps whose losses must agree


class Turn(NamedTuple):
    """The least time of a step, and how much of a core the whole turn took: more than 1 where threads helped."""

    least: float
    cores: float


def hold_to_one_core() -> str:
    """Keep this process, with every thread of every library, to one core where the system can; how it is held."""
    process = psutil.Process()
    if not hasattr(process, "cpu_affinity"):
        return "one thread for each library, by its own settings"
    process.cpu_affinity(process.cpu_affinity()[-1:])
    return "the process is held to one core"


def turn(step: Step, seconds: float) -> Turn:
    """Try a step for about so long, at least three times, after one that does not count.

    The garbage collector runs as in any program, but begins with nothing to collect.
    """
    gc.collect()
    step()
    least, tries, begin, used = float("inf"), 0, perf_counter(), process_time()
    while tries < 3 or perf_counter() - begin < seconds:
        start = perf_counter()
        step()
        least = min(least, perf_counter() - start)
        tries += 1
    return Turn(least, (process_time() - used) / (perf_counter() - begin))


def alternate(steps: dict[str, Step], rounds: int, seconds: float) -> dict[str, Turn]:
    """A turn for each in every round; who went first goes last in the next."""
    turns: dict[str, list[Turn]] = {who: [] for who in steps}
    for number in range(rounds):
        for who in list(steps)[:: -1 if number % 2 else 1]:
            turns[who].append(turn(steps[who], seconds))
    return {who: Turn(*(min(t.least for t in ts), max(t.cores for t in ts))) for who, ts in turns.items()}


def steps_of(name: str, torch: ModuleType, others: bool) -> dict[str, Step]:
    """A workload's step in every library that has it here. Raises RuntimeError where one computes something else."""
    make, _ = WORKLOADS[name]
    steps = {"tinygrad_course": make(tinygrad_course), "torch": make(torch)}
    if others:
        steps |= {who: made[name]() for who, made in OTHERS.items() if name in made and not missing(who)}
    agree(name, {who: [float(step().item()) for _ in range(COMPARED)] for who, step in steps.items()})
    return steps


def agree(name: str, losses: dict[str, list[float]]) -> None:
    """Raise RuntimeError where a library's losses, step by step, are not PyTorch's."""
    for who, found in losses.items():
        if any(abs(a - b) > 1e-3 * max(1, abs(b)) for a, b in zip(found, losses["torch"], strict=True)):
            raise RuntimeError(f"{name}: the losses of {who} are {found}, and PyTorch's {losses['torch']}")


def compare(name: str, torch: ModuleType, rounds: int, seconds: float, others: bool) -> dict[str, Any]:
    """One workload as a row: milliseconds by library, the ratio to PyTorch, its aim, and the cores taken at most."""
    turns = alternate(steps_of(name, torch, others), rounds, seconds)
    return {
        "name": name,
        "milliseconds": {who: t.least * 1000 for who, t in turns.items()},
        "ratio": turns["tinygrad_course"].least / turns["torch"].least,
        "aim": WORKLOADS[name][1],
        "cores": round(max(t.cores for t in turns.values()), 2),
    }
