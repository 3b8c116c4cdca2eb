"""The report: tables, JSON and a plot."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .others import OTHERS, missing

WIDTH = 132  # characters, where the report goes into a file
HEADINGS = {"torch": "PyTorch"}


class Report(dict[str, Any]):
    """What was measured: workloads and others, a row each; notes, a sentence each; and about what."""

    def __init__(self, workloads: list[dict[str, Any]], others: list[dict[str, Any]], held: str) -> None:
        about = {name: version(name) for name in ("numpy", "torch")}
        about |= {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
        super().__init__(about=about, workloads=workloads, others=others, notes=notes(workloads, held))

    def show(self) -> None:
        """Print it."""
        console = Console()
        if not console.is_terminal:
            console.width = WIDTH
        if self["workloads"]:
            console.print(steps(self["workloads"]))
        if self["others"]:
            console.print(beside(self["others"]))
        console.print(*self["notes"], sep="\n", highlight=False)

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(self, indent=1, ensure_ascii=False), encoding="utf-8")


def notes(workloads: list[dict[str, Any]], held: str) -> list[str]:
    """What a reader of the figures should know."""
    said = [f"Times are the processor's, for all threads together, and the least of all rounds; {held}."]
    shown = {who for row in workloads for who in row["milliseconds"]}
    return said + [f"{who}: {why}." for who in OTHERS if who not in shown and workloads and (why := missing(who))]


def steps(rows: list[dict[str, Any]]) -> Table:
    """A workload a row, a library a column."""
    known = ("tinygrad_course", "torch", *OTHERS)
    libraries = [who for who in known if any(who in row["milliseconds"] for row in rows)]
    table = Table(title="A training step, in milliseconds")
    table.add_column("workload")
    for heading in (*(HEADINGS.get(who, who) for who in libraries[:2]), "ratio", "aim", *libraries[2:]):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = [f"{row['milliseconds'][who]:.3f}" if who in row["milliseconds"] else "" for who in libraries]
        table.add_row(row["name"], *figures[:2], f"{row['ratio']:.2f}", f"{row['aim']:.2f}", *figures[2:])
    return table


def beside(rows: list[dict[str, Any]]) -> Table:
    """Memory and import."""
    table = Table(title="Memory and import")
    for heading in ("what", "tinygrad_course", "beside it", "ratio", "aim"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in rows:
        other = f"{row['beside']} {row['other']:.1f}"
        name = f"{row['name']}, {row['unit']}"
        table.add_row(name, f"{row['tinygrad_course']:.1f}", other, f"{row['ratio']:.2f}", f"{row['aim']:.2f}")
    return table


def draw(report: Report, path: Path) -> None:
    """The ratios as bars, each with its aim as a line across; where a format holds a text, the picture's words too."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    rows = [*report["workloads"], *report["others"]]
    ratios, aims = [row["ratio"] for row in rows], [row["aim"] for row in rows]
    figure, axes = pyplot.subplots(figsize=(8, 0.42 * len(rows) + 1.7), layout="constrained")
    places = range(len(rows))
    axes.barh(places, ratios, height=0.62, color="#56b4e9", edgecolor="#0f5e8c", label="tinygrad_course")
    axes.vlines(aims, [i - 0.42 for i in places], [i + 0.42 for i in places], color="#b34700", linewidth=3, label="aim")
    for i, (ratio, aim) in enumerate(zip(ratios, aims, strict=True)):
        axes.annotate(f"{ratio:.2f}", (max(ratio, aim), i), (6, 0), textcoords="offset points", va="center")
    axes.axvline(1, color="#4b5560", linewidth=1, linestyle="--", zorder=0, label="PyTorch (for import: NumPy)")
    axes.set_yticks(places, [row["name"] for row in rows])
    axes.set_xlim(0, 1.12 * max(*ratios, *aims, 1))
    axes.invert_yaxis()
    axes.set_xlabel("time of a training step, memory, or time of import, as a multiple (less is better)")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    words = "; ".join(f"{row['name']} {row['ratio']:.2f}, aim {row['aim']:.2f}" for row in rows)
    held = {".png": {"Description": words}, ".svg": {"Description": words}, ".pdf": {"Subject": words}}
    figure.savefig(path, dpi=144, metadata=held.get(path.suffix.lower()))
    pyplot.close(figure)
