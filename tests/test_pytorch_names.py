"""Every public name of PyTorch is in tests/pytorch_names.md, as here or as left out; what is here takes its arguments.

`python tests/test_pytorch_names.py`, where PyTorch is installed, brings the file up to date: names that came are moved,
and those that no group has yet are put last, to be sorted by hand.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import tinygrad_course as tg

FILE = Path(__file__).with_name("pytorch_names.md")
MODULES = (
    "torch", "torch.Tensor", "torch.linalg", "torch.autograd", "torch.autograd.functional", "torch.nn",
    "torch.nn.Module", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn", "torch.optim",
    "torch.optim.Optimizer", "torch.optim.lr_scheduler", "torch.utils.data",
)  # fmt: skip
TITLE = """# PyTorch's names

Every public name of PyTorch 2.13 in the modules below: those that are here, under the same name in `tinygrad_course`,
and those that are left out, with the reason. `python tests/test_pytorch_names.py` brings this file up to date;
`tests/test_pytorch_names.py` holds it to be true, and compares the arguments of all that is here with PyTorch's.
"""
UNSORTED = "Not sorted yet"
each_module = pytest.mark.parametrize("module", MODULES)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="parity with PyTorch needs torch: see CONTRIBUTING.md")


def thing(root: Any, path: str) -> Any:
    """What a path that begins with "torch" names in this root; None where it is not there."""
    return reduce(lambda found, name: getattr(found, name, None), path.split(".")[1:], root)


def names_of(place: Any, whole: bool = False) -> set[str]:
    """The public names of a module or class: what it declares, or else (and for whole) all that it has.

    The files of a package count whether something has imported them yet or not.
    """
    if not whole and hasattr(place, "__all__"):
        names = [*place.__all__]
    else:
        names = [*dir(place), *(file.name for file in pkgutil.iter_modules(getattr(place, "__path__", [])))]
    return {name for name in names if not name.startswith("_")}


def theirs(torch: Any, module: str) -> set[str]:
    """PyTorch's names; of torch itself more is in use than it declares."""
    return names_of(thing(torch, module), whole=module == "torch")


def ours(module: str) -> set[str]:
    """The names that are here; what a file imports for its own use is none of them."""
    place = thing(tg, module)
    return {name for name in names_of(place) & {*dir(place)} if meant(module, name, getattr(place, name))}


def meant(module: str, name: str, value: Any) -> bool:
    """Whether a name is offered to users: a module that is compared here, too, or a thing that this package made."""
    if inspect.ismodule(value):
        return any(f"{path}.".startswith(f"{module}.{name}.") for path in MODULES)
    home = getattr(value, "__module__", None) if inspect.isclass(value) or inspect.isfunction(value) else None
    return home is None or home.startswith(("tinygrad_course", "numpy"))


# The file: a section for each module


class Section(NamedTuple):
    """The names of one module that are here, and those left out, by reason."""

    here: set[str]
    left: dict[str, set[str]]


def read(text: str) -> dict[str, Section]:
    """The sections of the file, by module."""
    found = {}
    for part in text.split("\n## ")[1:]:
        module, _, body = part.partition("\n")
        here, *groups = re.split(r"\n- \*\*(.+?)\*\*:", body)
        names = [set(re.findall(r"`(\w+)`", group)) for group in groups[1::2]]
        found[module.strip()] = Section(set(re.findall(r"`(\w+)`", here)), dict(zip(groups[::2], names, strict=True)))
    return found


def listing(names: set[str], indent: str = "") -> str:
    """Names in code marks, with commas, in lines of text."""
    text = ", ".join(f"`{name}`" for name in sorted(names, key=lambda n: (n.lower(), n)))
    return textwrap.fill(text, 118, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def written(sections: dict[str, Section]) -> str:
    """The text of the file."""
    lines = [TITLE, "| module | here | left out |", "|---|---:|---:|"]
    for module, (here, left) in sections.items():
        lines.append(f"| `{module}` | {len(here)} | {sum(map(len, left.values()))} |")
    for module, (here, left) in sections.items():
        lines += [f"\n## {module}\n", "Here:\n", listing(here)]
        lines += ["\nLeft out:\n"] if left else []
        lines += [f"- **{why}**:\n{listing(names, '  ')}" for why, names in left.items()]
    return "\n".join(lines) + "\n"


def brought_up_to_date(torch: Any, sections: dict[str, Section]) -> dict[str, Section]:
    """The sections with every name of PyTorch, each where it belongs now."""
    found = {}
    for module in MODULES:
        every = theirs(torch, module)
        here = every & ours(module)
        known = sections.get(module, Section(set(), {})).left
        left = {why: names & (every - here) for why, names in known.items()}
        rest = every - here - set().union(*left.values())
        left[UNSORTED] = left.get(UNSORTED, set()) | rest
        found[module] = Section(here, {why: names for why, names in left.items() if names})
    return found


@each_module
def test_what_the_file_calls_here_is_here_and_nothing_else(module: str) -> None:
    here, left = read(FILE.read_text(encoding="utf-8"))[module]
    assert thing(tg, module) is not None
    assert here - ours(module) == set(), "called here, and not there"
    assert set().union(*left.values()) & ours(module) == set(), "came since: python tests/test_pytorch_names.py"


@each_module
def test_every_name_of_pytorch_is_in_one_place(torch: Any, module: str) -> None:
    here, left = read(FILE.read_text(encoding="utf-8"))[module]
    listed = [*here, *(name for names in left.values() for name in names)]
    assert len(listed) == len(set(listed))
    assert set(listed) == theirs(torch, module)
    assert left.get(UNSORTED) is None


def test_the_file_is_what_the_command_writes() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert written(read(text)) == text


# Arguments: their names, order and defaults

# Said once: PyTorch's own names that we may leave out in the middle of a list, since no program gives them by place.
OLD = {"size_average", "reduce", "only_inputs"}
FIRST = {"input", "self", "tensor", "A"}  # the tensor a function is about: given by place

# Different on purpose: the names of PyTorch whose arguments here are others, and why.
EXCEPTIONS = {
    "torch.Generator": "a seed may be given at once; there is no device to name",
    "torch.from_numpy": "a builtin: it takes its argument by place alone",
    "torch.mean": "takes NumPy's names axis and keepdims, as PyTorch does without saying so",
    "torch.meshgrid": "PyTorch means the same, and warns",
    "torch.split": "the method's name for the same argument",
    "torch.sum": "as torch.mean",
    "torch.swapaxes": "another name of transpose, with its arguments",
    "torch.Tensor.mean": "as torch.mean",
    "torch.Tensor.sum": "as torch.mean",
    "torch.Tensor.swapaxes": "another name of transpose, with its arguments",
    "torch.Tensor.type": "changes the type; x.dtype tells it",
    "torch.Tensor.uniform_": "its name in PyTorch, from, is a word of the language and cannot be given by name",
    "torch.autograd.grad": "is_grads_batched stands before the last argument; nobody gives that by place",
    "torch.nn.LogSoftmax": "PyTorch guesses the axis, and warns",
    "torch.nn.ModuleDict": "an empty list means none",
    "torch.nn.ModuleList": "an empty list means none",
    "torch.nn.Module.to": "takes a device by name, as PyTorch does without saying so",
    "torch.nn.Parameter": "a parameter of nothing is of no use",
    "torch.nn.Softmax": "PyTorch guesses the axis, and warns",
    "torch.nn.TransformerEncoderLayer": "the name of the activation for the function itself",
    "torch.nn.functional.log_softmax": "PyTorch guesses the axis, and warns",
    "torch.nn.functional.softmax": "PyTorch guesses the axis, and warns",
    "torch.optim.lr_scheduler.OneCycleLR": "three_phase stands before the last argument; nobody gives that by place",
    "torch.utils.data.random_split": "no generator means the default one",
}


class Argument(NamedTuple):
    """One argument of a function: kind is "place", "key", "*" or "**"; default is EMPTY without one."""

    name: str
    kind: str
    default: Any


EMPTY, UNKNOWN = inspect.Parameter.empty, object()
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "place",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "place",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.KEYWORD_ONLY: "key",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def of_python(function: Any) -> list[Argument]:
    """The arguments of a function or class that Python can look into; else none."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return []
    return [Argument(p.name, KINDS[p.kind], p.default) for p in parameters if not p.name.startswith("_")]


def of_docstring(function: Any, name: str) -> Iterator[list[Argument]]:
    """The arguments of each call that the docstring begins with, or shows as a function of its own."""
    text = inspect.getdoc(function) or ""
    for match in re.finditer(rf"^(?:\.\. (?:function|method):: )?(?:torch\.)?(?:Tensor\.)?{name}\(", text, re.M):
        yield of_text(text[match.end() :])


def of_text(text: str) -> list[Argument]:
    """The arguments in a text as "dim, keepdim=False, *, out=None) -> Tensor"."""
    kind, found = "place", []
    for part in parts_of(text):
        name, _, value = part.replace("\\", "").partition("=")
        name = name.partition(":")[0].strip()
        stars = "*" * name.count("*")
        if stars and stars != name:
            found.append(Argument(name.strip("*"), stars, EMPTY))
        elif not stars and name.isidentifier():
            found.append(Argument(name, kind, default_of(value.strip())))
        kind = "key" if stars else kind
    return found


def parts_of(text: str) -> list[str]:
    """The text up to the bracket that closes it, cut at its own commas."""
    depth, parts = 0, [""]
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            break
        parts = [*parts, ""] if letter == "," and not depth else [*parts[:-1], parts[-1] + letter]
    return [part.strip() for part in parts]


def default_of(text: str) -> Any:
    try:
        return ast.literal_eval(text) if text else EMPTY
    except (ValueError, SyntaxError):
        return UNKNOWN


def of_schemas(torch: Any, module: str, name: str) -> Iterator[list[Argument]]:
    """The arguments of a builtin function as PyTorch's own tables have them."""
    prefix = {"torch": "", "torch.Tensor": "", "torch.nn.functional": "", "torch.linalg": "linalg_"}.get(module)
    if prefix is None:
        return
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{prefix}{name}"):
        if not any(a.is_out for a in schema.arguments):
            yield [
                Argument(a.name, "key" if a.kwarg_only else "place", UNKNOWN if a.has_default_value() else EMPTY)
                for a in schema.arguments
            ]


def signatures(torch: Any, module: str, name: str) -> list[list[Argument]]:
    """Every list of arguments that PyTorch shows for a name; none for a class or function that takes no arguments."""
    function = getattr(thing(torch, module), name)
    seen = of_python(function)
    if {a.kind for a in seen} - {"*", "**"}:
        return [seen]
    places = [function, *[getattr(torch, name, None)] * (module == "torch.Tensor")]
    documented = [arguments for place in places for arguments in of_docstring(place, name)]
    return [*documented, *of_schemas(torch, module, name)]


MORE = "more"  # flip(dims, *more): the rest of a tuple that may be given number by number


def difference(mine: list[Argument], other: list[Argument], keys: set[str]) -> str:
    """What a call by PyTorch's arguments would meet here; "" for nothing. keys: what it knows by name at all."""
    if mine and mine[0].name == "self":
        rest = [a for a in other if a.name != "self"]
        mine, other = mine[1:], rest[1:] if rest == other and rest and rest[0].name in FIRST else rest
    places = [a for a in other if a.kind in ("place", "*") and a.name not in OLD]
    defaults = {a.name: a.default for a in other}
    for i, a in enumerate(a for a in mine if a.kind == "place" or (a.kind == "*" and a.name != MORE)):
        if i >= len(places):
            return f"{a.name} is one too many"
        there = places[i]
        same = a.kind == there.kind and (a.kind == "*" or a.name == there.name or (i == 0 and there.name in FIRST))
        if not same:
            return f"{shown(a)} stands where {shown(there)} does"
    for a in mine:
        if a.kind == "key" and a.name not in keys:
            return f"{a.name} is unknown there"
        there_default = defaults.get(a.name, UNKNOWN)
        if there_default not in (EMPTY, UNKNOWN) and a.kind != "*" and not alike(a.default, there_default):
            return f"{a.name} is {a.default} where it is {there_default} there"
    return ""


def shown(a: Argument) -> str:
    return f"*{a.name}" if a.kind == "*" else a.name


def alike(a: Any, b: Any) -> bool:
    return a is b or (a is not EMPTY and (a == b or str(a).removeprefix("torch.") == str(b).removeprefix("torch.")))


def differences(torch: Any, module: str) -> dict[str, str]:
    """The names of a module that take other arguments here than in PyTorch, and the nearest of the differences."""
    found = {}
    for name in sorted(theirs(torch, module) & ours(module)):
        mine, calls = of_python(getattr(thing(tg, module), name)), signatures(torch, module, name)
        if mine and calls:
            keys = {a.name for call in calls for a in call}
            said = [difference(mine, call, keys) for call in calls]
            if "" not in said:
                found[f"{module}.{name}"] = "; or: ".join(dict.fromkeys(said))
    return found


@each_module
def test_arguments_have_pytorchs_names_order_and_defaults(torch: Any, module: str) -> None:
    unlike = differences(torch, module)
    wrong = [f"{name}: {said}" for name, said in unlike.items() if name not in EXCEPTIONS]
    assert not wrong, "\n" + "\n".join(wrong)
    allowed = {name for name in EXCEPTIONS if name.rpartition(".")[0] == module}
    assert allowed - set(unlike) == set(), "no exception any longer"


if __name__ == "__main__":
    import torch as installed

    old = read(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    FILE.write_text(written(brought_up_to_date(installed, old)), encoding="utf-8", newline="\n")
