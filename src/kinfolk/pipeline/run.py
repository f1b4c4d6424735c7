"""A run: what arrived is landed, staged, resolved and made golden; then all of it is published at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from kinfolk.engine.duckdb import Session
from kinfolk.errors import about
from kinfolk.model.history import Label
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions, RunRecord, RunStatus, StepRecord
from kinfolk.pipeline import spool
from kinfolk.pipeline.arrivals import Connector, active_sources, deliveries, read_ledger, silent_sources
from kinfolk.pipeline.borrowed import check_landed, landed_elsewhere, landed_steps, moved_on
from kinfolk.pipeline.columns import check_columns
from kinfolk.pipeline.consents import check_objections, consents_wait, uncounted
from kinfolk.pipeline.decisions import decisions_wait
from kinfolk.pipeline.finding import check_engine, finding
from kinfolk.pipeline.ground import check_ground
from kinfolk.pipeline.land import check_allowed, check_gone, land, landed
from kinfolk.pipeline.learning import not_learned
from kinfolk.pipeline.ledger import check_ledger
from kinfolk.pipeline.recovery import recover
from kinfolk.pipeline.replay import with_replay
from kinfolk.pipeline.retention import tidy
from kinfolk.pipeline.visitors import with_visitors
from kinfolk.pipeline.watch import Silent, Watcher
from kinfolk.pipeline.work import Work, mark_failed
from kinfolk.project.definition import definition
from kinfolk.stages.landing import unchanged_steps
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import latest, published_fingerprint
from kinfolk.store.write import runs
from kinfolk.store.write.lease import writer_lease
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.landing import NAMES


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
    check_engine(project)
    check_landed(project)
    check_ledger(project)
    with writer_lease(project.state, options.wait_seconds):
        store = open_store(project.state)
        run_id = runs.start(store, project.fingerprint, definition(project))
        records: list[StepRecord] = []
        watcher = watcher or Silent()
        watcher.run_began(run_id, project)
        try:
            with Session.open(project.state, project.landing) as session, finding(project, session):
                run_id = recover(session, store, run_id)
                work = Work(project, connectors, options, watcher, session, records, run_id)
                status = prepare(work, published_fingerprint(store))
                if session.pending:  # of an unchanged run at most which files it has seen
                    work.publish(_label(work, run_id) if status is RunStatus.PUBLISHED else None)
                if status is RunStatus.PUBLISHED:
                    runs.published(store, session.states()[-1:])
                    tidy(work, store)
        except BaseException as error:
            mark_failed(records, error)
            runs.fail(store, run_id, records, error)
            watcher.run_ended(latest(store, 1)[0], error)
            raise
        runs.finish(store, run_id, status, records)
        spool.clear(project.state)
        record = latest(store, 1)[0]
        watcher.run_ended(record)
        return record


def prepare(work: Work, fingerprint_before: str | None) -> RunStatus:
    """Builds every table of the run in the session and publishes none. UNCHANGED when no result will be another.

    fingerprint_before  of the project as it was last published, None before the first run
    """
    if fingerprint_before is not None:
        work.session.check(MEMBERS.name)
    ledger = read_ledger(work.session)
    if work.options.full:
        ledger = ledger.without_cursors()
        if work.keeps_received:
            spool.clear(work.keeps_received)
    check_allowed(work, ledger)
    due = landed_elsewhere(work) if work.project.landing else deliveries(work.project, ledger, work.connectors)
    due = with_visitors(work, with_replay(work, due), ledger)
    work.arrived = tuple(d for d in due if d.due)
    check_ground(work)
    same_rules = work.project.fingerprint == fingerprint_before and not work.options.full
    same_rules = same_rules and not moved_on(work.session)
    said = decisions_wait(work.session) or consents_wait(work.project, work.session)
    if same_rules and not work.arrived and not said:
        return RunStatus.UNCHANGED
    check_gone(work)
    silent = silent_sources(work.project, work.session)
    sources = (*active_sources(work.project), *silent)
    check_objections(work, sources)
    # Before anything lands: what these views read of the bookkeeping must be that of the published state.
    unchanged = (*(d.source for d in due if not d.due), *silent)
    work.do(step for source in unchanged for step in unchanged_steps(source.name))
    land(work, work.arrived, ledger)
    work.do(landed_steps(work))
    for source in sources:
        with about(source.name):
            check_columns(source, _columns(work.session, f"current.{source.name}"))
    changed = [d.source for d in work.arrived if work.session.count(f"landing.{d.source.name}")]
    if same_rules and not changed and not said:
        return RunStatus.UNCHANGED
    # Imported here because a run that finds nothing to do should not wait for scipy.
    from kinfolk.pipeline import changes, models, order
    from kinfolk.stages.identity.events import Occasion

    rules_changed = work.project.fingerprint != fingerprint_before
    occasion = Occasion(work.run_id, datetime.now(UTC).replace(tzinfo=None), rules_changed)
    if same_rules and changes.can_follow(work.session, sources):
        work.do(changes.stages_after_changes(work.project, work.session, sources, changed, occasion))
    else:
        work.do(order.stages_after_landing(work.project, sources, work.session, occasion))
    for words in not_learned(work.session):
        work.watcher.note(f"Matching: {words}")
    for words in uncounted(work.session):
        work.watcher.note(words)
    models.build_models(work)
    return RunStatus.PUBLISHED


def _label(work: Work, run_id: int) -> Label:
    """By which the published state is found later."""
    return Label(run_id, work.project.fingerprint, landed(work.session))


def _columns(session: Session, name: str) -> tuple[str, ...]:
    return tuple(c for c in session.columns(name) if c.lower() not in NAMES)
