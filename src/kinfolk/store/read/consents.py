"""The ledger of consents, read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select

from kinfolk.model.consent import Choice, Entry, Saying, Subject, Verified
from kinfolk.store import chain
from kinfolk.store.schema import consent_head, consent_ledger, consent_subjects

_AT_ONCE = 500  # values in one question: SQLite takes some thousand
_FORGOTTEN = Subject("", "")  # whom a row was about that was erased


@dataclass(frozen=True)
class Head:
    """How many rows the ledger has, the chain's value at the last, and how many still name somebody."""

    entries: int
    chain: str
    named: int


def head(engine: Engine) -> Head:
    """The ledger's end."""
    with _at_one_moment(engine) as connection:
        entries, last = head_of(connection)
        named = connection.execute(select(func.count()).select_from(consent_subjects)).scalar_one()
    return Head(entries, last, named)


def head_of(connection: Connection) -> tuple[int, str]:
    """How many rows the ledger says it has, and the chain's value at the last."""
    found = connection.execute(select(consent_head.c.entries, consent_head.c.chain)).first()
    return (found[0], found[1]) if found else (0, chain.BEGINNING)


def entries(engine: Engine, recorded_until: datetime | None = None) -> Iterator[Entry]:
    """Every row in order; only those recorded by then, where that is asked."""
    with engine.connect() as connection:
        yield from map(_entry, connection.execute(_until(_whole(), recorded_until).order_by(consent_ledger.c.seq)))


def named_facts(engine: Engine, until: int) -> list[tuple[Any, ...]]:
    """Of the first so many rows those that name somebody, in order: whom, what was said, until when, and the numbers.

    kind, source, value, purpose, channel, topic, choice, effective_at, expires_at, policy_version, seq, part_of
    """
    said, named = consent_ledger.c, consent_subjects.c
    what = (said.purpose, said.channel, said.topic, said.choice, said.effective_at, said.expires_at)
    columns = (named.kind, named.source, named.value, *what, said.policy_version, said.seq, said.part_of)
    tree = select(*columns).join(consent_subjects, named.seq == said.seq).where(said.seq <= until).order_by(said.seq)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(tree)]


def entries_of(engine: Engine, subjects: Collection[Subject], recorded_until: datetime | None = None) -> list[Entry]:
    """The rows about these subjects, in order."""
    values, wanted = sorted({subject.value for subject in subjects}), frozenset(subjects)
    found = list[Entry]()
    with engine.connect() as connection:
        for first in range(0, len(values), _AT_ONCE):
            tree = _whole().where(consent_subjects.c.value.in_(values[first : first + _AT_ONCE]))
            found += map(_entry, connection.execute(_until(tree, recorded_until)))
    return sorted((entry for entry in found if entry.saying.subject in wanted), key=lambda entry: entry.seq)


def acts(engine: Engine, numbers: Collection[int]) -> dict[int, set[Subject]]:
    """Number of an act (part_of) -> everybody it was about who is not forgotten."""
    found: dict[int, set[Subject]] = {number: set() for number in numbers}
    parts = sorted(numbers)
    with engine.connect() as connection:
        for first in range(0, len(parts), _AT_ONCE):
            tree = _whole().where(consent_ledger.c.part_of.in_(parts[first : first + _AT_ONCE]))
            for one in map(_entry, connection.execute(tree)):
                if not one.erased:
                    found[one.part_of].add(one.saying.subject)
    return found


def entry(engine: Engine, seq: int) -> Entry | None:
    """The row of that number, if there is one."""
    with engine.connect() as connection:
        row = connection.execute(_whole().where(consent_ledger.c.seq == seq)).first()
    return _entry(row) if row else None


def verify(engine: Engine) -> Verified:
    """Whether every row is as it was written and where it was written, and none is missing."""
    problems, entries, opened, erased, before, expected = list[str](), 0, 0, 0, chain.BEGINNING, 1
    with _at_one_moment(engine) as connection:
        for row in connection.execute(_whole().order_by(consent_ledger.c.seq)):
            found, entries = _entry(row), entries + 1
            if found.seq != expected:
                problems.append(f"Row {expected} is missing.")
            elif chain.link(before, (row.seq, row.part_of), row.recorded_at, found.saying, row.commitment) != row.chain:
                problems.append(f"Row {row.seq} is not what was written after row {row.seq - 1}.")
            if found.erased:
                erased += 1
            elif chain.commitment(row.salt, found.saying.subject, row.proof) == row.commitment:
                opened += 1
            else:
                problems.append(f"Row {row.seq} was written about somebody else, or with another proof.")
            before, expected = row.chain, row.seq + 1
        promised, last = head_of(connection)
        strays = select(func.count()).where(consent_subjects.c.seq.not_in(select(consent_ledger.c.seq)))
        if connection.execute(strays).scalar_one():
            problems.append("Somebody is named for a row that is not there.")
    if (promised, last) != (expected - 1, before):
        problems.append(f"The ledger ended with row {promised} ({last[:12]}…), and now ends with row {expected - 1}.")
    return Verified(entries, opened, erased, before, tuple(problems))


@contextmanager
def _at_one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees nothing that is written meanwhile."""
    with engine.connect() as connection:
        connection.exec_driver_sql("begin")
        yield connection


def _whole() -> Select[Any]:
    named = consent_subjects.c
    about = (named.kind, named.source, named.value, named.proof, named.salt)
    return select(consent_ledger, *about).outerjoin(consent_subjects, named.seq == consent_ledger.c.seq)


def _until(tree: Select[Any], moment: datetime | None) -> Select[Any]:
    return tree if moment is None else tree.where(consent_ledger.c.recorded_at <= moment)


def _entry(row: Row[Any]) -> Entry:
    erased = row.salt is None
    said = Saying(
        subject=_FORGOTTEN if erased else Subject(row.kind, row.value, row.source),
        purpose=row.purpose,
        choice=Choice(row.choice),
        effective_at=row.effective_at,
        expires_at=row.expires_at,
        policy_version=row.policy_version,
        channel=row.channel,
        topic=row.topic,
        collection_method=row.collection_method,
        collected_at=row.collected_at,
        recorded_by=row.recorded_by,
        proof=row.proof,
    )
    return Entry(row.seq, row.part_of, row.recorded_at, said, row.commitment, row.chain, erased)
