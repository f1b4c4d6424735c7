"""`kinfolk run --schedule`: stays, and runs the project at the times it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError
from kinfolk.model.run import RunRecord
from kinfolk.model.schedule import Due, Schedule, upcoming

LOOK_AGAIN = 30.0  # seconds after which the project's files and the clock are looked at again


@dataclass(frozen=True)
class Happened:
    """What came of one time of the schedule: a run, or why there was none; next: when the next one is due."""

    due: Due
    run: RunRecord | None
    error: Exception | None
    next: Due | None


def run_on_schedule(
    folder: Path,
    run: Callable[[str | None], RunRecord],
    told: Callable[[Happened], None],
    stop: Event,
    until: datetime | None = None,
) -> None:
    """Runs at each time the project names until `stop` is set; `run` is given the environment.

    The project's files are read anew all along. A run that fails, or files that hold a mistake, are told and end
    nothing. Times that pass while a run goes on are not made up for.

    until   an end, for those who do not want to stay for ever
    Errors  ProjectError, KinfolkError when there is a mistake, or no schedule, at the start
    """
    known = _read(folder)
    since = datetime.now(UTC)
    while not stop.is_set():
        with suppress(KinfolkError):  # the run that comes next says so; until then the times are those of before
            known = _read(folder)
        [due] = upcoming(*known, since)
        if until is not None and due.at > until:
            stop.wait(max((until - datetime.now(UTC)).total_seconds(), 0))
            return
        ahead = (due.at - datetime.now(UTC)).total_seconds()
        if ahead > 0:
            stop.wait(min(ahead, LOOK_AGAIN))
            continue
        done, error = _attempt(run, due)
        since = max(datetime.now(UTC), due.at.astimezone(UTC))
        if stop.is_set():
            told(Happened(due, done, error, None))
            return
        told(Happened(due, done, error, upcoming(*known, since)[0]))


def _attempt(run: Callable[[str | None], RunRecord], due: Due) -> tuple[RunRecord | None, Exception | None]:
    try:
        return run(due.environment), None
    except Exception as error:  # whatever it is, the next time comes
        return None, error


def _read(folder: Path) -> tuple[tuple[Schedule, ...], str]:
    project = open_project(folder)
    if not project.schedule:
        raise KinfolkError(
            "The project names no time to run at.",
            where=str(project.folder / "kinfolk.yml"),
            hint='Write one there, such as `schedule: "*/15 * * * *"`.',
        )
    return project.schedule, project.time_zone
