"""Customers: found by anything that is known of them, and everything about one of them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import Parameter

from kinfolk.commands.consent.show import Shown, show_in
from kinfolk.commands.portrait import portrait
from kinfolk.commands.serving import Served
from kinfolk.commands.show import search
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.interfaces.console.pages import PAGES, seen_by, unpublished
from kinfolk.interfaces.console.ring import ring
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.pages import went_on
from kinfolk.model.access import Permission

_READS = seen_by(Permission.PROFILES_READ)
_FOUND = 50
_AT_ONCE = 20  # records, and things they did, on one page


@get("/customers", guards=_READS, sync_to_thread=True)
def customers(request: Request[Any, Any, Any], q: Annotated[str, Parameter(max_length=200)] = "") -> Response[Any]:
    """Who fits what is asked; where that is one customer by its very id, that customer."""
    asked = q.strip()
    try:
        found = search(served_by(request).project, asked, _FOUND + 1) if asked else []
    except NotFoundError as error:
        return unpublished(request, "Customers", error)
    if len(found) == 1 and found[0].customer_id == asked.upper():
        return went_on(f"/customers/{quote(found[0].customer_id)}")
    return PAGES.page(request, "customers.html", asked=asked, found=found[:_FOUND], more=len(found) > _FOUND)


@get("/customers/{customer_id:str}", guards=_READS, sync_to_thread=True)
def customer(
    request: Request[Any, Any, Any],
    customer_id: str,
    skip: Annotated[int, Parameter(ge=0, le=10_000)] = 0,
    page: Annotated[int, Parameter(ge=1, le=100_000)] = 1,
) -> Response[Any]:
    """One customer. skip: so much of what it did last; page: of its records"""
    served = served_by(request)
    found = portrait(served.project, customer_id, _AT_ONCE, skip)
    if found.profile.customer_id != customer_id:
        return went_on(f"/customers/{quote(found.profile.customer_id)}")
    golden = {value["field"]: value["value"] for value in found.profile.values}
    return PAGES.page(
        request,
        "customer.html",
        portrait=found,
        name=_name(golden) or found.profile.customer_id,
        golden=golden,
        consents=_consents(served, request, found.profile.customer_id),
        drawn=ring([f"{r['source']}:{r['record_id']}" for r in found.profile.records], found.ties),
        records=found.profile.records[(page - 1) * _AT_ONCE : page * _AT_ONCE],
        page=page,
        pages=-(-len(found.profile.records) // _AT_ONCE),
        skip=skip,
        earlier=skip + _AT_ONCE if len(found.timeline) == _AT_ONCE else None,
    )


def _name(golden: dict[str, str]) -> str | None:
    """What the customer is called, where anything of the kind is known."""
    named = " ".join(part for part in (golden.get("first_name"), golden.get("last_name")) if part)
    return named or golden.get("full_name") or golden.get("company")


def _consents(served: Served, request: Request[Any, Any, Any], customer_id: str) -> Shown | None:
    """What holds for them; None for who may not see it, and where the project has no purposes."""
    if Permission.CONSENTS_READ not in request.user.may or not served.project.consent:
        return None
    try:
        return show_in(served.project, served.store, customer_id)
    except KinfolkError:  # a ledger of another state, say: the customer is to be seen all the same
        return None
