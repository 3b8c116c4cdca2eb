"""A scene as DOT, the language of Graphviz: boxes for values, round nodes for operations, arrows as the data flows.

What a thing is can be told by its shape and its words, so that the picture can be printed in grey: a leaf has sharp
corners and a thick border, a parameter a double one, a constant a dashed one, a result round corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from .digits import Digits
from .scene import Operation, Scene, Value

if TYPE_CHECKING:
    from graphviz import Digraph

FONT = "Arial,Helvetica,sans-serif"
INK, QUIET, LINE, PAPER = "#1b1f24", "#4b5560", "#6b7580", "#ffffff"
OPERATION, OPERATION_INK = "#2f3e4e", "#ffffff"
GRADIENT, DIFFERENT = "#fbe0c8", "#b34700"
# Light tints of Okabe and Ito's colours, which colour-blind readers can tell apart, each with its dark border.
TINTS = {
    "leaf": ("#d6ebf8", "#0f5e8c"),
    "parameter": ("#ecdff0", "#7a3f6a"),
    "constant": ("#f2f2f0", "#6b7580"),
    "result": ("#dcf1e9", "#00694d"),
    "earlier result": ("#ffffff", "#00694d"),
}
BORDERS = {"constant": "dashed", "earlier result": "rounded,dashed", "result": "rounded"}
SMALL_TEXT = 9
# The round nodes: a sign, a word, or several lines.
SIGN = {"shape": "circle", "style": "filled", "fontsize": "13", "margin": "0.03", "width": "0.36", "height": "0.36"}
WORD = {"shape": "ellipse", "style": "filled", "margin": "0.06,0.04", "height": "0.36"}
LINES = {"shape": "box", "style": "rounded,filled", "margin": "0.1,0.06", "height": "0.36"}
BARE = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'


def digraph(scenes: Sequence[Scene], direction: str) -> Digraph:
    """The scenes as one graph; one with a caption stands in a frame under it."""
    import graphviz

    graph = graphviz.Digraph("graph", graph_attr=graph_attributes(direction))
    graph.attr("node", shape="plain", fontname=FONT, fontsize="11", fontcolor=INK)
    graph.attr("edge", color=LINE, arrowsize="0.6", penwidth="1.1")
    first = 0
    for number, scene in enumerate(scenes):
        if scene.caption:
            with graph.subgraph(name=f"cluster_{number}", graph_attr=frame_attributes(scene.caption)) as frame:
                add(frame, scene, first)
        else:
            add(graph, scene, first)
        first += len(scene.steps)
    return graph


def frame_attributes(caption: str) -> dict[str, str]:
    """What holds for the frame around one of several graphs."""
    return {"label": markup(text(caption, bold=True)), "style": "rounded", "color": "#c4cbd2", "margin": "10"}


def graph_attributes(direction: str) -> dict[str, str]:
    """What holds for the whole graph; inputs keep their order at each operation, since x − y is not y − x."""
    across = direction in ("LR", "RL")
    return {
        "rankdir": direction,
        "bgcolor": PAPER,
        "pad": "0.15",
        "nodesep": "0.18",
        "ranksep": "0.3" if across else "0.22",
        "ordering": "in",
        "nslimit": "2",  # bounds the search for the very best layout, which takes minutes where a leaf is used often
        "nslimit1": "2",
        "fontname": FONT,
        "fontsize": "12",
        "fontcolor": INK,
    }


def add(graph: Digraph, scene: Scene, first: int) -> None:
    """Put a scene's steps and arrows into the graph, the steps named n0, n1, … from number `first` on."""
    for place, step in enumerate(scene.steps, first):
        if isinstance(step, Operation):
            graph.node(f"n{place}", **round_node(step))
        else:
            graph.node(f"n{place}", label=markup(box(step)))
    for source, target in scene.edges():
        weight = {} if is_given(scene.steps[source]) else {"weight": "8"}
        graph.edge(f"n{first + source}", f"n{first + target}", **weight)


def is_given(step: Value | Operation) -> bool:
    """Whether a step is a value that nothing in the graph made; the arrows between the others are kept straight."""
    return isinstance(step, Value) and step.kind != "result"


def markup(table: str) -> str:
    """Marks the text as Graphviz's HTML."""
    return f"<{table}>"


def text(words: str, *, bold: bool = False, small: bool = False, color: str = "") -> str:
    """Words as Graphviz's HTML. A backslash is doubled, since Graphviz reads \\N as a node's name."""
    safe = escape(words).replace("\\", "\\\\")
    if not safe:
        return ""  # Graphviz refuses a label with an empty tag
    if bold:
        safe = f"<B>{safe}</B>"
    size = f' POINT-SIZE="{SMALL_TEXT}"' if small else ""
    ink = f' COLOR="{color or QUIET}"' if small or color else ""
    return f"<FONT{size}{ink}>{safe}</FONT>" if size or ink else safe


def round_node(operation: Operation) -> dict[str, str]:
    """The attributes of an operation's node: its sign or word, and below it the parameters."""
    rows = [text(operation.label, bold=True)]
    if operation.params:
        rows.append(text(operation.params, small=True, color=OPERATION_INK))
    if operation.differs:
        rows.append(text("differs", small=True, color=OPERATION_INK))
    if len(rows) > 1:
        lines = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
        look, label = LINES, f'<TABLE {BARE} CELLPADDING="1">{lines}</TABLE>'
    else:
        look, label = SIGN if len(operation.label) <= 2 else WORD, rows[0]
    outline = {"color": DIFFERENT, "penwidth": "4"} if operation.differs else {"color": OPERATION}
    return {"label": markup(label), "fillcolor": OPERATION, "fontcolor": OPERATION_INK, **look, **outline}


def box(value: Value) -> str:
    """A value as a table: name and kind, numbers, shape and dtype, gradient."""
    rows = [heading(value)]
    if value.digits:
        rows.append(grid(value.digits))
    rows.append(text(", ".join(fact for fact in (value.shape, value.dtype) if fact), small=True))
    if value.grad:
        rows.append(gradient(value.grad))
    if value.differs:
        rows.append(text("differs", bold=True, small=True, color=DIFFERENT))
    body = "".join(f'<TR><TD CELLPADDING="2">{row}</TD></TR>' for row in rows if row)
    return card(value, f'<TABLE {BARE} CELLPADDING="2">{body}</TABLE>')


def card(value: Value, body: str) -> str:
    """What the parts of a value lie on: its fill, and the border that says what kind it is."""
    fill, border = TINTS[value.kind]
    color = f'COLOR="{DIFFERENT if value.differs else border}"'
    width = 3 if value.differs else 2 if value.kind == "leaf" else 1
    style = f' STYLE="{BORDERS[value.kind]}"' if value.kind in BORDERS else ""
    inner = table(f'BORDER="{width}" CELLSPACING="0" CELLPADDING="5" {color} BGCOLOR="{fill}"{style}', body)
    return table(f'BORDER="1" CELLSPACING="2" CELLPADDING="0" {color}', inner) if value.kind == "parameter" else inner


def table(attributes: str, body: str) -> str:
    """A table of one cell."""
    return f'<TABLE CELLBORDER="0" {attributes}><TR><TD>{body}</TD></TR></TABLE>'


def heading(value: Value) -> str:
    """The name, if it has one, and what kind of value it is; an unnamed result needs no words."""
    if not value.name:
        return "" if value.kind == "result" else text(value.kind, small=True)
    return f"{text(value.name, bold=True)} {text(value.kind, small=True)}"


def grid(digits: Digits, small: bool = False) -> str:
    """Numbers in rows and columns."""
    if len(digits.rows) == 1 and len(digits.rows[0]) == 1:
        return figure(digits.rows[0][0], small)
    rows = (f"<TR>{''.join(cell(number, small) for number in row)}</TR>" for row in digits.rows)
    return f'<TABLE {BARE} CELLPADDING="3">{"".join(rows)}</TABLE>'


def cell(number: str, small: bool) -> str:
    """One number of a grid."""
    return f"<TD>{figure(number, small)}</TD>"


def figure(number: str, small: bool) -> str:
    """A number, or a few words in place of numbers."""
    return text(number, small=small, color=INK if small else "")


def gradient(digits: Digits) -> str:
    """The gradient that has arrived, on a ground of its own: beside its name where it is one number, else below."""
    word = text("grad", bold=True, small=True, color=INK)
    single = len(digits.rows) == 1 and len(digits.rows[0]) == 1
    between = " " if single else "</TD></TR><TR><TD>"
    style = f'BORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="{GRADIENT}" STYLE="ROUNDED"'
    return table(style, f"{word}{between}{grid(digits, small=True)}")
