"""Speed, memory and import beside PyTorch and NumPy: `python -m tests.benchmarks`."""

import os

# One thread for all, which the libraries read when they are first imported.
for library in ("OPENBLAS", "OMP", "MKL", "VECLIB"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ |= {"JAX_PLATFORMS": "cpu", "DEV": "CPU"}  # DEV is tinygrad's
