"""mine(): the framework runs on the learner's pieces, gives the same numbers, and is itself again afterwards."""

from __future__ import annotations

import abc
import inspect
import sys
import textwrap
import threading
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import graph, ops
from tinygrad_course.course import exercises, saved
from tinygrad_course.course.exercise import Exercise
from tinygrad_course.course.mine import Mine, exercises_with_targets, mine, refusal
from tinygrad_course.course.source import Source, program
from tinygrad_course.modes import using
from tinygrad_course.nn import functional as F
from tinygrad_course.nn.layers import Linear
from tinygrad_course.optim import SGD

TARGETS = {
    "walk": "graph.walk",
    "accumulate": "graph.accumulate",
    "propagate": "graph.propagate",
    "sum_to": "graph.sum_to",
    "Mul": "ops.elementwise.Mul",
    "times": "tensor.Tensor.__mul__",
    "Linear": "nn.layers.Linear",
    "no_grad": "autograd.grad_mode.no_grad",
    "relu": "nn.functional.relu",
    "step": "optim.optimizer.Optimizer.step",
    "update": "optim.optimizers.SGD.update",
}
LESSON = """
from tinygrad_course.course.exercise import Case, Exercise, Lesson

def exercise(name, target):
    return Exercise(f"90.{{name}}", f"tinygrad_course.{{target}}", 1, 1, print, (Case("a case", lambda piece: 1),))

LESSON = Lesson("90", __name__, tuple(exercise(*pair) for pair in {targets}))
"""

FUNCTIONS: tuple[Any, ...] = (
    graph.walk, graph.accumulate, graph.propagate, graph.sum_to, F.relu, SGD.update, SGD.step, tg.Tensor.__mul__,
    tg.Tensor.relu,
)  # fmt: skip
CLASSES = (ops.Mul, ops.ReLU, Linear, SGD, tg.Tensor)

PIECES = {
    "no_grad": """
        from tinygrad_course.modes import modes

        class no_grad:
            mode = False

            def __init__(self):
                self.old = []

            def __enter__(self):
                self.old.append(modes.grad)
                modes.grad = self.mode

            def __exit__(self, *exception):
                modes.grad = self.old.pop()
    """,
    "walk": """
        from tinygrad_course.graph import Node
        def walk(last):
            order, seen = [], set()
            todo = [(last, False)]
            while todo:
                node, after = todo.pop()
                if after:
                    order.append(node)
                elif node not in seen:
                    seen.add(node)
                    todo.append((node, True))
                    todo += [(source, False) for source in node.inputs if isinstance(source, Node)]
            return order
    """,
    "accumulate": """
        def copied(g):
            return g.clone()

        def accumulate(x, g):
            if x.grad is None:
                x.grad = copied(g)
            else:
                x.grad = x.grad + g
    """,
    "propagate": """
        from tinygrad_course.graph import accumulate, pull, walk
        def propagate(root, g):
            gradients = {root: g}
            for node in reversed(walk(root)):
                for source, gx in pull(node, gradients.pop(node)):
                    gradients[source] = gradients[source] + gx if source in gradients else gx
            for x, total in gradients.items():
                accumulate(x, tg.as_tensor(total))
    """,
    "sum_to": """
        def sum_to(g, shape):
            while len(g.shape) > len(shape):
                g = g.sum(axis=0, keepdims=False)
            for axis, n in enumerate(shape):
                if n == 1 and g.shape[axis] > 1:
                    g = g.sum(axis=axis, keepdims=True)
            return g
    """,
    "Mul": """
        from tinygrad_course.graph import Op
        class Mul(Op):
            promotes = "common"

            def forward(a, b): return np.multiply(a, b)
            def grad_a(g, b): return b * g
            def grad_b(g, a): return a * g
    """,
    "times": """
        from tinygrad_course.ops import Mul
        def times(self, other):
            return Mul(self, other)
    """,
    "Linear": """
        from tinygrad_course.nn import Module, Parameter
        class Linear(Module):
            def __init__(self, n_in, n_out):
                super().__init__()
                bound = 1 / n_in ** 0.5
                self.weight = Parameter(tg.rand(n_out, n_in) * 2 * bound - bound)
                self.bias = Parameter(tg.rand(n_out) * 2 * bound - bound)

            def forward(self, x):
                return x @ self.weight.T + self.bias

            def extra_repr(self):
                return "mine"
    """,
    "relu": "relu = (lambda x: x * (x > 0))",
    "step": """
        def step(optimizer, closure=None):
            for group in optimizer.param_groups:
                for p in group["params"]:
                    optimizer.update(p.data, p.grad.data, {}, group)
                    p.version[0] += 1
    """,
    "update": """
        def update(self, p, g, state, group):
            p -= group["lr"] * g
    """,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, and a lesson 90 whose exercises build these pieces; no other lesson has any."""
    lessons, work = tmp_path / "lessons", tmp_path / "work"
    lessons.mkdir()
    (lessons / "lesson90").mkdir()
    (lessons / "lesson90" / "__init__.py").write_text(LESSON.format(targets=list(TARGETS.items())), encoding="utf-8")
    monkeypatch.setattr(exercises, "__path__", [str(lessons)])
    monkeypatch.delitem(sys.modules, "tinygrad_course.course.exercises.lesson90", raising=False)
    monkeypatch.setenv("TINYGRAD_COURSE_FOLDER", str(work))
    return work


def exercise(name: str) -> Exercise:
    found = exercises.load("90").exercise(name)
    assert found
    return found


def keep(*names: str, **texts: str) -> None:
    for name, text in {**{name: PIECES[name] for name in names}, **texts}.items():
        saved.keep(exercise(name), Source(name, textwrap.dedent(text).lstrip() + "\n"))


def calls(pieces: Mine) -> dict[str, int]:
    return {part.exercise.name: part.calls for part in pieces.parts}


def state_of_the_framework() -> dict[str, Any]:
    """What mine() may exchange: the code of functions, the attributes of classes; with the identity of each."""
    parts = ("__code__", "__defaults__", "__kwdefaults__", "__closure__", "__globals__")
    state = {f"{f.__qualname__}.{part}": getattr(f, part) for f in FUNCTIONS for part in parts}
    members = {f"{cls.__name__}.{name}": value for cls in CLASSES for name, value in vars(cls).items()}
    places = {name: vars(graph)[name] for name in ("walk", "accumulate", "propagate", "sum_to")}
    return {**state, **members, **places, "Mul": ops.Mul, "Linear": tg.nn.Linear, "relu": F.relu}


def changed(before: dict[str, Any]) -> list[str]:
    """What is not the same object any more, or is gone, or new."""
    now = state_of_the_framework()
    return [name for name in before.keys() | now.keys() if before.get(name, before) is not now.get(name, now)]


def train(epochs: int = 1) -> tuple[list[float], float]:
    """An MLP on digits: its losses, and how many of the test images it reads."""
    tg.manual_seed(3)
    model = tg.nn.Sequential(tg.nn.Flatten(), Linear(64, 32), tg.nn.ReLU(), Linear(32, 10))
    optimizer = SGD(model.parameters(), lr=0.5)
    losses = []
    for _ in range(epochs):
        for images, labels in tg.data.DataLoader(tg.data.digits(), batch_size=32, shuffle=True):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    images, labels = tg.data.digits(train=False).tensors
    with tg.no_grad():
        return losses, (model(images).argmax(1) == labels).float().mean().item()


def test_the_digits_train_on_the_learners_own_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    keep(*PIECES)
    before = state_of_the_framework()
    with mine() as pieces:
        losses, right = train(epochs=6)
    assert changed(before) == []
    called, steps = calls(pieces), len(losses)
    assert set(called) == set(TARGETS) and all(called.values()), called
    assert called["propagate"] == called["step"] == steps and called["update"] == steps * 4
    np.testing.assert_allclose(losses, train(epochs=6)[0], rtol=1e-2, atol=1e-4)
    np.testing.assert_allclose(losses[:45], train()[0], rtol=1e-4)
    assert right > 0.93
    assert capsys.readouterr().out.startswith("`mine()`: 11 of 11 pieces of the framework were yours\nWhose is whose:")


def test_pieces_that_are_not_there_are_the_packages_and_0_calls_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    keep("sum_to", "relu")
    with mine():
        F.relu(tg.tensor([1.0]))
    said = capsys.readouterr().out
    assert said.startswith("`mine()`: 2 of 11 pieces of the framework were yours\n")
    assert "    sum_to (lesson 90)  yours  0\n    relu (lesson 90)    yours  1\n" in said
    assert (
        "The package's own: `walk`, `accumulate`, `propagate`, `Mul`, `times`, `Linear`, `no_grad`, `step`, `update` "
        "(lesson 90)." in said
    )


def test_with_no_piece_of_the_learners_it_is_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    before = state_of_the_framework()
    with mine() as pieces:
        assert changed(before) == []
        trained = train()
    with using(fused=False):
        assert trained == train()
    assert "0 of 11 pieces" in repr(pieces) and "<h4><code>mine()</code>: 0 of 11" in pieces._repr_html_()


# What breaks is named, and all is put back

BROKEN = {
    "a function": ("sum_to", "def sum_to(g, shape):\n    y = 1\n    return 1 / 0 + y", ZeroDivisionError),
    "a method": ("step", "def step(self, closure=None):\n    raise KeyError('lr')", KeyError),
    "rule": ("Mul", "class Mul(tg.graph.Op):\n  def forward(x, y): return y\n  def grad_x(g): 1 / 0", ArithmeticError),
    "a class": ("Linear", "class Linear(tg.nn.Module):\n    def __init__(self, *_): 1 / 0", ArithmeticError),
    "an interrupt": ("relu", "def relu(x, inplace=False):\n    raise KeyboardInterrupt", KeyboardInterrupt),
    "exit": ("relu", "def relu(x, inplace=False):\n    raise SystemExit", SystemExit),
    "in a helper": ("relu", "def half(x):\n    1 / 0\ndef relu(x):\n    return half(1)", ArithmeticError),
    "endless recursion": ("relu", "def relu(x, inplace=False):\n    return relu(x)", RecursionError),
}  # fmt: skip


def use_everything() -> None:
    x = tg.tensor([[1.0, 2.0]], requires_grad=True)
    layer = tg.nn.Linear(2, 3)
    y = F.relu(layer(x * x)) + tg.ones(1)
    y.sum().backward()
    SGD(layer.parameters(), lr=0.1).step()


@pytest.mark.parametrize(("name", "text", "kind"), BROKEN.values(), ids=BROKEN.keys())
def test_an_exception_says_which_piece_and_all_is_put_back(name: str, text: str, kind: type[BaseException]) -> None:
    before = state_of_the_framework()
    keep(**{name: text})
    with pytest.raises(kind) as caught, mine():
        use_everything()
    assert changed(before) == []
    (note,) = caught.value.__notes__
    lines = (saved.current(exercise(name)) or "").splitlines()
    line = int(note.split("line ")[1].split(" ")[0])
    assert note == f"In your {name} (lesson 90), line {line} of my_tinygrad/lesson90/{name}.py."
    assert any(word in lines[line - 1] for word in ("/ 0", "raise", "return relu"))
    use_everything()


def test_an_exception_of_the_programs_own_is_not_laid_to_a_piece() -> None:
    keep("relu")
    with pytest.raises(ValueError, match="mine") as caught, mine():
        F.relu(tg.tensor([1.0]))
        raise ValueError("mine")
    assert not hasattr(caught.value, "__notes__")


def test_it_is_not_nested_and_holds_for_the_whole_process() -> None:
    keep("relu")
    before = state_of_the_framework()
    with mine() as outer:
        with pytest.raises(RuntimeError, match=r"mine\(\) is running already: leave that `with mine"), mine():
            pass
        thread = threading.Thread(target=F.relu, args=(tg.tensor([1.0]),))
        thread.start()
        thread.join()
    assert changed(before) == [] and calls(outer)["relu"] == 1


def test_a_fault_while_it_begins_puts_back_what_was_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("walk", "relu")
    before = state_of_the_framework()
    edited = saved.edited
    monkeypatch.setattr(saved, "edited", lambda e: 1 / 0 if e.name == "relu" else edited(e))
    with pytest.raises(ZeroDivisionError), mine():
        pass
    assert changed(before) == []
    monkeypatch.setattr(saved, "edited", edited)
    with mine():
        assert graph.walk.__code__ is not before["walk.__code__"]


# Functions


def test_defaults_decorators_closures_and_generators_are_the_learners() -> None:
    keep(
        relu="""
        import functools

        def twice(f):
            @functools.wraps(f)
            def around(x, by=10):
                return f(f(x, by=by), by=by)
            return around

        @twice
        def relu(x, by):
            return x * by
        """,
        walk="def walk(node):\n    yield node",
    )
    with mine():
        assert F.relu(tg.tensor([2.0])).tolist() == [200.0] and F.relu(tg.tensor([2.0]), by=2).tolist() == [8.0]
        assert list(graph.walk(1)) == [1]  # type: ignore[arg-type]
    assert F.relu(tg.tensor([2.0])).tolist() == [2.0]


def test_a_name_that_the_module_has_for_something_else_is_the_learners_in_their_piece() -> None:
    keep(relu="def gelu(x):\n    return 7\n\ndef relu(x, inplace=False):\n    return max(gelu(x), 0)")
    with mine():
        assert F.relu(tg.tensor([1.0])) == 7 and isinstance(F.gelu(tg.tensor([1.0])), tg.Tensor)


def test_an_option_that_the_learners_piece_does_not_take_is_left_out_where_it_says_nothing() -> None:
    keep(
        relu="def relu(x):\n    return 5",
        Linear="""
        class Linear(tg.nn.Module):
            def __init__(self, n_in, n_out, scale=1):
                super().__init__()
                self.scale = scale
        """,
    )
    with mine():
        assert F.relu(tg.tensor([1.0]), inplace=False) == 5
        with pytest.raises(TypeError, match="unexpected keyword argument 'inplace'"):
            F.relu(tg.tensor([1.0]), inplace=True)
        layer: Any = tg.nn.Linear(2, 3, bias=True, dtype=None, scale=7)  # type: ignore[call-arg]
        assert layer.scale == 7
    keep(relu="def relu(x, **options):\n    return options")
    with mine():
        assert F.relu(tg.tensor([1.0]), inplace=False) == {"inplace": False}


def test_a_piece_that_calls_itself_is_counted_each_time() -> None:
    keep(walk="def walk(n):\n    return [] if n == 0 else [n, *walk(n - 1)]")
    with mine() as pieces:
        assert graph.walk(3) == [3, 2, 1]  # type: ignore[arg-type]
    assert calls(pieces)["walk"] == 4


def test_a_method_that_a_factory_made_can_be_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensor.relu is a closure: its code is exchanged for one with as many free variables."""
    before = state_of_the_framework()
    monkeypatch.setitem(TARGETS, "relu", "tensor.Tensor.relu")
    path = Path(exercises.__path__[0], "lesson90", "__init__.py")
    path.write_text(LESSON.format(targets=list(TARGETS.items())), encoding="utf-8")
    keep(relu="def relu(x):\n    return 5")
    with mine():
        assert tg.tensor([1.0]).relu() == 5
    assert changed(before) == [] and tg.tensor([-1.0]).relu().tolist() == [0.0]


# Classes


def test_an_object_made_before_goes_on_with_the_packages_methods() -> None:
    keep("no_grad")
    x = tg.tensor(2.0, requires_grad=True)
    before = tg.no_grad()
    with mine() as used:
        layer = Linear(2, 2)  # its parameters are filled under a @no_grad() of the package's
        with before:
            assert not (x * x).requires_grad
        with tg.no_grad(), tg.enable_grad():
            assert (x * x).requires_grad
        assert (x * x).requires_grad and layer.weight.requires_grad
    assert calls(used)["no_grad"] >= 3


def test_super_and_the_name_of_the_class_mean_the_packages_class() -> None:
    keep(
        Linear="""
        class Linear(tg.nn.Module):
            made = 0

            def __init__(self, *sizes):
                super(Linear, self).__init__()
                Linear.made += 1

            def __repr__(self):
                return super().__repr__() + " of mine"

            @property
            def width(self):
                return super().extra_repr()

            @staticmethod
            def of(*sizes):
                return Linear(*sizes)
        """
    )
    with mine() as pieces:
        layer: Any = tg.nn.Linear.of(2, 3)  # type: ignore[attr-defined]
        assert type(layer) is Linear and Linear.made == 1  # type: ignore[attr-defined]
        assert repr(layer).endswith(" of mine") and layer.width == ""
        assert "reset_parameters" in vars(Linear)  # what the learner's class has not is the package's
        assert "extra_repr" not in vars(Linear)  # what it inherits is not
    assert calls(pieces)["Linear"] == 2
    assert not hasattr(Linear, "width") and repr(Linear(2, 3)).startswith("Linear(in_features=2")


def test_an_operation_reads_its_rules_again() -> None:
    keep(Mul="class Mul(tg.graph.Op):\n    def forward(a, b): return a * b\n    def grad_a(g, b): return g * b * 100")
    with mine():
        x, y = tg.tensor([2.0], requires_grad=True), tg.tensor([3.0], requires_grad=True)
        z = x * y
        z.backward()
        assert x.grad is not None and x.grad.tolist() == [300.0]
        assert y.grad is None and ops.Mul.label == "×"  # no rule for b; what is no method stays where it is not given
        assert str(z.grad_fn) == "<Mul>" and z.grad_fn.op is ops.Mul  # type: ignore[union-attr]
    x, y = tg.tensor([2.0], requires_grad=True), tg.tensor([3.0], requires_grad=True)
    (x * y).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])  # type: ignore[union-attr]


NOT_USABLE = {
    "a syntax error": ("walk", "def walk(node) return node", "yours cannot be run, SyntaxError"),
    "an exit": ("walk", "raise SystemExit(3)", "yours cannot be run, SystemExit: 3"),
    "a missing name": ("walk", "walk = work", "yours cannot be run, NameError: name 'work' is not defined"),
    "no function": ("walk", "walk = 3", "yours is of type int, and a function is wanted"),
    "no class": ("Linear", "def Linear(n, m): pass", "yours is of type function, and a class is wanted"),
    "slots": ("Linear", "class Linear(tg.nn.Module):\n    __slots__ = ()", "Linear has __slots__"),
    "a metaclass": ("Linear", "import abc\nclass Linear(metaclass=abc.ABCMeta): pass", "the metaclass ABCMeta"),
    "a base": ("Linear", "class Base: pass\nclass Linear(Base): pass", "inherits from another class of yours"),
    "no operation": ("Mul", "class Mul:\n    def forward(x, y): return x", "begin it with `class Mul(Op):`"),
    "a wrong rule": ("Mul", "class Mul(tg.graph.Op):\n    def forward(x): 1\n    def grad_y(g): 1", "TypeError"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "reason"), NOT_USABLE.values(), ids=NOT_USABLE.keys())
def test_a_piece_that_cannot_be_used_is_told_and_the_package_goes_on(
    name: str, text: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of_the_framework()
    keep("sum_to")
    keep(**{name: f"def {name}(): pass" if name == "walk" else f"class {name}: pass"})
    path = saved.folder() / saved.file_of(exercise(name))
    path.write_text(f"import tinygrad_course as tg\n{text}\n", encoding="utf-8")
    with mine() as pieces:
        use_everything()
    whose = {part.exercise.name: part.whose for part in pieces.parts}
    assert whose[name].startswith("the package's: ") and reason in whose[name] and whose["sum_to"] == "yours"
    assert reason in capsys.readouterr().out and changed(before) == []


def test_a_file_edited_by_hand_is_used_and_said() -> None:
    keep("relu")
    path = saved.folder() / saved.file_of(exercise("relu"))
    path.write_text("def relu(x): return 9\n", encoding="utf-8")
    with mine() as pieces:
        assert F.relu(tg.tensor([1.0])) == 9
    assert {part.whose for part in pieces.parts if part.calls} == {"yours, edited since its check"}


# What can be a target


@pytest.mark.parametrize("piece", [graph.walk, tg.Tensor.relu, SGD.step, Linear, tg.nn.Module, graph.Node.recall])
def test_functions_methods_and_plain_classes_can_be_targets(piece: Any) -> None:
    assert refusal(piece) is None


NOT_A_TARGET = [
    (tg.Tensor, "__slots__"), (graph.Node, "__slots__"), (int, "written in C"), (np.add, "neither a plain function"),
    (tg.Tensor.shape, "neither a plain function"), (abc.ABC, "metaclass ABCMeta"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "reason"), NOT_A_TARGET)
def test_what_cannot_be_a_target_says_why(piece: Any, reason: str) -> None:
    assert reason in (refusal(piece) or "")


def test_every_target_of_the_course_can_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exercises, "__path__", [str(Path(exercises.__file__).parent)])
    refused = {e.id: refusal(resolve_name(e.target or "")) for e in exercises_with_targets()}
    assert {id: reason for id, reason in refused.items() if reason} == {}
    for e in exercises_with_targets():
        text = program(e.reference, e.name)
        assert text
        saved.keep(e, text)
    targets = [resolve_name(e.target or "") for e in exercises_with_targets()]
    generators = [inspect.isgeneratorfunction(target) for target in targets]
    before = state_of_the_framework()
    with mine() as pieces:
        losses, _ = train()
        assert any(generators) and [inspect.isgeneratorfunction(target) for target in targets] == generators
    assert [part.title for part in pieces.parts if part.whose != "yours"] == [] and changed(before) == []
    np.testing.assert_allclose(losses, train()[0], rtol=1e-4)
