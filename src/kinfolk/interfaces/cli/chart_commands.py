"""`kinfolk identity charts`: the matching model, a pair and a customer as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, AsOf, Environment, Folder


def register(app: typer.Typer) -> None:
    """Adds this command to a group."""
    app.command()(charts)


def charts(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pages.")] = Path("charts"),
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option("--pair", help="Two records, each as source:id, or customers.", show_default=False),
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="A customer id, to draw its records.", show_default=False)
    ] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Draw the matching model, and the evidence about a pair or a customer, as pages for a browser."""
    from kinfolk.commands.charts import gather
    from kinfolk.interfaces.cli import charts as drawing
    from kinfolk.interfaces.cli import views

    found = gather(folder, pair, customer, environment, as_of)
    pages = drawing.write(found, out)
    if as_json:
        output.answer(found, True, lambda: None)
        return
    for page in pages:
        views.console().print(f"Drew [bold]{views.escaped(page)}[/]")
