"""tracking/*.yml: what the events of a source promise. An event is a JSON Schema of its properties, and a few words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator

from kinfolk.project.written.base import Text, Word, Words, Written, wrong

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_SPAN = re.compile(r"(\d{1,6}) +(" + "|".join(_UNITS) + r")s?")


def _span(value: Any) -> timedelta:
    found = _SPAN.fullmatch(str(getattr(value, "text", value)).strip())
    if found is None:
        raise wrong(f"`{value}` is no length of time.", "Write it as `1 hour` or `30 days`.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


Span = Annotated[timedelta, PlainValidator(_span, json_schema_input_type=str)]


class EventEntry(Written):
    """An event; beside these keys stand those of a JSON Schema of its properties (draft 2020-12), or of its traits."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    description: Text = Field(default="", description="when it is sent, and what for")
    owner: Word | None = Field(default=None, description="who answers for it: a domain or a person of owners.yml")
    since: Word | None = Field(default=None, description="the day or the version from which on it is sent")
    deprecated: bool = Field(default=False, description="it is sent no longer; runs say so when it is")


class ClockEntry(Written):
    """How far from its receipt an event may lie, by a clock that was corrected."""

    future: Span = Field(default="1 day", validate_default=True, description="ahead of it, as `1 hour`")
    past: Span | None = Field(default=None, description="behind it, as `30 days`")


class TrackingFile(Written):
    """The whole of one file in tracking/."""

    source: Words = Field(default=[], description="the sources of events that the plan is for; the file's name if none")
    unplanned: Literal["allow", "warn", "quarantine"] = Field(
        default="allow", description="what becomes of tracked events that the plan does not know"
    )
    violations: Literal["warn", "quarantine"] = Field(
        default="quarantine", description="what becomes of events that break the plan"
    )
    timestamp: Literal["optional", "required"] = Field(
        default="optional", description="whether an event must say when it happened; the time of receipt counts else"
    )
    clock: ClockEntry = Field(default_factory=ClockEntry, description="how far clocks may be off")
    events: dict[Word, EventEntry] = Field(default={}, description="name of a tracked event -> what it promises")
    identify: EventEntry | None = Field(default=None, description="a JSON Schema of the traits of `identify`")
    group: EventEntry | None = Field(default=None, description="a JSON Schema of the traits of `group`")
    page: EventEntry | None = Field(default=None, description="a JSON Schema of the properties of `page`")
    screen: EventEntry | None = Field(default=None, description="a JSON Schema of the properties of `screen`")
    defs: dict[Word, Any] = Field(
        default={}, alias="$defs", description='JSON Schemas that others refer to, as `$ref: "#/$defs/NAME"`'
    )
