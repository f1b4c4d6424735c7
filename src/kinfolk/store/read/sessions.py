"""Who is signed in."""

from __future__ import annotations

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, Engine, select

from kinfolk.model.access import Session
from kinfolk.store.read.users import user_in
from kinfolk.store.schema import group_members, groups, sessions, users


def session_of(engine: Engine, digest: str) -> Session | None:
    """The session whose secret has that sha256 (hex), with the user as they are now."""
    both = select(sessions, users).set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    wanted = both.join_from(sessions, users).where(sessions.c.digest == digest)
    with engine.connect() as connection:
        row = connection.execute(wanted).mappings().first()
        if row is None:
            return None
        user = user_in({column.name: row[f"users_{column.name}"] for column in users.c})
        members = select(groups.c.name).join(group_members).where(group_members.c.user_id == user.user_id)
        named = {*row["sessions_groups"], *connection.execute(members).scalars()}
    times = (row[f"sessions_{name}"] for name in ("created_at", "last_seen_at", "expires_at"))
    return Session(user, tuple(sorted(named)), *times)
