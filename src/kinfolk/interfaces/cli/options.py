"""Options that several commands share."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--project", "-p", help="Folder of the project.", show_default="here")]
FolderArgument = Annotated[Path, typer.Argument(help="Folder of the project.", show_default="here")]
Environment = Annotated[
    str | None, typer.Option("--environment", "-e", help="One of the project's environments.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="An earlier state: run:12, a day or a moment.", show_default=False),
]
Wait = Annotated[float, typer.Option("--wait", help="Seconds to wait for another run to finish.", min=0)]
HERE = Path()


def signed(by: str | None) -> str:
    """Who does it: the name given, or that of this computer's user. Errors: BadParameter where there is neither"""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that has no name
        raise typer.BadParameter("The user of this computer has no name. Say who does it with --by.") from None
