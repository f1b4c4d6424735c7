"""The ledger of consents over HTTP: what `kinfolk consent` does, for programs.

Whom a question is about stands behind the `?`, since the name of a record may hold a slash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import Any, Literal

import anyio.to_thread
import msgspec
from litestar import Request, Router, get, post
from litestar.response import Stream

from kinfolk.commands.consent.files import Imported, export_lines, import_in
from kinfolk.commands.consent.links import Link, link_in
from kinfolk.commands.consent.receipt import Receipt, receipt_in
from kinfolk.commands.consent.record import record_in, withdraw_in
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.consent.show import Shown, Told, history_in, show_in
from kinfolk.commands.consent.verify import verify_in
from kinfolk.commands.length import length_named
from kinfolk.interfaces.web.asking import needs, served_by
from kinfolk.model.access import Permission
from kinfolk.model.consent import Entry, Verified

_LARGEST_FILE = 64 << 20
_IN_MEMORY = 1 << 20  # bytes of a file; what is larger goes to disk meanwhile
_AT_ONCE = 64 << 10  # bytes of a file that is answered

_READS, _WRITES = [needs(Permission.CONSENTS_READ)], [needs(Permission.CONSENTS_WRITE)]


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody withdrew: from a purpose, or, without one, from all that rest on consent. Fields as of an import."""

    who: str
    purpose: str = ""
    effective_at: str | None = None
    channel: str | None = None
    topic: str | None = None
    collection_method: str | None = None
    collected_at: str | None = None
    proof: str | None = None


class Word(Withdrawal, forbid_unknown_fields=True, kw_only=True):
    """What somebody said to a purpose."""

    purpose: str
    decision: Literal["granted", "denied", "withdrawn", "expired"]
    policy_version: str | None = None


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A link to the page of a person's choices."""

    who: str
    lasts: str = "30 days"


@get("/", guards=_READS, sync_to_thread=True)
def state(request: Request[Any, Any, Any], who: str, as_of: str | None = None) -> Shown:
    """What holds for a person: every channel and topic of every purpose, now, or as was known at a moment."""
    served = served_by(request)
    return show_in(served.project, served.store, who, as_of)


@get("/history", guards=_READS, sync_to_thread=True)
def history(request: Request[Any, Any, Any], who: str) -> list[Told]:
    """Everything that a person's records, addresses and numbers ever said, the earliest first."""
    served = served_by(request)
    return history_in(served.project, served.store, who)


@get("/receipts/{seq:int}", guards=_READS, sync_to_thread=True)
def receipt(request: Request[Any, Any, Any], seq: int) -> Receipt:
    """What a person may be handed as proof of one row, in the fields of ISO/IEC TS 27560."""
    served = served_by(request)
    return receipt_in(served.project, served.store, seq)


@get("/verify", guards=_READS, sync_to_thread=True)
def verified(request: Request[Any, Any, Any]) -> Verified:
    """Whether the ledger is what was written."""
    served = served_by(request)
    return verify_in(served.store)


@get("/export", guards=_READS, sync_to_thread=False, media_type="text/csv")
def export(request: Request[Any, Any, Any]) -> Stream:
    """The whole ledger as CSV, in the columns that an import takes."""
    return Stream(_aside(export_lines(served_by(request).store)), media_type="text/csv")


@post("/", guards=_WRITES, sync_to_thread=True)
def record(request: Request[Any, Any, Any], data: Word) -> list[Entry]:
    """Writes down what somebody said; of a customer, a row for each record it has."""
    served = served_by(request)
    return record_in(served.project, served.store, data.who, [_said(request, data, data.decision, data.policy_version)])


@post("/links", guards=_WRITES, sync_to_thread=True)
def link(request: Request[Any, Any, Any], data: Wanted) -> Link:
    """An address by which a person comes to their own choices."""
    served = served_by(request)
    length = length_named(data.lasts)
    return link_in(replace(served, public_url=served.public_url or str(request.base_url).rstrip("/")), data.who, length)


@post("/withdraw", guards=_WRITES, sync_to_thread=True)
def withdraw(request: Request[Any, Any, Any], data: Withdrawal) -> list[Entry]:
    """Writes down that somebody withdrew."""
    served = served_by(request)
    return withdraw_in(served.project, served.store, data.who, _said(request, data, "withdrawn"))


@post("/import", guards=_WRITES, request_max_body_size=_LARGEST_FILE, status_code=200)
async def import_(request: Request[Any, Any, Any]) -> Imported:
    """Records every row of a CSV file, which is the body of the request, or none."""
    served = served_by(request)
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        async for part in request.stream():
            file.write(part)
        file.seek(0)
        return await anyio.to_thread.run_sync(import_in, served.project, served.store, file, "the file")


def _said(request: Request[Any, Any, Any], data: Withdrawal, choice: str, version: str | None = None) -> Said:
    return Said(
        data.purpose,
        choice,
        data.effective_at,
        version,
        data.channel,
        data.topic,
        data.collection_method,
        data.collected_at,
        request.user.name,
        data.proof,
    )


def _aside(lines: Iterator[str]) -> Iterator[bytes]:
    """All of it is read first, so that whoever takes it slowly keeps no connection to the store meanwhile."""
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        for line in lines:
            file.write(line.encode())
        file.seek(0)
        while piece := file.read(_AT_ONCE):
            yield piece


CONSENTS = Router(
    "/consents", route_handlers=[state, history, receipt, verified, export, record, link, withdraw, import_]
)
