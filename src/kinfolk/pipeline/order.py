"""The order of the stages after landing: the whole way of a customer record, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, rows, table, union_by_name
from kinfolk.engine.step import Publish, Query, Step
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.consents import consents
from kinfolk.pipeline.decisions import decisions_there
from kinfolk.stages import identity, profiles, staging
from kinfolk.stages.identity.events import DECIDED_BEFORE, MEMBERS_BEFORE, Occasion, event_steps, no_event_step
from kinfolk.tables import profiles as profiles_tables
from kinfolk.tables.decisions import DECISIONS
from kinfolk.tables.households import TABLES as BELONGING
from kinfolk.tables.identity import ALIASES, DECIDED, FORMER_GROUPS, FORMER_MEMBERS, FREQUENCIES, MEMBERS, MODEL
from kinfolk.tables.staging import ACTIVITY


def stages_after_landing(
    project: Project, sources: Sequence[Source], session: Session, occasion: Occasion
) -> Iterator[Step]:
    """Every step from staged records to golden profiles, in order."""
    yield from staging.staging_steps(sources, project.sources)
    previous = tuple(_previous(session))
    yield from previous
    known = {step.writes for step in previous}
    decided = decisions_there(session)
    if decided:
        known.add(DECISIONS.name)
    yield from identity.steps(project.identity, frozenset(known), session.finder)
    there = session.present(MEMBERS.name)
    yield from event_steps(occasion, decisions_there=decided) if there else (no_event_step(),)
    fields = profiles.golden_fields(sources)
    people = [source.name for source in sources if source.mapping("people")]
    yield from profiles.profile_steps(fields, project.survivorship, people)
    yield from belonging(project, session)
    yield from profiles.activity_steps(sources)
    yield from _emptied(sources, session)
    yield from consents(project, sources, session)


def belonging(project: Project, session: Session) -> Iterator[Step]:
    """Who lives with whom and who belongs to which company, made anew; what is no longer asked for goes."""
    present = frozenset(described.name for described in BELONGING if session.present(described.name))
    steps = identity.belonging_steps(project.identity, present)
    yield from steps
    for name in sorted(present.difference(*(step.writes for step in steps))):
        yield Query(
            name, query("select * from t limit 0", t=table(name)), f"No more {name}", Publish.DROP, as_view=True
        )


def _emptied(sources: Sequence[Source], session: Session) -> Iterator[Query]:
    """Published orders, events … that no source feeds any more; without this they would stay for ever."""
    for name, described in (*ACTIVITY.items(), *profiles_tables.ACTIVITY.items()):
        if session.present(described.name) and not any(source.mapping(name) for source in sources):
            yield Query(described.name, rows(described.types, []), f"No more {name}", Publish.REPLACE)


def _previous(session: Session) -> Iterator[Query]:
    """What the last published run said of who is who, under names of its own, so that ids can be kept."""
    members = [
        query("select source, record_id, customer_id from kept", kept=table(name))
        for name in (MEMBERS.name, FORMER_MEMBERS.name)
        if session.present(name)
    ]
    if members:
        yield Query("previous.members", union_by_name(members), "Customers so far", as_view=True)
    if session.present(MEMBERS.name):
        whole = query("select * from kept", kept=table(MEMBERS.name))
        yield Query(MEMBERS_BEFORE, whole, "Members so far", as_view=True)
        if not session.present(DECIDED.name):  # of a state from before people could decide
            yield Query(DECIDED_BEFORE, rows(DECIDED.types, []), "Nothing decided so far")
    for described in (ALIASES, FORMER_GROUPS, DECIDED, MODEL, FREQUENCIES):
        if session.present(described.name):
            name = described.name.replace("identity.", "previous.")
            yield Query(name, query("select * from kept", kept=table(described.name)), name, as_view=True)
