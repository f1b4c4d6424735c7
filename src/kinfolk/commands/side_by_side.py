"""Two records beside each other, field by field: what both say, where they differ, and how much that tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kinfolk.commands.explain import Explained, Record, read_explained
from kinfolk.commands.open_project import Where, open_project
from kinfolk.commands.records import values_of
from kinfolk.engine.reader import reading


@dataclass(frozen=True)
class Row:
    """One field. bits: what it says for (or, below 0, against) one customer; None where it says nothing"""

    field: str
    first: str | None
    second: str | None
    level: str | None
    bits: float | None

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        return self.first is not None and self.second is not None and self.first != self.second


@dataclass(frozen=True)
class Beside:
    """Two records, and their fields, those that say most first. widest: bits of the first of them"""

    explained: Explained
    first: Record
    second: Record
    rows: list[Row]
    widest: float


def side_by_side(where: Where, first: str, second: str) -> Beside:
    """The two records, each given as source:id. Errors: NotFoundError for one that is not there"""
    project = open_project(where)
    with reading(project.state) as reader:
        found = read_explained(reader, project, first, second)
        a, b = sorted((found.first, found.second), key=lambda record: record.record_no)  # as the evidence has them
        told = values_of(reader, (a.record_no, b.record_no))
    evidence = {field.column: field for field in found.evidence.fields}
    rows = []
    for name in dict.fromkeys([*evidence, *told[a.record_no], *told[b.record_no]]):
        said = evidence.get(name)
        one, other = (_text(told[record.record_no].get(name)) for record in (a, b))
        rows.append(Row(name, one, other, said.level if said else None, said.bits + said.rarity if said else None))
    rows.sort(key=lambda row: -abs(row.bits or 0))
    return Beside(found, a, b, rows, max((abs(row.bits or 0) for row in rows), default=0) or 1.0)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
