"""The command `tinygrad-course`. A command imports what it needs when it runs, so --help and doctor need little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .author_commands import author, grade
from .paths import FOLDER_VARIABLE, CourseError, chosen_folder, existing_folder, find_lesson, replace_file

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help=f"Where your work lies; else ${FOLDER_VARIABLE}, the folder you stand in, or one in your home folder.",
)

NO_BROWSER = click.option(
    "--no-browser", is_flag=True, help="Print the address in place of opening a browser, as on a server."
)
PORT = click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to serve on; a free one is found if left out."
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
@NO_BROWSER
@PORT
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


@main.command(cls=Lab, options_metavar="[OPTIONS] [-- JUPYTER OPTIONS]")
@FOLDER
@NO_BROWSER
@PORT
@click.pass_context
def resume(ctx: click.Context, folder: Path | None, no_browser: bool, port: int | None) -> None:
    """Open JupyterLab at the lesson where you stopped.

    Its first cell then says what is passed and which exercise is next.
    """
    from .report import overview

    view = overview(existing_folder(folder))
    number = view.next.exercise.id.partition(".")[0] if view.next else "00"
    ctx.invoke(lab, lesson=number, folder=folder, no_browser=no_browser, port=port)


@main.command()
@FOLDER
def status(folder: Path | None) -> None:
    """Show how far you are, lesson by lesson, and what is next."""
    from rich.console import Console
    from rich.table import Table

    from .report import HEADINGS, overview, row

    view = overview(existing_folder(folder))
    table = Table(title="tinygrad-course status")
    for i, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if i else "left", overflow="fold")
    for stands in view.lessons:
        table.add_row(*row(stands))
    Console().print(table)
    following = f"Next: {view.next.exercise.id}. Open it: tinygrad-course resume" if view.next else ""
    click.echo("\n".join([*view.notes, following or "Every exercise is passed."]))


@main.command()
@FOLDER
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; else report.html in your folder."
)
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
def report(folder: Path | None, output: Path | None, opened: bool) -> None:
    """Write your progress as one page of HTML."""
    import webbrowser

    from .lab import usable
    from .report import page

    place = existing_folder(folder)
    target = (output or place / "report.html").absolute()
    content = page(place)
    with usable(target.parent):
        replace_file(target, content.encode())
    click.echo(f"Written: {target}")
    if opened and not webbrowser.open(target.as_uri()):
        click.echo("No browser is found; open this file in one.")


@main.command()
@FOLDER
def update(folder: Path | None) -> None:
    """Bring the lessons of the installed version into your folder.

    What you changed stays, with the newer version beside it. A newer version of the course itself comes first, with
    pip install --upgrade tinygrad_course.
    """
    from .update import update as bring

    click.echo("\n".join(bring(existing_folder(folder))) or "Your notebooks are those of the installed version.")


@main.command()
@click.argument("what", metavar="LESSON[.EXERCISE]")
@FOLDER
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(what: str, folder: Path | None, yes: bool) -> None:
    """Make a lesson (04) or one exercise (04.propagate) blank again.

    Your notebook is kept beside it under another name, and its history is kept too.
    """
    from .update import plan_reset
    from .update import reset as carry_out

    plan = plan_reset(existing_folder(folder), what)
    if not yes:
        click.confirm(f"Make {plan.id} blank again in {plan.path.name}? Your version is kept beside it.", abort=True)
    click.echo("\n".join(carry_out(plan)))


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


main.add_command(author)
main.add_command(grade)
