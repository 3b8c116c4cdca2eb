"""Lesson 08, Modules: layers that know their parameters, a tree of them, its first numbers, and how it is saved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.nn import init

from ..exercise import Case, Exercise, Lesson, Mistake, Piece, Prediction


def given(*rows: Any) -> Any:
    """A tensor of float64."""
    return tg.tensor(list(rows), dtype=tg.float64)


def shapes(module: Any) -> dict[str, Any]:
    """The shape of every parameter, by its path."""
    return {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}


def numbered(module: Any) -> Any:
    """The module, with the numbers 0.1, 0.2, 0.3, … in its parameters, one after the other."""
    with tg.no_grad():
        count = 0
        for parameter in module.parameters():
            parameter.copy_((tg.arange(parameter.numel()).reshape(parameter.shape) + count + 1) / 10)
            count += parameter.numel()
    return module


# Linear


class _Linear(nn.Module):
    """x @ weight.T + bias."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(tg.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(tg.empty(out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Any) -> Any:
        z = x @ self.weight.mT
        return z if self.bias is None else z + self.bias


class _LinearByRand(nn.Module):
    """Spread by hand, and with the formula's transposed product."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        width = 2 * in_features**-0.5
        self.weight = nn.Parameter((tg.rand(out_features, in_features) - 0.5) * width)
        self.bias = nn.Parameter((tg.rand(out_features) - 0.5) * width) if bias else None

    def forward(self, x: Any) -> Any:
        z = tg.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            z = z + self.bias
        return z


class _LinearTurned(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        self.weight = nn.Parameter(self.weight.detach().mT.clone())

    def forward(self, x: Any) -> Any:
        z = x @ self.weight
        return z if self.bias is None else z + self.bias


class _LinearOfTensors(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for name, parameter in list(self.named_parameters()):
            delattr(self, name)
            setattr(self, name, parameter.detach().requires_grad_())


class _LinearAlwaysBiased(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features)


class _LinearWithoutBias(_Linear):
    def forward(self, x: Any) -> Any:
        return x @ self.weight.mT


class _LinearOfZeros(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.zeros_(parameter)


class _LinearPositive(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.uniform_(parameter, 0, 1 / math.sqrt(in_features))


class _LinearNormal(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.normal_(parameter)


class _LinearByOutputs(_Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        for parameter in self.parameters():
            init.uniform_(parameter, -1 / math.sqrt(out_features), 1 / math.sqrt(out_features))


def _linear_names(piece: Piece) -> dict[str, Any]:
    layer = piece(3, 2)
    return {"parameters": shapes(layer), "sizes": [layer.in_features, layer.out_features]}


def _linear_case(name: str, *shape: int, bias: bool = True) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        layer = numbered(piece(3, 2, bias=bias))
        x = tg.arange(math.prod(shape)).reshape(shape).to(tg.float64)
        y = layer(x)
        y.sum().backward()
        return {"y": y.detach(), "parameters": shapes(layer), "weight.grad": layer.weight.grad}

    return Case(name, run)


def _linear_spread(piece: Piece) -> dict[str, Any]:
    tg.manual_seed(0)
    layer, other = piece(100, 400), piece(100, 400)
    weight, bias = layer.weight.data, layer.bias.data
    return {
        "largest number of weight, times √100": round(float(abs(weight).max()) * 10, 1),
        "smallest number of weight, times √100": round(float(weight.min()) * 10, 1),
        "largest of bias, times √100": round(float(abs(bias).max()) * 10, 1),
        "share of weight above 0": round(float((weight > 0).mean()), 1),
        "a second layer has the same numbers": bool((layer.weight.data == other.weight.data).all()),
    }


LINEAR = Exercise(
    id="08.Linear",
    target="tinygrad_course.nn.layers.Linear",
    minutes=10,
    difficulty=2,
    reference=nn.Linear,
    cases=(
        Case("Linear(3, 2): what it learns", _linear_names),
        _linear_case("Linear(3, 2) on x of shape (4, 3), its parameters 0.1, 0.2, …", 4, 3),
        _linear_case("Linear(3, 2) on x of shape (2, 2, 3)", 2, 2, 3),
        _linear_case("Linear(3, 2, bias=False) on x of shape (4, 3)", 4, 3, bias=False),
        Case("Linear(100, 400): its first numbers", _linear_spread),
    ),
    accepts=(_Linear, _LinearByRand),
    mistakes=(
        Mistake(
            "weight turned",
            _LinearTurned,
            "Your weight has shape (in_features, out_features). In PyTorch, and so in everybody's saved files, it is "
            "(out_features, in_features): a row for each output. The product then needs it transposed.",
        ),
        Mistake(
            "no parameters",
            _LinearOfTensors,
            "Your layer computes the right thing and has no parameters: an optimizer would find nothing to learn. A "
            "plain tensor as an attribute is not counted; wrap it in nn.Parameter.",
        ),
        Mistake(
            "bias=False ignored",
            _LinearAlwaysBiased,
            "With bias=False there should be no bias to learn. Set self.bias to None then, and let forward ask.",
        ),
        Mistake(
            "bias forgotten",
            _LinearWithoutBias,
            "forward leaves the bias out: every output is too small by it, and its gradient never comes.",
        ),
        Mistake(
            "zeros",
            _LinearOfZeros,
            "All weights begin at 0. Then every output of the layer is the same, gets the same gradient and stays the "
            "same: give them random numbers.",
        ),
        Mistake(
            "positive alone",
            _LinearPositive,
            "Your numbers begin between 0 and 1/√in_features. Spread them to both sides of 0, or every output begins "
            "large and of one sign.",
        ),
        Mistake(
            "normal",
            _LinearNormal,
            "Your numbers are drawn from a normal distribution of width 1. Here they are spread evenly, and never "
            "further from 0 than 1/√in_features.",
        ),
        Mistake(
            "spread by the outputs",
            _LinearByOutputs,
            "The bound of your numbers depends on out_features. What adds up in an output are its inputs, so it is "
            "their number that must tame the sum.",
        ),
    ),
    hints=(
        "What has the layer to learn, which shapes have these, and how does Module hear of them?",
        "In __init__ begin with Module's own, keep the two sizes, and set self.weight and self.bias to Parameters of "
        "random numbers within the bound. In forward use the transposed weight.",
        "Fill in what is missing:\nsuper()...\nself.in_features, self.out_features = ...\nbound = ...\n"
        "self.weight = nn.Parameter(tg.empty(..., ...).uniform_(..., ...))\nself.bias = ...",
    ),
)


# Sequential


class _Sequential(nn.Module):
    """Modules in a row."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        for i, module in enumerate(modules):
            setattr(self, str(i), module)

    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module(x)
        return x


class _SequentialAdded(nn.Module):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        for i in range(len(modules)):
            self.add_module(f"{i}", modules[i])

    def forward(self, x: Any) -> Any:
        for _, module in self.named_children():
            x = module(x)
        return x


class _SequentialListed(nn.Module):
    def __init__(self, *modules: Any) -> None:
        super().__init__()
        self.layers = list(modules)

    def forward(self, x: Any) -> Any:
        for module in self.layers:
            x = module(x)
        return x


class _SequentialFromOne(_Sequential):
    def __init__(self, *modules: Any) -> None:
        nn.Module.__init__(self)
        for i, module in enumerate(modules, 1):
            setattr(self, str(i), module)


class _SequentialEachOnX(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in self.children():
            y = module(x)
        return y


class _SequentialFirst(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in self.children():
            return module(x)


class _SequentialBackwards(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in reversed(list(self.children())):
            x = module(x)
        return x


class _SequentialAround(_Sequential):
    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module.forward(x)
        return x


def _sequential_names(piece: Piece) -> dict[str, Any]:
    return {"parameters": shapes(piece(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)))}


def _sequential_case(name: str, *layers: Callable[[], Any]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = piece(*(numbered(make()) for make in layers))
        return {"y": model(given([1.0, 2.0], [0.0, -1.0])).detach()}

    return Case(name, run)


def _sequential_hooks(piece: Piece) -> dict[str, Any]:
    seen: list[str] = []
    first, second = nn.Linear(2, 2), nn.Tanh()
    for layer in (first, second):
        layer.register_forward_hook(lambda module, args, output: seen.append(type(module).__name__))
    piece(first, second)(given([1.0, 2.0]))
    return {"layers whose hooks were called": seen}


SEQUENTIAL = Exercise(
    id="08.Sequential",
    target="tinygrad_course.nn.containers.Sequential",
    minutes=7,
    difficulty=2,
    reference=nn.Sequential,
    cases=(
        Case("Sequential(Linear(3, 4), Tanh(), Linear(4, 1)): what it learns", _sequential_names),
        _sequential_case("Sequential(Linear(2, 2)) on x", lambda: nn.Linear(2, 2)),
        _sequential_case("Sequential(Linear(2, 2), Tanh()) on x", lambda: nn.Linear(2, 2), nn.Tanh),
        _sequential_case(
            "Sequential(Linear(2, 2), Tanh(), Linear(2, 2)) on x",
            lambda: nn.Linear(2, 2),
            nn.Tanh,
            lambda: nn.Linear(2, 2),
        ),
        Case("a hook on each layer, then one call", _sequential_hooks),
    ),
    accepts=(_Sequential, _SequentialAdded),
    mistakes=(
        Mistake(
            "in a list",
            _SequentialListed,
            "A plain Python list hides the layers: Module looks at its attributes, and a list is neither a Parameter "
            "nor a Module. Nothing in it would ever be trained. Set each layer as an attribute of its own.",
        ),
        Mistake(
            "counted from 1",
            _SequentialFromOne,
            'Your layers are called "1", "2", … and the names go into every saved file. Count from 0, as everywhere.',
        ),
        Mistake(
            "each on x",
            _SequentialEachOnX,
            "Each of your layers gets the first input. A layer's output is what the next one works on.",
        ),
        Mistake(
            "the first alone",
            _SequentialFirst,
            "Your forward returns within the loop, so that only the first layer is ever called.",
        ),
        Mistake(
            "backwards",
            _SequentialBackwards,
            "Your layers run from the last to the first. Forward goes in the order in which they were given.",
        ),
        Mistake(
            "forward called",
            _SequentialAround,
            "You call module.forward(x). The numbers are right, but hooks are passed by: they run when the module "
            "itself is called.",
        ),
    ),
    hints=(
        "How does a Module hear of the modules inside it, and what are they called?",
        "Set each module as an attribute with setattr; its name is its number, as text. self.children() gives them "
        "back in that order.",
        "Fill in what is missing:\nfor i, module in enumerate(modules):\n    setattr(self, ..., ...)\n\nfor module in "
        "...:\n    x = ...\n...",
    ),
)


# named_modules

Found = Iterator[tuple[str, Any]]


def _named_modules(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    """This module and every one inside it, with their paths."""
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    yield prefix, self
    for name, child in self.named_children():
        yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)


def _modules_by_stack(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Any:
    memo = set() if memo is None else memo
    found, waiting = [], [(prefix, self)]
    while waiting:
        path, module = waiting.pop()
        if module not in memo:
            if remove_duplicate:
                memo.add(module)
            found.append((path, module))
            inside = [(".".join(filter(None, [path, name])), child) for name, child in module.named_children()]
            waiting += inside[::-1]
    return iter(found)


def _modules_flat(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield f"{prefix}.{name}" if prefix else name, child


def _modules_inside_alone(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    for name, child in self.named_children():
        path = f"{prefix}.{name}" if prefix else name
        yield path, child
        yield from _modules_inside_alone(child, memo, path, remove_duplicate)


def _modules_dot_first(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_dot_first(child, memo, f"{prefix}.{name}", remove_duplicate)


def _modules_short(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_short(child, memo, name, remove_duplicate)


def _modules_again(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        yield from _modules_again(child, memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)


def _modules_always_once(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    return _named_modules(self, memo, prefix)


def _modules_children_first(
    self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True
) -> Found:
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    for name, child in self.named_children():
        yield from _modules_children_first(child, memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)
    yield prefix, self


def _modules_not_from(self: Any, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Found:
    yield prefix, self
    for name, child in self.named_children():
        path = f"{prefix}.{name}" if prefix else name
        for found in _modules_not_from(child, memo, path, remove_duplicate):
            yield found[0], type(found[1])


class _Tree(nn.Module):
    """A body of two layers, and a head; tied: the head is the body's first layer again."""

    def __init__(self, tied: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
        self.head = self.body[0] if tied else nn.Linear(3, 1)


def _modules_case(name: str, make: Callable[[], Any], **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        found = [(path, type(module).__name__) for path, module in piece(make(), **options)]
        return {"paths": [f"{path or '(none)'}: {kind}" for path, kind in found]}

    return Case(name, run)


NAMED_MODULES = Exercise(
    id="08.named_modules",
    target="tinygrad_course.nn.module.Module.named_modules",
    minutes=10,
    difficulty=3,
    reference=nn.Module.named_modules,
    cases=(
        _modules_case("named_modules(Tanh())", nn.Tanh),
        _modules_case("of a Sequential of two layers", lambda: nn.Sequential(nn.Linear(2, 3), nn.Tanh())),
        _modules_case("of a module with body (a Sequential) and head", _Tree),
        _modules_case('the same with prefix="model"', _Tree, prefix="model"),
        _modules_case("of one whose head is the body's first layer again", lambda: _Tree(tied=True)),
        _modules_case("the same with remove_duplicate=False", lambda: _Tree(tied=True), remove_duplicate=False),
    ),
    accepts=(_named_modules, _modules_by_stack),
    mistakes=(
        Mistake(
            "children alone",
            _modules_flat,
            "You list the module and what is directly inside it. What is inside those is missing: a tree is walked by "
            "asking each child for its own.",
        ),
        Mistake(
            "itself left out",
            _modules_inside_alone,
            "The module itself belongs to the list, first, with prefix as its path.",
        ),
        Mistake(
            "a dot in front",
            _modules_dot_first,
            "Your paths begin with a dot. Where there is no prefix, the name alone is the path.",
        ),
        Mistake(
            "last names",
            _modules_short,
            'Your paths hold the last name alone. With two layers called "0" nobody could tell them apart: put the '
            "path so far in front.",
        ),
        Mistake(
            "listed twice",
            _modules_again,
            "A module that is used at two places is listed twice. Its parameters would be counted, and trained, twice. "
            "memo is the set of those that were listed already.",
        ),
        Mistake(
            "always once",
            _modules_always_once,
            "With remove_duplicate=False a module stands in the list at each of its places; yours has it once. Then "
            "nobody goes into memo.",
        ),
        Mistake(
            "children first",
            _modules_children_first,
            "You list what is inside before the module that holds it. A module comes before its children.",
        ),
        Mistake(
            "classes",
            _modules_not_from,
            "The second of each pair should be the module itself, the object; yours is its class.",
        ),
    ),
    hints=(
        "What does a module say of itself, and whom does it ask for the rest?",
        "Yield your own path and yourself. Then let every child yield its own, with a path that begins with yours. "
        "memo goes along, so that nobody is listed twice.",
        "Fill in what is missing:\nmemo = ...\nif ...:\n    return\nmemo.add(...)\nyield "
        "...\nfor name, child in self.named_children():\n    yield from child.named_modules(..., ...)",
    ),
)


# named_parameters


def _named_parameters(self: Any, prefix: str = "") -> Found:
    """Every parameter with its path, each once."""
    seen = set()
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}" if path else name, value


def _parameters_by_id(self: Any, prefix: str = "") -> Found:
    found: dict[int, tuple[str, Any]] = {}
    for path, module in self.named_modules(prefix=prefix):
        for name in list(vars(module)):
            value = getattr(module, name)
            if isinstance(value, nn.Parameter):
                found.setdefault(id(value), (".".join(filter(None, [path, name])), value))
    yield from found.values()


def _parameters_own(self: Any, prefix: str = "") -> Found:
    for name, value in vars(self).items():
        if isinstance(value, nn.Parameter):
            yield f"{prefix}.{name}" if prefix else name, value


def _parameters_any_tensor(self: Any, prefix: str = "") -> Found:
    seen: set[Any] = set()
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, tg.Tensor) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}" if path else name, value


def _parameters_trainable(self: Any, prefix: str = "") -> Found:
    return ((name, value) for name, value in _named_parameters(self, prefix) if value.requires_grad)


def _parameters_shared(self: Any, prefix: str = "") -> Found:
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter):
                yield f"{path}.{name}" if path else name, value


def _parameters_nameless(self: Any, prefix: str = "") -> Found:
    seen: set[Any] = set()
    for _, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in seen:
                seen.add(value)
                yield name, value


def _parameters_equal(self: Any, prefix: str = "") -> Found:
    found: list[Any] = []
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and not any(
                value.shape == other.shape and (value == other).all() for other in found
            ):
                found.append(value)
                yield f"{path}.{name}" if path else name, value


class _Mixed(nn.Module):
    """A parameter of its own, one that is frozen, a plain tensor, a number and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(given(2.0))
        self.frozen = nn.Parameter(given(3.0), requires_grad=False)
        self.table, self.size = given(1.0, 2.0), 7
        self.layer = numbered(nn.Linear(2, 1))


class _Tied(nn.Module):
    """Two layers with one weight, and two biases with equal numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.back = nn.Linear(2, 2), nn.Linear(2, 2)
        self.back.weight = self.there.weight
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                init.zeros_(parameter)


def _parameters_case(name: str, make: Callable[[], Any], prefix: str = "") -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        found = list(piece(make(), prefix=prefix))
        return {"names": [name for name, _ in found], "shapes": [list(value.shape) for _, value in found]}

    return Case(name, run)


NAMED_PARAMETERS = Exercise(
    id="08.named_parameters",
    target="tinygrad_course.nn.module.Module.named_parameters",
    minutes=8,
    difficulty=2,
    reference=nn.Module.named_parameters,
    cases=(
        _parameters_case("named_parameters(Linear(3, 2))", lambda: nn.Linear(3, 2)),
        _parameters_case("of a module with body (a Sequential) and head", _Tree),
        _parameters_case('the same with prefix="model"', _Tree, "model"),
        _parameters_case("of one with a frozen parameter, a plain tensor and a number", _Mixed),
        _parameters_case("of two layers with one weight, whose biases are all 0", _Tied),
    ),
    accepts=(_named_parameters, _parameters_by_id),
    mistakes=(
        Mistake(
            "its own alone",
            _parameters_own,
            "Only the module's own parameters are found. Those of the modules inside it are missing: named_modules "
            "gives you all of them.",
        ),
        Mistake(
            "any tensor",
            _parameters_any_tensor,
            "A plain tensor is listed as well. A module may keep tensors that are not to be learned, so ask for "
            "nn.Parameter.",
        ),
        Mistake(
            "frozen left out",
            _parameters_trainable,
            "A parameter that wants no gradient just now is missing. It is still a part of the model, and has to be "
            "saved with it; an optimizer passes it over by itself.",
        ),
        Mistake(
            "shared twice",
            _parameters_shared,
            "The weight that two layers share is listed twice, and would be moved twice in every step. Remember which "
            "ones were listed.",
        ),
        Mistake(
            "without paths",
            _parameters_nameless,
            "The name of the parameter is not enough: with three layers there are three called weight. Put the "
            "module's path in front.",
        ),
        Mistake(
            "equal taken for the same",
            _parameters_equal,
            "Two parameters that hold equal numbers are still two. What may be listed only once is the same object: "
            "a set finds it by identity.",
        ),
    ),
    hints=(
        "Where does a module keep its attributes, and which of those do you want?",
        "Go through named_modules(prefix=prefix). vars(module) is the dict of a module's attributes: take the "
        "Parameters among them, each once, with path, dot and name.",
        "Fill in what is missing:\nseen = set()\nfor path, module in ...:\n    for name, value in vars(module).items():"
        "\n        if isinstance(value, ...) and ...:\n            ...\n            yield ..., value",
    ),
)


# xavier_uniform_


def _xavier_uniform_(tensor: Any, gain: float = 1.0) -> Any:
    """Fill evenly between ±gain·√(6 / (inputs + outputs)), in place."""
    outputs, inputs = tensor.shape
    bound = gain * math.sqrt(6 / (inputs + outputs))
    with tg.no_grad():
        return tensor.uniform_(-bound, bound)


def _xavier_by_rand(tensor: Any, gain: float = 1.0) -> Any:
    a = gain * (6 / sum(tensor.shape)) ** 0.5
    with tg.no_grad():
        tensor.copy_(tg.rand(*tensor.shape) * 2 * a - a)
    return tensor


def _filled(tensor: Any, low: float, high: float) -> Any:
    with tg.no_grad():
        return tensor.uniform_(low, high)


def _xavier_inputs_alone(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(6 / tensor.shape[1])
    return _filled(tensor, -bound, bound)


def _xavier_as_width(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(2 / sum(tensor.shape))
    return _filled(tensor, -bound, bound)


def _xavier_no_root(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * 6 / sum(tensor.shape)
    return _filled(tensor, -bound, bound)


def _xavier_positive(tensor: Any, gain: float = 1.0) -> Any:
    return _filled(tensor, 0, gain * math.sqrt(6 / sum(tensor.shape)))


def _xavier_no_gain(tensor: Any, gain: float = 1.0) -> Any:
    bound = math.sqrt(6 / sum(tensor.shape))
    return _filled(tensor, -bound, bound)


def _xavier_new(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(6 / sum(tensor.shape))
    return tg.empty(*tensor.shape).uniform_(-bound, bound)


def _xavier_recorded(tensor: Any, gain: float = 1.0) -> Any:
    bound = gain * math.sqrt(6 / sum(tensor.shape))
    return tensor.uniform_(-bound, bound)


def _xavier_case(name: str, rows: int, columns: int, gain: float = 1.0) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        tg.manual_seed(0)
        weight = nn.Parameter(tg.zeros(rows, columns, dtype=tg.float64))
        returned = piece(weight) if gain == 1 else piece(weight, gain)
        numbers, bound = weight.data, gain * math.sqrt(6 / (rows + columns))
        return {
            "largest number, over the bound": round(float(numbers.max()) / bound, 1),
            "smallest number, over the bound": round(float(numbers.min()) / bound, 1),
            "share beyond half the bound": round(float((abs(numbers) > bound / 2).mean()), 1),
            "it returns the tensor itself": returned is weight,
        }

    return Case(name, run)


XAVIER = Exercise(
    id="08.xavier_uniform_",
    target="tinygrad_course.nn.init.xavier_uniform_",
    minutes=6,
    difficulty=2,
    reference=init.xavier_uniform_,
    cases=(
        _xavier_case("a Parameter of shape (300, 300)", 300, 300),
        _xavier_case("a Parameter of shape (50, 1000)", 50, 1000),
        _xavier_case("a Parameter of shape (300, 300), gain=2", 300, 300, 2.0),
    ),
    accepts=(_xavier_uniform_, _xavier_by_rand),
    mistakes=(
        Mistake(
            "inputs alone",
            _xavier_inputs_alone,
            "Your bound knows the inputs alone. This rule is a compromise: inputs matter on the way forward, outputs "
            "on the way back, and their sum stands under the root.",
        ),
        Mistake(
            "standard deviation as bound",
            _xavier_as_width,
            "2 / (inputs + outputs) is the variance that is wanted. Numbers spread evenly between ±a have the variance "
            "a²/3, so the bound is larger than the standard deviation by √3.",
        ),
        Mistake("root forgotten", _xavier_no_root, "The bound is a square root: of 6 over inputs plus outputs."),
        Mistake(
            "positive alone",
            _xavier_positive,
            "Your numbers lie between 0 and the bound. They should lie evenly on both sides of 0.",
        ),
        Mistake(
            "gain ignored",
            _xavier_no_gain,
            "gain is not used. It makes up for what the nonlinearity takes away, and multiplies the bound.",
        ),
        Mistake(
            "a new tensor",
            _xavier_new,
            "You return a new tensor, and the one that you were given is as it was: the layer keeps its old numbers. "
            "The name ends in an underscore, which means: in place.",
        ),
        Mistake(
            "recorded",
            _xavier_recorded,
            "To write into a parameter, which wants gradients, is an operation that would be recorded, and a leaf may "
            "not be overwritten so. This is no part of the model: do it under tg.no_grad().",
        ),
    ),
    hints=(
        "How many inputs and outputs has a weight of this shape, and in whose place do the numbers go?",
        "Work out the bound, and fill the tensor with uniform_ under no_grad; uniform_ returns the tensor itself.",
        "Fill in what is missing:\noutputs, inputs = ...\nbound = ...\nwith tg.no_grad():\n    return tensor.uniform_("
        "..., ...)",
    ),
)


# load_state_dict


def _load_state_dict(self: Any, state_dict: dict[str, Any]) -> None:
    """Copy the numbers in, all or none."""
    own = dict(self.named_parameters())
    if own.keys() != state_dict.keys():
        raise RuntimeError(f"these names are on one side alone: {', '.join(own.keys() ^ state_dict.keys())}")
    for name, parameter in own.items():
        if parameter.shape != state_dict[name].shape:
            raise RuntimeError(f"size mismatch for {name}: {state_dict[name].shape}, expected {parameter.shape}")
    with tg.no_grad():
        for name, parameter in own.items():
            parameter.copy_(state_dict[name])


def _load_data(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    missing, unexpected = own.keys() - state_dict.keys(), state_dict.keys() - own.keys()
    wrong = [name for name in own.keys() & state_dict.keys() if own[name].shape != state_dict[name].shape]
    if missing or unexpected or wrong:
        raise RuntimeError(f"missing {missing}, unexpected {unexpected}, of another shape {wrong}")
    for name in own:
        own[name].data[...] = state_dict[name].data


def _load_new_parameters(self: Any, state_dict: dict[str, Any]) -> None:
    _load_state_dict(self, state_dict)
    for path, module in self.named_modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, nn.Parameter):
                setattr(module, name, nn.Parameter(state_dict[f"{path}.{name}" if path else name].clone()))


def _load_shared(self: Any, state_dict: dict[str, Any]) -> None:
    _load_state_dict(self, state_dict)
    for name, parameter in self.named_parameters():
        parameter.data = state_dict[name].data


def _load_what_is_there(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    _load_state_dict(self, {name: state_dict.get(name, own[name].detach().clone()) for name in own})


def _load_half(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    with tg.no_grad():
        for name, value in state_dict.items():
            if name not in own or own[name].shape != value.shape:
                raise RuntimeError(f"{name} does not fit")
            own[name].copy_(value)
    if own.keys() - state_dict.keys():
        raise RuntimeError("names are missing")


def _load_stretched(self: Any, state_dict: dict[str, Any]) -> None:
    own = dict(self.named_parameters())
    if own.keys() != state_dict.keys():
        raise RuntimeError("the names differ")
    with tg.no_grad():
        for name, parameter in own.items():
            parameter.copy_(state_dict[name].expand(*parameter.shape))


def _load_by_place(self: Any, state_dict: dict[str, Any]) -> None:
    own = list(self.parameters())
    if len(own) != len(state_dict):
        raise RuntimeError("as many names are needed as there are parameters")
    if any(p.shape != value.shape for p, value in zip(own, state_dict.values(), strict=True)):
        raise RuntimeError("a shape differs")
    with tg.no_grad():
        for parameter, value in zip(own, state_dict.values(), strict=True):
            parameter.copy_(value)


def _load_case(name: str, change: Callable[[dict[str, Any]], Any]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        model = numbered(nn.Linear(2, 2))
        held = list(model.parameters())
        state = {"weight": given([5.0, 6.0], [7.0, 8.0]), "bias": given(9.0, 10.0)}
        state = change(state) or state
        raised = "nothing"
        try:
            piece(model, state)
        except NotImplementedError:  # a RuntimeError too: the untouched stub's
            raise
        except RuntimeError:
            raised = "RuntimeError"
        with tg.no_grad():
            for value in state.values():
                value += 100
        same = [a is b for a, b in zip(held, model.parameters(), strict=True)]
        return {"raised": raised, "weight": model.weight.detach(), "bias": model.bias.detach(), "the same object": same}

    return Case(name, run)


LOAD = Exercise(
    id="08.load_state_dict",
    target="tinygrad_course.nn.module.Module.load_state_dict",
    minutes=12,
    difficulty=3,
    reference=nn.Module.load_state_dict,
    cases=(
        _load_case("new numbers for Linear(2, 2), which are then changed outside", lambda state: None),
        _load_case("the same, with bias before weight", lambda state: {k: state[k] for k in ("bias", "weight")}),
        _load_case("a bias that is missing", lambda state: {"weight": state["weight"]}),
        _load_case("a name too many", lambda state: {**state, "scale": given(1.0)}),
        _load_case(
            "a bias of shape (1,) for one of shape (2,)", lambda state: {"weight": state["weight"], "bias": given(9.0)}
        ),
    ),
    accepts=(_load_state_dict, _load_data),
    mistakes=(
        Mistake(
            "new parameters",
            _load_new_parameters,
            "Your module has new Parameter objects. An optimizer made before holds the old ones, and would go on "
            "moving those, which nobody uses any more. Copy the numbers into the parameters that are there.",
        ),
        Mistake(
            "memory shared",
            _load_shared,
            "The model now shares its memory with the state_dict: what changes one changes the other. Copy the "
            "numbers.",
        ),
        Mistake(
            "missing ones passed over",
            _load_what_is_there,
            "A name is missing, or one is unknown, and nobody hears of it: a half-loaded model runs, and is wrong. "
            "Raise a RuntimeError.",
        ),
        Mistake(
            "half loaded",
            _load_half,
            "When something does not fit, what came before it is loaded already. Check everything first, and copy "
            "afterwards: all or none.",
        ),
        Mistake(
            "shapes stretched",
            _load_stretched,
            "A bias of one number was spread over two. Broadcasting hides that the file belongs to another model: "
            "compare the shapes.",
        ),
        Mistake(
            "by place",
            _load_by_place,
            "Your numbers go by their order in the dict. The names say where each belongs, whatever the order.",
        ),
    ),
    hints=(
        "What can be wrong with a dict that somebody hands you, and when do you want to know?",
        "First compare the names on both sides, then the shapes, and raise a RuntimeError where they differ. Only then "
        "copy, under no_grad, with copy_.",
        "Fill in what is missing:\nown = dict(self.named_parameters())\nif own.keys() != ...:\n    raise RuntimeError("
        "...)\nfor name in own:\n    if ... != ...:\n        raise ...\nwith tg.no_grad():\n    for ...:\n        ...",
    ),
)


LESSON = Lesson(
    number="08",
    module=__name__,
    exercises=(LINEAR, SEQUENTIAL, NAMED_MODULES, NAMED_PARAMETERS, XAVIER, LOAD),
    predictions=(
        Prediction(
            "how-many",
            2080.0,
            "A weight of 32 rows and 64 columns is 2,048 numbers, and the bias has 32 more.",
        ),
        Prediction(
            "in-a-list",
            0.0,
            "The list is an attribute, and neither a Parameter nor a Module. What is in it is not looked at, and an "
            "optimizer would have nothing to do. nn.ModuleList is a list that is looked into.",
        ),
        Prediction(
            "growth",
            "4",
            "Each output is a sum of 16 products of independent numbers, so its variance is 16 times an input's, and "
            "its standard deviation √16 = 4 times.",
            choices=("4", "16", "256"),
        ),
        Prediction(
            "bug-no-init",
            2.0,
            "The first attribute that is a module needs the place where modules are kept, which nn.Module's own "
            "__init__ makes. Nobody has called it.",
            lines=(
                "class Net(nn.Module):\n    def __init__(self):",
                "        self.layer = nn.Linear(2, 1)",
                "    def forward(self, x):\n        return self.layer(x)",
                "model = Net()",
                "model(x)",
            ),
        ),
        Prediction(
            "bug-best",
            "the last",
            "state_dict shares the model's memory: it shows what the parameters are now, not what they were. Keep "
            "copies, {name: value.clone() ...}, or save a file.",
            choices=("the best", "the last", "the first"),
        ),
    ),
    dtype="float64",
)
