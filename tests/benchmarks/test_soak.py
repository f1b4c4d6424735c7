"""A minute of the endurance test: nothing is lost or doubled, and what waits reaches its profile before long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.soak import Found, Ran
from benchmarks.watching import Sample
from tests.conftest import CHECKOUT

ALL = {"sent": 1_000, "in the log": 1_000, "on profiles": 1_000}
SENDER = {"seconds": 120.0, "refused": 0, "latencies": [1.0, 2.0, 3.0]}


def found(lag: float = 5.0, **others: int) -> Found:
    return Found(ALL | others, 25, 25, [Ran(50.0, 3.0)], {0: [(lag, 999), (lag + 1, 1)]})


@pytest.mark.slow
def test_a_minute(tmp_path: Path) -> None:
    """It ends with an error if an event is lost or there twice, or is on its way for two minutes."""
    program = [sys.executable, str(CHECKOUT / "benchmarks" / "soak.py"), "--here", "--no-keep"]
    asked = [*program, "--seconds", "60", "--rate", "500", "--state", str(tmp_path / "soak")]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=600)
    assert told.returncode == 0, told.stderr
    assert "From sent to on the profile: " in told.stdout
    assert not (tmp_path / "soak").exists()


def test_an_event_that_is_lost_is_told() -> None:
    with pytest.raises(SystemExit, match="Not all is there once"):
        soak.check(found(**{"on profiles": 999}), SENDER)


def test_events_that_wait_ever_longer_are_told() -> None:
    with pytest.raises(SystemExit, match="runs do not keep up"):
        soak.check(found(lag=200.0), SENDER)


def test_when_all_is_there_in_time_nothing_is_said() -> None:
    soak.check(found(), SENDER)


def test_the_table_weighs_lags_by_their_events() -> None:
    text = soak.table(found(), [Sample(60.0, 200, 300, 4.0, 1.0, 10, 20, 500)], SENDER)
    assert "5.0 s (p50), 5.0 s (p95), 6.0 s at most" in text
    assert (
        "| 1 | 5.0 s | 5.0 s | 6.0 s | 500 | 1 | 3.0 s | 3.0 s | 4.0 s | 300 MB | 200 MB | 10 MB | 20 MB | 1.0 |"
        in text
    )
