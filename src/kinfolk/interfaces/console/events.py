"""Events as they come in: how many, what became of them, and the last of them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from kinfolk.commands.collect.status import collect_status
from kinfolk.commands.collect.tail import tail
from kinfolk.interfaces.console.pages import PAGES, seen_by
from kinfolk.interfaces.web.asking import served_by
from kinfolk.model.access import Permission

_READS = seen_by(Permission.OPERATIONS_READ)
_LAST = 30  # events that are shown


@get("/events", guards=_READS, sync_to_thread=True)
def events(request: Request[Any, Any, Any], source: str | None = None) -> Response[str]:
    """The page. What an event says is of a person, and so for those who may see customers."""
    served = served_by(request)
    names = Permission.PROFILES_READ in request.user.may
    return PAGES.page(
        request,
        "events.html",
        collected=collect_status(served.project),
        last=tail(served.project, source, _LAST) if names else [],
        names=names,
        source=source,
    )
