"""`kinfolk identity model`: export the matching model, and import one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

app = typer.Typer(
    name="model",
    help="Take the matching model to another project or to Splink, and bring one from there.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The JSON file to write.", show_default=False)],
    splink: Annotated[bool, typer.Option("--splink", help="As Splink's settings, in DuckDB's SQL.")] = False,
    records: Annotated[
        Path | None,
        typer.Option("--records", help="Folder for the compared values, as Splink takes them.", show_default=False),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Write the model the last run learned, or was given, to a file. It holds no values of anybody."""
    from kinfolk.commands.portable_model import Export, export_model
    from kinfolk.interfaces.cli import views

    found = export_model(folder, Export(file, splink, records, replace), environment)

    def shown() -> None:
        for written in found.files:
            views.console().print(f"Wrote [bold]{views.escaped(written)}[/]")
        for words in found.left_out:
            views.console().print(f"[yellow]Left out:[/] {views.escaped(words)}")

    output.answer(found, as_json, shown)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A model exported from Kinfolk or saved by Splink.", show_default=False)],
    name: Annotated[str, typer.Option("--as", help="The file to write in the project.")] = "matching-model.json",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="THEIRS=OURS: another name for a column of Splink's model.", show_default=False),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")] = False,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Bring a model into the project, to score by instead of learning."""
    from kinfolk.commands.portable_model import import_model
    from kinfolk.interfaces.cli import views

    renamed = dict(_pair(words) for words in column or ())
    found = import_model(folder, file, name, columns=renamed, replace=replace)

    def shown() -> None:
        out = views.console()
        out.print(f"Wrote [bold]{views.escaped(found.file)}[/], which compares {', '.join(found.columns)}.")
        out.print(f"Name it in identity.yml in place of `compare` and `personal`: match: {{model: {name}}}")

    output.answer(found, as_json, shown)


def _pair(words: str) -> tuple[str, str]:
    theirs, sign, ours = words.partition("=")
    if not (theirs and sign and ours):
        raise typer.BadParameter(f"`{words}` is not of the form THEIRS=OURS.", param_hint="--column")
    return theirs, ours
