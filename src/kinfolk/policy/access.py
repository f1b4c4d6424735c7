"""What somebody may do, given the roles they have and the tokens they hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kinfolk.model.access import AccessPolicy, Permission, Token


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
