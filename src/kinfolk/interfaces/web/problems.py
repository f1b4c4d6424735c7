"""What went wrong, as an answer: what, where, and what to do about it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from kinfolk.errors import BusyError, ExistsError, KinfolkError, NotFoundError, ProjectError, QueryError

_STATUS = ((NotFoundError, 404), (ExistsError, 409), (BusyError, 503), (ProjectError, 503), (QueryError, 400))


def status_of(error: KinfolkError) -> int:
    """The HTTP status that says best what kind of error it is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def told(_request: Request[Any, Any, Any], error: KinfolkError) -> Response[dict[str, Any]]:
    """The answer to a program for an error that a person can mend."""
    return Response({"what": error.what, "where": error.where, "hint": error.hint}, status_code=status_of(error))


def refused(_request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """The answer to a program for a request that cannot be answered."""
    body: dict[str, Any] = {"what": error.detail, "where": None, "hint": None}
    if isinstance(error.extra, list) and error.extra:
        body["problems"] = error.extra
    headers = dict(error.headers or {})
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status_code=error.status_code, headers=headers)
