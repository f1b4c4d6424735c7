"""A plan: everything a run does except publishing it, and what it would have published beside what is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kinfolk.engine.compare import effects
from kinfolk.engine.duckdb import Session, StepResult
from kinfolk.engine.sql import query, table
from kinfolk.engine.step import Exchange, Query, Step
from kinfolk.model.change import Change
from kinfolk.model.plan import Arrived, Plan, PlannedStep, TableEffect
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions, StepRecord
from kinfolk.pipeline.arrivals import Connector
from kinfolk.pipeline.borrowed import check_landed
from kinfolk.pipeline.decisions import decisions_wait
from kinfolk.pipeline.estimate import Past, expected_seconds
from kinfolk.pipeline.fates import customer_effect
from kinfolk.pipeline.finding import check_engine, finding
from kinfolk.pipeline.ground import ground
from kinfolk.pipeline.ledger import check_ledger
from kinfolk.pipeline.people import People, people_of
from kinfolk.pipeline.reasons import listed, reasons, writes
from kinfolk.pipeline.run import prepare
from kinfolk.pipeline.watch import Silent, Watcher
from kinfolk.pipeline.work import Work
from kinfolk.project.changes import changes
from kinfolk.store.database import exists, open_store
from kinfolk.store.read.runs import deployed_definition, published_fingerprint, step_history
from kinfolk.tables import landing, models
from kinfolk.tables.decisions import DECISIONS

# What makes two rows the same row, for every table that is promised.
KEYS = {described.name: described.keys for described in (*models.READABLE.values(), *models.TABLES)}


@dataclass
class Rehearsal(Work):
    """A run that is not going to be published, and remembers its steps."""

    steps: list[Step] = field(default_factory=list)

    @property
    def keeps_received(self) -> Path | None:
        """Nowhere: a plan leaves nothing behind."""
        return None

    def _do(self, step: Step) -> StepResult:
        self.steps.append(step)
        return super()._do(step)


@dataclass(frozen=True)
class Planned:
    """A plan, and the names of the people in its examples: for the terminal alone, never for a file."""

    plan: Plan
    people: People


@dataclass(frozen=True)
class _LastTime:
    """What past runs wrote down: all of it empty before the first."""

    definition: str | None = None
    fingerprint: str | None = None
    steps: Past = field(default_factory=dict)


def plan_project(
    project: Project,
    connectors: Mapping[str, Connector],
    options: RunOptions | None = None,
    watcher: Watcher | None = None,
) -> Planned:
    """What a run of the project would do. Needs no lease, changes nothing, leaves nothing behind.

    Errors  whatever the run would stop at: SourceError, EngineError
    """
    options = options or RunOptions()
    check_engine(project)
    check_landed(project)
    check_ledger(project)
    before = _last_time(project.state)
    changed = tuple(changes(before.definition, project)) if before.definition else ()
    with (
        Session.behold(project.state, project.landing) as session,
        finding(project, session, leaves_no_trace=True),
    ):
        work = Rehearsal(project, connectors, options, watcher or Silent(), session)
        waiting = decisions_wait(session)
        prepare(work, before.fingerprint)
        base = ground(work)
        known = before.definition is not None or before.fingerprint is None
        if not session.pending:
            return Planned(Plan(base, known, changed, _breaking(changed, ())), People())
        keys = {**KEYS, **{model.table: model.keys for model in project.models}}
        tables = tuple(_owned(_read_by(effects(session, keys), work.steps), project))
        customers = customer_effect(session)
        steps = _steps(work, changed, tables, before.steps, decisions=waiting)
        plan = Plan(
            base,
            known,
            changed,
            _breaking(changed, tables),
            tuple(_arrived(work)),
            steps,
            round(sum(step.seconds for step in steps), 3),
            tables,
            customers,
            waiting,
        )
        return Planned(plan, people_of(session, customers))


def _last_time(state: Path) -> _LastTime:
    if not exists(state):
        return _LastTime()
    store = open_store(state)
    try:
        return _LastTime(deployed_definition(store), published_fingerprint(store), step_history(store))
    finally:
        store.dispose()


def _breaking(changed: Sequence[Change], tables: Sequence[TableEffect]) -> tuple[str, ...]:
    said = [f"{change.what} {change.kind}: {change.why}" for change in changed if change.breaking]
    for effect in tables:
        if effect.gone:
            said.append(f"{effect.table} is no longer published" + _readers(effect))
        for column in effect.columns_removed:
            said.append(f"{effect.table} loses its column {column}" + _readers(effect))
        said += [f"{effect.table} gets another type in {column}" + _readers(effect) for column in effect.retyped]
    return tuple(said)


def _readers(effect: TableEffect) -> str:
    """Who would miss it: what people read, where there is any of that, else what the stages read."""
    outer = [
        name for name in effect.read_by if not name.startswith(("staging.", "identity.", "catalogue.", "quality."))
    ]
    readers = outer or list(effect.read_by)
    return f" (read by {listed(readers)})" if readers else ""


def _read_by(tables: Sequence[TableEffect], steps: Sequence[Step]) -> list[TableEffect]:
    """The same tables, each with the published ones made from it, by whatever way."""
    made_from: dict[str, set[str]] = {}
    for step in steps:  # in order: what a step reads is complete before it
        roots = {root for name in step.reads for root in (name, *made_from.get(name, ()))}
        for name in writes(step):
            made_from.setdefault(name, set()).update(roots.difference(writes(step)))
    named = [effect.table for effect in tables]
    return [
        replace(effect, read_by=tuple(t for t in named if effect.table in made_from.get(t, ()) and t != effect.table))
        for effect in tables
    ]


def _owned(tables: Sequence[TableEffect], project: Project) -> list[TableEffect]:
    owners = {f"landing.{source.name}": source.owner for source in project.sources}
    owners |= {model.table: model.owner for model in project.models}
    return [replace(effect, owner=owners.get(effect.table)) for effect in tables]


def _steps(
    work: Rehearsal, changed: Sequence[Change], tables: Sequence[TableEffect], past: Past, *, decisions: int
) -> tuple[PlannedStep, ...]:
    """The steps that take time, in order; views cost nothing until they are read."""
    unchanged = [effect.table for effect in tables if not effect.touched]
    why = reasons(work.steps, changed, unchanged, [DECISIONS.name] if decisions else [])
    timed = [(s, w) for s, w in zip(work.steps, why, strict=True) if not (isinstance(s, Query) and s.as_view)]
    planned = [
        PlannedStep(record.name, step.title, reason, record.rows_out, expected_seconds(record, past), _source(step))
        for (step, reason), record in zip(timed, work.records, strict=True)
    ]
    publish = StepRecord("publish", 0.0, rows_out=sum(e.added + e.changed for e in tables))
    seconds = expected_seconds(publish, past)
    return (*planned, PlannedStep("publish", "Publishing", "all of it becomes visible at once", None, seconds))


def _source(step: Step) -> str | None:
    return step.source if isinstance(step, Exchange) else None


def _arrived(work: Rehearsal) -> list[Arrived]:
    """One entry for each source, from what the run wrote down of its loads."""
    return [_arrived_of(work.session, delivery.source.name) for delivery in work.arrived]


def _arrived_of(session: Session, source: str) -> Arrived:
    loads = query(
        "select list(part order by part), sum(rows)::bigint, sum(rejected)::bigint from loads where source = $source",
        loads=table(landing.LOADS.name),
        source=source,
    )
    [(parts, rows, refused)] = session.fetch(loads)
    landed = table(f"landing.{source}")
    tally = dict(session.fetch(query("select _change, count(*) from landed group by _change", landed=landed)))
    added, changed, deleted = (tally.get(change, 0) for change in ("added", "changed", "deleted"))
    return Arrived(source, tuple(parts), rows, added, changed, deleted, refused)
