"""`kinfolk tracking …`: what events promise."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

app = typer.Typer(
    name="tracking",
    help="What events promise: which are planned, which came, and a plan drafted from them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    source: Annotated[str | None, typer.Argument(help="Only events of this source.", show_default="all")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """List the events that are planned, and those that came: how many landed, how many wait in quarantine."""
    from kinfolk.commands.tracking import tracked
    from kinfolk.interfaces.cli import tracking_views

    found = tracked(folder, source, environment)
    output.answer(found, as_json, lambda: tracking_views.tracked(found))


@app.command()
def draft(
    source: Annotated[str, typer.Argument(help="Name of a source of events.")],
    show: Annotated[bool, typer.Option("--print", help="Show the draft and write nothing.")] = False,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Draft a tracking plan that the events of a source keep as they came."""
    from kinfolk.commands.tracking_draft import draft
    from kinfolk.interfaces.cli import tracking_views

    path, text = draft(folder, source, environment, write=not show)
    output.answer(
        {"file": str(path), "plan": text}, as_json, lambda: tracking_views.drafted(path, text, written=not show)
    )
