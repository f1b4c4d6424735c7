"""Pages for people: a template, what it shows, and what every page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.response import Redirect

from kinfolk.interfaces.web.asking import BySession, served_by
from kinfolk.interfaces.web.shown import FILTERS
from kinfolk.model.access import Principal

SHARED = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Entry:
    """A line of the menu. here: whether the page is one of that part of the console"""

    path: str
    label: str
    here: bool = False


Menu = Callable[[Principal, str], Sequence[Entry]]  # what whoever signed in is led to from the page at a path


def templates(*folders: Path) -> Environment:
    """The templates in these folders, of two that are called alike that in the first."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    return made


class Pages:
    """The templates of one interface; they may build on `layout.html`, which is everybody's."""

    def __init__(self, folder: Path, menu: Menu | None = None) -> None:
        self._templates = templates(folder, SHARED)
        self._menu = menu

    def page(self, request: Request[Any, Any, Any], name: str, status: int = 200, /, **shown: Any) -> Response[str]:
        """The page that the template makes of what is shown."""
        signed_in = request.auth if isinstance(request.scope.get("auth"), BySession) else None
        every = {
            "company": served_by(request).project.name,
            "me": request.user if signed_in else None,
            "csrf": signed_in.csrf if signed_in else "",
            "menu": self._menu(request.user, request.url.path) if signed_in and self._menu else (),
        }
        text = self._templates.get_template(name).render(**every, **shown)
        return Response(text, status_code=status, media_type="text/html")


def went_on(path: str) -> Redirect:
    """What a form answers: go there, and do not send the form again."""
    return Redirect(path, status_code=303)
