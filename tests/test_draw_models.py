"""Drawings of models: each operation in its module's frame, modules closed and opened, what is repeated folded."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.draw import Picture, take_down
from tinygrad_course.draw.collapse import SCREEN, SHOWN
from tinygrad_course.draw.listing import titles
from tinygrad_course.draw.modules import calls_around
from tinygrad_course.draw.names import Names
from tinygrad_course.draw.scene import EVERYTHING, Operation, Scene, Value
from tinygrad_course.draw.theme import THEMES
from tinygrad_course.graph import Node, walk
from tinygrad_course.modes import using

SVG = "{http://www.w3.org/2000/svg}"


def leaf(numbers: object) -> tg.Tensor:
    return tg.tensor(numbers, requires_grad=True)


class Block(nn.Module):
    """A small residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Sequential(nn.Linear(width, width), nn.Tanh())

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return x + self.mix(self.norm(x))


class Net(nn.Module):
    """Blocks between two layers; one of them has a name of its own."""

    def __init__(self, width: int = 4, blocks: int = 8) -> None:
        super().__init__()
        self.first = nn.Linear(3, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(blocks)])
        self.head = nn.Linear(width, 2)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.head(self.blocks(self.first(x)))


def framed(scene: Scene) -> dict[str, list[str]]:
    """By the titles of the frames around them, from the outermost on, the labels of a scene's operations."""
    found: dict[str, list[str]] = {}
    for _, operation in scene.operations():
        around = " / ".join(reversed(list(titles(scene, operation.frame))))
        found.setdefault(around, []).append(operation.label)
    return found


def boxes(picture: Picture) -> list[str]:
    """The labels of all that is drawn round or as a box, in order."""
    return [operation.label for _, operation in picture.scenes[0].operations()]


def clusters(picture: Picture) -> list[tuple[int, str]]:
    """How deep each frame of the DOT stands, and its title."""
    depth, found = 0, []
    for line in picture.dot.splitlines():
        depth += line.strip().startswith("subgraph") - (line.strip() == "}")
        if depth and (title := re.search(r"graph \[.*label=<(<TABLE.*</TABLE>)>", line)):
            found.append((depth, re.sub(r"<[^<>]*>", "", title[1])))
    return found


# Frames


def test_each_operation_stands_in_the_frame_of_its_module() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    y = model(leaf([[1.0, 2.0]])) * 2
    assert framed(tg.draw(y).scenes[0]) == {
        "model · Sequential / 0 · Linear": ["permute", "@", "+"],
        "model · Sequential / 1 · Tanh": ["tanh"],
        "": ["×"],
    }
    assert clusters(tg.draw(y)) == [(1, "model · Sequential"), (2, "0 · Linear"), (2, "1 · Tanh")]
    assert framed(tg.draw(y, modules=False).scenes[0]) == {"": ["permute", "@", "+", "tanh", "×"]}


def test_parameters_stand_in_the_frame_of_their_module_and_inputs_outside() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    scene = tg.draw(model, tg.ones(1, 2)).scenes[0]
    around = {v.name: list(titles(scene, v.frame)) for v in scene.steps if isinstance(v, Value) and v.name}
    assert around["model.0.weight"] == ["0 · Linear", "model · Sequential"]
    assert around["model.1.bias"] == ["1 · Linear", "model · Sequential"]
    assert around["x"] == []


def test_deep_paths_begin_at_the_variable_where_several_models_meet() -> None:
    one, two = Net(blocks=1), nn.Sequential(nn.Linear(2, 1))
    x = leaf([[1.0, 1.0, 1.0]])
    alone, both = framed(tg.draw(one(x)).scenes[0]), framed(tg.draw(two(one(x))).scenes[0])
    inside = "one · Net / {0}blocks · Sequential / {0}blocks.0 · Block / {0}blocks.0.mix · Sequential"
    assert inside.format("") + " / blocks.0.mix.1 · Tanh" in alone
    assert inside.format("one.") + " / one.blocks.0.mix.1 · Tanh" in both
    assert "two · Sequential / two.0 · Linear" in both


def test_a_module_called_twice_has_two_frames_and_one_that_is_gone_a_plain_one() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Tanh()

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return nn.Sigmoid()(self.inner(self.inner(x)))

    model = Twice()
    found = [title for _, title in clusters(tg.draw(model, tg.ones(2)))]
    assert found == ["model · Twice", "inner · Tanh", "inner · Tanh", "module"]


def test_a_module_nobody_holds_is_known_by_what_is_inside_it() -> None:
    models = [nn.Sequential(nn.Linear(2, 2), nn.Tanh())]
    assert [t for _, t in clusters(tg.draw(models[0](leaf([1.0, 2.0]))))] == ["Sequential", "0 · Linear", "1 · Tanh"]
    named = tg.draw(models[0](leaf([1.0, 2.0])), names={"m": models[0]})
    assert clusters(named)[0] == (1, "m · Sequential")


# Closed and opened


def inside(number: int) -> list[str]:
    """What is drawn of a block that is open."""
    return [f"blocks.{number}.norm · LayerNorm", f"blocks.{number}.mix · Sequential", "+"]


OPENED: list[tuple[Any, list[str]]] = [
    (False, ["model · Net"]),
    (0, ["model · Net"]),
    (1, ["first · Linear", "blocks · Sequential", "head · Linear"]),
    (2, ["first · Linear", "8 × Block", "head · Linear"]),
    (3, ["first · Linear", *[label for n in range(8) for label in inside(n)], "head · Linear"]),
    ("first", ["permute", "@", "+", "8 × Block", "head · Linear"]),
    ("blocks.0", ["first · Linear", *inside(0), "7 × Block", "head · Linear"]),
    ("blocks.3", ["first · Linear", "3 × Block", *inside(3), "4 × Block", "head · Linear"]),
    ("blocks.1", ["first · Linear", "blocks.0 · Block", *inside(1), "6 × Block", "head · Linear"]),
    ("model.blocks.0.mix", ["first · Linear", "blocks.0.norm · LayerNorm", "blocks.0.mix.0 · Linear",
                            "blocks.0.mix.1 · Tanh", "+", "7 × Block", "head · Linear"]),
    (["head", "first"], ["permute", "@", "+", "8 × Block", "permute", "@", "+"]),
    (("h*d", "firs?"), ["permute", "@", "+", "8 × Block", "permute", "@", "+"]),
    ((), ["first · Linear", "8 × Block", "head · Linear"]),
]  # fmt: skip


@pytest.mark.parametrize(("open", "expected"), OPENED, ids=[repr(open) for open, _ in OPENED])
def test_open_says_which_modules_show_what_is_inside(open: Any, expected: list[str]) -> None:
    model = Net()
    assert boxes(tg.draw(model, tg.ones(1, 3), open=open)) == expected


def test_all_open_shows_every_operation_and_no_box() -> None:
    model = Net()
    picture = tg.draw(model, tg.ones(1, 3), open=True)
    assert not any(operation.about for _, operation in picture.scenes[0].operations())
    with using(fused=False):
        assert len(boxes(picture)) == len(walk(model(tg.ones(1, 3)).node)) > 50


def test_left_out_it_is_all_up_to_the_limit_and_beyond_what_a_screen_holds() -> None:
    model, x = Net(blocks=4), tg.ones(1, 3)
    assert len(boxes(tg.draw(model, x))) == len(boxes(tg.draw(model, x, open=True)))
    short = tg.draw(model, x, limit=30)
    assert len(boxes(short)) <= SCREEN and not short.is_large
    assert str(short).splitlines()[0].endswith('To see inside: draw(…, open="blocks.0").')
    assert 'open="blocks.0"' in re.sub(r"&quot;", '"', short.dot)
    assert "norm" in " ".join(boxes(tg.draw(model, x, open="blocks.0")))


def test_the_outermost_model_is_opened_even_where_that_is_more_than_a_screen() -> None:
    model = nn.Sequential(*[nn.Linear(width, width + 1) for width in range(1, SCREEN + 6)])
    assert len(boxes(tg.draw(model, tg.ones(1, 1), limit=SCREEN + 5))) == SCREEN + 5
    assert boxes(tg.draw(model, tg.ones(1, 1), limit=SCREEN + 4)) == ["model · Sequential"]


def test_a_box_says_where_its_modules_are_what_they_hold_and_its_shapes() -> None:
    model = Net()
    text = str(tg.draw(model, tg.ones(5, 3), open=2))
    parameters = sum(p.numel() for p in model.blocks.parameters())
    assert f"[8 × Block](#2): blocks.0 … blocks.7, {parameters} parameters, " in text
    assert "[first · Linear](x): 16 parameters, 3 operations, (5, 3) → (5, 4)" in text
    assert "(10 parameters, 3 operations, (5, 4) → (5, 2)) → [[" in text, "the graph's own result shows its numbers"
    assert "→" not in str(tg.draw(model, tg.ones(5, 3), open=1, shapes=False, values=False))


def test_a_box_whose_result_has_a_name_shows_it() -> None:
    model, x = Net(), tg.ones(1, 3)
    hidden = model.blocks(model.first(x))
    assert "hidden = [8 × Block](" in str(tg.draw(model.head(hidden), open=1))


@pytest.mark.parametrize(
    ("open", "error", "words"),
    [
        ("tail", ValueError, r"open='tail' is no module of this graph; there are: model, first, blocks, blocks.0, "),
        (["head", "hed"], ValueError, "open='hed' is no module"),
        ("", ValueError, "open='' is no module"),
        (2.5, TypeError, "open takes True, False, how many levels, or paths as in open='blocks.0'; not 2.5"),
        (["head", 3], TypeError, "not .'head', 3."),
        (nn.Tanh(), TypeError, r"open takes .* not Tanh\(\)"),
    ],
)
def test_what_cannot_be_opened_is_said(open: Any, error: type[Exception], words: str) -> None:
    model = Net()
    with pytest.raises(error, match=words):
        tg.draw(model, tg.ones(1, 3), open=open)


def test_a_graph_without_modules_says_so() -> None:
    with pytest.raises(ValueError, match="there are: no modules"):
        tg.draw(leaf(1.0) * 2, open="head")


def test_a_name_with_brackets_is_a_path_too() -> None:
    model = nn.Sequential()
    model.add_module("part[0]", nn.Linear(2, 2))
    assert boxes(tg.draw(model, tg.ones(1, 2), open="part[0]")) == ["permute", "@", "+"]


def test_a_large_graph_in_full_says_that_modules_can_be_closed() -> None:
    model, x = Net(), tg.ones(1, 3)
    in_full = str(tg.draw(model, x, open=True, limit=10))
    assert "Without open=True a module is one box." in in_full and "Block" not in in_full
    assert "Without open=True" not in str(tg.draw(leaf(1.0) * 2 * 2, limit=1))


# Folding: what is repeated in a row


def loop(body: Callable[[tg.Tensor, int], tg.Tensor], times: int) -> tg.Tensor:
    y = leaf([0.5, 1.0])
    for number in range(times):
        y = body(y, number)
    return y


class Double(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
        return g * 2


class Triple(Double):
    pass


def nested(y: tg.Tensor, number: int) -> tg.Tensor:
    for _ in range(3):
        y = y * 2
    return y.exp()


W, ROWS = leaf([2.0, 3.0]), leaf([[1.0, 2.0]] * 9)
FOLDED: dict[str, tuple[Callable[[], tg.Tensor], list[str]]] = {
    "one operation": (lambda: loop(lambda y, _: y + 1, 3), ["3 × Add"]),
    "a body of two": (lambda: loop(lambda y, _: (y * W).tanh(), 5), ["5 × (Mul, tanh)"]),
    "what comes before and after": (lambda: loop(lambda y, _: y.exp() * 2, 4).exp().sum(),
                                    ["4 × (exp, Mul)", "exp", "Σ"]),
    "a step that reads its own row": (lambda: loop(lambda y, i: (y + ROWS[i]).tanh(), 4), ["4 × (GetItem, Add, tanh)"]),
    "constants of its own": (lambda: loop(lambda y, i: y * float(i), 4), ["4 × Mul"]),
    "a loop in a loop": (lambda: loop(nested, 3), ["3 × (Mul, Mul, Mul, exp)"]),
    "a long body": (lambda: loop(lambda y, _: (y + 1).exp().tanh().relu() * 2, 3), ["3 × (Add, exp, tanh, relu, …)"]),
    "a result used twice in the body": (lambda: loop(lambda y, _: y * y + y, 4), ["4 × (Mul, Add)"]),
    # What may not be folded.
    "twice is not often": (lambda: loop(lambda y, _: (y * W).tanh(), 2), ["×", "tanh", "×", "tanh"]),
    "another shape each time": (lambda: loop(lambda y, _: tg.cat([y, y]), 3), ["cat"] * 3),
    "other operations": (lambda: loop(lambda y, i: [y.exp, y.tanh, y.relu][i](), 3), ["exp", "tanh", "relu"]),
    "other functions": (lambda: loop(lambda y, i: [Double, Triple, Double][i].apply(y), 3).sum(),
                        ["Double", "[ ]", "reshape", "Triple", "[ ]", "reshape", "Double", "[ ]", "reshape", "Σ"]),
}  # fmt: skip


@pytest.mark.parametrize("program", FOLDED)
def test_what_is_repeated_in_a_row_is_one_box(program: str) -> None:
    make, expected = FOLDED[program]
    assert boxes(tg.draw(make(), open=False)) == expected
    assert max(len(label.split(", ")) for label in expected) <= SHOWN + 1


def test_a_result_that_others_read_ends_the_folding() -> None:
    kept = []
    y = leaf([1.0, 2.0])
    for _ in range(6):
        y = y * W
        kept.append(y)
    assert boxes(tg.draw(kept[2] + kept[5], open=False)) == ["3 × Mul", "3 × Mul", "+"]
    assert boxes(tg.draw(tg.stack(kept), open=False)).count("×") == 6


def test_what_every_time_reads_is_shown_and_what_each_has_of_its_own_is_not() -> None:
    first, w = leaf([0.5, 1.0]), leaf([2.0, 3.0])
    y = first
    for number in range(4):
        y = (y * w + leaf([float(number), 0.0])).tanh()
    text = str(tg.draw(y, open=False))
    assert "y = [4 × (Mul, Add, tanh)](first, w) (12 operations, (2,) → (2,))" in text
    assert text.startswith("Graph of y: 12 operations in 1 box, 2 leaves.")


def test_a_folded_box_has_a_double_border_and_its_count() -> None:
    dot = tg.draw(loop(lambda y, _: y + 1, 5), open=False).dot
    assert "5 × Add" in dot and "peripheries=2" in dot
    model = nn.Linear(2, 2)
    assert "peripheries" not in tg.draw(model, tg.ones(1, 2), open=False).dot


# Any graph, in full or collapsed: every node and edge once

OPERATION = st.tuples(st.just("op"), st.integers(0, 5), st.integers(0, 6), st.integers(0, 6))
PROGRAM = st.recursive(
    st.lists(OPERATION, min_size=1, max_size=6),
    lambda inner: st.lists(
        st.one_of(OPERATION, st.tuples(st.just("call"), inner), st.tuples(st.integers(2, 4), inner)),
        min_size=1,
        max_size=3,
    ),
    max_leaves=6,
)


class Part(nn.Module):
    """A module that does what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(tg.tensor([[1.0, 2.0], [0.5, -1.0]]))

    def forward(self, steps: list, made: list[tg.Tensor]) -> None:
        made.append(made[-1] * self.w)
        perform(steps, made)


def perform(steps: list, made: list[tg.Tensor]) -> None:
    """A made-up program on 2 × 2 matrices, with modules and loops; each step takes values counted from the last."""
    for kind, *rest in steps:
        if kind == "op":
            which, i, j = rest
            a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
            made.append([a + b, a @ b, a * 0.5, a.tanh(), a - b, b * a][which])
        elif kind == "call":
            PARTS.append(Part())
            PARTS[-1](*rest, made)
        else:
            for _ in range(kind):
                perform(*rest, made)


PARTS: list[Part] = []  # kept, since a graph does not keep its modules alive


def made_up(steps: list) -> tg.Tensor:
    PARTS.clear()
    made = [leaf([[0.5, -1.0], [2.0, 0.0]]), leaf([[1.0, 1.0], [0.0, 1.0]])]
    perform(steps, made)
    return made[-1] * 1 + made[0]


def sources(node: Node) -> Iterator[Node]:
    return (source for source in node.inputs if isinstance(source, Node))


@given(steps=PROGRAM, open=st.sampled_from([True, False, None, 1, 2]), depth=st.none() | st.integers(1, 9))
@settings(max_examples=150)
@np.errstate(all="ignore")
def test_any_graph_has_every_node_and_edge_once_in_full_and_collapsed(
    steps: list, open: Any, depth: int | None
) -> None:
    y = made_up(steps)
    artist = take_down(y, Names(None, []), depth, EVERYTHING, open, limit=5)
    scene = artist.scene
    nodes = walk(y.node) if depth is None else [node for node in walk(y.node) if is_drawn(artist, node)]
    makers = {operation.output: place for place, operation in scene.operations()}
    home = {node: makers[artist.places[id(node)]] for node in nodes}
    assert Counter(home.values()) == {place: operation.holds for place, operation in scene.operations()}
    assert len(nodes) == len(walk(y.node)) or depth is not None

    edges = Counter((home[source], home[node]) for node in nodes for source in sources(node) if source in home)
    between = {edge for edge in edges if edge[0] != edge[1]}
    drawn = Counter((makers[a], b) for b, operation in scene.operations() for a in operation.inputs if a in makers)
    assert set(drawn) == between
    for (a, b), times in drawn.items():
        step = scene.steps[b]
        assert isinstance(step, Operation) and times == (1 if step.about else edges[a, b])
        assert a < b, "a cycle"
    assert all(source < place for place, operation in scene.operations() for source in operation.inputs)
    assert [a for a, _ in arrow_places(Picture([scene]))] == [a for a, _ in scene.edges()]


def is_drawn(artist: Any, node: Node) -> bool:
    """Whether a node stands in the scene as an operation or in a box, and not as an earlier result."""
    place = artist.places.get(id(node))
    return place is not None and getattr(artist.scene.steps[place], "kind", "") != "earlier result"


def arrow_places(picture: Picture) -> list[tuple[int, int]]:
    """Each arrow of the DOT, as places; one from a further box of a value counts as the value's."""
    found = re.findall(r"^\s*n(\d+)(?:_\d+)? -> n(\d+)", picture.dot, re.MULTILINE)
    return [(int(a), int(b)) for a, b in found]


@given(steps=PROGRAM)
@settings(max_examples=40)
@np.errstate(all="ignore")
def test_any_operation_stands_in_as_many_frames_as_calls(steps: list) -> None:
    y = made_up(steps)
    artist = take_down(y, Names(None, []))
    around = [len(list(titles(artist.scene, operation.frame))) for _, operation in artist.scene.operations()]
    assert around == [len(calls_around(node)) for node in walk(y.node)]


# A model and its inputs


class Several(nn.Module):
    """A model that gives what it is told to, made of two tensors."""

    def __init__(self, give: Callable[[tg.Tensor, tg.Tensor], Any]) -> None:
        super().__init__()
        self.give = give

    def forward(self, x: tg.Tensor) -> Any:
        return self.give(x * 2, x.exp())


@pytest.mark.parametrize(
    ("give", "expected"),
    [
        (lambda a, b: (a, b), ["×"]),
        (lambda a, b: [b, a], ["exp"]),
        (lambda a, b: {"loss": None, "logits": b, "hidden": a}, ["exp"]),
        (lambda a, b: (3, {"deep": [(), (a, b)]}), ["×"]),
    ],
)
def test_of_several_outputs_the_first_tensor_is_drawn(give: Callable, expected: list[str]) -> None:
    model = Several(give)
    assert boxes(tg.draw(model, tg.ones(2))) == expected


def test_a_model_that_gives_no_tensor_is_an_error() -> None:
    model = Several(lambda a, b: {"loss": 0.5})
    with pytest.raises(TypeError, match="Several gave a dict; a model to draw gives a Tensor"):
        tg.draw(model, tg.ones(2))


def test_only_a_model_takes_inputs() -> None:
    with pytest.raises(TypeError, match=r"only a model takes inputs, as in draw\(model, x\); got a Tensor and inputs"):
        tg.draw(leaf(1.0), tg.ones(2))


def test_a_model_that_no_variable_holds_is_known_while_it_is_drawn() -> None:
    picture = tg.draw(nn.Sequential(nn.Linear(2, 1), nn.Tanh()), tg.ones(1, 2))
    assert [title for _, title in clusters(picture)] == ["Sequential", "0 · Linear", "1 · Tanh"]
    assert "0.weight (parameter)" in str(picture) and "0.bias (parameter)" in str(picture)


def test_the_graph_leads_back_to_an_input_which_has_its_variables_name_or_the_arguments() -> None:
    model, sample = nn.Tanh(), tg.tensor([1.0, 2.0])
    text = str(tg.draw(model, sample))
    assert "1. sample (input) = [1.0, 2.0], shape (2,)" in text and "1 input" in text
    assert "input (input) = [1.0, 1.0]" in str(tg.draw(model, tg.ones(2)))
    assert not sample.requires_grad and sample.grad_fn is None


def test_integers_go_in_as_they_are_and_are_an_input_too() -> None:
    model, ids = nn.Embedding(5, 2), tg.tensor([3, 1])
    text = str(tg.draw(model, ids))
    assert "ids (input) = [3, 1], shape (2,)" in text and "model.weight (parameter)" in text
    assert ids.dtype == tg.int64


def test_an_input_that_wants_a_gradient_is_the_leaf_it_is() -> None:
    model, x = nn.Tanh(), leaf([1.0, 2.0])
    model(x).sum().backward()
    assert "1. x (leaf) = [1.0, 2.0], shape (2,), grad [0.42, 0.07065]" in str(tg.draw(model, x))
    assert "input (leaf) = [3.0]" in str(tg.draw(model, leaf([3.0])))
    assert boxes(tg.draw(model, x * 3)) == ["×", "tanh"], "what x came from is drawn too"


def test_an_input_that_the_model_does_not_read_leaves_no_name_behind() -> None:
    class Deaf(nn.Module):
        def forward(self, heard: tg.Tensor, unheard: tg.Tensor) -> tg.Tensor:
            result = heard * 2
            for _ in range(50):
                result = result + tg.tensor(np.ones(3))
            return result

    model = Deaf()
    for _ in range(5):
        assert "unheard" not in str(tg.draw(model, tg.ones(3), tg.zeros(3)))


def test_a_model_is_called_once_in_its_own_mode_with_recording_on() -> None:
    model = nn.BatchNorm1d(2)
    x = tg.tensor([[1.0, 2.0], [3.0, 5.0]])
    with tg.no_grad():
        training = boxes(tg.draw(model, x))
    assert training and not tg.autograd.is_inference_mode_enabled() if hasattr(tg.autograd, "x") else training
    assert model.num_batches_tracked.item() == 1
    assert boxes(tg.draw(model.eval(), x)) != training and model.num_batches_tracked.item() == 1


def test_tensors_passed_by_keyword_inside_a_model_are_drawn_and_so_is_a_call_of_ones_own() -> None:
    class Inner(nn.Module):
        def forward(self, x: tg.Tensor, *, scale: tg.Tensor) -> tg.Tensor:
            return x * scale

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return self.inner(x, scale=x.exp())

    model, x = Outer(), tg.ones(2)
    found = framed(tg.draw(model, x).scenes[0])
    assert found == {"model · Outer": ["exp"], "model · Outer / inner · Inner": ["×"]}
    inner, scale = Inner(), leaf([2.0, 3.0])
    assert "x × scale" in str(tg.draw(inner(x, scale=scale)))


# Thumbnails


def test_a_large_matrix_has_a_thumbnail_of_its_numbers_in_svg_and_png() -> None:
    dark_left = leaf(np.repeat([[0.0] * 8 + [1.0] * 8], 16, axis=0))
    picture = tg.draw(dark_left)
    assert picture.scenes[0].steps[0].thumbnail == (bytes([0] * 8 + [15] * 8),) * 16  # type: ignore[union-attr]
    paths = [p for p in ElementTree.fromstring(picture.svg or "").iter(f"{SVG}path") if p.get("fill") == "#000"]
    assert len(paths) == 1 and paths[0].get("d", "").count("h1v1h-1z") == 8 * 16
    assert "#fd0000" not in (picture.svg or "")
    image = np.array(Image.open(io.BytesIO(picture.png or b"")).convert("RGB"))
    black, white = ((image == shade).all(-1) for shade in (0, 255))
    ys, xs = np.nonzero(black & (np.cumsum(black, 1) > 20))
    row = image[int(np.median(ys))]
    left = int(np.median(xs))
    assert (row[left] == 0).all() and (row[left + 60] == 255).all(), "dark on the left, light on the right"
    assert not (image == (0xFD, 0, 0)).all(-1).any() and white.any()


@pytest.mark.parametrize(
    ("array", "size"),
    [
        (np.arange(400.0).reshape(20, 20), (16, 16)),
        (np.arange(500.0).reshape(5, 100), (5, 16)),
        (np.arange(200.0).reshape(1, 10, 20), (10, 16)),
        (np.arange(400).reshape(20, 20) % 7, (16, 16)),
        (np.arange(400).reshape(20, 20) % 2 == 0, (16, 16)),
        (np.full((20, 20), np.nan), None),
        (np.ones((20, 20)), None),
        (np.arange(36.0).reshape(6, 6), None),
        (np.arange(300.0).reshape(3, 100), None),
        (np.arange(400.0), None),
        (np.arange(4000.0).reshape(10, 20, 20), None),
    ],
)
def test_which_arrays_have_a_thumbnail(array: np.ndarray, size: tuple[int, int] | None) -> None:
    thumbnail = tg.draw(tg.tensor(array)).scenes[0].steps[0].thumbnail  # type: ignore[union-attr]
    assert (None if thumbnail is None else (len(thumbnail), len(thumbnail[0]))) == size


def test_what_is_not_finite_is_black_and_harms_no_thumbnail() -> None:
    array = np.arange(256.0).reshape(16, 16)
    array[0, 0], array[15, 0] = np.inf, np.nan
    thumbnail = tg.draw(tg.tensor(array)).scenes[0].steps[0].thumbnail  # type: ignore[union-attr]
    assert thumbnail[0][0] == thumbnail[15][0] == 0 and thumbnail[15][15] == 15
    assert tg.draw(tg.tensor(np.random.default_rng(0).normal(size=(3000, 2000)))).svg
    assert tg.draw(tg.tensor(array), values=False).scenes[0].steps[0].thumbnail is None  # type: ignore[union-attr]


# Themes


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_colours_everything(theme: str) -> None:
    model = nn.Linear(2, 3)
    picture = tg.draw(model, tg.ones(1, 2), theme=theme)
    palette = THEMES[theme]
    used = set(re.findall(r"#[0-9a-f]{6}", picture.dot))
    assert used <= {*palette[:-1], *(color for tint in palette.tints.values() for color in tint)}
    assert (f'fill="{palette.paper}"' in (picture.svg or "")) == (theme != "auto")
    ground = tuple(Image.open(io.BytesIO(picture.png or b"")).convert("RGB").getpixel((0, 0)))  # type: ignore[arg-type]
    wanted = tuple(bytes.fromhex((THEMES["light"] if theme == "auto" else palette).paper[1:]))
    assert max(abs(a - b) for a, b in zip(ground, wanted, strict=True)) <= 3


def test_words_can_be_read_on_their_ground() -> None:
    """The contrast that the accessibility guidelines (WCAG 2.2, 1.4.3) ask of small text, 4.5 to 1."""
    for name, palette in THEMES.items():
        grounds = [fill for fill, _ in palette.tints.values()]
        pairs = [(ink, ground) for ink in (palette.ink, palette.quiet) for ground in [*grounds, palette.caption]]
        pairs += [(palette.operation_ink, palette.operation), (palette.ink, palette.gradient)]
        pairs += [(palette.mark, ground) for ground in grounds]
        assert min(contrast(*pair) for pair in pairs) >= 4.5, name


def contrast(one: str, other: str) -> float:
    """By the formula of the same guidelines."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [part / 255 for part in bytes.fromhex(color[1:])]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_an_unknown_theme_is_said() -> None:
    with pytest.raises(ValueError, match="theme must be one of auto, light, dark, not 'night'"):
        tg.draw(leaf(1.0), theme="night")


# Harmless whatever a name holds

HOSTILE = ["</script><b>", '"] n9 [label="', "\\N<TABLE>&amp;", "begin" + "x" * 10_000 + "end", "a\nb\0c", "]]>"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_names_of_modules_and_classes_are_text(name: str) -> None:
    kind = type("Part", (nn.Sequential,), {})
    kind.__name__ = name.replace("\0", "")
    model = nn.Sequential()
    model.add_module(name.replace(".", ""), kind(nn.Linear(2, 2), nn.Tanh()))
    for open in (True, False, 1, 2):
        picture = tg.draw(model, tg.ones(1, 2), open=open, names={name: model})
        root = ElementTree.fromstring(picture.svg or "")
        assert not list(root.iter(f"{SVG}b")) and not list(root.iter(f"{SVG}script"))
        assert len(list(root.iter(f"{SVG}desc"))) == 1 and len(picture.dot) < 20_000 and len(str(picture)) < 5_000
        nodes = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
        assert len(nodes) == len(picture.scenes[0].steps)
        html = picture.html or ""
        assert html.count("<") == 1 and html.count(">") == 1 and "\n" not in html


def test_a_shortened_path_opens_its_module() -> None:
    model = nn.Sequential()
    model.add_module("x" * 10_000, nn.Sequential(nn.Tanh(), nn.Tanh()))
    shown = boxes(tg.draw(model, tg.ones(2), open=1))[0].removesuffix(" · Sequential")
    assert len(shown) < 40 and boxes(tg.draw(model, tg.ones(2), open=[shown]))[0].endswith(" · Tanh")


def test_values_are_text_too() -> None:
    class Odd(float):
        def __str__(self) -> str:
            return "</script><b>"

        __repr__ = __str__

    x = leaf(2.0)
    assert "<b>" not in str(tg.draw(x * Odd(3.0))) and "script" not in (tg.draw(x * Odd(3.0)).svg or "")
