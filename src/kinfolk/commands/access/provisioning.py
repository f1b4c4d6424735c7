"""Users and groups as the company's identity provider has them: added, changed and removed on its word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import Engine

from kinfolk.errors import ExistsError, KinfolkError, NotFoundError
from kinfolk.model.access import Group, User
from kinfolk.store.read.groups import all_groups, group_of
from kinfolk.store.read.users import all_users, user_by_email, user_by_external_id, user_of
from kinfolk.store.write.groups import add_group, change_group, remove_group
from kinfolk.store.write.sessions import end_sessions
from kinfolk.store.write.users import add_user, change_user, remove_user

_LONGEST = 254
_Kind = TypeVar("_Kind")


def list_users(store: Engine) -> list[User]:
    """Everybody who has an account, by address."""
    return all_users(store)


def users_named(store: Engine, field: str, value: str) -> list[User]:
    """The user whose `email` or `external_id` that is, if there is one."""
    found = user_by_email(store, value) if field == "email" else user_by_external_id(store, value)
    return [found] if found else []


def find_user(store: Engine, user_id: str) -> User:
    """The user of that id. Errors: NotFoundError"""
    return _there(user_of(store, user_id), "user", user_id)


def provision_user(store: Engine, email: str, **known: Any) -> User:
    """A new user, who has no password. known: other fields of User

    Errors  ExistsError where the address or the external id is somebody's; KinfolkError for no address
    """
    _may_have(store, None, email, known.get("external_id"))
    user = add_user(store, email, **known)
    if user is None:
        raise _taken("address", email)
    return user


def change_provisioned(store: Engine, user_id: str, email: str, **changed: Any) -> User:
    """The user as changed; one who is not active any more is signed out everywhere, at once.

    The last owner is no exception: whoever left the company is out, and the command line can make another owner.
    Errors  NotFoundError; ExistsError where the address or the external id is somebody else's
    """
    find_user(store, user_id)
    _may_have(store, user_id, email, changed.get("external_id"))
    user = _there(change_user(store, user_id, email=email, **changed), "user", user_id)
    if not user.active:
        end_sessions(store, user_id)
    return user


def remove_provisioned(store: Engine, user_id: str) -> None:
    """Removes somebody's account, sessions and memberships. Errors: NotFoundError"""
    if not remove_user(store, user_id):
        raise _missing("user", user_id)


def list_groups(store: Engine) -> list[Group]:
    """Every group, by name."""
    return all_groups(store)


def find_group(store: Engine, group_id: str) -> Group:
    """The group of that id. Errors: NotFoundError"""
    return _there(group_of(store, group_id), "group", group_id)


def provision_group(store: Engine, name: str, external_id: str | None, members: Iterable[str]) -> Group:
    """A new group. members: user ids

    Errors  ExistsError where the name or the external id is that of another; KinfolkError for a member who is no user
    """
    _may_be_called(store, None, name, external_id)
    return add_group(store, name, external_id, _users(store, members))


def change_provisioned_group(
    store: Engine, group_id: str, name: str, external_id: str | None, members: Iterable[str]
) -> Group:
    """The group as changed. Errors: as `provision_group`; NotFoundError where there is no such group"""
    find_group(store, group_id)
    _may_be_called(store, group_id, name, external_id)
    change_group(store, group_id, _users(store, members), name=name, external_id=external_id)
    return find_group(store, group_id)


def remove_provisioned_group(store: Engine, group_id: str) -> None:
    """Removes the group, not the people in it. Errors: NotFoundError"""
    if not remove_group(store, group_id):
        raise _missing("group", group_id)


def _may_have(store: Engine, user_id: str | None, email: str, external_id: str | None) -> None:
    if not 0 < len(email.strip()) <= _LONGEST:
        raise KinfolkError(f"A user needs an address to sign in with, of at most {_LONGEST} characters.")
    if (other := user_by_email(store, email)) and other.user_id != user_id:
        raise _taken("address", email)
    if external_id and (other := user_by_external_id(store, external_id)) and other.user_id != user_id:
        raise _taken("external id", external_id)


def _may_be_called(store: Engine, group_id: str | None, name: str, external_id: str | None) -> None:
    if not 0 < len(name.strip()) <= _LONGEST:
        raise KinfolkError(f"A group needs a name, of at most {_LONGEST} characters.")
    others = [group for group in all_groups(store) if group.group_id != group_id]
    if name in {group.name for group in others}:
        raise _taken("name", name)
    if external_id and external_id in {group.external_id for group in others}:
        raise _taken("external id", external_id)


def _users(store: Engine, members: Iterable[str]) -> set[str]:
    wanted = set(members)
    if strangers := wanted - {user.user_id for user in all_users(store)}:
        raise KinfolkError(f"There is no user `{min(strangers)}` who could be a member.")
    return wanted


def _there(found: _Kind | None, kind: str, which: str) -> _Kind:
    if found is None:
        raise _missing(kind, which)
    return found


def _missing(kind: str, which: str) -> NotFoundError:
    return NotFoundError(f"There is no {kind} `{which}`.")


def _taken(what: str, value: str) -> ExistsError:
    return ExistsError(f"The {what} `{value}` is taken.")
