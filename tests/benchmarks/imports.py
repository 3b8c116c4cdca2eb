"""How long `import tinygrad_course` takes beside `import numpy`: in fresh processes, by turns, with cached bytecode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .timing import now

AIM = 1.3
PAIRS = 20


def seconds(module: str, environment: dict[str, str]) -> float:
    """The processor's time for one import, in a process that has imported nothing else."""
    program = f"from time import {now.__name__} as now; begin = now(); import {module}; print(now() - begin)"
    command, root = [sys.executable, "-c", program], Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def compare() -> dict[str, Any]:
    """The row of the report."""
    modules = ("tinygrad_course", "numpy")
    with TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        pairs = [[seconds(module, environment) for module in modules] for _ in range(PAIRS + 1)]
    ours, numpy = map(min, zip(*pairs[1:], strict=True))  # the first pair compiles
    figures = {"tinygrad_course": ours * 1000, "beside": "NumPy", "other": numpy * 1000}
    return {"name": "import", "unit": "ms", **figures, "ratio": ours / numpy, "aim": AIM}
