"""For which purposes an event is taken in, and what decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kinfolk.model.consent import Basis, Choice, Fact, Purpose, Subject
from kinfolk.model.place import Place
from kinfolk.policy.admission import verdict
from kinfolk.policy.signals import Word

NOW = datetime(2026, 3, 1, tzinfo=UTC)
YES, NO = Word(True, "category Analytics"), Word(False, "category Analytics")


def purpose(basis: Basis = Basis.CONSENT, default: bool | None = None, channels: tuple[str, ...] = ()) -> Purpose:
    asked = basis is not Basis.CONSENT if default is None else default
    return Purpose("analytics", Place("policies/consent.yml"), "", "analytics", basis, asked, channels)


def fact(
    choice: Choice, subject: str = "ann@example.com", day: int = 1, channel: str | None = None, seq: int = 7
) -> Fact:
    at = NOW - timedelta(days=100 - day)
    return Fact(Subject("email", subject), "analytics", choice, at, channel=channel, seq=seq)


def ruled(purpose: Purpose, word: Word | None = None, *facts: Fact) -> tuple[bool, str]:
    found = verdict([purpose], {"analytics": word} if word else {}, facts, NOW)
    ruling = found.rulings["analytics"]
    assert found.purposes == (["analytics"] if ruling.admitted else [])
    return ruling.admitted, str(ruling)


@pytest.mark.parametrize(
    ("word", "facts", "expected"),
    [
        (None, [], (False, "no consent")),
        (YES, [], (True, "category Analytics")),
        (NO, [], (False, "category Analytics")),
        (None, [Choice.GRANTED], (True, "ledger row 7")),
        (NO, [Choice.GRANTED], (False, "category Analytics")),
        (YES, [Choice.WITHDRAWN], (False, "ledger row 7")),
        (YES, [Choice.DENIED], (False, "ledger row 7")),
        (YES, [Choice.EXPIRED], (True, "category Analytics")),
        (None, [Choice.EXPIRED], (False, "no consent")),
    ],
)
def test_where_the_basis_is_consent(word: Word | None, facts: list[Choice], expected: tuple[bool, str]) -> None:
    assert ruled(purpose(), word, *map(fact, facts)) == expected


@pytest.mark.parametrize("basis", [basis for basis in Basis if basis is not Basis.CONSENT])
def test_on_another_basis_it_goes_through_until_somebody_objects(basis: Basis) -> None:
    assert ruled(purpose(basis)) == (True, str(basis))
    assert ruled(purpose(basis), YES)[0]
    assert ruled(purpose(basis), None, fact(Choice.DENIED)) == (False, "ledger row 7")
    has_a_say = basis in (Basis.LEGITIMATE_INTEREST, Basis.PUBLIC_INTEREST)
    assert ruled(purpose(basis), NO)[0] is not has_a_say, "a banner does not undo a contract or a law"


def test_where_silence_is_a_no_on_another_basis_somebody_has_to_say_yes() -> None:
    advice = purpose(Basis.LEGITIMATE_INTEREST, default=False)
    assert ruled(advice) == (False, "no consent")
    assert ruled(advice, YES)[0] and ruled(advice, None, fact(Choice.GRANTED))[0]


def test_of_one_subject_the_latest_counts_and_of_several_the_most_restrictive() -> None:
    later = fact(Choice.GRANTED, day=2, seq=8)
    assert ruled(purpose(), None, fact(Choice.DENIED), later) == (True, "ledger row 8")
    other = fact(Choice.DENIED, "a@example.org")
    assert ruled(purpose(), YES, other, later) == (False, "ledger row 7")


def test_as_long_as_one_channel_is_open_the_data_has_a_use() -> None:
    two = purpose(channels=("email", "sms"))
    assert ruled(two, YES, fact(Choice.DENIED, channel="sms"))[0]
    assert ruled(two, None, fact(Choice.GRANTED, channel="email"), fact(Choice.DENIED, channel="sms"))[0]
    assert not ruled(two, YES, fact(Choice.DENIED, channel="sms"), fact(Choice.DENIED, channel="email"))[0]
    assert not ruled(two, YES, fact(Choice.DENIED))[0]


def test_the_evidence_names_what_decided_each_purpose() -> None:
    order = Purpose("order", Place("policies/consent.yml"), "", "essential", Basis.CONTRACT, True)
    found = verdict([order, purpose()], {"analytics": NO}, [], NOW)
    assert found.purposes == ["order"]
    assert found.evidence == {"allowed": {"order": "contract"}, "closed": {"analytics": "category Analytics"}}
