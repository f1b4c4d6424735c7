"""Writing down what a run does, while it does it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, update

from kinfolk.model.run import RunStatus, StepRecord
from kinfolk.store.database import writing
from kinfolk.store.schema import runs, steps


def start(engine: Engine, fingerprint: str) -> int:
    """Opens a run and returns its id. Runs left open by a process that died are closed as failed."""
    now = datetime.now(UTC)
    with writing(engine) as connection:
        connection.execute(
            update(runs)
            .where(runs.c.status == RunStatus.RUNNING)
            .values(status=RunStatus.FAILED, finished_at=now, error="The process ended before the run did.")
        )
        opened = connection.execute(
            insert(runs).values(
                status=RunStatus.RUNNING, started_at=now, process_id=os.getpid(), fingerprint=fingerprint
            )
        )
        key = opened.inserted_primary_key
        assert key is not None, "an insert of one row has a key"
        return int(key[0])


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
