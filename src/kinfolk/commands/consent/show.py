"""`kinfolk consent show` and `history`: what holds for a person, now or as of a moment, and what was ever said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.as_of import moment_named
from kinfolk.commands.consent.people import Person, fact_of, file_facts, parted_acts, person, published
from kinfolk.commands.consent.saying import policy_of
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import Reader
from kinfolk.model.consent import FORBIDDING, Choice, ConsentPolicy, Entry, Fact
from kinfolk.model.project import Project
from kinfolk.pipeline.ledger import check_ledger, open_ledger
from kinfolk.policy.consent import day_end, ends, names_a_day, reaches, standing
from kinfolk.store.read.consents import acts, entries_of


@dataclass(frozen=True)
class State:
    """What holds for one channel and topic of a purpose. said_by: the subject it follows from; seq: its row"""

    purpose: str
    channel: str | None
    topic: str | None
    state: str
    allowed: bool
    basis: str
    since: datetime | None = None
    expires_at: datetime | None = None
    policy_version: str | None = None
    said_by: str | None = None
    seq: int | None = None
    row: str | None = None


@dataclass(frozen=True)
class Shown:
    """What holds for a person at a moment. customer_id: None where no record has the address or number"""

    customer_id: str | None
    at: datetime
    states: list[State]


@dataclass(frozen=True)
class Told:
    """Something somebody said: a row of the ledger, or of a file (source:id)."""

    said_by: str
    purpose: str
    choice: str
    effective_at: datetime
    channel: str | None
    topic: str | None
    policy_version: str | None
    expires_at: datetime | None = None
    seq: int | None = None
    recorded_at: datetime | None = None
    recorded_by: str | None = None
    row: str | None = None


def show(folder: Path, who: str, environment: str | None = None, as_of: str | None = None) -> Shown:
    """Each channel and topic of each purpose, and what holds there for a person.

    as_of   a day or a moment: what was recorded by then counts, of the records the customer had then
    Errors  NotFoundError when nobody fits, KinfolkError when several do
    """
    project = open_project(folder, environment)
    return show_in(project, open_ledger(project), who, as_of)


def show_in(project: Project, ledger: Engine, who: str, as_of: str | None = None) -> Shown:
    """The same in a project that is open."""
    policy, now = policy_of(project), datetime.now(UTC)
    check_ledger(project)
    at = moment_named(as_of, project.time_zone).astimezone(UTC) if as_of else now
    moment = at if as_of else None
    with published(project) as reader:
        asked = person(reader, who, moment, project.defaults.country)
        facts = [_dated(project, fact, now) for fact in (file_facts(reader, asked.subjects) if reader else ())]
        facts += map(fact_of, entries_of(ledger, asked.subjects, moment))
        counted = [_called_now(policy, fact) for fact in _counted(ledger, reader, asked, facts, at)]
    return Shown(asked.customer_id, at, list(_states(policy, asked, counted, at)))


def history(folder: Path, who: str, environment: str | None = None) -> list[Told]:
    """Everything that was ever said by a person's records, addresses and numbers, the earliest first."""
    project = open_project(folder, environment)
    return history_in(project, open_ledger(project), who)


def history_in(project: Project, ledger: Engine, who: str) -> list[Told]:
    """The same in a project that is open."""
    with published(project) as reader:
        asked = person(reader, who, country=project.defaults.country)
        files = file_facts(reader, asked.subjects) if reader else []
    told = [_told(fact_of(entry), entry) for entry in entries_of(ledger, asked.subjects)]
    told += map(_told, files)
    return sorted(told, key=lambda one: (one.effective_at, one.seq or 0, one.row or ""))


def _counted(store: Engine, reader: Reader | None, asked: Person, facts: list[Fact], at: datetime) -> list[Fact]:
    """Those of the facts that reach the person: see `reaches`."""
    granted = {fact.part_of for fact in facts if fact.part_of and fact.choice is Choice.GRANTED}
    spoken = acts(store, granted | {fact.part_of for fact in facts if fact.part_of and fact.carried})
    several = {part: spoken[part] for part in granted & spoken.keys()}
    parted = parted_acts(reader, several, at) if reader else set()
    parted |= {part for part, act in several.items() if act.erased}
    return [
        fact
        for fact in facts
        if reaches(fact, 2 if fact.part_of in parted else asked.subjects[fact.subject])
        and not (fact.carried and fact.part_of in spoken and spoken[fact.part_of].said_by & asked.subjects.keys())
    ]


def _called_now(policy: ConsentPolicy, fact: Fact) -> Fact:
    purpose, channel, topic = policy.called_now(fact.purpose, fact.channel, fact.topic)
    return replace(fact, purpose=purpose, channel=channel, topic=topic)


def _dated(project: Project, fact: Fact, now: datetime) -> Fact:
    """A fact of a file: when a grant ends the policy tells; a denial that names a day is later than all that day.

    A denial of a moment still to come counts already: nobody says no in order to be asked once more.
    """
    purpose = policy_of(project).purpose(fact.purpose)
    if fact.choice in FORBIDDING:
        source = (fact.row or "").partition(":")[0]
        zone = next((s.conventions.time_zone for s in project.sources if s.name == source), project.time_zone)
        midnight = names_a_day(fact.effective_at, zone)
        ranks_at = day_end(fact.effective_at, zone) if midnight else fact.effective_at
        return replace(fact, effective_at=min(fact.effective_at, now), ranks_at=ranks_at)
    if purpose is None or fact.choice is not Choice.GRANTED:
        return fact
    return replace(fact, expires_at=ends(fact.effective_at, purpose.months, purpose.zone))


def _states(policy: ConsentPolicy, asked: Person, facts: list[Fact], at: datetime) -> Iterator[State]:
    for purpose in policy.purposes:
        for scope in purpose.scopes():
            holds = standing(purpose, scope, facts, at, asked.birth_date)
            made = State(purpose.name, *scope, holds.state, holds.allowed, purpose.basis)
            if fact := holds.fact:
                made = replace(
                    made,
                    since=fact.effective_at,
                    expires_at=fact.expires_at,
                    policy_version=fact.policy_version,
                    said_by=str(fact.subject),
                    seq=fact.seq,
                    row=fact.row,
                )
            yield made


def _told(fact: Fact, entry: Entry | None = None) -> Told:
    return Told(
        str(fact.subject),
        fact.purpose,
        fact.choice,
        fact.effective_at,
        fact.channel,
        fact.topic,
        fact.policy_version,
        fact.expires_at,
        fact.seq,
        entry.recorded_at if entry else None,
        entry.saying.recorded_by if entry else None,
        fact.row,
    )
