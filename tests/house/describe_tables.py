"""What is wrong with the promises in kinfolk.tables; run in a fresh Python by checkout_rules."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kinfolk.tables.table import Erasure, Table
from scripts.make_reference import every_table


def wrong_with(table: Table) -> Iterator[str]:
    """What the table's promise lacks, in words."""
    columns = [column.name for column in table.columns]
    if not table.grain.strip():
        yield "has no grain"
    if not table.keys and "one row" not in table.grain:
        yield "has no keys, and its grain does not say that it is one row"
    yield from (f"has a key {key} that is no column" for key in table.keys if key not in columns)
    if table.subject is not None and table.subject not in columns:
        yield f"has a subject {table.subject} that is no column"
    if table.subject is not None and table.erasure is Erasure.KEEP:
        yield "leads to a person but is kept when the person is erased"
    if table.subject is None and table.erasure is Erasure.DELETE_ROWS:
        yield "is to lose a person's rows but has no column that leads to a person"
    if len(set(columns)) < len(columns):
        yield "names a column twice"
    yield from (f"does not say what its column {c.name} is about" for c in table.columns if not c.about.strip())


def main() -> None:
    """Print every table's name and what is wrong with it, as JSON."""
    tables = every_table()
    names = [table.name for table in tables]
    answer = [{"name": t.name, "wrong": list(wrong_with(t))} for t in tables]
    answer += [{"name": name, "wrong": ["is declared twice"]} for name in set(names) if names.count(name) > 1]
    print(json.dumps(answer))
