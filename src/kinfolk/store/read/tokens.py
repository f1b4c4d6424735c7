"""Tokens by which programs ask."""

from __future__ import annotations

from sqlalchemy import Engine, RowMapping, select

from kinfolk.model.access import Permission, Token
from kinfolk.store.schema import tokens


def all_tokens(engine: Engine) -> list[Token]:
    """Every token there ever was, by name."""
    with engine.connect() as connection:
        return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.name)).mappings()]


def token_of(engine: Engine, digest: str) -> Token | None:
    """The token whose sha256 (hex) that is."""
    with engine.connect() as connection:
        row = connection.execute(select(tokens).where(tokens.c.digest == digest)).mappings().first()
    return _token(row) if row else None


def _token(row: RowMapping) -> Token:
    known = {permission.value for permission in Permission}
    may = frozenset(Permission(name) for name in row["may"] if name in known)
    return Token(**{**{k: v for k, v in row.items() if k != "digest"}, "may": may})
