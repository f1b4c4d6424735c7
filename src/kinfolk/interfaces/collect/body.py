"""What a request holds. Headers say it wrongly too often, so only the bytes themselves are believed."""

from __future__ import annotations

import json
import zlib
from typing import Any

import msgspec

MOST_BYTES = 500 * 1024
MOST_EVENTS = 2_500
MOST_SHARED = 8 << 20  # bytes that a batch's own context comes to, written once for each of its events

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECODE = msgspec.json.Decoder().decode


class BadBodyError(Exception):
    """What a request holds cannot be read; the message is the cause it is counted under."""


def parsed(data: bytes) -> Any:
    """The JSON value of a body, packed by gzip or not.

    Errors  BadBodyError if it is none, or larger than 500 KB
    """
    if data.startswith(_GZIP):
        data = _unpacked(data)
    if len(data) > MOST_BYTES:
        raise BadBodyError("a body of more than 500 KB")
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        return _DECODE(data)
    except RecursionError:
        raise BadBodyError("nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _mended(data)


def _unpacked(data: bytes) -> bytes:
    """The content, of which no more is ever unpacked than may come."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = unpacking.decompress(data, MOST_BYTES + 1)
    except zlib.error:
        raise BadBodyError("damaged gzip") from None
    if len(found) > MOST_BYTES:
        raise BadBodyError("a body of more than 500 KB")
    if not unpacking.eof or unpacking.unused_data:
        raise BadBodyError("damaged gzip")
    return found


def _mended(data: bytes) -> Any:
    """JSON with `?` for half of a character pair, which a browser leaves where it cuts a text through an emoji."""
    if b"\\ud" not in data.lower():
        raise BadBodyError("not JSON")
    try:
        return _DECODE(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        raise BadBodyError("nested too deeply") from None
    except (ValueError, msgspec.DecodeError):
        raise BadBodyError("not JSON") from None


def events_of(body: Any) -> tuple[list[Any], str | None]:
    """The events of a batch, and when it was sent. Its own context holds for events that have none.

    Errors  BadBodyError if it is no batch, or has more than 2,500 events
    """
    events = body.get("batch") if isinstance(body, dict) else body
    if not isinstance(events, list):
        raise BadBodyError("no list of events")
    if len(events) > MOST_EVENTS:
        raise BadBodyError("more than 2,500 events")
    if not isinstance(body, dict):
        return events, None
    shared = {name: body[name] for name in ("context", "integrations") if name in body}
    if len(msgspec.json.encode(shared)) * len(events) > MOST_SHARED:
        raise BadBodyError("a context for too many events")
    if shared:
        events = [{**shared, **event} if isinstance(event, dict) else event for event in events]
    sent_at = body.get("sentAt")
    return events, sent_at if isinstance(sent_at, str) else None


def key_in(body: Any) -> str | None:
    """The write key in a body: of the batch, or of the event that it is."""
    found = body.get("writeKey") if isinstance(body, dict) else None
    return found if isinstance(found, str) else None
