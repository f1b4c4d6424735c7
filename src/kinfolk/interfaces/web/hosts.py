"""Only by the name that the world knows: a page fetched by another is of somebody who plays a trick on a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from kinfolk.interfaces.web.problems import PROBLEM, problem

_USUAL = {"http": ":80", "https": ":443"}
_ELSEWHERE = "This is not the address of this server."


def only_at(url: str | None, app: ASGIApp) -> ASGIApp:
    """The application for requests to the host of that address; others hear that they are wrong here. None: any host.

    A request that names two hosts is meant for one by a proxy and for the other by somebody behind it.
    """
    parts = urlsplit(url or "")
    ours = (parts.netloc, parts.netloc + _USUAL[parts.scheme]) if url else None

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        asked = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        if len(asked) <= 1 and (ours is None or (asked and asked[0] in ours)):
            await app(scope, receive, send)
            return
        said = msgspec.json.encode(problem(421, _ELSEWHERE))
        headers = [(b"content-type", PROBLEM.encode()), (b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": said, "more_body": False})

    return answering
