"""When a project runs by itself, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from kinfolk.model.place import Place
from kinfolk.model.schedule import Due, Schedule, is_cron, times, upcoming

PLACE = Place("kinfolk.yml", 1)


def utc(cron: str, after: datetime, most: int) -> list[str]:
    found = islice(times(cron, after, "Europe/Berlin"), most)
    return [f"{moment.astimezone(UTC):%d %H:%M}" for moment in found]


def test_a_time_that_the_clock_passes_over_comes_right_after() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert utc("30 2 * * *", spring, 3) == ["29 01:00", "30 00:30", "31 00:30"]


def test_a_time_that_the_clock_shows_twice_comes_once() -> None:
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert utc("30 2 * * *", autumn, 3) == ["25 00:30", "26 01:30", "27 01:30"]


def test_a_time_of_every_hour_comes_every_hour_whatever_the_clock_shows() -> None:
    assert utc("*/30 * * * *", datetime(2026, 10, 24, 23, 40, tzinfo=UTC), 5) == [
        "25 00:00",
        "25 00:30",
        "25 01:00",
        "25 01:30",
        "25 02:00",
    ]
    assert utc("0 * * * *", datetime(2026, 3, 29, 0, 10, tzinfo=UTC), 2) == ["29 01:00", "29 02:00"]


def test_times_are_those_of_the_time_zone_and_sunday_is_both_0_and_7() -> None:
    [tokyo] = islice(times("0 9 * * mon-fri", datetime(2026, 1, 2, 1, tzinfo=UTC), "Asia/Tokyo"), 1)
    assert tokyo.isoformat() == "2026-01-05T09:00:00+09:00"
    sundays = [next(times(f"0 0 * * {n}", datetime(2026, 1, 1, tzinfo=UTC), "UTC")) for n in (0, 7)]
    assert sundays == [datetime(2026, 1, 4, tzinfo=UTC)] * 2


def test_of_several_schedules_the_soonest_comes_first_and_equal_ones_once() -> None:
    schedules = (
        Schedule("0 6 * * *", PLACE, "prod"),
        Schedule("*/30 * * * *", PLACE, "test"),
        Schedule("0 * * * *", PLACE, "test"),
    )
    found = upcoming(schedules, "UTC", datetime(2026, 1, 1, 5, 10, tzinfo=UTC), most=3)
    assert found == [
        Due(datetime(2026, 1, 1, 5, 30, tzinfo=UTC), "test"),
        Due(datetime(2026, 1, 1, 6, tzinfo=UTC), "prod"),
        Due(datetime(2026, 1, 1, 6, tzinfo=UTC), "test"),
    ]
    assert upcoming((), "UTC", datetime(2026, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("text", ["*/15 * * * *", "0 6 * * mon-fri", "5,35 8-18 1 jan *", "0 0 29 2 *", "0 0 * * 7"])
def test_cron_has_five_fields(text: str) -> None:
    assert is_cron(text)


@pytest.mark.parametrize(
    "text", ["", "daily", "61 * * * *", "* * * * * *", "0 0 31 2 *", "R * * * *", "H * * * *", "* * * *", "@daily"]
)
def test_what_never_comes_true_or_comes_by_chance_is_no_cron(text: str) -> None:
    assert not is_cron(text)
