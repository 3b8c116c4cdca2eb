"""How long drawing takes: `python tests/benchmarks/drawing.py` prints the seconds from draw() to the SVG.

"as it comes" is draw(y), which folds what is repeated and closes modules where a graph is large; "in full" draws every
operation.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter

import tinygrad_course as tg
from tinygrad_course import nn

SIZES = (10, 100, 300, 1000, 3000)


def start() -> tg.Tensor:
    return tg.tensor([[0.5, -1.0], [2.0, 0.0]], requires_grad=True)


def chain(size: int) -> tg.Tensor:
    """One operation after the other."""
    x = start()
    for _ in range(size):
        x = x + 1
    return x


def shared(size: int) -> tg.Tensor:
    """Every operation reads the same leaf."""
    x = y = start()
    for _ in range(size):
        y = y + x
    return y


def irregular(size: int) -> tg.Tensor:
    """Each operation reads the last result and one of the 20 before it."""
    numbers = random.Random(0)
    made = [start() for _ in range(5)]
    for _ in range(size):
        earlier = made[-numbers.randint(1, min(20, len(made)))]
        made.append(made[-1] * 0.5 if numbers.random() < 0.4 else made[-1] + earlier)
    return made[-1]


def transformer(size: int) -> tg.Tensor:
    """Encoder layers of about 60 operations each; at least one."""
    layer = [nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0) for _ in range(max(1, size // 60))]
    return nn.Sequential(*layer)(tg.ones(1, 4, 8))


def seconds(program: Callable[[int], tg.Tensor], size: int, **options: object) -> tuple[float, int]:
    """How long a drawing took, and how many boxes and operations it shows."""
    y = program(size)
    begin = perf_counter()
    picture = tg.draw(y, **options)
    drawn = picture.is_large or picture.svg
    took = perf_counter() - begin
    return (took if drawn else float("nan")), len(list(picture.scenes[0].operations()))


def main() -> None:
    seconds(chain, 5)  # the first drawing of a process loads Graphviz
    print("program      operations   as it comes (boxes)   in full")
    for program in (chain, shared, irregular, transformer):
        for size in SIZES:
            short, boxes = seconds(program, size)
            full, operations = seconds(program, size, open=True, limit=10**6)
            print(f"{program.__name__:12} {operations:10,} {short:13.3f} ({boxes:5,}) {full:9.3f}", flush=True)


if __name__ == "__main__":
    main()
