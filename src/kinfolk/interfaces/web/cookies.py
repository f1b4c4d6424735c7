"""The cookie by which a browser says in which session it asks."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

_NAME = "kinfolk"


def name(secure: bool) -> str:
    """What it is called. With TLS browsers see to it that no other host, and nobody without TLS, can set it."""
    return f"__Host-{_NAME}" if secure else _NAME


def session_in(connection: ASGIConnection[Any, Any, Any, Any], secure: bool) -> str | None:
    """What the request's cookie says, if it has one."""
    return cookie_in(connection, name(secure)) or None


def cookie_in(connection: ASGIConnection[Any, Any, Any, Any], name: str) -> str | None:
    """What that cookie says; None where there is none.

    Ours are never quoted. The framework unquotes all there are, which takes the square of the time that they are long
    (CVE-2024-7592), and remembers them; and a browser may bring long ones of other hosts of the same domain.
    """
    found = None
    for header in connection.headers.getall("cookie", ()):
        for one in header.split(";"):
            key, _, value = one.strip().partition("=")
            found = value if key == name else found
    return found


def session_cookie(secret: str | None, secure: bool) -> Cookie:
    """The cookie for that session; None takes it away. It ends with the browser, and no script can read it."""
    age = 0 if secret is None else None
    return Cookie(name(secure), value=secret or "", max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
