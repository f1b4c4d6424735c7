"""Tokens over the API: whoever looks after people makes them, and gives none of them more than they may do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Router, delete, get, post
from msgspec import Struct

from kinfolk.commands.access import tokens
from kinfolk.commands.access.tokens import Wanted
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.web.asking import needs
from kinfolk.model.access import Permission, Token
from kinfolk.model.interval import interval


class NewToken(Struct, forbid_unknown_fields=True):
    """A token that is wanted."""

    name: str
    may: list[str]
    lasts: str = "90 days"


@get("/", sync_to_thread=True)
def list_tokens(request: Request[Any, Any, Any]) -> list[Token]:
    """Every token there ever was."""
    return tokens.tokens_in(request.app.state.served.store)


@post("/", sync_to_thread=True)
def create(request: Request[Any, Any, Any], data: NewToken) -> dict[str, Any]:
    """A new token, and what it says, this once."""
    secret, made = tokens.make_token(
        request.app.state.served.store,
        Wanted(data.name, data.may, _length(data.lasts), request.user.name, request.user.may),
    )
    return {"token": secret, "name": made.name, "may": sorted(made.may), "expires_at": made.expires_at}


@delete("/{name:str}", sync_to_thread=True)
def revoke(request: Request[Any, Any, Any], name: str) -> None:
    """Takes it back, at once."""
    tokens.take_back(request.app.state.served.store, name)


def _length(text: str) -> timedelta:
    found = interval(text)
    if found is None:
        raise KinfolkError(f"`{text}` is no length of time.", hint="Write it as `90 days`.")
    return found


TOKENS = Router("/tokens", route_handlers=[list_tokens, create, revoke], guards=[needs(Permission.PEOPLE_MANAGE)])
