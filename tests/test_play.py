"""What the graph player says: the engine's own gradients, the rules' own source, no harm, and nothing changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.draw import layout
from tinygrad_course.draw.digits import digits_of
from tinygrad_course.draw.play import Player, play
from tinygrad_course.draw.scene import Value
from tinygrad_course.graph import Op, walk
from tinygrad_course.modes import modes, using


def leaf(numbers: object) -> tg.Tensor:
    return tg.tensor(numbers, dtype=tg.float64, requires_grad=True)


def boxes(player: Player) -> dict[str, Value]:
    """The boxes that have a name, by name."""
    return {step.name: step for step in player.scenes[0].steps if isinstance(step, Value) and step.name}


def told(player: Player) -> list[str]:
    """Every rule at work, in the order of the steps."""
    return [str(rule) for step in player.steps for rule in step.rules]


def notes(player: Player) -> list[str]:
    return [note for step in player.steps for note in step.notes]


# The text


def test_the_chain_rule_step_by_step() -> None:
    a, b = leaf(2.0), leaf(-3.0)
    c = a * b
    y = c + a
    assert str(play(y)).splitlines() == [
        "Graph of y: 2 operations, 2 leaves. 7 steps.",
        "1. Given: a = 2.0, b = -3.0",
        "2. forward: c = a × b: 2.0 × -3.0 = -6.0",
        "3. forward: y = c + a: -6.0 + 2.0 = -4.0",
        "4. Back from y: its gradient by itself is 1.0.",
        "5. backward: y = c + a: g = 1.0 is the gradient of y.",
        "   gradient of c, by Add.grad_x: g = 1.0",
        "   gradient of a, by Add.grad_y: g = 1.0",
        "6. backward: c = a × b: g = 1.0 is the gradient of c. In the rules x stands for a and y stands for b.",
        "   gradient of a, by Mul.grad_x: g × y = 1.0 × (-3.0) = -3.0",
        "   gradient of b, by Mul.grad_y: g × x = 1.0 × 2.0 = 2.0",
        "   -2.0 = 1.0 + -3.0: two paths meet at a.",
        "7. Done: gradients of the leaves: a -2.0, b 2.0.",
        "   backward() would add them to each .grad; this pass has left every .grad as it was.",
    ]
    assert repr(play(y)) == "<Player: Graph of y: 2 operations, 2 leaves; 7 steps>"


def test_both_inputs_from_one_leaf_and_an_unnamed_result() -> None:
    x = leaf(3.0)
    player = play(x * x + x * 2)
    assert list(boxes(player)) == ["x", "#2", "#3", "#4"]
    assert notes(player)[:2] == [
        "2 is a constant and gets no gradient.",
        "8.0 = 2.0 + 3.0 + 3.0: three paths meet at x.",
    ]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda x: x**2, "Pow.grad_x: g × (y × base ** (y − 1)) = 1.0 × (2 × 3.0 ** (2 − 1)) = 6.0"),
        (lambda x: x.exp(), "Exp.grad_x: g × z = 1.0 × 20.09 = 20.09"),
        (lambda x: x.abs(), "Abs.grad_x: g × Sign(x) = 1.0 × 1.0 = 1.0"),
        (lambda x: -x, "Neg.grad_x: -g = -1.0"),
        (lambda x: x + tg.ones(3), "Add.grad_x: g = [1.0, 1.0, 1.0]; "
         "broadcasting undone by sum_to: shape (3,) → (): 3.0"),
        (lambda x: x * tg.ones(64, 10), "Mul.grad_x: g × y = (64, 10) × (64, 10) = shape (64, 10), each 1.0; "
         "broadcasting undone by sum_to: shape (64, 10) → (): 640.0"),
        (lambda x: x.reshape(1), "Reshape.grad_x: g.reshape(shape) = 1.0"),
        (lambda x: tg.maximum(x, tg.tensor(1.0)), "Maximum.grad_x: Where(x < y, 0, Where(x == y, g / 2, g)) = 1.0"),
    ],
)  # fmt: skip
def test_a_rule_is_told_by_its_source_and_its_numbers(make: Callable, line: str) -> None:
    x = leaf(3.0)
    assert told(play(make(x)))[0] == f"gradient of x, by {line}"


class Cube(Op):
    """x to the third."""

    def forward(x):
        return x**3

    def grad_x(g, x):
        """Three times the square."""
        square = x * x
        return g * 3 * square


class Branching(Op):
    def forward(x):
        return x * 5

    def grad_x(g):
        if g.ndim:
            return g * 5
        return g * 5


class Lengthy(Op):
    def forward(x):
        return x * 3

    def grad_x(gradient_of_the_output):
        return gradient_of_the_output * 1 + gradient_of_the_output * 1 + gradient_of_the_output * 1 * 1


class Lambda(Op):
    def forward(x):
        return x * 2

    grad_x = lambda g: g * 2  # noqa: E731


exec("class Sourceless(Op):\n    def forward(x):\n        return x * 7\n    def grad_x(g):\n        return g * 7")


@pytest.mark.parametrize(
    ("op", "line"),
    [
        (Cube, "Cube.grad_x: g × 3 × square = 1.0 × 3 × 4.0 = 12.0"),
        (Branching, "Branching.grad_x: 5.0"),
        (Lengthy, "Lengthy.grad_x: 3.0"),
        (Lambda, "Lambda.grad_x: 2.0"),
        (globals()["Sourceless"], "Sourceless.grad_x: 7.0"),
    ],
)
def test_an_op_of_ones_own_is_told_as_far_as_its_source_goes(op: type[Op], line: str) -> None:
    x = leaf(2.0)
    assert told(play(op(x))) == [f"gradient of x, by {line}"]


CALLS: list[int] = []


class Counting(Op):
    def forward(x):
        return x * 2

    def grad_x(g):
        return g * (CALLS.append(1) or 2 if len(CALLS) < 2 else 1 / 0)


def test_a_rule_that_does_not_run_in_pieces_is_told_without_numbers() -> None:
    CALLS.clear()
    x = leaf(2.0)
    line = "gradient of x, by Counting.grad_x: g × (CALLS.append(1) or 2 if len(CALLS) < 2 else 1 / 0) = 2.0"
    assert told(play(Counting(x))) == [line]


def test_a_function_in_pytorchs_form_is_told_too() -> None:
    class Square(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
            return 2 * g * ctx.saved_tensors[0]

    x = leaf(3.0)
    assert told(play(Square.apply(x)))[-1] == "gradient of x, by Custom.grad_args: 6.0"


# The gradients are the engine's own


def grow(pool: list[tg.Tensor], op: int, i: int, j: int) -> tg.Tensor | None:
    """One more operation on tensors of the pool; None where their shapes do not fit."""
    x, y = pool[i % len(pool)], pool[j % len(pool)]
    operations: list[Callable[[], tg.Tensor]] = [
        lambda: x + y, lambda: x * y, lambda: x - y, lambda: x / (y * y + 1), lambda: x.tanh(), lambda: x.relu(),
        lambda: x**2, lambda: x @ y, lambda: x.sum(0), lambda: x.mean(), lambda: x.max(), lambda: x[0],
        lambda: x[tg.tensor([0, 1, 1])], lambda: x.T, lambda: tg.cat([x, y]), lambda: x.reshape(-1), lambda: x * 3,
    ]  # fmt: skip
    try:
        z = operations[op % len(operations)]()
    except (RuntimeError, IndexError, ValueError):
        return None
    return z if z.numel() <= 64 else None


OPERATION = st.tuples(st.integers(0, 16), st.integers(0, 9), st.integers(0, 9))


@given(st.lists(OPERATION, min_size=1, max_size=10), st.booleans(), st.integers(1, 4))
def test_gradients_are_those_of_autograd(program: list[tuple[int, int, int]], total: bool, depth: int) -> None:
    rng = np.random.default_rng(0)
    pool = [leaf(rng.standard_normal(shape)) for shape in ((), (3,), (2, 3), (2, 1), (3, 2))]
    for step in program:
        z = grow(pool, *step)
        pool += [] if z is None else [z]
    y = pool[-1].sum() if total else pool[-1] * 2
    gradient = tg.tensor(rng.standard_normal(y.shape), dtype=tg.float64)
    found = tg.autograd.grad(y, pool, gradient, retain_graph=True, allow_unused=True)
    expected = {f"t{i}": g for i, g in enumerate(found)}
    names = {f"t{i}": tensor for i, tensor in enumerate(pool)}
    for player in (play(y, gradient, names=names), play(y, gradient, names=names, depth=depth)):
        last = {place: digits for step in player.steps for place, digits in step.grads.items()}
        for place, box in enumerate(player.scenes[0].steps):
            assert not isinstance(box, Value) or last.get(place) == box.grad
        for name, box in boxes(player).items():
            if name in expected:
                assert box.grad == digits_of(expected[name].data)
    assert all(tensor.grad is None for tensor in pool)


def test_a_part_of_the_graph_has_the_gradients_of_the_whole() -> None:
    x, w = leaf(2.0), leaf(3.0)
    h = x * w
    y = h + (h / 3).exp().log()
    player = play(y, depth=2)
    assert notes(player)[0] == "From an operation that is not drawn: 1.333 = 1.0 + 0.3333: two paths meet at h."
    y.backward()
    assert [boxes(player)[name].grad for name in "xw"] == [digits_of(leaf.grad.data) for leaf in (x, w)]


def test_without_a_gradient_each_number_gets_one_and_with_one_that() -> None:
    x = leaf([1.0, 2.0])
    y = x * 3
    assert boxes(play(y))["x"].grad == digits_of(np.array([3.0, 3.0]))
    assert boxes(play(y, [1.0, 10.0]))["x"].grad == digits_of(np.array([3.0, 30.0]))
    assert "2. forward" in str(play(y)) and "each of its numbers gets the gradient 1.0" in str(play(y))
    assert "its gradient was given: [1.0, 10.0]" in str(play(y, [1.0, 10.0]))


# Nothing is changed


def test_nothing_is_touched() -> None:
    seen: list[tg.Tensor] = []
    x, w = leaf([1.0, 2.0]), leaf(3.0)
    x.grad = tg.tensor([7.0, 7.0])
    h = x * w
    h.retain_grad()
    h.register_hook(seen.append)
    w.register_hook(seen.append)
    y = (h * h).sum()
    before = [(node.saved, node.value, dict(node.hooks or {})) for node in walk(y.node)]
    state = dict(vars(modes))
    player = play(y)
    assert play(y).html == player.html
    assert [(node.saved, node.value, dict(node.hooks or {})) for node in walk(y.node)] == before
    assert seen == [] and h.grad is None and w.grad is None and x.grad.tolist() == [7.0, 7.0]
    assert x.version == w.version == h.version == [0]
    assert dict(vars(modes)) == state and tg.is_grad_enabled()
    assert any("hook" in note for note in notes(player))
    y.backward()
    assert len(seen) == 2 and x.grad.tolist() == [25.0, 43.0]


def test_it_plays_inside_no_grad_and_anomaly_mode() -> None:
    x = leaf(0.0)
    y = (x / x).sqrt()
    with tg.no_grad(), tg.autograd.detect_anomaly():
        assert "nan" in str(boxes(play(y))["x"].grad)


def test_a_graph_that_was_freed_shows_the_forward_pass_and_says_why() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward()
    player = play(y)
    assert [step.phase for step in player.steps] == ["given", "forward", "end"]
    for text in (player.steps[0].notes[0], str(player.steps[-1].lead)):
        assert "retain_graph=True" in text and "run the forward pass again" in text
    assert boxes(player)["x"].grad == digits_of(np.array(6.0)), "what is left is shown"
    y = x * x
    y.backward(retain_graph=True)
    assert [step.phase for step in play(y).steps][-1] == "end" and len(play(y).steps) == 5


def test_a_value_that_was_written_to_is_said() -> None:
    x = leaf(3.0)
    h = x * 2
    y = h * h
    h.data += 1.0
    h.version[0] += 1
    assert "modified by an inplace operation" in play(y).steps[-1].lead


# What cannot be played


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((3.0,), {}, TypeError, "play: expected a Tensor, got float"),
        ((tg.tensor(1.0),), {}, RuntimeError, "requires_grad=True"),
        ((leaf(1.0),), {}, RuntimeError, "no recorded operation"),
        ((leaf(1.0) * 2,), {"depth": 0}, ValueError, "depth counts operations, from 1"),
        ((leaf(1.0) * 2,), {"direction": "up"}, ValueError, "direction must be one of"),
        ((leaf([1.0, 2.0]) * 2, [1.0]), {}, RuntimeError, "Mismatch in shape"),
    ],
)
def test_what_cannot_be_played_is_said(arguments: tuple, options: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        play(*arguments, **options)


def test_a_large_graph_is_not_played_but_a_part_of_it_is() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(61):
        y = y + 1
    player = play(y)
    assert player.html is None and list(player._repr_mimebundle_()[0]) == ["text/plain"]
    assert "More than 60 operations are not played" in str(player) and "play(y, depth=3)" in str(player)
    assert len(play(y, depth=3).steps) == 1 + 3 + 1 + 3 + 1
    assert len(play(y, limit=61).steps) == 1 + 61 + 1 + 61 + 1


def test_without_a_layout_program_there_is_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "engines", lambda dot="": iter(()))
    x = leaf(2.0)
    data, _ = play(x * x)._repr_mimebundle_()
    assert list(data) == ["text/plain"] and "by Mul.grad_x" in data["text/plain"] and "pygraphviz" in data["text/plain"]


# The view


class Page(HTMLParser):
    """What a browser would make of the HTML: the tags with their attributes, and the text of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)


TAGS = ["figure", "style", "div", "img", "figcaption", "details", "summary", "pre", "script", "script"]
HOSTILE = "</script><b>&amp;<!--\u2028\"'${name}$name`"


def test_the_html_is_well_formed_and_readable_without_scripts() -> None:
    x = leaf(2.0)
    y = x * x
    html = play(y).html or ""
    page = Page(html)
    assert not page.open
    assert [tag for tag, _ in page.tags] == TAGS
    image = dict(page.tags)["img"]
    assert image["alt"] == "Graph of y: 1 operation, 1 leaf." and str(image["src"]).startswith(
        "data:image/svg+xml;base64,"
    )
    assert "gradient of x, by Mul.grad_x" in html.partition("<pre>")[2].partition("</pre>")[0]
    assert "http" not in re.sub(r"http://www.w3.org/2000/svg", "", page.scripts[1])


def test_hostile_names_do_no_harm() -> None:
    x = leaf(2.0)
    y = x * 3
    page = Page(play(y, names={HOSTILE: x, "n" * 10_000: y}).html or "")
    assert [tag for tag, _ in page.tags] == TAGS
    data = json.loads(page.scripts[0])
    assert not set("<>&\u2028") & set(page.scripts[0])
    assert data["nodes"][0][0].startswith("</script><b>&amp;<!--")
    assert max(len(part) for node in data["nodes"] for part in node) < 100


def test_the_same_graph_gives_the_same_bytes() -> None:
    def made() -> str | None:
        a, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([1.0, 1.0])
        return play((a @ b).tanh().sum(), names={"a": a, "b": b}).html

    x = leaf(2.0)
    assert made() == made()
    identity = re.compile(r'id="(player-[0-9a-f]{10})"')
    ids = [identity.findall(html or "") for html in (made(), play(x * x).html)]
    assert all(len(found) == 1 for found in ids) and ids[0] != ids[1]


def test_a_tensor_plays_itself() -> None:
    x = leaf(2.0)
    y = x * 3
    assert y.play().html == play(y).html and str(y.play([10.0][0], depth=1)) == str(play(y, 10.0, depth=1))


def test_a_model_is_played_in_full_in_its_frames() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    player = play(model(tg.tensor([[1.0, 2.0]])).mean())
    operations = [operation for _, operation in player.scenes[0].operations()]
    with using(fused=False):
        made = walk(model(tg.tensor([[1.0, 2.0]])).mean().node)
    assert len(operations) == len(made) and all(operation.holds == 1 for operation in operations)
    assert [frame.title for frame in player.scenes[0].frames] == [
        "model · Sequential", "0 · Linear", "1 · Tanh", "2 · Linear",
    ]  # fmt: skip
    assert "gradients of the leaves: model.0.weight" in str(player) and ">1 · Tanh</text>" in (player.svg or "")
    deep = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(30)])
    long = play(deep(tg.ones(1, 2)).mean())
    assert long.html is None and "1 box" not in str(long) and "More than 60 operations are not played" in str(long)


def test_a_notebook_gets_html_and_text() -> None:
    x = leaf(2.0)
    data, _ = play(x * x)._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"} and data["text/plain"] == str(play(x * x))
