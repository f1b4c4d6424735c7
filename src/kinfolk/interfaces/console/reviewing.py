"""Pairs that may be one customer: two records side by side, what speaks for and against, and an answer by one key."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from litestar import Request, Response, get, post
from litestar.params import Parameter
from msgspec import Struct

from kinfolk.commands import review
from kinfolk.commands.side_by_side import side_by_side
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.interfaces.console.pages import PAGES, seen_by, unpublished
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.forms import filled
from kinfolk.interfaces.web.pages import went_on
from kinfolk.interfaces.web.parameters import WAIT
from kinfolk.interfaces.web.problems import status_of
from kinfolk.model.access import Permission
from kinfolk.model.decision import Decision

_DECIDES = seen_by(Permission.DECISIONS_WRITE, Permission.PROFILES_READ)
_AHEAD = 200  # pairs that are looked at: as many as one skips before they begin anew
_PACE = timedelta(minutes=20)
_SHIFT = timedelta(hours=12)  # an answer of long ago is not taken back by a key that was pressed by mistake


class Answer(Struct):
    """What the form says. at: how many pairs were skipped; known: the last decision there was when the page was made"""

    first: str
    second: str
    verdict: Literal["same", "different", "not sure"]
    at: str = "0"
    known: str = "0"


class Undoing(Struct):
    """Which answer the page showed as the last."""

    decision: str


@get("/review", guards=_DECIDES, sync_to_thread=True)
def pair(request: Request[Any, Any, Any], at: Annotated[int, Parameter(ge=0, le=_AHEAD)] = 0) -> Response[str]:
    """The pair whose answer is worth most, or the one so many behind it."""
    return _page(request, at)


@post("/review", guards=_DECIDES, sync_to_thread=True)
def answer(request: Request[Any, Any, Any], body: bytes) -> Response[Any]:
    """Writes an answer down, and goes on to the next pair. What could not be written is asked again."""
    said = filled(body, Answer)
    at = min(_number(said.at), _AHEAD)
    signed = review.Signature(request.user.name, wait_seconds=WAIT, known=_number(said.known))
    try:
        review.decide(served_by(request).project, (said.first, said.second), said.verdict, signed)
    except KinfolkError as error:
        return _page(request, at, error)
    return went_on(f"/review?at={at}" if at else "/review")


@post("/review/undo", guards=_DECIDES, sync_to_thread=True)
def undo(request: Request[Any, Any, Any], body: bytes) -> Response[Any]:
    """Takes back the last answer of whoever asks, if it is the one they saw; its pair waits again."""
    seen = _number(filled(body, Undoing).decision)
    project = served_by(request).project
    last = _last(review.decisions_by(project, request.user.name))
    if last and last.decision_no == seen:
        try:
            review.withdraw(project, seen, review.Signature(request.user.name, wait_seconds=WAIT))
        except KinfolkError as error:
            return _page(request, 0, error)
    return went_on("/review")


def _page(request: Request[Any, Any, Any], at: int, problem: KinfolkError | None = None) -> Response[str]:
    project = served_by(request).project
    try:
        known = review.last_decision(project)  # before the pair is read: what is decided in between counts as unknown
        waiting = review.queue(project, _AHEAD)
    except NotFoundError as error:
        return unpublished(request, "Review", error)
    mine = review.decisions_by(project, request.user.name)
    asked = waiting[at % len(waiting)] if waiting else None
    return PAGES.page(
        request,
        "review.html",
        status_of(problem) if problem else 200,
        problem=problem,
        asked=asked,
        pair=side_by_side(project, asked.first, asked.second) if asked else None,
        waiting=len(waiting),
        many=len(waiting) == _AHEAD,
        at=at,
        known=known,
        last=_last(mine),
        today=_today(mine),
        pace=_pace(mine),
    )


def _number(said: str) -> int:
    """What a hidden field says; 0 for what we never wrote there."""
    return int(said) if re.fullmatch(r"[0-9]{1,15}", said) else 0


def _last(mine: list[Decision]) -> Decision | None:
    """The last answer, where it is of this shift."""
    since = datetime.now(UTC).replace(tzinfo=None) - _SHIFT
    return mine[-1] if mine and mine[-1].decided_at > since else None


def _today(mine: list[Decision]) -> int:
    return sum(decision.decided_at.date() == datetime.now(UTC).date() for decision in mine)


def _pace(mine: list[Decision]) -> float | None:
    """Answers an hour, by those of the last twenty minutes; None for fewer than three."""
    now = datetime.now(UTC).replace(tzinfo=None)
    lately = [decision.decided_at for decision in mine if now - decision.decided_at < _PACE]
    if len(lately) < 3:
        return None
    took = (max(lately) - min(lately)).total_seconds()
    return 3600 * (len(lately) - 1) / took if took else None
