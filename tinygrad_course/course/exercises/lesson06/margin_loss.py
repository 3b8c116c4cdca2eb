"""margin_loss says how far the right class is from leading all others by 1, on average."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import Case, Exercise, Mistake, Piece
from ..tensors import leaf


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


def _margin_exchanged(scores: Any, classes: Any) -> Any:
    right = scores[classes, tg.arange(len(classes))]
    return (scores - right.reshape(-1, 1) + 1).relu().mean()


def _margin_a_row(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(1, -1) + 1).relu().mean()


def _margin_late(scores: Any, classes: Any) -> Any:
    right = scores[tg.arange(len(classes)), classes]
    return ((scores - right.reshape(-1, 1)).relu() + 1).mean()


def _margin_leader(scores: Any, classes: Any) -> Any:
    return (scores - scores.amax(1, keepdim=True) + 1).relu().mean()


def _margin_others(scores: Any, classes: Any) -> Any:
    return margin_loss(scores, classes) - 1 / scores.shape[1]


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
            "a row by reshape",
            _margin_a_row,
            "As a row, (1, n), right is laid along each row of scores. It is wanted as a column: (n, 1).",
        ),
        Mistake(
            "indices exchanged",
            _margin_exchanged,
            "The classes stand first between your brackets, where the row numbers belong: scores[rows, columns].",
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
        Mistake(
            "margin after relu",
            _margin_late,
            "You add 1 after relu, so that a class far behind costs 1 too. The 1 belongs inside: max(0, score − right "
            "+ 1).",
        ),
        Mistake(
            "the leader for the right one",
            _margin_leader,
            "You measure from the highest score, whose ever it is. right is the score of the flower's own kind, and "
            "classes tells which.",
        ),
        Mistake(
            "its own kind left out",
            _margin_others,
            "You leave the 1 of its own kind out. Here it counts too: the mean is over all kinds.",
        ),
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
