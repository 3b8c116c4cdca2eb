"""Speed beside PyTorch: `python -m tests.benchmarks`. One thread for all, which the libraries read first."""

import os

for library in ("OPENBLAS", "OMP", "MKL", "VECLIB"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
