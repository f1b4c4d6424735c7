"""`kinfolk model …`, `kinfolk lineage` and `kinfolk docs …`: the company's own tables and the project as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import model_views, output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, FolderArgument

Name = Annotated[str, typer.Argument(help="Name of the model.")]

docs = typer.Typer(help="The project as a website.", no_args_is_help=True, rich_markup_mode=None)
models = typer.Typer(help="The company's own tables, from models/.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.add_typer(models, name="model")
    app.add_typer(docs, name="docs")
    app.command()(lineage)


@models.command("list")
def list_(folder: FolderArgument = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """List the models: what each reads, who answers for it, how many rows it has."""
    from kinfolk.commands.models import list_models

    found = list_models(folder, environment)
    output.answer(found, as_json, lambda: model_views.listed(found))


@models.command()
def show(name: Name, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show one model: its text, its tests, and where each of its columns comes from."""
    from kinfolk.commands.models import show_model

    found = show_model(folder, name, environment)
    output.answer(found, as_json, lambda: model_views.shown(found))


@models.command()
def test(
    name: Annotated[str | None, typer.Argument(help="Name of the model.", show_default="all")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    sample: Annotated[int, typer.Option("--sample", help="Rows to show of each test that fails.", min=0)] = 5,
    as_json: AsJson = False,
) -> None:
    """Ask the tests of what is published, and show rows that do not hold."""
    from kinfolk.commands.models import broken, check_models

    found = check_models(folder, name, environment, sample)
    output.answer(found, as_json, lambda: model_views.tested(found))
    if broken(found):
        raise typer.Exit(13)


def lineage(
    asked: Annotated[str, typer.Argument(metavar="TABLE.COLUMN", help="A column, or a table, with its schema.")],
    folder: Folder = HERE,
    environment: Environment = None,
    down: Annotated[
        bool, typer.Option("--down", help="What is made from it, instead of what it is made from.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a column comes from, up to the sources; or, with --down, all that is made from it."""
    from kinfolk.commands.lineage import lineage

    found = lineage(folder, asked, down=down, environment=environment)
    output.answer(found, as_json, lambda: model_views.traced(found))


@docs.callback()
def documents() -> None:
    """The project as a website."""


@docs.command()
def build(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write.", show_default="site, in the project's folder")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a website of the project: the hub's diagram, every source, table and model, lineage, rules and owners."""
    from kinfolk.commands.docs import build_docs

    site = build_docs(folder, out, environment)
    output.answer(site, as_json, lambda: model_views.built(site))
