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
    day      what was said names no hour of its day, which ends then
    beside   who said it, each with its kind, where this is only written down beside them
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
    day: datetime | None = None
    beside: tuple[tuple[str, Record | str], ...] = ()

    @property
    def later(self) -> tuple[datetime, int, int, str]:
        """Of two the one with the greater of these is the later word: no is said at the end of its day, yes at once."""
        said_no = self.choice in ("denied", "withdrawn")
        moment = self.day if self.day is not None and said_no else self.at
        return moment, len(ORDER) - ORDER.index(self.choice), self.number, self.row


@dataclass(frozen=True)
class World:
    """Who is who at a moment.

    values  record -> what it has of each kind; born: record -> date of birth
    before  who was who at every earlier moment at which that changed, the first first
    """

    members: Mapping[Record, str]
    values: Mapping[Record, Mapping[str, str]]
    born: Mapping[Record, date]
    before: Sequence[tuple[datetime, Mapping[Record, str]]] = ()


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
            and not set(one.beside) & set(voices)
        ]
        if said:
            found.append(_last(said))
    if not found:
        return "unasked", rule.open
    for no in ("withdrawn", "denied"):
        if any(one.choice == no for one in found):
            return no, False
    last = _judged(max(found, key=lambda one: one.later), rule, born, now)
    if not rule.consent and last == "expired":
        return last, rule.open
    return last, last == "granted"


def _last(said: Sequence[Heard]) -> Heard:
    """The latest word of one voice. That something expired is a word about a yes; a no before it stays the last one."""
    words = sorted(said, key=lambda one: one.later)
    answers = [one for one in words if one.choice != "expired"]
    return answers[-1] if answers and answers[-1].choice in ("denied", "withdrawn") else words[-1]


def _owners(world: World, one: Heard) -> int:
    """How many customers there are who may have said it; ever were, since it was said, where records said it."""
    if one.kind == "record":
        since = [members for moment, members in world.before if moment > one.recorded_at]
        return max(
            len({members[record] for record in one.records if record in members}) for members in (*since, world.members)
        )
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
