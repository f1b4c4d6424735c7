"""Every route of the API."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, get
from litestar.exceptions import HTTPException, NotAuthorizedException

from kinfolk.errors import KinfolkError
from kinfolk.interfaces.api.answers import Answer
from kinfolk.interfaces.api.consents import CONSENTS
from kinfolk.interfaces.api.customers import CUSTOMERS
from kinfolk.interfaces.api.operations import OPERATIONS
from kinfolk.interfaces.api.quarantine import QUARANTINE
from kinfolk.interfaces.api.reviewing import REVIEW
from kinfolk.interfaces.api.tokens import TOKENS
from kinfolk.interfaces.web.asking import NOBODY
from kinfolk.interfaces.web.problems import refused, told


@get("/me", sync_to_thread=False)
def me(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Who asks, and what they may do."""
    if request.user is None:
        raise NotAuthorizedException(NOBODY)
    return {"name": request.user.name, "roles": request.user.roles, "may": sorted(request.user.may)}


API = Router(
    "/api/v1",
    route_handlers=[me, TOKENS, CUSTOMERS, CONSENTS, REVIEW, QUARANTINE, OPERATIONS],
    response_class=Answer,
    exception_handlers={KinfolkError: told, HTTPException: refused},
)
