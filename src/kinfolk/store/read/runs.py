"""The runs of a project."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, Row, func, select

from kinfolk.model.run import RunRecord, RunStatus, StepRecord
from kinfolk.store.processes import still_at_it
from kinfolk.store.schema import runs, steps

DIED = "The process ended before the run did."


def latest(engine: Engine, limit: int = 10) -> list[RunRecord]:
    """The last runs with their steps, newest first. A run whose process is gone has failed."""
    with engine.connect() as connection:
        found = connection.execute(select(runs).order_by(runs.c.run_id.desc()).limit(limit)).all()
        step_rows = connection.execute(
            select(steps).where(steps.c.run_id.in_([row.run_id for row in found])).order_by(steps.c.position)
        ).all()
    return [_as_it_is(row, _record(row, [s for s in step_rows if s.run_id == row.run_id])) for row in found]


def published_fingerprint(engine: Engine) -> str | None:
    """The project's fingerprint at the last run that was published, or None before the first."""
    query = (
        select(runs.c.fingerprint).where(runs.c.status == RunStatus.PUBLISHED).order_by(runs.c.run_id.desc()).limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def deployed_definition(engine: Engine) -> str | None:
    """What the project said at the last run that was published or found nothing to do; None where no run kept it."""
    in_force = select(func.max(runs.c.run_id)).where(runs.c.status.in_([RunStatus.PUBLISHED, RunStatus.UNCHANGED]))
    # A run whose project said what it said before keeps no definition of its own.
    query = (
        select(runs.c.definition)
        .where(runs.c.run_id <= in_force.scalar_subquery(), runs.c.definition.is_not(None))
        .order_by(runs.c.run_id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def step_history(engine: Engine, limit: int = 10) -> dict[str, list[StepRecord]]:
    """How each step went in the last published runs: its name -> its records, newest first."""
    found: dict[str, list[StepRecord]] = {}
    newest = select(runs.c.run_id).where(runs.c.status == RunStatus.PUBLISHED).order_by(runs.c.run_id.desc())
    query = select(steps).where(steps.c.run_id.in_(newest.limit(limit))).order_by(steps.c.run_id.desc())
    with engine.connect() as connection:
        for row in connection.execute(query):
            found.setdefault(row.name, []).append(_step(row))
    return found


def _step(row: Row[Any]) -> StepRecord:
    return StepRecord(row.name, row.seconds, row.rows_in, row.rows_out, row.rows_rejected, row.peak_mb)


def published_runs(engine: Engine) -> list[RunRecord]:
    """Every run that published a state, oldest first, without its steps."""
    query = select(runs).where(runs.c.status == RunStatus.PUBLISHED).order_by(runs.c.run_id)
    with engine.connect() as connection:
        return [_record(row, []) for row in connection.execute(query)]


def ended_well(engine: Engine, before: int) -> bool:
    """Whether the last run before that one came to its end; also when there is none."""
    query = select(runs.c.status).where(runs.c.run_id < before).order_by(runs.c.run_id.desc()).limit(1)
    with engine.connect() as connection:
        status = connection.execute(query).scalar()
    return status in (None, RunStatus.PUBLISHED, RunStatus.UNCHANGED)


def _as_it_is(row: Row[tuple[object, ...]], record: RunRecord) -> RunRecord:
    if record.status is RunStatus.RUNNING and not still_at_it(row.process_id, row.host, row.started_at):
        return replace(record, status=RunStatus.FAILED, error=DIED)
    return record


def _record(row: Row[tuple[object, ...]], step_rows: list[Row[tuple[object, ...]]]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        status=RunStatus(row.status),
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        steps=tuple(_step(s) for s in step_rows),
        snapshot_id=row.snapshot_id,
        gone_because=row.gone_because,
    )
