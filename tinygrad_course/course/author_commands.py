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
    """Make lessons: for those who write the course."""


@contextmanager
def _tools() -> Iterator[None]:
    """Say how to install what only authors need, where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise CourseError(f'{error.name} is missing; install what authors need: pip install -e ".[test]"') from None


@author.command()
@LESSONS
@click.option("--no-solutions", is_flag=True, help="Write the blank lessons alone, and run nothing.")
@click.option("--nbgrader", is_flag=True, help="Write nbgrader's notebooks instead, with a score after each check.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("nbgrader"), show_default=True,
    help="With --nbgrader: the folder of nbgrader's course, in which source/ is written.",
)  # fmt: skip
def build(lessons: tuple[str, ...], no_solutions: bool, nbgrader: bool, output: Path) -> None:
    """Write the notebooks of LESSONS (all when left out) from their sources in solutions/."""
    with _tools():
        from .author import build as write
        from .author import build_nbgrader
    if nbgrader:
        build_nbgrader(output, lessons)
    else:
        write(lessons, solutions=not no_solutions)


@author.command()
@click.argument("number")
@click.argument("title")
def new(number: str, title: str) -> None:
    """Begin lesson NUMBER, called TITLE: its source and its exercises, ready to be built, changed and extended."""
    with _tools():
        from .skeleton import new as begin
    for path in begin(number, title):
        click.echo(path)
    click.echo(f"Change what they say, then: tinygrad-course author build {number}")


@author.command()
@LESSONS
def lint(lessons: tuple[str, ...]) -> None:
    """Name what LESSONS (all when left out) do against the course's design, each with the cure.

    Looks at the sources, and at the outputs of the solutions as they were built last. Ends with status 1 where there
    is something to mend.
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

    mistakes: those that the exercises know. graphs: pictures in the executed solution. minutes: what the lesson
    states. words: of prose, without blocks of code and formulas.
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
    """Grade the notebooks in FOLDER, a sub-folder for each student, and say which mistakes are made most.

    Each answer is tried as a check tries it, in a process of its own with limits of time and memory; the rest of a
    notebook is not run. That guards against accidents, not against malice: the processes may do what you may do.
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
