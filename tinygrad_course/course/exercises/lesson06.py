"""Lesson 06, Matrices and shapes: the rules of products, other shapes and indexing, and a check for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.autograd.gradcheck import GradcheckError, gradcheck, jacobian_by_difference, jacobian_by_rule
from tinygrad_course.graph import Op
from tinygrad_course.ops.indexing import ARRAY, AddInto, fill
from tinygrad_course.ops.matrix import MatMul
from tinygrad_course.ops.movement import Permute, Reshape

from ..exercise import AFTERWARDS, Case, Exercise, Lesson, Mistake, Piece, Prediction

Shape = tuple[int, ...]


def count(*shape: int, times: float = 1.0) -> np.ndarray:
    """An array of this shape that holds 1, 2, 3 and so on, times a number."""
    return times * np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)


def leaf(array: Any) -> Any:
    """A tensor of float64 that wants gradients."""
    return tg.tensor(array, dtype=tg.float64, requires_grad=True)


def with_rules(op: type[Op], **rules: Callable) -> type[Op]:
    """The operation with other gradient rules, by the argument that they are for."""
    made: type[Op] = type(op.__name__, (Op,), {"forward": op.forward, **{f"grad_{k}": r for k, r in rules.items()}})
    return made


def rule_case(
    name: str, g: np.ndarray, tensors: bool = False, params: dict | None = None, **inputs: np.ndarray
) -> Case:
    """The rules by themselves, on arrays, or on Tensors, through which a gradient travels in its turn."""
    params = params or {}

    def run(op: Piece) -> dict[str, Any]:
        handed = {key: leaf(array) if tensors else array.copy() for key, array in inputs.items()}
        given = leaf(g) if tensors else g.copy()
        found = {}
        for argument, rule in op.rules.items():
            known = {**handed, **params, "shape": inputs[argument].shape}
            found[f"gradient of {argument}"] = rule.function(given, *[known[read] for read in rule.reads])
        if tensors:
            return {key: gradient.detach() for key, gradient in found.items()}
        return {**found, f"g {AFTERWARDS}": given}

    return Case(name, run)


# MatMul


def turned(array: Any) -> Any:
    """All axes the other way round; of a Tensor, which has no such attribute, the last two."""
    return array.T if isinstance(array, np.ndarray) else array.mT


class _MatMulTurned(Op):
    def forward(x: Any, y: Any) -> Any:
        return x @ y

    def grad_x(g: Any, y: Any) -> Any:
        return (y @ g.mT).mT

    def grad_y(g: Any, x: Any) -> Any:
        return (g.mT @ x).mT


class _MatMulWithoutG(Op):
    def forward(x: Any, y: Any) -> Any:
        return x @ y

    def grad_x(g: Any, y: Any) -> Any:
        return g @ y.mT

    def grad_y(g: Any, x: Any) -> Any:
        return x.mT @ x


_product_cases = (
    rule_case("x of shape (2, 3), y of shape (3, 4)", count(2, 4), x=count(2, 3), y=count(3, 4, times=0.1)),
    rule_case("x and y of shape (2, 2)", count(2, 2, times=10), x=count(2, 2), y=count(2, 2, times=0.5)),
    rule_case(
        "a batch: x of shape (5, 2, 3), y of shape (5, 3, 2)", count(5, 2, 2), x=count(5, 2, 3), y=count(5, 3, 2)
    ),
    rule_case("Tensors: x (2, 3), y (3, 4)", count(2, 4), True, x=count(2, 3), y=count(3, 4, times=0.1)),
)

MATMUL = Exercise(
    id="06.MatMul",
    target="tinygrad_course.ops.matrix.MatMul",
    minutes=10,
    difficulty=3,
    reference=MatMul,
    cases=_product_cases,
    accepts=(_MatMulTurned,),
    mistakes=(
        Mistake(
            "transposes exchanged",
            with_rules(MatMul, x=lambda g, y: y.mT @ g, y=lambda g, x: g @ x.mT),
            "The matrices stand in the wrong order: g comes first in the gradient of x, and last in that of y. Write "
            "the shapes below each product: (2, 4) @ (4, 3) gives (2, 3).",
        ),
        Mistake(
            "no transposes",
            with_rules(MatMul, x=lambda g, y: g @ y, y=lambda g, x: x @ g),
            "The shapes do not fit without turning the other matrix. For square ones they do, and the numbers are "
            "wrong.",
        ),
        Mistake(
            "all axes turned",
            with_rules(MatMul, x=lambda g, y: g @ turned(y), y=lambda g, x: turned(x) @ g),
            "Right for two matrices. `.T` turns all axes round, the batch among them. `.mT` turns the last two alone: "
            "the matrices.",
        ),
        Mistake(
            "element by element",
            with_rules(MatMul, x=lambda g, y: g * y, y=lambda g, x: g * x),
            "This is the rule of `*`. In a matrix product every element of x meets a whole row of y.",
        ),
        Mistake(
            "exchanged",
            with_rules(MatMul, x=lambda g, x: x.mT @ g, y=lambda g, y: g @ y.mT),
            "The two rules stand under each other's names: grad_x is the gradient of x.",
        ),
        Mistake(
            "y alone",
            _MatMulWithoutG,
            "Your grad_y leaves g out. Every rule is what arrives, g, times what the operation does.",
        ),
    ),
    hints=(
        "Which products of g, x.mT and y.mT have the shape of x, and which that of y?",
        "g has shape (n, m), y (k, m) when it is turned: their product has x's shape. For y it is x that is turned, "
        "and it stands first.",
        "Fill in what is missing:\ndef grad_x(g, y):\n    return g @ ...\n\ndef grad_y(g, x):\n    return ... @ g",
    ),
)


# Permute


def _inverse_by_argsort(g: Any, axes: Any) -> Any:
    return Permute(g, axes=tuple(int(i) for i in np.argsort(axes)))


def _inverse_by_loop(g: Any, axes: Any) -> Any:
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return Permute(g, axes=tuple(back))


def _permute_case(name: str, shape: Shape, axes: Shape, tensors: bool = False) -> Case:
    g = count(*(shape[i] for i in axes))
    return rule_case(name, g, tensors, {"axes": axes}, x=np.zeros(shape))


PERMUTE = Exercise(
    id="06.Permute",
    target="tinygrad_course.ops.movement.Permute",
    minutes=7,
    difficulty=3,
    reference=Permute,
    cases=(
        _permute_case("x of shape (2, 3), axes = (1, 0)", (2, 3), (1, 0)),
        _permute_case("x of shape (2, 3, 4), axes = (2, 0, 1)", (2, 3, 4), (2, 0, 1)),
        _permute_case("x of shape (2, 2, 2), axes = (1, 2, 0)", (2, 2, 2), (1, 2, 0)),
        _permute_case("a Tensor of shape (2, 3, 4), axes = (2, 0, 1)", (2, 3, 4), (2, 0, 1), True),
    ),
    accepts=(with_rules(Permute, x=_inverse_by_argsort), with_rules(Permute, x=_inverse_by_loop)),
    mistakes=(
        Mistake(
            "the same again",
            with_rules(Permute, x=lambda g, axes: Permute(g, axes=axes)),
            "You exchange the axes once more in the same way. For two axes that leads back; for three it goes on in a "
            "circle. Axis number axes[i] of x is axis i of g: turn that round.",
        ),
        Mistake(
            "back to front",
            with_rules(Permute, x=lambda g, axes: Permute(g, axes=tuple(reversed(axes)))),
            "You read axes from the back. What is wanted is where each axis went to: the inverse of axes.",
        ),
        Mistake(
            "NumPy's transpose",
            with_rules(Permute, x=lambda g, axes: g.transpose(tuple(int(i) for i in np.argsort(axes)))),
            "Right for arrays. But g may be a Tensor, whose transpose exchanges two axes: use Permute(g, axes=...), "
            "which serves both.",
        ),
        Mistake(
            "reshaped",
            with_rules(Permute, x=lambda g, shape: g.reshape(shape)),
            "The shape is right, the numbers are at the wrong places: reshape keeps the order of the numbers in "
            "memory, and moves no axis.",
        ),
        Mistake(
            "as it came",
            with_rules(Permute, x=lambda g: g),
            "g has the axes of the output. The gradient of x has those of x.",
        ),
    ),
    hints=(
        "Axis 0 of x went to some place in the output. Where in axes do you read which?",
        "Axis i of x stands in the output at axes.index(i). So the axes that lead back are that, for every i in order.",
        "Fill in what is missing:\nback = tuple(... for i in range(len(axes)))\nreturn Permute(g, axes=...)",
    ),
)


# Reshape


def _reshape_case(name: str, shape: Shape, size: Shape, tensors: bool = False) -> Case:
    return rule_case(name, count(*size), tensors, {"size": size}, x=np.zeros(shape))


RESHAPE = Exercise(
    id="06.Reshape",
    target="tinygrad_course.ops.movement.Reshape",
    minutes=3,
    difficulty=1,
    reference=Reshape,
    cases=(
        _reshape_case("x of shape (2, 3), size = (6,)", (2, 3), (6,)),
        _reshape_case("x of shape (2, 3), size = (3, 2)", (2, 3), (3, 2)),
        _reshape_case("a Tensor of shape (2, 3), size = (6,)", (2, 3), (6,), True),
    ),
    accepts=(with_rules(Reshape, x=lambda g, shape: Reshape(g, size=shape)),),
    mistakes=(
        Mistake(
            "as it came",
            with_rules(Reshape, x=lambda g: g),
            "g has the shape of the output. The gradient of x has the shape of x.",
        ),
        Mistake(
            "transposed",
            with_rules(Reshape, x=lambda g, shape: g.reshape(tuple(reversed(shape))).mT),
            "You turn the matrix round on the way back. On the way forward no number has moved: give g the old shape, "
            "and nothing else.",
        ),
    ),
    hints=(
        "Did any number move in memory?",
        "The numbers are the same, in the same order. Only the shape is to be put back, and the rule may read `shape`.",
        "Fill in what is missing:\ndef grad_x(g, ...):\n    return g....",
    ),
)


# AddInto


def _with_forward(forward: Callable) -> type[Op]:
    made: type[Op] = type("AddInto", (Op,), {"forward": forward})
    return made


class _AddIntoByAt(Op):
    def forward(x: Any, *indices: Any, size: Any, key: Any) -> Any:
        z = np.zeros(size)
        np.add.at(z, fill(key, indices), x)
        return z


class _AddIntoByLoop(Op):
    def forward(x: Any, *indices: Any, size: Any, key: Any) -> Any:
        z = np.zeros(size, x.dtype)
        places = np.arange(z.size).reshape(size)[fill(key, indices)]
        for place, value in zip(places.ravel(), np.broadcast_to(x, places.shape).ravel(), strict=True):
            z.flat[place] += value
        return z


def _set(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    z[fill(key, indices)] = x
    return z


def _into_ones(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.ones(size)
    np.add.at(z, fill(key, indices), x)
    return z


def _counted(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    np.add.at(z, fill(key, indices), 1.0)
    return z


def _averaged(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z, hits = np.zeros(size), np.zeros(size)
    np.add.at(z, fill(key, indices), x)
    np.add.at(hits, fill(key, indices), 1.0)
    return z / np.maximum(hits, 1)


def _at_key(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    z[key] += x
    return z


def _one_index(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    for place, value in zip(indices[0], x, strict=False):
        z[place] += value
    return z


def _indices_alone(x: Any, *indices: Any, size: Any, key: Any) -> Any:
    z = np.zeros(size)
    np.add.at(z, indices, x)
    return z


def _add_case(name: str, x: np.ndarray, key: tuple, size: Shape, *indices: Any) -> Case:
    def run(op: Piece) -> dict[str, Any]:
        given = x.copy()
        return {"result": op.forward(given, *map(np.array, indices), size=size, key=key), f"x {AFTERWARDS}": given}

    return Case(name, run)


ADD_INTO = Exercise(
    id="06.AddInto",
    target="tinygrad_course.ops.indexing.AddInto",
    minutes=9,
    difficulty=3,
    reference=AddInto,
    cases=(
        _add_case("x = [1, 2] into size (5,) at 1:3", count(2), (slice(1, 3),), (5,)),
        _add_case("x = [1, 2, 3] into size (4,) at [0, 2, 3]", count(3), (ARRAY,), (4,), [0, 2, 3]),
        _add_case("x = [1, 2, 3] into size (4,) at [0, 0, 3]", count(3), (ARRAY,), (4,), [0, 0, 3]),
        _add_case("x of shape (3, 2) into size (2, 2) at rows [1, 1, 1]", count(3, 2), (ARRAY,), (2, 2), [1, 1, 1]),
        _add_case(
            "x = [1, 2] into size (2, 3) at rows [0, 1], columns [2, 2]",
            count(2),
            (ARRAY, ARRAY),
            (2, 3),
            [0, 1],
            [2, 2],
        ),
    ),
    accepts=(_AddIntoByAt, _AddIntoByLoop),
    mistakes=(
        Mistake(
            "set",
            _with_forward(_set),
            "Where a position comes twice, your last value replaces the first. Each use brings a part of the gradient, "
            "and parts add up. `z[at] += x` does the same as `z[at] = z[at] + x`: it reads each position once, before "
            "anything is added. np.add.at(z, at, x) adds one by one.",
        ),
        Mistake(
            "key alone",
            _with_forward(_at_key),
            'key alone is no place: the word "array" stands in it where an index array belongs. fill(key, indices) '
            "puts the arrays in.",
        ),
        Mistake(
            "one index array",
            _with_forward(_one_index),
            "You go by indices[0] alone. There is none where key holds a slice, and for rows and columns there are "
            "two. fill(key, indices) is the place in every case.",
        ),
        Mistake(
            "index arrays alone",
            _with_forward(_indices_alone),
            "indices holds the index arrays and nothing else, and where key holds a slice there are none. "
            "fill(key, indices) is the place in every case.",
        ),
        Mistake("into ones", _with_forward(_into_ones), "Begin with zeros: what nobody picked has a gradient of 0."),
        Mistake(
            "counted",
            _with_forward(_counted),
            "You count how often each position is met. It is the values of x that are to be added there.",
        ),
        Mistake(
            "averaged",
            _with_forward(_averaged),
            "Where values meet you take their mean. Gradients of several uses are added, not averaged.",
        ),
    ),
    hints=(
        "What should stand at a position that was picked twice, and what at one that nobody picked?",
        "Zeros of the size, then every element of x added at its position. NumPy has a function that adds also where a "
        "position comes again: np.add.at(z, at, x).",
        "Fill in what is missing:\nz = np.zeros(...)\nnp.add.at(z, fill(...), ...)\n...",
    ),
)


# gradcheck


def _xs(inputs: Any) -> Sequence[Any]:
    return [inputs] if isinstance(inputs, tg.Tensor) else list(inputs)


def _gradcheck(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    xs = _xs(inputs)
    for x in xs:
        if x.requires_grad:
            rule, slopes = jacobian_by_rule(func, xs, x), jacobian_by_difference(func, xs, x, eps)
            if not np.allclose(rule, slopes, rtol, atol):
                if raise_exception:
                    raise GradcheckError(f"the rules give\n{rule}\nand differences\n{slopes}")
                return False
    return True


def _gradcheck_all(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    xs = _xs(inputs)
    wanted = [x for x in xs if x.requires_grad]
    right = all(
        (abs(jacobian_by_rule(func, xs, x) - s) <= atol + rtol * abs(s)).all()
        for x in wanted
        for s in [jacobian_by_difference(func, xs, x, eps)]
    )
    if raise_exception and not right:
        raise GradcheckError("a rule is wrong")
    return right


def _wanted(xs: Any) -> list[Any]:
    return [x for x in xs if x.requires_grad]


def _compared(agree: Callable[..., Any], which: Callable[[Any], Any] = _wanted) -> Any:
    """gradcheck that compares in another way, or other inputs."""

    def gradcheck(
        func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
    ) -> bool:
        xs = _xs(inputs)
        for x in which(xs):
            rule, slopes = jacobian_by_rule(func, xs, x), jacobian_by_difference(func, xs, x, eps)
            if not agree(rule, slopes, atol, rtol):
                if raise_exception:
                    raise GradcheckError("a rule is wrong")
                return False
        return True

    return gradcheck


def _close(rule: Any, slopes: Any, atol: float, rtol: float) -> bool:
    return bool(np.allclose(rule, slopes, rtol, atol))


def _gradcheck_never_raises(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    return _gradcheck(func, inputs, eps, atol, rtol, False)


def _gradcheck_always_raises(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    return _gradcheck(func, inputs, eps, atol, rtol, True)


def _gradcheck_another_error(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    right = _gradcheck(func, inputs, eps, atol, rtol, False)
    if raise_exception and not right:
        raise ValueError("a rule is wrong")
    return right


def _gradcheck_one(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    for x in inputs:
        if x.requires_grad:
            rule, slopes = jacobian_by_rule(func, inputs, x), jacobian_by_difference(func, inputs, x, eps)
            if not np.allclose(rule, slopes, rtol, atol):
                if raise_exception:
                    raise GradcheckError("a rule is wrong")
                return False
    return True


def _gradcheck_own_eps(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    return _gradcheck(func, inputs, 1e-6, atol, rtol, raise_exception)


def _gradcheck_own_tolerances(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    return _gradcheck(func, inputs, eps, 1e-5, 1e-3, raise_exception)


class _WrongSquare(Op):
    """x², whose rule forgets the 2."""

    def forward(x: Any) -> Any:
        return x * x

    def grad_x(g: Any, x: Any) -> Any:
        return g * x


def _sloped(slopes: Any, given: Any) -> type[Op]:
    """x times the slopes, with a rule that gives other ones."""

    class Scaled(Op):
        def forward(x: Any) -> Any:
            return x * np.array(slopes)

        def grad_x(g: Any) -> Any:
            return g * np.array(given)

    return Scaled


def _verdict_case(name: str, func: Callable, *rows: Any, frozen: bool = False, **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        inputs = [leaf(row) for row in rows]
        if frozen:
            inputs[-1].requires_grad_(False)
        try:
            verdict = piece(func, inputs if len(inputs) > 1 else inputs[0], **options)
        except GradcheckError:
            verdict = "a GradcheckError"
        except (ValueError, AssertionError):
            if gradcheck(func, inputs, **{**options, "raise_exception": False}):
                raise  # nothing was to be said: it is no verdict
            verdict = "an error of another kind"
        return {"verdict": verdict}

    return Case(name, run)


GRADCHECK = Exercise(
    id="06.gradcheck",
    target="tinygrad_course.autograd.gradcheck.gradcheck",
    minutes=10,
    difficulty=3,
    reference=gradcheck,
    cases=(
        _verdict_case("x * w + x.exp(), both right", lambda x, w: x * w + x.exp(), [1.0, -2.0], [3.0, 0.5]),
        _verdict_case("a square whose rule forgets the 2", lambda x: _WrongSquare(x), [1.0, -2.0]),
        _verdict_case(
            "a square whose rule forgets the 2, raise_exception=False",
            lambda x: _WrongSquare(x),
            [1.0, -2.0],
            raise_exception=False,
        ),
        _verdict_case("x + square(w), where w's rule is wrong", lambda x, w: x + _WrongSquare(w), [1.0], [3.0]),
        _verdict_case("one slope too small, one too large", _sloped(1.0, [0.5, 1.5, 1.0]), [1.0, 2.0, 3.0]),
        _verdict_case("a slope of 2.0002 for 2: within rtol", _sloped(2.0, 2.0002), [1.0, 5.0]),
        _verdict_case("a slope of 1000.1 for 1000: within rtol", _sloped(1000.0, 1000.1), [1.0, 5.0]),
        _verdict_case("slopes of (1000, 1.5) for (1000, 1)", _sloped([1000.0, 1.0], [1000.0, 1.5]), [1.0, 5.0]),
        _verdict_case("slopes of (3, 2) for (3, 1)", _sloped([3.0, 1.0], [3.0, 2.0]), [1.0, 5.0]),
        _verdict_case("a slope of 1 for 2, rtol=0.6: within rtol", lambda x: _WrongSquare(x), [1.0], rtol=0.6),
        _verdict_case("a slope of 3 for 2, rtol=0.4: too far", _sloped(2.0, 3.0), [1.0], rtol=0.4),
        _verdict_case("x · x · x at 1, eps=0.1: differences of 3.01 for 3", lambda x: x * x * x, [1.0], eps=0.1),
        _verdict_case("a constant whose rule is wrong", lambda x, w: x * _WrongSquare(w), [1.0], [3.0], frozen=True),
    ),
    accepts=(_gradcheck, _gradcheck_all),
    mistakes=(
        Mistake(
            "the first input alone",
            _compared(_close, lambda xs: [x for x in xs if x.requires_grad][:1]),
            "You compare for the first input alone. Every input that wants gradients has a rule to be checked.",
        ),
        Mistake(
            "differences cancel",
            _compared(lambda rule, slopes, atol, rtol: abs((rule - slopes).sum()) < atol + rtol * abs(slopes).max()),
            "You add the differences up before you judge, and two of different sign cancel out. Judge each number.",
        ),
        Mistake(
            "one tolerance for all",
            _compared(lambda rule, slopes, atol, rtol: abs(rule - slopes).max() <= atol + rtol * abs(slopes).max()),
            "What you allow is measured by the largest slope, and next to 1000 a wrong 1.5 passes for 1. Each number "
            "is judged by its own size.",
        ),
        Mistake(
            "the largest alone",
            _compared(lambda rule, slopes, atol, rtol: bool(np.allclose(rule.max(), slopes.max(), rtol, atol))),
            "You compare the largest number of one table with the largest of the other. Any of the rest may be wrong: "
            "compare number with number, each judged by its own size.",
        ),
        Mistake(
            "without rtol",
            _compared(lambda rule, slopes, atol, rtol: bool((abs(rule - slopes) <= atol).all())),
            "You allow the same distance for all numbers, large and small. What is allowed is atol + rtol · "
            "|expected|.",
        ),
        Mistake(
            "atol for rtol",
            _compared(lambda rule, slopes, atol, rtol: bool(np.allclose(rule, slopes, atol, rtol))),
            "Your two tolerances have changed places: np.allclose takes rtol first, then atol.",
        ),
        Mistake(
            "tables exchanged",
            _compared(lambda rule, slopes, atol, rtol: bool(np.allclose(slopes, rule, rtol, atol))),
            "Your two tables have changed places. rtol is measured by the second argument of np.allclose, and that is "
            "to be the differences.",
        ),
        Mistake(
            "eps of its own",
            _gradcheck_own_eps,
            "Your step is 1e-6 whatever is asked for. eps is an argument: pass it on to jacobian_by_difference.",
        ),
        Mistake(
            "tolerances of its own",
            _gradcheck_own_tolerances,
            "Your tolerances are 1e-5 and 1e-3 whatever is asked for. atol and rtol are arguments: pass them on.",
        ),
        Mistake(
            "exactly equal",
            _compared(lambda rule, slopes, atol, rtol: bool((rule == slopes).all())),
            "You ask for equal numbers. Differences are never exact: compare within tolerance, as np.allclose does.",
        ),
        Mistake(
            "never raises",
            _gradcheck_never_raises,
            "A wrong rule gives False, and whoever does not look at it goes on. Raise a GradcheckError, unless "
            "raise_exception is False.",
        ),
        Mistake(
            "another error",
            _gradcheck_another_error,
            "You raise an error of another kind. A GradcheckError is wanted, so that whoever waits for it finds it.",
        ),
        Mistake(
            "always raises",
            _gradcheck_always_raises,
            "With raise_exception=False the answer should be False, and no error.",
        ),
        Mistake(
            "constants too",
            _compared(_close, lambda xs: xs),
            "You check inputs that want no gradient as well. Nobody has promised a rule for those: look at "
            "x.requires_grad.",
        ),
        Mistake(
            "a single tensor",
            _gradcheck_one,
            "inputs may be one Tensor, and your loop goes through its numbers. Make a list of it first, so that the "
            "rest need not know.",
        ),
    ),
    hints=(
        "For which inputs are two Jacobians to be compared, and when are two numbers as good as equal?",
        "Make a list of inputs. For every x in it that wants gradients compare jacobian_by_rule with "
        "jacobian_by_difference by np.allclose(…, rtol, atol). On a difference raise, unless that is not wanted.",
        "Fill in what is missing:\nxs = [inputs] if ... else inputs\nfor x in xs:\n    if ...:\n        rule, slopes = "
        "..., ...\n        if not np.allclose(...):\n            ...\nreturn ...",
    ),
)


# margin_loss


def margin_loss(scores: Any, classes: Any) -> Any:
    """How far the right class is from leading all others by 1, on average."""
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1) + 1).relu().mean()


def _margin_by_mask(scores: Any, classes: Any) -> Any:
    is_right = (classes.reshape(-1, 1) == tg.arange(scores.shape[1])).to(scores.dtype)
    right = (scores * is_right).sum(1, keepdim=True)
    short = 1 + scores - right
    return (short.relu()).sum() / scores.numel()


def _margin_columns(scores: Any, classes: Any) -> Any:
    right = scores[:, classes]
    return (scores - right + 1).relu().mean()


def _margin_long_column(scores: Any, classes: Any) -> Any:
    right = scores[:, classes]
    return (scores - right.reshape(-1, 1) + 1).relu().mean()


def _margin_rows(scores: Any, classes: Any) -> Any:
    right = scores[classes]
    return (scores - right + 1).relu().mean()


def _margin_three(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(3), classes]
    return (scores - right.reshape(-1, 1) + 1).relu().mean()


def _margin_max(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    short: Any = max(0, scores - right.reshape(-1, 1) + 1)
    return short.mean()


def _margin_no_reshape(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right + 1).relu().mean()


def _margin_sign(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (right.reshape(-1, 1) - scores + 1).relu().mean()


def _margin_no_relu(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1) + 1).mean()


def _margin_zero(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1)).relu().mean()


def _margin_sum(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1) + 1).relu().sum()


def _margin_by_flowers(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1) + 1).relu().sum() / len(classes)


def _margin_three_kinds(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1) + 1).relu().sum() / (len(classes) * 3)


def _margin_detached(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes].detach()
    return (scores - right.reshape(-1, 1) + 1).relu().mean()


def _margin_case(name: str, rows: list[list[float]], classes: list[int]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        scores = leaf(rows)
        loss = piece(scores, tg.tensor(classes))
        loss.backward()
        return {"loss": loss.detach(), "scores.grad": scores.grad}

    return Case(name, run)


MARGIN = Exercise(
    id="06.margin_loss",
    target=None,
    minutes=9,
    difficulty=3,
    reference=margin_loss,
    cases=(
        _margin_case("scores ((2, 1.5, 0)), class 0", [[2.0, 1.5, 0.0]], [0]),
        _margin_case("three rows of scores, classes (0, 2, 1)", [[2, 1.5, 0], [1, 0.2, 0.7], [0, 3, 1.0]], [0, 2, 1]),
        _margin_case("two rows, both of class 1", [[2.0, 1.5, 0.3], [1.0, 0.2, 0.7]], [1, 1]),
        _margin_case("two rows, four kinds, classes (3, 0)", [[2.0, 1.5, 0.3, 1.8], [1.0, 0.2, 0.7, 0.4]], [3, 0]),
    ),
    accepts=(_margin_by_mask,),
    mistakes=(
        Mistake(
            "columns",
            _margin_columns,
            "scores[:, classes] takes whole columns, for every row all the classes. Two index tensors of one length, "
            "row numbers and classes, pick one entry for each row.",
        ),
        Mistake(
            "a long column",
            _margin_long_column,
            "scores[:, classes] has all the classes for every row, so your column is longer than there are rows. Give "
            "the row numbers too, one for each flower.",
        ),
        Mistake(
            "rows",
            _margin_rows,
            "scores[classes] picks whole rows, as if the classes were row numbers. One entry of each row is wanted: "
            "two index tensors, the row numbers and the classes.",
        ),
        Mistake(
            "three rows",
            _margin_three,
            "Your row numbers are 0, 1, 2 however many flowers there are. As many are wanted as there are classes: "
            "tg.arange(len(classes)).",
        ),
        Mistake(
            "Python's max",
            _margin_max,
            "Python's max asks which of two things is larger, and here each of many numbers has an answer of its own. "
            ".relu() is max(0, ·) of every number.",
        ),
        Mistake(
            "a row for a column",
            _margin_no_reshape,
            "right has shape (n,), and broadcasting lays it along the rows. It belongs to the rows, as a column: "
            "reshape it to (n, 1).",
        ),
        Mistake(
            "the other way round",
            _margin_sign,
            "Your loss is large where the right class leads. What costs is another class that comes too near.",
        ),
        Mistake(
            "without relu",
            _margin_no_relu,
            "A class that is far behind makes your loss negative, and pays for others. Beyond the margin it costs 0.",
        ),
        Mistake("no margin", _margin_zero, "There is no margin in your loss: leading by a hair is enough. Add the 1."),
        Mistake("summed", _margin_sum, "You add up where the mean is asked for."),
        Mistake(
            "divided by the flowers",
            _margin_by_flowers,
            "You divide by the number of flowers alone. The mean is over kinds as well: .mean() divides by both.",
        ),
        Mistake(
            "three kinds",
            _margin_three_kinds,
            "You divide by 3 kinds however many there are. scores has a column for each kind, and .mean() counts "
            "them all.",
        ),
        Mistake(
            "detached",
            _margin_detached,
            "The value is right, and the right class never hears that its score should grow: you cut it off from the "
            "graph.",
        ),
    ),
    hints=(
        "For one row: by how much does each class come too near to the right one?",
        "Pick the right score of every row with two index tensors, tg.arange(n) and classes. As a column it can be "
        "taken away from all scores. Add 1, relu, mean.",
        "Fill in what is missing:\nright = scores[tg.arange(...), ...]\nshort = scores - right.reshape(..., ...) + 1\n"
        "return ...",
    ),
)


LESSON = Lesson(
    number="06",
    module=__name__,
    exercises=(MATMUL, RESHAPE, PERMUTE, ADD_INTO, GRADCHECK, MARGIN),
    predictions=(
        Prediction(
            "one-column",
            (3, 4),
            "A gradient has the shape of what it belongs to.",
        ),
        Prediction(
            "reshaped",
            2.0,
            "reshape keeps the numbers in their order, 1 2 3 4 5 6, and cuts them into rows of two. The transpose "
            "would have 4 there.",
        ),
        Prediction(
            "picked-twice",
            2.0,
            "It was used twice, and each use brings 1.",
        ),
        Prediction(
            "bug-reshape",
            "reshape",
            "The columns of the table were never turned into rows: reshape cut the same stream of numbers at other "
            'places, so that each "flower" is a mixture of several. No error, since the shape is right.',
            choices=("reshape", "the loss", "the learning rate"),
        ),
        Prediction(
            "bug-float32",
            "float32",
            "float32 keeps seven digits. At 300 a step of 1e-6 changes none of them, and the difference is 0; at 1 it "
            "changes only the last. The rule is fine; the measurement is not. Check in float64.",
            choices=("the rule", "float32", "the function"),
        ),
    ),
    dtype="float64",
)
