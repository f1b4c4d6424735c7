"""What went wrong, as an answer: what, where, and what to do about it. JSON for programs, a page for people."""

from __future__ import annotations

import sys
import traceback
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException

from kinfolk.errors import (
    BusyError,
    EngineError,
    ExistsError,
    KinfolkError,
    NotAllowedError,
    NotFoundError,
    ProjectError,
)
from kinfolk.interfaces.web.pages import SHARED, Pages, went_on

Asked = Request[Any, Any, Any]

_STATUS = (
    (NotFoundError, 404),
    (ExistsError, 409),
    (NotAllowedError, 403),
    (BusyError, 503),
    (ProjectError, 503),
    (EngineError, 503),  # a full disk, say: what was asked for was right, and can be asked for again
)
PROBLEM = "application/problem+json"
_OF_THE_SERVER = (ProjectError, EngineError)  # where they are is a file of ours, and nobody else's business
_FOR_PROGRAMS = ("/api/", "/scim/")
_UNFORESEEN = "Something went wrong that nobody foresaw. It stands in what the server says."
_BROKEN_OFF = "client disconnected prematurely"  # as Litestar says it, and takes it for a failure of ours
_PAGES = Pages(SHARED)


def status_of(error: KinfolkError) -> int:
    """The HTTP status that says best what kind of error it is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """What a program is told of an error (RFC 9457): `detail` says what happened, `hint` what to do about it."""
    return {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, "hint": None, "where": None, **more}


def told(_request: Asked, error: KinfolkError) -> Response[dict[str, Any]]:
    """The answer to a program for an error that a person can mend."""
    status, where = status_of(error), None if isinstance(error, _OF_THE_SERVER) else error.where
    return Response(problem(status, error.what, hint=error.hint, where=where), status_code=status, media_type=PROBLEM)


def refused(_request: Asked, error: HTTPException) -> Response[dict[str, Any]]:
    """The answer to a program for a request that cannot be answered."""
    error = _blameless(error)
    body = problem(error.status_code, error.detail)
    if isinstance(error.extra, list) and error.extra:
        body["problems"] = error.extra
    headers = dict(error.headers or {})
    if error.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status_code=error.status_code, headers=headers, media_type=PROBLEM)


def shown(request: Asked, error: KinfolkError) -> Response[Any]:
    """The answer to whoever asks, person or program, for an error that a person can mend."""
    if not _by_a_person(request):
        return told(request, error)
    return _PAGES.page(request, "problem.html", status_of(error), what=error.what, hint=error.hint)


def shown_refused(request: Asked, error: HTTPException) -> Response[Any]:
    """The answer to whoever asks for a request that cannot be answered: who has to sign in first is led there."""
    if not _by_a_person(request):
        return refused(request, error)
    error = _blameless(error)
    if error.status_code == 401 and request.method == "GET":
        return went_on("/sign-in?next=" + quote(request.url.path + (f"?{q}" if (q := request.url.query) else "")))
    what = "There is no such page." if error.status_code == 404 else error.detail
    return _PAGES.page(request, "problem.html", error.status_code, what=what, hint=None)


def unforeseen(request: Asked, error: Exception) -> Response[Any]:
    """The answer for a failure of ours. What it was is for those who run the server, and for nobody else."""
    _note(error)
    return shown_refused(request, HTTPException(_UNFORESEEN, status_code=500))


def too_deep(request: Asked, _error: RecursionError) -> Response[Any]:
    """The answer to JSON that is nested so that nobody could read it."""
    return shown_refused(request, HTTPException("The request is nested too deeply.", status_code=400))


def _blameless(error: HTTPException) -> HTTPException:
    """The same, but for what the framework takes for a failure of ours: of that, only we are told."""
    if error.detail == _BROKEN_OFF:
        return HTTPException("The request breaks off.", status_code=400)
    if error.status_code == 500 and error.detail != _UNFORESEEN:
        _note(error)
        return HTTPException(_UNFORESEEN, status_code=500)
    return error


def _note(error: Exception) -> None:
    sys.stderr.write("".join(traceback.format_exception(error)))
    sys.stderr.flush()


def _by_a_person(request: Asked) -> bool:
    return not request.url.path.startswith(_FOR_PROGRAMS) and "text/html" in request.headers.get("accept", "")
