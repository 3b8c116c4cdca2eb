"""Times whole training steps in tinygrad_course and in PyTorch, in alternating rounds of one process and one thread.

The figure of each is the minimum over all rounds. Needs the parity extra: pip install -e ".[parity]".
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

import tinygrad_course

from .workloads import WORKLOADS, Step


def best(step: Step, seconds: float) -> float:
    """The least time of a step, in seconds, tried for about so long and at least three times."""
    least, begin, tries = float("inf"), perf_counter(), 0
    while tries < 3 or perf_counter() - begin < seconds:
        start = perf_counter()
        step()
        least = min(least, perf_counter() - start)
        tries += 1
    return least


def compare(name: str, torch: ModuleType, rounds: int, seconds: float) -> dict[str, Any]:
    """One workload in both; the first losses must agree."""
    make, aim = WORKLOADS[name]
    steps = {"tinygrad_course": make(tinygrad_course), "torch": make(torch)}
    losses = [step().item() for step in steps.values()]
    if abs(losses[0] - losses[1]) > 1e-3 * max(1, abs(losses[1])):
        raise RuntimeError(f"{name}: the two compute different losses, {losses[0]} and {losses[1]}")
    least = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for who, step in steps.items():
            least[who] = min(least[who], best(step, seconds))
    ratio = least["tinygrad_course"] / least["torch"]
    return {"name": name, **{who: seconds * 1000 for who, seconds in least.items()}, "ratio": ratio, "aim": aim}


def table(rows: list[dict[str, Any]]) -> Table:
    """The figures, a workload a row."""
    shown = Table(title="A training step, in milliseconds")
    for heading in ("workload", "tinygrad_course", "PyTorch", "ratio", "aim"):
        shown.add_column(heading, justify="left" if heading == "workload" else "right")
    for row in rows:
        figures = [f"{row[who]:.3f}" for who in ("tinygrad_course", "torch")]
        shown.add_row(row["name"], *figures, f"{row['ratio']:.2f}", f"{row['aim']:.2f}")
    return shown


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """The ratios as bars, each with its aim as a line across."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 0.5 * len(rows) + 1.5), layout="constrained")
    places = range(len(rows))
    bars = axes.barh(places, [row["ratio"] for row in rows], color="#56b4e9", edgecolor="#0f5e8c", label="measured")
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.scatter([row["aim"] for row in rows], places, marker="|", s=300, color="#b34700", label="aim")
    axes.axvline(1, color="#4b5560", linewidth=1, linestyle="--")
    axes.set_yticks(places, [row["name"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("time of a training step, PyTorch = 1 (less is faster)")
    axes.legend()
    figure.savefig(path, dpi=144)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("--rounds", default=5, show_default=True, help="Alternating rounds.")
@click.option("--seconds", default=0.5, show_default=True, help="Seconds for each workload and framework in a round.")
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="Write the figures here as JSON.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the ratios into this file (.png, .svg).")
def main(names: tuple[str, ...], rounds: int, seconds: float, as_json: Path | None, plot: Path | None) -> None:
    """Time training steps beside PyTorch. NAMES: parts of the names of workloads, for only those."""
    try:
        import torch
    except ImportError:
        raise click.ClickException('PyTorch is not installed: pip install -e ".[parity]"') from None
    torch.set_num_threads(1)
    wanted = [name for name in WORKLOADS if not names or any(part.lower() in name.lower() for part in names)]
    if not wanted:
        raise click.UsageError(f"no workload has {' or '.join(names)} in its name: {', '.join(WORKLOADS)}")
    rows = [compare(name, torch, rounds, seconds) for name in track(wanted, description="timing")]
    Console().print(table(rows))
    if as_json:
        about = {"python": platform.python_version(), "torch": torch.__version__, "machine": platform.machine()}
        as_json.write_text(json.dumps({**about, "workloads": rows}, indent=1), encoding="utf-8")
    if plot:
        draw(rows, plot)


if __name__ == "__main__":
    main()
