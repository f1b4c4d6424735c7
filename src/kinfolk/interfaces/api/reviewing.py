"""Pairs that wait for a person, and what people decided, over HTTP: what `kinfolk review` does, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.params import Parameter

from kinfolk.commands import review
from kinfolk.interfaces.web.asking import needs, served_by
from kinfolk.interfaces.web.parameters import WAIT
from kinfolk.model.access import Permission
from kinfolk.model.decision import Decision

Limit = Annotated[int, Parameter(ge=1, le=1000)]


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody decided of two records, each named source:id."""

    first: str
    second: str
    verdict: Literal["same", "different", "not sure"]
    note: str | None = None


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    """Why a decision is taken back."""

    note: str | None = None


@get("/review", sync_to_thread=True)
def waiting(request: Request[Any, Any, Any], limit: Limit = 20) -> list[review.Asked]:
    """The pairs that wait, those first whose answer is worth most."""
    return review.queue(served_by(request).project, limit)


@get("/review/pair", sync_to_thread=True)
def pair(request: Request[Any, Any, Any], first: str, second: str) -> review.Shown:
    """The evidence about two records, and what was decided about them."""
    return review.show(served_by(request).project, first, second)


@get("/decisions", sync_to_thread=True)
def decisions(request: Request[Any, Any, Any]) -> list[review.Standing]:
    """Every decision, the latest first, and whether it holds."""
    return review.decisions(served_by(request).project)


@post("/decisions", sync_to_thread=True)
def decide(request: Request[Any, Any, Any], data: Answer) -> list[Decision]:
    """Writes an answer down; the next run obeys it."""
    signed = review.Signature(request.user.name, data.note, WAIT)
    return review.decide(served_by(request).project, (data.first, data.second), data.verdict, signed)


@post("/decisions/{number:int}/withdraw", sync_to_thread=True)
def withdraw(request: Request[Any, Any, Any], number: int, data: Withdrawal) -> list[Decision]:
    """Takes a decision back, as if nobody had ever decided about the two records."""
    signed = review.Signature(request.user.name, data.note, WAIT)
    return review.withdraw(served_by(request).project, number, signed)


REVIEW = Router(
    "/",
    route_handlers=[waiting, pair, decisions, decide, withdraw],
    guards=[needs(Permission.DECISIONS_WRITE), needs(Permission.PROFILES_READ)],
)
