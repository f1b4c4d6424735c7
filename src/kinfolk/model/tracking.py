"""Tracking plans: what the events of a source promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kinfolk.model.contract import OnViolation
from kinfolk.model.place import Place

CALLS = ("track", "identify", "page", "screen", "group", "alias")
OF_TRAITS = ("identify", "group")  # calls that speak of traits; all others do of properties
FUTURE = timedelta(days=1)  # how far ahead of its receipt an event may lie where no plan says otherwise


@dataclass(frozen=True)
class PlannedEvent:
    """An event, or a kind of call, that a plan knows.

    name    of a tracked event; of another call, its type
    schema  JSON Schema, as JSON, of its properties, or of the traits of `identify` and `group`; complete in itself
    since   the day, or the version of the program, from which on it is sent
    """

    name: str
    place: Place
    schema: str
    description: str = ""
    owner: str | None = None
    since: str | None = None
    deprecated: bool = False


@dataclass(frozen=True)
class TrackingPlan:
    """What the events of some sources promise.

    events      those that are tracked by name
    calls       identify, group, page and screen, where the plan says something of them
    unplanned   what becomes of events that are tracked by a name the plan does not know; None = they land
    violations  what becomes of events that break the plan
    future      how far ahead of its receipt an event may lie, by a clock that was corrected
    past        how far behind it; None = any
    """

    name: str
    place: Place
    sources: tuple[str, ...]
    events: tuple[PlannedEvent, ...] = ()
    calls: tuple[PlannedEvent, ...] = ()
    unplanned: OnViolation | None = None
    violations: OnViolation = OnViolation.QUARANTINE
    timestamp: bool = False
    future: timedelta = FUTURE
    past: timedelta | None = None

    def event(self, name: str) -> PlannedEvent | None:
        """The tracked event of that name."""
        return next((event for event in self.events if event.name == name), None)
