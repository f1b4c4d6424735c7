"""Groups of people who can sign in."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import ColumnElement, Engine, select, true

from kinfolk.model.access import Group
from kinfolk.store.schema import group_members, groups


def all_groups(engine: Engine) -> list[Group]:
    """Every group with its members, by name."""
    return _groups(engine, true())


def group_of(engine: Engine, group_id: str) -> Group | None:
    """The group of that id."""
    return next(iter(_groups(engine, groups.c.group_id == group_id)), None)


def groups_of_user(engine: Engine, user_id: str) -> tuple[str, ...]:
    """The names of the groups that somebody is in, sorted."""
    names = select(groups.c.name).join(group_members).where(group_members.c.user_id == user_id)
    with engine.connect() as connection:
        return tuple(sorted(connection.execute(names).scalars()))


def _groups(engine: Engine, which: ColumnElement[bool]) -> list[Group]:
    belonging = select(group_members).join(groups).where(which).order_by(group_members.c.user_id)
    members = defaultdict(list)
    with engine.connect() as connection, connection.begin():
        rows = connection.execute(select(groups).where(which).order_by(groups.c.name)).mappings().all()
        for group_id, user_id in connection.execute(belonging):
            members[group_id].append(user_id)
    return [Group(**row, members=tuple(members[row["group_id"]])) for row in rows]
