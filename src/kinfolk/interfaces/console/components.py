"""What pages are made of, each in every state it has: the look's own test."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from kinfolk.commands.wishes import Ran, Wish, Wishes
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.console.pages import PAGES
from kinfolk.interfaces.console.ring import ring
from kinfolk.interfaces.web.asking import signed_in

_RECORDS = [f"source_{number}:{number * 7919}" for number in range(14)]
_TIES = [(a, b, "email" if n % 3 else "97.5%") for n, (a, b) in enumerate(zip(_RECORDS, _RECORDS[1:], strict=False))]


@get("/components", guards=[signed_in], sync_to_thread=False)
def components(request: Request[Any, Any, Any]) -> Response[str]:
    """The page."""
    wishes = Wishes(lambda _: Ran(0, ""), Wish(("run",), "ana@example.com"))
    wishes.add(Wish(("quarantine", "replay"), "ben@example.com"))
    wishes.last = Wish(("run",), "ana@example.com"), Ran(1, "The disk is full. Make room, then `kinfolk run`.")
    problem = KinfolkError("The two passwords differ.", hint="Write the same one twice.")
    drawn = [ring(_RECORDS[:number], _TIES) for number in (2, 3, 5, len(_RECORDS))]
    return PAGES.page(request, "components.html", wishes=wishes, problem=problem, drawn=drawn)
