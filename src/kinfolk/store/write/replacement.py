"""The control state of a backup takes the place of the one that is there, while nobody can write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select

from kinfolk.errors import ExistsError
from kinfolk.store.database import file_of, open_store, transaction
from kinfolk.store.read.consents import head_of, link_at
from kinfolk.store.schema import (
    consent_erasures,
    consent_head,
    consent_ledger,
    consent_subjects,
    group_members,
    groups,
    invitations,
    metadata,
    sessions,
    sign_in_failures,
    tokens,
    users,
)

_LEDGER = (consent_ledger, consent_subjects, consent_erasures, consent_head)
_OF_THE_MOMENT = (sessions, invitations, sign_in_failures)  # what lets somebody in today says nothing of tomorrow
_ACCESS = (users, groups, group_members, tokens, *_OF_THE_MOMENT)
_PREPARED = "prepared"


@contextmanager
def replaced_by(state: Path, prepared: Path, *, other_ledger: bool = False) -> Iterator[None]:
    """Holds the right to write to the control state; when the block has ended, what `prepared` has takes its place.

    The file stays, so that whoever waits to write does so behind it. Of the ledger of consents the rows stay that were
    written since the backup, for what was said was said; and who was shut out since is not let in again by it.

    other_ledger  the backup's ledger takes the place of one that it is no copy of
    Errors        ExistsError when it is no copy and nobody said so; DamagedError when one of them is damaged;
                  BusyError while somebody writes, before anything is done
    """
    then, now = open_store(prepared), open_store(state)
    try:
        with now.connect() as connection:
            connection.exec_driver_sql(f"attach database ? as {_PREPARED}", (str(file_of(prepared)),))
            with then.connect() as backup, transaction(connection):
                stays = _ledger_stays(connection, backup, state, other_ledger=other_ledger)
                yield
                kept = {*(_LEDGER if stays else ()), *(_ACCESS if _somebody_is_here(connection) else _OF_THE_MOMENT)}
                _take(connection, [table for table in metadata.sorted_tables if table not in kept])
    finally:
        now.dispose()
        then.dispose()


def _ledger_stays(connection: Connection, backup: Connection, state: Path, *, other_ledger: bool) -> bool:
    """Whether the present ledger goes on where that of the backup ends, and not the other way round."""
    (here, last), (there, end) = head_of(connection), head_of(backup)
    if there <= here and link_at(connection, there) == end:
        return True
    if (there > here and link_at(backup, here) == last) or other_ledger:
        return False
    shared = _shared_rows(connection)
    raise ExistsError(
        f"The ledger of consents here is not the one of the backup: they are the same up to row {shared}, and of the "
        f"{here - shared} after it the backup has none. Nothing was done.",
        where=str(state),
        hint="`kinfolk consent export` keeps what is here; then add --other-ledger to take that of the backup.",
    )


def _somebody_is_here(connection: Connection) -> bool:
    return any(connection.execute(select(table).limit(1)).first() for table in (users, tokens))


def _shared_rows(connection: Connection) -> int:
    there = _prepared(consent_ledger)
    same = select(func.max(consent_ledger.c.seq)).join(
        there, (there.c.seq == consent_ledger.c.seq) & (there.c.chain == consent_ledger.c.chain)
    )
    return connection.execute(same).scalar() or 0


def _take(connection: Connection, tables: list[Table]) -> None:
    for table in reversed(tables):
        connection.execute(delete(table))
    for table in tables:
        there = _prepared(table)
        connection.execute(insert(table).from_select(table.columns.keys(), select(*there.columns)))


def _prepared(table: Table) -> Table:
    return table.to_metadata(MetaData(), schema=_PREPARED, referred_schema_fn=lambda *_: _PREPARED)
