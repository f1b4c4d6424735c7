"""`kinfolk plan`: its options and the three forms of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kinfolk.interfaces.cli import output, plan_views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, FolderArgument
from kinfolk.model.run import RunOptions


def register(app: typer.Typer) -> None:
    """Adds the command to the command line."""
    app.command()(plan)


def plan(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    allow_deletes: Annotated[
        list[str] | None,
        typer.Option("--allow-deletes", help="A source that may lose most of its records.", show_default=False),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Plan to make everything anew.")] = False,
    ci: Annotated[
        bool, typer.Option("--ci", help="Answer as Markdown for a pull request, without anybody's data.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Save the plan for `run --plan`; with --ci, the Markdown.", show_default=False),
    ] = None,
    fail_on: Annotated[
        Literal["breaking"] | None,
        typer.Option("--fail-on", help="End with 12 when the plan has breaking effects.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run would do, before it does it: definitions, rows, customers, steps."""
    from kinfolk.commands.plan import check_breaking, plan, save
    from kinfolk.interfaces.cli.plan_markdown import markdown
    from kinfolk.interfaces.cli.progress import watching

    if ci and as_json:
        raise typer.BadParameter("--ci answers in Markdown, --json in JSON: choose one.")
    options = RunOptions(allow_deletes=frozenset(allow_deletes or ()), full=full)
    with watching(quiet=as_json or ci) as watcher:
        planned = plan(folder, environment, options, watcher)
    if ci:
        output.text(markdown(planned.plan), out)
    else:
        if out:
            save(planned.plan, out)
        output.answer(planned.plan, as_json, lambda: plan_views.planned(planned, out))
    if fail_on:
        check_breaking(planned.plan)
