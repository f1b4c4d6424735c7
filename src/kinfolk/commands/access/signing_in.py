"""Signing in and out: sessions that the server knows, by what only the browser of whoever signed in can say."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kinfolk.commands.access import passwords
from kinfolk.commands.access.tokens import digest_of
from kinfolk.commands.serving import Served
from kinfolk.errors import BusyError, EngineError, KinfolkError, NotAllowedError
from kinfolk.model.access import Principal, Session, User
from kinfolk.policy import access
from kinfolk.store.read.sessions import session_of
from kinfolk.store.read.users import user_by_email, user_of
from kinfolk.store.write import sessions
from kinfolk.store.write.failures import begin_attempt, forget_failures
from kinfolk.store.write.users import replace_password

_NOTED = timedelta(minutes=1)  # a session in constant use is not written down more often than that


@dataclass(frozen=True)
class Attempt:
    """What came of signing in: the secret of a session, or nothing. locked_until: nothing will come of any before"""

    secret: str | None = None
    locked_until: datetime | None = None


def sign_in(served: Served, email: str, password: str) -> Attempt:
    """A session, for the right password of somebody active; whoever else it is learns only that it is not.

    Errors  NotAllowedError where nobody signs in with a password; BusyError where too many do
    """
    if not served.access.sign_in.passwords:
        raise NotAllowedError("Nobody signs in with a password here.", hint="Use your company's account.")
    user = user_by_email(served.store, email)
    kept = user.password if user and user.active else None
    with passwords.turn():  # before the attempt is counted
        if until := _begin(served, email):
            return Attempt(locked_until=until)
        if not passwords.right(password, kept) or user is None or kept is None:
            return Attempt()
        forget(served, email)
        if passwords.outdated(kept):
            made = passwords.hashed(password)
            if not replace_password(served.store, user.user_id, kept, made, ends_sessions=False):
                return Attempt()
            user = replace(user, password=made)
    return Attempt(begin_session(served, user))


def begin_session(served: Served, user: User, groups: Iterable[str] = ()) -> str | None:
    """The secret of a new session, for somebody who has just proved who they are; None where they changed meanwhile.

    groups  as the identity provider names them
    """
    now = datetime.now(UTC)
    session = Session(user, tuple(groups), now, now, now + served.access.sign_in.session)
    secret = secrets.token_urlsafe(32)
    return secret if sessions.add_session(served.store, session, digest_of(secret)) else None


def principal_of_session(served: Served, secret: str) -> Principal | None:
    """Who asks in that session; None where it is none, or is over."""
    digest, now = digest_of(secret), datetime.now(UTC)
    session, policy = session_of(served.store, digest), served.access
    if session is None or not access.lasts(session, policy.sign_in, now):
        return None
    if now - session.last_seen_at > min(_NOTED, policy.sign_in.idle / 10):
        with suppress(EngineError, BusyError):  # the disk is full, say; whoever asks is who they are all the same
            sessions.seen_session(served.store, digest, session, now)
    return access.person(policy, session)


def sign_out(served: Served, secret: str) -> None:
    """The session is over."""
    sessions.end_session(served.store, digest_of(secret))


def sign_out_everywhere(served: Served, user_id: str) -> None:
    """Every session of that user is over."""
    sessions.end_sessions(served.store, user_id)


def change_password(served: Served, user_id: str, now_used: str, wanted: str) -> str | None:
    """Another password, for who knows the one there is. Every session is over but a new one, whose secret this is.

    Errors  KinfolkError for a password that is too weak, or where the one used now is another
    """
    user = user_of(served.store, user_id)
    if user is None or user.password is None:
        raise KinfolkError("There is no password to change.", hint="You sign in with your company's account.")
    passwords.refuse_weak(wanted, user.email)
    with passwords.turn():
        if _begin(served, user.email) or not passwords.right(now_used, user.password):
            raise _wrong()
        forget(served, user.email)
        made = passwords.hashed(wanted)
    if not replace_password(served.store, user_id, user.password, made, ends_sessions=True):
        raise _wrong()
    return begin_session(served, replace(user, password=made))


def _wrong() -> KinfolkError:
    return KinfolkError("That is not the password you use now.")


def forget(served: Served, email: str) -> None:
    """Wrong passwords of that account count no more."""
    forget_failures(served.store, _account(email))


def forgery_token(secret: str) -> str:
    """What forms of that session carry, and no page of anybody else can know."""
    return hashlib.sha256(f"form:{secret}".encode()).hexdigest()


def _begin(served: Served, email: str) -> datetime | None:
    rules = served.access.sign_in
    return begin_attempt(served.store, _account(email), rules.attempts, rules.locked, datetime.now(UTC))


def _account(email: str) -> str:
    return digest_of(email.strip().lower())
