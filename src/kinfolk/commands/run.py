"""`kinfolk run`: from sources to golden profiles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from kinfolk.commands.check_preferences import check_preferences
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.model.run import RunRecord
from kinfolk.pipeline.log import Log
from kinfolk.pipeline.run import run_project
from kinfolk.pipeline.tracing import tracing
from kinfolk.pipeline.watch import Several, Watcher
from kinfolk.pipeline.work import RunOptions


def run(
    folder: Path,
    environment: str | None = None,
    wait_seconds: float = 0,
    allow_deletes: Iterable[str] = (),
    watcher: Watcher | None = None,
) -> RunRecord:
    """Runs the project once and returns what it did.

    Errors  ProjectError, SourceError, BusyError, EngineError: nothing was published
    """
    project = open_project(folder, environment)
    check_preferences(project)
    options = RunOptions(wait_seconds, frozenset(allow_deletes))
    return run_project(project, CONNECTORS, options, Several([*([watcher] if watcher else []), *tracing()]))


def logged(watcher: Watcher, stream: TextIO) -> Watcher:
    """The watcher, and beside it a log of JSON lines in `stream`."""
    return Several([watcher, Log(stream)])
