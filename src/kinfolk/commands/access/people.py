"""`kinfolk user`: who can sign in, what roles they were given here, and links by which they choose a password."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from kinfolk.commands.access.addresses import address_in
from kinfolk.commands.access.links import invitation_link
from kinfolk.commands.open_project import open_project
from kinfolk.errors import ExistsError, KinfolkError, NotFoundError
from kinfolk.model.access import AccessPolicy, User
from kinfolk.policy.access import roles_of
from kinfolk.project.suggest import hint
from kinfolk.store.database import open_store
from kinfolk.store.read.groups import groups_of_user
from kinfolk.store.read.users import all_users, user_by_email, user_of
from kinfolk.store.write.sessions import end_sessions
from kinfolk.store.write.users import add_user, change_user, remove_user

INVITED = timedelta(days=3)


@dataclass(frozen=True)
class Listed:
    """Somebody who can sign in, or could. roles: all they have; given: those among them that were given here"""

    email: str
    name: str | None
    active: bool
    roles: tuple[str, ...]
    given: tuple[str, ...]
    created_at: datetime
    created_by: str | None
    last_seen_at: datetime | None


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is to be let in, and who lets them in."""

    email: str
    name: str | None
    roles: Collection[str]
    created_by: str


class People:
    """Who can sign in to a project, or to one of its environments."""

    def __init__(self, folder: Path, environment: str | None = None) -> None:
        project = open_project(folder, environment)
        self.policy: AccessPolicy = project.access
        self.store: Engine = open_store(project.state)

    def all(self) -> list[Listed]:
        """Everybody there ever was, by address."""
        return [self._listed(user) for user in all_users(self.store)]

    def add(self, newcomer: Newcomer) -> Listed:
        """Lets somebody in, who has no password yet.

        Errors  KinfolkError for what is no address, or a role there is not; ExistsError where somebody has the address
        """
        email = address_in(newcomer.email)
        known = {"name": newcomer.name, "roles": self._roles(newcomer.roles), "created_by": newcomer.created_by}
        user = add_user(self.store, email, **known)
        if user is None:
            raise ExistsError(f"Somebody has the address {email} already.", hint="`kinfolk user list` shows them.")
        return self._listed(user)

    def give(self, email: str, roles: Collection[str]) -> Listed:
        """Gives somebody these roles, and takes others that were given here. Those of access.yml stay."""
        return self._changed(self._user(email), roles=self._roles(roles))

    def invite(self, email: str, lasts: timedelta = INVITED) -> str:
        """Where that user chooses a password, as a path; good for one visit. Errors: KinfolkError where they may not"""
        user = self._user(email)
        if not user.active:
            raise KinfolkError(f"{user.email} is deactivated.", hint="`kinfolk user activate` lets them in again.")
        if not self.policy.sign_in.passwords:
            raise KinfolkError("Nobody signs in with a password here.", hint="See `passwords` in policies/access.yml.")
        return invitation_link(self.store, user.user_id, lasts)

    def activate(self, email: str) -> Listed:
        """Lets them sign in again."""
        return self._changed(self._user(email), active=True)

    def deactivate(self, email: str) -> Listed:
        """Lets them in no more, at once: every session of theirs is over."""
        user = self._user(email)
        changed = self._changed(user, active=False)
        end_sessions(self.store, user.user_id)
        return changed

    def remove(self, email: str) -> Listed:
        """Forgets somebody: their account, sessions and memberships. Whoever has the address next is another person."""
        user = self._user(email)
        found = self._listed(user)
        remove_user(self.store, user.user_id)
        return found

    def _user(self, email: str) -> User:
        user = user_by_email(self.store, email)
        if user is None:
            raise NotFoundError(f"Nobody has the address {email}.", hint="`kinfolk user list` shows who there is.")
        return user

    def _changed(self, user: User, **changed: Any) -> Listed:
        return self._listed(change_user(self.store, user.user_id, **changed) or user)

    def _roles(self, wanted: Collection[str]) -> tuple[str, ...]:
        for role in wanted:
            if role not in self.policy.roles:
                known = list(self.policy.roles)
                raise KinfolkError(
                    f"There is no role `{role}`.", hint=hint(role, known) or f"There are {', '.join(known)}."
                )
        return tuple(sorted(set(wanted)))

    def _listed(self, user: User) -> Listed:
        return Listed(
            email=user.email,
            name=user.name,
            active=user.active,
            roles=roles_of(self.policy, user.email, user.roles, groups_of_user(self.store, user.user_id)),
            given=user.roles,
            created_at=user.created_at,
            created_by=user.created_by,
            last_seen_at=user.last_seen_at,
        )


def person(store: Engine, user_id: str) -> User:
    """The user of that id. Errors: NotFoundError where there is none any more"""
    user = user_of(store, user_id)
    if user is None:
        raise NotFoundError("There is no such user any more.")
    return user
