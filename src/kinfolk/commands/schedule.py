"""`kinfolk run --schedule`: stays, and runs the project at the times it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord
from kinfolk.model.schedule import Due, Schedule, upcoming

LOOK_AGAIN = 30.0  # seconds after which the project's files and the clock are looked at again


@dataclass(frozen=True)
class Times:
    """Whose schedule, for which environment (None: for every one it names), and until when."""

    folder: Path
    environment: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Happened:
    """What came of one time of the schedule: a run, or why there was none; next: when the next one is due."""

    due: Due
    run: RunRecord | None
    error: Exception | None
    next: Due | None


def run_on_schedule(
    times: Times, run: Callable[[str | None], RunRecord], told: Callable[[Happened], None], stop: Event
) -> None:
    """Runs at each time the project names until `stop` is set; `run` is given the environment.

    The project's files are read anew all along. A run that fails, or files that hold a mistake, are told and end
    nothing. Times that pass while a run goes on, or while the machine sleeps, are made up for by one run at most.

    Errors  ProjectError, KinfolkError when there is a mistake, or no schedule, at the start
    """
    project = _read(times)
    since = datetime.now(UTC)
    while not stop.is_set():
        with suppress(KinfolkError):  # the run that comes next says so; until then the times are those of before
            project = _read(times)
        due = _next(project, times, since)
        end = due.at if times.until is None else min(due.at, times.until)
        ahead = (end - datetime.now(UTC)).total_seconds()
        if ahead > 0:
            stop.wait(min(ahead, LOOK_AGAIN))
        elif end < due.at:
            return
        else:
            done, error = _attempt(run, due)
            since = max(datetime.now(UTC), due.at)
            told(Happened(due, done, error, None if stop.is_set() else _next(project, times, since)))


def _attempt(run: Callable[[str | None], RunRecord], due: Due) -> tuple[RunRecord | None, Exception | None]:
    try:
        return run(due.environment), None
    except Exception as error:  # whatever it is, the next time comes
        return None, error


def _read(times: Times) -> Project:
    project = open_project(times.folder, times.environment)
    if not _scheduled(project, times):
        raise KinfolkError(
            "The project names no time to run at.",
            where=str(project.folder / "kinfolk.yml"),
            hint='Write one there, such as `schedule: "*/15 * * * *"`.',
        )
    return project


def _scheduled(project: Project, times: Times) -> tuple[Schedule, ...]:
    """The schedules asked for; those that name no environment run in the one asked for."""
    asked = times.environment
    found = (replace(s, environment=s.environment or asked) for s in project.schedule)
    return tuple(s for s in found if asked is None or s.environment == asked)


def _next(project: Project, times: Times, since: datetime) -> Due:
    return upcoming(_scheduled(project, times), project.time_zone, since)[0]
