"""What plots show and say: the numbers drawn, the description in words, nothing that overflows or leaks."""

from __future__ import annotations

import base64
import importlib
import io
import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text
from PIL import Image

import tinygrad_course as tg
from tinygrad_course import nn, plots
from tinygrad_course.draw.picture import DPI
from tinygrad_course.plots.plot import COLORS, MARKERS, look, theme

HOSTILE = ["$x_1 <b>\n\t", "W" * 10_000, "$\\frac{", "</script>\x00\u202e", "日本 \ud800", ""]
EYE = np.eye(6)


class Net(nn.Module):
    """Two layers whose weights are known."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 3), nn.Linear(3, 2)
        for parameter in self.parameters():
            parameter.data[...] = 0.5

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x).relu())


def after_backward() -> Net:
    net = Net()
    net(tg.ones(4, 2)).sum().backward()
    return net


def activations_of(net: Net) -> dict[str, np.ndarray]:
    with plots.record_activations(net) as layers:
        net(tg.tensor([[1.0, 0.0], [-5.0, 0.0]]))
    return layers


def upper(points: Any) -> Any:
    """One number a point: how high it lies."""
    return points[:, 1]


POINTS, SIDES = [[0.0, -1.0], [1.0, -2.0], [0.0, 1.0], [1.0, -0.5]], [0, 0, 1, 1]

# One plot of each kind, from n names.
EVERY: dict[str, Callable[[list[str]], plots.Plot]] = {
    "curves": lambda names: plots.curves({name: [3.0, 1.0, np.nan, 2.0] for name in names}),
    "one curve": lambda names: plots.curves([3.0, 1.0, 2.0], x=names[0], y=names[1], log=True),
    "losses": lambda names: plots.curves(
        {f"{name} {what}": [1.0, 2.0] for name in names[:2] for what in ("loss", "z")}
    ),
    "lines": lambda names: plots.lines([1.0, 2.0], {name: [3.0, 1.0] for name in names}, x=names[0], y=names[1]),
    "decision_boundary": lambda names: plots.decision_boundary(
        lambda points: points @ np.ones((2, len(names)), np.float32), POINTS, SIDES, classes=names
    ),
    "loss_surface": lambda names: plots.loss_surface(
        lambda x, y: x * x + y * y, {name: [(1.0, i), (0.5, 0.0), (0.0, 0.0)] for i, name in enumerate(names)}
    ),
    "image_grid": lambda names: plots.image_grid(np.random.default_rng(0).random((6, 4, 8)), names, wrong=[1, 0] * 3),
    "filters": lambda names: plots.filters(np.random.default_rng(0).normal(size=(4, 3, 3, 5))),
    "activations": lambda names: plots.activations({name: np.arange(9) - 4.0 for name in names}),
    "gradient_flow": lambda names: plots.gradient_flow(after_backward()),
    "attention_map": lambda names: plots.attention_map(EYE, names),
    "attention heads": lambda names: plots.attention_map(np.stack([EYE] * 5), names, names[::-1]),
    "confusion_matrix": lambda names: plots.confusion_matrix([0, 1, 5], [0, 2, 5], names),
}
PLAIN = ["one", "two", "three", "four", "five", "six"]


def texts(plot: plots.Plot) -> list[Text]:
    """Every text that is seen in the drawn figure."""
    with theme():
        FigureCanvasAgg(plot.figure).draw()
        return [text for text in plot.figure.findobj(Text) if text.get_visible() and text.get_text()]


# All kinds alike


@pytest.mark.parametrize("kind", EVERY)
def test_a_plot_is_a_picture_with_its_description(kind: str, tmp_path: Path) -> None:
    plot = EVERY[kind](PLAIN)
    data, metadata = plot._repr_mimebundle_()
    assert data["text/plain"] == repr(plot) == str(plot) == plot.alt
    png = base64.b64decode(data["image/png"])
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        about = metadata["image/png"]
        assert (about["width"], about["height"]) == (image.width * 96 // DPI, image.height * 96 // DPI)
        assert 150 <= about["width"] <= 1400 and 100 <= about["height"] <= 900
        assert about["alt"] == plot.alt == image.info["Description"]
        pixels = np.asarray(image.convert("RGB"))
        assert (pixels[0] == 255).all() and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 8, "nothing on white"
    assert len(png) < 60_000
    assert plot.to_png(tmp_path / "a.png").read_bytes() == png
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("names", [PLAIN, HOSTILE, ["a long name of " * 3] * 6], ids=["plain", "hostile", "long"])
def test_whatever_the_names_nothing_overflows_and_nothing_is_a_formula(kind: str, names: list[str]) -> None:
    plot = EVERY[kind](names)
    assert len(plot.alt) < 4000 and "\n" not in plot.alt and "\x00" not in plot.alt
    with Image.open(io.BytesIO(plot.png)) as image:
        width, height = image.size
    assert not any(text.get_parse_math() or text.get_usetex() for text in texts(plot))
    with theme():
        used, page = plot.figure.get_tightbbox().extents * DPI, (0, 0, width, height)
    assert (used[:2] >= -1).all() and (used[2:] <= np.array(page[2:]) + 1).all(), (used, page)
    for axes in plot.figure.axes[:-1] or plot.figure.axes:
        assert axes.get_window_extent().width > 100 and axes.get_window_extent().height > 60, "room for the picture"


def test_titles_of_a_grid_stay_above_their_images() -> None:
    plot = plots.image_grid(np.ones((3, 8, 8)), ["W" * 100, "many words that need several lines", "W" * 100])
    boxes = [text.get_window_extent() for text in texts(plot)]
    assert len(boxes) == 3 and all(left.x1 <= right.x0 for left, right in itertools.pairwise(boxes))


def test_the_users_matplotlib_is_left_alone() -> None:
    before = dict(matplotlib.rcParams.copy())
    kinds = ["curves", "decision_boundary", "image_grid", "attention_map", "gradient_flow"]
    expected = {kind: EVERY[kind](PLAIN).png for kind in kinds}
    with pytest.raises(ValueError, match="curves"):
        plots.curves([])
    assert dict(matplotlib.rcParams.copy()) == before
    with matplotlib.rc_context({"axes.facecolor": "black", "text.usetex": True, "font.size": 40, "lines.marker": "x"}):
        assert {kind: EVERY[kind](PLAIN).png for kind in kinds} == expected


def test_plots_use_no_pyplot_and_choose_no_backend() -> None:
    source = (
        "import sys, tinygrad_course as tg\n"
        "assert 'matplotlib' not in sys.modules\n"
        "tg.plots.curves([1.0, 2.0]).png\n"
        "import matplotlib\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert matplotlib.get_backend(auto_select=False) is None\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_things_are_told_apart_without_colour_too() -> None:
    assert len(set(COLORS)) == len(COLORS) >= 7 and len(set(MARKERS)) == len(MARKERS) >= 7
    for part in ("color", "marker", "linestyle"):
        others = [tuple(value for key, value in look(i).items() if key != part) for i in range(28)]
        assert len(set(others)) == 28


@pytest.mark.parametrize("wrap", [list, np.array, lambda x: tg.tensor(x, requires_grad=True) * 1, tuple])
def test_lists_arrays_and_tensors_are_read_alike(wrap: Callable[[Any], Any]) -> None:
    told = "Curves by step. loss: first 3.0 at 0, last 1.0 at 1, lowest 1.0 at 1, highest 3.0 at 0."
    assert repr(plots.curves(wrap([3.0, 1.0]))) == told
    assert repr(plots.curves([tg.tensor(3.0, requires_grad=True), 1])) == told


# What is wrong is said


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.curves([]), "expected a list of numbers, or a dict"),
        (lambda: plots.curves({}), "expected a list of numbers, or a dict"),
        (lambda: plots.curves({"a": [[1.0, 2.0]]}), "expected a list of numbers, or a dict"),
        (lambda: plots.curves({"a": ["high"]}), "curves: a must be numbers"),
        (lambda: plots.curves([[1.0], [1.0, 2.0]]), "must be numbers, in rows of one length"),
        (
            lambda: plots.LiveCurves().update(loss=[1.0, 2.0]),
            r"loss must be one number, got shape \(2,\); take its .mean",
        ),
        (lambda: plots.decision_boundary(upper, np.ones((4, 3)), SIDES), r"x has shape \(4, 3\) .* x\[:, :2\]"),
        (lambda: plots.decision_boundary(upper, POINTS, [0.5] * 4), "y must be whole numbers"),
        (lambda: plots.decision_boundary(upper, POINTS, EYE[:4]), r"of scores, take .argmax\(1\)"),
        (
            lambda: plots.decision_boundary(upper, POINTS, [0, 1, 2, 0]),
            r"y has the classes \[0, 1, 2\] .* a score a class",
        ),
        (lambda: plots.decision_boundary(lambda p: p, POINTS, [0, 1, 2, 0]), "gives 2 numbers a point"),
        (lambda: plots.decision_boundary(lambda p: p[0], POINTS, SIDES), "must give each point a row of finite"),
        (lambda: plots.decision_boundary(lambda p: p * np.nan, POINTS, SIDES), "must give each point a row of finite"),
        (lambda: plots.decision_boundary(upper, POINTS, SIDES, classes=["a"]), "1 names for 2 classes"),
        (lambda: plots.loss_surface(lambda x, y: x, {"SGD": [1.0, 2.0]}), r"'SGD' must have shape \(steps, 2\)"),
        (lambda: plots.loss_surface(lambda x, y: tg.ones(2)), r"must be one number, got shape \(2,\)"),
        (
            lambda: plots.loss_surface(lambda x, y: x * np.nan),
            "nan or inf everywhere; choose|nan or inf everywhere here",
        ),
        (lambda: plots.image_grid(np.ones(8)), r"expected images of shape \(n, height, width\), got \(8,\)"),
        (lambda: plots.image_grid(np.ones((3, 4, 4)), ["a"]), "3 images and 1 labels"),
        (lambda: plots.image_grid(np.ones((3, 4, 4)), wrong=[True]), "1 marks; give one label and mark an image"),
        (lambda: plots.image_grid(np.ones((101, 4, 4))), r"at most 100: images\[:100\]"),
        (lambda: plots.filters(np.ones((3, 3))), r"\(out, in, height, width\).* got \(3, 3\)"),
        (lambda: plots.filters(np.ones((64, 32, 3, 3))), r"show some: weight\[:10, :10\]"),
        (lambda: plots.activations({}), "0 layers to draw: run the model inside"),
        (lambda: plots.activations({str(i): [1.0] for i in range(101)}), "101 layers are too many"),
        (lambda: plots.gradient_flow(Net()), r"have gradients: call loss.backward\(\) first"),
        (lambda: plots.attention_map(np.ones(3)), r"expected shape \(queries, keys\)"),
        (lambda: plots.attention_map(np.ones((2, 2, 3, 3))), r"of a batch, choose one: weights\[0\]"),
        (lambda: plots.attention_map(EYE, ["a"]), r"\[1, 1\] names for \[6, 6\] queries and keys"),
        (lambda: plots.attention_map(EYE * -np.inf), "after softmax"),
        (lambda: plots.confusion_matrix([0, 1], [0]), "2 targets and 1 predictions"),
        (lambda: plots.confusion_matrix([0], EYE[:1]), r"predictions must be .* take .argmax\(1\)"),
        (lambda: plots.confusion_matrix([0, 3], [0, 1], ["a", "b"]), "classes from 0 to 3, and 2 names"),
        (lambda: plots.confusion_matrix([-1], [0]), "count from 0"),
    ],
)
def test_a_wrong_input_is_named_with_its_cure(call: Callable[[], Any], message: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        call()


# Each kind: what is drawn and what is said


def test_curves_draw_the_numbers_and_tell_when_they_fail() -> None:
    plot = plots.curves(
        {"train loss": [3.0, 1.0, 2.0], "test loss": [2.0, np.nan, np.inf], "accuracy": [0.5]}, x="epoch"
    )
    left, right = plot.figure.axes
    assert (left.get_ylabel(), right.get_ylabel(), left.get_xlabel()) == ("loss", "accuracy", "epoch")
    train, test = left.lines
    assert train.get_ydata().tolist() == [3.0, 1.0, 2.0] and train.get_xdata().tolist() == [0, 1, 2]
    np.testing.assert_array_equal(test.get_ydata(), [2.0, np.nan, np.nan])
    assert train.get_color() != test.get_color() and train.get_marker() != test.get_marker()
    assert [text.get_text() for text in left.get_legend().get_texts()] == [
        "train loss",
        "test loss\nnot finite 2 times, first at 1",
    ]
    assert plot.alt == (
        "Curves by epoch. train loss: first 3.0 at 0, last 2.0 at 2, lowest 1.0 at 1, highest 3.0 at 0. "
        "test loss: first 2.0 at 0, last inf at 2, lowest 2.0 at 0, highest 2.0 at 0, not finite 2 times, first at 1. "
        "accuracy: first 0.5 at 0, last 0.5 at 0, lowest 0.5 at 0, highest 0.5 at 0."
    )


def test_curves_of_one_measure_share_their_axes_and_long_names_stay_apart() -> None:
    assert len(plots.curves({"SGD": [1.0], "Adam": [2.0]}, y="loss").figure.axes) == 1
    assert plots.curves({"SGD": [1.0], "Adam": [2.0]}, y="loss").figure.axes[0].get_ylabel() == "loss"
    same = plots.curves({"a" * 50 + middle + "a" * 50: [1.0] for middle in "bc"})
    assert len(same.figure.axes[0].lines) == 2


def test_logarithmic_curves_leave_out_what_is_not_above_0() -> None:
    axes = plots.curves([1.0, 0.0, 1e-3], log=True).figure.axes[0]
    assert axes.get_yscale() == "log"
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1.0, np.nan, 1e-3])


def test_a_decision_boundary_lies_where_the_model_decides() -> None:
    plot = plots.decision_boundary(upper, POINTS, SIDES, classes=["low", "high"], resolution=101)
    assert plot.alt == (
        "Decision boundary: 3 of 4 points (0.750) lie in the region of their class. Regions: low 63%, high 37% of what "
        "is shown."
    )
    axes = plot.figure.axes[0]
    regions = [collection.get_paths()[0].get_extents() for collection in axes.collections if collection.get_fill()]
    assert regions[0].y1 == pytest.approx(0, abs=0.04) and regions[1].y0 == pytest.approx(0, abs=0.04)
    low, high, wrong = (line for line in axes.lines)
    assert low.get_xydata().tolist() == POINTS[:2] and high.get_xydata().tolist() == POINTS[2:]
    assert wrong.get_xydata().tolist() == [[1.0, -0.5]]
    assert low.get_marker() != high.get_marker() and to_hex(low.get_color()) != to_hex(high.get_color())


@pytest.mark.parametrize(
    ("model", "labels", "threshold", "right"),
    [
        (lambda p: np.stack([-p.numpy()[:, 1], p.numpy()[:, 1]], 1), SIDES, None, 3),  # scores
        (lambda p: p[:, 1:], SIDES, None, 3),  # one logit, of shape (m, 1)
        (lambda p: p[:, 1].sigmoid(), SIDES, None, 3),  # a probability
        (lambda p: p[:, 1].sigmoid(), SIDES, 0.3, 4),
        (lambda p: p[:, 1], [-1, -1, 1, 1], None, 3),  # labels of a margin
        (lambda p: p[:, 1] > 0, SIDES, None, 3),  # the class itself
    ],
)
def test_models_of_every_form_are_understood(model: Any, labels: list[int], threshold: Any, right: int) -> None:
    plot = plots.decision_boundary(model, tg.tensor(POINTS), labels, threshold=threshold)
    assert f": {right} of 4 points" in plot.alt


def test_a_module_is_asked_in_evaluation_mode_and_left_as_it_was() -> None:
    asked = []

    class Model(Net):
        def forward(self, x: Any) -> Any:
            asked.append((self.training, self.first.training, tg.is_grad_enabled(), x.dtype))
            return super().forward(x)

    model = Model()
    model.second.eval()
    plots.decision_boundary(model, np.array(POINTS), SIDES)
    assert asked == [(False, False, False, np.dtype(np.float32))], "in the model's own dtype"
    assert (model.training, model.first.training, model.second.training) == (True, True, False)


def test_a_loss_surface_has_its_heights_and_its_paths() -> None:
    paths = {"SGD": [(2.0, 1.0), (1.0, 0.5), (0.0, 0.0)], "Adam": tg.tensor([[2.0, 1.0], [np.inf, 1e30]])}
    plot = plots.loss_surface(lambda x, y: (x * x + y * y).sum(), paths, x=(-2, 2), y=(-1, 1), resolution=21)
    assert plot.alt == (
        "Loss surface: lowest 0.0 at (0.0, 0.0), highest 5.0. SGD: from 5.0 at (2.0, 1.0) to 0.0 at (0.0, 0.0) in 2 "
        "steps. Adam: from 5.0 at (2.0, 1.0) to nan at (inf, 1.00e+30) in 1 steps."
    )
    axes, bar = plot.figure.axes
    assert bar.get_ylabel() == "loss" and axes.get_xlim() == (-2, 2) and axes.get_ylim() == (-1, 1)
    sgd, end, adam = axes.lines[:3]
    assert sgd.get_xydata().tolist() == [[2.0, 1.0], [1.0, 0.5], [0.0, 0.0]] and end.get_xydata().tolist() == [[0, 0]]
    assert all(getattr(sgd, part)() != getattr(adam, part)() for part in ("get_color", "get_marker", "get_linestyle"))
    asked: list[tuple[float, float]] = []
    plots.loss_surface(lambda x, y: asked.append((x.item(), y.item())) or x * 0 + 1, x=(0, 1), y=(2, 3), resolution=3)
    assert asked[:4] == [(0, 2), (0.5, 2), (1, 2), (0, 2.5)] and len(asked) == 9


def test_an_image_grid_marks_what_is_wrong_in_words_and_colour() -> None:
    images = np.random.default_rng(0).random((3, 1, 8, 8))
    plot = plots.image_grid(tg.tensor(images), ["reads 1", tg.tensor(2), "$x$"], wrong=tg.tensor([False, True, False]))
    assert plot.alt == "3 images, 1 wrong: reads 1, ✗ 2, $x$"
    axes = plot.figure.axes[0]
    assert [(text.get_text(), text.get_color()) for text in axes.texts] == [
        ("reads 1", "black"),
        ("✗ 2", COLORS[1]),
        ("$x$", "black"),
    ]
    for image, drawn in zip(images[:, 0], axes.images, strict=True):
        np.testing.assert_allclose(drawn.get_array(), image, rtol=1e-6)
    assert repr(plots.image_grid(images[:1])) == "1 image"


def test_filters_share_one_scale_around_zero() -> None:
    weight = np.zeros((2, 3, 2, 2), np.float32)
    weight[0, 1, 0, 1], weight[1, 2] = 3, -1
    plot = plots.filters(weight)
    axes, bar = plot.figure.axes
    assert plot.alt == (
        "2 filters of 2×2 over 3 channels. Weights from -1.0 to 3.0. Largest norm: filter 0, 3.0; smallest: filter 1, "
        "2.0."
    )
    assert [text.get_text() for text in axes.texts][:4] == [
        "0, channel 0",
        "0, channel 1",
        "0, channel 2",
        "1, channel 0",
    ]
    np.testing.assert_array_equal([image.get_array() for image in axes.images], weight.reshape(6, 2, 2))
    assert {image.get_clim() for image in axes.images} == {(-3, 3)} and bar.get_ylabel() == "weight"
    assert plots.filters(weight[:, :1]).figure.axes[0].texts[1].get_text() == "filter 1"


def test_activations_are_recorded_by_layer_and_told() -> None:
    net = Net()
    layers = activations_of(net)
    assert list(layers) == ["first Linear", "second Linear"]
    np.testing.assert_allclose(layers["first Linear"], [[1.0] * 3, [-2.0] * 3])
    assert not any([*net.first._hooks.values(), *net.second._hooks.values()])
    layers["dead"] = np.zeros(4)
    layers["lost"] = np.array([np.nan, 1.0, 0.0, 0.0])
    plot = plots.activations(layers)
    assert plot.alt == (
        "Activations by layer, from input to output. first Linear: mean -0.5, std 1.5; second Linear: mean 1.2, std "
        "0.75; dead: mean 0.0, std 0.0, 100% zero; lost: mean 0.33, std 0.47, 50% zero, 1 not finite."
    )
    counts = [patch.get_data() for patch in plot.figure.axes[0].patches]
    heights = [place - values for place, (values, _, _) in enumerate(counts)]
    assert [(row > 0).sum() for row in heights] == [2, 2, 0, 1], "two values, two values, nothing but 0, one value"
    assert all(0 in edges for _, edges, _ in counts), "no bar across 0"


def test_hooks_are_gone_after_an_exception() -> None:
    net = Net()
    with pytest.raises(KeyError), plots.record_activations(net):
        raise KeyError
    assert not any(net.first._hooks.values())


def test_gradient_flow_names_the_layers_where_something_is_wrong() -> None:
    net = after_backward()
    sizes = plots.gradient_flow(net).alt
    assert sizes == "Gradients by layer, from input to output: first Linear: 4.0, second Linear: 5.6."
    net.first.weight.grad.data[...], net.first.bias.grad.data[...] = 1e-6, 1e-6
    assert "first Linear: 1e-06 near 0, second Linear: 5.6." in plots.gradient_flow(net).alt
    net.second.weight.grad.data[...], net.first.bias.grad = np.nan, None
    plot = plots.gradient_flow(net)
    assert plot.alt == (
        "Gradients by layer, from input to output: first Linear: 1e-06, second Linear: nan exploding. Without a "
        "gradient: first.bias."
    )
    first, second = plot.figure.axes[0].patches
    assert (first.get_width(), first.get_hatch(), second.get_hatch()) == (pytest.approx(1e-6), None, "//")
    assert second.get_width() > 0 and plot.figure.axes[0].get_xscale() == "log"
    net.second.weight.grad.data[...] = 1e9
    assert "second Linear: 8.7e+08 exploding" in plots.gradient_flow(net).alt


def test_an_attention_map_says_where_each_query_looks() -> None:
    weights = [[1.0, 0.0, 0.0], [0.25, 0.75, 0.0]]
    plot = plots.attention_map(tg.tensor(weights), ["a", "\n"], ["x", "y", "z"])
    assert plot.alt == "Attention of 2 queries over 3 keys. Most weight: a → x 1.00, '\\n' → y 0.75."
    axes = plot.figure.axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "'\\n'"]
    assert "Not every row sums to 1" in plots.attention_map(np.ones((2, 2))).alt
    heads = plots.attention_map(np.stack([np.eye(30)] * 4))
    assert heads.alt.endswith("Most weight in head 3: 0 → 0 1.00, 1 → 1 1.00, 2 → 2 1.00, and 27 more.")
    assert [axes.get_title() for axes in heads.figure.axes[:4]] == ["head 0", "head 1", "head 2", "head 3"]


def test_a_confusion_matrix_counts_and_names_the_worst() -> None:
    plot = plots.confusion_matrix(tg.tensor([0, 0, 1, 1, 1, 2]), [0, 1, 1, 2, 2, 2], ["cat", "dog", "cow"])
    assert plot.alt == (
        "Confusion matrix of 6 predictions: 3 right, accuracy 0.500. Worst confusion: dog taken for cow, 2 of 3 times."
    )
    axes = plot.figure.axes[0]
    assert [int(text.get_text()) for text in axes.texts] == [1, 1, 0, 0, 1, 2, 0, 0, 1]
    assert [text.get_position() for text in axes.texts][5] == (2, 1), "dog is a row, cow a column"
    np.testing.assert_allclose(axes.images[0].get_array()[1], [0, 1 / 3, 2 / 3])
    assert plots.confusion_matrix([0, 1], [0, 1]).alt == "Confusion matrix of 2 predictions: 2 right, accuracy 1.000."


# Live


class Handle:
    """What IPython gives for a display that can be replaced; it keeps what it was given."""

    def __init__(self, shown: list[dict[str, Any]]) -> None:
        self.shown = shown

    def update(self, data: dict[str, Any], metadata: dict[str, Any], raw: bool) -> None:
        self.shown.append(data | metadata["image/png"])


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """As if a notebook's kernel ran this: the pictures that it is given, in their order."""
    shown: list[dict[str, Any]] = []

    def display(data: dict[str, Any], metadata: dict[str, Any], raw: bool, display_id: bool) -> Handle:
        assert not shown and raw and display_id
        shown.append(data | metadata["image/png"])
        return Handle(shown)

    module = importlib.import_module("tinygrad_course.plots.curves")
    monkeypatch.setattr(module, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return shown


def test_outside_a_notebook_live_curves_say_one_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with plots.LiveCurves(x="batch") as live:
        for epoch in range(2):
            for batch in range(3):
                live.update(loss=tg.tensor(3.0 - epoch - batch, requires_grad=True))
            live.update(accuracy=0.5 + epoch / 4)
        assert capsys.readouterr().out == ""
    assert capsys.readouterr().out == (
        "Curves by batch. loss: first 3.0 at 0, last 0.0 at 5, lowest 0.0 at 5, highest 3.0 at 0. "
        "accuracy: first 0.5 at 2, last 0.75 at 5, lowest 0.5 at 2, highest 0.75 at 5.\n"
    )
    with plots.LiveCurves():
        pass
    assert capsys.readouterr().out == ""


def test_in_a_notebook_the_picture_is_replaced_now_and_then_and_at_the_end(
    notebook: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: 0.02 * next(looks))  # so a picture takes a fiftieth of a second
    with plots.LiveCurves() as live:
        for step in range(201):
            live.update(loss=1.0 - step / 200)
        during = len(notebook)
    assert 6 <= during <= 10, "in 4 seconds"
    assert len(notebook) == during + 1, "and once at the end"
    assert {data["text/plain"] for data in notebook} == {"Curves of a training run; the line below says their numbers."}
    assert "last 0.0 at 200" in notebook[-1]["alt"] and "last 1.0 at 0" in notebook[0]["alt"]
    assert notebook[-1]["alt"] + "\n" == capsys.readouterr().out
    images = [Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) for data in notebook]
    assert [image.mode for image in images] == ["RGBA"] * during + ["P"], "what is kept is small"


def test_an_interrupted_training_shows_how_far_it_came(notebook: list[dict[str, Any]]) -> None:
    with pytest.raises(KeyboardInterrupt), plots.LiveCurves() as live:
        live.update(loss=1.0)
        live.update(loss=2.0)
        raise KeyboardInterrupt
    assert "last 2.0 at 1" in notebook[-1]["alt"]
