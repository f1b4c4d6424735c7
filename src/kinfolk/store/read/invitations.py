"""Links that are good for one visit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select

from kinfolk.model.access import Invitation
from kinfolk.store.read.users import user_of
from kinfolk.store.schema import invitations


def invitation_of(engine: Engine, digest: str, now: datetime) -> Invitation | None:
    """The invitation whose secret has that sha256 (hex), where it is still good."""
    good = (invitations.c.digest == digest, invitations.c.used_at.is_(None), invitations.c.expires_at > now)
    with engine.connect() as connection:
        row = connection.execute(select(invitations.c.user_id).where(*good)).first()
    if row is None:
        return None
    if row.user_id is None:
        return Invitation(None)
    user = user_of(engine, row.user_id)
    return Invitation(user) if user and user.active else None
