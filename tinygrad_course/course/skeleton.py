"""A new lesson to begin from: one that builds, passes the linter and the tests, and says where its words go."""

from __future__ import annotations

import re
from pathlib import Path

from .author import ROOT, AuthorError, sources
from .paths import create_file

EXERCISES = Path("tinygrad_course") / "course" / "exercises"

LESSON = '''\
# %% [markdown]
# # {title}
#
# At the end of this page ... works: say what, in a sentence.
#
# **Where this sits.** tensors → graph → **here** → what comes next. Say why the piece exists.
#
# *About 30 minutes. You need lesson {before}.*

# %%
import tinygrad_course as tg
from tinygrad_course.course import check, hint, lesson, predict, solution

lesson("{number}")

# %% [markdown]
# ## An idea
#
# At most 150 words for an idea, and then a cell that shows it.

# %%
x = tg.tensor([2.0], requires_grad=True)
y = x * 3
tg.draw(y)

# %% [markdown]
# What will the slope of `y` be? Write a number.

# %%
predict("slope", 3)  ### ANSWER

# %%
y.backward()
tg.draw(y)

# %% [markdown]
# ### Exercise 1 · Three times
#
# *Difficulty 1 of 5 · about 5 minutes*

# %%
def tripled(x):
    """Three times x, a tensor of any shape.

    >>> tripled(tg.tensor([2.0]))
    tensor([6.])
    """
    ### BEGIN SOLUTION
    return x * 3
    ### END SOLUTION


# %%
tripled = check(tripled)

# %% [markdown]
# If `z` is `tripled(tripled(x))`, what is its slope at `x`? Write a number.

# %%
predict("twice", 9)  ### ANSWER

# %%
z = tripled(tripled(x))
tg.draw(z)

# %% [markdown]
# ### Bug hunt
#
# Somebody asks for the slope of a tensor that nothing was remembered of. Which line is wrong: `"the first"` or
# `"the second"`?

# %%
w = tg.tensor([2.0])
v = w * 3

# %%
predict("forgotten", "the first")  ### ANSWER

# %% [markdown]
# ## What you have built
#
# - A recap, in a few lines.
#
# **Next:** the lesson after this one.
'''

FOLDER = '''\
"""Lesson {number}, {title}: say what is built in it."""

from __future__ import annotations

from ...exercise import Lesson, Prediction
from .tripled import TRIPLED

PREDICTIONS = (
    Prediction("slope", 3, "y grows three times as fast as x."),
    Prediction("twice", 9, "Three times as fast, and three times as fast again."),
    Prediction(
        "forgotten",
        "the first",
        "Without `requires_grad=True` nothing is remembered of w.",
        choices=("the first", "the second"),
    ),
)

LESSON = Lesson("{number}", __name__, (TRIPLED,), PREDICTIONS)
'''

EXERCISE = '''\
"""tripled multiplies a tensor by 3: say what the exercise asks."""

from __future__ import annotations

from typing import Any

import tinygrad_course as tg

from ...exercise import AFTERWARDS, Case, Exercise, Mistake, Piece


def tripled(x: Any) -> Any:
    """Three times x."""
    return x * 3


def _case(name: str, numbers: list[float]) -> Case:
    def run(piece: Piece) -> dict[str, Any]:
        x = tg.tensor(numbers, dtype=tg.float64)
        return {{"result": piece(x), f"x {{AFTERWARDS}}": x}}

    return Case(name, run)


TRIPLED = Exercise(
    id="{number}.tripled",
    target=None,
    minutes=5,
    difficulty=1,
    reference=tripled,
    cases=(_case("one number", [2.0]), _case("three numbers", [1.0, -4.0, 0.5])),
    accepts=(lambda x: x + x + x,),
    mistakes=(Mistake("doubled", lambda x: x * 2, "Yours is twice x. One more x is missing."),),
    hints=(
        "How would you write three times a number?",
        "A tensor is multiplied by a number as two numbers are.",
        "Fill in what is missing:\\nreturn x ...",
    ),
)
'''


def new(number: str, title: str, root: Path | None = None) -> list[Path]:
    """Write the source and the exercises of a new lesson; their paths. Raises AuthorError, and writes nothing, where
    the lesson is there already.
    """
    root = root or ROOT
    words = re.sub(r"\W+", "_", title.lower(), flags=re.ASCII).strip("_")
    if not re.fullmatch(r"\d\d", number) or not words:
        raise AuthorError('Give two digits and a title with letters, as in: tinygrad-course author new 05 "Tensors"')
    folder = root / EXERCISES / f"lesson{number}"
    files = {
        root / "solutions" / f"{number}_{words}.py": LESSON,
        folder / "__init__.py": FOLDER,
        folder / "tripled.py": EXERCISE,
    }
    there = [source for source in sources(root) if source.name.startswith(f"{number}_")]
    there += sorted(folder.glob("*.py"))
    if there:
        raise AuthorError(f"{there[0]} is there already; nothing was written. Edit it, or choose another number.")
    folder.mkdir(exist_ok=True)
    for path, text in files.items():
        filled = text.format(number=number, title=title.strip(), before=f"{max(int(number) - 1, 0):02d}")
        create_file(path, filled.encode())
    return list(files)
