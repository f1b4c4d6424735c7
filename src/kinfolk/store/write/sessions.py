"""Sessions of people who signed in."""

from __future__ import annotations

from sqlalchemy import Engine, delete

from kinfolk.store.database import writing
from kinfolk.store.schema import sessions


def end_sessions(engine: Engine, user_id: str) -> None:
    """Signs somebody out everywhere."""
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
