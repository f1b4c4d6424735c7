"""The runs of a project."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, select, true

from kinfolk.model.run import RunRecord, RunStatus, StepRecord
from kinfolk.store.processes import still_at_it
from kinfolk.store.schema import runs, steps

DIED = "The process ended before the run did."


def latest(engine: Engine, limit: int = 10, before: int | None = None) -> list[RunRecord]:
    """The last runs with their steps, newest first. A run whose process is gone has failed.

    before  only those with a lower number
    """
    return _of(engine, true() if before is None else runs.c.run_id < before, limit)


def of_number(engine: Engine, run_id: int) -> RunRecord | None:
    """The run of that number with its steps; None when there is none."""
    return next(iter(_of(engine, runs.c.run_id == run_id, 1)), None)


def latest_published(engine: Engine, limit: int) -> list[RunRecord]:
    """The last runs that published something, with their steps, newest first."""
    return _of(engine, runs.c.status == RunStatus.PUBLISHED, limit)


def _of(engine: Engine, which: ColumnElement[bool], limit: int) -> list[RunRecord]:
    with engine.connect() as connection:
        found = connection.execute(select(runs).where(which).order_by(runs.c.run_id.desc()).limit(limit)).all()
        step_rows = connection.execute(
            select(steps).where(steps.c.run_id.in_([row.run_id for row in found])).order_by(steps.c.position)
        ).all()
    return [_as_it_is(row, _record(row, [s for s in step_rows if s.run_id == row.run_id])) for row in found]


def last_with(engine: Engine, status: RunStatus) -> RunRecord | None:
    """The newest run that ended so, or None."""
    query = select(runs.c.run_id).where(runs.c.status == status).order_by(runs.c.run_id.desc()).limit(1)
    with engine.connect() as connection:
        run_id = connection.execute(query).scalar()
    return of_number(engine, run_id) if run_id is not None else None


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


def published_runs(engine: Engine, among: Collection[int] | None = None) -> list[RunRecord]:
    """Every run that published a state, oldest first, without its steps; among: only those with one of these numbers"""
    query = select(runs).where(runs.c.status == RunStatus.PUBLISHED).order_by(runs.c.run_id)
    if among is not None:
        query = query.where(runs.c.run_id.in_(among))
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
    counts = (row.rows_in, row.rows_out, row.rows_rejected)
    return StepRecord(row.name, row.seconds, *counts, row.peak_mb, row.source, bool(row.failed))


def _record(row: Row[tuple[object, ...]], step_rows: list[Row[tuple[object, ...]]]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        status=RunStatus(row.status),
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        steps=tuple(_step(row) for row in step_rows),
        snapshot_id=row.snapshot_id,
        gone_because=row.gone_because,
    )
