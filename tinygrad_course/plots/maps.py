"""Matrices as maps: where attention looks, and which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .plot import Plot, fitted, integers, numbers, page, shades, theme, words

HEADS, CLASSES = 16, 50
TICKS = 40  # names at an axis: of more, some are left out
SAID = 12  # rows that a description goes through


def attention_map(weights: Any, tokens: Sequence[Any] = (), keys: Sequence[Any] | None = None) -> Plot:
    """Draw attention weights of shape (queries, keys) or (heads, queries, keys): a row says where one query looks.

    tokens: the names of the queries, and of the keys unless keys says them. Raises ValueError for other shapes.
    """
    array = numbers(weights, "attention_map", "weights")
    heads = array[None] if array.ndim == 2 else array
    if heads.ndim != 3 or not heads.size or len(heads) > HEADS:
        wanted = f"(queries, keys) or (heads, queries, keys) with at most {HEADS} heads"
        raise ValueError(
            f"attention_map: expected shape {wanted}, got {array.shape}; of a batch, choose one: weights[0]"
        )
    if not np.isfinite(heads).all():
        raise ValueError("attention_map: there is nan or inf among the weights; give the weights after softmax")
    given = (tokens, tokens if keys is None else keys)
    sides = [spelled(names) or words(range(n)) for names, n in zip(given, heads.shape[1:], strict=True)]
    counts = [len(side) for side in sides]
    if counts != list(heads.shape[1:]):
        raise ValueError(
            f"attention_map: {counts} names for {list(heads.shape[1:])} queries and keys; give one a token"
        )
    titles = [f"head {i}" for i in range(len(heads))] if len(heads) > 1 else [""]
    told, size = gaze(heads, sides, titles), 5.0 if len(heads) == 1 else 3.2
    return heat(heads, sides, ("query", "key"), titles, "attention weight", told, size, top=heads.max())


def spelled(tokens: Sequence[Any]) -> list[str]:
    """The tokens as labels; white space, which nobody would see, as Python writes it."""
    return words(repr(token) if isinstance(token, str) and token.isspace() else token for token in tokens)


def gaze(heads: np.ndarray, sides: list[list[str]], titles: list[str]) -> str:
    """In words: where the first queries of each head look most."""
    queries, keys = sides
    said = range(len(queries))[: max(1, SAID // len(heads))]
    told = [f"Attention of {len(queries)} queries over {len(keys)} keys."]
    if not np.allclose(heads.sum(-1), 1, atol=1e-3):
        told.append("Not every row sums to 1, as it does after softmax.")
    for title, head in zip(titles, heads, strict=True):
        looks = [f"{queries[i]} → {keys[head[i].argmax()]} {head[i].max():.2f}" for i in said]
        rest = f", and {len(queries) - len(said)} more" if len(queries) > len(said) else ""
        told.append(f"Most weight{' in ' * bool(title)}{title}: {', '.join(looks)}{rest}.")
    return " ".join(told)


def confusion_matrix(targets: Any, predictions: Any, classes: Sequence[Any] = ()) -> Plot:
    """Draw how often each class, a row, was taken for which, a column.

    targets and predictions: class numbers of shape (n,); classes: their names. Raises ValueError for other shapes, and
    for classes without a name.
    """
    rows = integers(targets, "confusion_matrix", "targets")
    columns = integers(predictions, "confusion_matrix", "predictions")
    if len(rows) != len(columns):
        raise ValueError(f"confusion_matrix: {len(rows)} targets and {len(columns)} predictions; give one for each")
    low, high = min(rows.min(), columns.min()), max(rows.max(), columns.max())
    names = words(classes) or words(range(min(high + 1, CLASSES)))
    if low < 0 or high >= len(names) or len(names) > CLASSES:
        found = f"classes from {low} to {high}, and {len(names)} names"
        raise ValueError(f"confusion_matrix: {found}; count from 0 and give each class a name, at most {CLASSES}")
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (rows, columns), 1)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    told, size = verdict(counts, names), 1.5 + (0.5 if len(names) <= 12 else 0.36) * len(names)
    return heat(shares[None], [names, names], ("target", "prediction"), [""], "share of the row", told, size, counts)


def verdict(counts: np.ndarray, names: list[str]) -> str:
    """In words: how many are right, and the worst confusion."""
    right, total, each = np.diag(counts), counts.sum(), counts.sum(1)
    told = f"Confusion matrix of {total} predictions: {right.sum()} right, accuracy {right.sum() / total:.3f}."
    wrong = counts - np.diag(right)
    if not wrong.any():
        return told
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    return f"{told} Worst confusion: {names[row]} taken for {names[column]}, {wrong.max()} of {each[row]} times."


@theme()
def heat(
    maps: np.ndarray, sides: Sequence[list[str]], labels: tuple[str, str], titles: list[str], bar: str, told: str,
    size: float, counts: np.ndarray | None = None, top: float = 1,
) -> Plot:  # fmt: skip
    """Matrices in blues, all on one scale with a bar, the names of rows and columns beside each, counts in cells."""
    columns = min(len(maps), 4)
    sheet, places = page(size * columns + 1, size * -(-len(maps) // columns) + 0.2, -(-len(maps) // columns), columns)
    for axes in places[len(maps) :]:
        axes.set_axis_off()
    for axes, matrix, title in zip(places, maps, titles, strict=False):
        drawn = axes.imshow(matrix, cmap=shades("Blues"), vmin=min(0, maps.min()), vmax=top, aspect="auto")
        for ticks, names in zip((axes.set_yticks, axes.set_xticks), sides, strict=True):
            some = range(0, len(names), -(-len(names) // TICKS))
            ticks(some, [fitted(names[i]) for i in some], fontsize=10 if len(some) <= 20 else 8)
        axes.tick_params(axis="x", rotation=90 if sum(map(len, sides[1])) > 25 else 0)
        axes.set(ylabel=labels[0], xlabel=labels[1], title=title)
        axes.spines[:].set_visible(True)
    for (row, column), n in np.ndenumerate(() if counts is None else counts):
        color = "white" if maps[0, row, column] > 0.5 else "black" if n else "#888888"
        axes.text(column, row, str(n), ha="center", va="center", color=color, fontsize=10 if n < 1e4 else 7)
    sheet.colorbar(drawn, ax=places, label=bar)
    return Plot(sheet, told)
