"""What holds for one person and one purpose, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kinfolk.model.consent import UNASKED, UNDER_AGE, Basis, Choice, Fact, Purpose, Subject
from kinfolk.model.place import Place
from kinfolk.policy.consent import day_end, ends, names_a_day, of_age, reaches, standing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAIL, PHONE = Subject("email", "a@example.com"), Subject("phone", "+49301234")


def purpose(basis: Basis = Basis.CONSENT, *, default: bool = False, minimum_age: int | None = None) -> Purpose:
    return Purpose(
        "news", Place("consent.yml"), "News", "marketing", basis, default, ("email", "sms"), (), 12, minimum_age
    )


def said(choice: Choice, day: int, subject: Subject = MAIL, **others: object) -> Fact:
    at = others.pop("effective_at", NOON + timedelta(days=day))
    return Fact(subject, "news", choice, at, **others)  # type: ignore[arg-type]


def state(*facts: Fact, about: Purpose | None = None, channel: str = "email", born: date | None = None) -> str:
    return standing(about or purpose(), (channel, None), facts, NOON, born).state


def test_who_was_never_asked_has_said_nothing() -> None:
    found = standing(purpose(), ("email", None), (), NOON)
    assert (found.state, found.allowed, found.fact) == (UNASKED, False, None)


def test_the_latest_word_of_one_subject_counts() -> None:
    assert state(said(Choice.WITHDRAWN, -2), said(Choice.GRANTED, -1)) == Choice.GRANTED
    assert state(said(Choice.GRANTED, -2), said(Choice.WITHDRAWN, -1)) == Choice.WITHDRAWN


@pytest.mark.parametrize(("granted", "denied"), [(7, 8), (8, 7)])
def test_of_two_words_at_one_moment_the_more_restrictive_counts(granted: int, denied: int) -> None:
    assert state(said(Choice.GRANTED, -1, seq=granted), said(Choice.DENIED, -1, seq=denied)) == Choice.DENIED


def test_a_day_of_a_denial_is_later_than_every_hour_of_it_and_counts_from_its_beginning() -> None:
    morning = NOON - timedelta(hours=12)
    denied = said(Choice.WITHDRAWN, 0, effective_at=morning, ranks_at=morning + timedelta(days=1))
    granted = said(Choice.GRANTED, 0, effective_at=NOON - timedelta(hours=3))
    assert state(granted, denied) == state(denied) == Choice.WITHDRAWN
    assert state(denied, said(Choice.GRANTED, 0, effective_at=NOON, ranks_at=None)) == Choice.WITHDRAWN
    assert standing(purpose(), ("email", None), [denied, granted], morning).state == Choice.WITHDRAWN


def test_an_ended_grant_of_one_subject_does_not_hide_a_newer_one_of_another() -> None:
    ended = said(Choice.GRANTED, -900, PHONE, expires_at=NOON - timedelta(days=1))
    assert state(ended, said(Choice.GRANTED, -1)) == Choice.GRANTED
    assert state(said(Choice.GRANTED, -950), ended) == Choice.EXPIRED
    assert state(said(Choice.DENIED, -950), said(Choice.GRANTED, -1, PHONE)) == Choice.DENIED


def test_of_several_subjects_the_most_restrictive_counts_however_old() -> None:
    assert state(said(Choice.WITHDRAWN, -900, PHONE), said(Choice.GRANTED, -1)) == Choice.WITHDRAWN


def test_what_is_yet_to_come_does_not_count() -> None:
    assert state(said(Choice.GRANTED, -1), said(Choice.WITHDRAWN, 1)) == Choice.GRANTED


def test_a_word_about_all_channels_concerns_each_and_a_word_about_one_no_other() -> None:
    facts = said(Choice.GRANTED, -2), said(Choice.WITHDRAWN, -1, channel="sms")
    assert state(*facts, channel="email") == Choice.GRANTED
    assert state(*facts, channel="sms") == Choice.WITHDRAWN
    assert state(*facts, said(Choice.GRANTED, 0), channel="sms") == Choice.GRANTED


def test_a_grant_ends_at_its_very_moment() -> None:
    assert state(said(Choice.GRANTED, -9, expires_at=NOON)) == Choice.EXPIRED
    assert state(said(Choice.GRANTED, -9, expires_at=NOON + timedelta(microseconds=1))) == Choice.GRANTED


def test_a_grant_expires_and_a_denial_does_not() -> None:
    expired = said(Choice.EXPIRED, -1)
    assert state(said(Choice.GRANTED, -3), expired) == Choice.EXPIRED
    assert state(said(Choice.DENIED, -3), expired, said(Choice.EXPIRED, 0)) == Choice.DENIED
    assert state(said(Choice.DENIED, -3), said(Choice.GRANTED, -2), expired) == Choice.EXPIRED
    assert state(said(Choice.DENIED, -3, PHONE), expired) == Choice.DENIED
    holds = standing(purpose(Basis.CONTRACT, default=True), ("email", None), [said(Choice.DENIED, -3), expired], NOON)
    assert not holds.allowed


def test_of_several_grants_the_latest_is_shown() -> None:
    facts = said(Choice.GRANTED, -2), said(Choice.GRANTED, -1, PHONE, expires_at=NOON + timedelta(days=3))
    found = standing(purpose(), ("email", None), facts, NOON)
    assert found.fact is facts[1]


@pytest.mark.parametrize(
    ("born", "expected"),
    [(date(2010, 3, 1), Choice.GRANTED), (date(2010, 3, 2), UNDER_AGE), (None, UNDER_AGE)],
)
def test_a_grant_of_somebody_too_young_or_of_unknown_age_does_not_count(born: date | None, expected: str) -> None:
    assert state(said(Choice.GRANTED, 0), about=purpose(minimum_age=16), born=born) == expected


def test_a_grant_given_too_young_does_not_come_true_with_the_years() -> None:
    assert state(said(Choice.GRANTED, -400), about=purpose(minimum_age=16), born=date(2010, 1, 1)) == UNDER_AGE


@pytest.mark.parametrize("basis", [basis for basis in Basis if basis is not Basis.CONSENT])
def test_another_basis_is_open_until_somebody_objects(basis: Basis) -> None:
    about = purpose(basis, default=True)

    def open_after(*facts: Fact) -> bool:
        return standing(about, ("email", None), facts, NOON).allowed

    assert open_after()
    assert open_after(said(Choice.EXPIRED, -1))
    assert not open_after(said(Choice.DENIED, -1))
    assert not open_after(said(Choice.WITHDRAWN, -1))
    assert open_after(said(Choice.WITHDRAWN, -2), said(Choice.GRANTED, -1))


def test_a_shared_value_forbids_for_everybody_and_allows_for_nobody() -> None:
    assert reaches(said(Choice.WITHDRAWN, 0), 2) and reaches(said(Choice.DENIED, 0), 2)
    assert not reaches(said(Choice.GRANTED, 0), 2)
    assert reaches(said(Choice.GRANTED, 0), 1)


@pytest.mark.parametrize(
    ("granted", "months", "end"),
    [
        (datetime(2024, 1, 31, 9, tzinfo=UTC), 1, datetime(2024, 2, 29, 9, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, datetime(2025, 2, 28, tzinfo=UTC)),
        (datetime(2024, 11, 30, tzinfo=UTC), 3, datetime(2025, 2, 28, tzinfo=UTC)),
        (datetime(2024, 12, 1, tzinfo=UTC), 12, datetime(2025, 12, 1, tzinfo=UTC)),
        (datetime(2024, 12, 1, tzinfo=UTC), None, None),
    ],
)
def test_months_end_on_the_last_day_of_a_shorter_one(granted: datetime, months: int | None, end: datetime) -> None:
    assert ends(granted, months) == end


def test_months_and_days_are_those_of_the_zone() -> None:
    begun = datetime(2026, 1, 31, 23, tzinfo=UTC)  # the first of February in Vienna
    assert ends(begun, 1, "Europe/Vienna") == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert ends(begun, 6, "Europe/Vienna") == datetime(2026, 7, 31, 22, tzinfo=UTC)
    assert day_end(begun, "Europe/Vienna") == datetime(2026, 2, 1, 23, tzinfo=UTC)
    assert names_a_day(begun, "Europe/Vienna") and not names_a_day(begun, "UTC")
    assert of_age(date(2010, 2, 1), 16, begun, "Europe/Vienna") and not of_age(date(2010, 2, 1), 16, begun)


def test_what_is_only_carried_to_somebody_allows_nothing() -> None:
    assert not reaches(said(Choice.GRANTED, 0, carried=True), 1)


def test_who_is_born_on_a_leap_day_is_of_age_the_day_before() -> None:
    assert of_age(date(2008, 2, 29), 17, datetime(2025, 2, 28, tzinfo=UTC))
    assert not of_age(date(2008, 2, 29), 17, datetime(2025, 2, 27, tzinfo=UTC))
