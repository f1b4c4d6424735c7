"""Links that are good for one visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from kinfolk.model.access import User
from kinfolk.store.database import writing
from kinfolk.store.schema import invitations, sessions, users
from kinfolk.store.write.users import insert_user


def add_invitation(engine: Engine, digest: str, user_id: str | None, made: datetime, ends: datetime) -> bool:
    """Keeps an invitation by the sha256 (hex) of its secret; every earlier one of that user is good no more.

    user_id  None for whoever is to be the first owner; then False, and none is kept, where there are users already
    """
    row = {"digest": digest, "user_id": user_id, "created_at": made, "expires_at": ends}
    with writing(engine) as connection:
        connection.execute(delete(invitations).where(invitations.c.user_id.is_not_distinct_from(user_id)))
        if user_id is None and _anybody(connection):
            return False
        connection.execute(insert(invitations).values(**row))
    return True


def set_up(engine: Engine, digest: str, owner: User, now: datetime) -> bool:
    """Uses the link for its one visit, and adds the first owner; False where it is good no more."""
    with writing(engine) as connection:
        if not _used(connection, digest, None, now) or _anybody(connection):
            return False
        insert_user(connection, owner)
    return True


def accept(engine: Engine, digest: str, user_id: str, now: datetime, **chosen: Any) -> bool:
    """Uses the link for its one visit, keeps what its user chose, and ends what sessions they had; False: no more."""
    with writing(engine) as connection:
        if not _used(connection, digest, user_id, now):
            return False
        connection.execute(update(users).where(users.c.user_id == user_id).values(**chosen, updated_at=now))
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    return True


def _used(connection: Connection, digest: str, user_id: str | None, now: datetime) -> bool:
    good = (invitations.c.used_at.is_(None), invitations.c.expires_at > now)
    mine = (invitations.c.digest == digest, invitations.c.user_id.is_not_distinct_from(user_id))
    return connection.execute(update(invitations).where(*mine, *good).values(used_at=now)).rowcount == 1


def _anybody(connection: Connection) -> bool:
    return connection.execute(select(users.c.user_id).limit(1)).first() is not None
