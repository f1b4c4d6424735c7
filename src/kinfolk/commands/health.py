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
from kinfolk.model.run import RunRecord, RunStatus
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
        for step in run.steps:
            past.setdefault(step.name, []).append(step.seconds)
    return tuple(
        StepHealth(
            name=step.name,
            source=step.source,
            seconds=step.seconds,
            rows=step.rows_out if step.rows_out is not None else step.rows_in,
            usual_seconds=usual(past.get(step.name, []), least=1),
        )
        for step in last.steps
    )


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
