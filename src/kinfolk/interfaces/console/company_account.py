"""Signing in with the company's account: to its identity provider, and back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.response import Redirect

from kinfolk.commands.access import company_account
from kinfolk.errors import KinfolkError, NotAllowedError, NotFoundError
from kinfolk.interfaces.console.entering import START, entered
from kinfolk.interfaces.console.signing_in import sign_in_form
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.cookies import cookie_in
from kinfolk.interfaces.web.limits import Limits

_COOKIE = "kinfolk-away"
_LONGEST = 2000  # characters of where somebody wants to go, which is kept for each who is away
_LIMITS = Limits(at_once=60, a_second=5)  # by address, which may be that of a proxy: fewer than may be away


@get("/sign-in/oidc", sync_to_thread=True)
def depart(request: Request[Any, Any, Any], next: str = START) -> Response[Any]:
    """To the provider; those who come too often from one address would push others out who are there."""
    if not _LIMITS.allows(request.client.host if request.client else ""):
        answer = sign_in_form(request, next, 429, problem="Too many people are on their way. Try again in a moment.")
        answer.headers["retry-after"] = "1"
        return answer
    try:
        url, secret = company_account.depart(served_by(request), next if len(next) <= _LONGEST else START)
    except KinfolkError as error:
        return _told(request, error, next)
    away = Redirect(url, status_code=303)
    away.set_cookie(_kept(secret, served_by(request).secure))
    return away


@get(company_account.CALLBACK, sync_to_thread=True)
def arrive(request: Request[Any, Any, Any]) -> Response[Any]:
    """Back from the provider."""
    served = served_by(request)
    kept = cookie_in(request, _kept(None, served.secure).key) or ""
    try:
        arrival = company_account.arrive(served, kept, dict(request.query_params))
    except KinfolkError as error:
        return _told(request, error, START)
    answer = entered(request, arrival.secret, arrival.onward)
    answer.set_cookie(_kept(None, served.secure))
    return answer


def _told(request: Request[Any, Any, Any], error: KinfolkError, onward: str) -> Response[str]:
    status = {NotAllowedError: 403, NotFoundError: 404}.get(type(error), 502)
    return sign_in_form(request, onward, status, problem=f"{error.what} {error.hint or ''}".strip())


def _kept(secret: str | None, secure: bool) -> Cookie:
    """What the browser keeps until it comes back; None takes it away."""
    name = f"__Host-{_COOKIE}" if secure else _COOKIE
    age = company_account.LASTS if secret else 0
    return Cookie(name, value=secret or "", max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
