"""The order of the house: a file imports only from lower layers, and a gradient rule never calls NumPy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tinygrad_course"

LAYERS = (
    ("devices", "dtypes", "modes", "random", "signatures"),
    ("graph", "printing"),
    ("backward", "ops"),
    ("fused",),
    ("methods",),
    ("tensor",),
    ("creation", "linalg", "serialization"),
    ("autograd", "draw"),
    ("plots",),
    ("nn", "optim", "data"),
    ("training",),
    ("utils",),
    ("compile", "onnx", "safetensors", "quantize", "serve", "distributed"),
    ("course",),
)
HEIGHT = {part: height for height, layer in enumerate(LAYERS) for part in layer}

# Imports against the order, inside a function, each with its reason.
ALLOWED = {("tensor", "draw")}  # x.draw(), and what a notebook shows for a tensor

# What must stay away until somebody asks for it: `import tinygrad_course` is the first line of every lesson.
NOT_AT_ONCE = (
    "IPython",
    "click",
    "graphviz",
    "matplotlib",
    "pygraphviz",
    "rich",
    "tinygrad_course.course",
    "tqdm",
)

# Lines of code: what a reader of all of it has before them. The framework is what no other name here stands for.
MOST = {"framework": 6000, "training": 400}
LONGEST = 500  # lines of a file

FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def part_of(file: str) -> str:
    """The part of the package that a file belongs to: "ops" for ops/reduce.py, "graph" for graph.py."""
    return file.split("/")[0].removesuffix(".py")


def at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of the tree, but for what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
            yield node
            yield from at_run_time(node)


def imported(source: str, file: str) -> set[str]:
    """The parts of the package that a file imports; "tinygrad_course" where it imports the package itself."""
    found = set()
    for node in at_run_time(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = ["tinygrad_course", *file.split("/")[:-1]]
            start = inside[: len(inside) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "tinygrad_course":
                part = rest.split(".")[0]
                found.add(part if part in HEIGHT else top)
    return found


def against_the_order(source: str, file: str) -> set[str]:
    """The parts that a file imports and may not."""
    part = part_of(file)
    if part == "__main__":
        return set()
    if part == "__init__":
        return imported(source, file) & {"course"}
    allowed = {other for other in HEIGHT if HEIGHT[other] < HEIGHT[part] or other == part or (part, other) in ALLOWED}
    allowed |= {"tinygrad_course"} if part == "course" else set()
    return imported(source, file) - allowed


def numpy_in_rules(source: str) -> list[str]:
    """The gradient rules, Class.grad_name, that use NumPy."""
    return [
        f"{owner.name}.{rule.name}"
        for owner in ast.walk(ast.parse(source))
        if isinstance(owner, ast.ClassDef)
        for rule in owner.body
        if isinstance(rule, ast.FunctionDef) and rule.name.startswith("grad")
        if any(isinstance(node, ast.Name) and node.id in ("np", "numpy") for node in ast.walk(rule))
    ]


@pytest.mark.parametrize("file", FILES)
def test_every_file_imports_only_from_lower_layers(file: str) -> None:
    assert part_of(file) in {*HEIGHT, "__init__", "__main__"}, f"give {file} its place in LAYERS"
    assert against_the_order((PACKAGE / file).read_text(encoding="utf-8"), file) == set()


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("ops/")])
def test_gradient_rules_use_no_numpy(file: str) -> None:
    assert numpy_in_rules((PACKAGE / file).read_text(encoding="utf-8")) == []


def test_importing_the_package_brings_in_no_heavy_module() -> None:
    code = f"import sys, tinygrad_course; print([name for name in {NOT_AT_ONCE} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_lessons_exercises_bring_in_those_of_no_other() -> None:
    code = (
        "import sys; from tinygrad_course.course.exercises import load; load('04')\n"
        "print(*sorted({name.split('.')[3] for name in sys.modules if '.exercises.lesson' in name}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "lesson04"


@pytest.mark.parametrize(
    ("file", "source", "parts"),
    [
        ("graph.py", "from .dtypes import promote\nimport numpy", set()),
        ("graph.py", "from .tensor import Tensor", {"tensor"}),
        ("graph.py", "from .printing import text", {"printing"}),
        ("graph.py", "def f():\n    from . import tensor", {"tensor"}),
        ("graph.py", "import tinygrad_course.nn.functional", {"nn"}),
        ("graph.py", "import tinygrad_course as tg", {"tinygrad_course"}),
        (
            "graph.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .tensor import Tensor",
            set(),
        ),
        (
            "ops/reduce.py",
            "from ..graph import Op\nfrom .movement import Expand\nfrom . import matrix",
            set(),
        ),
        ("ops/reduce.py", "from .. import tensor, graph", {"tensor"}),
        ("nn/layers.py", "from .. import matmul", {"tinygrad_course"}),
        ("tensor.py", "def f():\n    from .draw import draw", set()),
        ("course/check.py", "import tinygrad_course as tg\nfrom ..nn import Linear", set()),
        ("__init__.py", "from .tensor import Tensor\nfrom .course import check", {"course"}),
    ],
)
def test_an_import_against_the_order_is_found(file: str, source: str, parts: set[str]) -> None:
    assert against_the_order(source, file) == parts


def test_numpy_in_a_rule_is_found() -> None:
    rules = "def forward(x):\n        return np.exp(x)\n\n    def grad_x(g, z):\n        return"
    assert numpy_in_rules(f"class Exp(Op):\n    {rules} g * np.exp(z)") == ["Exp.grad_x"]
    assert numpy_in_rules(f"class Exp(Op):\n    {rules} g * z") == []


def code_lines(source: str) -> int:
    """How many lines of a file say something to Python: no blank line, no comment, no docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    texts = [
        node.body[0] for node in ast.walk(ast.parse(source)) if isinstance(node, documented) and ast.get_docstring(node)
    ]
    inside = {number for text in texts for number in range(text.lineno, (text.end_lineno or 0) + 1)}
    lines = enumerate(source.splitlines(), 1)
    return sum(
        number not in inside and not line.strip().startswith("#") and bool(line.strip()) for number, line in lines
    )


@pytest.mark.parametrize("part", MOST)
def test_what_one_reads_as_a_whole_stays_small(part: str) -> None:
    apart = {"course", "draw", "plots", *MOST}
    files = [file for file in FILES if part_of(file) == part or (part == "framework" and part_of(file) not in apart)]
    assert 0 < sum(code_lines((PACKAGE / file).read_text(encoding="utf-8")) for file in files) < MOST[part]


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_not_too_long(file: str) -> None:
    assert len((PACKAGE / file).read_text(encoding="utf-8").splitlines()) <= LONGEST
