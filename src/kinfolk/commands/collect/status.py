"""`kinfolk collect status`: what came in, what did not, and what is not yet on a profile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kinfolk.commands.collect.counts import Counts, read_counts
from kinfolk.commands.collect.logs import landed_places, unread, waiting
from kinfolk.commands.collect.moments import moment
from kinfolk.commands.open_project import Where, open_project
from kinfolk.model.source import COLLECT


@dataclass(frozen=True)
class Stream:
    """The events of one source.

    repeated    came before, and were dropped
    refused     cause -> how many
    closed      might not be used for any of their purposes; closed_for: purpose -> cause -> how many
    anonymised  how many of those were kept without the person
    waiting     written down, but not yet landed by a run; since: when the first of them came; lag: how long ago that is
    """

    source: str
    received: int
    repeated: int
    waiting: int
    since: datetime | None = None
    lag: timedelta | None = None
    refused: Mapping[str, int] = field(default_factory=dict)
    closed: int = 0
    closed_for: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    anonymised: int = 0


@dataclass(frozen=True)
class Collected:
    """Every source of events.

    strangers  requests that led to none of them: cause -> how many
    unread     names of logs with events that no source is made of, so that no run looks there
    lag_p95    within which 95 of 100 events were on a profile, over the last runs of the door; lag_events: of how many
    """

    streams: tuple[Stream, ...]
    strangers: Mapping[str, int]
    unread: tuple[str, ...] = ()
    lag_p95: timedelta | None = None
    lag_events: int = 0


def collect_status(where: Where, environment: str | None = None) -> Collected:
    """How the events of each source stand now. Counts are those of the door, a second old at most."""
    project = open_project(where, environment)
    counts = read_counts(project.collected)
    names = sorted(s.name for s in project.sources if s.connector == COLLECT and "write_keys" in s.options)
    landed = landed_places(project.state)
    streams = (_stream(name, counts, project.collected / name, landed.get(name)) for name in names)
    return Collected(
        tuple(streams),
        dict(counts.refused.get("", {})),
        tuple(unread(project)),
        timedelta(seconds=counts.lag["p95"]) if counts.lag else None,
        int(counts.lag.get("events", 0)),
    )


def _stream(name: str, counts: Counts, log: Path, landed: int | None) -> Stream:
    waiting, since = _waiting(log, landed)
    return Stream(
        name,
        counts.received[name],
        counts.repeated[name],
        waiting,
        since,
        lag=datetime.now(UTC) - since if since else None,
        refused=dict(counts.refused.get(name, {})),
        closed=counts.closed[name],
        closed_for={purpose: dict(causes) for purpose, causes in counts.closed_for.get(name, {}).items()},
        anonymised=counts.anonymised[name],
    )


def _waiting(log: Path, landed: int | None) -> tuple[int, datetime | None]:
    """How many events no run has landed, and when the first of them came."""
    number, first = 0, b""
    for line in waiting(log, landed):
        number, first = number + 1, first or line
    return number, moment(json.loads(first).get("receivedAt")) if first else None
