"""What somebody may do, given the roles they have and the tokens they hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kinfolk.model.access import AccessPolicy, Permission, Principal, Session, SignIn, Token


def roles_of(
    policy: AccessPolicy, email: str, given: Iterable[str] = (), groups: Iterable[str] = ()
) -> tuple[str, ...]:
    """The roles of a person: those given here, those the policy gives to the address, and those of their groups."""
    by_group = (role for group in groups for role in policy.groups.get(group, ()))
    found = {*given, *policy.people.get(email.lower(), ()), *by_group}
    return tuple(sorted(found & policy.roles.keys()))


def permissions(policy: AccessPolicy, roles: Iterable[str]) -> frozenset[Permission]:
    """What any of these roles allows. A role that the policy does not have allows nothing."""
    return frozenset[Permission]().union(*(policy.roles[role].may for role in roles if role in policy.roles))


def usable(token: Token, now: datetime) -> bool:
    """Whether the token may still be used."""
    return token.revoked_at is None and now < token.expires_at


def lasts(session: Session, rules: SignIn, now: datetime) -> bool:
    """Whether somebody is signed in still: for so long at most, not idle for long, and not deactivated meanwhile."""
    ends = min(session.expires_at, session.created_at + rules.session, session.last_seen_at + rules.idle)
    return session.user.active and now < ends


def person(policy: AccessPolicy, session: Session) -> Principal:
    """Who asks in that session, with what the policy allows them now."""
    roles = roles_of(policy, session.user.email, session.user.roles, session.groups)
    return Principal(session.user.email, permissions(policy, roles), roles, session.user.user_id)
