"""Where people sign in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from kinfolk.commands.access import signing_in
from kinfolk.interfaces.console.entering import START, entered, left
from kinfolk.interfaces.console.pages import PAGES
from kinfolk.interfaces.web.asking import BySession, served_by
from kinfolk.interfaces.web.forms import filled
from kinfolk.model.interval import words_of

PUBLIC = {"public": True}  # whoever asks, it is not the session that lets them


class SignIn(Struct):
    """What the form says. next: where its reader wanted to go"""

    email: str
    password: str
    next: str = START


@get("/sign-in", sync_to_thread=False)
def sign_in_page(request: Request[Any, Any, Any], next: str = START) -> Response[str]:
    """The form."""
    return sign_in_form(request, next)


@post("/sign-in", opt=PUBLIC, sync_to_thread=True)
def sign_in(request: Request[Any, Any, Any], body: bytes) -> Response[Any]:
    """Lets in whoever knows the password. Everybody else hears the same, whether there is such an account or not."""
    data = filled(body, SignIn)
    attempt = signing_in.sign_in(served_by(request), data.email, data.password)
    if attempt.secret:
        return entered(request, attempt.secret, data.next)
    if attempt.locked_until is None:
        return sign_in_form(request, data.next, 401, data.email, "No account has this address and this password.")
    wait = attempt.locked_until - datetime.now(UTC)
    said = f"Too many wrong passwords. Try again in {words_of(wait)}."
    answer = sign_in_form(request, data.next, 429, data.email, said)
    answer.headers["retry-after"] = str(max(1, int(wait.total_seconds())))
    return answer


@post("/sign-out", sync_to_thread=True)
def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ends the session."""
    if isinstance(request.auth, BySession):
        signing_in.sign_out(served_by(request), request.auth.secret)
    return left(request)


def sign_in_form(
    request: Request[Any, Any, Any], next: str, status: int = 200, email: str = "", problem: str | None = None
) -> Response[str]:
    """The form, which leads on to `next`."""
    rules = served_by(request).access.sign_in
    ways = {"passwords": rules.passwords, "oidc": rules.oidc is not None}
    return PAGES.page(request, "sign_in.html", status, next=next, email=email, problem=problem, **ways)
