"""How the pipeline is doing: per source and step, the last time beside what is usual, and the last failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table
from kinfolk.model.interval import interval
from kinfolk.model.monitoring import (
    LOOKED_BACK,
    Health,
    LastFailure,
    SourceHealth,
    StepHealth,
    behind,
    usual,
)
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, RunStatus, StepRecord
from kinfolk.model.source import Source
from kinfolk.store.read import runs
from kinfolk.tables import landing


@dataclass(frozen=True)
class Loaded:
    """One load of one source."""

    at: datetime
    rows: int
    rejected: int


def health(project: Project, store: Engine, reader: Reader | None, now: datetime | None = None) -> Health:
    """How every source and step is doing at `now`. reader: None while nothing is published."""
    now = now or datetime.now(UTC)
    loads = _loads(reader) if reader else {}
    good = [run for s in (RunStatus.PUBLISHED, RunStatus.UNCHANGED) if (run := runs.last_with(store, s))]
    success = max((run.finished_at for run in good if run.finished_at), default=None)
    return Health(
        tuple(_source(source, loads.get(source.name, []), success, now) for source in project.sources),
        _steps(runs.latest_published(store, LOOKED_BACK + 1)),
        _last_failure(store, max((run.run_id for run in good), default=0)),
    )


def _source(source: Source, loads: Sequence[Loaded], success: datetime | None, now: datetime) -> SourceHealth:
    last = loads[0] if loads else None
    lag = now - last.at if last else None
    watched = source.status == "active"
    every = interval(source.refresh) if source.refresh and watched else None
    return SourceHealth(
        name=source.name,
        status=source.status,
        refresh=source.refresh,
        last_success=success if last else None,
        last_load=last.at if last else None,
        lag=lag,
        behind=behind(lag, every),
        rows=last.rows if last else None,
        rejected=last.rejected if last else None,
        usual_rows=usual([load.rows for load in loads[1:]], least=10),
    )


def _steps(published: Sequence[RunRecord]) -> tuple[StepHealth, ...]:
    """Every step of the last published run, beside the same step of the runs before it."""
    if not published:
        return ()
    last, before = published[0], published[1:]
    past: dict[str, list[float]] = {}
    for run in before:
        for name, records in _by_name(run).items():
            past.setdefault(name, []).append(sum(record.seconds for record in records))
    return tuple(
        StepHealth(
            name=name,
            source=records[0].source,
            seconds=round(sum(record.seconds for record in records), 3),
            rows=_rows(records),
            usual_seconds=usual(past.get(name, []), least=1),
        )
        for name, records in _by_name(last).items()
    )


def _by_name(run: RunRecord) -> dict[str, list[StepRecord]]:
    """The run's steps by name; all files of a source are one step, for tomorrow they may be called otherwise."""
    found: dict[str, list[StepRecord]] = {}
    for step in run.steps:
        name = f"read.{step.source}" if step.name.startswith("read.") and step.source else step.name
        found.setdefault(name, []).append(step)
    return found


def _rows(records: Sequence[StepRecord]) -> int | None:
    counted = [rows for r in records if (rows := r.rows_in if r.rows_out is None else r.rows_out) is not None]
    return sum(counted) if counted else None


def _last_failure(store: Engine, last_good: int) -> LastFailure | None:
    run = runs.last_with(store, RunStatus.FAILED)
    if run is None:
        return None
    step = run.failed_step
    return LastFailure(
        run_id=run.run_id,
        at=run.finished_at or run.started_at,
        step=step.name if step else None,
        source=step.source if step else None,
        cause=run.error or "",
        over=last_good > run.run_id,
    )


def _loads(reader: Reader) -> dict[str, list[Loaded]]:
    """The last loads of each source, newest first."""
    if not reader.present(landing.LOADS.name):
        return {}
    tree = query(
        "select source, max(loaded_at), sum(rows)::bigint, sum(rejected)::bigint from loads group by source, load_id "
        "qualify row_number() over (partition by source order by load_id desc) <= $most order by source, load_id desc",
        loads=table(landing.LOADS.name),
        most=LOOKED_BACK + 1,
    )
    found: dict[str, list[Loaded]] = {}
    for source, at, rows, rejected in reader.read(tree).rows:
        found.setdefault(source, []).append(Loaded(at.replace(tzinfo=UTC), rows, rejected))
    return found
