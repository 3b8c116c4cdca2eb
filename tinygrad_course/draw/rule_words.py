"""A gradient rule told from its own source: what it says, the same with the numbers put in, and what came out."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from ..graph import Node, Rule
from .digits import digits_of, shape_text, summary

FEW = 8  # arrays of up to so many numbers are written out
LONGEST = 80  # characters above which an expression is left out


class Told(NamedTuple):
    """A rule at work: whose gradient it gives, the rule's name, "g × y", "1.0 × 3.0", "3.0", and how broadcasting was
    undone. The expression, its numbers, and the last are empty where there is nothing short to say.
    """

    of: str
    rule: str
    code: str
    numbers: str
    result: str
    summed: str

    def __str__(self) -> str:
        return f"gradient of {self.of}, by {self.rule}: {' = '.join(filter(None, self[2:5]))}{self.summed}"


def tell(node: Node, i: int, rule: Rule, g: Any, values: dict[str, Any], gradient: np.ndarray, of: str) -> Told:
    """Tell how a rule came from g, and from what it reads of the values, to the gradient of input number i."""
    first = next(iter(inspect.signature(rule.function).parameters))
    values = {**values, "shape": node.shapes[i], "shapes": node.shapes, "i": i - len(node.op.arguments)}
    given = {first: g, **{name: values[name] for name in rule.reads}}
    raw = rule.function(*given.values())
    code, numbers, result = *code_and_numbers(rule, given), short(raw)
    undone = f"; broadcasting undone by sum_to: shape {np.shape(raw)} → {gradient.shape}: {short(gradient)}"
    name = f"{node.op.__name__}.grad_{node.op.name_of(i)}"
    summed = "" if np.shape(raw) == gradient.shape else undone
    return Told(of, name, code, "" if numbers == result else numbers, result, summed)


def code_and_numbers(rule: Rule, given: dict[str, Any]) -> tuple[str, str]:
    """A rule's expression; and where it is arithmetic, the same with numbers. Empty where not to be had, or long."""
    function = inspect.unwrap(rule.function)  # inside course.mine() a learner's rule is wrapped
    *assigned, expression = source_parts(getattr(function, "__code__", None)) or (None,)
    code = "" if expression is None else written(expression)
    if not code or not isinstance(expression, (ast.BinOp, ast.UnaryOp)):
        return code, ""
    scope = {**function.__globals__, **given}
    try:
        exec(compile(ast.Module(assigned, []), "<rule>", "exec"), scope)
        return code, written(filled(expression, scope))
    except Exception:  # somebody's rule that does not run in pieces
        return code, ""


@lru_cache
def source_parts(code: CodeType | None) -> tuple[Any, ...] | None:
    """The assignments of a function and the expression it returns; None where it has no source, or has more in it."""
    try:
        function = ast.parse(textwrap.dedent(inspect.getsource(code))).body[0]  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError):
        return None
    if isinstance(function, ast.FunctionDef):
        *before, last = function.body[ast.get_docstring(function) is not None :]
        if isinstance(last, ast.Return) and last.value and all(isinstance(part, ast.Assign) for part in before):
            return (*before, last.value)
    return None


def filled(expression: ast.expr, scope: dict[str, Any]) -> ast.expr:
    """The expression with its value in place of each operand of its arithmetic."""
    if isinstance(expression, ast.BinOp):
        return ast.BinOp(filled(expression.left, scope), expression.op, filled(expression.right, scope))
    if isinstance(expression, ast.UnaryOp):
        return ast.UnaryOp(expression.op, filled(expression.operand, scope))
    value = eval(compile(ast.Expression(expression), "<rule>", "eval"), scope)
    line = digits_of(value).line if np.size(value) <= FEW else str(np.shape(value))
    return ast.Name(f"({line})" if line.startswith("-") else line)


def written(expression: ast.expr) -> str:
    """An expression as people write it; empty where it is long."""
    code = ast.unparse(expression).replace(" * ", " × ").replace(" - ", " − ")
    return code if len(code) <= LONGEST else ""


def short(array: Any) -> str:
    """An array in a few words: its numbers where few, else its shape and what they span."""
    array = np.asarray(array)
    line = digits_of(array).line if array.size <= FEW else ""
    return line if 0 < len(line) <= LONGEST else f"{shape_text(array.shape)}, {summary(array)}"
