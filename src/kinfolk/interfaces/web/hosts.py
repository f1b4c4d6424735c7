"""Only by the name that the world knows: a page fetched by another is of somebody who plays a trick on a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Scope, Send

_USUAL = {"http": ":80", "https": ":443"}
_SAID = b'{"what":"This is not the address of this server.","where":null,"hint":null}'


def only_at(url: str | None, app: ASGIApp) -> ASGIApp:
    """The application for requests to that host; others are told that they are wrong here. None: for all."""
    if url is None:
        return app
    parts = urlsplit(url)
    ours = (parts.netloc, parts.netloc + _USUAL[parts.scheme])

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        asked = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        if len(asked) == 1 and asked[0] in ours:
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_SAID))]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": _SAID, "more_body": False})

    return answering
