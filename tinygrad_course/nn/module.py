"""Module: a part of a network, which knows its parameters, its buffers and the modules inside it."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from textwrap import indent
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from ..autograd import no_grad
from ..modes import Scope, modes
from ..tensor import Handle, Tensor
from .backward_hooks import Passage
from .parameter import Parameter

BUFFERS = ("buffer", "transient buffer")  # a transient buffer stays out of the state_dict
WHEN = ("before", "after", "gradient before", "gradient after")  # forward, or the way back through the module


class IncompatibleKeys(NamedTuple):
    """What load_state_dict(strict=False) passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Module:
    """A part of a network: subclass it, set parameters and modules as attributes, and write `forward`.

    Calling a module runs its forward. Every Parameter, buffer and Module among its attributes is found by name, and
    so is everything inside those modules: "encoder.0.weight". training: whether it trains, which some layers ask.
    """

    shown: ClassVar[str] = ""  # what repr prints: "num_features eps=" gives BatchNorm1d(3, eps=1e-05)
    training: bool
    _roles: dict[str, str]  # what each registered attribute is: "parameter", "module" or one of BUFFERS
    _hooks: dict[str, dict[int, Callable[..., Any]]]  # by WHEN they are called

    def __init__(self) -> None:
        vars(self).update(training=True, _roles={}, _hooks=defaultdict(dict))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Every subclass writes its own."""
        missing = f'Module [{type(self).__name__}] is missing the required "forward" function'
        raise NotImplementedError(f"{missing}: write def forward(self, x) in the class")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks and any(self._hooks.values()):
            return self._call_with_hooks(args, kwargs)
        return self._forward_in_scope(args, kwargs)

    def _call_with_hooks(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call forward between the hooks, which see, and may replace, what goes in and what comes out."""
        before, after, *of_gradients = [list(self._hooks[when].values()) for when in WHEN]
        for hook in before:
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        passage = Passage(self, *of_gradients) if any(of_gradients) else None
        output = self._forward_in_scope(passage.enter(args) if passage else args, kwargs)
        for hook in after:
            changed = hook(self, args, output)
            output = output if changed is None else changed
        return passage.leave(output) if passage else output

    def _forward_in_scope(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call forward so that each operation in it knows that it belongs to this module."""
        outer = modes.scope
        modes.scope = Scope(outer, weakref.ref(self))  # a `with` block here would take ten times as long
        try:
            return self.forward(*args, **kwargs)
        finally:
            modes.scope = outer

    # Attributes: what is set becomes registered

    def __setattr__(self, name: str, value: Any) -> None:
        roles = vars(self).get("_roles")
        if roles is None and isinstance(value, (Parameter, Module)):
            raise AttributeError(before_init("parameters" if isinstance(value, Parameter) else "module"))
        if roles is not None:
            old = roles.get(name)
            role = role_of(name, value, old)
            if role != old:
                roles.pop(name, None)
            if role:
                roles[name] = role
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._roles.pop(name, None)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set a parameter by name; None keeps the name for later."""
        self._check_name("parameter", name, ("parameter",))
        check_kind(param, Parameter, f"parameter '{name}'", "tg.nn.Parameter(...)")
        if param is not None and param.node is not None:
            wrong = f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly"
            cure = f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
            raise ValueError(f"{wrong}. {cure}")
        self._register("parameter", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Set a tensor that belongs to the module's state but is not learned; persistent: it is in the state_dict."""
        self._check_name("buffer", name, BUFFERS)
        check_kind(tensor, Tensor, f"buffer '{name}'", "tg.tensor(...)")
        self._register("buffer" if persistent else "transient buffer", name, tensor)

    def add_module(self, name: str, module: Module | None) -> None:
        """Set a module by name; None keeps the name for later."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_name("module", name, ("module",))
        self._register("module", name, module)

    register_module = add_module

    def _check_name(self, kind: str, name: str, roles: tuple[str, ...]) -> None:
        """Raise what is wrong with a name for a new parameter, buffer or module."""
        if "_roles" not in vars(self):
            raise AttributeError(before_init(kind))
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and self._roles.get(name) not in roles:
            raise KeyError(f"attribute '{name}' already exists")

    def _register(self, role: str, name: str, value: Any) -> None:
        self._roles[name] = role
        super().__setattr__(name, value)

    def _registered(self, *roles: str) -> list[tuple[str, Any]]:
        """The attributes that have one of these roles, in the order of registration."""
        return [(name, vars(self)[name]) for name, role in self._roles.items() if role in roles]

    # Looking inside

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield this module and every one inside it, with their paths; its own path is `prefix`."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._registered("module"):
            if child is not None:
                yield from child.named_modules(memo, joined(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Yield this module and every one inside it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly inside this one, with their names."""
        return self._members(("module",), prefix="", recurse=False, once=True)

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside this one."""
        return (child for _, child in self.named_children())

    def _members(self, roles: tuple[str, ...], prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Any]]:
        """Yield the attributes with one of these roles, with their paths; once: a shared one at its first path only."""
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=once) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in module._registered(*roles):
                if value is not None and not (once and id(value) in seen):
                    seen.add(id(value))
                    yield joined(path, name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield every parameter with its path; recurse: also those of the modules inside."""
        return self._members(("parameter",), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield every parameter: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield every buffer with its path; recurse: also those of the modules inside."""
        return self._members(BUFFERS, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield every buffer."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module at a path such as "encoder.0". Raises AttributeError if there is none."""
        module: Any = self
        for name in filter(None, target.split(".")):
            if module._roles.get(name) != "module":
                raise AttributeError(f"{type(module).__name__} has no module `{name}` (looking for {target!r})")
            module = getattr(module, name)
        return module

    # Changing the whole

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call fn on every module inside and then on this one: for example, to initialise weights."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set training mode (or evaluation mode, with False) here and in every module inside."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean: train(), train(True) or train(False)")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set evaluation mode: dropout drops nothing, batch norm uses what it has learned."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let every parameter want gradients, or freeze them all."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear every parameter's gradient: to None, or to zeros with set_to_none=False."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else parameter.grad.detach().zero_()

    def to(self, *targets: Any, device: Any = None, dtype: Any = None) -> Self:
        """Change the floating-point dtype of every parameter and buffer, in place; the device can only be "cpu".

        A target is a dtype, a device, or a Tensor to be like.
        """
        for target in (*targets, device, dtype):
            wanted = target.dtype if isinstance(target, Tensor) else target
            if wanted is not None and str(wanted).partition(":")[0] != "cpu":
                self._convert(floating(wanted))
        return self

    def float(self) -> Self:
        """Turn every floating-point parameter and buffer into float32."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Turn every floating-point parameter and buffer into float64."""
        return self.to(np.float64)

    def half(self) -> Self:
        """Turn every floating-point parameter and buffer into float16."""
        return self.to(np.float16)

    def cpu(self) -> Self:
        """Return the module: it is where it must be."""
        return self

    def _convert(self, dtype: np.dtype) -> None:
        for tensor in (*self.parameters(), *self.buffers()):
            for part in (tensor, tensor.grad):
                if part is not None and part.dtype.kind == "f":
                    part.data = part.data.astype(dtype, copy=False)

    # Saving and loading

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return every parameter and persistent buffer by path, cut from the graph but sharing memory.

        keep_vars: the tensors themselves, not cut from the graph.
        """
        state = {}
        for path, module in self.named_modules(prefix=prefix.removesuffix("."), remove_duplicate=False):
            for name, value in (*module._registered("parameter"), *module._registered("buffer")):
                if value is not None:
                    state[joined(path, name)] = value if keep_vars else value.detach()
        return state

    def load_state_dict(self, state_dict: Mapping[str, Tensor], strict: bool = True) -> IncompatibleKeys:
        """Copy the numbers of a state_dict into this module's parameters and buffers; all of them, or none.

        strict=False passes over names that only one side has, and returns them. Raises RuntimeError that lists every
        name that does not match (where strict) and every shape that differs.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        own = self.state_dict(keep_vars=True)
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        problems = [text for name in own if name in state_dict if (text := misfit(name, own[name], state_dict[name]))]
        if strict:
            problems = [*listed("Missing", missing), *listed("Unexpected", unexpected), *problems]
        if problems:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(problems))
        with no_grad():
            for name in own:
                if name in state_dict:
                    own[name].copy_(state_dict[name])
        return IncompatibleKeys(missing, unexpected)

    # Hooks

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple], Any]) -> Handle:
        """Call hook(module, args) before each forward; what it returns, unless None, replaces the arguments."""
        return Handle(self._hooks["before"], hook)

    def register_forward_hook(self, hook: Callable[[Module, tuple, Any], Any]) -> Handle:
        """Call hook(module, args, output) after each forward; what it returns, unless None, replaces the output."""
        return Handle(self._hooks["after"], hook)

    def register_full_backward_pre_hook(self, hook: Callable[[Module, tuple], Any]) -> Handle:
        """Call hook(module, grad_output) before gradients go through the module; what it returns may replace them."""
        return Handle(self._hooks["gradient before"], hook)

    def register_full_backward_hook(self, hook: Callable[[Module, tuple, tuple], Any]) -> Handle:
        """Call hook(module, grad_input, grad_output) after gradients went through the module.

        grad_input, grad_output: one gradient for each positional argument of forward, and for each output; None where
        there is none. What it returns, unless None, replaces the gradient of a single input.
        """
        return Handle(self._hooks["gradient after"], hook)

    # As text

    def extra_repr(self) -> str:
        """What to print between the brackets: the settings that `shown` names; or a subclass says it all itself.

        Of a bias, it is whether there is one.
        """
        values = {**vars(self), "bias": vars(self).get("bias") is not None}
        return ", ".join(f"{k}{values[k[:-1]]}" if k[-1] == "=" else f"{values[k]}" for k in self.shown.split())

    def __repr__(self) -> str:
        extra = self.extra_repr()
        printed = [f"({name}): {text}" for name, text in self._printed()]
        lines = [extra, *printed] if extra else printed
        if not printed and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        inside = indent("\n".join(lines), "  ")
        return f"{type(self).__name__}(\n{inside}\n)"

    def _printed(self) -> list[tuple[str, str]]:
        """What repr shows inside the module, by name."""
        return [(name, repr(child)) for name, child in self._registered("module")]


def before_init(what: str) -> str:
    """The text of the error for an attribute that comes too early."""
    cure = "make super().__init__() the first line of your module's __init__"
    return f"cannot assign {what} before Module.__init__() call: {cure}"


def check_kind(value: Any, kind: type[Tensor], place: str, maker: str) -> None:
    """Raise TypeError unless what is to be registered at this place is None or of the kind that `maker` makes."""
    if value is not None and not isinstance(value, kind):
        given, wanted = type(value).__name__, "nn.Parameter" if kind is Parameter else "Tensor"
        raise TypeError(f"cannot assign '{given}' object to {place} ({wanted} or None required): wrap it in {maker}")


def role_of(name: str, value: Any, old: str | None) -> str | None:
    """The role of a value set as attribute `name`, whose role was `old`. Raises TypeError where it does not fit."""
    if isinstance(value, Parameter):
        return "parameter"
    if isinstance(value, Module) and old != "parameter":
        return "module"
    if old is None or value is None or (old in BUFFERS and isinstance(value, Tensor)):
        return old
    names = {"parameter": ("parameter", "nn.Parameter"), "module": ("child module", "nn.Module")}
    kind, wanted = names.get(old, ("buffer", "Tensor"))
    cure = f"to use the name for something else, first: del module.{name}"
    raise TypeError(f"cannot assign '{type(value).__name__}' as {kind} '{name}' ({wanted} or None expected); {cure}")


def joined(path: str, name: str) -> str:
    """The path of what is called `name` in the module at `path`."""
    return f"{path}.{name}" if path else name


def floating(target: Any) -> np.dtype:
    """The floating-point dtype that a target of Module.to names; raises what is wrong with any other target."""
    try:
        dtype = np.dtype(target)
    except TypeError:
        cure = 'this framework computes on the CPU. Use "cpu", tg.float32 or tg.float64.'
        raise RuntimeError(f"Module.to: there is no device or dtype {target!r} here: {cure}") from None
    if dtype.kind != "f":
        raise TypeError(f"nn.Module.to only accepts floating point dtypes, but got desired dtype={dtype}")
    return dtype


def misfit(name: str, own: Tensor, value: Any) -> str:
    """Why `value` cannot be loaded into the tensor `own`; empty if it can."""
    if not isinstance(value, Tensor):
        wrong = f'While copying the parameter named "{name}", expected Tensor from checkpoint but received'
        return f"{wrong} {type(value).__name__}: wrap it in tg.tensor(...)"
    if value.shape != own.shape:
        ours = f"the shape in current model is {list(own.shape)}."
        return f"size mismatch for {name}: copying a param with shape {list(value.shape)} from checkpoint, {ours}"
    return ""


def listed(kind: str, names: list[str]) -> list[str]:
    """One line on the names that are missing or unexpected; no line if there are none."""
    quoted = ", ".join(f'"{name}"' for name in names)
    return [f"{kind} key(s) in state_dict: {quoted}. "] if names else []
