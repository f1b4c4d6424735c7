"""`kinfolk consent show` and `history`: what holds for a person, now or as of a moment, and what was ever said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.as_of import moment_named
from kinfolk.commands.consent.people import Person, belong_to_somebody, fact_of, file_facts, person
from kinfolk.commands.consent.saying import policy_of
from kinfolk.commands.open_project import open_project
from kinfolk.engine import lake
from kinfolk.engine.reader import Reader, reading
from kinfolk.model.consent import Choice, ConsentPolicy, Entry, Fact
from kinfolk.model.project import Project
from kinfolk.policy.consent import ends, reaches, standing
from kinfolk.store.database import open_store
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
    return show_in(project, open_store(project.state), who, as_of)


def show_in(project: Project, store: Engine, who: str, as_of: str | None = None) -> Shown:
    """The same in a project that is open."""
    policy = policy_of(project)
    at = moment_named(as_of, project.time_zone).astimezone(UTC) if as_of else datetime.now(UTC)
    moment = at if as_of else None
    with _published(project) as reader:
        asked = person(reader, who, moment)
        facts = [_ended(policy, fact) for fact in (file_facts(reader, asked.subjects) if reader else ())]
        facts += map(fact_of, entries_of(store, asked.subjects, at))
        parted = _parted(store, reader, asked, facts, moment) if reader else frozenset()
    counted = [f for f in facts if reaches(f, 2 if f.part_of in parted else asked.subjects[f.subject])]
    return Shown(asked.customer_id, at, list(_states(policy, asked, counted, at)))


def history(folder: Path, who: str, environment: str | None = None) -> list[Told]:
    """Everything that was ever said by a person's records, addresses and numbers, the earliest first."""
    project = open_project(folder, environment)
    return history_in(project, open_store(project.state), who)


def history_in(project: Project, store: Engine, who: str) -> list[Told]:
    """The same in a project that is open."""
    with _published(project) as reader:
        asked = person(reader, who)
        files = file_facts(reader, asked.subjects) if reader else []
    told = [_told(fact_of(entry), entry) for entry in entries_of(store, asked.subjects)]
    told += map(_told, files)
    return sorted(told, key=lambda one: (one.effective_at, one.seq or 0, one.row or ""))


@contextmanager
def _published(project: Project) -> Iterator[Reader | None]:
    """What is published; None before the first run."""
    if not lake.exists(project.state):
        yield None
        return
    with reading(project.state) as reader:
        yield reader


def _parted(
    store: Engine, reader: Reader, asked: Person, facts: list[Fact], moment: datetime | None
) -> frozenset[int | None]:
    """Acts of a customer whose records were no longer one customer's at that moment; None = now."""
    about = acts(store, {fact.part_of for fact in facts if fact.part_of and fact.choice is Choice.GRANTED})
    others = {subject for subjects in about.values() for subject in subjects - asked.subjects.keys()}
    strange = belong_to_somebody(reader, others, moment) if others else set()
    return frozenset(part for part, subjects in about.items() if subjects & strange)


def _ended(policy: ConsentPolicy, fact: Fact) -> Fact:
    """What a file says does not tell when it ends; the policy does."""
    purpose = policy.purpose(fact.purpose)
    if purpose is None or fact.choice is not Choice.GRANTED:
        return fact
    return replace(fact, expires_at=ends(fact.effective_at, purpose.months))


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
