"""Rows that could not be landed, over HTTP: what `kinfolk quarantine` does, for programs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, patch, post
from litestar.params import Parameter

from kinfolk.commands import quarantine
from kinfolk.interfaces.web.asking import needs, served_by
from kinfolk.interfaces.web.parameters import WAIT, Number
from kinfolk.model.access import Permission
from kinfolk.model.quarantined import Fix, Quarantined, Waiting

_CORRECTS = [needs(Permission.DECISIONS_WRITE)]

Limit = Annotated[int, Parameter(ge=1, le=1000)]


class Correction(msgspec.Struct, forbid_unknown_fields=True):
    """Column -> its new value, or nothing; `column.name` inside one that holds JSON."""

    values: dict[str, str | None]


@get("/", sync_to_thread=True)
def waiting(request: Request[Any, Any, Any], source: str | None = None) -> list[Waiting]:
    """What waits, by source, reason and load, the most rows first."""
    return quarantine.waiting(served_by(request).project, source)


@get("/rows", sync_to_thread=True)
def rows(
    request: Request[Any, Any, Any], source: str | None = None, after: Number = 0, limit: Limit = 50
) -> list[Quarantined]:
    """Rows that wait, in order of their numbers; after: those with a greater one."""
    return quarantine.open_rows(served_by(request).project, source, after=after, most=limit)


@get("/rows/{record_no:int}", sync_to_thread=True)
def row(request: Request[Any, Any, Any], record_no: int) -> Quarantined:
    """One row that waits."""
    return quarantine.show(served_by(request).project, record_no)


@patch("/rows/{record_no:int}", guards=_CORRECTS, sync_to_thread=True)
def correct(request: Request[Any, Any, Any], record_no: int, data: Correction) -> list[Fix]:
    """Keeps a correction; the row waits on until it is sent again."""
    return quarantine.fix(served_by(request).project, {record_no: data.values}, request.user.name, wait_seconds=WAIT)


@post("/replay", guards=_CORRECTS, status_code=202, sync_to_thread=False)
def replay(request: Request[Any, Any, Any], source: str | None = None) -> dict[str, bool]:
    """Has corrected rows landed again, soon. `accepted` is false where too much waits."""
    served = served_by(request)
    wishes = served.wishes
    return {"accepted": bool(wishes and wishes.replay(served.project, source, request.user.name))}


QUARANTINE = Router(
    "/quarantine",
    route_handlers=[waiting, rows, row, correct, replay],
    guards=[needs(Permission.OPERATIONS_READ), needs(Permission.PROFILES_READ)],
)
