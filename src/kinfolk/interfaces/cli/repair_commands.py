"""Commands that look a project's state over, back it up and bring it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, FolderArgument, Wait

WRONG = 9  # what doctor ends with when something is; beside the numbers of errors


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)


def doctor(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended without losing anything.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look over the lake, the history of runs and what is left over; end with 9 when something is wrong."""
    from kinfolk.commands.doctor import doctor
    from kinfolk.interfaces.cli import repair_views

    found = doctor(folder, mend, environment)
    output.answer(found, as_json, lambda: repair_views.examined(found))
    if any(not finding.mended for finding in found):
        raise typer.Exit(WRONG)


def backup(
    target: Annotated[Path, typer.Argument(help="A new folder, or a new file that ends in .zip.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Write every kept state and the history of runs to one place; a run may go on meanwhile."""
    from kinfolk.commands.backup import backup
    from kinfolk.interfaces.cli import repair_views

    made = backup(folder, target, environment)
    output.answer(made, as_json, lambda: repair_views.backed_up(made, target))


def restore(
    source: Annotated[Path, typer.Argument(help="A backup.")],
    folder: Folder = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Replace the state that is there.")] = False,
    other_ledger: Annotated[
        bool, typer.Option("--other-ledger", help="Replace a ledger of consents too that the backup's is no copy of.")
    ] = False,
    environment: Environment = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Make a backup the state of this project; customers keep the ids they had in it."""
    from kinfolk.commands.restore import Ledger, restore
    from kinfolk.interfaces.cli import repair_views

    found = restore(folder, source, Ledger.OF_THE_BACKUP if yes and other_ledger else yes, environment, wait)
    output.answer(found, as_json, lambda: repair_views.restored(found))
