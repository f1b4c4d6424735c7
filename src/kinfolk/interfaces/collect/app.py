"""The door as an ASGI application: plain functions over the protocol, since every event passes here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kinfolk.commands.collect.door import Answer, Door, Outcome
from kinfolk.commands.collect.event import Arrival
from kinfolk.interfaces.collect.body import MOST_BYTES, BadBodyError, events_of, key_in, parsed
from kinfolk.interfaces.collect.routes import Intake, intake, settings_key

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Scope = Mapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]
Reply = tuple[int, Any, tuple[tuple[bytes, bytes], ...]]

_DONE: Reply = (200, {"success": True}, ())
_COME_AGAIN = ((b"retry-after", b"1"),)
_ANYBODY = (b"access-control-allow-origin", b"*")
_NOT_KEPT = (b"cache-control", b"no-store")  # or a forged Host would be told to others
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-max-age", b"86400"),
)


class App:
    """Answers requests until it is told to close; then those that are here are finished, and others sent away."""

    def __init__(self, door: Door, public_url: str | None = None) -> None:
        """public_url: where programs reach this; what a request says of that is believed only without it"""
        self._door = door
        self._public_url = public_url
        self.closing = False
        self.at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        self.at_work += 1
        try:
            status, body, headers = await self._reply(scope, receive)
            content = b"" if body is None or scope["method"] == "HEAD" else msgspec.json.encode(body)
            kind = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(content)))
            start = {"type": "http.response.start", "status": status, "headers": (*kind, _ANYBODY, *headers)}
            await send(start)
            await send({"type": "http.response.body", "body": content})
        finally:
            self.at_work -= 1

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        method, path = scope["method"], scope["path"].rstrip("/")
        headers = dict(scope["headers"])
        if method == "OPTIONS":
            asked = headers.get(b"access-control-request-headers", b"content-type")
            return 204, None, (*_PREFLIGHT, (b"access-control-allow-headers", asked))
        if path == "/health":
            return self._only(method, ("GET", "HEAD")) or (200, {"status": "ok"}, ())
        if (key := settings_key(path)) is not None:
            return self._only(method, ("GET", "HEAD")) or self._settings(key, headers)
        if (wanted := intake(path)) is None:
            return 404, _failure("There is nothing here. Events go to /v1/track, /v1/batch and their like."), ()
        if wrong := self._only(method, ("POST",)):
            return wrong
        if self.closing:
            return 503, _failure("The server is about to stop."), _COME_AGAIN
        return await self._take(wanted, headers, receive)

    def _only(self, method: str, allowed: tuple[str, ...]) -> Reply | None:
        if method in allowed:
            return None
        return 405, _failure(f"Only {' and '.join(allowed)}."), ((b"allow", ", ".join(allowed).encode()),)

    def _settings(self, key: str, headers: Headers) -> Reply:
        """What Segment's program in browsers asks before it sends: to send to us, and to nobody else."""
        if not self._door.knows(key):
            return 401, _failure("The write key is not known here."), ()
        host = headers.get(b"host", b"").decode("latin-1")
        protocol, _, place = (self._public_url or f"{_protocol(host)}://{host}").rstrip("/").partition("://")
        here = {"apiHost": f"{place}/v1", "protocol": protocol}
        ours = {"apiKey": key, **here, "unbundledIntegrations": [], "addBundledMetadata": True}
        return 200, {"integrations": {"Segment.io": ours}, "plan": {}, "edgeFunction": {}}, (_NOT_KEPT,)

    async def _take(self, wanted: Intake, headers: Headers, receive: Receive) -> Reply:
        key = key_of(headers)
        try:
            body = parsed(await _body(receive))
            key = key or key_in(body)
            events, sent_at = ([body], None) if wanted.type else events_of(body)
        except BadBodyError as bad:
            self._door.refuse(key, str(bad))
            return 400, _failure(f"Not taken in: {bad}."), ()
        gpc = headers.get(b"sec-gpc", b"").strip() == b"1"
        arrival = Arrival(datetime.now(UTC), wanted.type, sent_at, wanted.historical, gpc)
        return _told(await self._door.take(key, events, arrival))


def _protocol(host: str) -> str:
    """How a browser is to come back: what stands before us speaks TLS, unless the browser is on this very machine."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    return "http" if name in ("localhost", "127.0.0.1", "::1") else "https"


def key_of(headers: Headers) -> str | None:
    """The write key in the headers: user of Basic, Bearer, or X-Write-Key."""
    scheme, _, value = headers.get(b"authorization", b"").strip().partition(b" ")
    value = value.strip()
    if scheme.lower() == b"basic":
        try:
            value = base64.b64decode(value, validate=True).partition(b":")[0]
        except binascii.Error:
            return None
    elif scheme.lower() != b"bearer":
        value = b""
    found = value or headers.get(b"x-write-key", b"").strip()
    return found.decode("latin-1") or None


async def _body(receive: Receive) -> bytes:
    """The whole body. Errors: BadBodyError as soon as it is too large, or where it breaks off"""
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadBodyError("a body that breaks off")
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            raise BadBodyError("a body of more than 500 KB")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _told(answer: Answer) -> Reply:
    if answer.outcome is Outcome.TAKEN:
        return _DONE
    if answer.outcome is Outcome.REFUSED:
        return 400, _failure(f"Not taken in: {', '.join(dict.fromkeys(answer.causes))}."), ()
    if answer.outcome is Outcome.UNKNOWN_KEY:
        return 401, _failure("The write key is missing, or not known here."), ()
    if answer.outcome is Outcome.BUSY:
        return 429, _failure("Too many events are waiting for the disk. Come again."), _COME_AGAIN
    if answer.outcome is Outcome.NO_LEDGER:
        return 503, _failure("What people consented to cannot be looked up now. Come again."), _COME_AGAIN
    return 503, _failure("Events cannot be written to disk now. Come again."), _COME_AGAIN


def _failure(message: str) -> dict[str, Any]:
    return {"success": False, "message": message}
