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
from kinfolk.interfaces.cli import (
    access_commands,
    consent_commands,
    contract_commands,
    customer_commands,
    identity_commands,
    match_commands,
    model_commands,
    output,
    people_commands,
    plan_commands,
    profile_views,
    quarantine_commands,
    repair_commands,
    review_commands,
    serve_commands,
    source_commands,
    status_views,
    stopping,
    time_commands,
    views,
    watch_commands,
)
from kinfolk.interfaces.cli.options import HERE, AsJson, AsOf, Environment, Folder, FolderArgument, Wait
from kinfolk.model.run import RunOptions

app = typer.Typer(
    name="kinfolk",
    help="One accurate, lawful, governed record per customer, from a folder of text files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: half the time to the first word
)
for _group in (
    source_commands,
    contract_commands,
    quarantine_commands,
    review_commands,
    customer_commands,
    identity_commands,
    consent_commands,
):
    app.add_typer(_group.app)


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
        with stopping.on_signals():
            app()
    except stopping.Stopped as stopped:
        output.problem(stopped.problem, as_json="--json" in sys.argv)
        sys.exit(stopped.exit_code)
    except KinfolkError as error:
        output.problem(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)
    except OSError as error:
        problem = KinfolkError(f"{error.strerror or error}.", where=error.filename and str(error.filename))
        output.problem(problem, as_json="--json" in sys.argv)
        sys.exit(problem.exit_code)


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
    wait: Wait = 0,
    allow_deletes: Annotated[
        list[str] | None,
        typer.Option("--allow-deletes", help="A source that may lose most of its records.", show_default=False),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", help="Do exactly what this saved plan says, or nothing.", show_default=False),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Make everything anew, also what no change reaches.")] = False,
    log: Annotated[
        str | None, typer.Option("--log", help="Add JSON lines to this file; - prints them.", show_default=False)
    ] = None,
    schedule: Annotated[bool, typer.Option("--schedule", help="Stay, and run when kinfolk.yml says.")] = False,
    bound: Annotated[
        str | None, typer.Option("--for", help="Stay this long at most, as 8 hours.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn what has arrived into golden profiles, and publish them at once."""
    from kinfolk.interfaces.cli import running

    if not math.isfinite(wait):
        raise typer.BadParameter("--wait takes a number of seconds.")
    if plan and (environment or allow_deletes or full or schedule):
        raise typer.BadParameter(
            "The plan says which environment it is for, what may be deleted and what is made anew."
        )
    options = RunOptions(wait, frozenset(allow_deletes or ()), full)
    asked = running.Asked(folder, environment, options, log, as_json, plan)
    if schedule:
        running.stay(asked, bound)
        return
    if bound is not None:
        raise typer.BadParameter("--for goes with --schedule.")
    record = running.once(asked)
    if log != "-" or as_json:
        output.answer(record, as_json, lambda: views.ran(record, folder))


plan_commands.register(app)


@app.command()
def status(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    runs: Annotated[int, typer.Option("--runs", help="How many of the last runs to show.", min=1)] = 5,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show the last runs, and what the customer data looks like now."""
    from kinfolk.commands.status import status

    found = status(folder, environment, runs, as_of)
    output.answer(found, as_json, lambda: status_views.status(found))


@app.command()
def show(
    who: Annotated[str, typer.Argument(help="Customer id, e-mail, phone or name.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show one customer: golden values, where each came from, the records behind them."""
    from kinfolk.commands.show import show

    found = show(folder, who, environment, as_of)
    output.answer(found, as_json, lambda: profile_views.shown(found))


@app.command()
def explain(
    first: Annotated[str, typer.Argument(help="A record as source:id, or a customer id.")],
    second: Annotated[str, typer.Argument(help="Another record or customer.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Explain why two records are, or are not, one customer: field by field, in bits."""
    from kinfolk.commands.explain import explain

    found = explain(folder, first, second, environment, as_of)
    output.answer(found, as_json, lambda: profile_views.explained(found))


match_commands.register(app)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT; tables are named schema.table.")],
    folder: Folder = HERE,
    environment: Environment = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Rows at most; 0 for all.", min=0, show_default="100; with --json all"),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Ask the published tables with SQL."""
    from kinfolk.commands.query import query

    if limit is None:
        limit = 0 if as_json else 100
    found = query(folder, sql, limit or None, environment, as_of)
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


time_commands.register(app)
repair_commands.register(app)
watch_commands.register(app)
serve_commands.register(app)
access_commands.register(app)
people_commands.register(app)
model_commands.register(app)
