"""Using links that are good for one visit: of the first owner, and of people who choose a password."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from kinfolk.commands.access import passwords
from kinfolk.commands.access.addresses import address_in
from kinfolk.commands.access.signing_in import begin_session, forget
from kinfolk.commands.access.tokens import digest_of
from kinfolk.commands.serving import Served
from kinfolk.errors import NotFoundError
from kinfolk.model.access import Invitation, User
from kinfolk.store.read.invitations import invitation_of
from kinfolk.store.read.users import user_of
from kinfolk.store.write import invitations


@dataclass(frozen=True)
class Chosen:
    """What somebody with an invitation says of themselves. email: of the first owner; others have one"""

    name: str
    password: str
    email: str = ""


def invitation(served: Served, secret: str) -> Invitation | None:
    """Whom the link is for; None where it is good no more, or nobody uses passwords."""
    if not served.access.sign_in.passwords:
        return None
    return invitation_of(served.store, digest_of(secret), datetime.now(UTC))


def set_up(served: Served, secret: str, chosen: Chosen) -> str | None:
    """The secret of a session of the first owner, who is one from now on.

    Errors  NotFoundError where the link is good no more; KinfolkError for what is no address, or a weak password
    """
    found = invitation(served, secret)
    if found is None or found.user is not None:
        raise gone()
    email = address_in(chosen.email)
    passwords.refuse_weak(chosen.password, email)
    with passwords.turn():
        made = passwords.hashed(chosen.password)
    now = datetime.now(UTC)
    owner = User(uuid.uuid4().hex, email, now, now, chosen.name.strip() or None, made, roles=("owner",))
    if not invitations.set_up(served.store, digest_of(secret), owner, now):
        raise gone()
    return begin_session(served, owner)


def accept(served: Served, secret: str, chosen: Chosen) -> str | None:
    """The secret of a session of the user whom the link is for, who has that password from now on.

    Errors  NotFoundError where the link is good no more; KinfolkError for a weak password
    """
    found = invitation(served, secret)
    if found is None or found.user is None:
        raise gone()
    user = found.user
    passwords.refuse_weak(chosen.password, user.email)
    with passwords.turn():
        made = passwords.hashed(chosen.password)
    kept = {"name": chosen.name.strip() or user.name, "password": made}
    if not invitations.accept(served.store, digest_of(secret), user.user_id, datetime.now(UTC), **kept):
        raise gone()
    forget(served, user.email)
    now = user_of(served.store, user.user_id)
    return begin_session(served, now) if now else None


def gone() -> NotFoundError:
    """What is said of a link that is good no more, or never was."""
    return NotFoundError(
        "This link is not good any more: it was used, it is too old, or there is a newer one.",
        hint="Ask for another.",
    )
