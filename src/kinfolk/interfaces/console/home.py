"""Where one begins: how the customer data stands, and what needs whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from kinfolk.commands.review import queue
from kinfolk.commands.status import Status, status
from kinfolk.interfaces.console.pages import PAGES
from kinfolk.interfaces.web.asking import BySession, served_by
from kinfolk.interfaces.web.pages import went_on
from kinfolk.interfaces.web.shown import ago, counted, number, when
from kinfolk.model.access import Permission, Principal
from kinfolk.model.interval import words_of

_RUNS = 5
_MOST_PAIRS = 100  # that are counted


@dataclass(frozen=True)
class Task:
    """Something that needs a person. kind: how bad it is; act: what to do about it, at `path`"""

    what: str
    why: str
    kind: str
    act: str
    path: str


@get("/", sync_to_thread=True)
def home(request: Request[Any, Any, Any]) -> Response[str] | Redirect:
    """The page; whoever has not signed in is led to where they do."""
    if not isinstance(request.auth, BySession):
        return went_on("/sign-in")
    project = served_by(request).project
    found = status(project, limit=_RUNS)
    decides = found.numbers and request.user.may >= {Permission.DECISIONS_WRITE, Permission.PROFILES_READ}
    waiting = len(queue(project, _MOST_PAIRS)) if decides else 0
    return PAGES.page(request, "home.html", found=found, tasks=list(_tasks(found, request.user, waiting)))


def _tasks(found: Status, principal: Principal, waiting: int) -> Iterator[Task]:
    """What needs them, of what they may do something about, the worst first. waiting: pairs, for who may decide"""
    if Permission.OPERATIONS_READ in principal.may:
        yield from _of_operations(found, principal)
    if waiting:
        many = f"{_MOST_PAIRS}+ pairs" if waiting >= _MOST_PAIRS else counted(waiting, "pair")
        why = "They may be one customer or two, and the data alone does not say."
        yield Task(f"{many} to decide on", why, "accent", "Review them", "/review")


def _of_operations(found: Status, principal: Principal) -> Iterator[Task]:
    health = found.health
    failure = health.last_failure if health else None
    if failure and not failure.over:
        yield Task(f"Run {failure.run_id} failed", failure.cause, "bad", "Look at it", f"/runs/{failure.run_id}")
    for source in health.sources if health else ():
        if source.behind:
            why = f"It is to come every {source.refresh}; the last load was {ago(source.last_load)}."
            yield Task(f"{source.name} is {words_of(source.behind)} late", why, "warn", "See sources", "/sources")
        if source.unusual:
            why = f"{number(source.rows)} rows came at {when(source.last_load)}, {source.unusual} than usual."
            yield Task(f"{source.name} is unlike itself", why, "warn", "See sources", "/sources")
    rows = sum(one["rows"] for one in found.numbers.quarantined) if found.numbers else 0
    if rows:
        why = "They broke a contract, or could not be read. None is lost."
        to = "/quarantine" if Permission.PROFILES_READ in principal.may else "/sources"
        yield Task(f"{counted(rows, 'row')} in quarantine", why, "warn", "See which", to)
