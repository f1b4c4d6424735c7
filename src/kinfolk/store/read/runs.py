"""The runs of a project."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Engine, Row, func, select, true

from kinfolk.model.run import RunRecord, RunStatus, StepRecord
from kinfolk.store.schema import runs, steps


def latest(engine: Engine, limit: int = 10) -> list[RunRecord]:
    """The last runs with their steps, newest first."""
    return _of(engine, true(), limit)


def latest_published(engine: Engine, limit: int) -> list[RunRecord]:
    """The last runs that published something, with their steps, newest first."""
    return _of(engine, runs.c.status == RunStatus.PUBLISHED, limit)


def _of(engine: Engine, which: ColumnElement[bool], limit: int) -> list[RunRecord]:
    with engine.connect() as connection:
        found = connection.execute(select(runs).where(which).order_by(runs.c.run_id.desc()).limit(limit)).all()
        step_rows = connection.execute(
            select(steps).where(steps.c.run_id.in_([row.run_id for row in found])).order_by(steps.c.position)
        ).all()
    return [_record(row, [s for s in step_rows if s.run_id == row.run_id]) for row in found]


def last_with(engine: Engine, status: RunStatus) -> RunRecord | None:
    """The newest run that ended so, or None."""
    query = select(runs.c.run_id).where(runs.c.status == status).order_by(runs.c.run_id.desc()).limit(1)
    with engine.connect() as connection:
        run_id = connection.execute(query).scalar()
    return next(iter(_of(engine, runs.c.run_id == run_id, 1)), None) if run_id is not None else None


def counts(engine: Engine) -> dict[RunStatus, int]:
    """How many runs ended (or stand) so, of all there ever were."""
    query = select(runs.c.status, func.count()).group_by(runs.c.status)
    with engine.connect() as connection:
        found = {RunStatus(status): int(number) for status, number in connection.execute(query)}
    return {status: found.get(status, 0) for status in RunStatus}


def published_fingerprint(engine: Engine) -> str | None:
    """The project's fingerprint at the last run that was published, or None before the first."""
    query = (
        select(runs.c.fingerprint).where(runs.c.status == RunStatus.PUBLISHED).order_by(runs.c.run_id.desc()).limit(1)
    )
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
            StepRecord(s.name, s.seconds, s.rows_in, s.rows_out, s.rows_rejected, s.peak_mb, s.source, bool(s.failed))
            for s in step_rows
        ),
    )
