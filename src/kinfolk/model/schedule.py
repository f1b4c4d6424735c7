"""When a project runs by itself: cron expressions in the project's time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from kinfolk.model.place import Place

_NAME = "(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_FIELDS = re.compile(rf"(?:(?:[\d*/,-]|{_NAME})+\s+){{4}}(?:[\d*/,-]|{_NAME})+", re.IGNORECASE)


@dataclass(frozen=True)
class Schedule:
    """One cron expression (minute, hour, day of month, month, day of week); environment: None = the project's own."""

    cron: str
    place: Place
    environment: str | None = None


@dataclass(frozen=True, order=True)
class Due:
    """A run that is to be: when, in the project's time zone, and in which environment."""

    at: datetime
    environment: str | None = None


def is_cron(text: str) -> bool:
    """Whether the text is five fields of cron that ever come true (31 February does not)."""
    from croniter import CroniterError, croniter

    if not _FIELDS.fullmatch(text.strip()) or not croniter.is_valid(text):
        return False
    try:
        croniter(text, datetime(2024, 1, 1)).get_next(datetime)
    except CroniterError:
        return False
    return True


def times(cron: str, after: datetime, time_zone: str) -> Iterator[datetime]:
    """The times the expression names after a moment, in the time zone, without end.

    Where clocks go forward, a time that is passed over comes at once after it. Where they go back, a time of the
    repeated hour comes once; only an expression for every hour (`*`) comes as often as the clock shows it.
    """
    from croniter import croniter

    every_hour = cron.split()[1].startswith("*")
    found = croniter(cron, after.astimezone(ZoneInfo(time_zone)))
    while True:
        moment: datetime = found.get_next(datetime)
        if not moment.fold or every_hour:
            yield moment


def upcoming(schedules: tuple[Schedule, ...], time_zone: str, after: datetime, most: int = 1) -> list[Due]:
    """The next runs of all schedules, soonest first; of two at one time in one environment there is one."""
    found = {
        Due(at, schedule.environment)
        for schedule in schedules
        for at in islice(times(schedule.cron, after, time_zone), most)
    }
    return sorted(found, key=lambda due: (due.at, due.environment or ""))[:most]
