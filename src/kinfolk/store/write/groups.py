"""Adding groups, changing who is in them, and removing them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, update

from kinfolk.model.access import Group
from kinfolk.store.database import writing
from kinfolk.store.schema import group_members, groups


def add_group(engine: Engine, name: str, external_id: str | None, members: Iterable[str]) -> Group:
    """A new group. members: user ids"""
    now = datetime.now(UTC)
    group = Group(uuid.uuid4().hex, name, now, now, external_id, tuple(sorted(set(members))))
    row = {"group_id": group.group_id, "name": name, "external_id": external_id}
    with writing(engine) as connection:
        connection.execute(insert(groups).values(**row, created_at=now, updated_at=now))
        _put(connection, group.group_id, group.members)
    return group


def change_group(engine: Engine, group_id: str, members: Iterable[str], **changed: Any) -> None:
    """Gives the group these members (user ids) instead of those it has, and changes other fields of Group."""
    with writing(engine) as connection:
        row = {**changed, "updated_at": datetime.now(UTC)}
        connection.execute(update(groups).where(groups.c.group_id == group_id).values(**row))
        connection.execute(delete(group_members).where(group_members.c.group_id == group_id))
        _put(connection, group_id, members)


def remove_group(engine: Engine, group_id: str) -> bool:
    """Removes the group, not the people in it; False where there is none."""
    with writing(engine) as connection:
        return connection.execute(delete(groups).where(groups.c.group_id == group_id)).rowcount == 1


def _put(connection: Connection, group_id: str, members: Iterable[str]) -> None:
    rows = [{"group_id": group_id, "user_id": user_id} for user_id in sorted(set(members))]
    if rows:
        connection.execute(insert(group_members), rows)
