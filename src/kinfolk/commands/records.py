"""Records of people: which one somebody names, as source:id, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.errors import NotFoundError
from kinfolk.model.decision import Named
from kinfolk.tables import identity, staging


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


def values_of(reader: Reader, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What records say: number -> column -> value, of those that are known; what is ours alone is left out."""
    tree = query(
        "select * from records where record_no in ($numbers)",
        records=table(staging.RECORDS.name),
        numbers=list(numbers) or [None],
    )
    return {
        row["record_no"]: {name: value for name, value in row.items() if value is not None and name not in _OURS}
        for row in reader.read(tree).dicts()
    }


_OURS = ("source", "record_id", "record_no", "observed_at", staging.UNREAD.name)
