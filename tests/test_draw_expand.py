"""Drawings and the player show fused operations as their composites, as if those had been recorded."""

from __future__ import annotations

import gc
import re
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tests.test_fused import Row, all_fused, every_row, normal, seed, subsets, tensors
from tinygrad_course import nn
from tinygrad_course.autograd import grad
from tinygrad_course.draw import compare_gradients, side_by_side
from tinygrad_course.draw.dry_pass import dry_pass
from tinygrad_course.draw.expand import expanded
from tinygrad_course.draw.names import Names
from tinygrad_course.draw.play import play
from tinygrad_course.draw.scene import Artist, Operation, Scene, Value, sketch
from tinygrad_course.fused import Fused
from tinygrad_course.graph import Node, walk
from tinygrad_course.modes import using
from tinygrad_course.nn import functional as F

FUSED = {op.__name__ for op in all_fused()}
ROUNDING = re.compile(r"mean (-?[0-9.]+e-[12][0-9]|0\.0(?![0-9]))")  # of numbers whose mean is zero


class Net(nn.Module):
    """A transformer's layer and more around it, so that every kind of fused operation is there."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, activation="gelu", batch_first=True)
        self.last = nn.Linear(4, 2)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        h = self.layer(self.first(x))
        return self.last(F.scaled_dot_product_attention(h, h, h, is_causal=True).mean(1))


@pytest.fixture
def model() -> Net:
    tg.manual_seed(0)
    return Net().double()


def loss_of(model: nn.Module, batch: int = 2, fused: bool = True) -> tg.Tensor:
    x, classes = tg.tensor(normal(batch, 3, 3)), tg.tensor(np.arange(batch) % 2)
    with using(fused=fused):
        return F.cross_entropy(model(x), classes)


def mlp() -> nn.Module:
    tg.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(9, 5), nn.Tanh(), nn.Linear(5, 2)).double()


def scene(y: tg.Tensor, **named: tg.Tensor) -> Scene:
    return sketch(y, Names(named, [])).scene


def text(y: tg.Tensor, *xs: tg.Tensor) -> str:
    picture = tg.draw(y, names={"y": y, **{f"x{i}": x for i, x in enumerate(xs)}})
    return ROUNDING.sub("mean 0", str(picture))


def wiring(scene: Scene) -> list[Any]:
    """All that a scene holds but for numbers."""
    return [
        (step.op, step.params, step.inputs, step.output, step.frame)
        if isinstance(step, Operation)
        else (step.kind, step.name, step.shape, step.frame, step.bare)
        for step in scene.steps
    ]


def shows_nothing_else(one: Scene, other: Scene) -> bool:
    """Whether each number that the one shows is the other's."""
    pairs = [(a, b) for a, b in zip(one.steps, other.steps, strict=True) if isinstance(a, Value)]
    return all(a.digits is None or a.digits == b.digits for a, b in pairs)


def recorded(row: Row, fused: bool, *wanted: bool) -> tuple[tg.Tensor, list[tg.Tensor]]:
    xs = tensors(row, wanted) if wanted else tensors(row)
    with using(fused=fused):
        return row.call(*xs), xs


# The picture


@every_row
@pytest.mark.parametrize("after", [False, True], ids=["before", "after backward"])
def test_each_fused_operation_is_drawn_as_its_composite(row: Row, after: bool) -> None:
    (one, xs), (other, zs) = recorded(row, True), recorded(row, False)
    if after:
        one.backward(seed(one))
        other.backward(seed(other))
    assert text(one, *xs) == text(other, *zs)
    assert ("grad" in text(one, *xs)) == after


@every_row
def test_so_is_one_whose_inputs_want_no_gradient(row: Row) -> None:
    for wanted in subsets(row):
        (one, xs), (other, zs) = recorded(row, True, *wanted), recorded(row, False, *wanted)
        assert text(one, *xs) == text(other, *zs)
        one.backward(seed(one))
        other.backward(seed(other))
        assert wiring(scene(one)) == wiring(scene(other)) and shows_nothing_else(scene(one), scene(other))


@every_row
def test_so_is_one_in_the_graph_of_a_gradient(row: Row) -> None:
    y, xs = recorded(row, True)
    for g in grad(y, [x for x in xs if x.requires_grad], seed(y), create_graph=True):
        shown = scene(g + y.sum())
        assert FUSED.isdisjoint(operation.op for _, operation in shown.operations())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after backward"])
def test_a_model_is_drawn_in_the_same_frames_to_the_letter(model: Net, after: bool) -> None:
    one, other = loss_of(model), loss_of(model, fused=False)
    if after:
        one.backward()
        model.zero_grad()
        other.backward()
    shown = [tg.draw(loss, names={"model": model, "loss": loss}).dot for loss in (one, other)]
    assert shown[0] == shown[1] and "layer.norm1 · LayerNorm" in shown[0]


def test_a_part_a_closed_model_and_several_graphs_are_the_same_too(model: Net) -> None:
    one, other = loss_of(model), loss_of(model, fused=False)
    for options in ({"depth": 4}, {"open": False}, {"open": "layer", "limit": 10}):
        shown = [tg.draw(loss, names={"model": model, "loss": loss}, **options).dot for loss in (one, other)]
        assert shown[0] == shown[1]
    assert "differs" not in str(side_by_side(one, other)) and "only here" not in str(side_by_side(one, other))


def test_names_and_kept_gradients_of_results_stay_theirs() -> None:
    x, w = tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0, 4.0]], requires_grad=True)
    h = F.linear(x, w)
    h.retain_grad()
    y = F.linear(h, tg.tensor([[2.0]]))
    y.sum().backward()
    assert "h = x @ #2 → [[11.0]], shape (1, 1), grad [[2.0]]" in str(tg.draw(y))
    assert "h (earlier result) = [[11.0]], shape (1, 1), grad [[2.0]]" in str(tg.draw(y, depth=1))


def test_a_name_stays_with_its_own_graph() -> None:
    x, w = tg.tensor([1.0, 2.0]), tg.tensor([[3.0, 4.0]], requires_grad=True)
    made = {f"y{i}": F.linear(x, w, w.sum(1)) for i in range(30)}
    for name, shown in zip(made, side_by_side(*made.values(), names=made).scenes, strict=True):
        results = [step.name for step in shown.steps if isinstance(step, Value) and step.kind == "result"]
        assert results[-1] == name and not any(results[:-1])


def test_what_was_recorded_can_be_drawn_as_well() -> None:
    x, w = tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0, 4.0]], requires_grad=True)
    y = F.linear(x, w) * 2
    assert [operation.label for _, operation in tg.draw(y).scenes[0].operations()] == ["permute", "@", "×"]
    assert [operation.label for _, operation in tg.draw(y, fused=True).scenes[0].operations()] == ["linear", "×"]


def test_without_fused_operations_nothing_is_made() -> None:
    y = tg.tensor(2.0, requires_grad=True).exp() * 3
    assert expanded(y.node, {y.node}, {}) == {}


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_recurrent_network_is_drawn_and_played_step_by_step(kind: type[nn.Module]) -> None:
    model, x = kind(3, 2), tg.tensor(normal(3, 2, 3), dtype=tg.float32)
    with using(fused=False):
        other = model(x)[0].sum()
    one = model(x)[0].sum()
    shown = [tg.draw(loss, names={"loss": loss}, limit=1000).dot for loss in (one, other)]
    assert shown[0] == shown[1]
    played = [ROUNDING.sub("mean 0", str(play(loss, names={"loss": loss}, limit=1000))) for loss in (one, other)]
    assert played[0] == played[1]


# Numbers that are gone, or were written to


def test_after_backward_a_large_model_shows_what_is_known_and_no_other_numbers(model: Net) -> None:
    one, other = loss_of(model, 40), loss_of(model, 40, fused=False)
    one.backward()
    model.zero_grad()
    other.backward()
    shown, expected = scene(one, model=model), scene(other, model=model)
    assert wiring(shown) == wiring(expected) and shows_nothing_else(shown, expected)


def test_a_mask_and_class_numbers_that_are_gone_are_still_a_mask_and_class_numbers() -> None:
    q = tg.tensor(normal(1, 10, 3), requires_grad=True)
    scores = tg.tensor(normal(100, 3), requires_grad=True)
    classes = tg.tensor(np.arange(100) % 3)

    def freed(fused: bool) -> list[Scene]:
        with using(fused=fused):
            ends = [F.scaled_dot_product_attention(q, q, q, is_causal=True).sum(), F.cross_entropy(scores, classes)]
        for y in ends:
            y.backward()
        return [scene(y, q=q, scores=scores) for y in ends]

    for one, other in zip(freed(True), freed(False), strict=True):
        assert wiring(one) == wiring(other) and shows_nothing_else(one, other)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after backward"])
@every_row
def test_numbers_that_were_written_to_are_not_worked_with_again(row: Row, after: bool) -> None:
    (one, xs), (other, zs) = recorded(row, True), recorded(row, False)
    for y, inputs in ((one, xs), (other, zs)):
        if after:
            y.backward(seed(y))
        with tg.no_grad():
            for x in inputs:
                if x.requires_grad:
                    x *= 3
    shown, expected = scene(one), scene(other)
    assert wiring(shown) == wiring(expected) and shows_nothing_else(shown, expected)


# The player


@pytest.mark.parametrize("make", [mlp, lambda: Net().double()], ids=["mlp", "transformer"])
def test_the_players_gradients_are_those_of_backward(make: Any) -> None:
    model = make()
    loss = loss_of(model)
    artist = sketch(loss, Names(None, []))
    found = gradients(artist, loss)
    loss.backward(retain_graph=True)
    for p in model.parameters():
        np.testing.assert_allclose(found[p], p.grad.numpy(), rtol=1e-9, atol=1e-12)
    count = len(list(model.parameters()))
    assert compare_gradients(loss, {p: p.grad for p in model.parameters()}).scenes[0].note == (
        f"All {count} gradients are right."
    )


def gradients(artist: Artist, y: tg.Tensor) -> dict[tg.Tensor, np.ndarray]:
    """What the dry pass brings to each leaf."""
    found: dict[tg.Tensor, Any] = {}
    for node, _, _, gradients in dry_pass(artist.root, np.ones_like(y.data)):  # type: ignore[arg-type]
        for i, _, gradient in gradients:
            if isinstance(leaf := node.inputs[i], tg.Tensor):
                found[leaf] = found.get(leaf, 0) + gradient
    return found


def test_a_part_is_played_with_the_gradients_of_the_whole(model: Net) -> None:
    loss, other = loss_of(model), loss_of(model, fused=False)
    played = [str(play(y, depth=12, names={"loss": y, "model": model})) for y in (loss, other)]
    assert ROUNDING.sub("mean 0", played[0]) == ROUNDING.sub("mean 0", played[1])
    artist = sketch(loss, Names(None, []), depth=2)
    found = gradients(artist, loss)
    assert any(issubclass(node.op, Fused) for node in walk(artist.root)), "what is not drawn is not made"  # type: ignore[arg-type]
    loss.backward()
    for p in model.parameters():
        np.testing.assert_allclose(found[p], p.grad.numpy(), rtol=1e-9, atol=1e-12)


@every_row
def test_each_fused_operation_is_played_as_its_composite(row: Row) -> None:
    (one, xs), (other, zs) = recorded(row, True), recorded(row, False)
    shown = [
        ROUNDING.sub("mean 0", str(play(y, seed(y), limit=100, names={f"x{i}": x for i, x in enumerate(inputs)})))
        for y, inputs in ((one, xs), (other, zs))
    ]
    assert shown[0] == shown[1] and ".grad_" in shown[0] and not any(name in shown[0] for name in FUSED)


def test_the_player_says_what_was_freed_and_what_was_written_to() -> None:
    y = F.linear(tg.tensor([1.0, 2.0]), tg.tensor([[3.0, 4.0]], requires_grad=True))
    y.sum().backward()
    assert "backward through the graph a second time: what MatMul saved" in str(play(y))
    model = mlp()
    loss = loss_of(model)
    with tg.no_grad():
        model[3].weight *= 2
    assert "modified by an inplace operation: 'y' of MatMul" in str(play(loss))


def test_a_hook_of_a_fused_operations_result_is_mentioned_and_does_not_run() -> None:
    x, w = tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0, 4.0]], requires_grad=True)
    h = F.linear(x, w)
    h.register_hook(lambda g: pytest.fail("it ran"))
    assert str(play(h.sum())).count("A hook is registered here") == 1


# Nothing is touched


def slots(y: tg.Tensor) -> list[dict[str, Any]]:
    return [{name: getattr(node, name) for name in Node.__slots__ if name != "__weakref__"} for node in walk(y.node)]


@pytest.mark.parametrize("look", [tg.draw, play, compare_gradients], ids=["draw", "play", "compare"])
def test_the_recorded_graph_stays_as_it_was(model: Net, look: Any) -> None:
    loss = loss_of(model)
    before, versions = slots(loss), [p.version[0] for p in model.parameters()]
    look(loss)
    for was, now in zip(before, slots(loss), strict=True):
        assert all(was[name] is now[name] for name in was)
    assert versions == [p.version[0] for p in model.parameters()]
    assert all(p.grad is None and p.node is None for p in model.parameters())
    loss.backward()
    expected = [p.grad for p in model.parameters()]
    model.zero_grad()
    loss_of(model).backward()
    assert all((p.grad == g).all() for p, g in zip(model.parameters(), expected, strict=True))


def test_a_drawing_keeps_no_node_alive(model: Net) -> None:
    loss = loss_of(model)

    def alive() -> int:
        gc.collect()
        return sum(type(thing) is Node for thing in gc.get_objects())

    before = alive()
    kept = [tg.draw(loss), play(loss, depth=3), side_by_side(loss, loss), compare_gradients(loss)]
    assert alive() == before and len(kept) == 4


def test_modes_stay_what_they_were_and_play_no_part() -> None:
    loss = loss_of(mlp())
    expected = str(tg.draw(loss, names={"y": loss}))
    with tg.no_grad(), tg.autograd.detect_anomaly(), using(fused=False):
        assert str(tg.draw(loss, names={"y": loss})) == expected
        assert not tg.is_grad_enabled()
    assert loss_of(mlp()).grad_fn.op.__name__ == "FusedCrossEntropy"
