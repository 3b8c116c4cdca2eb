"""Graphs side by side, gradients beside the right ones, and whole drawings beside those stored in tests/drawings/.

A stored drawing is compared strictly, but for the geometry, which depends on the fonts. To write all of them anew,
after a change that is meant: `python tests/test_draw_compare.py`. Look at each in a browser before you commit it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.draw import Picture, compare_gradients, side_by_side
from tinygrad_course.draw.compare import WRITTEN
from tinygrad_course.draw.scene import Scene, Value

STORED = Path(__file__).parent / "drawings"
GEOMETRY = Path(__file__).parent / "nbval_sanitize.cfg"


def leaf(numbers: object) -> tg.Tensor:
    return tg.tensor(numbers, dtype=tg.float64, requires_grad=True)


def marks(scene: Scene) -> dict[str, str]:
    """What is marked, by its line in words: its name or numbers, or its label; and the mark."""
    return {
        (step.name or (step.digits.line if step.digits else "")) if isinstance(step, Value) else step.label: step.mark
        for step in scene.steps
        if step.mark
    }


def note(picture: Picture) -> str:
    return picture.scenes[0].note


# Side by side


def repeated(x: tg.Tensor, times: int) -> tg.Tensor:
    for _ in range(times):
        x = x * 2
    return x


A, B = leaf(2.0), leaf(-3.0)
PAIRS: dict[str, tuple[Callable[[], tg.Tensor], Callable[[], tg.Tensor], list[dict[str, str]]]] = {
    "the same": (lambda: (A * 2).relu(), lambda: (A * 2).relu(), [{}, {}]),
    "other numbers": (lambda: (A * 2).relu(), lambda: (B * 2).relu(), [{}, {}]),
    "another constant": (lambda: A * 2, lambda: A * 3, [{"2": "differs"}, {"3": "differs"}]),
    "another operation": (lambda: (A * 2).relu(), lambda: (A * 2).exp(), [{"relu": "differs"}, {"exp": "differs"}]),
    "another parameter": (lambda: leaf([[1.0], [2.0]]).sum(0), lambda: leaf([[1.0], [2.0]]).sum(1),
                          [{"Σ": "differs"}, {"Σ": "differs"}]),
    "one more at the end": (lambda: A * 2, lambda: (A * 3).exp(),
                            [{"2": "differs"}, {"3": "differs", "exp": "only here"}]),
    "one less at the end": (lambda: (A * 2).exp(), lambda: A * 2, [{"exp": "only here"}, {}]),
    "one more in the middle": (lambda: (A * 2).exp(), lambda: (A * 2).relu().exp(), [{}, {"relu": "only here"}]),
    "one more at the beginning": (lambda: A.exp(), lambda: (-A).exp(), [{}, {"−x": "only here"}]),
    "one more before one of two inputs": (lambda: A * B, lambda: A * B.tanh(), [{}, {"tanh": "only here"}]),
    "a loop that runs longer": (lambda: repeated(A, 2), lambda: repeated(A, 4), [{}, {"×": "only here"}]),
    "a leaf for a constant": (lambda: A * tg.tensor(1.0), lambda: A * B, [{"1.0": "differs"}, {"B": "differs"}]),
    "inputs the other way round": (lambda: A.exp() - B, lambda: B - A.exp(),
                                   [{"exp": "only here"}, {"exp": "only here"}]),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_what_differs_is_marked_and_nothing_else(pair: str) -> None:
    first, second, expected = PAIRS[pair]
    picture = side_by_side(first(), second(), names={"A": A, "B": B})
    assert [marks(scene) for scene in picture.scenes] == expected
    words = re.sub(r"<[^<>]*>", " ", picture.svg or "")
    assert ("differs" in words, "only here" in words) == tuple(
        any(mark in scene.values() for scene in expected) for mark in ("differs", "only here")
    )


def test_each_turn_of_a_loop_that_ran_longer_is_marked() -> None:
    text = str(side_by_side(repeated(A, 2), repeated(B, 4)))
    assert text.count("(only here)") == 2 and "(another operation)" not in text
    assert "(another operation)" in str(side_by_side(A.exp(), A.tanh()))


def test_several_graphs_are_compared_with_the_first() -> None:
    picture = side_by_side(A * 2, A * 3, A * 2, captions=["one", "two", "three"])
    assert [bool(marks(scene)) for scene in picture.scenes] == [True, True, False]
    assert [scene.caption for scene in picture.scenes] == ["one", "two", "three"]


def test_models_drawn_closed_stand_side_by_side_too() -> None:
    small, large = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    pictures = [tg.draw(model, tg.ones(1, 2), open=1) for model in (small, large)]
    assert [marks(scene) for scene in side_by_side(*pictures).scenes] == [
        {"0 · Linear": "differs", "1 · Tanh": "differs"}
    ] * 2
    assert [marks(scene) for scene in side_by_side(pictures[0], pictures[0]).scenes] == [{}, {}]


def test_a_caption_is_kept_whole_up_to_a_line() -> None:
    caption = "Before the change: the bias is added inside the sum"
    assert caption in str(side_by_side(A * 2, captions=[caption]))
    assert len(str(side_by_side(A * 2, captions=["x" * 10_000]))) < 300


# Gradients


def graph() -> tuple[tg.Tensor, dict[str, tg.Tensor]]:
    """q = Σ (a × w) × a, where two paths meet at a; and its tensors by name."""
    a, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    h = a * w
    q = (h * a).sum()
    return q, {"a": a, "w": w, "h": h, "q": q}


RIGHT = {"a": [6.0, 16.0], "w": [1.0, 4.0], "h": [1.0, 2.0], "q": 1.0}


def test_right_gradients_are_said_to_be_right_and_nothing_is_marked() -> None:
    q, names = graph()
    picture = compare_gradients(q, RIGHT, names=names)
    assert note(picture) == "All 4 gradients are right." and marks(picture.scenes[0]) == {}
    assert "grad [6.0, 16.0]" in str(picture) and "All 4 gradients are right." in (picture.svg or "")


@pytest.mark.parametrize(
    ("wrong", "first"),
    [
        ({"a": [3.0, 8.0]}, "a"),
        ({"w": [0.0, 0.0]}, "w"),
        ({"a": [3.0, 8.0], "h": [0.0, 0.0]}, "h"),
        ({"a": [3.0, 8.0], "w": [0.0, 0.0], "h": [9.0, 9.0], "q": 2.0}, "q"),
        ({"w": [0.0, 0.0], "q": 3.0}, "q"),
    ],
)
def test_the_first_wrong_one_on_the_way_back_is_marked_alone(wrong: dict[str, Any], first: str) -> None:
    q, names = graph()
    picture = compare_gradients(q, RIGHT | wrong, names=names)
    assert list(marks(picture.scenes[0])) == [first]
    assert note(picture).startswith(f"The first wrong gradient on the way back is that of {first}: yours ")


def test_both_are_shown_in_the_picture_the_text_and_the_note() -> None:
    q, names = graph()
    picture = compare_gradients(q, {**RIGHT, "a": [3.0, 8.0]}, RIGHT, names=names)
    assert marks(picture.scenes[0]) == {"a": "yours [3.0, 8.0]\nexpected [6.0, 16.0]"}
    assert "grad [3.0, 8.0], yours [3.0, 8.0], expected [6.0, 16.0]" in str(picture)
    assert note(picture).endswith("that of a: yours [3.0, 8.0], expected [6.0, 16.0].")
    lines = re.findall(r">([^<]+)</text>", picture.svg or "")
    assert "yours [3.0, 8.0]" in lines and "expected [6.0, 16.0]" in lines
    assert picture.alt.endswith("expected [6.0, 16.0].") and "expected [6.0, 16.0]" in (picture.html or "")


def test_what_backward_left_is_compared_with_what_it_would_leave() -> None:
    q, names = graph()
    q.backward(retain_graph=True)
    assert note(compare_gradients(q, names=names)) == "All 2 gradients are right."
    q.backward(retain_graph=True)
    assert "that of a: yours [12.0, 32.0], expected [6.0, 16.0]" in note(compare_gradients(q, names=names))
    names["a"].grad = None
    names["w"].grad = tg.tensor(RIGHT["w"])
    assert note(compare_gradients(q, names=names)).endswith("that of a: yours none, expected [6.0, 16.0].")


def test_a_gradient_where_none_belongs_is_wrong_too() -> None:
    q, names = graph()
    assert "yours [1.0, 1.0], expected none" in note(compare_gradients(q, {"w": [1.0, 1.0]}, {"w": None}, names=names))
    assert note(compare_gradients(q, {"w": None}, {"w": None}, names=names)) == "The gradient is right."


def test_where_nothing_is_compared_that_is_said() -> None:
    q, names = graph()
    assert note(compare_gradients(q, {}, {}, names=names)) == "There is no gradient to compare."


def test_only_what_is_expected_is_compared_or_else_what_is_yours() -> None:
    q, names = graph()
    assert (
        note(compare_gradients(q, {"w": [1.0, 4.0], "a": 0.0}, {"w": RIGHT["w"]}, names=names))
        == "The gradient is right."
    )
    assert note(compare_gradients(q, {"w": [1.0, 4.0]}, names=names)) == "The gradient is right."
    assert "that of h: yours none" in note(compare_gradients(q, {"a": RIGHT["a"]}, RIGHT | {"q": None}, names=names))


def test_gradients_that_are_not_yours_are_not_shown() -> None:
    q, names = graph()
    q.backward(retain_graph=True)
    assert str(compare_gradients(q, {"w": [1.0, 4.0]}, names=names)).count("grad [") == 1


@pytest.mark.parametrize(
    ("yours", "right", "words"),
    [
        ([[6.0, 16.0]], [6.0, 16.0], "yours has shape (1, 2), expected (2,)"),
        (6.0, [6.0, 16.0], "yours has shape (), expected (2,)"),
        ([6.0, np.nan], [6.0, 16.0], "yours [6.0, nan], expected [6.0, 16.0]"),
        ([6.0, 16.1], [6.0, 16.0], "yours [6.0, 16.1], expected [6.0, 16.0]"),
    ],
)
def test_what_is_wrong_is_told(yours: Any, right: Any, words: str) -> None:
    q, names = graph()
    assert note(compare_gradients(q, {"a": yours}, {"a": right}, names=names)).endswith(f"that of a: {words}.")


@pytest.mark.parametrize(("yours", "right"), [([6.0001, 16.0], [6.0, 16.0]), ([np.nan, 1.0], [np.nan, 1.0])])
def test_what_rounding_does_is_right(yours: list[float], right: list[float]) -> None:
    q, names = graph()
    assert note(compare_gradients(q, {"a": yours}, {"a": right}, names=names)) == "The gradient is right."


def test_of_a_large_gradient_the_first_wrong_number_is_told() -> None:
    weights = leaf(np.zeros((3, WRITTEN)).tolist())
    yours = np.ones((3, WRITTEN))
    yours[1, 2:] = 5.0
    text = note(compare_gradients((weights * 1).sum(), {"weights": yours}))
    assert text.endswith(f"that of weights: yours 5.0, expected 1.0, at [1, 2]; {WRITTEN - 2} of {3 * WRITTEN} differ.")


def test_tensors_and_arrays_are_taken_as_well_as_names_and_numbers() -> None:
    q, names = graph()
    yours = {names["a"]: np.array(RIGHT["a"]), names["h"]: tg.tensor(RIGHT["h"]), "w": (1.0, 4.0)}
    assert note(compare_gradients(q, yours, names=names)) == "All 3 gradients are right."


def test_a_nameless_tensor_is_called_what_it_is() -> None:
    kept = [leaf(1.0)]
    assert "that of a leaf: yours 3.0, expected 2.0" in note(compare_gradients(kept[0] * 2, {kept[0]: 3.0}))


def test_a_leaf_alone_has_the_gradient_one() -> None:
    alone = leaf(2.0)
    assert "expected 1.0" in note(compare_gradients(alone, {"alone": 2.0}))


def test_computing_the_right_ones_changes_nothing() -> None:
    q, names = graph()
    seen: list[tg.Tensor] = []
    names["h"].retain_grad()
    names["h"].register_hook(seen.append)
    names["a"].register_hook(seen.append)
    for _ in range(2):
        assert note(compare_gradients(q, {"a": RIGHT["a"]}, names=names)) == "The gradient is right."
    assert seen == [] and all(tensor.grad is None for tensor in names.values())
    q.backward()
    assert names["h"].grad.tolist() == RIGHT["h"] and len(seen) == 2


def test_a_part_of_a_graph_is_compared_by_itself() -> None:
    q, names = graph()
    picture = compare_gradients(q, {"h": [1.0, 2.0]}, names=names, depth=2)
    assert note(picture) == "The gradient is right." and "earlier result" in str(picture)
    with pytest.raises(ValueError, match="'w' is not in the graph"):
        compare_gradients(q, {"w": [1.0, 2.0]}, names=names, depth=2)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3.0,), TypeError, "expected a Tensor, got float"),
        ((A * 2, {"b": 1.0}), ValueError, "'b' is not in the graph; named in it are: A"),
        ((A * 2, {A: 1.0}, {B: 1.0}), ValueError, r"'tensor\(-3.*is not in the graph"),
        ((A * 2, {"n" * 10_000: 1.0}), ValueError, "^compare_gradients: '.{39}' is not in the graph"),
        ((leaf(1.0) * 2, {"b": 1.0}), ValueError, "named in it are: nothing"),
    ],
)
def test_what_cannot_be_compared_is_said(arguments: tuple, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compare_gradients(*arguments, names={"A": A})


def test_a_graph_that_was_freed_needs_the_right_gradients() -> None:
    q, names = graph()
    q.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        compare_gradients(q, names=names)
    assert note(compare_gradients(q, None, {"a": RIGHT["a"]}, names=names)) == "The gradient is right."


# Stored drawings


def first_graph() -> Picture:
    x = tg.tensor([2.0], requires_grad=True)
    y = x * 2
    y.backward()
    return tg.draw(y)


def two_layers() -> Picture:
    x, w = tg.tensor([[1.0, 2.0], [3.0, 4.0]]), leaf([[0.5, -1.0], [0.25, 0.75]])
    bias = leaf([0.1, -0.2])
    h = (x.double() @ w + bias).relu()
    loss = (h**2).mean()
    loss.backward()
    return tg.draw(loss)


def one_leaf_often() -> Picture:
    x = leaf([0.5, -1.0])
    y = x
    for _ in range(8):
        y = (y + x).tanh()
    return tg.draw(y, theme="dark")


def two_branches() -> Picture:
    def branch(x: tg.Tensor) -> tg.Tensor:
        return x * 2 if x > 0 else (x * 3).exp()

    a, b = leaf(2.0), leaf(-3.0)
    return side_by_side(branch(a), branch(b), captions=["x = 2", "x = -3: <less>"])


def blocks() -> nn.Module:
    """A model whose parameters depend on nothing random."""
    hidden = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(6)]
    model = nn.Sequential(nn.Linear(3, 4), *hidden, nn.Linear(4, 1))
    for parameter in model.parameters():
        parameter.data[...] = np.linspace(-0.5, 0.5, parameter.numel()).reshape(parameter.shape)
    return model


def closed_model() -> Picture:
    model = blocks()
    return tg.draw(model, tg.ones(2, 3), limit=10)


def opened_model() -> Picture:
    model = blocks()
    pixels = tg.tensor(np.add.outer(np.arange(12.0), np.arange(3.0)), dtype=tg.float32)
    return tg.draw(model, pixels, open=["0", "1"])


def wrong_gradient() -> Picture:
    q, names = graph()
    return compare_gradients(q, {**RIGHT, "a": [3.0, 8.0]}, names=names, theme="light")


DRAWINGS = (first_graph, two_layers, one_leaf_often, two_branches, closed_model, opened_model, wrong_gradient)


def without_geometry(svg: str) -> list[str]:
    """The lines of an SVG without what depends on the fonts, as nbval compares the solutions' pictures."""
    rules = re.findall(r"^regex: (.+)\nreplace: ?(.*)$", GEOMETRY.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rules) > 20
    for pattern, replacement in rules:
        svg = re.sub(pattern, replacement, svg)
    return svg.splitlines()


@pytest.mark.parametrize("drawing", DRAWINGS, ids=[drawing.__name__ for drawing in DRAWINGS])
def test_a_drawing_is_the_stored_one(drawing: Callable[[], Picture]) -> None:
    picture = drawing()
    stored = (STORED / f"{drawing.__name__}.svg").read_text(encoding="utf-8")
    assert without_geometry(picture.svg or "") == without_geometry(stored)


def test_every_stored_drawing_is_one_of_these() -> None:
    assert sorted(path.stem for path in STORED.iterdir()) == sorted(drawing.__name__ for drawing in DRAWINGS)


if __name__ == "__main__":
    for drawing in DRAWINGS:
        (STORED / f"{drawing.__name__}.svg").write_text(drawing().svg or "", encoding="utf-8", newline="\n")
