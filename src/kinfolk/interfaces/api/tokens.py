"""Tokens over the API: whoever looks after people makes them, and gives none of them more than they may do."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, delete, get, post
from msgspec import Struct

from kinfolk.commands.access import tokens
from kinfolk.commands.access.tokens import Wanted
from kinfolk.commands.length import length_named
from kinfolk.interfaces.web.asking import needs, served_by
from kinfolk.model.access import Permission, Token


class NewToken(Struct, forbid_unknown_fields=True):
    """A token that is wanted."""

    name: str
    may: list[str]
    lasts: str = "90 days"


@get("/", sync_to_thread=True)
def list_tokens(request: Request[Any, Any, Any]) -> list[Token]:
    """Every token there ever was."""
    return tokens.tokens_in(served_by(request).store)


@post("/", sync_to_thread=True)
def create(request: Request[Any, Any, Any], data: NewToken) -> dict[str, Any]:
    """A new token, and what it says, this once."""
    secret, made = tokens.make_token(
        served_by(request).store,
        Wanted(data.name, data.may, length_named(data.lasts), request.user.name, request.user.may),
    )
    return {"token": secret, "name": made.name, "may": sorted(made.may), "expires_at": made.expires_at}


@delete("/{name:str}", sync_to_thread=True)
def revoke(request: Request[Any, Any, Any], name: str) -> None:
    """Takes it back, at once."""
    tokens.take_back(served_by(request).store, name)


TOKENS = Router("/tokens", route_handlers=[list_tokens, create, revoke], guards=[needs(Permission.PEOPLE_MANAGE)])
