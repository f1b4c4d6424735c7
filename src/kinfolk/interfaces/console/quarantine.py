"""Rows that could not be landed: which, why, corrected, and sent again."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post

from kinfolk.commands import quarantine
from kinfolk.errors import ExistsError, KinfolkError, NotFoundError
from kinfolk.interfaces.console.pages import PAGES, seen_by, unpublished
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.forms import values
from kinfolk.interfaces.web.pages import went_on
from kinfolk.interfaces.web.parameters import WAIT, Number
from kinfolk.interfaces.web.problems import status_of
from kinfolk.model.access import Permission
from kinfolk.model.quarantined import Quarantined

_READS = seen_by(Permission.OPERATIONS_READ, Permission.PROFILES_READ)
_CORRECTS = seen_by(Permission.OPERATIONS_READ, Permission.PROFILES_READ, Permission.DECISIONS_WRITE)
_AT_ONCE = 50  # rows on one page
_FORM = (5_000, 1 << 20)  # fields and bytes: a row may have thousands of columns


@get("/quarantine", guards=_READS, sync_to_thread=True)
def rows(request: Request[Any, Any, Any], source: str | None = None, after: Number = 0) -> Response[str]:
    """Rows that wait, and why. source: only of this one; after: with a greater number"""
    served = served_by(request)
    quarantine.check_source(served.project, source)
    try:
        found = quarantine.open_rows(served.project, source, after=after, most=_AT_ONCE + 1)
        waiting = quarantine.waiting(served.project, source)
    except NotFoundError as error:
        return unpublished(request, "Quarantine", error)
    return PAGES.page(
        request,
        "quarantine.html",
        rows=found[:_AT_ONCE],
        more=len(found) > _AT_ONCE,
        source=source,
        fixed=sum(one.fixed for one in waiting),
        waiting=sum(one.rows for one in waiting),
        wishes=served.wishes,
        corrects=Permission.DECISIONS_WRITE in request.user.may,
    )


@get("/quarantine/{record_no:int}", guards=_READS, sync_to_thread=True)
def row(request: Request[Any, Any, Any], record_no: int) -> Response[str]:
    """One row, as it came and as it is now."""
    return _page(request, record_no)


@post(
    "/quarantine/{record_no:int}",
    guards=_CORRECTS,
    sync_to_thread=True,
    request_max_body_size=_FORM[1],
    opt={"form": _FORM},
)
def correct(request: Request[Any, Any, Any], record_no: int, body: bytes) -> Response[Any]:
    """Keeps what was corrected; the row waits on until it is sent again.

    A browser sends every field, its line breaks in its own way: only what differs from what was shown was corrected.
    """
    project = served_by(request).project
    said = {name: text[0] for name, text in values(body, _FORM[0]).items()}
    row = quarantine.show(project, record_no)
    now = {name: _lines(text or "") for name, text in (row.values or {}).items()}
    cells = {name.removeprefix("of:"): _lines(text) for name, text in said.items() if name.startswith("of:")}
    given = {name: text or None for name, text in cells.items() if text != now.get(name, "")}
    try:
        if said.get("shown") != _mark(row):
            raise ExistsError(
                "Somebody corrected this row meanwhile.", hint="Look at it as it is now, and correct it again."
            )
        quarantine.fix(project, {record_no: given}, request.user.name, wait_seconds=WAIT)
    except KinfolkError as error:
        return _page(request, record_no, error, None if isinstance(error, ExistsError) else given)
    return went_on("/quarantine")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _mark(row: Quarantined) -> str:
    """By which a row is known to be as it was shown."""
    return sha256(json.dumps(row.values, ensure_ascii=False).encode()).hexdigest()


@post("/quarantine/replay", guards=_CORRECTS, sync_to_thread=False)
def replay(request: Request[Any, Any, Any], source: str | None = None) -> Response[Any]:
    """Has corrected rows landed again, soon."""
    served = served_by(request)
    if served.wishes:
        served.wishes.replay(served.project, source, request.user.name)
    return went_on("/quarantine" + (f"?source={quote(source)}" if source else ""))


def _page(
    request: Request[Any, Any, Any],
    record_no: int,
    problem: KinfolkError | None = None,
    said: dict[str, str | None] | None = None,
) -> Response[str]:
    found = quarantine.show(served_by(request).project, record_no)
    return PAGES.page(
        request,
        "quarantined.html",
        status_of(problem) if problem else 200,
        row=found,
        cells=dict(found.values or {}) | (said or {}),
        shown=_mark(found),
        problem=problem,
        corrects=Permission.DECISIONS_WRITE in request.user.may,
    )
