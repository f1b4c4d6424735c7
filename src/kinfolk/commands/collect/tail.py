"""The last events that came, as they were written down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kinfolk.commands.collect.moments import moment
from kinfolk.connectors.collect.reading import last_lines
from kinfolk.errors import NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.source import COLLECT


@dataclass(frozen=True)
class Came:
    """One event. who: the user, or the device; what: its name, or its kind where it has none; event: all of it"""

    source: str
    at: datetime | None
    what: str
    who: str | None
    event: dict[str, Any]


def tail(project: Project, source: str | None = None, most: int = 50) -> list[Came]:
    """The last events of a source, or of all that collect events, the newest first, so many at most.

    Errors  NotFoundError for a source that takes in no events
    """
    names = sorted(one.name for one in project.sources if one.connector == COLLECT and "write_keys" in one.options)
    if source is not None and source not in names:
        raise NotFoundError(f"{source!r} is no source of events.", hint=f"There are: {', '.join(names) or 'none'}.")
    found = [
        _came(name, line)
        for name in ([source] if source else names)
        for line in last_lines(project.collected / name, most)
    ]
    return sorted(found, key=lambda one: one.event.get("receivedAt") or "", reverse=True)[:most]


def _came(source: str, line: bytes) -> Came:
    event = json.loads(line)
    what = next((event[name] for name in ("event", "name", "type") if event.get(name)), "?")
    who = event.get("userId") or event.get("anonymousId")
    return Came(source, moment(event.get("receivedAt")), str(what), str(who) if who else None, event)
