"""What changed between two published states, worked out the slow and obvious way: two dictionaries, row beside row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, table

Row = dict[str, Any]
State = Mapping[str, list[Row]]


def published_rows(state: Path) -> dict[str, list[Row]]:
    """Every published table, each row a dictionary."""
    with reading(state) as reader:
        return {name: reader.read(query("select * from found", found=table(name))).dicts() for name in reader.published}


def row_changes(before: Sequence[Row], after: Sequence[Row], keys: Sequence[str]) -> tuple[int, int, int]:
    """Rows added, changed and removed; without keys a changed row is one removed and one added."""
    if not keys:
        old, new = (Counter(map(_whole, rows)) for rows in (before, after))
        return (new - old).total(), 0, (old - new).total()
    old_rows, new_rows = ({tuple(row[k] for k in keys): _whole(row) for row in rows} for rows in (before, after))
    changed = sum(old_rows[key] != new_rows[key] for key in old_rows.keys() & new_rows.keys())
    return len(new_rows.keys() - old_rows.keys()), changed, len(old_rows.keys() - new_rows.keys())


def fates(before: Sequence[Row], after: Sequence[Row]) -> dict[str, int]:
    """Customers merged, split, vanished and created, from the rows of identity.members."""
    was, will = ({(r["source"], r["record_id"]): r["customer_id"] for r in rows} for rows in (before, after))
    came_from, went_to = defaultdict(set), defaultdict(set)
    for record in was.keys() & will.keys():
        came_from[will[record]].add(was[record])
        went_to[was[record]].add(will[record])
    return {
        "merged": sum(len(ids) > 1 for ids in came_from.values()),
        "split": sum(len(ids) > 1 for ids in went_to.values()),
        "vanished": len(set(was.values()) - went_to.keys()),
        "created": len(set(will.values()) - came_from.keys()),
    }


def _whole(row: Row) -> tuple[tuple[str, str], ...]:
    """A row to compare by: a column that is empty is as good as none."""
    return tuple(sorted((column, repr(value)) for column, value in row.items() if value is not None))
