"""tracking/*.yml as frozen values."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from kinfolk.model.contract import OnViolation
from kinfolk.model.tracking import PlannedEvent, TrackingPlan
from kinfolk.project.document import Path
from kinfolk.project.files import Parsed
from kinfolk.project.json_schema import whole
from kinfolk.project.written.tracking import EventEntry, TrackingFile

OURS = ("owner", "since", "title", "description", "deprecated")  # keys of an event that ask nothing of its properties
CALLS = ("identify", "group", "page", "screen")  # of which a plan may say something, each under its own key


def sources_of(parsed: Parsed[TrackingFile]) -> tuple[str, ...]:
    """The sources a plan is for: those it names, or the one that is called like its file."""
    return tuple(parsed.settings.source) or (parsed.stem,)


def entries(parsed: Parsed[TrackingFile]) -> Iterator[tuple[str, Path, EventEntry]]:
    """Every event and every kind of call the plan speaks of: its name, where it is written, and what is."""
    for name, event in parsed.settings.events.items():
        yield name, ("events", name), event
    for name in CALLS:
        call = getattr(parsed.settings, name)
        if call is not None:
            yield name, (name,), call


def tracking_plan(parsed: Parsed[TrackingFile], running: Collection[str]) -> TrackingPlan:
    """One file of tracking/, without sources that are not among those that run. The file holds no mistake."""
    settings = parsed.settings
    planned = {path: _event(parsed, name, path, entry) for name, path, entry in entries(parsed)}
    return TrackingPlan(
        name=parsed.stem,
        place=parsed.document.place(),
        sources=tuple(name for name in sources_of(parsed) if name in running),
        events=tuple(event for path, event in planned.items() if path[0] == "events"),
        calls=tuple(event for path, event in planned.items() if path[0] != "events"),
        unplanned=None if settings.unplanned == "allow" else OnViolation(settings.unplanned),
        violations=OnViolation(settings.violations),
        timestamp=settings.timestamp == "required",
        future=settings.clock.future,
        past=settings.clock.past,
    )


def _event(parsed: Parsed[TrackingFile], name: str, path: Path, entry: EventEntry) -> PlannedEvent:
    schema = whole(parsed.document, path, OURS)
    return PlannedEvent(
        name=name,
        place=parsed.document.place(*path),
        schema=json.dumps(schema, ensure_ascii=False, sort_keys=True),
        description=entry.description,
        owner=entry.owner,
        since=entry.since,
        deprecated=entry.deprecated,
    )
