"""Plots over the plane: which class a model sees where, and how optimizers walk over a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..draw.digits import number
from ..draw.names import clean
from ..dtypes import get_default_dtype
from ..tensor import Tensor
from .plot import COLORS, Plot, integers, legend, look, numbers, page, theme, words

HATCHES = ("", "//", "..", "\\\\", "xx", "--", "++", "||")
LEVELS = 14
FAR = 1e6  # a path is not followed further out


def decision_boundary(
    model: Callable[[Any], Any], x: Any, y: Any, *,
    classes: Sequence[Any] = (), threshold: float | None = None, resolution: int = 160,
) -> Plot:  # fmt: skip
    """Draw points x of shape (n, 2), by their classes y of shape (n,), on the regions of the classes a model sees.

    The model gives, for points of shape (m, 2), scores (m, classes), of which the largest counts, or one number a
    point: above threshold it is the second class. The threshold, when left out, is 0.5 where every output is between
    0 and 1, else 0. classes: their names. A module is asked in evaluation mode. Raises ValueError for other shapes.
    """
    points, labels = numbers(x, "decision_boundary", "x"), integers(y, "decision_boundary", "y")
    if points.shape != (len(labels), 2):
        shapes = f"x has shape {points.shape} and y {labels.shape}"
        raise ValueError(f"decision_boundary: {shapes}; it must be (n, 2) and (n,): choose two columns, x[:, :2]")
    across, up = (np.linspace(*span(column), resolution) for column in points.T)
    grid = np.stack([part.ravel() for part in np.meshgrid(across, up)], 1)
    output = answers(model, np.concatenate([points, grid]), getattr(x, "dtype", None))
    kinds, seen = decide(output, labels, threshold)
    names = words(classes) or [f"class {kind}" for kind in kinds]
    if len(names) != len(kinds):
        raise ValueError(f"decision_boundary: {len(names)} names for {len(kinds)} classes; give one name a class")
    regions, right = seen[len(points) :], kinds[seen[: len(points)]] == labels
    shares = ", ".join(f"{name} {(regions == i).mean():.0%}" for i, name in enumerate(names))
    told = f"{right.sum()} of {len(right)} points ({right.mean():.3f}) lie in the region of their class"
    told = f"Decision boundary: {told}. Regions: {shares} of what is shown."
    members = [labels == kind for kind in kinds]
    return regions_and_points(across, up, regions, points, members, right, names, told)


def span(column: np.ndarray) -> tuple[float, float]:
    """From where to where an axis goes to show these numbers, with room at both ends."""
    near = column[np.abs(column) < FAR]
    low, high = (near.min(), near.max()) if near.size else (-1.0, 1.0)
    room = 0.1 * (high - low) or 1.0
    return low - room, high + room


def answers(model: Any, points: np.ndarray, dtype: Any) -> np.ndarray:
    """What the model gives, a row a point, asked in its own dtype; a module in evaluation mode, then as it was."""
    dtypes = [*(parameter.dtype for parameter in getattr(model, "parameters", list)()), dtype, get_default_dtype()]
    points = points.astype(next(dtype for dtype in dtypes if getattr(dtype, "kind", "") == "f"))
    parts = [(part, part.training) for part in getattr(model, "modules", list)()]
    try:
        for part, _ in parts:
            part.training = False
        with no_grad():
            output = numbers(model(Tensor(points)), "decision_boundary", "what the model gives")
    finally:
        for part, training in parts:
            part.training = training
    if output.ndim not in (1, 2) or len(output) != len(points) or not np.isfinite(output).all():
        shapes = f"of {points.shape} the model makes {output.shape}"
        raise ValueError(f"decision_boundary: {shapes}; it must give each point a row of finite numbers")
    return output.reshape(len(points), -1)


def decide(output: np.ndarray, labels: np.ndarray, threshold: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The classes that there are, and for each output the place of its class among them."""
    if output.shape[1] > 1:
        kinds, seen = np.arange(output.shape[1]), output.argmax(1)
    else:
        kinds = np.arange(2) if set(labels) <= {0, 1} else np.unique(labels)
        middle = 0.5 if output.min() >= 0 and output.max() <= 1 else 0.0
        seen = (output[:, 0] > (middle if threshold is None else threshold)).astype(int)
    if not set(labels) <= set(kinds) or (output.shape[1] == 1 and len(kinds) != 2):
        found = f"y has the classes {np.unique(labels).tolist()} and the model gives {output.shape[1]} numbers a point"
        raise ValueError(f"decision_boundary: {found}; it must give a score a class, or one number where there are two")
    return kinds, seen


@theme()
def regions_and_points(
    across: np.ndarray, up: np.ndarray, regions: np.ndarray, points: np.ndarray, members: list[np.ndarray],
    right: np.ndarray, names: list[str], told: str,
) -> Plot:  # fmt: skip
    """Regions by tint and hatch, points by colour and marker, those on the wrong side ringed."""
    sheet, (axes,) = page(6.4, 5.0)
    for i, (name, inside) in enumerate(zip(names, members, strict=True)):
        region = (regions == i).astype(float).reshape(len(up), len(across))
        color, hatch = COLORS[i % len(COLORS)], HATCHES[i % len(HATCHES)]
        if region.any():
            axes.contourf(across, up, region, [0.5, 1.5], colors=[color], alpha=0.25, hatches=[hatch])
        if region.any() and not region.all():
            axes.contour(across, up, region, [0.5], colors="black", linewidths=1)
        axes.plot(*points[inside].T, label=name, markeredgecolor="white", **look(i) | {"linestyle": "none"})
    if not right.all():
        axes.plot(*points[~right].T, "ko", markerfacecolor="none", markersize=10, label="wrong side")
    axes.set(xlabel="x[:, 0]", ylabel="x[:, 1]")
    legend(axes, height=5.0)
    return Plot(sheet, told)


def loss_surface(
    f: Callable[[Any, Any], Any], paths: Mapping[str, Any] | None = None, *,
    x: tuple[float, float] | None = None, y: tuple[float, float] | None = None, resolution: int = 60,
) -> Plot:  # fmt: skip
    """Draw the heights of f(x, y) and over them the paths of optimizers: name → positions of shape (steps, 2).

    f gets two Tensors of one number each; a function of one Tensor is lambda x, y: f(tg.stack([x, y])). x and y: from
    where to where; when left out, where the paths go. Raises ValueError for other shapes.
    """
    walks = [(clean(str(name)), numbers(path, "loss_surface", "a path")) for name, path in (paths or {}).items()]
    for name, walk in walks:
        if walk.ndim != 2 or walk.shape[1] != 2 or not len(walk):
            raise ValueError(f"loss_surface: the path {name!r} must have shape (steps, 2), got {walk.shape}")
    where = np.concatenate([np.empty((0, 2)), *(walk for _, walk in walks)]).T
    across, up = (np.linspace(*(given or span(at)), resolution) for given, at in zip((x, y), where, strict=True))
    heights = np.array([[height(f, a, b) for a in across] for b in up])
    if np.isnan(heights).all():
        raise ValueError("loss_surface: f is nan or inf everywhere here; choose other x and y")
    row, column = np.unravel_index(np.nanargmin(heights), heights.shape)
    low, high = spot(heights[row, column], across[column], up[row]), number(np.nanmax(heights), 3)
    told = [f"Loss surface: lowest {low}, highest {high}."]
    for name, walk in walks:
        start, end = (spot(height(f, *walk[i]), *walk[i]) for i in (0, -1))
        told.append(f"{name}: from {start} to {end} in {len(walk) - 1} steps.")
    return hills(across, up, heights, walks, " ".join(told))


def height(f: Callable[[Any, Any], Any], x: float, y: float) -> float:
    """f(x, y), of Tensors; nan where it is not finite. Raises ValueError where it is no single number."""
    with no_grad(), np.errstate(all="ignore"):
        value = numbers(f(*(Tensor(np.array(at, get_default_dtype())) for at in (x, y))), "loss_surface", "f(x, y)")
    if value.size != 1:
        raise ValueError(f"loss_surface: f(x, y) must be one number, got shape {value.shape}; take its .mean()")
    return value.item() if np.isfinite(value).all() else np.nan


def spot(loss: float, x: float, y: float) -> str:
    """A loss and where it is."""
    return f"{number(loss, 3)} at ({number(x, 3)}, {number(y, 3)})"


@theme()
def hills(
    across: np.ndarray, up: np.ndarray, heights: np.ndarray, walks: list[tuple[str, np.ndarray]], told: str
) -> Plot:  # fmt: skip
    """Shaded heights, of each shade as much, with a bar; the paths over them, a star at each end."""
    from matplotlib.colors import BoundaryNorm

    sheet, (axes,) = page(6.8, 5.0)
    levels = np.unique(np.nanquantile(heights, np.linspace(0, 1, LEVELS)))
    if len(levels) > 1:
        norm = BoundaryNorm(levels, 160)  # of 256 greys, the lighter ones
        shades = axes.contourf(across, up, heights, levels, cmap="Greys", norm=norm)
        axes.contour(across, up, heights, levels, colors="#888888", linewidths=0.5)
        sheet.colorbar(shades, label="loss", spacing="uniform", format=lambda value, _: number(value, 2))
    for i, (name, walk) in enumerate(walks):
        shown = np.where(np.abs(walk) < FAR, walk, np.nan)
        style = {"markevery": max(1, len(walk) // 12), "markeredgecolor": "white", **look(i)}
        axes.plot(*shown.T, label=name, **style)
        axes.plot(*shown[-1], "*", markersize=15, color=style["color"], markeredgecolor="black")
    axes.set(xlabel="x", ylabel="y", xlim=across[[0, -1]], ylim=up[[0, -1]])
    if walks:
        axes.plot([], [], "k*", label="end")
        legend(axes, 4.6, 5.0)
    return Plot(sheet, told)
