"""Making links that are good for one visit: of the first owner, and of people who are to choose a password."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from kinfolk.commands.access.tokens import digest_of
from kinfolk.commands.serving import Served
from kinfolk.store.write import invitations

SET_UP = timedelta(hours=1)


def set_up_link(served: Served) -> str | None:
    """Where the first owner introduces themselves, as a path, for an hour; None where there are users already.

    Only the newest link is good. There is none where nobody signs in with a password.
    """
    if not served.access.sign_in.passwords:
        return None
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    made = invitations.add_invitation(served.store, digest_of(secret), None, now, now + SET_UP)
    return f"/setup/{secret}" if made else None


def invitation_link(store: Engine, user_id: str, lasts: timedelta) -> str:
    """Where that user chooses a password, as a path. Only the newest link is good."""
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    invitations.add_invitation(store, digest_of(secret), user_id, now, now + lasts)
    return f"/invitation/{secret}"
