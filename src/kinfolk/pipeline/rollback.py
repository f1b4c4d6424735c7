"""Rollback: the state of an earlier run is published again, as a new state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kinfolk.engine.duckdb import Session
from kinfolk.engine.past import EARLIER, Difference, Past, of_state
from kinfolk.engine.sql import query
from kinfolk.engine.step import Publish, Query
from kinfolk.model.history import Label, State
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions, RunRecord, RunStatus
from kinfolk.pipeline.arrivals import active_sources, silent_sources
from kinfolk.pipeline.consents import consents
from kinfolk.pipeline.outliving import outliving_steps
from kinfolk.pipeline.recovery import recover
from kinfolk.pipeline.watch import Silent
from kinfolk.pipeline.work import Work
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import latest
from kinfolk.store.write import runs
from kinfolk.store.write.lease import writer_lease
from kinfolk.tables.consents import TABLES as CONSENTS
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.profiles import CUSTOMERS


def roll_back(project: Project, target: State, wait_seconds: float = 0) -> RunRecord:
    """Publishes the state of `target` anew, in one transaction; the states since stay until they expire.

    The loads go back with it, so the next run takes in again what came since. Facts that outlive a rollback are kept.

    Errors  BusyError while a run is writing; EngineError: nothing was published
    """
    with writer_lease(project.state, wait_seconds):
        store = open_store(project.state)
        run_id = runs.start(store, target.label.fingerprint)
        work: Work | None = None
        try:
            with Session.open(project.state) as session:
                run_id = recover(session, store, run_id)
                work = Work(project, {}, RunOptions(), Silent(), session)
                label = Label(run_id, target.label.fingerprint, {}, target.run_id)
                past = Past.attach(
                    session.connection, project.state, target.snapshot_id, session.based_on() or target.snapshot_id
                )
                _bring_back(work, past, label)
                session.publish(label, (MEMBERS.name, CUSTOMERS.name))
                runs.published(store, session.states()[-1:])
        except BaseException as error:
            runs.fail(store, run_id, work.records if work else [], error)
            raise
        runs.finish(store, run_id, RunStatus.PUBLISHED, work.records)
        return latest(store, 1)[0]


def _bring_back(work: Work, past: Past, label: Label) -> None:
    facts = list(outliving_steps(past, label))
    work.do(facts)
    anew = {fact.writes for fact in facts} | {described.name for described in CONSENTS}
    differences = [d for d in past.differences() if d.table not in anew]
    work.do(_restoring_steps(differences))
    # What people said in the meantime is not taken back, so it is worked out for the customers brought back.
    sources = (*active_sources(work.project), *silent_sources(work.project, work.session))
    work.do(consents(work.project, sources, work.session))
    work.session.dropped |= {d.table: "TABLE" for d in differences if d.view is None and d.rows_then is None}
    work.session.dropped |= dict.fromkeys(past.views_since(), "VIEW")


def _restoring_steps(differences: Sequence[Difference]) -> Iterator[Query]:
    """Tables first, because a view is made over them."""
    for found in differences:
        if found.rows_then is not None:
            tree = query("select * from earlier", earlier=of_state(EARLIER, found.table))
            yield Query(found.table, tree, f"Bringing back {found.table}", Publish.REPLACE, as_view=True)
    for found in differences:
        if found.view is not None:
            yield Query(found.table, found.view, f"Bringing back {found.table}", Publish.VIEW)
