"""`kinfolk run`: from sources to golden profiles."""

from __future__ import annotations

from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.model.plan import Ground
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


def run_plan(folder: Path, ground: Ground, wait_seconds: float = 0, watcher: Watcher | None = None) -> RunRecord:
    """Runs exactly what was planned.

    Errors  StalePlanError names whatever is no longer as it was when the plan was made; and those of a run
    """
    project = open_project(folder, ground.environment)
    options = RunOptions(wait_seconds, frozenset(ground.allow_deletes), ground.full, ground)
    return run_project(project, CONNECTORS, options, watcher)
