"""How a project stands and what it ran, over HTTP: what `kinfolk status` and `kinfolk history` tell, for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from litestar import Request, Router, get, post
from litestar.params import Parameter

from kinfolk.commands.history import Published, history
from kinfolk.commands.runs import run_in, runs_in
from kinfolk.commands.status import Status, status
from kinfolk.interfaces.web.asking import needs, served_by
from kinfolk.interfaces.web.parameters import Before
from kinfolk.model.access import Permission
from kinfolk.model.run import RunRecord

Limit = Annotated[int, Parameter(ge=1, le=100)]


@get("/status", sync_to_thread=True)
def standing(request: Request[Any, Any, Any], limit: Limit = 5, as_of: str | None = None) -> Status:
    """The last runs, and what the customer data looks like, now or as of an earlier state.

    Which values are shared or ignored is for those who may see customers: they are addresses and numbers of people.
    """
    found = status(served_by(request).project, limit=limit, as_of=as_of)
    if found.numbers is None or Permission.PROFILES_READ in request.user.may:
        return found
    guards = [{**guard, "value": None} for guard in found.numbers.guards]
    return replace(found, numbers=replace(found.numbers, guards=guards))


@get("/runs", sync_to_thread=True)
def runs(request: Request[Any, Any, Any], limit: Limit = 20, before: Before = None) -> list[RunRecord]:
    """The last runs with their steps, newest first; before: those with a lower number."""
    return runs_in(served_by(request).store, limit, before)


@get("/runs/{run_id:int}", sync_to_thread=True)
def run(request: Request[Any, Any, Any], run_id: int) -> RunRecord:
    """One run and each step of it."""
    return run_in(served_by(request).store, run_id)


@post("/runs", guards=[needs(Permission.RUNS_START)], status_code=202, sync_to_thread=False)
def start(request: Request[Any, Any, Any]) -> dict[str, bool]:
    """Has the project run, soon. `accepted` is false where too much waits, or nothing runs it."""
    wishes = served_by(request).wishes
    return {"accepted": bool(wishes and wishes.run(request.user.name))}


@get("/history", sync_to_thread=True)
def states(request: Request[Any, Any, Any], limit: Limit = 20) -> list[Published]:
    """The published states, newest first, and which of them can still be read."""
    return history(served_by(request).project, limit=limit)


OPERATIONS = Router(
    "/", route_handlers=[standing, runs, run, start, states], guards=[needs(Permission.OPERATIONS_READ)]
)
