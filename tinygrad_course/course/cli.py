"""The command `tinygrad-course`. A command imports what it needs when it runs, so --help and doctor need little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .paths import FOLDER_VARIABLE, CourseError, chosen_folder, find_lesson

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help=f"Where your work lies; else ${FOLDER_VARIABLE}, the folder you stand in, or one in your home folder.",
)


class Commands(click.Group):
    """A group in which no command means `lab`, and a learner's mistake is told in a sentence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `lab` in front where the arguments name no command."""
        own = {"--help", "-h", "--version"}
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = ["lab", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a CourseError ends it with its sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            raise click.ClickException(str(error)) from None


class Lab(click.Command):
    """A command that leaves what follows `--` to JupyterLab, also where no lesson stands before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep JupyterLab's part in ctx.meta["jupyter"], and read the rest."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta["jupyter"] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tinygrad_course", prog_name="tinygrad-course")
def main() -> None:
    """Build a deep-learning framework yourself, lesson by lesson, in JupyterLab.

    Without a command, the course opens: the same as `tinygrad-course lab`.
    """


@main.command(cls=Lab)
@click.argument("lesson", default="00", metavar="[LESSON] [-- JUPYTER OPTIONS]")
@FOLDER
@click.option("--no-browser", is_flag=True, help="Print the address in place of opening a browser, as on a server.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to serve on; a free one is found if left out.")
@click.pass_context
def lab(ctx: click.Context, lesson: str, folder: Path | None, no_browser: bool, port: int | None) -> None:
    """Open JupyterLab at LESSON (00 when left out): a number or a name.

    The lessons are copied into your folder once. What you change there is yours and is never overwritten.
    Options after -- go to JupyterLab.
    """
    from . import lab as laboratory

    name, place = find_lesson(lesson), chosen_folder(folder)
    command = laboratory.server_command(place, name, not no_browser, port, ctx.meta["jupyter"])
    for sentence in laboratory.prepare(place):
        click.echo(sentence)
    click.echo(f"Your folder: {place}")
    laboratory.check_opens(place / name)
    click.echo(f"Notebooks run with: {laboratory.kernel_python()}{' as root' if laboratory.is_root() else ''}")
    click.echo(f"Opening {name} in JupyterLab. End it with Ctrl-C here.")
    status = laboratory.serve(command, place)
    if status:
        raise CourseError(f"JupyterLab ended with status {status}; what it printed above says why.")


@main.command()
@FOLDER
def doctor(folder: Path | None) -> None:
    """Look at what the course needs, and name the mend for what is wrong."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from . import doctor as checkup

    table = Table(title="tinygrad-course doctor")
    for heading in ("what", "status", "found"):
        table.add_column(heading, overflow="fold")
    findings = []
    with Console(stderr=True).status("Looking ..."):
        for finding in checkup.examine(chosen_folder(folder)):
            findings.append(finding)
            table.add_row(finding.what, "problem" if finding.mend else "ok", escape(finding.found))
    Console().print(table)
    mends = [f"To mend {finding.what}: {finding.mend}" for finding in findings if finding.mend]
    click.echo("\n".join(mends) or "Nothing to mend.")
    if mends:
        raise SystemExit(1)


@main.group()
def author() -> None:
    """Make lessons: for those who write the course."""


@author.command()
@click.argument("lessons", nargs=-1)
@click.option("--no-solutions", is_flag=True, help="Write the blank lessons alone, and run nothing.")
def build(lessons: tuple[str, ...], no_solutions: bool) -> None:
    """Write the notebooks of LESSONS (all when left out) from their sources in solutions/."""
    try:
        from .author import build as write
    except ModuleNotFoundError as error:
        raise CourseError(f'{error.name} is missing; install what authors need: pip install -e ".[test]"') from None
    write(lessons, solutions=not no_solutions)
