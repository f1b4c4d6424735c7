"""A run: what arrived is landed, staged, resolved and made golden; then all of it is published at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kinfolk.engine.duckdb import Session, StepResult, peak_memory_mb
from kinfolk.engine.sql import query, table
from kinfolk.engine.step import Compute, Exchange, Query, Step
from kinfolk.errors import SourceError
from kinfolk.model.locator import Part
from kinfolk.model.project import Project
from kinfolk.model.run import RunRecord, RunStatus, StepRecord
from kinfolk.model.source import Load, Source
from kinfolk.pipeline.arrivals import Connector, Delivery, Ledger, active_sources, deliveries, read_ledger
from kinfolk.pipeline.columns import check_columns
from kinfolk.pipeline.watch import Silent, Watcher
from kinfolk.stages.landing import (
    READER_COLUMNS,
    Arrival,
    bookkeeping_steps,
    landing_steps,
    layout,
    rejection_row,
    settings,
    unchanged_steps,
)
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import latest, published_fingerprint
from kinfolk.store.write import runs
from kinfolk.store.write.lease import writer_lease
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.landing import NAMES

# A snapshot that lacks more than this share of the records it had is taken for a broken export.
_DELETES_ALLOWED = 0.5
_DELETES_CHECKED_FROM = 10


@dataclass(frozen=True)
class RunOptions:
    """How to run. wait_seconds: for another writer; allow_deletes: sources that may lose most of their records."""

    wait_seconds: float = 0
    allow_deletes: frozenset[str] = frozenset()


@dataclass
class _Run:
    """A run under way: its session, and the steps done so far."""

    project: Project
    connectors: Mapping[str, Connector]
    options: RunOptions
    watcher: Watcher
    session: Session
    records: list[StepRecord] = field(default_factory=list)

    def do(self, steps: Iterable[Step]) -> list[StepResult]:
        """Does the steps in order and records each."""
        return [self._do(step) for step in steps]

    def _do(self, step: Step) -> StepResult:
        started = time.perf_counter()
        if not (isinstance(step, Query) and step.as_view):
            self.watcher.begin(step.title)
        result = self.session.run(step, self.watcher.tell)
        record = StepRecord(
            name=_name(step),
            seconds=round(time.perf_counter() - started, 3),
            rows_in=result.rows_in,
            rows_out=result.rows_out,
            rows_rejected=len(result.rejections),
            peak_mb=peak_memory_mb(),
        )
        if not (isinstance(step, Query) and step.as_view):
            self.records.append(record)
            self.watcher.done(record)
        for words in result.notes:
            self.watcher.note(words)
        return result


def run_project(
    project: Project,
    connectors: Mapping[str, Connector],
    options: RunOptions | None = None,
    watcher: Watcher | None = None,
) -> RunRecord:
    """Runs the project and returns what it did; readers see the state before it or after it, never between.

    Errors  BusyError while another run holds the project; SourceError, EngineError: nothing was published
    """
    options = options or RunOptions()
    with writer_lease(project.state, options.wait_seconds):
        store = open_store(project.state)
        run_id = runs.start(store, project.fingerprint)
        records: list[StepRecord] = []
        try:
            with Session.open(project.state) as session:
                run = _Run(project, connectors, options, watcher or Silent(), session, records)
                status = _run(run, published_fingerprint(store))
        except BaseException as error:
            runs.finish(store, run_id, RunStatus.FAILED, records, str(error) or type(error).__name__)
            raise
        runs.finish(store, run_id, status, records)
        return latest(store, 1)[0]


def _run(run: _Run, fingerprint_before: str | None) -> RunStatus:
    if fingerprint_before is not None:
        run.session.check(MEMBERS.name)
    ledger = read_ledger(run.session)
    due = deliveries(run.project, ledger, run.connectors)
    arrived = tuple(d for d in due if d.parts)
    if not arrived and run.project.fingerprint == fingerprint_before:
        return RunStatus.UNCHANGED
    _check_gone(run)
    # Before anything lands: what these views read of the bookkeeping must be that of the published state.
    run.do(step for d in due if not d.parts for step in unchanged_steps(d.source.name))
    _land(run, arrived, ledger)
    sources = active_sources(run.project)
    for source in sources:
        check_columns(source, _columns(run.session, f"current.{source.name}"))
    # Imported here because a run that finds nothing to do should not wait for scipy.
    from kinfolk.pipeline.order import stages_after_landing

    run.do(stages_after_landing(run.project, sources, run.session))
    started = time.perf_counter()
    run.watcher.begin("Publishing")
    run.session.publish()
    record = StepRecord("publish", round(time.perf_counter() - started, 3), peak_mb=peak_memory_mb())
    run.records.append(record)
    run.watcher.done(record)
    return RunStatus.PUBLISHED


def _land(run: _Run, arrived: tuple[Delivery, ...], ledger: Ledger) -> None:
    """Lands every source that arrived, one load each, and writes down the loads and what was refused."""
    loads: list[tuple[object, ...]] = []
    rejections: list[tuple[object, ...]] = []
    record_no = ledger.next_record_no
    loaded_at = datetime.now(UTC)
    for load_id, delivery in enumerate(arrived, start=ledger.next_load_id):
        source = delivery.source
        results = run.do(_read(run, source, part) for part in delivery.parts)
        read = sum(result.rows_out or 0 for result in results)
        incoming = run.session.columns(f"incoming.{source.name}")
        columns = tuple(c for c in incoming if c not in READER_COLUMNS)
        check_columns(source, columns, alternatives=True)
        published = run.session.present(f"landing.{source.name}")
        arrival = Arrival(
            source, load_id, loaded_at, columns, record_no, read, published, published and ledger.relaid(source)
        )
        run.do(landing_steps(arrival))
        record_no += read + _check_deletes(run, arrival)
        refused = _refused(run, source)
        for part, result in zip(delivery.parts, results, strict=True):
            rejections += [rejection_row(source.name, load_id, part.name, r) for r in result.rejections]
            how = (part.fingerprint, layout(source), settings(source), loaded_at.replace(tzinfo=None))
            counts = (result.rows_in, len(result.rejections) + refused.get(part.name, 0), record_no)
            loads.append((load_id, source.name, part.name, *how, *counts))
    if arrived:
        run.do(bookkeeping_steps(tuple(d.source.name for d in arrived), loads, rejections))


def _read(run: _Run, source: Source, part: Part) -> Exchange:
    connector = run.connectors[source.connector]
    return Exchange(
        f"incoming.{source.name}",
        f"Reading {part.name}",
        source.name,
        part.name,
        lambda: connector.open(source, part),
    )


def _check_deletes(run: _Run, arrival: Arrival) -> int:
    """Rows of this load that are deletions. Errors: SourceError when they are most of a snapshot."""
    source = arrival.source
    if not arrival.published or not (source.load is Load.SNAPSHOT or arrival.relaid):
        return 0
    landed = table(f"landing.{source.name}")
    [(deleted,)] = run.session.fetch(query("select count(*) from landed where _change = 'deleted'", landed=landed))
    before = run.session.count(f"before.{source.name}")
    # Where ids are made by a new rule every record is new, so only how many there are can be compared.
    gone = max(before - run.session.count(f"arriving.{source.name}"), 0) if arrival.relaid else deleted
    too_many = before >= _DELETES_CHECKED_FROM and gone > before * _DELETES_ALLOWED
    if too_many and source.load is Load.SNAPSHOT and source.name not in run.options.allow_deletes:
        raise SourceError(
            f"{gone} of the {before} records of {source.name} are no longer in its data, "
            "which looks like a broken export. Nothing was changed.",
            where=str(source.place),
            hint=f"If they are really gone, run with --allow-deletes {source.name}.",
        )
    return int(deleted)


def _check_gone(run: _Run) -> None:
    """Errors: SourceError when a source of many people is no longer part of the project and nobody allowed it."""
    if not run.session.present(MEMBERS.name):
        return
    known = {source.name for source in run.project.sources} | run.options.allow_deletes
    members = query("select source, count(*) from members group by source order by source", members=table(MEMBERS.name))
    for name, records in run.session.fetch(members):
        if name not in known and records >= _DELETES_CHECKED_FROM:
            raise SourceError(
                f"The source {name}, with {records} records of people, is no longer part of the project. "
                "Nothing was changed.",
                where="sources/",
                hint=f"Put its file back; or, if they are really to go, run with --allow-deletes {name}.",
            )


def _refused(run: _Run, source: Source) -> dict[str, int]:
    """Rows that were read and not landed, by part."""
    refused = table(f"refused.{source.name}")
    return dict(run.session.fetch(query("select part, count(*) from refused group by part", refused=refused)))


def _columns(session: Session, name: str) -> tuple[str, ...]:
    return tuple(c for c in session.columns(name) if c.lower() not in NAMES)


def _name(step: Step) -> str:
    if isinstance(step, Exchange):
        return f"read.{step.part}"
    if isinstance(step, Compute):
        return next(iter(step.writes))
    return step.writes
