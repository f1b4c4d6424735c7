"""Headers that every page and answer carries, so that a browser lets nobody else make use of it."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

PROTECTING = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with "no-referrer" browsers hide from us, too, where a form comes from
    "cache-control": "no-store",
}
_TLS = {"strict-transport-security": "max-age=31536000"}


def protected(app: ASGIApp, secure: bool) -> ASGIApp:
    """The application with these headers on everything it answers, unless it sets its own.

    secure  whether the world reaches it by TLS alone
    """
    headers = PROTECTING | (_TLS if secure else {})

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableScopeHeaders.from_message(message)
                for name, value in headers.items():
                    given.setdefault(name, value)
            await send(message)

        await app(scope, receive, sending)

    return answering
