"""Which record somebody names, as source:id."""

from __future__ import annotations

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.errors import NotFoundError
from kinfolk.model.decision import Named
from kinfolk.tables import identity


def record_named(reader: Reader, asked: str) -> Named:
    """The record source:id, there now or once. Errors: NotFoundError when nobody has ever seen it."""
    source, colon, record_id = asked.partition(":")
    if not colon:
        raise NotFoundError(f"{asked} is no record.", hint="Records are named source:id, as `kinfolk show` lists them.")
    both = [
        query("select source, record_id from m", m=table(name))
        for name in (identity.MEMBERS.name, identity.FORMER_MEMBERS.name)
        if reader.present(name)
    ]
    known = query(
        "select count(*) from ($m) as m where source = $source and record_id = $id",
        m=union_by_name(both),
        source=source,
        id=record_id,
    )
    if not reader.read(known).rows[0][0]:
        raise NotFoundError(
            f"No record {asked} is there, or ever was.",
            hint="Records are named source:id, as `kinfolk show` lists them.",
        )
    return source, record_id
