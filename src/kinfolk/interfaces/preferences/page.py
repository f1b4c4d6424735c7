"""The page on which a customer says what data may be used for. Whoever has the link may; nobody signs in.

Looking changes nothing, since programs that check e-mail follow every link.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.response import Redirect

from kinfolk.commands.consent import choices, links
from kinfolk.commands.consent.choices import Filled
from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.preferences import views
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.forgery import from_here
from kinfolk.interfaces.web.forms import values

_LARGEST = 64 << 10
_MOST_FIELDS = 1000
_ONE_CLICK = b"One-Click"  # what a mail program sends for `List-Unsubscribe` (RFC 8058)

Asked = Request[Any, Any, Any]


@get("/{token:str}", sync_to_thread=True)
def shown(request: Asked, token: str, done: str = "") -> Response[str]:
    """The choices as they stand. done: what became of those that were just made"""
    served = served_by(request)
    visit = links.visit(served.project, token)
    if visit.over:
        return views.expired(served)
    try:
        found = choices.choices(served, visit.subject)
    except KinfolkError as error:
        if type(error) is not KinfolkError:
            raise
        # The address has become several people's: they can say no, and nobody can see what each said.
        return views.only_no(served, token, done)
    return views.page(served, token, found, done)


@post("/{token:str}", sync_to_thread=True)
def changed(request: Asked, token: str, body: bytes) -> Response[Any]:
    """What was changed is written down, or a no to everything; then the page is shown anew."""
    served = served_by(request)
    if not from_here(request):  # the link lets one in, and other pages are not to make use of that
        raise PermissionDeniedException
    visit = links.visit(served.project, token)
    if visit.over:
        return views.expired(served)
    form = values(body, _MOST_FIELDS)
    if "nothing" in form:
        choices.withdraw_all(served, visit.subject, _address(request, served))
        return Redirect(f"/preferences/{token}?done=nothing", status_code=303)
    version, digest = (form.get(name, [None])[0] for name in ("version", "notice"))
    filled = Filled(form.get("shown", []), form.get("ticked", []), version, _address(request, served), digest)
    saved = choices.save(served, visit.subject, filled)
    done = "outdated" if saved.outdated else "saved" if saved.entries else "same"
    return Redirect(f"/preferences/{token}?done={done}", status_code=303)


@get("/{token:str}/unsubscribe", sync_to_thread=False)
def asked_to_unsubscribe(token: str) -> Redirect:
    """The page, for mail programs that open the address instead."""
    return Redirect(f"/preferences/{token}", status_code=303)


@post("/{token:str}/unsubscribe", sync_to_thread=True, status_code=200)
def unsubscribe(
    request: Asked, token: str, body: bytes, purpose: str | None = None, channel: str | None = None
) -> Response[str]:
    """What mail programs ask for with one click: a no, to a purpose, to a channel, or to all that rests on consent."""
    served = served_by(request)
    visit = links.visit(served.project, token)
    if visit.over:
        return views.expired(served)
    if _ONE_CLICK not in body:
        return views.problem(served, 400)
    choices.withdraw_all(served, visit.subject, _address(request, served), purpose, channel)
    return views.unsubscribed(served)


def _address(request: Asked, served: Served) -> str:
    """Of the page, without what opens it."""
    return f"{served.public_url or str(request.base_url).rstrip('/')}/preferences"


PAGE = Router(
    "/preferences",
    route_handlers=[shown, changed, asked_to_unsubscribe, unsubscribe],
    request_max_body_size=_LARGEST,
    opt={"public": True},  # nobody signs in here
    include_in_schema=False,
    exception_handlers={KinfolkError: views.told, HTTPException: views.refused},
)
