"""A browser that has just been let in: the cookie of its new session, and where it goes on."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.response import Redirect

from kinfolk.commands.access.signing_in import sign_out
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.cookies import session_cookie, session_in
from kinfolk.interfaces.web.pages import went_on

START = "/"
_NEVER = re.compile(r"[\x00-\x20\x7f\\]")  # browsers read some of these as something else


def entered(request: Request[Any, Any, Any], secret: str | None, onward: str = START) -> Redirect:
    """Goes on in that session, and in no earlier one of the same browser; without one, to where people sign in."""
    served = served_by(request)
    if earlier := session_in(request, served.secure):
        sign_out(served, earlier)
    answer = went_on(local(onward) if secret else "/sign-in")
    answer.set_cookie(session_cookie(secret, served.secure))
    return answer


def left(request: Request[Any, Any, Any]) -> Response[Any]:
    """Goes to where people sign in, and takes the cookie along."""
    answer = went_on("/sign-in")
    answer.set_cookie(session_cookie(None, served_by(request).secure))
    return answer


def local(path: str) -> str:
    """The path, where it is one of ours; the start for anything that might lead elsewhere."""
    if _NEVER.search(path) or not path.startswith("/") or path.startswith("//"):
        return START
    try:
        parts = urlsplit(path)
    except ValueError:
        return START
    return START if parts.scheme or parts.netloc else path
