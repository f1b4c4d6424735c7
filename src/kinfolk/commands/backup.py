"""`kinfolk backup`: the state of a project in one folder or file."""

from __future__ import annotations

from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.model.backup import Manifest
from kinfolk.pipeline.backup import back_up


def backup(folder: Path, target: Path, environment: str | None = None) -> Manifest:
    """Writes a checked backup of every kept state and of the history of runs to `target`.

    Errors  NotFoundError when nothing was published; ExistsError when `target` is there; EngineError
    """
    return back_up(open_project(folder, environment), target)
