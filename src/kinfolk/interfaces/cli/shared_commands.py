"""`kinfolk identity shared`."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output, views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

Field = Annotated[str | None, typer.Option("--field", help="Only those of this key or column.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", help="Rows at most; 0 for all.", min=0)]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(shared)


def shared(
    field: Field = None,
    limit: Limit = 100,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """List values that several people share: mailboxes, switchboards, tablets, a household's telephone."""
    from kinfolk.commands.shared import shared

    found = shared(folder, field, limit or None, environment)

    def shown() -> None:
        columns = ["field", "value", "records", "people", "kind", "effect"]
        listed = views.table("Values that several people share", columns, right=["records", "people"])
        for row in found:
            effects = {"links no records": row["unlinked"], "counts once as evidence": row["counts_once"]}
            effect = ", ".join(words for words, so in effects.items() if so)
            cells = (row["field"], row["value"], row["records"], f"{row['people']:.1f}", row["kind"], effect)
            listed.add_row(*map(views.escaped, cells))
        views.console().print(listed)

    output.answer(found, as_json, shown)
