"""What a drawing says: every node and arrow once, the learner's names, numbers, gradients, and nothing that harms."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_course as tg
from tinygrad_course.draw import Picture, side_by_side
from tinygrad_course.draw.digits import digits_of, number
from tinygrad_course.draw.picture import WIDEST, svg_width
from tinygrad_course.draw.scene import Operation, nearest
from tinygrad_course.graph import walk

ARROW = re.compile(r"^\s*(n\d+) -> (n\d+)", re.MULTILINE)
NODE = re.compile(r"^\s*(n\d+) \[", re.MULTILINE)


def leaf(numbers: object) -> tg.Tensor:
    return tg.tensor(numbers, requires_grad=True)


def arrows(picture: Picture) -> list[tuple[str, str]]:
    return ARROW.findall(picture.dot)


def words(picture: Picture) -> dict[str, str]:
    """The text of each node of the SVG, by the node's name in the DOT."""
    root = ElementTree.fromstring(picture.svg or "")
    groups = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "node"]
    return {str(g.get("id")).partition("-")[2]: " ".join(t.strip() for t in g.itertext() if t.strip()) for g in groups}


def chain(x: tg.Tensor, length: int) -> tg.Tensor:
    for _ in range(length):
        x = x + 1
    return x


class Module:
    """As much of a module as a drawing looks at."""

    def __init__(self, **parameters: tg.Tensor) -> None:
        self.parameters = parameters

    def named_parameters(self) -> list[tuple[str, tg.Tensor]]:
        return [(name.replace("_", "."), tensor) for name, tensor in self.parameters.items()]


# What stands in the picture


def test_the_first_graph_of_the_course() -> None:
    x = leaf([2.0])
    y = x * 2
    y.backward()
    picture = tg.draw(y)
    assert arrows(picture) == [("n0", "n2"), ("n1", "n2"), ("n2", "n3")]
    assert words(picture) == {
        "n0": "x leaf 2.0 shape (1,) grad 2.0",
        "n1": "constant 2",
        "n2": "×",
        "n3": "y result 4.0 shape (1,)",
    }
    assert str(picture).splitlines() == [
        "Graph of y: 1 operation, 1 leaf, 1 constant.",
        "1. x (leaf) = [2.0], shape (1,), grad [2.0]",
        "2. y = x × 2 → [4.0], shape (1,)",
    ]
    assert repr(picture) == "<Picture: Graph of y: 1 operation, 1 leaf, 1 constant>"


def test_a_value_used_twice_is_one_box_with_two_arrows() -> None:
    x = leaf(3.0)
    assert arrows(tg.draw(x * x)) == [("n0", "n1"), ("n0", "n1"), ("n1", "n2")]
    shared = tg.tensor([1.0, 2.0])
    assert words(tg.draw(x * shared + shared))["n1"] == "shared constant 1.0 2.0 shape (2,)"
    assert tg.draw(x * shared + shared).dot.count("shared") == 1


def test_inputs_stand_in_their_order_from_the_top() -> None:
    a, b = leaf(1.0), leaf(2.0)
    for y, upper, lower in ((b - a * 5, ">b<", ">5.0<"), (a * 5 - b, ">5.0<", ">b<")):
        svg = tg.draw(y).svg or ""
        heights = [re.search(rf'y="([-.0-9]+)"[^<]*{text}', svg) for text in (upper, lower)]
        assert heights[0] and heights[1] and float(heights[0][1]) < float(heights[1][1])


def test_a_tensor_without_a_graph_is_one_box() -> None:
    weights = tg.tensor([[1, 2], [3, 4]])
    assert words(tg.draw(weights)) == {"n0": "weights constant 1 2 3 4 shape (2, 2)"}
    assert str(tg.draw(leaf(1.5))) == "Graph: 1 leaf.\n1. leaf = 1.5, shape ()"


def test_parameters_of_operations_dtypes_and_lost_numbers_are_told() -> None:
    x = tg.tensor(np.ones((20, 20)), dtype=tg.float64, requires_grad=True)
    y = (x + tg.tensor(np.ones((20, 20)))).sum(1)[2:5]
    y.backward(tg.ones(3, dtype=tg.float64))
    x.grad = None
    text = str(tg.draw(y))
    assert "x (leaf) = each 1.0, shape (20, 20), float64" in text
    assert "constant, shape (20, 20)" in text
    assert "has shape (20, 20), float64" in text
    assert "Sum(#3, axis 1)" in text
    assert "key 2:5" in text
    assert "Sum(x, axis (0, 1), keepdims)" in str(tg.draw(x.sum(keepdim=True)))


def test_a_function_of_the_users_own_goes_by_its_name() -> None:
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx: tg.autograd.function.Context, x: tg.Tensor) -> tg.Tensor:
            return x * 2

    y = Twice.apply(leaf(1.0))
    assert "Twice(" in str(tg.draw(y)) and "0x" not in tg.draw(y).dot


def test_numbers_stay_as_they_were_when_drawn() -> None:
    x = leaf(2.0)
    y = x * 2
    before = tg.draw(y)
    y.backward()
    x.data[...] = 5.0
    assert "grad" not in str(before) and "x (leaf) = 2.0" in str(before)
    assert "x (leaf) = 5.0, shape (), grad 2.0" in str(tg.draw(y))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"), (2.0, "2.0"), (-0.0, "0.0"), (0.1234567, "0.1235"), (12345.678, "12346.0"), (1e-7, "1e-07"),
        (1234567.0, "1.235e+06"), (float("nan"), "nan"), (float("-inf"), "-inf"), (True, "True"),
        (np.float32(0.1), "0.1"), (np.int64(7), "7"), (np.bool_(False), "False"),
    ],
)  # fmt: skip
def test_numbers_are_short(value: object, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (np.zeros(0), "no numbers"),
        (np.arange(9.0), "0.0 to 8.0, mean 4.0"),
        (np.array([np.nan] * 9), "nothing finite"),
        (np.array([1.0] * 9 + [np.inf]), "each 1.0, and 1 not finite"),
        (np.array([True] * 6 + [False] * 6), "True 6 of 12 times"),
        (np.arange(4).reshape(2, 1, 2), "[[[0, 1]], [[2, 3]]]"),
        (np.full((3, 3), 1 / 3), "[[0.333, 0.333, 0.333], [0.333, 0.333, 0.333], [0.333, 0.333, 0.333]]"),
    ],
)
def test_large_arrays_are_summed_up(array: np.ndarray, line: str) -> None:
    assert digits_of(array).line == line


# Every node and every arrow, once

UNARY = [lambda a: -a, lambda a: a.exp(), lambda a: a.relu(), lambda a: a * 3, lambda a: a.sum(0, keepdim=True)]
BINARY = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a @ b]
STEPS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=14)


def program(steps: list[tuple[int, int, int]]) -> tg.Tensor:
    """A made-up program on 2 × 2 matrices; each step takes earlier values."""
    made = [leaf([[0.5, -1.0], [2.0, 0.0]]), tg.tensor([[1.0, 2.0], [3.0, 4.0]]), leaf([[1.0, 1.0], [0.0, 1.0]])]
    for which, i, j in steps:
        a, b = made[i % len(made)], made[j % len(made)]
        made.append(UNARY[which](a).expand(2, 2) if which < len(UNARY) else BINARY[which - len(UNARY)](a, b))
    return made[-1] + made[0]


@given(steps=STEPS)
@settings(max_examples=40)
@np.errstate(all="ignore")
def test_any_graph_has_every_node_and_arrow_once(steps: list[tuple[int, int, int]]) -> None:
    y = program(steps)
    picture = tg.draw(y)
    nodes = walk(y.node)
    operations = [step for step in picture.scenes[0].steps if isinstance(step, Operation)]
    assert [operation.op for operation in operations] == [node.op.__name__ for node in nodes]
    assert [len(operation.inputs) for operation in operations] == [len(node.inputs) for node in nodes]
    names = [f"n{place}" for place in range(len(picture.scenes[0].steps))]
    assert NODE.findall(picture.dot) == names
    assert Counter(arrows(picture)) == Counter((f"n{a}", f"n{b}") for a, b in picture.scenes[0].edges())
    assert sorted(words(picture)) == sorted(names)
    assert all(words(picture).values()), "Graphviz leaves a label out where it cannot read it"
    assert (picture.svg or "").count('class="edge"') == len(arrows(picture))
    leaves = {id(source) for node in nodes for source in node.inputs if isinstance(source, tg.Tensor)}
    assert sum(getattr(step, "kind", "") == "leaf" for step in picture.scenes[0].steps) == len(leaves)


def test_the_same_program_gives_the_same_picture() -> None:
    steps = [(7, 0, 1), (5, 3, 2), (0, 4, 0), (8, 5, 1)]
    first, second = tg.draw(program(steps)), tg.draw(program(steps))
    assert first.dot == second.dot and first.svg == second.svg and str(first) == str(second)
    assert "0x" not in first.dot


# Names


def test_local_names_come_before_global_ones() -> None:
    source = (
        "import tinygrad_course as tg\n"
        "x = shadowed = tg.tensor(1.0, requires_grad=True)\n"
        "_hidden = other = tg.tensor(2.0, requires_grad=True)\n"
        "def f(inner, other2):\n    z = inner * other2\n    return z.draw()\n"
        "inside, outside = f(x, other), tg.draw(x * other)\n"
    )
    space: dict[str, Picture] = {}
    exec(source, space)
    assert "z = inner × other2" in str(space["inside"])
    assert "x × other" in str(space["outside"])


def test_given_names_come_first_and_module_parameters_before_variables() -> None:
    weight, bias = leaf([1.0]), leaf([2.0])
    model = Module(layer_weight=weight, layer_bias=bias)
    for p in model.parameters.values():
        y = p * 1 + weight
    assert "model.layer.bias × 1" in str(tg.draw(y)) and "p ×" not in str(tg.draw(y))
    assert "bias × 1" in str(tg.draw(y, names={"bias": bias}))
    assert "net.layer.weight" in str(tg.draw(y, names={"net": model}))


def test_what_is_called_a_module_but_fails_is_passed_over() -> None:
    class Broken:
        def named_parameters(self) -> None:
            raise RuntimeError

        @property
        def __class__(self) -> type:  # type: ignore[override]
            raise AssertionError("a drawing runs no code of other objects")

    broken, x = Broken(), leaf(1.0)
    assert "x (leaf)" in str(tg.draw(x)) and broken is not None


def test_a_parameter_is_told_from_a_leaf() -> None:
    class Parameter(tg.Tensor):
        pass

    w = Parameter(np.ones(2))
    w.requires_grad = True
    assert words(tg.draw(w * 1))["n0"].startswith("w parameter")


def test_an_intermediate_result_shows_its_name_and_the_gradient_it_keeps() -> None:
    x = leaf([1.0] * 100)
    h = x * 2
    y = h.sum()
    assert "h = x × 2 → each 2.0, shape (100,)" in str(tg.draw(y))
    h.grad = tg.tensor([1.0] * 100)
    assert "h = x × 2 → each 2.0, shape (100,), grad each 1.0" in str(tg.draw(y))


# Harmless whatever a name holds

NASTY = ["</script><b>", "a&amp;b", "\\N\\G\\l", '"] n9 [label="', "<TABLE>", "x\ny\0z", "\ud800", "名前", "-->", " "]


@pytest.mark.parametrize("name", NASTY)
def test_names_are_escaped(name: str) -> None:
    x = leaf(1.0)
    picture = tg.draw(x * 2, names={name: x})
    shown = "".join(c if c.isprintable() else " " for c in name)
    assert " ".join(words(picture)["n0"].split()) == " ".join(f"{shown} leaf 1.0 shape ()".split())
    assert len(words(picture)) == 4
    assert "<script" not in (picture.svg or "") and "</script" not in (picture.svg or "")
    assert side_by_side(x, captions=[name]).svg is not None
    assert picture.png is not None


def test_a_long_name_is_shortened() -> None:
    x = leaf(1.0)
    picture = tg.draw(x, names={"begin" + "x" * 10_000 + "end": x})
    assert len(picture.dot) < 3000 and len(str(picture)) < 200
    assert "begin" in str(picture) and "end (leaf)" in str(picture)


@given(name=st.text(max_size=60))
@settings(max_examples=40)
def test_any_name_gives_a_picture(name: str) -> None:
    x = leaf(1.0)
    assert len(words(tg.draw(x * 2, names={name: x}))) == 4


# Options


def test_long_chains_go_downwards_unless_told() -> None:
    x = leaf(1.0)
    assert "rankdir=LR" in tg.draw(chain(x, 5)).dot and "rankdir=TB" in tg.draw(chain(x, 6)).dot
    assert "rankdir=RL" in tg.draw(chain(x, 6), direction="RL").dot


def test_depth_draws_only_what_is_near() -> None:
    x = leaf(1.0)
    text = str(tg.draw(chain(x, 9), depth=2))
    assert text.startswith("Graph: 2 operations, 2 constants, 1 earlier result.")
    assert "earlier result = 8.0" in text and "→ 10.0" in text


def test_values_and_gradients_may_be_left_out() -> None:
    x = leaf([1.0, 2.0])
    y = (x * 3).sum()
    y.backward()
    assert str(tg.draw(y, values=False, grads=False)).splitlines()[1:] == [
        "1. x (leaf), shape (2,)",
        "2. x × 3 has shape (2,)",
        "3. y = Sum(#2, axis 0) has shape ()",
    ]


def test_wrong_calls_say_what_to_do() -> None:
    x = leaf(1.0)
    with pytest.raises(TypeError, match=r"expected a Tensor, got float; .*tg.tensor"):
        tg.draw(1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="direction must be one of LR, TB, RL, BT, not 'up'"):
        tg.draw(x, direction="up")
    with pytest.raises(ValueError, match="depth counts operations, from 1"):
        tg.draw(x, depth=0)
    with pytest.raises(TypeError, match="names takes each name with its tensor"):
        tg.draw(x, names={x: "x"})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="1 graphs and 2 captions"):
        side_by_side(x, captions=["a", "b"])
    with pytest.raises(ValueError, match="0 graphs"):
        side_by_side()


def test_a_graph_too_large_to_read_is_summed_up() -> None:
    x = leaf(1.0)
    picture = tg.draw(chain(x, 3000), open=True, limit=100)
    data, _ = picture._repr_mimebundle_()
    assert list(data) == ["text/plain"] and data["text/plain"] == str(picture)
    assert str(picture).startswith("Graph: 3,000 operations, 1 leaf, 3,000 constants.")
    assert "3,000 × Add" in str(picture) and "depth=3" in str(picture)
    assert "limit=..." in str(picture) and "#3000" in str(tg.draw(chain(x, 3000), limit=3000, open=True))


# Side by side


def test_two_branches_stand_side_by_side_and_what_differs_is_marked() -> None:
    a, b = leaf(2.0), leaf(-3.0)
    picture = side_by_side(a * 2, tg.draw(b * 3), captions=["x = 2", "x = -3"])
    shown = words(picture)
    assert [shown[name] for name in ("n1", "n5")] == ["constant 2 differs", "constant 3 differs"]
    assert shown["n0"] == "a leaf 2.0 shape ()" and shown["n4"] == "b leaf -3.0 shape ()"
    assert shown["n2"] == shown["n6"] == "×"
    assert "x = 2" in (picture.svg or "") and "x = -3" in (picture.svg or "")
    assert "a × 2 (differs) → 4.0" in str(picture) and str(picture).startswith("x = 2: 1 operation")


def test_another_operation_is_marked_and_nothing_in_equal_graphs() -> None:
    a = leaf(2.0)
    changed = words(side_by_side((a * 2).relu(), (a * 2).exp()))
    assert sorted(text for text in changed.values() if "differs" in text) == ["exp differs", "relu differs"]
    assert "differs" not in str(side_by_side(a * 2, a * 2))
    shift, scale = tg.tensor([1.0]), tg.tensor([2.0])
    assert "scale (constant) = [2.0], shape (1,), differs" in str(side_by_side(a + shift, a + scale))
    assert "frame" not in str(side_by_side(a * 2, a * 2, a * 4)).lower()


def test_marking_leaves_the_pictures_it_was_given_alone() -> None:
    a = leaf(2.0)
    first = tg.draw(a * 2)
    before = first.dot
    side_by_side(first, a * 3, captions=["one", "two"])
    assert tg.draw(a * 2).dot == before and "differs" not in str(first) and first.scenes[0].caption == ""


# As a notebook shows it


def test_the_bundle_of_a_graph() -> None:
    x = leaf(1.0)
    picture = tg.draw(x * 2)
    data, metadata = picture._repr_mimebundle_()
    assert data == {"text/plain": str(picture), "text/html": picture.html, "image/svg+xml": picture.svg}
    assert metadata == {}
    assert len(data["image/svg+xml"]) < 6000 and len(data["text/html"]) < 8000
    long = tg.draw(chain(x, 99))._repr_mimebundle_()[0]["text/plain"]
    assert len(long.splitlines()) == 61 and long.endswith("… and 41 more lines: print the picture.")


def test_the_html_is_the_svg_with_its_alt_text_and_fits_its_place() -> None:
    x = leaf(1.0)
    picture = tg.draw(x * 2, names={'"<x>&': x})
    parts = re.fullmatch(
        r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)" width="(\d+)"(.*)>', picture.html or ""
    )
    assert parts and base64.b64decode(parts[1]).decode() == picture.svg
    assert parts[2] == "Graph: 1 operation, 1 leaf, 1 constant." and parts[4] == ' style="max-width:100%;height:auto"'
    assert f'width="{parts[3]}"' in (picture.svg or "")
    assert "of &quot;&lt;x&gt;&amp;:" in (tg.draw(x, names={'"<x>&': x}).html or "")
    wide = tg.draw(chain(x, 20), direction="LR")
    assert svg_width(wide.svg or "") > WIDEST and "style" not in (wide.html or ""), "shrunk, nobody could read it"


def test_a_png_has_its_text_inside_and_is_small() -> None:
    png = tg.draw(leaf(1.0) * 2).png or b""
    assert png.startswith(b"\x89PNG") and b"Description" in png and b"Graph: 1 operation, 1 leaf, 1 constant." in png
    assert len(png) < 9000


def test_the_titles_of_frames_lie_above_the_arrows() -> None:
    svg = side_by_side(leaf(1.0).exp(), captions=["above"]).svg or ""
    assert svg.index(">above</text>") > svg.rindex('class="edge"') > svg.index('class="cluster"')


def test_the_svg_has_a_text_for_those_who_cannot_see_it_and_ids_of_its_own() -> None:
    x = leaf(1.0)
    first, second = tg.draw(x * 2), tg.draw(x * 3)
    root = ElementTree.fromstring(first.svg or "")
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img" and root.get("aria-label") == "Graph: 1 operation, 1 leaf, 1 constant."
    assert root.findtext(f"{space}title") == root.get("aria-label")
    assert root.findtext(f"{space}desc") == str(first)
    ids = [re.findall(r' id="([^"]+)"', picture.svg or "") for picture in (first, second)]
    assert len(ids[0]) == len(set(ids[0])) and not set(ids[0]) & set(ids[1])


def test_files_are_written_whole(tmp_path: Path) -> None:
    x = leaf(1.0)
    picture = tg.draw(x * 2)
    assert picture.to_svg(tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    assert picture.to_png(str(tmp_path / "a.png")).read_bytes() == picture.png
    assert picture.to_dot(tmp_path / "a.dot").read_text(encoding="utf-8") == picture.dot
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dot", "a.png", "a.svg"]
    with pytest.raises(FileNotFoundError, match="does not exist: make it first"):
        picture.to_svg(tmp_path / "missing" / "a.svg")


def test_a_file_that_could_not_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Path, target: Path) -> None:
        raise PermissionError("open in another program")

    old = tmp_path / "a.svg"
    old.write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(PermissionError):
        tg.draw(leaf(1.0)).to_svg(old)
    assert old.read_text(encoding="utf-8") == "old" and list(tmp_path.iterdir()) == [old]


def test_importing_is_light_and_drawing_says_nothing_on_stderr() -> None:
    source = (
        "import sys, tinygrad_course as tg\n"
        "heavy = {'graphviz', 'pygraphviz', 'IPython', 'matplotlib', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "x = tg.tensor(1.0, requires_grad=True)\n"
        "p = tg.draw(x * 2, names={'\\u540d': x})\n"
        "assert p.svg and p.png\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sixty_doublings_are_cut_at_a_depth_in_no_time() -> None:
    """A ring that held a node once for each way to it would hold 2**58 of them."""
    y = tg.tensor(1.0, requires_grad=True)
    for _ in range(60):
        y = y * y
    assert len(nearest(y.grad_fn, 59)) == 59
