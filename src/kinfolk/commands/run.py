"""`kinfolk run`: from sources to golden profiles."""

from __future__ import annotations

from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.model.run import RunOptions, RunRecord
from kinfolk.pipeline.run import run_project
from kinfolk.pipeline.watch import Watcher


def run(
    folder: Path,
    environment: str | None = None,
    options: RunOptions | None = None,
    watcher: Watcher | None = None,
) -> RunRecord:
    """Runs the project once and returns what it did.

    Errors  ProjectError, SourceError, BusyError, EngineError: nothing was published
    """
    project = open_project(folder, environment)
    return run_project(project, CONNECTORS, options, watcher)
