"""How long events took to reach profiles."""

from __future__ import annotations

import pytest

from kinfolk.commands.collect import lags as module
from kinfolk.commands.collect.lags import Lags


def test_before_a_run_has_landed_anything_nothing_is_told() -> None:
    lags = Lags()
    lags.came(5, at=10.0)
    assert lags.told() == {}
    lags.landed(began=10.0, ended=12.0)
    assert lags.told() == {}, "what came when it had begun may not be among what it read"


def test_the_time_within_which_95_of_100_were_on_a_profile() -> None:
    lags = Lags()
    lags.came(1, at=1.0)
    lags.came(5, at=11.0)
    lags.came(94, at=12.0)
    lags.landed(began=13.0, ended=15.0)
    assert lags.told() == {"p95": pytest.approx(4.0), "events": 100, "runs": 1}


def test_each_event_counts_once_and_only_the_last_runs() -> None:
    lags = Lags()
    lags.came(100, at=0.0)
    lags.landed(began=50.0, ended=60.0)
    lags.landed(began=61.0, ended=70.0)
    assert lags.told() == {"p95": 60.0, "events": 100, "runs": 1}
    for number in range(20):
        lags.came(1, at=100.0 + number)
        lags.landed(began=100.5 + number, ended=102.0 + number)
    assert lags.told() == {"p95": 2.0, "events": 20, "runs": 20}


def test_events_of_an_outage_take_no_more_room_than_those_of_an_hour_and_count_from_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    lags = Lags()
    for second in range(10):
        lags.came(1, at=float(second))
    assert len(lags._came) == 3
    lags.landed(began=20.0, ended=20.0)
    assert lags.told() == {"p95": 20.0, "events": 10, "runs": 1}


def test_events_that_come_in_the_same_moment_or_late_are_all_counted() -> None:
    lags = Lags()
    for at in (5.0, 5.01, 5.5, 5.4):
        lags.came(1, at)
    lags.landed(began=5.5, ended=6.0)
    assert lags.told() == {"p95": 1.0, "events": 2, "runs": 1}
    lags.landed(began=7.0, ended=7.0)
    assert lags.told()["events"] == 4
