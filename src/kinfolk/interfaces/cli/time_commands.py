"""Commands about earlier states: what there is, and going back to one."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, FolderArgument, Wait


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(history)
    app.command()(rollback)


def history(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    limit: Annotated[int, typer.Option("--limit", help="States to show at most; 0 for all.", min=0)] = 20,
    as_json: AsJson = False,
) -> None:
    """List the published states, newest first: when, what arrived, and which can still be read."""
    from kinfolk.commands.history import history
    from kinfolk.interfaces.cli import time_views

    found = history(folder, environment, limit or None)
    output.answer(found, as_json, lambda: time_views.history(found))


def rollback(
    to: Annotated[str, typer.Argument(help="The state to go back to: run:12, a day or a moment.")],
    folder: Folder = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, only show what would change.")] = False,
    environment: Environment = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Publish an earlier state again; what came since is taken in anew by the next run."""
    from kinfolk.commands.rollback import rollback
    from kinfolk.interfaces.cli import time_views

    found = rollback(folder, to, yes, environment, wait)
    output.answer(found, as_json, lambda: time_views.rolled_back(found, to))
