"""The ledger of consents, read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select, union_all

from kinfolk.model.consent import Choice, Entry, Saying, Subject
from kinfolk.store import chain
from kinfolk.store.schema import consent_erasures, consent_head, consent_ledger, consent_subjects

_AT_ONCE = 500  # values in one question: SQLite takes some thousand


@dataclass(frozen=True)
class Head:
    """How many rows the ledger has, the chain's value at the last, and how many still name somebody."""

    entries: int
    chain: str
    named: int


def head(engine: Engine) -> Head:
    """The ledger's end."""
    with at_one_moment(engine) as connection:
        entries, last = head_of(connection)
        named = connection.execute(select(func.count()).select_from(consent_subjects)).scalar_one()
    return Head(entries, last, named)


def head_of(connection: Connection) -> tuple[int, str]:
    """How many rows the ledger says it has, and the chain's value at the last."""
    found = connection.execute(select(consent_head.c.entries, consent_head.c.chain)).first()
    return (found[0], found[1]) if found else (0, chain.BEGINNING)


def link_at(connection: Connection, seq: int) -> str | None:
    """The chain's value at that row, an erasure's row too; at row 0 where the chain begins. None where it is not."""
    if seq == 0:
        return chain.BEGINNING
    links = [select(rows.c.chain).where(rows.c.seq == seq) for rows in (consent_ledger, consent_erasures)]
    return connection.execute(union_all(*links)).scalar()


def entries(engine: Engine, recorded_until: datetime | None = None) -> Iterator[Entry]:
    """Every row in order; only those recorded by then, where that is asked."""
    with engine.connect() as connection:
        yield from map(entry_of, connection.execute(_until(whole(), recorded_until).order_by(consent_ledger.c.seq)))


def named_facts(engine: Engine, until: int) -> list[tuple[Any, ...]]:
    """Of the first so many rows those that name somebody, in order: whom, what was said and when, and the numbers.

    kind, source, value, purpose, channel, topic, choice, effective_at, ranks_at, expires_at, policy_version, seq,
    part_of, carried, recorded_at, and whether others who said the same in one act were erased
    """
    said, named = consent_ledger.c, consent_subjects.c
    when = (said.effective_at, func.coalesce(said.ranks_at, said.effective_at), said.expires_at)
    what = (said.purpose, said.channel, said.topic, said.choice, *when, said.policy_version)
    numbers = (said.seq, said.part_of, said.carried, said.recorded_at, said.part_of.in_(with_erased()))
    tree = select(named.kind, named.source, named.value, *what, *numbers).join(consent_subjects, named.seq == said.seq)
    tree = tree.where(said.seq <= until).order_by(said.seq)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(tree)]


def entries_of(engine: Engine, subjects: Collection[Subject], recorded_until: datetime | None = None) -> list[Entry]:
    """The rows about these subjects, in order."""
    values, wanted = sorted({subject.value for subject in subjects}), frozenset(subjects)
    found = list[Entry]()
    with engine.connect() as connection:
        for first in range(0, len(values), _AT_ONCE):
            tree = whole().where(consent_subjects.c.value.in_(values[first : first + _AT_ONCE]))
            found += map(entry_of, connection.execute(_until(tree, recorded_until)))
    return sorted((entry for entry in found if entry.saying.subject in wanted), key=lambda entry: entry.seq)


@dataclass(frozen=True)
class ActOf:
    """Who said something at once. recorded_at: when; erased: whether others who said it are not known any more"""

    said_by: frozenset[Subject]
    recorded_at: datetime
    erased: bool


def acts(engine: Engine, numbers: Collection[int]) -> dict[int, ActOf]:
    """Number of an act (part_of) -> who said it, those left out to whom it was only carried."""
    found = dict[int, list[Entry]]()
    parts = sorted(numbers)
    with engine.connect() as connection:
        for first in range(0, len(parts), _AT_ONCE):
            tree = whole().where(consent_ledger.c.part_of.in_(parts[first : first + _AT_ONCE]))
            for one in map(entry_of, connection.execute(tree.where(~consent_ledger.c.carried))):
                found.setdefault(one.part_of, []).append(one)
    return {
        part: ActOf(
            frozenset(one.saying.subject for one in said if not one.erased),
            said[0].recorded_at,
            any(one.erased for one in said),
        )
        for part, said in found.items()
    }


def erased_already(engine: Engine, commitments: Collection[str]) -> set[str]:
    """Those of the commitments that rows have whose subject was erased."""
    found, given = set[str](), sorted(commitments)
    with engine.connect() as connection:
        for first in range(0, len(given), _AT_ONCE):
            tree = whole().where(consent_ledger.c.commitment.in_(given[first : first + _AT_ONCE]))
            found |= {one.commitment for one in map(entry_of, connection.execute(tree)) if one.erased}
    return found


def objections(engine: Engine) -> list[tuple[str, str | None, str | None]]:
    """Every purpose, channel and topic that somebody who is still known denied or withdrew from."""
    said = consent_ledger.c
    tree = select(said.purpose, said.channel, said.topic).distinct().order_by(said.purpose)
    tree = tree.join(consent_subjects, consent_subjects.c.seq == said.seq)
    with engine.connect() as connection:
        rows = connection.execute(tree.where(said.choice.in_([Choice.DENIED, Choice.WITHDRAWN])))
        return [(row.purpose, row.channel, row.topic) for row in rows]


def entry(engine: Engine, seq: int) -> Entry | None:
    """The row of that number, if there is one."""
    with engine.connect() as connection:
        row = connection.execute(whole().where(consent_ledger.c.seq == seq)).first()
    return entry_of(row) if row else None


@contextmanager
def at_one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees nothing that is written meanwhile."""
    with engine.connect() as connection:
        connection.exec_driver_sql("begin")
        yield connection


def whole() -> Select[Any]:
    """Every row, with whom it is about where that is known."""
    named = consent_subjects.c
    who = (named.kind, named.source, named.value)
    about = (*who, named.collection_method, named.collected_at, named.recorded_by, named.proof, named.salt)
    return select(consent_ledger, *about).outerjoin(consent_subjects, named.seq == consent_ledger.c.seq)


def with_erased() -> Select[Any]:
    """Numbers of acts of which not everybody who said it is still known."""
    said, named = consent_ledger.c, consent_subjects.c
    tree = select(said.part_of).outerjoin(consent_subjects, named.seq == said.seq)
    return tree.where(named.seq.is_(None), ~said.carried)


def _until(tree: Select[Any], moment: datetime | None) -> Select[Any]:
    return tree if moment is None else tree.where(consent_ledger.c.recorded_at <= moment)


def entry_of(row: Row[Any]) -> Entry:
    """A row of `whole`."""
    erased = row.salt is None
    said = Saying(
        subject=Subject.erased(row.commitment) if erased else Subject(row.kind, row.value, row.source),
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
        notice=row.notice,
        ranks_at=row.ranks_at,
        carried=row.carried,
    )
    return Entry(row.seq, row.part_of, row.recorded_at, said, row.commitment, row.chain, erased)
