"""Access: who may do what, how people sign in, and who is asking now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from kinfolk.model.place import Place
from kinfolk.model.secret import Secret


class Permission(StrEnum):
    """Something that one may do, or not."""

    PROFILES_READ = "profiles.read"
    CONSENTS_READ = "consents.read"
    CONSENTS_WRITE = "consents.write"
    DECISIONS_WRITE = "decisions.write"
    OPERATIONS_READ = "operations.read"  # runs and sources: what arrived, what waits, how long it took
    RUNS_START = "runs.start"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_PROVISION = "people.provision"  # who there is and in which groups, and so who has which roles


EVERYTHING = frozenset(Permission)

# The roles there are without policies/access.yml, which may say otherwise of each, and name more.
ROLES: Mapping[str, frozenset[Permission]] = {
    "owner": EVERYTHING,
    "steward": frozenset(
        {Permission.PROFILES_READ, Permission.CONSENTS_READ, Permission.DECISIONS_WRITE, Permission.OPERATIONS_READ}
    ),
    "custodian": frozenset({Permission.OPERATIONS_READ, Permission.RUNS_START, Permission.PEOPLE_MANAGE}),
    "analyst": frozenset({Permission.PROFILES_READ, Permission.OPERATIONS_READ}),
    "marketer": frozenset({Permission.CONSENTS_READ}),
    "privacy_officer": frozenset(
        {Permission.PROFILES_READ, Permission.CONSENTS_READ, Permission.CONSENTS_WRITE, Permission.OPERATIONS_READ}
    ),
    "executive": frozenset(),
    "service": frozenset(),
}


@dataclass(frozen=True)
class Role:
    """What those who have it may do."""

    name: str
    may: frozenset[Permission]


@dataclass(frozen=True)
class Oidc:
    """The identity provider that people sign in with (OpenID Connect).

    groups       the claim that lists them
    trust_email  whether an address counts of which the provider does not say whether it is verified
    """

    issuer: str
    client_id: str
    client_secret: Secret | str
    groups: str = "groups"
    trust_email: bool = False


@dataclass(frozen=True)
class SignIn:
    """How people sign in, and for how long.

    session     the longest that one stays signed in; idle: without asking for anything
    attempts    wrong passwords after which an account is locked; locked: for how long
    passwords   whether people may sign in with one
    """

    session: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=1)
    attempts: int = 5
    locked: timedelta = timedelta(minutes=15)
    passwords: bool = True
    oidc: Oidc | None = None


@dataclass(frozen=True)
class AccessPolicy:
    """policies/access.yml.

    people  e-mail address (in lower case) -> names of roles
    groups  name of a group at the identity provider -> names of roles
    """

    roles: Mapping[str, Role] = field(default_factory=lambda: {name: Role(name, may) for name, may in ROLES.items()})
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sign_in: SignIn = field(default_factory=SignIn)
    place: Place | None = None


@dataclass(frozen=True)
class Principal:
    """Who is asking: a person who signed in, or a program with a token.

    name     an e-mail address, or the token's name
    user_id  of a person; None for a program
    """

    name: str
    may: frozenset[Permission]
    roles: tuple[str, ...] = ()
    user_id: str | None = None


@dataclass(frozen=True)
class Token:
    """A key by which a program asks. What it says itself is shown once, when it is made, and never kept."""

    name: str
    may: frozenset[Permission]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class User:
    """Somebody who can sign in. email: in lower case; roles: those given here, beside those of policies/access.yml

    password      as argon2 made it; None for who has none
    subject       at the identity provider; external_id: at what provisions accounts
    created_by    who let them in; None where they came by themselves, as the first owner does
    last_seen_at  when they last signed in, or asked for something
    """

    user_id: str
    email: str
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    password: str | None = field(default=None, repr=False)
    active: bool = True
    roles: tuple[str, ...] = ()
    subject: str | None = None
    external_id: str | None = None
    created_by: str | None = None
    last_seen_at: datetime | None = None


@dataclass(frozen=True)
class Invitation:
    """A link that is good for one visit, and for whom: None for whoever is to be the first owner."""

    user: User | None


@dataclass(frozen=True)
class Session:
    """Somebody who signed in. groups: as the identity provider named them then, and those that accounts are kept in"""

    user: User
    groups: tuple[str, ...]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Group:
    """People who are given roles together, by `groups` of policies/access.yml. members: user ids, sorted

    external_id  at what provisions accounts
    """

    group_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    members: tuple[str, ...] = ()
