"""gradcheck compares the gradients of a function with central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

import tinygrad_course as tg
from tinygrad_course.autograd.gradcheck import GradcheckError, gradcheck, jacobian_by_difference, jacobian_by_rule
from tinygrad_course.graph import Op

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


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


def _gradcheck_summed_up(sum_up: Callable[[list[bool]], bool]) -> Any:
    """gradcheck that makes one verdict of those on the inputs in its own way."""

    def gradcheck(
        func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
    ) -> bool:
        xs = _xs(inputs)
        tables = [(jacobian_by_rule(func, xs, x), jacobian_by_difference(func, xs, x, eps)) for x in _wanted(xs)]
        right = sum_up([_close(rule, slopes, atol, rtol) for rule, slopes in tables])
        if raise_exception and not right:
            raise GradcheckError("a rule is wrong")
        return right

    return gradcheck


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


def _gradcheck_never_false(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> bool:
    return not raise_exception or _gradcheck(func, inputs, eps, atol, rtol)


def _gradcheck_error_back(
    func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True
) -> Any:
    right = _gradcheck(func, inputs, eps, atol, rtol, False)
    return right if right or not raise_exception else GradcheckError("a rule is wrong")


def _to_the_constant(xs: Any) -> list[Any]:
    return [*takewhile(lambda x: x.requires_grad, xs)]


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


def _verdict_case(name: str, func: Callable, *rows: Any, constant: int | None = None, **options: Any) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        inputs = [leaf(row) for row in rows]
        if constant is not None:
            inputs[constant].requires_grad_(False)
        try:
            verdict = piece(func, inputs if len(inputs) > 1 else inputs[0], **options)
        except GradcheckError:
            verdict = "a GradcheckError"
        except (ValueError, AssertionError):
            if gradcheck(func, inputs, **{**options, "raise_exception": False}):
                raise  # nothing was to be said: it is no verdict
            verdict = "an error of another kind"
        if isinstance(verdict, Exception):
            verdict = f"{type(verdict).__name__}, given back"
        return {"verdict": str(verdict) if isinstance(verdict, bool | np.bool_) else verdict}

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
        _verdict_case("square(x) + w, where x's rule is wrong", lambda x, w: _WrongSquare(x) + w, [1.0], [3.0]),
        _verdict_case("one slope too small, one too large", _sloped(1.0, [0.5, 1.5, 1.0]), [1.0, 2.0, 3.0]),
        _verdict_case("a slope of 2.0002 for 2: within rtol", _sloped(2.0, 2.0002), [1.0, 5.0]),
        _verdict_case("a slope of 1000.1 for 1000: within rtol", _sloped(1000.0, 1000.1), [1.0, 5.0]),
        _verdict_case("slopes of (1000, 1.5) for (1000, 1)", _sloped([1000.0, 1.0], [1000.0, 1.5]), [1.0, 5.0]),
        _verdict_case("slopes of (3, 2) for (3, 1)", _sloped([3.0, 1.0], [3.0, 2.0]), [1.0, 5.0]),
        _verdict_case("a slope of 1 for 2, rtol=0.6: within rtol", lambda x: _WrongSquare(x), [1.0], rtol=0.6),
        _verdict_case("a slope of 3 for 2, rtol=0.4: too far", _sloped(2.0, 3.0), [1.0], rtol=0.4),
        _verdict_case("x · x · x at 1, eps=0.1: differences of 3.01 for 3", lambda x: x * x * x, [1.0], eps=0.1),
        _verdict_case("a constant whose rule is wrong", lambda x, w: x * _WrongSquare(w), [1.0], [3.0], constant=1),
        _verdict_case("x constant, and w's rule is wrong", lambda x, w: x * _WrongSquare(w), [1.0], [3.0], constant=0),
    ),
    accepts=(_gradcheck, _gradcheck_all),
    mistakes=(
        Mistake(
            "the first input alone",
            _compared(_close, lambda xs: [x for x in xs if x.requires_grad][:1]),
            "You compare for the first input alone. Every input that wants gradients has a rule to be checked.",
        ),
        Mistake(
            "the last input decides",
            _gradcheck_summed_up(lambda verdicts: verdicts[-1]),
            "The last input alone decides: what you found for an earlier one is overwritten. One wrong rule is enough "
            "for a False.",
        ),
        Mistake(
            "one is enough",
            _gradcheck_summed_up(any),
            "One right rule is enough for your True. Every input that wants gradients has to agree.",
        ),
        Mistake(
            "no absolute value",
            _compared(lambda rule, slopes, atol, rtol: bool((rule - slopes <= atol + rtol * abs(slopes)).all())),
            "A slope that is far too small passes: rule minus slope is negative there. Compare the absolute value.",
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
            "Your tolerance is too narrow for large numbers. What is allowed is atol + rtol · |expected|: "
            "np.allclose(a, b, rtol, atol).",
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
            "never False",
            _gradcheck_never_false,
            "With raise_exception=False your answer is True for a wrong rule too. Return False there.",
        ),
        Mistake(
            "an error given back",
            _gradcheck_error_back,
            "You give back the error, like any value. `raise GradcheckError(...)` stops the function with it.",
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
            "up to the first constant",
            _compared(_close, _to_the_constant),
            "You stop at the first input that wants no gradient. Leave out that one, and go on with the next.",
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
