"""Consents in a run: what people said, from the ledger into consent.state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, rows, table, union_by_name
from kinfolk.engine.step import Compute, Publish, Query, Step
from kinfolk.errors import SourceError
from kinfolk.model.consent import FORBIDDING, ConsentPolicy
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.work import Work
from kinfolk.stages.consents import LEDGER, SAID, consent_steps, said_in_files
from kinfolk.store.database import exists, open_store
from kinfolk.store.read.consents import Head, head, named_facts
from kinfolk.tables.consents import COUNTED, STATE, TABLES, UNCOUNTED
from kinfolk.tables.events import EVENTS
from kinfolk.tables.staging import ACTIVITY

_CONSENTS = ACTIVITY["consents"].name
_KEYS = ("email", "phone")  # the kinds of subject of the ledger beside records
_TYPES: dict[str, pa.DataType] = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "timestamp": pa.timestamp("us"),
    "boolean": pa.bool_(),
}


def consents(project: Project, sources: Sequence[Source], session: Session) -> Iterator[Step]:
    """Steps that make consent.state anew; what a policy that is gone left behind goes too."""
    if project.consent is None:
        for described in TABLES:
            if session.present(described.name):
                empty = query("select * from t limit 0", t=table(described.name))
                yield Query(described.name, empty, f"No more {described.name}", Publish.DROP, as_view=True)
        return
    found = _head(project)
    now = datetime.now(UTC).replace(tzinfo=None)  # the later of the two: what the ledger has is not still to come
    yield _ledger(project, project.consent, found.entries)
    files = _zones(sources) if _there(session, _CONSENTS) else None
    yield from consent_steps(project.consent, kinds(sources), now, files, _events(session))
    counted = rows(COUNTED.types, [(found.entries, found.chain, found.named, now)])
    yield Query(COUNTED.name, counted, "What of the ledger counts", Publish.REPLACE)


def declared_steps(project: Project, sources: Sequence[Source]) -> Iterator[Step]:
    """The same steps without a ledger, as the project declares them."""
    if project.consent is not None:
        none = rows(EVENTS.types, [])
        yield from consent_steps(project.consent, kinds(sources), datetime.min, _zones(sources), none)


def kinds(sources: Sequence[Source]) -> tuple[str, ...]:
    """Columns by which facts name people."""
    by_files = (s.belongs_to.key for s in sources if s.mapping("consents") and s.belongs_to and s.belongs_to.key)
    return tuple(dict.fromkeys((*_KEYS, *by_files)))


def consents_wait(project: Project, session: Session) -> int:
    """What was said, forgotten or ran out since consent.state was made."""
    if project.consent is None:
        return 0
    if not (session.present(STATE.name) and session.present(COUNTED.name)):
        return 1
    if "link" not in session.columns(COUNTED.name):  # of a state from before links were counted
        return 1
    found, now = _head(project), datetime.now(UTC).replace(tzinfo=None)
    told = query("select entries, link, named, counted_at from counted", counted=table(COUNTED.name))
    [(known, link, named, counted_at)] = session.fetch(told)
    moments = [query("select expires_at as moment from s", s=table(STATE.name))]
    if session.present(_CONSENTS):
        moments.append(query("select coalesce(decided_at, observed_at) as moment from c", c=table(_CONSENTS)))
    due = query(
        "select count(*) from ($moments) as m where moment > $counted_at and moment <= $now",
        moments=union_by_name(moments),
        counted_at=counted_at,
        now=now,
    )
    [(ended_or_begun,)] = session.fetch(due)
    forgotten = (named + found.entries - known) - found.named
    other = found.entries == known and found.chain != link  # a restore put another ledger in its place
    return int(abs(found.entries - known) + abs(forgotten) + ended_or_begun + other)


def check_objections(work: Work, sources: Sequence[Source]) -> None:
    """Errors: SourceError when denials of a source would lose their force because it is not among those that count."""
    if work.project.consent is None or not work.session.present(_CONSENTS):
        return
    denials = query(
        "select source, count(*) from ($said) as c where choice in ($forbidding) and value is not null "
        "group by source order by source",
        said=said_in_files(table(_CONSENTS)),
        forbidding=list(map(str, FORBIDDING)),
    )
    counting = {source.name for source in sources} | work.options.allow_deletes
    for name, number in work.session.fetch(denials):
        if name not in counting:
            counted = "1 row" if number == 1 else f"{number:,} rows"
            raise SourceError(
                f"In the source {name} people said no, in {counted}. It would count no more. Nothing was changed.",
                where=str(next((source.place for source in work.project.sources if source.name == name), "sources/")),
                hint="Make it active again, or record each no with `kinfolk consent import`; then run with "
                f"--allow-deletes {name}.",
            )


def uncounted(session: Session) -> tuple[str, ...]:
    """A sentence for each reason why rows of files count for nothing, with how many there are."""
    if UNCOUNTED.name not in session.built:
        return ()
    counted = query("select why, count(*) from u group by why order by why", u=table(UNCOUNTED.name))
    return tuple(
        f"{count:,} {'row of consents counts' if count == 1 else 'rows of consents count'} for nothing: {why}. "
        f'`kinfolk query "select * from {UNCOUNTED.name}"` lists them.'
        for why, count in session.fetch(counted)
    )


def _zones(sources: Sequence[Source]) -> dict[str, str] | None:
    """Source of consents -> the zone of its moments; None where there is no such source."""
    return {source.name: source.conventions.time_zone for source in sources if source.mapping("consents")} or None


def _events(session: Session) -> exp.Query:
    """Events of membership, those of this run beside the published ones."""
    built, trees = session.built.get(EVENTS.name), list[exp.Query]()
    if session.present(EVENTS.name) and (built is None or built.publish is Publish.APPEND):
        trees.append(query("select * from e", e=session.published_table(EVENTS.name)))
    if built is not None:
        trees.append(query("select * from e", e=table(EVENTS.name)))
    return union_by_name(trees) if trees else rows(EVENTS.types, [])


def _there(session: Session, name: str) -> bool:
    return name in session.built or session.present(name)


def _head(project: Project) -> Head:
    if not exists(project.state):
        return Head(0, "", 0)
    store = open_store(project.state)
    try:
        return head(store)
    finally:
        store.dispose()


def _ledger(project: Project, policy: ConsentPolicy, until: int) -> Compute:
    """The rows of the ledger that name somebody, up to that one."""
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in SAID.items()])

    def read() -> pa.Table:
        if not until:
            return schema.empty_table()
        store = open_store(project.state)
        try:
            found = named_facts(store, until)
        finally:
            store.dispose()
        said = [(*who, *policy.called_now(*about), *rest) for who, about, rest in map(_parts, found)]
        columns = zip(*said, strict=True) if said else ([] for _ in schema)
        return pa.table([pa.array(list(v), t) for v, t in zip(columns, schema.types, strict=True)], schema=schema)

    return Compute({}, {LEDGER: Publish.NO}, "The ledger of consents", lambda inputs, tell: {LEDGER: read()})


def _parts(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Whom a row of the ledger is about, which purpose, channel and topic, and the rest."""
    return row[:3], row[3:6], row[6:]
