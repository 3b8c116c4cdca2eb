"""Times training steps in tinygrad_course and in PyTorch, and measures memory and import. See --help."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from . import imports, memory, timing
from .report import Report, draw
from .workloads import WORKLOADS

BESIDE = {"memory": memory.compare, "import": imports.compare}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("--rounds", default=5, show_default=True, help="Alternating rounds.")
@click.option("--seconds", default=0.5, show_default=True, help="Seconds for each workload and library in a round.")
@click.option("--others/--no-others", default=True, show_default=True, help="jax.jit, autograd, tinygrad, where here.")
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="Write the figures here as JSON.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the ratios into this file (.png, .svg).")
def main(
    names: tuple[str, ...], rounds: int, seconds: float, others: bool, as_json: Path | None, plot: Path | None
) -> None:
    """Measure tinygrad_course beside PyTorch: whole training steps, the memory of one, and the time of the import.

    Both run the same lines on one core, in alternating rounds; the least time of each counts, and their losses must
    agree. Other libraries stand beside them where they are installed. NAMES: parts of the names of workloads, or
    "memory" or "import", for only those. Needs the parity extra: pip install -e ".[parity]".
    """
    try:
        import torch
    except ImportError:
        raise click.ClickException('PyTorch is not installed: pip install -e ".[parity]"') from None
    known = [*WORKLOADS, *BESIDE]
    wanted = [name for name in known if not names or any(part.lower() in name.lower() for part in names)]
    if not wanted:
        raise click.UsageError(f"nothing has {' or '.join(names)} in its name: {', '.join(known)}")
    held = timing.hold_to_one_core()
    torch.set_num_threads(1)
    steps, beside = [], []
    for name in track(wanted, "measuring", console=Console(stderr=True)):
        if name in WORKLOADS:
            steps.append(timing.compare(name, torch, rounds, seconds, others))
        else:
            beside.append(BESIDE[name]())
    report = Report(steps, beside, held)
    report.show()
    if as_json:
        report.write(as_json)
    if plot:
        draw(report, plot)


if __name__ == "__main__":
    main()
