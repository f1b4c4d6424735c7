"""Where links lead that are good for one visit: of the first owner, and of people who choose a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from kinfolk.commands.access import invitations
from kinfolk.commands.access.invitations import Chosen
from kinfolk.commands.serving import Served
from kinfolk.errors import BusyError, KinfolkError, NotFoundError
from kinfolk.interfaces.console.entering import entered
from kinfolk.interfaces.console.pages import PAGES
from kinfolk.interfaces.console.signing_in import PUBLIC
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.forms import filled
from kinfolk.interfaces.web.problems import status_of

Using = Callable[[Served, str, Chosen], str | None]


class Introduction(Struct):
    """What the form says."""

    password: str
    again: str
    name: str = ""
    email: str = ""


@get("/setup/{secret:str}", sync_to_thread=True)
def set_up_page(request: Request[Any, Any, Any], secret: str) -> Response[str]:
    """The form for the first owner. Looking at it uses nothing up."""
    return _form(request, secret, first=True)


@post("/setup/{secret:str}", opt=PUBLIC, sync_to_thread=True)
def set_up(request: Request[Any, Any, Any], secret: str, body: bytes) -> Response[Any]:
    """Makes whoever sends it the first owner, once."""
    return _used(request, secret, filled(body, Introduction), invitations.set_up)


@get("/invitation/{secret:str}", sync_to_thread=True)
def invitation_page(request: Request[Any, Any, Any], secret: str) -> Response[str]:
    """The form for somebody who was invited. Looking at it uses nothing up."""
    return _form(request, secret, first=False)


@post("/invitation/{secret:str}", opt=PUBLIC, sync_to_thread=True)
def invitation(request: Request[Any, Any, Any], secret: str, body: bytes) -> Response[Any]:
    """Gives them the password that they chose, once."""
    return _used(request, secret, filled(body, Introduction), invitations.accept)


def _used(request: Request[Any, Any, Any], secret: str, data: Introduction, use: Using) -> Response[Any]:
    first = use is invitations.set_up
    try:
        if data.password != data.again:
            raise KinfolkError("The two passwords differ.")
        made = use(served_by(request), secret, Chosen(data.name, data.password, data.email))
    except (NotFoundError, BusyError):
        raise
    except KinfolkError as error:
        return _form(request, secret, first=first, said=data, problem=error)
    return entered(request, made)


def _form(
    request: Request[Any, Any, Any],
    secret: str,
    *,
    first: bool,
    said: Introduction | None = None,
    problem: KinfolkError | None = None,
) -> Response[str]:
    found = invitations.invitation(served_by(request), secret)
    if found is None or first != (found.user is None):
        raise invitations.gone()
    known = {"email": found.user.email, "name": found.user.name or ""} if found.user else {"email": "", "name": ""}
    written = {"email": said.email or known["email"], "name": said.name} if said else known
    status = status_of(problem) if problem else 200
    return PAGES.page(request, "invited.html", status, first=first, problem=problem, **written)
