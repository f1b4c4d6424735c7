"""Adding to the ledger of consents: the only thing that is ever done to it, but for forgetting whom a row was about."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from kinfolk.model.consent import ERASED, Entry, Erasure, Saying
from kinfolk.store import chain
from kinfolk.store.database import writing
from kinfolk.store.read.consents import head_of
from kinfolk.store.schema import consent_erasures, consent_head, consent_ledger, consent_subjects

_AT_ONCE = 500  # rows in one statement: SQLite takes some thousand values


def append(engine: Engine, acts: Sequence[Sequence[Saying]], now: datetime | None = None) -> list[Entry]:
    """Writes what was said, all of it or nothing, and returns the rows.

    acts  each what was said at once: about every record of a customer, say. Who is erased already stays so
    now   a moment that it is not recorded before
    """
    with writing(engine) as connection:
        recorded_at = _moment_of_writing(connection, now)
        last, before = head_of(connection)
        written, about = list[Entry](), list[dict[str, Any]]()
        for act in acts:
            part_of = last + len(written) + 1
            for said in act:
                seq, salt = last + len(written) + 1, secrets.token_hex(32)
                erased = said.subject.kind == ERASED
                committed = said.subject.value if erased else chain.commitment(salt, said)
                before = chain.link(before, (seq, part_of), recorded_at, said, committed)
                written.append(Entry(seq, part_of, recorded_at, said, committed, before, erased))
                if not erased:
                    about.append(_about(seq, said, salt))
        if written:
            connection.execute(insert(consent_ledger), [_row(entry) for entry in written])
            if about:
                connection.execute(insert(consent_subjects), about)
            _set_head(connection, written[-1].seq, before)
            erased_before = [entry.seq for entry in written if entry.erased]
            _write_erasure(connection, erased_before, (None, "erased before it was imported"), recorded_at)
    return written


def _moment_of_writing(connection: Connection, not_before: datetime | None) -> datetime:
    """Told under the lock, and never before that of the last row: to a moment that has passed no row is added."""
    tree = select(consent_ledger.c.recorded_at).order_by(consent_ledger.c.seq.desc()).limit(1)
    moments = [datetime.now(UTC), not_before]
    with suppress(ValueError, TypeError):  # somebody wrote something else there: `verify` tells, and life goes on
        moments.append(connection.execute(tree).scalar())
    return max(moment for moment in moments if moment)


def forget(engine: Engine, numbers: Collection[int], by: str | None = None, reason: str | None = None) -> int:
    """Erases whom these rows were about, how it was collected and the proof; returns the number of rows.

    The rows stay, and an erasure is written behind them, so that the ledger verifies as before.

    by, reason  who erased it and why; kept for ever, so they must not tell whom
    """
    with writing(engine) as connection:
        found = sorted(n for part in _parts(sorted(numbers)) for n in connection.execute(_named(part)).scalars())
        for part in _parts(found):
            connection.execute(delete(consent_subjects).where(consent_subjects.c.seq.in_(part)))
        _write_erasure(connection, found, (by, reason), datetime.now(UTC))
    return len(found)


def _write_erasure(
    connection: Connection, numbers: Sequence[int], signed: tuple[str | None, str | None], now: datetime
) -> None:
    if not numbers:
        return
    last, before = head_of(connection)
    erasure = Erasure(last + 1, now, tuple(numbers), *signed)
    link = chain.erasure_link(before, erasure)
    row = {"seq": erasure.seq, "erased_at": now, "rows": json.dumps(erasure.rows)}
    row |= {"erased_by": erasure.erased_by, "reason": erasure.reason, "chain": link}
    connection.execute(insert(consent_erasures), [row])
    _set_head(connection, erasure.seq, link)


def _named(numbers: Sequence[int]) -> Any:
    return select(consent_subjects.c.seq).where(consent_subjects.c.seq.in_(numbers))


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(numbers), _AT_ONCE):
        yield numbers[first : first + _AT_ONCE]


def _set_head(connection: Connection, entries: int, last: str) -> None:
    connection.execute(delete(consent_head))
    connection.execute(insert(consent_head).values(only=1, entries=entries, chain=last))


def _row(entry: Entry) -> dict[str, Any]:
    said = entry.saying
    return {
        "seq": entry.seq,
        "part_of": entry.part_of,
        "carried": said.carried,
        "recorded_at": entry.recorded_at,
        "purpose": said.purpose,
        "choice": said.choice,
        "effective_at": said.effective_at,
        "ranks_at": said.ranks_at,
        "expires_at": said.expires_at,
        "policy_version": said.policy_version,
        "notice": said.notice,
        "channel": said.channel,
        "topic": said.topic,
        "commitment": entry.commitment,
        "chain": entry.chain,
    }


def _about(seq: int, said: Saying, salt: str) -> dict[str, Any]:
    subject = said.subject
    return {
        "seq": seq,
        "kind": subject.kind,
        "source": subject.source,
        "value": subject.value,
        "collection_method": said.collection_method,
        "collected_at": said.collected_at,
        "recorded_by": said.recorded_by,
        "proof": said.proof,
        "salt": salt,
    }
