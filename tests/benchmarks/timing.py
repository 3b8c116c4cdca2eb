"""How steps are timed: on one core, in alternating rounds, with the least time of each.

A time is the processor's for all threads of this process together: threads gain a library nothing, and other programs
on the machine cost it little.
"""

from __future__ import annotations

import gc
from time import get_clock_info, perf_counter, process_time
from types import ModuleType
from typing import Any

import psutil

import tinygrad_course

from .others import OTHERS, missing
from .workloads import WORKLOADS, Step

COMPARED = 4  # steps whose losses must agree
FINE = get_clock_info("process_time").resolution < 1e-6  # as everywhere but on Windows
now = process_time if FINE else perf_counter


def hold_to_one_core() -> str:
    """Keep this process, with every thread of every library, to one core where the system can; how it is held."""
    process = psutil.Process()
    if not hasattr(process, "cpu_affinity"):
        return "one thread for each library, by its own settings"
    process.cpu_affinity(process.cpu_affinity()[-1:])
    return "the process is held to one core"


def turn(step: Step, seconds: float) -> float:
    """The least time of a step, tried for about so long and at least three times, after one that does not count.

    The garbage collector runs as in any program, but begins with nothing to collect.
    """
    gc.collect()
    step()
    least, tries, begin = float("inf"), 0, now()
    while tries < 3 or now() - begin < seconds:
        start = now()
        step()
        least = min(least, now() - start)
        tries += 1
    return least


def alternate(steps: dict[str, Step], rounds: int, seconds: float) -> dict[str, float]:
    """The least time of each, which has a turn in every round; who went first goes last in the next."""
    least = dict.fromkeys(steps, float("inf"))
    for number in range(rounds):
        for who in list(steps)[:: -1 if number % 2 else 1]:
            least[who] = min(least[who], turn(steps[who], seconds))
    return least


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
    """One workload as a row: milliseconds by library, the ratio to PyTorch, and its aim."""
    least = alternate(steps_of(name, torch, others), rounds, seconds)
    return {
        "name": name,
        "milliseconds": {who: time * 1000 for who, time in least.items()},
        "ratio": least["tinygrad_course"] / least["torch"],
        "aim": WORKLOADS[name][1],
    }
