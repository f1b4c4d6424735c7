"""Beside whom a denial is written down too, so that it is not lost when a source is renamed or an address changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kinfolk.commands.consent.subjects import EMAIL, PHONE, RECORD
from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import column, query, table
from kinfolk.model.consent import FORBIDDING, Saying, Subject
from kinfolk.tables.staging import RECORDS

Beside = dict[Subject, set[Subject]]


def beside(reader: Reader | None, subjects: Collection[Subject]) -> Beside:
    """Of a record its addresses and numbers, of an address or number the records that have it, as published."""
    found: Beside = {subject: set() for subject in subjects}
    if reader is None or not found:
        return found
    for kind in (EMAIL, PHONE):
        tree = query(
            "select source, record_id, cast($value as varchar) from r where $value is not null "
            "and (record_id in ($ids) or cast($value as varchar) in ($values))",
            value=column(kind, "r"),
            r=table(RECORDS.name),
            ids=_values(subjects, RECORD),
            values=_values(subjects, kind),
        )
        for source, record_id, value in reader.read(tree).rows:
            record, held = Subject(RECORD, record_id, source), Subject(kind, value)
            if record in found:
                found[record].add(held)
            if held in found:
                found[held].add(record)
    return found


def carried(act: list[Saying], known: Beside) -> list[Saying]:
    """The act, and behind it every denial of it once more for whom it is written down beside those who said it."""
    spoke = {said.subject for said in act}
    more = dict.fromkeys(
        replace(said, subject=other, carried=True)
        for said in act
        if said.choice in FORBIDDING
        for other in sorted(known.get(said.subject, set()) - spoke, key=str)
    )
    return [*act, *more]


def _values(subjects: Collection[Subject], kind: str) -> list[str]:
    return sorted({subject.value for subject in subjects if subject.kind == kind}) or [""]
