"""Where one begins: how the customer data stands, and what needs whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from kinfolk.commands.status import Status, status
from kinfolk.interfaces.console.pages import PAGES
from kinfolk.interfaces.web.asking import BySession, served_by
from kinfolk.interfaces.web.pages import went_on
from kinfolk.interfaces.web.shown import ago, counted, number, when
from kinfolk.model.access import Permission, Principal
from kinfolk.model.interval import words_of

_RUNS = 5


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
    found = status(served_by(request).project, limit=_RUNS)
    return PAGES.page(request, "home.html", found=found, tasks=list(_tasks(found, request.user)))


def _tasks(found: Status, principal: Principal) -> Iterator[Task]:
    """What needs them, of what they may do something about: the worst first."""
    if Permission.OPERATIONS_READ in principal.may:
        yield from _of_operations(found, principal)
    waiting = found.numbers.in_review if found.numbers else 0
    if Permission.DECISIONS_WRITE in principal.may and waiting:
        yield Task(
            f"{counted(waiting, 'pair')} to decide on",
            "They may be one customer or two, and the data alone does not say.",
            "accent",
            "Review them",
            "/review",
        )


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
