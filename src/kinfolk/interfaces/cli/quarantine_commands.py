"""`kinfolk quarantine …`: rows that could not be landed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, signed

app = typer.Typer(
    name="quarantine",
    help="Rows that could not be landed: which, why, corrected, and sent again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Source = Annotated[str | None, typer.Argument(help="Only rows of this source.", show_default="all")]
Number = Annotated[int, typer.Argument(help="Number of the row (record_no).")]


@app.command("list")
def list_(
    source: Source = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the rows into this .csv or .json file.", show_default=False)
    ] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits, by source, reason and load; or write the rows into a file, to correct them there."""
    from kinfolk.commands import quarantine
    from kinfolk.interfaces.cli import contract_views

    if out:
        count = quarantine.export(folder, out, source, environment)
        output.answer({"file": str(out), "rows": count}, as_json, lambda: contract_views.exported(out, count))
        return
    found = quarantine.waiting(folder, source, environment)
    output.answer(found, as_json, lambda: contract_views.waiting(found))


@app.command()
def show(number: Number, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show one row: where it stood, what is wrong with it, its values."""
    from kinfolk.commands import quarantine
    from kinfolk.interfaces.cli import contract_views

    found = quarantine.show(folder, number, environment)
    output.answer(found, as_json, lambda: contract_views.quarantined(found))


@app.command()
def fix(
    number: Annotated[
        int | None, typer.Argument(help="Number of the row (record_no), with --set.", show_default=False)
    ] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="COLUMN=VALUE; nothing after = empties it.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file of `quarantine list --out`, corrected.", show_default=False)
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who corrects.", show_default="the user signed in")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Correct rows. They wait on until `quarantine replay` lands them, or their file is read again."""
    from kinfolk.commands import quarantine
    from kinfolk.interfaces.cli import contract_views

    if (file is None) == (number is None) or (file is not None) == bool(values):
        raise typer.BadParameter("Give a row's number and --set COLUMN=VALUE, or --file.")
    if file is not None:
        edits = quarantine.edits_in(file)
    else:
        assert number is not None
        pairs = [text.partition("=") for text in values or ()]
        if not all(mark for _, mark, _ in pairs):
            raise typer.BadParameter("--set takes COLUMN=VALUE.")
        edits = {number: {name: value or None for name, _, value in pairs}}
    made = quarantine.fix(folder, edits, signed(by), environment)
    output.answer(made, as_json, lambda: contract_views.fixed(made))


@app.command()
def replay(
    source: Source = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Not only corrected rows, but all that broke a rule.")
    ] = False,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Send corrected rows through landing again, under the same rules, and publish what comes of it."""
    from kinfolk.commands import quarantine
    from kinfolk.interfaces.cli import contract_views
    from kinfolk.interfaces.cli.progress import watching

    with watching(quiet=as_json) as watcher:
        made = quarantine.replay(folder, source, environment, everything=everything, watcher=watcher)
    output.answer(made, as_json, lambda: contract_views.replayed(made))
