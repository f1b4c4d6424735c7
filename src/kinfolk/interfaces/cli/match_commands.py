"""`kinfolk match`: who one record is, among all customers, without a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(match)


def match(
    fields: Annotated[
        list[str] | None,
        typer.Argument(help="FIELD=VALUE, such as first_name=Ana email=ana@example.com.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A JSON file with one record instead.", show_default=False)
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="The fields are columns of this source.", show_default="canonical columns"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Customers to show at most.", min=1)] = 10,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Tell which customer one record is: by keys and evidence, as a run would, without running."""
    from kinfolk.commands.match import match, record_in
    from kinfolk.interfaces.cli import match_views

    if (file is None) == (not fields):
        raise typer.BadParameter("Give FIELD=VALUE …, or --file.")
    pairs = [text.partition("=") for text in fields or ()]
    if not all(mark for _, mark, _ in pairs):
        raise typer.BadParameter("A field is given as FIELD=VALUE.")
    names = [name for name, _, _ in pairs]
    if len(set(names)) < len(names):
        raise typer.BadParameter(f"{max(names, key=names.count)} is given twice.")
    record = record_in(file) if file else {name: value or None for name, _, value in pairs}
    found = match(folder, record, limit, source, environment)
    output.answer(found, as_json, lambda: match_views.matched(found))
