"""What happens layer by layer: the activations on the way forward, the gradients on the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..draw.digits import number
from ..draw.names import clean
from .plot import COLORS, Plot, cut, fitted, logarithmic, numbers, page, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 100  # layers in a plot
BINS = 60
SMALL, SHARE = 1e-4, 1e-3  # a gradient below the first, and below the second times the largest, has all but vanished
LARGE = 1e2  # one above is exploding


@contextmanager
def record_activations(model: Any) -> Iterator[dict[str, np.ndarray]]:
    """Collect what each layer of a module puts out inside the `with` block: path → array, of its last call.

    with record_activations(model) as seen:
        model(x)
    activations(seen)
    """
    seen: dict[str, np.ndarray] = {}
    with ExitStack() as hooks:
        for path, part in model.named_modules():
            if not list(part.children()):
                handle = part.register_forward_hook(partial(keep, seen, f"{path} {type(part).__name__}".strip()))
                hooks.callback(handle.remove)
        yield seen


def keep(seen: dict[str, np.ndarray], name: str, module: Any, inputs: Any, output: Any) -> None:
    """A forward hook that keeps a copy of the output; of several outputs the first."""
    seen[name] = np.array(cut(output[0] if isinstance(output, tuple) else output))


def activations(layers: Mapping[str, Any]) -> Plot:
    """Draw a histogram of each layer's numbers, given as name → array, and say mean, standard deviation and zeros.

    Exact zeros, of which ReLU makes many, are counted in words and left out of the histogram. Raises ValueError
    where there is no layer, or more than 100.
    """
    check(len(layers), "activations", "to draw: run the model inside `with record_activations(model) as layers`")
    names = [clean(str(name)) for name in layers]
    rows = [numbers(row, "activations", name).ravel() for name, row in zip(names, layers.values(), strict=True)]
    facts = [spread(row) for row in rows]
    told = "; ".join(f"{name}: {fact}" for name, fact in zip(names, facts, strict=True))
    return ridges(names, rows, facts, f"Activations by layer, from input to output. {told}.")


def check(count: int, who: str, cure: str) -> None:
    """Raise ValueError where there are no layers, or more than anyone can read."""
    if not 0 < count <= MOST:
        raise ValueError(f"{who}: {count} layers {'are too many: show a part of the model' if count else cure}")


def spread(row: np.ndarray) -> str:
    """Numbers in a few words."""
    finite = row[np.isfinite(row)]
    if not finite.size:
        return "nothing finite"
    stray = f", {row.size - finite.size} not finite" if finite.size < row.size else ""
    zeros = f", {(row == 0).mean():.0%} zero" if (row == 0).any() else ""
    return f"mean {number(finite.mean(), 2)}, std {number(finite.std(), 2)}{zeros}{stray}"


@theme()
def ridges(names: list[str], rows: list[np.ndarray], facts: list[str], told: str) -> Plot:
    """A histogram a row, all on one scale across, each as high as its row."""
    sheet, (axes,) = page(7.6, 1.1 + 0.5 * len(rows))
    kept = [row[np.isfinite(row) & (row != 0)] for row in rows]
    low, high = np.quantile(np.concatenate([*kept, [-1e-9, 1e-9]]), [0.002, 0.998])
    step = (high - low) / BINS
    edges = step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)  # one of them 0
    for place, row in enumerate(kept):
        counts = np.histogram(row, edges)[0]
        axes.stairs(place - 0.85 * counts / max(counts.max(), 1), edges, baseline=place, fill=True, color=COLORS[0])
        axes.axhline(place, color="#777777", linewidth=0.8)
    axes.axvline(0, color="#777777", linewidth=0.8)
    axes.set(xlabel="activation", ylim=(len(rows) - 0.85, -1))
    label_rows(axes, names, facts, -0.3)
    return Plot(sheet, told)


def label_rows(axes: Axes, names: list[str], facts: list[str], shift: float = 0.0) -> None:
    """Each row's name on its left, what is said of it on its right."""
    right = axes.secondary_yaxis("right")
    for side, texts in ((axes, [fitted(name, 2) for name in names]), (right, facts)):
        side.set_yticks(np.arange(len(texts)) + shift, texts)
        side.tick_params(axis="y", length=0)
        side.spines[:].set_visible(False)


def gradient_flow(model: Any) -> Plot:
    """Draw how large the gradients of each layer are after backward, and name those that are near 0 or exploding.

    The size is the root of the mean square over the layer's parameters, on a logarithmic scale. Near 0 is below
    0.0001 and a thousandth of the largest; exploding is above 100 or not finite. Raises ValueError where no parameter
    has a gradient.
    """
    layers: dict[str, list[np.ndarray]] = {}
    without = []
    for path, part in model.named_modules():
        for name, parameter in part.named_parameters(recurse=False):
            if parameter.grad is None:
                without.append(clean(f"{path}.{name}".strip(".")))
            else:
                row = numbers(parameter.grad, "gradient_flow", name).ravel()
                layers.setdefault(f"{path} {type(part).__name__}".strip(), []).append(row)
    check(len(layers), "gradient_flow", "have gradients: call loss.backward() first, and zero_grad() only afterwards")
    names = [clean(name) for name in layers]
    sizes = np.array([np.sqrt(np.mean(np.concatenate(rows) ** 2)) for rows in layers.values()])
    facts = [f"{number(size, 2)}{verdict}" for size, verdict in zip(sizes, verdicts(sizes), strict=True)]
    told = ", ".join(f"{name}: {fact}" for name, fact in zip(names, facts, strict=True))
    rest = f" Without a gradient: {', '.join(without)}." if without else ""
    return bars(names, sizes, facts, f"Gradients by layer, from input to output: {told}.{rest}")


def verdicts(sizes: np.ndarray) -> list[str]:
    """What is wrong with each size; nothing where it is sound."""
    largest = sizes[np.isfinite(sizes)].max(initial=0)
    small = (sizes == 0) | ((sizes < SMALL) & (sizes < SHARE * largest))
    large = (sizes > LARGE) | ~np.isfinite(sizes)
    return [" exploding" if high else " near 0" if low else "" for low, high in zip(small, large, strict=True)]


@theme()
def bars(names: list[str], sizes: np.ndarray, facts: list[str], told: str) -> Plot:
    """A bar a layer; hatched where something is wrong, up to the frame where there is no finite length."""
    sheet, (axes,) = page(7.0, 1.1 + 0.32 * len(names))
    sound = sizes[np.isfinite(sizes) & (sizes > 0)]
    low, high = (sound.min() / 10, sound.max() * 3) if sound.size else (0.1, 10)
    lengths = np.where(np.isfinite(sizes), sizes, high)
    for bar, verdict in zip(axes.barh(range(len(sizes)), lengths, 0.7, color=COLORS[0]), verdicts(sizes), strict=True):
        if verdict:
            bar.set(facecolor="white", edgecolor=COLORS[1], hatch="//")
    axes.set(xlabel="root of the mean square of the gradient", xlim=(low, high), ylim=(len(names) - 0.4, -0.6))
    logarithmic(axes, "x")
    label_rows(axes, names, facts)
    return Plot(sheet, told)
