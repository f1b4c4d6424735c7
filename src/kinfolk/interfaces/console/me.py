"""Who one is here: roles, what they allow, another password, and an end to every session."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from kinfolk.commands.access import signing_in
from kinfolk.commands.access.people import person
from kinfolk.errors import BusyError, KinfolkError
from kinfolk.interfaces.console.entering import entered, left
from kinfolk.interfaces.console.pages import PAGES
from kinfolk.interfaces.web.asking import served_by, signed_in
from kinfolk.interfaces.web.forms import filled
from kinfolk.interfaces.web.problems import status_of


class Change(Struct):
    """What the form says."""

    now_used: str
    password: str
    again: str


@get("/me", guards=[signed_in], sync_to_thread=True)
def me(request: Request[Any, Any, Any]) -> Response[str]:
    """The page."""
    return _page(request)


@post("/me/password", guards=[signed_in], sync_to_thread=True)
def change_password(request: Request[Any, Any, Any], body: bytes) -> Response[Any]:
    """Another password, and an end to every session but this browser's."""
    data = filled(body, Change)
    try:
        if data.password != data.again:
            raise KinfolkError("The two passwords differ.")
        user_id = request.user.user_id
        secret = signing_in.change_password(served_by(request), user_id, data.now_used, data.password)
    except BusyError:
        raise
    except KinfolkError as error:
        return _page(request, error)
    return entered(request, secret, "/me?changed=1")


@post("/me/sign-out-everywhere", guards=[signed_in], sync_to_thread=True)
def sign_out_everywhere(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ends every session of whoever asks."""
    signing_in.sign_out_everywhere(served_by(request), request.user.user_id)
    return left(request)


def _page(request: Request[Any, Any, Any], problem: KinfolkError | None = None) -> Response[str]:
    user = person(served_by(request).store, request.user.user_id)
    shown = {"user": user, "problem": problem, "changed": "changed" in request.query_params and not problem}
    return PAGES.page(request, "me.html", status_of(problem) if problem else 200, **shown)
