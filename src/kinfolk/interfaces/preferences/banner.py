"""What the banner of a web site asks of us, and tells us. It runs in pages of other origins, which hold no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import Provide
from litestar.exceptions import HTTPException

from kinfolk.commands.consent.banner import Banner, Chosen, banner, choose
from kinfolk.commands.consent.notices import notice
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.limits import Limits
from kinfolk.interfaces.web.problems import refused, told
from kinfolk.interfaces.web.static_files import read_once

_LARGEST = 8 << 10
_LONGEST_ID, _LONGEST_PAGE = 500, 2000
_ANYBODY = {"access-control-allow-origin": "*"}
_FOR_A_WHILE = {"cache-control": "public, max-age=300"}
_FILES = read_once(Path(__file__).parent / "static")

Asked = Request[Any, Any, Any]


class Choice(msgspec.Struct):
    """What the banner sends, as text so that browsers need not ask first."""

    key: str
    choices: dict[str, bool]
    version: str | None = None
    notice: str | None = None
    anonymousId: str | None = None
    userId: str | None = None
    page: str | None = None
    gpc: bool = False


_DECODE = msgspec.json.Decoder(Choice).decode


@get("/banner.js", sync_to_thread=False)
def script() -> Response[bytes]:
    """The banner itself."""
    headers = _FOR_A_WHILE | _ANYBODY | {"cross-origin-resource-policy": "cross-origin"}
    return _file("banner.js", "text/javascript", headers)


@get("/page.css", sync_to_thread=False)
def style() -> Response[bytes]:
    """What the page of choices looks like."""
    return _file("page.css", "text/css", _FOR_A_WHILE)


@get("/notice/{version:str}", sync_to_thread=True)
def notice_text(request: Asked, version: str) -> Response[bytes]:
    """A version of the notice, as its file is."""
    found = notice(served_by(request).project, version)
    return Response(found.content, media_type=found.media_type if found.text is None else "text/plain")


@get("/config", sync_to_thread=True)
def config(request: Asked, key: str) -> Response[Banner]:
    """What the banner asks."""
    return Response(banner(served_by(request).project, key), headers=_ANYBODY)


@post("/choice", status_code=200)
async def choice(request: Asked, body: bytes, limits: tuple[Limits, Limits]) -> Response[dict[str, Any]]:
    """Writes down what a visitor said."""
    try:
        sent = _DECODE(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(f"This is not what a banner sends: {error}.", status_code=400) from None
    user, anonymous = ((one or "").strip() or None for one in (sent.userId, sent.anonymousId))  # as events have them
    page = (sent.page or "")[:_LONGEST_PAGE] or None
    if any(one and (len(one) > _LONGEST_ID or "\0" in one) for one in (user, anonymous)):
        raise HTTPException(f"An id has {_LONGEST_ID} characters at most.", status_code=400)
    address = request.client.host if request.client else ""
    ids = [f"{kind} {one}" for kind, one in (("user", user), ("device", anonymous)) if one]
    each = [limits[0].allows(address), *map(limits[1].allows, ids)]
    if not all(each):
        raise HTTPException("Too many choices. Come again.", status_code=429, headers={"retry-after": "10"})
    chosen = Chosen(sent.choices, sent.version, sent.notice, page, sent.gpc)
    saved = await anyio.to_thread.run_sync(choose, served_by(request), sent.key, (user, anonymous), chosen)
    return Response({"recorded": len(saved.entries), "outdated": saved.outdated}, headers=_ANYBODY)


def _file(name: str, kind: str, headers: dict[str, str]) -> Response[bytes]:
    return Response(_FILES[name], media_type=kind, headers=headers)


def _for_anybody(response: Response[dict[str, Any]]) -> Response[dict[str, Any]]:
    """Browsers hide an answer, the reason of a failure too, from pages of other origins that it does not name."""
    response.headers.update(_ANYBODY)
    return response


def consent() -> Router:
    """The routes. By one address many may come: that of a proxy. One user, or one device, does not choose so often."""
    limits = Limits(at_once=300, a_second=50), Limits(at_once=20, a_second=0.01)
    return Router(
        "/consent",
        route_handlers=[script, style, notice_text, config, choice],
        dependencies={"limits": Provide(lambda: limits, sync_to_thread=False)},
        request_max_body_size=_LARGEST,
        opt={"public": True},  # nobody signs in here
        include_in_schema=False,
        exception_handlers={
            KinfolkError: lambda request, error: _for_anybody(told(request, error)),
            HTTPException: lambda request, error: _for_anybody(refused(request, error)),
        },
    )
