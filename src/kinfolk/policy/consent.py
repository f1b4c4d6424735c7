"""What holds for a person and a purpose at a moment, given what was said; consent.state says the same in SQL."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from kinfolk.model.consent import (
    RESTRICTIVE,
    UNASKED,
    UNDER_AGE,
    Basis,
    Choice,
    Fact,
    Purpose,
    Standing,
)

Scope = tuple[str | None, str | None]  # channel, topic


def standing(
    purpose: Purpose, scope: Scope, facts: Iterable[Fact], at: datetime, birth_date: date | None = None
) -> Standing:
    """What holds for one person and one channel and topic of a purpose at that moment.

    Within one subject the latest fact counts; of the person's subjects the most restrictive one. Moments are in UTC.

    facts       of every subject that leads to the person (see `reaches`)
    birth_date  the latest that any of the person's records has
    """
    latest: dict[object, Fact] = {}
    for fact in sorted(facts, key=lambda fact: fact.order):
        if fact.effective_at <= at and fact.concerns(purpose.name, *scope):
            latest[fact.subject] = fact
    states = [(_state(purpose, fact, at, birth_date), fact) for fact in latest.values()]
    if not states:
        return Standing(UNASKED, purpose.default)
    state, fact = min(states, key=_restrictive)
    return Standing(state, allowed(purpose, state), fact)


def allowed(purpose: Purpose, state: str) -> bool:
    """Whether data may be used in that state: with consent only, or, on another basis, unless somebody objected."""
    if purpose.basis is not Basis.CONSENT and state in (UNASKED, Choice.EXPIRED):
        return purpose.default
    return state == Choice.GRANTED


def reaches(fact: Fact, customers: int) -> bool:
    """Whether a fact that leads to so many customers counts for each of them.

    What forbids counts for everybody behind a shared telephone, and for all who part from a customer that said it. What
    allows counts for none of them, because nobody knows whose it is.
    """
    return customers <= 1 or fact.choice is not Choice.GRANTED


def ends(granted_at: datetime, months: int | None) -> datetime | None:
    """The moment a grant of that many months ends; None where it never does."""
    return None if months is None else _later(granted_at, months)


def of_age(birth_date: date | None, minimum: int | None, at: datetime) -> bool:
    """Whether somebody was old enough then; of an unknown age nobody is."""
    if minimum is None:
        return True
    return birth_date is not None and _later(datetime.combine(birth_date, time(), UTC), 12 * minimum) <= at


def _state(purpose: Purpose, fact: Fact, at: datetime, birth_date: date | None) -> str:
    if fact.choice is not Choice.GRANTED:
        return fact.choice
    if not of_age(birth_date, purpose.minimum_age, fact.effective_at):
        return UNDER_AGE
    return Choice.EXPIRED if fact.expires_at is not None and fact.expires_at <= at else Choice.GRANTED


def _restrictive(found: tuple[str, Fact]) -> tuple[object, ...]:
    """The most restrictive state first; of grants the one that ends first; then the oldest."""
    state, fact = found
    end = fact.expires_at or datetime.max.replace(tzinfo=UTC)
    return RESTRICTIVE.index(state), end, fact.order


def _later(moment: datetime, months: int) -> datetime:
    """So many months later, on the last day of a month that is too short; as the database counts."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
