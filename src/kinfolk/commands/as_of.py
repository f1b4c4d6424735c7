"""`--as-of`: which published state is meant by a run, a day or a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kinfolk.commands.history import Published, published_states
from kinfolk.errors import NotFoundError
from kinfolk.model.project import Project

_HINT = "Say run:12, a day such as 2026-03-01, or a moment such as 2026-03-01T14:30."
_SEE = "`kinfolk history` lists the states there are."


def state_as_of(project: Project, asked: str) -> Published:
    """The state that was published by run:N, or that readers saw at that moment or at the end of that day.

    Errors  NotFoundError says that there is none, or why it is gone
    """
    states = published_states(project)
    run = re.fullmatch(r"run:(\d{1,18})", asked.strip())
    found = _of_run(states, int(run[1])) if run else _at(states, moment_named(asked, project.time_zone))
    if found.gone:
        raise NotFoundError(f"The state that run {found.run_id} published is gone: {found.gone}.", hint=_SEE)
    return found


def snapshot_as_of(project: Project, asked: str | None) -> int | None:
    """The snapshot to read for `--as-of`; None, which is the last one, when nothing was asked."""
    return None if asked is None else state_as_of(project, asked).snapshot_id


def _of_run(states: list[Published], run_id: int) -> Published:
    for state in states:
        if state.run_id == run_id:
            return state
    raise NotFoundError(f"Run {run_id} published no state.", hint=_SEE)


def _at(states: list[Published], moment: datetime) -> Published:
    before = [state for state in states if state.published_at <= moment]
    if not before:
        first = states[0]
        raise NotFoundError(
            f"At that time nothing was published yet; the first state is that of run {first.run_id}, "
            f"{first.published_at:%Y-%m-%d %H:%M:%S} UTC.",
            hint=_SEE,
        )
    return before[-1]


def moment_named(asked: str, zone: str) -> datetime:
    """A moment as people write it, in that zone where it names none; of a day the last one. Errors: NotFoundError"""
    asked = asked.strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", asked):
            end = datetime.combine(date.fromisoformat(asked) + timedelta(days=1), time())
            return end.replace(tzinfo=ZoneInfo(zone)) - timedelta(microseconds=1)
        found = datetime.fromisoformat(asked)
        found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
        found.astimezone(UTC)  # one that UTC cannot tell is none
    except (ValueError, OverflowError):
        raise NotFoundError(f"{asked!r} names no state and no moment.", hint=_HINT) from None
    return found
