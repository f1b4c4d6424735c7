"""Making tokens, taking them back, and noting that they were used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from kinfolk.model.access import Token
from kinfolk.store.database import writing
from kinfolk.store.schema import tokens


def add_token(engine: Engine, token: Token, digest: str) -> bool:
    """Keeps the token by its sha256 (hex); False where there is one of that name."""
    row = {"name": token.name, "digest": digest, "may": sorted(token.may), "created_by": token.created_by}
    times = {"created_at": token.created_at, "expires_at": token.expires_at}
    with writing(engine) as connection:
        if connection.execute(select(tokens.c.name).where(tokens.c.name == token.name)).first():
            return False
        connection.execute(insert(tokens).values(**row, **times))
        return True


def revoke_token(engine: Engine, name: str, now: datetime) -> bool:
    """The token is of no use any more; False where there is none of that name that was."""
    ended = update(tokens).where(tokens.c.name == name, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    with writing(engine) as connection:
        return connection.execute(ended).rowcount == 1


def used_token(engine: Engine, name: str, now: datetime) -> None:
    """Notes that the token was used."""
    with writing(engine) as connection:
        connection.execute(update(tokens).where(tokens.c.name == name).values(last_used_at=now))
