"""Runs and sources: what arrived, what waits, how long it took, and what failed."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from kinfolk.commands.runs import run_in, runs_in
from kinfolk.commands.status import status
from kinfolk.interfaces.console.pages import PAGES, seen_by
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.pages import went_on
from kinfolk.interfaces.web.parameters import Before
from kinfolk.model.access import Permission

_READS = seen_by(Permission.OPERATIONS_READ)
_AT_ONCE = 30  # runs on one page


@get("/runs", guards=_READS, sync_to_thread=True)
def runs(request: Request[Any, Any, Any], before: Before = None) -> Response[str]:
    """The last runs; before: those that began before that one."""
    served = served_by(request)
    found = runs_in(served.store, _AT_ONCE + 1, before)
    more = len(found) > _AT_ONCE
    return PAGES.page(request, "runs.html", runs=found[:_AT_ONCE], more=more, wishes=served.wishes)


@post("/runs", guards=seen_by(Permission.RUNS_START), sync_to_thread=False)
def start(request: Request[Any, Any, Any]) -> Response[Any]:
    """Has the project run, soon."""
    served = served_by(request)
    if served.wishes:
        served.wishes.run(request.user.name)
    return went_on("/runs" if Permission.OPERATIONS_READ in request.user.may else "/")


@get("/runs/{run_id:int}", guards=_READS, sync_to_thread=True)
def run(request: Request[Any, Any, Any], run_id: int) -> Response[str]:
    """One run and each step of it."""
    found = run_in(served_by(request).store, run_id)
    longest = max((step.seconds for step in found.steps), default=0.0)
    return PAGES.page(request, "run.html", run=found, longest=longest or 1.0)


@get("/sources", guards=_READS, sync_to_thread=True)
def sources(request: Request[Any, Any, Any]) -> Response[str]:
    """Every source of the project, how it is doing, and what of it waits."""
    served = served_by(request)
    found = status(served.project, limit=1)
    health = {source.name: source for source in found.health.sources} if found.health else {}
    waiting: dict[str, int] = {}
    for row in found.numbers.quarantined if found.numbers else ():
        waiting[row["source"]] = waiting.get(row["source"], 0) + row["rows"]
    doubles = {row["source"]: row for row in found.numbers.sources} if found.numbers else {}
    return PAGES.page(
        request,
        "sources.html",
        sources=served.project.sources,
        health=health,
        waiting=waiting,
        doubles=doubles,
        reasons=found.numbers.quarantined if found.numbers else [],
    )
