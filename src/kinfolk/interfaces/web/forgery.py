"""No page of somebody else makes a browser do here what whoever sits before it did not want."""

from __future__ import annotations

import hmac
from typing import Any

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import PermissionDeniedException

from kinfolk.interfaces.web.asking import BySession, served_by
from kinfolk.interfaces.web.forms import fields

_SAFE = ("GET", "HEAD", "OPTIONS")
HEADER, FIELD = "x-csrf-token", "csrf"
_FORGED = "This did not come from a page of ours. Load the page anew, and try again."


async def refuse_forged(request: Request[Any, Any, Any]) -> None:
    """Nothing, for a request that changes nothing, or does so for nobody who signed in, or comes from a page of ours.

    A browser says where a request comes from, and a page of ours says what only it can know: in a field of its form, or
    in a header. A handler for which nobody needs to sign in says `opt={"public": True}`, and does not look who did. One
    whose form may be larger than others says `opt={"form": (fields, bytes)}`.
    """
    if request.method in _SAFE or not isinstance(request.auth, BySession) or request.route_handler.opt.get("public"):
        return
    said = await _said(request)
    if not from_here(request) or not hmac.compare_digest(said.encode(), request.auth.csrf.encode()):
        raise PermissionDeniedException(_FORGED)


async def refuse_elsewhere(request: Request[Any, Any, Any]) -> None:
    """The same, and nothing either for a form of somebody else's page where nobody has signed in yet."""
    if request.method not in _SAFE and not from_here(request):
        raise PermissionDeniedException(_FORGED)
    await refuse_forged(request)


def from_here(request: Request[Any, Any, Any]) -> bool:
    """Whether a page of ours asks. Where neither header is there, no browser asks, or one of long ago."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is None:
        return True
    served = served_by(request)
    return bool(origin == (served.public_url or f"http://{request.headers.get('host', '')}"))


async def _said(request: Request[Any, Any, Any]) -> str:
    if said := request.headers.get(HEADER):
        return str(said)
    if request.content_type[0] != RequestEncodingType.URL_ENCODED:
        return ""
    return str(fields(await request.body(), *request.route_handler.opt.get("form", ())).get(FIELD, ""))
