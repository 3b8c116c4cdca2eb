"""Which operations of a large graph are drawn as one box: the call of a module, or what is repeated in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from ..graph import Node
from ..modes import Scope
from .modules import Calls
from .names import label_of, word_for

SCREEN = 12  # boxes and operations that can be read on one screen
REPEATED = 3  # times in a row from which something is folded
LONGEST = 60  # boxes or operations of which one repetition may consist
SHOWN = 4  # so many of them are named
OUTSIDE = -1


@dataclass
class Group:
    """Operations that are drawn as one thing.

    calls: those of modules that it closes, in order. count: how often `parts`, which are operations and closed calls
    by name, are repeated.
    """

    nodes: list[Node]
    calls: list[Scope] = field(default_factory=list)
    count: int = 1
    parts: tuple[str, ...] = ()

    @property
    def is_box(self) -> bool:
        """Whether it is drawn as a box, and not as the one operation it is."""
        return bool(self.calls) or self.count > 1

    @property
    def label(self) -> str:
        """What it does, in a few words: "Block", "3 × (MatMul, tanh)"."""
        shown = ", ".join(self.parts[:SHOWN]) + (", …" if len(self.parts) > SHOWN else "")
        return f"{self.count:,} × {shown if len(self.parts) == 1 else f'({shown})'}" if self.count > 1 else shown


Open = bool | int | str | Sequence[str] | None


def arrange(nodes: Sequence[Node], calls: Calls, open: Open, limit: int) -> list[Group]:
    """The nodes, oldest first, in the groups that are drawn.

    open: True for every operation alone; None for that up to `limit`, and beyond for as much as fits a screen; False,
    or how many levels of modules show the modules in them; or the paths of those that show what is inside, besides
    what fits a screen.
    """
    if open is True or (open is None and len(nodes) <= limit):
        return [Group([node]) for node in nodes]
    if isinstance(open, int):
        return folded(grouped(nodes, calls, opened_to(open, calls)))
    opened, groups = fitting(nodes, calls, limit)
    if open is not None:
        groups = folded(grouped(nodes, calls, opened | opened_at(paths_in(open), calls)))
    return groups


def paths_in(open: Any) -> list[str]:
    """The paths that were asked for, one or several. Raises TypeError for what is none."""
    paths = list(open) if isinstance(open, Iterable) and not isinstance(open, str) else [open]
    if not all(isinstance(path, str) for path in paths):
        raise TypeError(f"draw: open takes True, False, how many levels, or paths as in open='blocks.0'; not {open!r}")
    return paths


def fitting(nodes: Sequence[Node], calls: Calls, limit: int) -> tuple[set[int], list[Group]]:
    """The calls to open so that as much as fits a screen is seen, and the groups that this gives.

    The outermost are opened even where that is more than a screen, if it is not more than `limit`.
    """
    deepest = max(map(len, calls.chains.values()), default=0)
    for level in range(max(deepest - 1, 0), -1, -1):
        opened = opened_to(level, calls)
        groups = folded(grouped(nodes, calls, opened))
        if len(groups) <= (SCREEN if level > 1 else limit):
            break
    return opened, groups


def opened_to(level: int, calls: Calls) -> set[int]:
    """The ids of the calls above a level, 1 for the outermost alone, that have other calls inside."""
    containers = {id(chain[-2]) for chain in calls.chains.values() if len(chain) > 1}
    return {key for key in containers if len(calls.chains[key]) <= level}


def opened_at(paths: Iterable[str], calls: Calls) -> set[int]:
    """The ids of the calls at some paths, and of those around them. Raises ValueError for a path that no call has."""
    opened = set()
    for path in paths:
        found = [s for s in calls.all() if any(p == path or fnmatchcase(p, path) for p in calls.paths(s))]
        if not found:
            known = ", ".join(dict.fromkeys(p for s in calls.all() if (p := calls.path(s)))) or "no modules"
            raise ValueError(f"draw: open={path!r} is no module of this graph; there are: {known}")
        opened |= {id(scope) for s in found for scope in calls.chains[id(s)]}
    return opened


def grouped(nodes: Sequence[Node], calls: Calls, opened: set[int]) -> list[Group]:
    """The nodes with each call that is not opened, and that is not inside one, as one group.

    A group is a stretch of nodes made one after the other, so that no two groups can wait for each other.
    """

    def closed(node: Node) -> Scope | None:
        return next((scope for scope in calls.within(node) if id(scope) not in opened), None)

    found = []
    for _, stretch in groupby(((closed(node), node) for node in nodes), key=lambda pair: id(pair[0] or pair[1])):
        scopes, members = zip(*stretch, strict=True)
        call = [] if scopes[0] is None else [scopes[0]]
        name = calls.kind(call[0]) if call else word_for(label_of(members[0]), members[0].op.__name__)
        found.append(Group(list(members), call, parts=(name,)))
    return found


def folded(groups: list[Group]) -> list[Group]:
    """The groups with what is repeated in a row as one: where there is the choice, what saves most boxes first."""
    while runs := sorted(repeats(groups), key=lambda run: run.saves):
        whole: list[Group | None] = [*groups]
        while runs:
            best = runs.pop()
            stretch = groups[best.start : best.end]
            whole[best.start : best.end] = [merged(stretch, best), *[None] * (len(stretch) - 1)]
            runs = [run for run in runs if run.end <= best.start or run.start >= best.end]
        groups = [group for group in whole if group is not None]
    return groups


def merged(groups: list[Group], run: Run) -> Group:
    """The groups of a run as one."""
    nodes = [node for group in groups for node in group.nodes]
    calls = [call for group in groups for call in group.calls]
    return Group(nodes, calls, run.count, tuple(group.label for group in groups[: run.period]))


@dataclass(frozen=True)
class Run:
    """From group number `start` on, `period` groups, `count` times."""

    start: int
    period: int
    count: int

    @property
    def end(self) -> int:
        """The number of the first group after it."""
        return self.start + self.period * self.count

    @property
    def saves(self) -> int:
        """How many boxes fewer there are when it is folded."""
        return self.period * (self.count - 1)


def repeats(groups: list[Group]) -> Iterator[Run]:
    """The runs in which the same is done at least REPEATED times, each time to what came of the time before."""
    wiring = Wiring(groups)
    for period in range(1, min(LONGEST, len(groups) // REPEATED) + 1):
        start = 0
        for place in range(len(groups) - period + 1):
            if place + period < len(groups) and wiring.alike(place, place + period):
                continue
            if place - start >= period:
                yield from wiring.best(start, place + period, period)
            start = place + 1


class Wiring:
    """How groups hang together: by the places of the groups that each one reads, and of those that read it."""

    def __init__(self, groups: list[Group]) -> None:
        home: dict[Any, int] = {node: place for place, group in enumerate(groups) for node in group.nodes}
        self.reads = [[home.get(source, OUTSIDE) for node in group.nodes for source in node.inputs] for group in groups]
        self.readers: list[list[int]] = [[] for _ in groups]
        for place, reads in enumerate(self.reads):
            for source in reads:
                if source not in (OUTSIDE, place):
                    self.readers[source].append(place)
        self.last_reader = np.array([max(readers, default=0) for readers in self.readers])
        numbers: dict[Any, int] = {}
        self.kinds = [numbers.setdefault(kind(group), len(numbers)) for group in groups]

    def alike(self, one: int, other: int, first: bool = False) -> bool:
        """Whether two groups do the same, and read from equally far back or from the same groups.

        first: the one may read what is given where the other reads a result.
        """
        return self.kinds[one] == self.kinds[other] and all(
            a == b or (one - a == other - b if a != OUTSIDE else first)
            for a, b in zip(self.reads[one], self.reads[other], strict=True)
        )

    def best(self, start: int, end: int, period: int) -> list[Run]:
        """The run in a stretch that repeats itself for which least is passed on from time to time, if one is closed."""
        begins = range(start, min(start + period, end - 2 * period + 1))
        runs = [self.with_beginning(Run(begin, period, (end - begin) // period)) for begin in begins]
        parts = [part for run in runs for part in self.closed_parts(run)]
        return sorted(parts, key=lambda run: (self.passed_on(run), -run.count, run.start))[:1]

    def with_beginning(self, run: Run) -> Run:
        """The run with the time before it, where that differs only in reading what is given."""
        before = run.start - run.period
        if before >= 0 and all(self.alike(place, place + run.period, first=True) for place in range(before, run.start)):
            return Run(before, run.period, run.count + 1)
        return run

    def closed_parts(self, run: Run) -> Iterator[Run]:
        """The run, cut after each time that others read from: only the last time's results leave a box."""
        cuts = (self.read_after(run) // run.period + 1).tolist()
        for first, last in pairwise([0, *dict.fromkeys(cuts), run.count]):
            part = Run(run.start + first * run.period, run.period, last - first)
            if part.count >= REPEATED and not self.read_after(part).size:
                yield part

    def read_after(self, run: Run) -> np.ndarray:
        """Which of a run's groups, by their places in it, are read after its end, but for those of its last time."""
        return np.flatnonzero(self.last_reader[run.start : run.end - run.period] >= run.end)

    def passed_on(self, run: Run) -> int:
        """How many results go from the first time to the second: fewest where a loop's body really begins."""
        first = range(run.start, run.start + run.period)
        return sum(any(reader not in first for reader in self.readers[place]) for place in first)


def kind(group: Group) -> Any:
    """What a group does, and in which call: equal for two that do the same there."""
    place = {node: number for number, node in enumerate(group.nodes)}
    scope = group.calls[0].outer if group.calls else group.nodes[0].scope
    reads = [tuple(place.get(source, OUTSIDE) for source in node.inputs) for node in group.nodes]
    wired = tuple((node.op, node.shape, read) for node, read in zip(group.nodes, reads, strict=True))
    return id(scope), group.label, wired
