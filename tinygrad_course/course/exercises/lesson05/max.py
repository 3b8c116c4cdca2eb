"""Max gets its gradient rule: g goes to the largest, and equally to those that are equally large."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from tinygrad_course.ops.reduce import Max, kept

from ...exercise import Case, Exercise, Mistake
from .arrays import Shape, count
from .rules import graph_case, rule_case, tensor_case, with_rule
from .sum import sum_by_ones


def _max_mask(x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    return x == z.reshape(kept(shape, axis))


def _max_numbers(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = (x == z.reshape(kept(shape, axis))) * 1.0
    return mask / mask.sum(axis=axis, keepdims=True) * g.reshape(kept(shape, axis))


def _max_whole(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    return _max_mask(x, z, axis, shape) * g.reshape(kept(shape, axis))


def _max_first(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask, places = np.asarray(_max_mask(x, z, axis, shape)), np.arange(prod(shape)).reshape(shape)
    first = np.where(mask, places, places.size).min(axis=axis, keepdims=True)
    return (places == first) * g.reshape(kept(shape, axis))


def _max_of_all(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    mask = x == x.max()
    return mask * g.reshape(kept(shape, axis)) / mask.sum()


def _max_of_all_whole(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    return (x == x.max()) * g.reshape(kept(shape, axis))


def _max_of_all_plain(g: Any, x: Any) -> Any:
    return (x == x.max()) * g


def _max_of_all_shared(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    mask = x == x.max()
    return mask * g.reshape(kept(shape, axis)) / mask.sum(axis=axis, keepdims=True)


def _max_of_all_plain_shared(g: Any, x: Any) -> Any:
    mask = x == x.max()
    return mask * g / mask.sum()


def _max_counts_all(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = _max_mask(x, z, axis, shape)
    return mask * g.reshape(kept(shape, axis)) / mask.sum()


def _max_count_folded(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = _max_mask(x, z, axis, shape)
    return mask * g.reshape(kept(shape, axis)) / mask.sum(axis=axis)


def _max_plain_shared(g: Any, x: Any, z: Any) -> Any:
    mask = x == z
    return mask * g / mask.sum()


def _max_flush_right(g: Any, x: Any, z: Any, axis: Shape) -> Any:
    mask = x == z
    return mask * (g / mask.sum(axis=axis, keepdims=True))


def _max_g_folded(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = _max_mask(x, z, axis, shape)
    return mask * g / mask.sum(axis=axis, keepdims=True)


def _max_without_g(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    mask = _max_mask(x, z, axis, shape)
    return mask / mask.sum(axis=axis, keepdims=True)


def _max_halved(g: Any, x: Any, z: Any, axis: Shape, shape: Shape) -> Any:
    return _max_whole(g, x, z, axis, shape) / 2


def _max_plain(g: Any, x: Any, z: Any) -> Any:
    return (x == z) * g


def _max_asks_again(g: Any, x: Any, axis: Shape, shape: Shape) -> Any:
    return _max_numbers(g, x, x.max(axis=axis, keepdims=True), axis, shape)


def _max_to_all(g: Any, axis: Shape, shape: Shape) -> Any:
    return sum_by_ones(g, shape, axis)


TIED = np.array([[1.0, 7.0, 7.0], [9.0, 2.0, 4.0]])


SQUARE = np.array([[3.0, 5.0, 1.0], [5.0, 5.0, 2.0], [4.0, 1.0, 4.0]])


CUBE = np.array([[[1.0, 8.0], [6.0, 3.0]], [[8.0, 8.0], [2.0, 5.0]]])


def _max_case(make: Callable, x: np.ndarray, axis: Shape, keepdims: bool = False) -> Case:
    shape = x.max(axis=axis, keepdims=keepdims).shape
    name = f"x = {x.tolist()}, axis = {axis}, keepdims = {keepdims}"
    made: Case = make(name, x, count(shape, 12), axis=axis, keepdims=keepdims)
    return made


MAX = Exercise(
    id="05.Max",
    target="tinygrad_course.ops.reduce.Max",
    minutes=10,
    difficulty=4,
    reference=Max,
    cases=(
        _max_case(rule_case, np.array([2.0, 5.0, 3.0]), (0,)),
        _max_case(rule_case, np.array([2.0, 5.0, 5.0]), (0,)),
        _max_case(rule_case, TIED, (0,)),
        _max_case(rule_case, SQUARE, (1,)),
        _max_case(rule_case, TIED, (1,), keepdims=True),
        _max_case(rule_case, CUBE, (0, 2)),
        _max_case(tensor_case, SQUARE, (1,)),
        graph_case("the same x, axis = (1,), keepdims = False", SQUARE, axis=(1,), keepdims=False),
    ),
    accepts=(with_rule(Max, _max_numbers),),
    mistakes=(
        Mistake(
            "the whole to each",
            with_rule(Max, _max_whole),
            "Where several are largest, each of them gets the whole gradient from you. They share it equally: divide "
            "by how many they are.",
        ),
        Mistake(
            "g as it is",
            with_rule(Max, _max_g_folded),
            "z has its folded axes back, and g has not, so it is laid flush right. Reshape g to kept(shape, axis) too.",
        ),
        Mistake(
            "g left out",
            with_rule(Max, _max_without_g),
            "Your rule leaves g out. What you have is each number's share: multiply it by g.",
        ),
        Mistake(
            "halved",
            with_rule(Max, _max_halved),
            "You divide by 2 always. How many are largest differs: sum the comparison along `axis`.",
        ),
        Mistake(
            "the first alone",
            with_rule(Max, _max_first),
            "Where several are largest, the first takes all. Nothing sets it apart from the others: they share "
            "equally.",
        ),
        Mistake(
            "the largest of all",
            with_rule(Max, _max_of_all),
            "You look for the largest number of the whole array. With an axis, each row or column has a largest of its "
            "own: they are in z.",
        ),
        Mistake(
            "the largest of all, not shared",
            with_rule(Max, _max_of_all_whole),
            "You compare with the largest of all, not of each row: those are in z. And where several are largest, "
            "they share the gradient equally.",
        ),
        Mistake(
            "the largest of all, shared along axis",
            with_rule(Max, _max_of_all_shared),
            "You compare with the largest of all, not of each row. In a row that does not hold it nobody is left to "
            "share, and you divide by 0. The largest of each row are in z.",
        ),
        Mistake(
            "the largest of all, shared by all",
            with_rule(Max, _max_of_all_plain_shared),
            "You compare with the largest of all, not of each row: those are in z. Bring z and g to kept(shape, axis) "
            "before they meet x, and count the largest along `axis`.",
        ),
        Mistake(
            "the largest of all, as it is",
            with_rule(Max, _max_of_all_plain),
            "You compare with the largest of all, not of each row: those are in z. Bring z and g to kept(shape, axis) "
            "before they meet x, and let several largest share equally.",
        ),
        Mistake(
            "all ties together",
            with_rule(Max, _max_counts_all),
            "You divide by the number of largest ones in the whole array. Count them along `axis`, for each maximum by "
            "itself.",
        ),
        Mistake(
            "count folded",
            with_rule(Max, _max_count_folded),
            "Your count of the largest has lost the folded axes, so it is laid at the wrong place, or does not fit at "
            "all. Count with keepdims=True.",
        ),
        Mistake(
            "as they are, shared",
            with_rule(Max, _max_plain_shared),
            "Right where one maximum is taken of all. Else z and g have lost the folded axes: bring both to "
            "kept(shape, axis), and count the largest along `axis`, with keepdims=True.",
        ),
        Mistake(
            "axis not put back",
            with_rule(Max, _max_flush_right),
            "z and g have lost the folded axes, so comparing x with z lays them at the wrong place, or does not work "
            "at all. Bring both to kept(shape, axis) first.",
        ),
        Mistake(
            "as they are",
            with_rule(Max, _max_plain),
            "Two things are missing. Several largest share the gradient equally. And z and g have lost the folded "
            "axes: bring both to kept(shape, axis) before they meet x.",
        ),
        Mistake(
            "asks again",
            with_rule(Max, _max_asks_again),
            "Right for arrays. But x may be a Tensor, whose max takes other arguments, and there is no need to ask "
            "again: z holds the maxima.",
        ),
        Mistake(
            "to all",
            with_rule(Max, _max_to_all),
            "You hand the gradient to every number. Only those that are equal to the maximum have a say in it.",
        ),
    ),
    hints=(
        "How do you find out, for all numbers at once, which of them are the largest of their row?",
        "Compare x with z, once z has its folded axes back as 1. The result holds True at the largest. Summed along "
        "the axis it says how many share; multiplied by a share it keeps the others at 0.",
        "Fill in what is missing:\ndef grad_x(g, x, z, axis, shape):\n    folded = kept(shape, axis)\n"
        "    is_largest = x == ...\n    how_many = is_largest.sum(axis=..., keepdims=...)\n"
        "    return is_largest * (...)",
    ),
)
