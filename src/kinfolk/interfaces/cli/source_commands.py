"""`kinfolk source …`: the sources of a project, and what the systems behind them hold."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output, source_views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

app = typer.Typer(
    name="source", help="List, reach, explore and add sources.", no_args_is_help=True, rich_markup_mode=None
)

Settings = Annotated[
    list[str] | None,
    typer.Argument(help="Settings of the connector: host=… database=… 'password=${SHOP_PASSWORD}'", show_default=False),
]


@app.command("list")
def list_(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """List the project's sources."""
    from kinfolk.commands.source import list_sources

    found = list_sources(folder, environment)
    output.answer(found, as_json, lambda: source_views.listed(found))


@app.command()
def ping(
    name: Annotated[str | None, typer.Argument(help="A source; all of them if none is named.")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Ask sources whether they answer; fails if one does not."""
    from kinfolk.commands.source import ping
    from kinfolk.errors import SourceError

    found = ping(folder, name, environment)
    output.answer(found, as_json, lambda: source_views.pinged(found))
    if any(one.error for one in found):
        raise typer.Exit(SourceError.exit_code)


@app.command()
def discover(
    what: Annotated[str, typer.Argument(help="A connector, such as postgres, or a source of the project.")],
    settings: Settings = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show what a system holds: tables, files, sheets and their columns."""
    from kinfolk.commands.source import discover

    found = discover(folder, what, settings or (), environment)
    output.answer(found, as_json, lambda: source_views.discovered(found))


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name of the new source.")],
    settings: Settings = None,
    connector: Annotated[str, typer.Option("--connector", "-c", help="What reads it: postgres, file, …")] = "file",
    table: Annotated[str | None, typer.Option("--table", help="The table to read.", show_default=False)] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write sources/NAME.yml from what a system says of one of its tables."""
    from kinfolk.commands.source import add

    made = add(folder, name, connector, [*(settings or ()), *([f"table={table}"] if table else ())])
    output.answer(made, as_json, lambda: source_views.added(made))
