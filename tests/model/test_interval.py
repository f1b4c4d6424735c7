"""How often something happens, as people write it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kinfolk.model.interval import interval, words_of


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("hourly", 60),
        ("Daily", 1440),
        ("weekly", 7 * 1440),
        ("monthly", 31 * 1440),
        ("1 hour", 60),
        ("every 15 minutes", 15),
        ("15min", 15),
        ("every day", 1440),
        ("every 2 weeks", 14 * 1440),
        ("90 s", 1.5),
        (" 2 h ", 120),
    ],
)
def test_people_write_it_in_many_ways(text: str, minutes: float) -> None:
    assert interval(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "sometimes", "day", "0 hours", "every", "-1 hour", "1.5 hours", "hour 1"])
def test_what_is_no_length_of_time_is_none(text: str) -> None:
    assert interval(text) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (90, "90 seconds"), (120, "2 minutes"), (7200, "2 hours"), (400_000, "4 days")],
)
def test_a_length_is_said_in_its_greatest_unit(seconds: int, words: str) -> None:
    assert words_of(timedelta(seconds=seconds)) == words
