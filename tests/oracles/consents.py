"""What holds for a customer, worked out the slow and obvious way: every fact looked at anew for every question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ORDER = ("withdrawn", "denied", "under age", "expired", "granted")
Record = tuple[str, str]


@dataclass(frozen=True)
class Heard:
    """Something said: by a record (source, id), or by whoever has a value.

    number   its row of the ledger, or 0
    records  of the customer that said it; only that one, where a record said it
    """

    kind: str
    who: Record | str
    purpose: str
    channel: str | None
    choice: str
    at: datetime
    recorded_at: datetime
    ends: datetime | None
    number: int
    row: str = ""
    records: tuple[Record, ...] = ()


@dataclass(frozen=True)
class World:
    """Who is who at a moment. values: record -> what it has of each kind; born: record -> date of birth"""

    members: Mapping[Record, str]
    values: Mapping[Record, Mapping[str, str]]
    born: Mapping[Record, date]


@dataclass(frozen=True)
class Rule:
    """A purpose: whether it rests on consent, what holds in silence, the age somebody must have."""

    name: str
    consent: bool
    open: bool
    age: int | None = None


def state(
    world: World, customer: str, rule: Rule, channel: str | None, heard: Sequence[Heard], now: datetime
) -> tuple[str, bool]:
    """The state, and whether the customer's data may be used."""
    mine = [record for record, owner in world.members.items() if owner == customer]
    born = max((world.born[record] for record in mine if record in world.born), default=None)
    voices: list[tuple[str, Record | str]] = [("record", record) for record in mine]
    for kind in ("email", "phone"):
        voices += [(kind, value) for value in {world.values.get(record, {}).get(kind) for record in mine} if value]
    found = []
    for kind, who in voices:
        said = [
            one
            for one in heard
            if (one.kind, one.who, one.purpose) == (kind, who, rule.name)
            and one.channel in (None, channel)
            and one.at <= now
            and one.recorded_at <= now
            and (one.choice != "granted" or _owners(world, one) == 1)
        ]
        if said:
            found.append(
                _judged(max(said, key=lambda o: (o.at, o.number, -ORDER.index(o.choice), o.row)), rule, born, now)
            )
    if not found:
        return "unasked", rule.open
    worst = min(found, key=ORDER.index)
    if not rule.consent and worst == "expired":
        return worst, rule.open
    return worst, worst == "granted"


def _owners(world: World, one: Heard) -> int:
    """How many customers there are who may have said it."""
    if one.kind == "record":
        return len({world.members[record] for record in one.records if record in world.members})
    return len(
        {owner for record, owner in world.members.items() if world.values.get(record, {}).get(one.kind) == one.who}
    )


def _judged(one: Heard, rule: Rule, born: date | None, now: datetime) -> str:
    if one.choice != "granted":
        return one.choice
    if rule.age is not None and (born is None or _age(born, one.at.date()) < rule.age):
        return "under age"
    return "expired" if one.ends is not None and one.ends <= now else "granted"


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def year_later(moment: datetime) -> datetime:
    """The same day of the next year; the day before where there is none."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return (moment - timedelta(days=1)).replace(year=moment.year + 1)
