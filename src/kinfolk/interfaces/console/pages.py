"""The pages of the console, and the menu that leads to those that whoever is signed in may see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Request, Response

from kinfolk.errors import NotFoundError
from kinfolk.interfaces.web.asking import Guard, needs, signed_in
from kinfolk.interfaces.web.pages import Entry, Pages
from kinfolk.model.access import Permission, Principal

_MENU: tuple[tuple[str, str, frozenset[Permission]], ...] = (
    ("/", "Home", frozenset()),
    ("/customers", "Customers", frozenset({Permission.PROFILES_READ})),
    ("/review", "Review", frozenset({Permission.DECISIONS_WRITE, Permission.PROFILES_READ})),
    ("/consents", "Consent", frozenset({Permission.CONSENTS_READ})),
    ("/events", "Events", frozenset({Permission.OPERATIONS_READ})),
    ("/sources", "Sources", frozenset({Permission.OPERATIONS_READ})),
    ("/quarantine", "Quarantine", frozenset({Permission.OPERATIONS_READ, Permission.PROFILES_READ})),
    ("/runs", "Runs", frozenset({Permission.OPERATIONS_READ})),
    ("/project", "Project", frozenset({Permission.OPERATIONS_READ})),
)


def menu(principal: Principal, path: str) -> Sequence[Entry]:
    """What they may see, and where among it they are."""
    return [
        Entry(to, label, path == to or path.startswith(f"{to}/" if to != "/" else "\0"))
        for to, label, takes in _MENU
        if takes <= principal.may
    ]


def seen_by(*permissions: Permission) -> list[Guard]:
    """Guards of a page: for people who signed in and have all of these. A program asks the API."""
    return [signed_in, *map(needs, permissions)]


def unpublished(request: Request[Any, Any, Any], title: str, error: NotFoundError) -> Response[str]:
    """The page of that title while there is nothing to show on it, as before the first run."""
    return PAGES.page(request, "unpublished.html", title=title, error=error)


PAGES = Pages(Path(__file__).parent / "templates", menu)
