"""Decisions about pairs of records, written down as facts: who said so, when, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.duckdb import Session
from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table
from kinfolk.engine.step import Compute, Publish
from kinfolk.model.decision import Decision, Verdict
from kinfolk.model.project import Project
from kinfolk.store.write.lease import writer_lease
from kinfolk.tables.decisions import DECISIONS, WITHDRAWN
from kinfolk.tables.identity import DECIDED

_TYPES: dict[str, pa.DataType] = {"varchar": pa.string(), "bigint": pa.int64(), "timestamp": pa.timestamp("us")}


@dataclass(frozen=True)
class Act:
    """Answers given at once, by whom, and why."""

    verdicts: Sequence[Verdict]
    by: str
    note: str | None = None


def write_decisions(
    project: Project, act: Act, check: Callable[[Sequence[Decision]], None], wait_seconds: float = 0
) -> list[Decision]:
    """Publishes the answers as one act, and returns them; the next run obeys them.

    check   called with every decision there would be, in order, before anything is written; it may raise
    Writes  identity.decisions
    Errors  BusyError while a run or another person's decision holds the project
    """
    with writer_lease(project.state, wait_seconds), Session.open(project.state) as session:
        known = every_decision(session)
        made = numbered(known, act)
        check([*known, *made])
        session.run(_step(made))
        session.publish()
    return made


def numbered(known: Sequence[Decision], act: Act) -> list[Decision]:
    """The answers as the decisions that follow those known."""
    first = max((decision.decision_no for decision in known), default=0) + 1
    now = datetime.now(UTC).replace(tzinfo=None)
    return [
        Decision(number, *verdict.pair[0], *verdict.pair[1], verdict.verdict, act.by, now, act.note, first)
        for number, verdict in enumerate(act.verdicts, first)
    ]


def rehearse_decisions(session: Session, act: Act, check: Callable[[Sequence[Decision]], None]) -> list[Decision]:
    """The same in a session that publishes nothing: the steps that follow see the answers as if they were written."""
    known = every_decision(session)
    made = numbered(known, act)
    check([*known, *made])
    session.run(_step([*known, *made], Publish.REPLACE))
    return made


def every_decision(source: Session | Reader) -> list[Decision]:
    """Every decision ever taken, in order."""
    if not source.present(DECISIONS.name):
        return []
    tree = query("select $columns from d order by decision_no", columns=_columns(), d=table(DECISIONS.name))
    rows = source.read(tree).rows if isinstance(source, Reader) else source.fetch(tree)
    return [Decision(*row) for row in rows]


def holding(decisions: Sequence[Decision]) -> list[Decision]:
    """Of decisions in order those that hold: the last on each pair, unless it withdraws."""
    last = {decision.pair: decision for decision in decisions}
    return sorted((d for d in last.values() if d.verdict != WITHDRAWN), key=lambda d: d.decision_no)


def decisions_there(session: Session) -> bool:
    """Whether anybody has decided anything yet, or does so in a rehearsal."""
    return session.present(DECISIONS.name) or DECISIONS.name in session.built


def decisions_wait(session: Session) -> int:
    """Pairs on which people decided something that is not yet in what is published."""
    if not decisions_there(session):
        return 0
    if not session.present(DECIDED.name):  # published by a version that knew of no decisions
        return session.count(DECISIONS.name)
    # Imported here because a project without decisions should not wait for scipy to find nothing to do.
    from kinfolk.stages.identity import news_query

    pairs = "select count(*) from (select distinct source_a, record_id_a, source_b, record_id_b from news) as pairs"
    [(count,)] = session.fetch(query(pairs, news=exp.Subquery(this=news_query(), alias="news")))
    return int(count)


def _step(decisions: Sequence[Decision], publish: Publish = Publish.APPEND) -> Compute:
    schema = pa.schema([(column.name, _TYPES[column.type]) for column in DECISIONS.columns])
    made = pa.Table.from_pylist([asdict(decision) for decision in decisions], schema=schema)
    return Compute({}, {DECISIONS.name: publish}, "Decisions", lambda inputs, tell: {DECISIONS.name: made})


def _columns() -> list[exp.Expression]:
    return [exp.column(field.name) for field in fields(Decision)]
