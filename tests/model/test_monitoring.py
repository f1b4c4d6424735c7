"""What is usual and what is odd, from past values alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.model.monitoring import Band, behind, odd, usual

HOUR = timedelta(hours=1)


def test_of_fewer_than_four_values_nothing_is_usual() -> None:
    assert usual([100, 100, 100]) is None
    assert usual([100, 100, 100, 100]) == Band(100, 75, 125)


def test_one_odd_load_does_not_make_odd_loads_usual() -> None:
    band = usual([100, 101, 1_000_000, 99, 100])
    assert odd(1_000_000, band) == "more"
    assert odd(0, band) == "fewer"
    assert odd(104, band) is None


def test_values_that_vary_a_lot_have_a_wide_band() -> None:
    band = usual([50, 100, 150, 200, 250])
    assert odd(300, band) is None
    assert odd(500, band) == "more"


def test_only_the_last_ten_values_count() -> None:
    assert usual([10] * 10 + [1000] * 90) == Band(10, 7.5, 12.5)


def test_small_numbers_have_the_leeway_they_are_given() -> None:
    assert odd(7, usual([2, 2, 2, 2], least=10)) is None
    assert odd(7, usual([2, 2, 2, 2])) == "more"


@given(st.lists(st.floats(0, 1e12), min_size=4, max_size=15), st.floats(0, 1e6))
def test_the_median_is_never_odd(values: list[float], least: float) -> None:
    band = usual(values, least)
    assert band is not None and 0 <= band.low <= band.median <= band.high
    assert odd(band.median, band) is None


@pytest.mark.parametrize(
    ("lag", "every", "late"),
    [(HOUR, HOUR, None), (1.05 * HOUR, HOUR, None), (3 * HOUR, HOUR, 2 * HOUR), (None, HOUR, None), (HOUR, None, None)],
)
def test_data_is_late_when_it_is_clearly_older_than_it_should_be(
    lag: timedelta | None, every: timedelta | None, late: timedelta | None
) -> None:
    assert behind(lag, every) == late
