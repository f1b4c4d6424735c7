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
    return connection.cookies.get(name(secure)) or None


def session_cookie(secret: str | None, secure: bool) -> Cookie:
    """The cookie for that session; None takes it away. It ends with the browser, and no script can read it."""
    age = 0 if secret is None else None
    return Cookie(name(secure), value=secret or "", max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
