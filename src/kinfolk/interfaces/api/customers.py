"""Customers over HTTP: what `kinfolk show` tells, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import Parameter

from kinfolk.commands.show import Candidate, Profile, profile, search
from kinfolk.interfaces.web.asking import needs, served_by
from kinfolk.model.access import Permission

_MOST = 100  # customers in one answer

Asked = Annotated[str, Parameter(min_length=1, max_length=200)]
Limit = Annotated[int, Parameter(ge=1, le=_MOST)]


@get("/", sync_to_thread=True)
def found(request: Request[Any, Any, Any], q: Asked, limit: Limit = 20, as_of: str | None = None) -> list[Candidate]:
    """Customers with that id, earlier id, e-mail, phone or part of a name; none where nobody fits."""
    served = served_by(request)
    return search(served.project, q, limit, as_of)


@get("/{customer_id:str}", sync_to_thread=True)
def customer(request: Request[Any, Any, Any], customer_id: str, as_of: str | None = None) -> Profile:
    """One customer: the golden values, where each came from, and the records behind them. An earlier id will do."""
    served = served_by(request)
    return profile(served.project, customer_id, as_of)


CUSTOMERS = Router("/customers", route_handlers=[found, customer], guards=[needs(Permission.PROFILES_READ)])
