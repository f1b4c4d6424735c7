"""The person a consent is asked about: records and values, now or at an earlier moment, and what was said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlglot import exp

from kinfolk.commands.consent.subjects import EMAIL, PHONE, RECORD, customer_named, subject_named
from kinfolk.engine import lake
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import column, query, rows, sql, table
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import Choice, Entry, Fact, Subject
from kinfolk.model.project import Project
from kinfolk.stages.consents import parted, said_in_files
from kinfolk.store.read.consents import ActOf
from kinfolk.tables import identity
from kinfolk.tables.events import EVENTS
from kinfolk.tables.staging import ACTIVITY, RECORDS

_CONSENTS = ACTIVITY["consents"].name
_NOBODY_YET = "?"  # an address or number that no record has


@dataclass(frozen=True)
class Person:
    """Who is asked about. subjects: each with the number of customers it leads to; birth_date: the latest known"""

    customer_id: str | None
    subjects: dict[Subject, int] = field(default_factory=dict)
    birth_date: date | None = None


@contextmanager
def published(project: Project) -> Iterator[Reader | None]:
    """What is published; None before the first run."""
    if not lake.exists(project.state):
        yield None
        return
    with reading(project.state) as reader:
        yield reader


def person(reader: Reader | None, asked: str, at: datetime | None = None, country: str | None = None) -> Person:
    """The customer, or the one that the address, number or record leads to, with the records it had at that moment.

    Whose a record was is told by the events of membership, however long ago; its addresses are those of now.

    reader   None where nothing was published yet
    country  where numbers without country code are dialled
    Errors  NotFoundError when nobody fits; KinfolkError when several do
    """
    subject = subject_named(asked, country)
    if reader is None:
        if subject is None or subject.kind == RECORD:
            raise NotFoundError("Nothing has been published yet.", hint="Run `kinfolk run` first.")
        return Person(None, {subject: 0})
    members = members_at(reader, at)
    customer = _customer(reader, asked, subject, members)
    if customer is None:
        assert subject is not None, "a customer id that fits nobody is told before"
        return Person(None, {subject: 0})
    subjects, born = _of_customer(reader, customer, members)
    return Person(customer, subjects, born)


def records_of(reader: Reader, asked: str) -> list[Subject]:
    """The records that a customer has now, the customer named by its id or one it once had. Errors: NotFoundError"""
    members = members_at(reader, None)
    return _records(reader, _by_id(reader, customer_named(asked), members), members)


def parted_acts(reader: Reader, acts: Mapping[int, ActOf], at: datetime) -> set[int]:
    """Those of the acts whose records were several customers' at a moment since, up to that one."""
    records = [
        (part, subject.source, subject.value, act.recorded_at.astimezone(UTC).replace(tzinfo=None))
        for part, act in acts.items()
        if len(act.said_by) > 1
        for subject in act.said_by
        if subject.kind == RECORD
    ]
    if not records:
        return set()
    types = {"part_of": "bigint", "source": "varchar", "record_id": "varchar", "recorded_at": "timestamp"}
    happened = query("select * from e", e=table(EVENTS.name)) if reader.present(EVENTS.name) else rows(EVENTS.types, [])
    tree = parted(rows(types, records), happened, members_at(reader, None), at.astimezone(UTC).replace(tzinfo=None))
    return {part for (part,) in reader.read(tree).rows}


def file_facts(reader: Reader, subjects: dict[Subject, int]) -> list[Fact]:
    """What files say of these subjects. When a grant of theirs ends they do not tell."""
    if not reader.present(_CONSENTS):
        return []
    tree = query(
        "select kind, value, owner, purpose, choice, moment, policy_version, source, record_id from ($rows) as c "
        "where choice is not null and purpose is not null and value in ($values)",
        rows=said_in_files(table(_CONSENTS)),
        values=sorted({subject.value for subject in subjects}),
    )
    found = []
    for kind, value, owner, purpose, decision, moment, version, source, record_id in reader.read(tree).rows:
        subject = Subject(kind, value, owner)
        if subject in subjects and moment is not None:
            said_at, row = moment.replace(tzinfo=UTC), f"{source}:{record_id}"
            found.append(Fact(subject, purpose, Choice(decision), said_at, policy_version=version, row=row))
    return found


def fact_of(entry: Entry) -> Fact:
    """A row of the ledger as what counts."""
    said = entry.saying
    return Fact(
        said.subject,
        said.purpose,
        said.choice,
        said.effective_at,
        said.expires_at,
        said.policy_version,
        said.channel,
        said.topic,
        entry.seq,
        entry.part_of,
        ranks_at=said.ranks_at,
        carried=said.carried,
    )


def members_at(reader: Reader, at: datetime | None) -> exp.Query:
    """source, record_id and customer_id of every record that belonged to somebody at that moment; None = now."""
    now = query("select source, record_id, customer_id from m", m=table(identity.MEMBERS.name))
    if at is None or not reader.present(EVENTS.name):
        return now
    return query(
        "with since as (select source, record_id, customer_before from e where happened_at > $at "
        "qualify row_number() over (partition by source, record_id order by run_id) = 1) "
        "select source, record_id, customer_before as customer_id from since where customer_before is not null "
        "union all select source, record_id, customer_id from ($now) as n where not exists "
        "(select 1 from since s where s.source = n.source and s.record_id = n.record_id)",
        e=table(EVENTS.name),
        at=at.astimezone(UTC).replace(tzinfo=None),
        now=now,
    )


def _customer(reader: Reader, asked: str, subject: Subject | None, members: exp.Query) -> str | None:
    if subject is None:
        return _by_id(reader, customer_named(asked), members)
    if subject.kind == RECORD:
        condition = sql("m.source = $source and m.record_id = $id", source=subject.source, id=subject.value)
        tree = query("select m.customer_id from ($m) as m where $condition", m=members, condition=condition)
        found = [row[0] for row in reader.read(tree).rows]
        if not found:
            raise NotFoundError(f"No record {subject.source}:{subject.value} belongs to a customer at that time.")
        return str(found[0])
    tree = query(
        "select distinct m.customer_id from ($m) as m join r on r.source = m.source and r.record_id = m.record_id "
        "where $column = $value order by 1",
        m=members,
        r=table(RECORDS.name),
        column=column(subject.kind, "r"),
        value=subject.value,
    )
    customers = [str(row[0]) for row in reader.read(tree).rows]
    if len(customers) > 1:
        raise KinfolkError(f"{subject.value} leads to several customers.", hint=f"Ask for {' or '.join(customers)}.")
    return customers[0] if customers else None


def _by_id(reader: Reader, customer: str, members: exp.Query) -> str:
    tree = query("select 1 from ($m) as m where customer_id = $id limit 1", m=members, id=customer)
    if reader.read(tree).rows:
        return customer
    aliases = query(
        "select customer_id from a where alias = $id and customer_id is not null",
        a=table(identity.ALIASES.name),
        id=customer,
    )
    for (now,) in reader.read(aliases).rows:
        return str(now)
    hint = "Ask by customer id, email:…, phone:+… or source:id."
    raise NotFoundError(f"There is no customer {customer} at that time.", hint=hint)


def _of_customer(reader: Reader, customer: str, members: exp.Query) -> tuple[dict[Subject, int], date | None]:
    subjects = dict.fromkeys(_records(reader, customer, members), 1)
    for kind in _kinds(reader):
        tree = query(
            "with held as (select distinct cast($value as varchar) as value, m.customer_id from ($m) as m "
            "join r on r.source = m.source and r.record_id = m.record_id where $value is not null) "
            "select value, count(*) from held where value in (select value from held where customer_id = $id) "
            "group by value",
            value=column(kind, "r"),
            m=members,
            r=table(RECORDS.name),
            id=customer,
        )
        subjects |= {Subject(kind, value): customers for value, customers in reader.read(tree).rows}
    born = query(
        "select max(birth_date) from ($m) as m join r on r.source = m.source and r.record_id = m.record_id "
        "where m.customer_id = $id",
        m=members,
        r=table(RECORDS.name),
        id=customer,
    )
    [(birth_date,)] = reader.read(born).rows
    return subjects, birth_date


def _records(reader: Reader, customer: str, members: exp.Query) -> list[Subject]:
    tree = query(
        "select record_id, source from ($m) as m where customer_id = $id order by source, record_id",
        m=members,
        id=customer,
    )
    return [Subject(RECORD, *row) for row in reader.read(tree).rows]


def _kinds(reader: Reader) -> Iterator[str]:
    """Columns whose values lead to a person: those of the ledger, and those by which files name people."""
    yield from (EMAIL, PHONE)
    if reader.present(_CONSENTS):
        tree = query("select distinct person_key from c where person_key is not null", c=table(_CONSENTS))
        yield from (kind for (kind,) in reader.read(tree).rows if kind not in (EMAIL, PHONE))
