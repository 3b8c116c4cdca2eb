"""The peak memory of training the GPT: the bytes of all arrays alive at once, each framework in a process of its own.

NumPy tells tracemalloc of its arrays, PyTorch tells its profiler: both count exactly what was asked for, whatever their
allocators take from the system.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .workloads import Step, gpt

AIM = 1.2
STEPS = 3


def train(step: Step) -> None:
    for _ in range(STEPS):
        step()


def peak() -> float:
    """The megabytes that tinygrad_course needs at most."""
    import tinygrad_course

    gpt(tinygrad_course)  # loads modules that wait until they are used: their memory is not that of arrays
    tracemalloc.start()
    train(gpt(tinygrad_course))
    return tracemalloc.get_traced_memory()[1] / 1e6


def peak_of_torch() -> float:
    """The megabytes that PyTorch needs at most."""
    import torch

    with torch.profiler.profile(profile_memory=True) as profile:
        train(gpt(torch))
    with TemporaryDirectory() as folder:
        trace = Path(folder, "trace.json")
        profile.export_chrome_trace(str(trace))
        events: list[Any] = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    return max(event["args"]["Total Allocated"] for event in events if event["name"] == "[memory]") / 1e6


MEASURES = {"tinygrad_course": peak, "torch": peak_of_torch}


def measured(framework: str) -> float:
    """The peak of a framework, in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", framework]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def compare() -> dict[str, Any]:
    """The row of the report."""
    ours, theirs = map(measured, MEASURES)
    figures = {"tinygrad_course": ours, "beside": "PyTorch", "other": theirs, "ratio": ours / theirs, "aim": AIM}
    return {"name": "memory of the GPT", "unit": "MB", **figures}


if __name__ == "__main__":
    print(MEASURES[sys.argv[1]]())
