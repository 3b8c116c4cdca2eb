"""The commands of those who write the course, and of those who teach with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .paths import CourseError

LESSONS = click.argument("lessons", nargs=-1)


@click.group()
def author() -> None:
    """Make lessons, and assignments for nbgrader: for authors and teachers."""


@contextmanager
def _tools() -> Iterator[None]:
    """Say how to install what only authors need, where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise CourseError(f'{error.name} is missing; install what authors need: pip install -e ".[test]"') from None


@author.command()
@LESSONS
@click.option("--no-solutions", is_flag=True, help="Write lessons/ alone, and run nothing.")
@click.option("--nbgrader", is_flag=True, help="Write nbgrader's notebooks instead, with the points after each check.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("nbgrader"), show_default=True,
    help="With --nbgrader: the folder of your class, made if there is none.",
)  # fmt: skip
def build(lessons: tuple[str, ...], no_solutions: bool, nbgrader: bool, output: Path) -> None:
    """Write the notebooks of LESSONS from their sources.

    LESSONS are numbers, 01 02, and all when left out. solutions/NN_name.py is the source, the only file to edit.
    lessons/NN_name.ipynb is what a learner opens; solutions/NN_name.ipynb is the same, solved and run.

    \b
    With --nbgrader, for a class, in an environment that has nbgrader and
    this course (python -m pip install -e ".[teacher]"):
      tinygrad-course author build --nbgrader --output my_class 01
      cd my_class
      nbgrader generate_assignment lesson01
    Hand out release/lesson01/. Put what comes back into
    submitted/STUDENT/lesson01/, under the same file name. Then:
      nbgrader autograde lesson01
      nbgrader generate_feedback lesson01
      nbgrader export
    The points are in grades.csv, and each student's page in feedback/.
    """
    with _tools():
        from .author import build as write
        from .author import build_nbgrader
    if nbgrader:
        build_nbgrader(output, lessons)
    else:
        write(lessons, solutions=not no_solutions)


@author.command()
@click.argument("number")
@click.argument("title", default="New lesson")
def new(number: str, title: str) -> None:
    """Begin a lesson: new 13 "Convolution", say.

    Writes its source and the folder of its exercises, small but whole: they can be built and pass lint and the tests
    as they are. Change them step by step. Nothing is overwritten.
    """
    with _tools():
        from .skeleton import new as begin
    for path in begin(number, title):
        click.echo(path)
    click.echo(f"Change what they say, then: tinygrad-course author build {number}")


@author.command()
@LESSONS
def lint(lessons: tuple[str, ...]) -> None:
    """Name what is to be mended in LESSONS, and how.

    LESSONS are numbers, and all when left out. A finding has the file, the line, the cell and the cure.

    Looks at bounds (cells, words, minutes, lines), headings, alt text, exercises, predictions, hints that give their
    line away, and what is used before its lesson: in the sources, and in the outputs of the solutions as they were
    built last. Ends with status 1 where there is something to mend.
    """
    with _tools():
        from .lint import lint as findings
    found = findings(lessons)
    click.echo("\n".join(found) or "Nothing to mend.")
    if found:
        raise SystemExit(1)


@author.command()
@LESSONS
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def stats(lessons: tuple[str, ...], as_json: bool) -> None:
    """Count what is in LESSONS (all when left out).

    \b
    mistakes   those that the exercises know by name
    graphs     pictures in the solution, as it was built last
    minutes    what the lesson states
    words      of prose, without blocks of code and formulas
    """
    with _tools():
        from .stats import COUNTED, statistics
    counted = statistics(lessons)
    if as_json:
        return click.echo(json.dumps(counted, indent=1))
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("lesson", title="tinygrad-course author stats", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for what in COUNTED[1:]:
        table.add_column(what.replace("_", "\n"), justify="right", overflow="fold")
    for name, counts in {**counted["lessons"], "total": counted["total"]}.items():
        table.add_row(name, *(f"{counts[what]:,}" for what in COUNTED[1:]))
    return Console().print(table)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
    help="Where the results go, without the ending: .csv and .json are written.",
)  # fmt: skip
def grade(folder: Path, output: Path) -> None:
    """Grade a class, and say which mistakes it makes most.

    FOLDER has a sub-folder for each student, with the notebooks that they handed in, or a notebook for each student.
    A notebook's name does not matter: it says itself which lesson it is. Of several of one lesson, the best answers
    count.

    Each answer is tried as a check tries it, in a process of its own with limits of time, memory and size of files;
    the rest of a notebook is not run. An answer that hands on the package's own piece earns nothing. All this guards
    against accidents, not against malice: the processes may do what you may do, so grade strangers in a container.

    The CSV has a line for each student and exercise: status, points of how many, and the mistake that it is, or is
    nearest to (likely). The JSON has the same, each student's sum, and the mistakes of the class.
    """
    from rich.console import Console
    from rich.table import Table

    from .grade import grade as graded

    grades = graded(folder)
    files = grades.write(output)
    made = grades.mistakes()[:10]
    if made:
        table = Table("exercise", "mistake", "students", title="Mistakes made most")
        for exercise, mistake, students in made:
            table.add_row(exercise, mistake, str(students))
        Console().print(table)
    passed = sum(result.status == "passed" for result in grades.results)
    students = len({result.student for result in grades.results})
    click.echo(f"{students} students, {passed} of {len(grades.results)} answers passed.")
    click.echo("\n".join([*(f"Not graded: {line}" for line in grades.unread), *(f"Written: {path}" for path in files)]))
