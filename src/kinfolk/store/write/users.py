"""Adding people who can sign in, and changing what is kept of them."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from kinfolk.model.access import User
from kinfolk.store.database import writing
from kinfolk.store.read.users import user_of
from kinfolk.store.schema import sessions, users


def add_user(engine: Engine, email: str, **known: Any) -> User | None:
    """A new user; None where somebody has that address. known: other fields of User"""
    now = datetime.now(UTC)
    user = User(uuid.uuid4().hex, email.strip().lower(), now, now, **known)
    with writing(engine) as connection:
        if connection.execute(select(users.c.user_id).where(users.c.email == user.email)).first():
            return None
        insert_user(connection, user)
    return user


def insert_user(connection: Connection, user: User) -> None:
    """Adds the user in a transaction that there is."""
    connection.execute(insert(users).values(**_row(asdict(user))))


def change_user(engine: Engine, user_id: str, **changed: Any) -> User | None:
    """The user as changed; None where there is none. Errors: ValueError where somebody else has the new address"""
    if email := changed.get("email"):
        changed["email"] = email = email.strip().lower()
    with writing(engine) as connection:
        if (
            email
            and connection.execute(
                select(users.c.user_id).where(users.c.email == email, users.c.user_id != user_id)
            ).first()
        ):
            raise ValueError(f"somebody else has the address {email}")
        row = _row({**changed, "updated_at": datetime.now(UTC)})
        connection.execute(update(users).where(users.c.user_id == user_id).values(**row))
    return user_of(engine, user_id)


def replace_password(engine: Engine, user_id: str, checked: str, made: str, *, ends_sessions: bool) -> bool:
    """Keeps that of the new password; False, and nothing is kept, where there is another than was checked by now."""
    same = (users.c.user_id == user_id, users.c.password == checked)
    with writing(engine) as connection:
        new = update(users).where(*same).values(password=made, updated_at=datetime.now(UTC))
        if connection.execute(new).rowcount != 1:
            return False
        if ends_sessions:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    return True


def remove_user(engine: Engine, user_id: str) -> bool:
    """Removes somebody with their sessions, invitations and memberships; False where there is no such user."""
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
        return connection.execute(delete(users).where(users.c.user_id == user_id)).rowcount == 1


def _row(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "roles": list(fields["roles"])} if "roles" in fields else fields
