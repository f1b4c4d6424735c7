"""IAB TCF strings: what they say, and that one that breaks off says nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.policy.tcf import MOST_CHARACTERS, tc_string
from tests.tc_strings import ranges, written

# An example of the framework's own documentation; the values are those that iab-tcf 0.2.2 reads in it too.
EXAMPLE = (
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAA"
    "AAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
)


def test_the_example_of_the_framework() -> None:
    told = tc_string(EXAMPLE)
    assert told is not None
    assert told.updated == datetime(2020, 2, 20, 23, 57, 39, 300_000, tzinfo=UTC)
    assert (told.consents, told.interests) == ({1, 2, 3}, set())
    assert told.vendors == told.interested == ((2, 2), (6, 6), (8, 8))
    assert told.consented(1, 8) and told.consented(1, None)
    assert not told.consented(4, 8) and not told.consented(1, 7) and not told.unobjected(1, 8)


@pytest.mark.parametrize("text", ["", ".", "C", "yes", "C=", "Cü", "AOvFyGBOvFyGB", "B" + EXAMPLE[1:], " " + EXAMPLE])
def test_what_is_no_string_of_version_2_says_nothing(text: str) -> None:
    assert tc_string(text) is None


def test_a_string_that_breaks_off_says_nothing() -> None:
    core = EXAMPLE.partition(".")[0]
    for length in range(len(core) - 4):
        assert tc_string(core[:length]) is None, length


def test_a_string_longer_than_any_can_be_is_not_read() -> None:
    assert tc_string(EXAMPLE.partition(".")[0] + "A" * MOST_CHARACTERS) is None


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_nothing_that_may_be_sent_breaks_it(text: str) -> None:
    tc_string(text)


def test_ranges_of_vendors_count_like_single_ones() -> None:
    told = tc_string(written(consents={7}, vendors=ranges((10, 20), (755, 755))))
    assert told is not None
    assert [told.consented(7, vendor) for vendor in (9, 10, 20, 21, 755)] == [False, True, True, False, True]


@pytest.mark.parametrize(("kind", "consent", "interest"), [(0, False, False), (1, True, False), (2, False, True)])
def test_what_the_publisher_restricts(kind: int, consent: bool, interest: bool) -> None:
    everyone = ranges((1, 900))
    text = written(consents={7}, interests={7}, vendors=everyone, interested=everyone, restricted={(7, kind): (50, 60)})
    told = tc_string(text)
    assert told is not None
    assert (told.consented(7, 55), told.unobjected(7, 55)) == (consent, interest)
    assert told.consented(7, 61) and told.unobjected(7, 61)
