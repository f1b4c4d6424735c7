"""Dates and moments, with Python's datetime as the oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.expressions import time

MARCH_25 = date(2004, 3, 25)


@pytest.mark.parametrize("order", [None, "DMY", "MDY", "YMD"])
@pytest.mark.parametrize(
    "given",
    ["2004-03-25", "2004-3-25", "2004/03/25", "2004.03.25", "20040325", "2004-03-25T23:30:00Z", "2004-03-25 10:00:00",
     "25 March 2004", "25-Mar-2004", "25. März 2004", "25 mars 2004", "25 de marzo de 2004", "March 25, 2004",
     "Mar 25 2004", "25th of March 2004", " 2004-03-25 "],
)  # fmt: skip
def test_a_date_that_is_clear_in_itself_needs_no_declared_order(evaluate, order, given):
    assert evaluate(lambda v: time.date(v, order), [given]) == [MARCH_25]


@pytest.mark.parametrize(
    ("order", "given", "expected"),
    [
        (None, "02/03/2004", None),
        (None, "02/03/04", None),
        (None, "25/03/2004", MARCH_25),
        (None, "03/25/2004", MARCH_25),
        (None, "03/03/2004", date(2004, 3, 3)),
        (None, "25/03/04", None),
        ("DMY", "02/03/2004", date(2004, 3, 2)),
        ("DMY", "02/03/04", date(2004, 3, 2)),
        ("DMY", "2.3.2004", date(2004, 3, 2)),
        ("DMY", "02-03-2004 14:30", date(2004, 3, 2)),
        ("DMY", "03/25/2004", None),
        ("MDY", "02/03/2004", date(2004, 2, 3)),
        ("MDY", "02/03/04", date(2004, 2, 3)),
        ("MDY", "25/03/2004", None),
        ("YMD", "04/03/25", MARCH_25),
        ("YMD", "02/03/2004", None),
    ],
)
def test_day_and_month_are_read_as_declared_and_never_guessed(evaluate, order, given, expected):
    assert evaluate(lambda v: time.date(v, order), [given]) == [expected]


@pytest.mark.parametrize(
    "given",
    ["2004-02-30", "31/04/2004", "2004-13-01", "20041301", "32 March 2004", "25 Foo 2004", "n/a", "yesterday", "42"],
)
def test_impossible_dates_are_not_readable(evaluate, given):
    assert evaluate(lambda v: time.date(v, "DMY"), [given]) == [None]


def test_a_two_digit_year_never_puts_a_date_after_today(evaluate):
    tomorrow = date.today() + timedelta(days=2)
    [past, recent] = evaluate(lambda v: time.date(v, "DMY"), [f"{tomorrow:%d/%m/%y}", "01/01/05"])
    assert past == tomorrow.replace(year=tomorrow.year - 100)
    assert recent == date(2005, 1, 1)


def test_the_zero_date_is_no_date_rather_than_a_wrong_one(evaluate):
    assert evaluate(time.blank, ["0000-00-00", "0000-00-00 00:00:00", "2004-02-30"]) == [True, True, False]


@settings(max_examples=30)
@given(st.lists(st.dates(date(1000, 1, 1), date(2999, 12, 31)), min_size=1, max_size=50))
def test_python_reads_the_same_dates(evaluate, dates):
    # Years before 1000 have no four digits of their own to be known by.
    for order, form in [
        ("DMY", "%d/%m/%Y"),
        ("DMY", "%d.%m.%Y"),
        ("MDY", "%m-%d-%Y"),
        (None, "%d %B %Y"),
        (None, "%Y/%m/%d"),
    ]:
        assert evaluate(lambda v, order=order: time.date(v, order), [f"{d:{form}}" for d in dates]) == dates


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2024-07-01T10:00:00Z", "2024-07-01 10:00:00"),
        ("2024-07-01T10:00:00+02:00", "2024-07-01 08:00:00"),
        ("2024-07-01T10:00+0200", "2024-07-01 08:00:00"),
        ("2024-07-01 10:00:00.250", "2024-07-01 08:00:00.250000"),
        ("2024-01-01 10:00:00", "2024-01-01 09:00:00"),
        ("2024-07-01 10:00:00 UTC", "2024-07-01 10:00:00"),
        ("2024-07-01", "2024-06-30 22:00:00"),
        ("01/07/2024 14:30", "2024-07-01 12:30:00"),
        ("1.7.2024 14:30:15", "2024-07-01 12:30:15"),
        ("01/07/2024 2:30 PM", "2024-07-01 12:30:00"),
        ("01/07/2024 12:05 a.m.", "2024-06-30 22:05:00"),
        ("1 July 2024, 14:30", "2024-07-01 12:30:00"),
        ("1719828000", "2024-07-01 10:00:00"),
        ("1719828000250", "2024-07-01 10:00:00.250000"),
    ],
)
def test_a_moment_becomes_utc(evaluate, given, expected):
    [made] = evaluate(lambda v: time.timestamp(v, "DMY", "Europe/Berlin"), [given])
    assert str(made) == expected


@pytest.mark.parametrize(
    "given", ["2024-07-01 99:00:00", "2024-13-01 10:00:00", "07/13/2024 10:00", "soon", "n/a", "12:00"]
)
def test_impossible_moments_are_not_readable(evaluate, given):
    assert evaluate(lambda v: time.timestamp(v, "DMY", "Europe/Berlin"), [given]) == [None]


@settings(max_examples=30)
@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2030, 1, 1)), min_size=1, max_size=30))
def test_python_finds_the_same_moments(evaluate, moments):
    zone = ZoneInfo("America/New_York")
    # Moments the clocks skip or repeat have two answers.
    clear = [m for m in moments if m.replace(tzinfo=zone).utcoffset() == (m.replace(tzinfo=zone, fold=1)).utcoffset()]
    expected = [m.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for m in clear]
    read = lambda v: time.timestamp(v, None, "America/New_York")  # noqa: E731
    assert evaluate(read, [m.isoformat(sep=" ", timespec="microseconds") for m in clear]) == expected
    assert evaluate(read, [m.replace(tzinfo=zone).isoformat(timespec="microseconds") for m in clear]) == expected
