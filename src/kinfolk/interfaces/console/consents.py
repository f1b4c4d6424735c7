"""What data may be used for: every purpose, and for how many customers it holds."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from kinfolk.commands.consent.overview import overview
from kinfolk.interfaces.console.pages import PAGES, seen_by
from kinfolk.interfaces.web.asking import served_by
from kinfolk.model.access import Permission


@get("/consents", guards=seen_by(Permission.CONSENTS_READ), sync_to_thread=True)
def consents(request: Request[Any, Any, Any]) -> Response[str]:
    """The page."""
    return PAGES.page(request, "consents.html", purposes=overview(served_by(request).project))
