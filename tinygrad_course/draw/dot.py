"""A scene as DOT, the language of Graphviz: boxes for values, round nodes for operations, arrows as the data flows.

What a thing is can be told by its shape and its words, so that the picture can be printed in grey: a leaf has sharp
corners and a thick border, an input a thin one, a parameter a double one, a constant a dashed one, a result round
corners; what stands for several operations is a dark box with corners, doubled where it is repeated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from .digits import Digits
from .scene import Operation, Scene, Value, is_given
from .theme import Palette
from .thumbnail import Thumbnail, marker, size_of

if TYPE_CHECKING:
    from graphviz import Digraph

FONT = "Arial,Helvetica,sans-serif"
BORDERS = {"constant": "dashed", "earlier result": "rounded,dashed", "result": "rounded"}
SMALL_TEXT = 9
USES = 6  # arrows from a value above which each use but the first has a small box of its own, with its name
MANY, MOST = 300, 1000  # arrows above which the layout is made in a hurry, and above which they go straight
HURRY = {"splines": "polyline", "mclimit": "0.1", "nslimit": "0.1", "nslimit1": "0.1"}
# The round nodes: a sign, a word, or several lines; and the box of several operations.
SIGN = {"shape": "circle", "style": "filled", "fontsize": "13", "margin": "0.03", "width": "0.36", "height": "0.36"}
WORD = {"shape": "ellipse", "style": "filled", "margin": "0.06,0.04", "height": "0.36"}
LINES = {"shape": "box", "style": "rounded,filled", "margin": "0.1,0.06", "height": "0.36"}
BLOCK = {"shape": "box", "style": "filled", "margin": "0.16,0.09"}
EITHER_WAY = ("+", "×")
SIDES = {"LR": ("nw", "sw"), "RL": ("ne", "se"), "TB": ("nw", "ne"), "BT": ("sw", "se")}
BARE = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'


def digraph(scenes: Sequence[Scene], direction: str, palette: Palette) -> Digraph:
    """The scenes as one graph; one with a caption stands in a frame under it."""
    import graphviz

    painter = Painter(palette, direction)
    arrows = sum(1 for scene in scenes for _ in scene.edges())
    hurry = (HURRY if arrows > MANY else {}) | ({"splines": "line"} if arrows > MOST else {})
    graph = graphviz.Digraph("graph", graph_attr=painter.graph_attributes() | hurry)
    graph.attr("node", shape="plain", fontname=FONT, fontsize="11", fontcolor=palette.ink)
    graph.attr("edge", color=palette.line, arrowsize="0.6", penwidth="1.1")
    if note := " ".join(scene.note for scene in scenes if scene.note):
        graph.attr("graph", label=markup(painter.chip(painter.text(note, small=True))), labelloc="b")
    first = 0
    for number, scene in enumerate(scenes):
        if scene.caption:
            with graph.subgraph(name=f"cluster_{number}", graph_attr=painter.frame(scene.caption)) as frame:
                painter.add(frame, scene, first)
        else:
            painter.add(graph, scene, first)
        first += len(scene.steps)
    return graph


def thumbnails(scenes: Sequence[Scene]) -> dict[str, Thumbnail]:
    """The thumbnails in a graph, each by the colour of the cell it goes into."""
    steps = enumerate(step for scene in scenes for step in scene.steps)
    return {marker(place): step.thumbnail for place, step in steps if isinstance(step, Value) and step.thumbnail}


def markup(table: str) -> str:
    """Marks the text as Graphviz's HTML."""
    return f"<{table}>"


def table(attributes: str, body: str) -> str:
    """A table of one cell."""
    return f'<TABLE CELLBORDER="0" {attributes}><TR><TD>{body}</TD></TR></TABLE>'


class Painter:
    """Writes scenes in the colours of one palette."""

    def __init__(self, palette: Palette, direction: str) -> None:
        self.palette, self.direction = palette, direction

    # The graph

    def graph_attributes(self) -> dict[str, str]:
        """What holds for the whole graph; inputs keep their order at each operation, since x − y is not y − x."""
        across = self.direction in ("LR", "RL")
        return {
            "rankdir": self.direction,
            "bgcolor": self.palette.paper,
            "pad": "0.15",
            "nodesep": "0.18",
            "ranksep": "0.3" if across else "0.22",
            "ordering": "in",
            "nslimit": "2",  # bounds the search for the very best layout
            "nslimit1": "2",
            "fontname": FONT,
            "fontsize": "12",
            "fontcolor": self.palette.ink,
        }

    def frame(self, caption: str) -> dict[str, str]:
        """What holds for the frame around one of several graphs."""
        label = self.chip(self.text(caption, bold=True))
        return {"label": markup(label), "margin": "10", **self.outline()}

    def module(self, title: str) -> dict[str, str]:
        """What holds for the frame around a call of a module."""
        label = self.chip(self.text(title, small=True))
        return {"label": markup(label), "margin": "7", "labeljust": "l", **self.outline()}

    def outline(self) -> dict[str, str]:
        """The line of a frame, under its title."""
        return {"style": "rounded", "color": self.palette.frame, "labelloc": "t"}

    def chip(self, words: str) -> str:
        """Words that stand on the page itself, on a ground of their own."""
        look = f'BORDER="0" CELLSPACING="0" CELLPADDING="4" BGCOLOR="{self.palette.caption}" STYLE="ROUNDED"'
        return table(look, words)

    def add(self, graph: Digraph, scene: Scene, first: int) -> None:
        """Put a scene's steps and arrows into the graph, the steps named n0, n1, … from number `first` on."""
        contents: dict[int | None, list[tuple[str, dict[str, str]]]] = defaultdict(list)
        for place, step in enumerate(scene.steps):
            contents[step.frame].append((f"n{first + place}", self.node(step, first + place)))
        arrows = []
        uses, seen = Counter(source for source, _ in scene.edges()), Counter[int]()
        sides = self.sides(scene)
        for number, (source, target) in enumerate(scene.edges()):
            tail, step = f"n{first + source}", scene.steps[source]
            seen[source] += 1
            if uses[source] > USES and seen[source] > 1:
                tail += f"_{number}"
                contents[scene.steps[target].frame].append((tail, self.again(step)))
            look = {} if is_given(step) else {"weight": "8"}  # the way of the results stays straight
            arrows.append((tail, f"n{first + target}{sides.get(number, '')}", look))
        self.fill(graph, scene, contents, None, first)
        for tail, head, look in arrows:
            graph.edge(tail, head, **look)

    def sides(self, scene: Scene) -> dict[int, str]:
        """The side of its operation where an arrow, by its number, ends, if it tells the first input from the second.

        Inside frames Graphviz does not keep the inputs in their order.
        """
        found: dict[int, str] = {}
        number = 0
        for place, operation in scene.operations():
            ordered = len(set(operation.inputs)) == 2 == len(operation.inputs) and operation.label not in EITHER_WAY
            if ordered and not operation.about and (scene.frames or scene.caption):
                found |= {number: f":{SIDES[self.direction][0]}", number + 1: f":{SIDES[self.direction][1]}"}
            number += len(operation.inputs) + (operation.output != place)
        return found

    def fill(self, graph: Digraph, scene: Scene, contents: dict, frame: int | None, first: int) -> None:
        """Put what stands in a frame into the graph, and the frames in that one."""
        for name, attributes in contents[frame]:
            graph.node(name, **attributes)
        for number, inner in enumerate(scene.frames):
            if inner.outer == frame:
                with graph.subgraph(name=f"cluster_{first}_{number}", graph_attr=self.module(inner.title)) as part:
                    self.fill(part, scene, contents, number, first)

    # Its nodes

    def node(self, step: Value | Operation, place: int) -> dict[str, str]:
        """The attributes of a step's node."""
        return {"label": markup(self.box(step, place))} if isinstance(step, Value) else self.round_node(step)

    def again(self, step: Value | Operation) -> dict[str, str]:
        """A further use of a value: a small box with its name."""
        word = f"{self.text(called(step), bold=True)} {self.text('again', small=True)}"
        color = self.palette.tints["constant"][1]
        style = f'BORDER="1" CELLSPACING="0" CELLPADDING="3" COLOR="{color}" BGCOLOR="{self.palette.caption}"'
        return {"label": markup(table(f'{style} STYLE="ROUNDED,DASHED"', word))}

    def text(self, words: str, *, bold: bool = False, small: bool = False, color: str = "") -> str:
        """Words as Graphviz's HTML. A backslash is doubled, since Graphviz reads \\N as a node's name."""
        safe = escape(words).replace("\\", "\\\\")
        if not safe:
            return ""  # Graphviz refuses a label with an empty tag
        if bold:
            safe = f"<B>{safe}</B>"
        size = f' POINT-SIZE="{SMALL_TEXT}"' if small else ""
        ink = f' COLOR="{color or self.palette.quiet}"' if small or color else ""
        return f"<FONT{size}{ink}>{safe}</FONT>" if size or ink else safe

    def round_node(self, operation: Operation) -> dict[str, str]:
        """The attributes of an operation's node: its sign, word or title, and below it what there is to say."""
        look = self.palette
        lines = [operation.params, *operation.about, operation.mark]
        rows = [self.text(line, small=True, color=look.operation_ink) for line in lines if line]
        rows.insert(0, self.text(operation.label, bold=True))
        if len(rows) > 1:
            cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
            shape, label = LINES, f'<TABLE {BARE} CELLPADDING="1">{cells}</TABLE>'
        else:
            shape, label = SIGN if len(operation.label) <= 2 else WORD, rows[0]
        if operation.about:
            shape = BLOCK | ({"peripheries": "2"} if operation.times > 1 else {})
        border = look.line if look.paper == "transparent" else look.operation
        outline = {"color": look.mark, "penwidth": "4"} if operation.mark else {"color": border}
        colors = {"fillcolor": look.operation, "fontcolor": look.operation_ink}
        return {"label": markup(label), **colors, **shape, **outline}

    def box(self, value: Value, place: int) -> str:
        """A value as a table: name and kind, numbers, shape and dtype, gradient."""
        rows = [self.heading(value)]
        if value.thumbnail:
            width, height = size_of(value.thumbnail)
            cell = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}" BGCOLOR="{marker(place)}"'
            rows.append(f"<TABLE {BARE}><TR><TD {cell}></TD></TR></TABLE>")
        if value.digits:
            rows.append(self.grid(value.digits))
        rows.append(self.text(", ".join(fact for fact in (value.shape, value.dtype) if fact), small=True))
        if value.grad:
            rows.append(self.gradient(value.grad))
        rows += [self.text(line, bold=True, small=True, color=self.palette.mark) for line in value.mark.splitlines()]
        body = "".join(f'<TR><TD CELLPADDING="2">{row}</TD></TR>' for row in rows if row)
        return self.card(value, f'<TABLE {BARE} CELLPADDING="2">{body or "<TR><TD> </TD></TR>"}</TABLE>')

    def card(self, value: Value, body: str) -> str:
        """What the parts of a value lie on: its fill, and the border that says what kind it is."""
        fill, border = self.palette.tints[value.kind]
        color = f'COLOR="{self.palette.mark if value.mark else border}"'
        width = 3 if value.mark else 2 if value.kind == "leaf" else 1
        style = f' STYLE="{BORDERS[value.kind]}"' if value.kind in BORDERS else ""
        inner = table(f'BORDER="{width}" CELLSPACING="0" CELLPADDING="5" {color} BGCOLOR="{fill}"{style}', body)
        double = f'BORDER="1" CELLSPACING="2" CELLPADDING="0" {color}'
        return table(double, inner) if value.kind == "parameter" else inner

    def heading(self, value: Value) -> str:
        """The name, if it has one, and what kind of value it is; an unnamed result needs no words."""
        if not value.name:
            return "" if value.kind == "result" else self.text(value.kind, small=True)
        return f"{self.text(value.name, bold=True)} {self.text(value.kind, small=True)}"

    def grid(self, digits: Digits, small: bool = False) -> str:
        """Numbers in rows and columns."""
        if is_single(digits):
            return self.figure(digits.rows[0][0], small)
        rows = (f"<TR>{''.join(self.cell(number, small) for number in row)}</TR>" for row in digits.rows)
        return f'<TABLE {BARE} CELLPADDING="3">{"".join(rows)}</TABLE>'

    def cell(self, number: str, small: bool) -> str:
        """One number of a grid."""
        return f"<TD>{self.figure(number, small)}</TD>"

    def figure(self, number: str, small: bool) -> str:
        """A number, or a few words in place of numbers."""
        return self.text(number, small=small, color=self.palette.ink if small else "")

    def gradient(self, digits: Digits) -> str:
        """The gradient that has arrived, on a ground of its own: beside its name where it is one number, else below."""
        word = self.text("grad", bold=True, small=True, color=self.palette.ink)
        between = " " if is_single(digits) else "</TD></TR><TR><TD>"
        style = f'BORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="{self.palette.gradient}" STYLE="ROUNDED"'
        return table(style, f"{word}{between}{self.grid(digits, small=True)}")


def is_single(digits: Digits) -> bool:
    """Whether it is one number, or one text in place of numbers."""
    return len(digits.rows) == 1 and len(digits.rows[0]) == 1


def called(step: Value | Operation) -> str:
    """What a further use of a value is called: by its name, else by its numbers or shape."""
    if isinstance(step, Operation):
        return step.label
    return step.name or (step.digits.line if step.digits else step.shape) or step.kind
