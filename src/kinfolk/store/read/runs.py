"""The runs of a project."""

from __future__ import annotations

from sqlalchemy import Engine, Row, select

from kinfolk.model.run import RunRecord, RunStatus, StepRecord
from kinfolk.store.schema import runs, steps


def latest(engine: Engine, limit: int = 10) -> list[RunRecord]:
    """The last runs with their steps, newest first."""
    with engine.connect() as connection:
        found = connection.execute(select(runs).order_by(runs.c.run_id.desc()).limit(limit)).all()
        step_rows = connection.execute(
            select(steps).where(steps.c.run_id.in_([row.run_id for row in found])).order_by(steps.c.position)
        ).all()
    return [_record(row, [s for s in step_rows if s.run_id == row.run_id]) for row in found]


def published_fingerprint(engine: Engine) -> str | None:
    """The project's fingerprint at the last run that was published, or None before the first."""
    query = (
        select(runs.c.fingerprint).where(runs.c.status == RunStatus.PUBLISHED).order_by(runs.c.run_id.desc()).limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def deployed_definition(engine: Engine) -> str | None:
    """What the project said at the last run that was published or found nothing to do; None where no run kept it."""
    in_force = runs.c.status.in_([RunStatus.PUBLISHED, RunStatus.UNCHANGED])
    query = select(runs.c.definition).where(in_force).order_by(runs.c.run_id.desc()).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def _record(row: Row[tuple[object, ...]], step_rows: list[Row[tuple[object, ...]]]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        status=RunStatus(row.status),
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        steps=tuple(
            StepRecord(s.name, s.seconds, s.rows_in, s.rows_out, s.rows_rejected, s.peak_mb) for s in step_rows
        ),
    )
