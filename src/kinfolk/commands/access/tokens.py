"""`kinfolk token`: keys by which programs ask. Each may do what is named, until a day."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.open_project import open_project
from kinfolk.errors import BusyError, EngineError, ExistsError, KinfolkError, NotAllowedError, NotFoundError
from kinfolk.model.access import EVERYTHING, Permission, Principal, Token
from kinfolk.policy.access import usable
from kinfolk.store.database import open_store
from kinfolk.store.read.tokens import all_tokens, token_of
from kinfolk.store.write.tokens import add_token, revoke_token, used_token

_BEGINS = "kin_"  # so that scanners of published code know one when they see it
_NAME = re.compile(r"\w(?:[\w. -]{0,98}\w)?")
_NOTED = timedelta(minutes=1)  # a token in constant use is not written down more often than that


@dataclass(frozen=True)
class Wanted:
    """A token that is to be made: what it may do, for how long, and who makes it.

    within  what whoever makes it may do themselves: nobody gives more than they have
    """

    name: str
    may: Collection[str]
    lasts: timedelta
    created_by: str
    within: frozenset[Permission] = EVERYTHING


def create_token(folder: Path, wanted: Wanted, environment: str | None = None) -> tuple[str, Token]:
    """What a new token of the project says, and the token; see `make_token`."""
    return make_token(open_store(open_project(folder, environment).state), wanted)


def make_token(store: Engine, wanted: Wanted) -> tuple[str, Token]:
    """What a new token says, to be shown now because it is not kept, and the token.

    Errors  KinfolkError for what nobody may do, for no name or an odd one; NotAllowedError for more than its maker may
            do; ExistsError where the name is taken
    """
    known = [permission.value for permission in Permission]
    if wrong := [one for one in wanted.may if one not in known]:
        raise KinfolkError(f"`{wrong[0]}` is nothing that one may do.", hint=f"There are {', '.join(known)}.")
    if not _NAME.fullmatch(wanted.name) or not wanted.may:
        raise KinfolkError(
            "A token needs a name, and something that it may do.", hint="Names have letters, digits and `._- `, 100."
        )
    may = frozenset(map(Permission, wanted.may))
    if beyond := sorted(may - wanted.within):
        raise NotAllowedError(f"You do not have {beyond[0]} yourself, and so no token of yours can.")
    now = datetime.now(UTC)
    token = Token(wanted.name, may, wanted.created_by, now, now + wanted.lasts)
    secret = _BEGINS + secrets.token_urlsafe(32)
    if not add_token(store, token, digest_of(secret)):
        raise ExistsError(f"There is a token `{token.name}`, or was.", hint="Choose another name.")
    return secret, token


def list_tokens(folder: Path, environment: str | None = None) -> list[Token]:
    """Every token of the project there ever was, by name."""
    return tokens_in(open_store(open_project(folder, environment).state))


def tokens_in(store: Engine) -> list[Token]:
    """Every token there ever was, by name."""
    return all_tokens(store)


def revoke(folder: Path, name: str, environment: str | None = None) -> None:
    """Takes a token of the project back; see `take_back`."""
    take_back(open_store(open_project(folder, environment).state), name)


def take_back(store: Engine, name: str) -> None:
    """Takes a token back, at once. Errors: NotFoundError where none of that name could be used"""
    if not revoke_token(store, name, datetime.now(UTC)):
        raise NotFoundError(f"There is no token `{name}` that could be used.", hint="`kinfolk token list` shows them.")


def principal_of_token(store: Engine, secret: str) -> Principal | None:
    """Who asks with that token; None where it is none, or not any more."""
    token = token_of(store, digest_of(secret)) if secret.startswith(_BEGINS) else None
    now = datetime.now(UTC)
    if token is None or not usable(token, now):
        return None
    if token.last_used_at is None or now - token.last_used_at > _NOTED:
        with suppress(EngineError, BusyError):  # the disk is full, say; the token is as good all the same
            used_token(store, token.name, now)
    return Principal(f"token:{token.name}", token.may)


def digest_of(secret: str) -> str:
    """What is kept of a secret that nobody chose: sha256 (hex). It is long and random, so a slow hash adds nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()
