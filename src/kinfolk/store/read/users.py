"""People who can sign in."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Engine, RowMapping, select

from kinfolk.model.access import User
from kinfolk.store.schema import users


def all_users(engine: Engine) -> list[User]:
    """Everybody there ever was, by address."""
    with engine.connect() as connection:
        return [_user(row) for row in connection.execute(select(users).order_by(users.c.email)).mappings()]


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
    return _user(row) if row else None


def _user(row: RowMapping) -> User:
    return User(**{**row, "roles": tuple(row["roles"])})
