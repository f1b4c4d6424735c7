"""People who can sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Engine, select

from kinfolk.model.access import User
from kinfolk.store.schema import users


def all_users(engine: Engine) -> list[User]:
    """Everybody there ever was, by address."""
    with engine.connect() as connection:
        return [user_in(row) for row in connection.execute(select(users).order_by(users.c.email)).mappings()]


def user_of(engine: Engine, user_id: str) -> User | None:
    """The user of that id."""
    return _one(engine, users.c.user_id == user_id)


def user_by_email(engine: Engine, email: str) -> User | None:
    """The user with that address, however it is capitalised."""
    return _one(engine, users.c.email == email.strip().lower())


def user_by_subject(engine: Engine, subject: str) -> User | None:
    """The user whom the identity provider calls that."""
    return _one(engine, users.c.subject == subject)


def user_by_external_id(engine: Engine, external_id: str) -> User | None:
    """The user whom what provisions accounts calls that."""
    return _one(engine, users.c.external_id == external_id)


def _one(engine: Engine, which: ColumnElement[bool]) -> User | None:
    with engine.connect() as connection:
        row = connection.execute(select(users).where(which)).mappings().first()
    return user_in(row) if row else None


def user_in(row: Mapping[Any, Any]) -> User:
    """The user that a row of the table is."""
    return User(**{**row, "roles": tuple(row["roles"])})
