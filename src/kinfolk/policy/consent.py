"""What holds for a person and a purpose at a moment, given what was said; consent.state says the same in SQL."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kinfolk.errors import Mistake
from kinfolk.model.consent import (
    FORBIDDING,
    UNASKED,
    UNDER_AGE,
    Basis,
    Choice,
    ConsentPolicy,
    Fact,
    Purpose,
    Standing,
)

Scope = tuple[str | None, str | None]  # channel, topic


def standing(
    purpose: Purpose, scope: Scope, facts: Iterable[Fact], at: datetime, birth_date: date | None = None
) -> Standing:
    """What holds for one person and one channel and topic of a purpose at that moment.

    Within one subject the latest fact counts; `expired` ends a grant, and changes no denial. Of the person's subjects
    one that forbids does, or else the latest. A day of a denial counts from its beginning, and is later than all that
    was said on it. Moments are in UTC.

    facts       of every subject that leads to the person (see `reaches`)
    birth_date  the latest that any of the person's records has
    """
    latest: dict[object, Fact] = {}
    for fact in sorted(facts, key=lambda fact: fact.order):
        counts = fact.effective_at <= at and fact.concerns(purpose.name, *scope)
        if counts and not _idle(fact, latest.get(fact.subject)):
            latest[fact.subject] = fact
    states = [(_state(purpose, fact, at, birth_date), fact) for fact in latest.values()]
    if not states:
        return Standing(UNASKED, purpose.default)
    state, fact = max(states, key=_decisive)
    return Standing(state, allowed(purpose, state), fact)


def _idle(fact: Fact, before: Fact | None) -> bool:
    """Whether it says nothing after what the same subject said before: a grant expires, a denial does not."""
    return fact.choice is Choice.EXPIRED and before is not None and before.choice in FORBIDDING


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
    return fact.choice is not Choice.GRANTED or (customers <= 1 and not fact.carried)


def stranded(policy: ConsentPolicy, objections: Iterable[tuple[str, str | None, str | None]]) -> Iterator[Mistake]:
    """A mistake for every purpose, channel and topic that people objected to and the policy does not know any more."""
    for said in objections:
        name, channel, topic = policy.called_now(*said)
        purpose = policy.purpose(name)
        if purpose is None:
            if name not in policy.ended.purposes:
                what = f"Somebody objected to `{name}`, and there is no such purpose any more."
                yield Mistake(policy.place, what, _remedy("purposes", name))
            continue
        for kind, word, known, given_up in (
            ("channels", channel, purpose.channels, (*policy.ended.channels, *purpose.ended.channels)),
            ("topics", topic, purpose.topics, (*policy.ended.topics, *purpose.ended.topics)),
        ):
            if word is not None and word not in known and word not in given_up:
                what = f"Somebody objected to `{name}` by `{word}`, which is not among its {kind} any more."
                elsewhere = any(word in getattr(other, kind) for other in policy.purposes)
                here = f"Write `ended: {{{kind}: [{word}]}}` in the purpose where it is given up; others have it still."
                yield Mistake(purpose.place, what, here if elsewhere else _remedy(kind, word))


def _remedy(kind: str, word: str) -> str:
    renamed, ended = f"formerly: {{{kind}: {{{word}: …}}}}", f"ended: {{{kind}: [{word}]}}"
    return f"Write `{renamed}` with its present name, or `{ended}` where it is given up."


def ends(granted_at: datetime, months: int | None, zone: str = "UTC") -> datetime | None:
    """The moment (UTC) a grant of that many months ends by the calendar of a zone; None where it never does."""
    if months is None:
        return None
    local = granted_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return _utc(datetime.combine(_later(local.date(), months), local.time()), zone)


def day_end(moment: datetime, zone: str) -> datetime:
    """The moment (UTC) at which the day of that moment has passed in a zone."""
    return _utc(datetime.combine(moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time()), zone)


def names_a_day(moment: datetime, zone: str) -> bool:
    """Whether it is a midnight of that zone: a file that names a day says no more than that."""
    return moment.astimezone(ZoneInfo(zone)).time() == time()


def of_age(birth_date: date | None, minimum: int | None, at: datetime, zone: str = "UTC") -> bool:
    """Whether somebody was old enough then; of an unknown age nobody is."""
    if minimum is None:
        return True
    return birth_date is not None and _later(birth_date, 12 * minimum) <= at.astimezone(ZoneInfo(zone)).date()


def _state(purpose: Purpose, fact: Fact, at: datetime, birth_date: date | None) -> str:
    if fact.choice is not Choice.GRANTED:
        return fact.choice
    if not of_age(birth_date, purpose.minimum_age, fact.effective_at, purpose.zone):
        return UNDER_AGE
    return Choice.EXPIRED if fact.expires_at is not None and fact.expires_at <= at else Choice.GRANTED


def _decisive(found: tuple[str, Fact]) -> tuple[object, ...]:
    """A withdrawal before a denial before all else; of like ones the latest."""
    state, fact = found
    forbids = len(FORBIDDING) - FORBIDDING.index(Choice(state)) if state in FORBIDDING else 0
    return forbids, *fact.order


def _later(day: date, months: int) -> date:
    """So many months later, on the last day of a month that is too short; as the database counts."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def _utc(local: datetime, zone: str) -> datetime:
    """Of an hour that a zone has twice the later one, of one it leaves out the one after; as the database has it."""
    return max(local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
