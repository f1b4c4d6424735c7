"""What decisions would change, found out without taking them: customers, profiles, and what customers did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlglot import exp

from kinfolk.engine.compare import published
from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, table
from kinfolk.model.decision import ActivityMove, Decision, RecordMove, Rehearsed, ValueMove
from kinfolk.model.project import Project
from kinfolk.model.run import RunOptions
from kinfolk.pipeline.arrivals import Connector
from kinfolk.pipeline.borrowed import check_landed
from kinfolk.pipeline.decisions import Act, rehearse_decisions
from kinfolk.pipeline.finding import check_engine, finding
from kinfolk.pipeline.ledger import check_ledger
from kinfolk.pipeline.plan import Rehearsal
from kinfolk.pipeline.run import prepare
from kinfolk.pipeline.watch import Silent
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import published_fingerprint
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.profiles import ACTIVITY, CUSTOMERS

_SHOWN = 20


def rehearse(
    project: Project, connectors: Mapping[str, Connector], act: Act, check: Callable[[Sequence[Decision]], None]
) -> Rehearsed:
    """What the next run would change if these answers were given first; nothing is written.

    Errors  whatever `check` raises; what a run would stop at
    """
    check_engine(project)
    check_landed(project)
    check_ledger(project)
    store = open_store(project.state)
    try:
        fingerprint = published_fingerprint(store)
    finally:
        store.dispose()
    with (
        Session.behold(project.state, project.landing) as session,
        finding(project, session, leaves_no_trace=True),
    ):
        made = rehearse_decisions(session, act, check)
        prepare(Rehearsal(project, connectors, RunOptions(), Silent(), session), fingerprint)
        records = _records(session)
        customers = {customer for move in records for customer in (move.before, move.after) if customer}
        return Rehearsed(tuple(made), records, _values(session, sorted(customers)), tuple(_activity(session)))


def _records(session: Session) -> tuple[RecordMove, ...]:
    tree = query(
        "select coalesce(b.source, a.source) || ':' || coalesce(b.record_id, a.record_id) as record, "
        "b.customer_id, a.customer_id from before b full join after a "
        "on a.source = b.source and a.record_id = b.record_id "
        "where a.customer_id is distinct from b.customer_id order by record",
        before=published(MEMBERS.name),
        after=table(MEMBERS.name),
    )
    return tuple(RecordMove(*row) for row in session.fetch(tree))


def _values(session: Session, customers: Sequence[str]) -> tuple[ValueMove, ...]:
    """Golden values of these customers that would be others."""
    before, after = (
        _profiles(session, where, customers) for where in (published(CUSTOMERS.name), table(CUSTOMERS.name))
    )
    return tuple(
        ValueMove(customer, field, was, will)
        for customer in customers
        for field in dict.fromkeys([*before.get(customer, {}), *after.get(customer, {})])
        if (was := before.get(customer, {}).get(field)) != (will := after.get(customer, {}).get(field))
    )


def _profiles(session: Session, where: exp.Table, customers: Sequence[str]) -> dict[str, dict[str, str | None]]:
    tree = query("select * from c where customer_id in ($ids)", c=where, ids=[*customers, None])
    return {
        row["customer_id"]: {name: _text(value) for name, value in row.items() if name != "customer_id"}
        for row in session.arrow(tree).to_pylist()
    }


def _activity(session: Session) -> list[ActivityMove]:
    moves = []
    for kind, described in ACTIVITY.items():
        if not session.present(described.name) or described.name not in session.built:
            continue
        tree = query(
            "select b.source || ':' || b.record_id as id from before b join after a "
            "on a.source = b.source and a.record_id = b.record_id "
            "where a.customer_id is distinct from b.customer_id order by id",
            before=published(described.name),
            after=table(described.name),
        )
        ids = [row[0] for row in session.fetch(tree)]
        if ids:
            moves.append(ActivityMove(kind, len(ids), tuple(ids[:_SHOWN])))
    return moves


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
