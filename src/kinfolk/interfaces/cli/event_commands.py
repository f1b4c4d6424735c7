"""`kinfolk identity events`: what became of the membership of records."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(events)


def events(
    customer: Annotated[
        str | None,
        typer.Option("--customer", help="Only those that took a record from, or to, it.", show_default="all"),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="run:12, a day or a moment.", show_default="the beginning")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="joined, left, merged or split.", show_default="all")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Events to show at most; 0 for all.", min=0)] = 100,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """List the records whose customer changed, newest first: from which, to which, and why."""
    from kinfolk.commands.events import KINDS, Asked, events
    from kinfolk.interfaces.cli import event_views

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is no kind of event. There are: {', '.join(KINDS)}.")
    found = events(folder, Asked(customer, since, kind), environment, limit or None)
    output.answer(found, as_json, lambda: event_views.events(found, every=not (customer or since or kind)))
