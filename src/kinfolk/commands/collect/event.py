"""One event as it is written down: the fields of Segment's tracking API, and when it really happened."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from kinfolk.commands.collect.moments import moment, text_of
from kinfolk.connectors.collect.connector import COLUMNS
from kinfolk.model.visitor import visitor
from kinfolk.policy.admission import Verdict

MOST_BYTES = 32 * 1024
DEEPEST = 100  # levels of objects and lists in an event
LONGEST_ID = 500

_MADE = frozenset({"visitor", "receivedAt", "purposes", "consent", "extra"})
_GIVEN = frozenset(COLUMNS) - _MADE
_NOT_KEPT = frozenset({"writeKey"})  # a key is no part of what happened
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; behind a backslash it is six letters
_ENCODE = msgspec.json.Encoder().encode
_UNASKED = {"purposes": None, "consent": None}  # whatever the event itself says under these names


_NAMELESS = ("track", "page", "screen")  # types that tell of something beside who the person is


class RefusedError(Exception):
    """An event that is not taken in; the message is the cause it is counted under."""


class ClosedError(Exception):
    """An event that may not be used for any of its purposes."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


@dataclass(frozen=True)
class Arrival:
    """What is known of an event from how it came.

    type        from the address; None where each event says it itself
    sent_at     of the whole batch
    historical  its timestamp is taken as it is written, however clocks differ
    gpc         whether the browser asks that nothing be sold or shared (Global Privacy Control)
    """

    received_at: datetime
    type: str | None = None
    sent_at: str | None = None
    historical: bool = False
    gpc: bool = False


Judge = Callable[[Mapping[str, Any], Arrival], Verdict | None]


def line_of(event: Any, arrival: Arrival, judge: Judge | None = None) -> tuple[str, bytes]:
    """The event's message id, and its line in the log; who has no id, or is of no known type, is judged by the run.

    judge   says what it may be used for, before anything else is made of it; None where nobody asks
    Errors  RefusedError says why it is not taken in; ClosedError that it may not be used for anything
    """
    _check(event)
    verdict = judge(event, arrival) if judge else None
    if verdict and not verdict.purposes:
        raise ClosedError(verdict)
    made: dict[str, Any] = {name: event.get(name) for name in COLUMNS}
    made["type"] = arrival.type or _type(event)
    made["name"] = _name(made)
    made |= {name: identifier(event, name) for name in ("messageId", "userId", "anonymousId", "groupId", "previousId")}
    made["visitor"] = visitor(made["userId"], made["anonymousId"])
    message = made["messageId"] = made["messageId"] or _made_up()
    made |= _times(event, arrival)
    made |= {"purposes": verdict.purposes, "consent": verdict.evidence} if verdict else _UNASKED
    made["extra"] = {name: value for name, value in event.items() if name not in _GIVEN and name not in _NOT_KEPT}
    return message, _line(made)


def nameless_line_of(event: Mapping[str, Any], arrival: Arrival, keep: Sequence[str]) -> tuple[str, bytes]:
    """The message id, and a line that tells what happened and on which day (UTC), and nothing of whom it happened to.

    The line has an id of its own, made up here.

    keep    properties that stay, where they are plain values
    Errors  RefusedError for an event that tells of nothing but the person, or whose id is none
    """
    kind = kind_of(event, arrival)
    if kind not in _NAMELESS:
        raise RefusedError("nothing but the person in it")
    written = event.get("properties")
    properties = written if isinstance(written, dict) else {}
    field = "event" if kind == "track" else "name"
    name = _name({"type": kind, "name": event.get(field), "properties": properties})
    made = {
        "type": kind,
        "messageId": _made_up(),
        field: name if isinstance(name, str) else None,
        "properties": {key: properties[key] for key in keep if isinstance(properties.get(key), (str, int, float))},
        "timestamp": _day(event, arrival),
        "purposes": [],
    }
    return identifier(event, "messageId") or made["messageId"], _line(made)


def _day(event: Mapping[str, Any], arrival: Arrival) -> str:
    happened = moment(_times(event, arrival)["timestamp"]) or arrival.received_at
    return text_of(happened.replace(hour=0, minute=0, second=0, microsecond=0))


def kind_of(event: Mapping[str, Any], arrival: Arrival) -> Any:
    """The type of an event, as its address or the event itself says it."""
    return arrival.type or event.get("type")


def _check(event: Any) -> None:
    if not isinstance(event, dict):
        raise RefusedError("not an object")
    if _deeper(event, DEEPEST):
        raise RefusedError("nested too deeply")
    if len(_ENCODE(event)) > MOST_BYTES:
        raise RefusedError("larger than 32 KB")


def _line(made: Mapping[str, Any]) -> bytes:
    line = _ENCODE({name: value for name, value in made.items() if value not in (None, {})}) + b"\n"
    if _NUL.search(line):  # which no table can hold
        raise RefusedError("a NUL character")
    return line


def _made_up() -> str:
    return f"kinfolk-{uuid.uuid4()}"


def _type(event: Mapping[str, Any]) -> str | None:
    found = event.get("type")
    if found is not None and not isinstance(found, str):
        raise RefusedError("type is no text")
    return found or None


def _name(made: Mapping[str, Any]) -> Any:
    """The name of a page or screen, which Jitsu's program writes among its properties alone."""
    properties = made["properties"]
    if made["name"] is not None or made["type"] not in ("page", "screen") or not isinstance(properties, dict):
        return made["name"]
    found = properties.get("name")
    return found if isinstance(found, str) and found else None


def identifier(event: Mapping[str, Any], name: str) -> str | None:
    """The id as text. Programs write an id they do not know as null, or as nothing."""
    value = event.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise RefusedError(f"{name} is no text")
    if value and len(value) > LONGEST_ID:
        raise RefusedError(f"{name} is longer than {LONGEST_ID} characters")
    return value.strip() or None if value else None


def _times(event: Mapping[str, Any], arrival: Arrival) -> dict[str, str | None]:
    """When the event happened by our clock: as long before it was received as before it was sent by its own."""
    written = event.get("originalTimestamp") or event.get("timestamp")
    sent = event.get("sentAt") or arrival.sent_at
    original, sent_at = moment(written), moment(sent)
    happened = original or arrival.received_at
    if original and sent_at and not arrival.historical:
        with suppress(OverflowError):  # a clock that is thousands of years off says nothing
            happened = arrival.received_at - (sent_at - original)
    return {
        "timestamp": text_of(happened),
        "originalTimestamp": None if written is None else str(written),
        "sentAt": None if sent is None else str(sent),
        "receivedAt": text_of(arrival.received_at),
    }


def _deeper(value: Any, levels: int) -> bool:
    """Whether the value has more levels than that."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not layer:
            return False
    return True
