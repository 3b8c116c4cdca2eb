"""Module and its containers: names, state, hooks, errors; and the same calls on PyTorch's where it is installed."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tinygrad_course as tg
from tinygrad_course import nn
from tinygrad_course.graph import walk


class Block(nn.Module):
    """A module with everything in it: parameters, buffers, modules, a plain attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.scale = nn.Parameter(tg.ones(4))
        self.register_buffer("steps", tg.tensor(0))
        self.register_buffer("scratch", tg.zeros(2), persistent=False)
        self.register_parameter("nothing", None)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(4, 2, bias=False))
        self.note = "plain"

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.rest(self.first(x) * self.scale)


NAMES = ["scale", "first.weight", "first.bias", "rest.1.weight"]


def test_parameters_are_named_by_their_path_own_ones_first() -> None:
    block = Block()
    assert [name for name, _ in block.named_parameters()] == NAMES
    assert [name for name, _ in block.named_parameters(prefix="net", recurse=False)] == ["net.scale"]
    assert all(p is q for p, q in zip(block.parameters(), dict(block.named_parameters()).values(), strict=True))


def test_modules_children_and_buffers_are_named() -> None:
    block = Block()
    assert [name for name, _ in block.named_modules()] == ["", "first", "rest", "rest.0", "rest.1"]
    assert [name for name, _ in block.named_children()] == ["first", "rest"]
    assert next(block.modules()) is block and list(block.children()) == [block.first, block.rest]
    assert [name for name, _ in block.named_buffers()] == ["steps", "scratch"]
    assert next(block.buffers()) is block.steps
    assert block.get_submodule("rest.1") is block.rest[1] and block.get_submodule("") is block
    with pytest.raises(AttributeError, match="no module `2`"):
        block.get_submodule("rest.2")


def test_a_shared_parameter_counts_once_but_is_saved_under_both_names() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    twice = nn.Sequential(net[0], net[0])
    assert [name for name, _ in net.named_parameters()] == ["0.weight"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 2
    assert list(net.state_dict()) == ["0.weight", "1.weight"]
    assert len(list(twice.modules())) == 2 and len(list(twice.children())) == 1
    assert list(twice.state_dict()) == ["0.weight", "1.weight"]


def test_setting_an_attribute_registers_it_and_deleting_forgets_it() -> None:
    block = Block()
    block.nothing = nn.Parameter(tg.zeros(1))
    assert "nothing" in dict(block.named_parameters())
    block.steps = tg.tensor(5)
    assert block.state_dict()["steps"].item() == 5
    block.first = None
    assert [name for name, _ in block.named_children()] == ["rest"]
    del block.scale, block.rest
    assert list(block.parameters()) == [block.nothing] and not hasattr(block, "scale")
    block.scale = "now plain"
    assert "scale" not in block.state_dict()


def test_a_parameter_may_replace_a_module_or_buffer() -> None:
    block = Block()
    block.rest = nn.Parameter(tg.zeros(1))
    block.steps = nn.Parameter(tg.zeros(1))
    assert list(dict(block.named_parameters())) == ["scale", "rest", "steps", "first.weight", "first.bias"]
    assert [name for name, _ in block.named_buffers()] == ["scratch"]


class Forgetful(nn.Module):
    def __init__(self, value: Any) -> None:
        self.plain = 3
        self.part = value


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda b: Forgetful(nn.Linear(1, 1)), AttributeError, "cannot assign module before Module.__init__() call"),
        (lambda b: Forgetful(nn.Parameter(tg.ones(1))), AttributeError, "cannot assign parameters before"),
        (lambda b: setattr(b, "scale", tg.ones(4)), TypeError, "as parameter 'scale'"),
        (lambda b: setattr(b, "scale", nn.ReLU()), TypeError, "as parameter 'scale'"),
        (lambda b: setattr(b, "nothing", tg.ones(4)), TypeError, "as parameter 'nothing'"),
        (lambda b: setattr(b, "rest", "text"), TypeError, "as child module 'rest'"),
        (lambda b: setattr(b, "steps", 3), TypeError, "as buffer 'steps'"),
        (lambda b: b.register_parameter("p", tg.ones(1)), TypeError, "object to parameter 'p'"),
        (lambda b: b.register_parameter("note", None), KeyError, "attribute 'note' already exists"),
        (lambda b: b.register_buffer("a.b", tg.ones(1)), KeyError, "contain"),
        (lambda b: b.register_buffer("", tg.ones(1)), KeyError, "be empty string"),
        (lambda b: b.register_buffer(3, tg.ones(1)), TypeError, "should be a string. Got int"),
        (lambda b: b.register_buffer("b", 3), TypeError, "object to buffer 'b'"),
        (lambda b: b.register_buffer("scale", tg.ones(1)), KeyError, "attribute 'scale' already exists"),
        (lambda b: b.add_module("m", 3), TypeError, "is not a Module subclass"),
        (lambda b: b.add_module("forward", nn.ReLU()), KeyError, "attribute 'forward' already exists"),
        (lambda b: b.train("yes"), ValueError, "training mode is expected to be boolean"),
        (lambda b: nn.Module()(1), NotImplementedError, 'missing the required "forward" function'),
        (lambda b: nn.Parameter([1.0]), TypeError, "wrap it: tg.tensor"),
        (lambda b: nn.Parameter(tg.tensor([1])), RuntimeError, "floating point dtype can require gradients"),
        (lambda b: b.to("cuda"), RuntimeError, "computes on the CPU"),
        (lambda b: b.to(tg.int64), TypeError, "only accepts floating point"),
    ],
)
def test_misuse_is_refused_in_words(act: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        act(Block())
    assert text in str(caught.value)


def test_a_module_forgotten_to_initialise_may_still_have_plain_attributes() -> None:
    assert Forgetful("text").part == "text"


def test_train_eval_apply_and_freezing_reach_everything() -> None:
    block, seen = Block(), []
    assert block.eval() is block and not any(m.training for m in block.modules())
    assert block.rest.train() is block.rest and block.rest[1].training and not block.training
    block.apply(seen.append)
    assert seen == [block.first, block.rest[0], block.rest[1], block.rest, block]
    assert block.requires_grad_(False) is block and not any(p.requires_grad for p in block.parameters())


def test_zero_grad_clears_to_none_or_to_zeros() -> None:
    block = Block()
    block(tg.ones(1, 3)).sum().backward()
    kept = block.scale.grad
    block.zero_grad(set_to_none=False)
    assert block.scale.grad.tolist() == [0, 0, 0, 0] == kept.tolist()
    block.zero_grad()
    assert all(p.grad is None for p in block.parameters())


def test_hooks_see_and_replace_arguments_and_outputs_until_removed() -> None:
    layer, seen = nn.Identity(), []
    before = layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
    after = layer.register_forward_hook(lambda module, args, output: output * 10)
    watch = layer.register_forward_hook(lambda module, args, output: seen.append((module, args, output)))
    assert layer(1) == 20 and seen == [(layer, (2,), 20)]
    before.remove()
    after.remove()
    watch.remove()
    assert layer(1) == 1 and len(seen) == 1


def test_conversion_changes_floats_in_place_and_nothing_else() -> None:
    block = Block()
    weight = block.first.weight
    block(tg.ones(1, 3)).sum().backward()
    assert block.double() is block and block.first.weight is weight
    assert weight.dtype == weight.grad.dtype == block.scratch.dtype == tg.float64 and block.steps.dtype == tg.int64
    assert block.to("cpu").to(dtype=tg.float32).scale.dtype == tg.float32
    assert block.half().float().to(tg.zeros(1, dtype=tg.float64)).cpu().scale.dtype == tg.float64
    assert block(tg.ones(1, 3, dtype=tg.float64)).dtype == tg.float64


def test_repr_nests_as_pytorch_prints_it() -> None:
    assert repr(Block()) == (
        "Block(\n"
        "  (first): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (rest): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=4, out_features=2, bias=False)\n"
        "  )\n"
        ")"
    )
    listed = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Flatten()])
    assert repr(listed) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Flatten(start_dim=1, end_dim=-1)\n)"
    assert repr(nn.Sequential()) == "Sequential()"
    assert repr(nn.Parameter(tg.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"


# Saving and loading


def test_state_dict_has_what_lasts_and_shares_memory() -> None:
    block = Block()
    state = block.state_dict()
    assert list(state) == ["scale", "steps", "first.weight", "first.bias", "rest.1.weight"]
    assert not state["scale"].requires_grad and type(state["scale"]) is tg.Tensor
    assert np.shares_memory(state["scale"].data, block.scale.data)
    assert block.state_dict(keep_vars=True)["scale"] is block.scale
    assert list(block.first.state_dict(prefix="enc.")) == ["enc.weight", "enc.bias"]


def test_loading_copies_into_the_same_parameters() -> None:
    source, target = Block(), Block()
    source.steps = tg.tensor(7)
    scale = target.scale
    assert repr(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert target.scale is scale and scale.requires_grad and target.steps.item() == 7
    assert not np.shares_memory(scale.data, source.scale.data)
    x = tg.randn(5, 3)
    assert np.array_equal(source(x).data, target(x).data)


def test_loading_what_does_not_fit_lists_everything_and_changes_nothing() -> None:
    block = Block()
    before = {name: value.numpy().copy() for name, value in block.state_dict().items()}
    state = {**Block().state_dict(), "first.weight": tg.zeros(9), "first.bias": [1.0], "extra": tg.zeros(1)}
    del state["scale"]
    with pytest.raises(RuntimeError) as caught:
        block.load_state_dict(state)
    lines = str(caught.value).split("\n\t")
    assert lines[0] == "Error(s) in loading state_dict for Block:"
    assert lines[1:3] == ['Missing key(s) in state_dict: "scale". ', 'Unexpected key(s) in state_dict: "extra". ']
    assert lines[3].startswith("size mismatch for first.weight: copying a param with shape [9] from checkpoint")
    assert lines[4].startswith('While copying the parameter named "first.bias", expected Tensor')
    assert all(np.array_equal(before[name], value.numpy()) for name, value in block.state_dict().items())
    with pytest.raises(RuntimeError, match="size mismatch"):
        block.load_state_dict(state, strict=False)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        block.load_state_dict([1])  # type: ignore[arg-type]


def test_loading_leniently_says_what_was_passed_over() -> None:
    block = Block()
    found = block.load_state_dict({"scale": tg.ones(4) * 3, "extra": tg.zeros(1)}, strict=False)
    assert found.missing_keys == ["steps", "first.weight", "first.bias", "rest.1.weight"]
    assert found.unexpected_keys == ["extra"]
    assert block.scale.tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_whole_and_apart(duplicate: Any) -> None:
    net = nn.Sequential(Block(), nn.Linear(2, 2))
    net.tied = net[1].weight
    twin = duplicate(net)
    assert list(twin.state_dict()) == list(net.state_dict()) and twin.tied is twin[1].weight
    x = tg.randn(2, 3)
    assert np.array_equal(net[:2](x).data, twin[:2](x).data)
    with tg.no_grad():
        twin[0].scale.fill_(5.0)
    assert net[0].scale.tolist() == [1, 1, 1, 1] and type(twin.tied) is nn.Parameter
    twin[:2](x).sum().backward()
    assert twin[0].scale.grad is not None and net[0].scale.grad is None


def test_deepcopy_leaves_gradients_behind() -> None:
    layer = nn.Linear(2, 1)
    layer(tg.ones(1, 2)).sum().backward()
    assert copy.deepcopy(layer).weight.grad is None and layer.weight.grad is not None


# Containers


def test_sequential_is_a_list_of_modules() -> None:
    a, b, c = nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1)
    net = nn.Sequential(a, b)
    assert net.append(c) is net and len(net) == 3 and list(net) == [a, b, c] and net[-1] is c
    net.insert(1, nn.Identity())
    assert [type(m).__name__ for m in net] == ["Linear", "Identity", "ReLU", "Linear"]
    assert net.pop(1).__class__ is nn.Identity and list(net.state_dict())[-1] == "2.bias"
    del net[1]
    assert list(net) == [a, c] and list(dict(net.named_children())) == ["0", "1"]
    net[0] = b
    assert net[0] is b
    with pytest.raises(IndexError, match="index 5 is out of range"):
        net[5]


def test_sequential_by_name_keeps_its_names_in_a_slice() -> None:
    net = nn.Sequential({"first": nn.Linear(1, 2), "second": nn.ReLU(), "third": nn.Linear(2, 1)})
    assert net.second is net[1] and list(dict(net[1:].named_children())) == ["second", "third"]
    assert isinstance(net[:1], nn.Sequential) and net[:1](tg.ones(1, 1)).shape == (1, 2)


def test_hooks_of_forward_leave_the_graph_as_it_is() -> None:
    layer, x = nn.Linear(2, 3), tg.ones(1, 2, requires_grad=True)
    handles = [layer.register_forward_pre_hook(lambda *_: None), layer.register_forward_hook(lambda *_: None)]
    assert [node.op.__name__ for node in walk(layer(x).node)] == ["FusedLinear"]

    handles.append(layer.register_full_backward_hook(lambda *_: None))
    assert len(walk(layer(x).node)) == 3
    for handle in handles:
        handle.remove()
    assert [node.op.__name__ for node in walk(layer(x).node)] == ["FusedLinear"]


def test_module_list_finds_what_a_plain_list_would_hide() -> None:
    layers = nn.ModuleList(nn.Linear(1, 1) for _ in range(3))
    assert len(list(layers.parameters())) == 6 and list(layers[1:]) == [layers[1], layers[2]]
    assert list(dict(layers[1:].named_children())) == ["0", "1"]
    layers.extend([nn.ReLU()])
    assert len(layers) == 4 and isinstance(layers[-1], nn.ReLU)


def test_module_dict_is_a_dict_of_modules() -> None:
    parts = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.ReLU()})
    parts["c"] = nn.Identity()
    assert list(parts) == list(parts.keys()) == ["a", "b", "c"] and "b" in parts and len(parts) == 3
    assert parts.pop("b").__class__ is nn.ReLU and next(iter(parts.values())) is parts["a"]
    parts.update([("a", nn.ReLU())])
    del parts["c"]
    assert [(k, type(m).__name__) for k, m in parts.items()] == [("a", "ReLU")]
    with pytest.raises(KeyError):
        parts["x"]
    with pytest.raises(KeyError, match="already exists"):
        parts["keys"] = nn.ReLU()
    parts.clear()
    assert len(parts) == 0


def test_parameter_list_turns_tensors_into_parameters() -> None:
    weights = nn.ParameterList([tg.ones(2), nn.Parameter(tg.zeros(3, 2))])
    weights.append(tg.zeros(1))
    assert [tuple(p.shape) for p in weights.parameters()] == [(2,), (3, 2), (1,)]
    assert all(p.requires_grad for p in weights) and list(weights.state_dict()) == ["0", "1", "2"]
    assert "(1): Parameter containing: [float32 of size 3x2]" in repr(weights)


# The same on PyTorch


def behaviour(t: Any) -> list[Any]:
    """What a module does, as plain data; t is tinygrad_course or torch."""

    class Net(t.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ReLU())
            self.gain = t.nn.Parameter(t.ones(3))
            self.register_buffer("count", t.zeros(1))
            self.register_buffer("temporary", t.zeros(1), persistent=False)
            self.register_parameter("absent", None)
            self.parts = t.nn.ModuleDict({"x": t.nn.Identity(), "y": t.nn.Flatten()})
            self.many = t.nn.ModuleList([t.nn.Linear(1, 1) for _ in range(2)])

    net = Net()
    found: list[Any] = [list(net.state_dict()), [n for n, _ in net.named_parameters()], repr(net)]
    found += [[n for n, _ in net.named_modules()], [n for n, _ in net.named_buffers()]]
    found.append(repr(net.load_state_dict(net.state_dict())))
    for act in (
        lambda: setattr(net, "gain", t.ones(3)),
        lambda: setattr(net, "body", 3),
        lambda: setattr(net, "count", 3),
        lambda: net.register_buffer("a.b", t.ones(1)),
        lambda: net.register_parameter("body", None),
        lambda: net.load_state_dict({}),
        lambda: net.load_state_dict(3),
        lambda: net.load_state_dict({"gain": t.zeros(2)}, strict=False),
        lambda: net.add_module("new", 3),
        lambda: net.get_submodule("body.7"),
        lambda: net.body[9],
        lambda: t.nn.Module()(1),
        lambda: net.train(2),
    ):
        with pytest.raises(Exception) as caught:
            act()
        found.append(caught.type.__name__)
    del net.gain
    net.body[1:] and net.body.append(t.nn.ReLU())
    net.body.insert(0, t.nn.Identity())
    found.append([n for n, _ in net.named_modules()])
    return found


def test_modules_behave_as_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch (the extra named parity)")
    for ours, theirs in zip(behaviour(tg), behaviour(torch), strict=True):
        assert ours == theirs


def test_loading_errors_say_what_pytorch_says() -> None:
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch (the extra named parity)")
    texts = []
    for t in (tg, torch):
        state = {"0.weight": t.zeros(3, 2), "2.weight": t.zeros(1), "1.bias": t.zeros(4)}
        with pytest.raises(RuntimeError) as caught:
            t.nn.Sequential(t.nn.Linear(2, 3), t.nn.Linear(3, 2)).load_state_dict(state)
        texts.append(str(caught.value).replace("torch.Size([4])", "[4]").replace("torch.Size([2])", "[2]"))
    assert texts[0] == texts[1]


# Hooks on the way back


def small_net(lib: Any) -> Any:
    net = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.ReLU(), lib.nn.Linear(4, 2)).double()
    with lib.no_grad():
        for i, parameter in enumerate(net.parameters()):
            parameter.copy_(lib.tensor(np.random.default_rng(i).normal(size=tuple(parameter.shape))))
    return net


def hooked_run(lib: Any) -> tuple[list, list]:
    """Hooks that look, that replace the gradient of the output, and that of the input; what they saw, and gradients."""
    seen: list[Any] = []
    net = small_net(lib)

    def look(module: Any, grad_input: tuple, grad_output: tuple) -> None:
        seen.extend(np.asarray(g) for g in (*grad_input, *grad_output))

    net[2].register_full_backward_hook(look)
    net[2].register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 2,))
    net[1].register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 3,))
    net[1].register_full_backward_hook(look)
    x = lib.tensor(np.random.default_rng(9).normal(size=(2, 3)), requires_grad=True)
    for _ in range(2):
        net(x).sum().backward()
    return seen, [np.asarray(t.grad) for t in (x, *net.parameters())]


def test_backward_hooks_see_and_replace_what_pytorchs_do() -> None:
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch (the extra named parity)")
    (seen, gradients), (seen_there, gradients_there) = hooked_run(tg), hooked_run(torch)
    assert len(seen) == len(seen_there) == 8
    for here, there in zip([*seen, *gradients], [*seen_there, *gradients_there], strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-12)


def test_backward_hooks_of_a_module_with_two_inputs() -> None:
    class Product(nn.Module):
        def forward(self, x: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
            return x * y

    seen: list[tuple] = []
    product = Product()
    handle = product.register_full_backward_hook(lambda module, *gradients: seen.append(gradients))
    x, y = tg.tensor(2.0, requires_grad=True), tg.tensor(5.0)
    product(x, y).backward()
    y.requires_grad_()
    product(x, y).backward()
    handle.remove()
    product(x, y).backward()
    assert [[None if g is None else g.item() for g in (*inside, *outside)] for inside, outside in seen] == [
        [5, None, 1],
        [5, 2, 1],
    ]
    assert x.grad.item() == 15
    product.register_full_backward_hook(lambda module, grad_input, grad_output: grad_input)
    with pytest.raises(RuntimeError, match="single input or output"):
        product(x, y).backward()


def test_backward_hooks_of_a_module_whose_input_wants_no_gradient() -> None:
    seen: list[tuple] = []
    layer = nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda module, *gradients: seen.append(gradients))
    layer(tg.ones(1, 2)).sum().backward()
    assert seen[0][0] == (None,) and seen[0][1][0].item() == 1


def test_an_operation_knows_the_module_call_it_belongs_to() -> None:
    net = small_net(tg)
    y = net(tg.ones(1, 3, dtype=tg.float64))
    inner = y.node.scope
    assert inner.module() is net[2] and inner.outer.module() is net and inner.outer.outer is None
    assert (y * 2).node.scope is None
    with pytest.raises(RuntimeError):
        net(tg.ones(1, 4, dtype=tg.float64))
    assert (y * 2).node.scope is None
