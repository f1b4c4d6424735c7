"""Writing down what a run does, while it does it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Engine, Update, delete, insert, select, update

from kinfolk.errors import BusyError, EngineError
from kinfolk.model.history import State
from kinfolk.model.run import RunStatus, StepRecord
from kinfolk.store.database import writing
from kinfolk.store.processes import this_host
from kinfolk.store.read.runs import DIED
from kinfolk.store.schema import runs, steps


def start(engine: Engine, fingerprint: str, definition: str | None = None) -> int:
    """Opens a run and returns its id. Runs left open by a process that died are closed as failed.

    definition  what the project says, in its canonical form; kept only where it is not that of the run before
    """
    now = datetime.now(UTC)
    kept = select(runs.c.definition).where(runs.c.definition.is_not(None)).order_by(runs.c.run_id.desc()).limit(1)
    with writing(engine) as connection:
        connection.execute(_closing(now))
        same = connection.execute(kept).scalar() == definition
        opened = connection.execute(
            insert(runs).values(
                status=RunStatus.RUNNING,
                started_at=now,
                process_id=os.getpid(),
                fingerprint=fingerprint,
                host=this_host(),
                definition=None if same else definition,
            )
        )
        key = opened.inserted_primary_key
        assert key is not None, "an insert of one row has a key"
        return int(key[0])


def close_dead(engine: Engine) -> None:
    """Closes as failed every run that is still open. For who holds the lease: nobody is running, then."""
    with writing(engine) as connection:
        connection.execute(_closing(datetime.now(UTC)))


def _closing(now: datetime) -> Update:
    still_open = update(runs).where(runs.c.status == RunStatus.RUNNING)
    return still_open.values(status=RunStatus.FAILED, finished_at=now, error=DIED)


def renumber(engine: Engine, run_id: int, new_id: int) -> int:
    """Gives a run that has just begun another id, and returns it."""
    with writing(engine) as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(run_id=new_id))
    return new_id


def finish(
    engine: Engine, run_id: int, status: RunStatus, records: Sequence[StepRecord], error: str | None = None
) -> None:
    """Closes a run with the steps it did."""
    with writing(engine) as connection:
        connection.execute(
            update(runs)
            .where(runs.c.run_id == run_id)
            .values(status=status, finished_at=datetime.now(UTC), error=error)
        )
        if records:
            connection.execute(
                insert(steps),
                [
                    {
                        "run_id": run_id,
                        "position": position,
                        "name": record.name,
                        "seconds": record.seconds,
                        "rows_in": record.rows_in,
                        "rows_out": record.rows_out,
                        "rows_rejected": record.rows_rejected,
                        "peak_mb": record.peak_mb,
                        "source": record.source,
                        "failed": record.failed,
                    }
                    for position, record in enumerate(records)
                ],
            )


def fail(engine: Engine, run_id: int, records: Sequence[StepRecord], error: BaseException) -> None:
    """Closes a run as failed. Where even that cannot be written, the error that ended the run matters more."""
    with suppress(BusyError, EngineError):
        finish(engine, run_id, RunStatus.FAILED, records, str(error) or type(error).__name__)


def published(engine: Engine, states: Iterable[State]) -> None:
    """Writes down which state each run published. What the lake has was published, whatever was written before."""
    with writing(engine) as connection:
        for state in states:
            known = {
                "status": RunStatus.PUBLISHED,
                "snapshot_id": state.snapshot_id,
                "fingerprint": state.label.fingerprint,
                "error": None,
            }
            found = connection.execute(update(runs).where(runs.c.run_id == state.run_id).values(known))
            if not found.rowcount:
                moment = {"started_at": state.published_at, "finished_at": state.published_at}
                connection.execute(insert(runs).values(run_id=state.run_id, process_id=0, **moment, **known))


def gone(engine: Engine, snapshots: Iterable[int], because: str) -> None:
    """Writes down that states can no longer be read, and why."""
    with writing(engine) as connection:
        connection.execute(update(runs).where(runs.c.snapshot_id.in_(snapshots)).values(gone_because=because))


def forget_steps(engine: Engine, snapshots: Iterable[int]) -> None:
    """Removes what the steps of the runs took that published those states; the runs themselves stay."""
    of = select(runs.c.run_id).where(runs.c.snapshot_id.in_(snapshots))
    with writing(engine) as connection:
        connection.execute(delete(steps).where(steps.c.run_id.in_(of)))
