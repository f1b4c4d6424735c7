"""Beginning and ending sessions, and noting that one was used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, delete, insert, select, update

from kinfolk.model.access import Session
from kinfolk.store.database import writing
from kinfolk.store.schema import sessions, users


def add_session(engine: Engine, session: Session, digest: str) -> bool:
    """Keeps the session by the sha256 (hex) of its secret, and ends those that are over.

    False, and nothing is kept, where the user is not any more as they were when they proved who they are: somebody
    deactivated them meanwhile, or their password is another.
    """
    user = session.user
    same = (users.c.user_id == user.user_id, users.c.active, users.c.password.is_not_distinct_from(user.password))
    times = {name: getattr(session, name) for name in ("created_at", "last_seen_at", "expires_at")}
    with writing(engine) as connection:
        if connection.execute(select(users.c.user_id).where(*same)).first() is None:
            return False
        connection.execute(delete(sessions).where(sessions.c.expires_at <= session.created_at))
        row = {"digest": digest, "user_id": user.user_id, "groups": list(session.groups), **times}
        connection.execute(insert(sessions).values(**row))
        seen = update(users).where(users.c.user_id == user.user_id).values(last_seen_at=session.created_at)
        connection.execute(seen)
    return True


def seen_session(engine: Engine, digest: str, session: Session, now: datetime) -> None:
    """Notes that the session was used."""
    with writing(engine) as connection:
        connection.execute(update(sessions).where(sessions.c.digest == digest).values(last_seen_at=now))
        connection.execute(update(users).where(users.c.user_id == session.user.user_id).values(last_seen_at=now))


def end_session(engine: Engine, digest: str) -> None:
    """The session is over."""
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.digest == digest))


def end_sessions(engine: Engine, user_id: str) -> None:
    """Every session of that user is over."""
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
