"""The commands, their options and their help; what they do is imported only when they are called."""

from __future__ import annotations

import io
import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from kinfolk import __version__
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.cli import model_commands, output, plan_commands, profile_views, views
from kinfolk.model.run import RunOptions

app = typer.Typer(
    name="kinfolk",
    help="One accurate, lawful, governed record per customer, from a folder of text files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: half the time to the first word
)

Folder = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.", show_default="here")]
FolderArgument = Annotated[Path, typer.Argument(help="Folder of the project.", show_default="here")]
Environment = Annotated[
    str | None, typer.Option("--environment", "-e", help="One of the project's environments.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
HERE = Path()


def main() -> None:
    """Runs the command line; a KinfolkError becomes a sentence on standard error and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter is no failure
    try:
        for word in sys.argv:
            word.encode()
    except UnicodeEncodeError:
        output.problem(KinfolkError("An argument holds bytes that are not UTF-8."), as_json="--json" in sys.argv)
        sys.exit(2)
    try:
        app()
    except KinfolkError as error:
        output.problem(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except OSError as error:
        problem = KinfolkError(f"{error.strerror or error}.", where=error.filename and str(error.filename))
        output.problem(problem, as_json="--json" in sys.argv)
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        output.note("Stopped. What was published before is untouched.")
        sys.exit(130)


@app.callback(invoke_without_command=True)
def kinfolk(
    version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False,
) -> None:
    """One accurate, lawful, governed record per customer, from a folder of text files."""
    if version:
        typer.echo(f"kinfolk {__version__}")
        raise typer.Exit


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    template: Annotated[str, typer.Option("--template", "-t", help="ecommerce, saas, finance or blank.")] = "ecommerce",
    as_json: AsJson = False,
) -> None:
    """Make a new project from a template."""
    from kinfolk.commands.init import TEMPLATES, init

    if template not in TEMPLATES:
        raise typer.BadParameter(f"{template!r} is not a template. There are: {', '.join(TEMPLATES)}.")
    made = init(folder, template)
    output.answer(made, as_json, lambda: views.made(folder, made))


@app.command()
def check(folder: FolderArgument = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Check every project file and look for every source, without running anything."""
    from kinfolk.commands.check import check

    checked = check(folder, environment)
    output.answer(checked, as_json, lambda: views.checked(checked))


@app.command()
def run(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for another run to finish.", min=0)] = 0,
    allow_deletes: Annotated[
        list[str] | None,
        typer.Option("--allow-deletes", help="A source that may lose most of its records.", show_default=False),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", help="Do exactly what this saved plan says, or nothing.", show_default=False),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Make everything anew, also what no change reaches.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn what has arrived into golden profiles, and publish them at once."""
    from kinfolk.commands.plan import saved_ground
    from kinfolk.commands.run import run, run_plan
    from kinfolk.interfaces.cli.progress import watching

    if not math.isfinite(wait):
        raise typer.BadParameter("--wait takes a number of seconds.")
    if plan and (environment or allow_deletes or full):
        raise typer.BadParameter(
            "The plan says which environment it is for, what may be deleted and what is made anew."
        )

    with watching(quiet=as_json) as watcher:
        if plan:
            record = run_plan(folder, saved_ground(plan), wait, watcher)
        else:
            record = run(folder, environment, RunOptions(wait, frozenset(allow_deletes or ()), full), watcher)
    output.answer(record, as_json, lambda: views.ran(record, folder))


plan_commands.register(app)


@app.command()
def status(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    runs: Annotated[int, typer.Option("--runs", help="How many of the last runs to show.", min=1)] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the last runs, and what the customer data looks like now."""
    from kinfolk.commands.status import status

    found = status(folder, environment, runs)
    output.answer(found, as_json, lambda: views.status(found))


@app.command()
def show(
    who: Annotated[str, typer.Argument(help="Customer id, e-mail, phone or name.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show one customer: golden values, where each came from, the records behind them."""
    from kinfolk.commands.show import show

    found = show(folder, who, environment)
    output.answer(found, as_json, lambda: profile_views.shown(found))


@app.command()
def explain(
    first: Annotated[str, typer.Argument(help="A record as source:id, or a customer id.")],
    second: Annotated[str, typer.Argument(help="Another record or customer.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Explain why two records are, or are not, one customer: field by field, in bits."""
    from kinfolk.commands.explain import explain

    found = explain(folder, first, second, environment)
    output.answer(found, as_json, lambda: profile_views.explained(found))


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT; tables are named schema.table.")],
    folder: Folder = HERE,
    environment: Environment = None,
    limit: Annotated[int, typer.Option("--limit", help="Rows to show at most; 0 for all.", min=0)] = 100,
    as_json: AsJson = False,
) -> None:
    """Ask the published tables with SQL."""
    from kinfolk.commands.query import query

    found = query(folder, sql, limit or None, environment)
    output.answer(found.dicts(), as_json, lambda: views.rows(found))


@app.command()
def schema(
    folder: Annotated[
        Path | None, typer.Option("--out", help="Write one file per kind of project file here.", show_default=False)
    ] = None,
) -> None:
    """Print, or write, JSON Schemas with which an editor completes and checks project files."""
    from kinfolk.commands.schema import schema

    made = schema(folder)
    if folder:
        output.note(f"Wrote {len(made)} schemas to {folder}.")
    else:
        output.answer(made, True, lambda: None)


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder to make the demo project in.", show_default="a temporary one")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a small shop's data from scattered files to golden customers, and show what came out."""
    from kinfolk.commands.demo import demo
    from kinfolk.interfaces.cli.progress import watching

    with watching(quiet=as_json) as watcher:
        found = demo(folder, watcher)
    output.answer(found, as_json, lambda: profile_views.demo(found))


model_commands.register(app)
