"""Parameters, and the case that takes some steps with an optimizer of them."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Piece

Array = Any


Remembered = dict[str, Any]


def parameters(*rows: list[float]) -> list[Any]:
    """Parameters of float64, one for each list of numbers."""
    return [tg.tensor(row, dtype=tg.float64, requires_grad=True) for row in rows]


def trial(
    name: str, rows: tuple[list[float], ...], steps: list[tuple[list[float], ...]], slower: float = 1.0,
    decoupled: bool = False, **settings: Any,
) -> Case:  # fmt: skip
    """A case: an optimizer of these parameters, and where they are after each of some steps with given gradients.

    slower: the learning rate is multiplied by it after every step.
    """

    def run(piece: Piece) -> dict[str, Any]:
        params = parameters(*rows)
        optimizer = piece(params, **settings)
        if decoupled:
            optimizer.decoupled = True
        places: list[Any] = []
        for gradients in steps:
            if places:
                optimizer.param_groups[0]["lr"] *= slower
            for p, g in zip(params, gradients, strict=True):
                p.grad = tg.tensor(g, dtype=tg.float64)
            optimizer.step()
            places.append([p.tolist() for p in params])
        named = [
            (f"{which} after step {i}", place[at])
            for i, place in enumerate(places, 1)
            for at, which in enumerate("pq"[: len(params)])
        ]
        return dict(named) | {"gradient of p": params[0].grad}

    return Case(name, run)
