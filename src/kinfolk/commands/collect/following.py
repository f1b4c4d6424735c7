"""`kinfolk serve`: a run soon after events have come in, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

from kinfolk.connectors.collect.reading import drop_before, end_of
from kinfolk.errors import BusyError
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, RunStatus

AFTER_EVENTS = 2.0  # seconds in which more events may come before a run takes them all
AFTER_FAILURE = 30.0  # seconds before a run that failed is tried again


@dataclass(frozen=True)
class Followed:
    """What came of one time that there were new events: a run, or why there was none."""

    run: RunRecord | None
    error: Exception | None = None


def follow(
    project: Project,
    sources: tuple[str, ...],
    run: Callable[[], RunRecord],
    told: Callable[[Followed], None],
    stop: Event,
) -> None:
    """Runs the project whenever the logs of these sources have grown since it last ran, until `stop` is set.

    A run that fails is told once and tried again; while another process runs the project, events wait. Files of a log
    are removed when their events are landed and older than every state that one can go back to.
    """
    seen, last = dict.fromkeys(sources), ""
    pause = AFTER_EVENTS
    while not stop.wait(pause):
        pause = AFTER_EVENTS
        now = {name: end_of(project.collected / name) for name in sources}
        if now == seen:
            continue
        followed = _attempt(run)
        if followed.error is None:
            seen, last = now, ""
            _tidy(project.collected, now, project.history)
        elif not isinstance(followed.error, BusyError):
            pause = AFTER_FAILURE
        if followed.run is None or followed.run.status is not RunStatus.UNCHANGED:
            said = str(followed.error) if followed.error else ""
            if not said or said.splitlines()[0] != last:
                told(followed)
            last = said.splitlines()[0] if said else ""


def _attempt(run: Callable[[], RunRecord]) -> Followed:
    try:
        return Followed(run())
    except Exception as error:  # whatever it is, events go on coming in
        return Followed(None, error)


def _tidy(folder: Path, landed: dict[str, int | None], history: timedelta) -> None:
    for name, end in landed.items():
        if end is not None:
            drop_before(folder / name, end, history)
