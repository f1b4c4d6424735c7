"""What was added to the ledger of consents since somebody looked last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, and_, or_, select

from kinfolk.model.consent import Choice, Fact, Subject
from kinfolk.store.read.consents import Head, link_at, with_erased
from kinfolk.store.schema import consent_ledger, consent_subjects

_CHOICES = tuple(choice.value for choice in Choice)


def continues(engine: Engine, seen: Head, now: Head) -> bool:
    """Whether the ledger is still the one that was seen, with further rows and nobody forgotten."""
    if now.entries < seen.entries or now.named - seen.named != now.entries - seen.entries:
        return False
    with engine.connect() as connection:
        return not seen.entries or link_at(connection, seen.entries) == seen.chain


def facts_between(engine: Engine, seen: int, until: int, purposes: frozenset[str]) -> Iterator[Fact]:
    """What rows after the one, up to the other, say to these purposes, of everybody who is not forgotten; in order.

    Grants that count for nobody are left out: what was carried, and acts of which others who spoke are not known any
    more.
    """
    said, named = consent_ledger.c, consent_subjects.c
    about = (named.kind, named.value, named.source)
    what = (said.purpose, said.choice, said.effective_at, said.expires_at, said.policy_version)
    idle = and_(said.choice == Choice.GRANTED, or_(said.carried, said.part_of.in_(with_erased())))
    tree = (
        select(*about, *what, said.channel, said.topic, said.seq, said.part_of, said.ranks_at, said.carried)
        .join(consent_subjects, named.seq == said.seq)
        .where(said.seq > seen, said.seq <= until, said.purpose.in_(purposes), said.choice.in_(_CHOICES), ~idle)
        .order_by(said.seq)
    )
    with engine.connect() as connection:
        yield from map(_fact, connection.execute(tree))


def _fact(row: Any) -> Fact:
    known = dict(row._mapping)
    subject = Subject(known.pop("kind"), known.pop("value"), known.pop("source"))
    return Fact(subject, choice=Choice(known.pop("choice")), **known)
