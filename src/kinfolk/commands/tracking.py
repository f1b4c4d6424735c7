"""`kinfolk tracking list`: which events are planned, which came, and which came without being planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlglot import exp

from kinfolk.commands.collect.moments import moment
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.model.tracking import TrackingPlan
from kinfolk.tables.quarantine import OPEN


@dataclass(frozen=True)
class Tracked:
    """A tracked event by its name, or a kind of call by its type.

    planned  planned, deprecated or unplanned; empty for a kind of call of which the plan says nothing
    landed   events that landed; waiting: those that wait in quarantine
    """

    source: str
    event: str
    planned: str
    landed: int = 0
    waiting: int = 0
    last: datetime | None = None


def tracked(folder: Path, source: str | None = None, environment: str | None = None) -> list[Tracked]:
    """Every event that is planned or came, by source; planned ones first, then those that came most often.

    Errors  NotFoundError for a source that there is not, or that takes in no events
    """
    project = open_project(folder, environment)
    chosen = [event_source(project, source)] if source else [s for s in project.sources if s.takes_in_events]
    if not chosen:
        raise KinfolkError("No source of the project takes in events.", where="sources/")
    try:
        with reading(project.state) as reader:
            return [one for s in chosen for one in _of_source(project, s, _seen(reader, s))]
    except NotFoundError:  # no run so far
        return [one for s in chosen for one in _of_source(project, s, {})]


def event_source(project: Project, name: str) -> Source:
    """The source of events of that name. Errors: NotFoundError if there is none"""
    events = [s for s in project.sources if s.takes_in_events]
    found = next((s for s in events if s.name == name), None)
    if found is None:
        known = ", ".join(s.name for s in events)
        hint = f"There are: {known}." if known else "No source of the project does."
        raise NotFoundError(f"There is no source {name!r} that takes in events.", hint=hint)
    return found


Seen = dict[tuple[str, str], tuple[int, int, str | None]]  # type, name -> landed, waiting, the last


def _seen(reader: Reader, source: Source) -> Seen:
    parts = []
    if reader.present(f"landing.{source.name}"):
        landed = (
            "select type, event, timestamp as happened, 1 as landed, 0 as waiting from t where _change <> 'deleted'"
        )
        parts.append(query(landed, t=table(f"landing.{source.name}")))
    if reader.present(OPEN.name):
        waiting = (
            "select text ->> '$.type' as type, text ->> '$.event' as event, null as happened, 0 as landed, "
            "1 as waiting from t where source = $source and row_hash is not null"
        )
        parts.append(query(waiting, t=table(OPEN.name), source=source.name))
    if not parts:
        return {}
    tree = query(
        "select coalesce(type, ''), case when type = 'track' then coalesce(event, '') else '' end, "
        "sum(landed)::bigint, sum(waiting)::bigint, max(happened) from e group by 1, 2",
        e=exp.Subquery(this=union_by_name(parts), alias="e"),
    )
    return {(kind, name): tuple(rest) for kind, name, *rest in reader.read(tree).rows}


def _of_source(project: Project, source: Source, seen: Seen) -> list[Tracked]:
    plan = project.tracking_plan(source)
    assert plan is not None, "it takes in events"
    planned = [("track", event.name) for event in plan.events] + [(call.name, "") for call in plan.calls]
    found = []
    for kind, name in dict.fromkeys([*planned, *seen]):
        landed, waiting, last = seen.get((kind, name), (0, 0, None))
        known = _planned(plan, kind, name)
        found.append(Tracked(source.name, name or f"({kind or 'no type'})", known, landed, waiting, moment(last)))
    return sorted(found, key=lambda one: (one.planned == "unplanned", -one.landed - one.waiting, one.event))


def _planned(plan: TrackingPlan, kind: str, name: str) -> str:
    if kind != "track":
        return "planned" if any(call.name == kind for call in plan.calls) else ""
    event = plan.event(name)
    if event is None:
        return "unplanned"
    return "deprecated" if event.deprecated else "planned"
