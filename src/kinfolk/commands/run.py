"""`kinfolk run`: from sources to golden profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from kinfolk.commands.check_preferences import check_preferences
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.errors import KinfolkError
from kinfolk.model.plan import Ground
from kinfolk.model.run import RunOptions, RunRecord
from kinfolk.pipeline.log import Log
from kinfolk.pipeline.run import run_project
from kinfolk.pipeline.tracing import tracing
from kinfolk.pipeline.watch import Several, Watcher


def run(
    folder: Path,
    environment: str | None = None,
    options: RunOptions | None = None,
    watcher: Watcher | None = None,
    log: TextIO | None = None,
) -> RunRecord:
    """Runs the project once and returns what it did. log: gets a line of JSON for each step, and for the run.

    Errors  ProjectError, SourceError, BusyError, EngineError: nothing was published
    """
    logs = [Log(log)] if log else []
    watchers = [*([watcher] if watcher else []), *logs, *tracing()]
    try:
        project = open_project(folder, environment)
        check_preferences(project)
        return run_project(project, CONNECTORS, options, Several(watchers))
    except KinfolkError as error:
        for one in logs:
            one.refused(error)
        raise


def run_plan(
    folder: Path, ground: Ground, wait_seconds: float = 0, watcher: Watcher | None = None, log: TextIO | None = None
) -> RunRecord:
    """Runs exactly what was planned.

    Errors  StalePlanError names whatever is no longer as it was when the plan was made; and those of a run
    """
    options = RunOptions(wait_seconds, frozenset(ground.allow_deletes), ground.full, ground)
    return run(folder, ground.environment, options, watcher, log)
