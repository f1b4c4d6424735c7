"""Adding to the ledger of consents: the only thing that is ever done to it, but for forgetting whom a row was about."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from kinfolk.model.consent import Entry, Saying
from kinfolk.store import chain
from kinfolk.store.database import writing
from kinfolk.store.read.consents import head_of
from kinfolk.store.schema import consent_head, consent_ledger, consent_subjects


def append(engine: Engine, acts: Sequence[Sequence[Saying]], now: datetime | None = None) -> list[Entry]:
    """Writes what was said, all of it or nothing, and returns the rows.

    acts  each what was said at once: about every record of a customer, say
    now   when it is recorded; the clock's time if not given
    """
    recorded_at = now or datetime.now(UTC)
    with writing(engine) as connection:
        last, before = head_of(connection)
        written, salts = list[Entry](), list[str]()
        for act in acts:
            part_of = last + len(written) + 1
            for said in act:
                seq, salt = last + len(written) + 1, secrets.token_hex(32)
                committed = chain.commitment(salt, said.subject, said.proof)
                before = chain.link(before, (seq, part_of), recorded_at, said, committed)
                written.append(Entry(seq, part_of, recorded_at, said, committed, before))
                salts.append(salt)
        if written:
            connection.execute(insert(consent_ledger), [_row(entry) for entry in written])
            connection.execute(insert(consent_subjects), [_about(*named) for named in zip(written, salts, strict=True)])
            _set_head(connection, written[-1].seq, before)
    return written


def forget(engine: Engine, numbers: Collection[int]) -> None:
    """Erases whom these rows were about, and the proof. The rows stay, and the ledger verifies as before."""
    with writing(engine) as connection:
        for seq in numbers:
            connection.execute(delete(consent_subjects).where(consent_subjects.c.seq == seq))


def take_over(engine: Engine, later: Engine) -> bool:
    """Brings a ledger from a backup up to the one it was once a copy of; False where that went another way since.

    What was forgotten since is forgotten here too.

    later  the ledger that may have more rows
    """
    with later.connect() as source, writing(engine) as connection:
        last, before = head_of(connection)
        if last:
            at = source.execute(select(consent_ledger.c.chain).where(consent_ledger.c.seq == last)).scalar()
            if at != before:
                return False
            kept = set(source.execute(select(consent_subjects.c.seq)).scalars())
            here = set(connection.execute(select(consent_subjects.c.seq)).scalars())
            for seq in here - kept:
                connection.execute(delete(consent_subjects).where(consent_subjects.c.seq == seq))
        for table in (consent_ledger, consent_subjects):
            rows = [dict(row) for row in source.execute(select(table).where(table.c.seq > last)).mappings()]
            if rows:
                connection.execute(insert(table), rows)
        _set_head(connection, *head_of(source))
    return True


def _set_head(connection: Connection, entries: int, last: str) -> None:
    connection.execute(delete(consent_head))
    connection.execute(insert(consent_head).values(only=1, entries=entries, chain=last))


def _row(entry: Entry) -> dict[str, Any]:
    said = entry.saying
    return {
        "seq": entry.seq,
        "part_of": entry.part_of,
        "recorded_at": entry.recorded_at,
        "purpose": said.purpose,
        "choice": said.choice,
        "effective_at": said.effective_at,
        "expires_at": said.expires_at,
        "policy_version": said.policy_version,
        "channel": said.channel,
        "topic": said.topic,
        "collection_method": said.collection_method,
        "collected_at": said.collected_at,
        "recorded_by": said.recorded_by,
        "commitment": entry.commitment,
        "chain": entry.chain,
    }


def _about(entry: Entry, salt: str) -> dict[str, Any]:
    subject = entry.saying.subject
    about = {"kind": subject.kind, "source": subject.source, "value": subject.value}
    return {"seq": entry.seq, **about, "proof": entry.saying.proof, "salt": salt}
