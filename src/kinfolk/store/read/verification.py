"""Whether the ledger of consents is what was written, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import Any

from sqlalchemy import Column, Connection, Engine, Label, Row, Select, String, Table, func, select, type_coerce

from kinfolk.model.consent import Erasure, Verified
from kinfolk.store import chain
from kinfolk.store.read.consents import at_one_moment, entry_of, head_of, whole
from kinfolk.store.schema import Moment, consent_erasures, consent_ledger, consent_subjects

_SHOWN = 12  # characters of a link in a sentence
_TEXT = "_text"  # how a column ends that has a moment as it is written
_ODD = (ValueError, TypeError, KeyError)  # what a value raises that is of no type its column has


def verify(engine: Engine, kept: Mapping[int, str] | None = None) -> Verified:
    """Whether every row is as it was written and where it was written, and none is missing.

    kept  links that were written down elsewhere, by the number of their row; the first characters will do
    """
    walk = _Walk(dict(kept or {}))
    with at_one_moment(engine) as connection:
        said = _each(connection, whole().add_columns(*_as_texts(consent_ledger)), consent_ledger.c.seq)
        erasures = _each(connection, select(consent_erasures, *_as_texts(consent_erasures)), consent_erasures.c.seq)
        for seq, row in merge(said, erasures, key=lambda found: found[0]):
            walk.step(seq, row)
        promised, last = head_of(connection)
        strays = select(func.count()).where(consent_subjects.c.seq.not_in(select(consent_ledger.c.seq)))
        if connection.execute(strays).scalar_one():
            walk.problems.append("Somebody is named for a row that is not there.")
    walk.end(promised, last)
    return Verified(walk.entries, walk.opened, len(walk.nameless), walk.last, walk.before, tuple(walk.problems))


@dataclass
class _Walk:
    """From one row of the ledger to the next. kept: links that are still to be met; nameless: rows that name nobody"""

    kept: dict[int, str]
    before: str = chain.BEGINNING
    last: int = 0
    entries: int = 0
    opened: int = 0
    named: set[int] = field(default_factory=set)
    nameless: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def step(self, seq: int, row: Row[Any] | None) -> None:
        """Takes the next row; None where its values cannot be read."""
        expected = self.last + 1
        moved = seq != expected
        if moved:
            missing = f"Row {expected} is" if seq <= expected + 1 else f"Rows {expected} to {seq - 1} are"
            self.problems.append(f"{missing} missing." if seq > expected else f"There are two rows {seq}.")
        try:
            link = self._link(row, moved=moved) if row is not None else None
        except _ODD:
            link = None
        if link is None:
            self.problems.append(f"Row {seq} holds a value that was never written there.")
        wanted = self.kept.pop(seq, None)
        if wanted is not None and not (link or "").startswith(wanted):
            self.problems.append(f"Row {seq} is not the one whose link was kept ({wanted[:_SHOWN]}…).")
        self.before, self.last = link or self.before, seq

    def end(self, promised: int, last: str) -> None:
        """After the last row."""
        if (promised, last) != (self.last, self.before):
            ended = f"The ledger ended with row {promised} ({str(last)[:_SHOWN]}…)"
            self.problems.append(f"{ended}, and now ends with row {self.last}.")
        for seq, link in sorted(self.kept.items()):
            self.problems.append(f"Row {seq}, whose link was kept ({link[:_SHOWN]}…), is missing.")
        self.problems += [
            f"Row {seq} names nobody, and no erasure of it was written down."
            for seq in sorted(self.nameless - self.erased)
        ]
        self.problems += [f"Row {seq} was erased, and names somebody." for seq in sorted(self.erased & self.named)]

    def _link(self, row: Row[Any], *, moved: bool) -> str:
        made = self._erasure(row) if "erased_at" in row._fields else self._said(row)
        if made != row.chain and not moved:
            self.problems.append(f"Row {row.seq} is not what was written after row {row.seq - 1}.")
        if _otherwise_written(row):
            self.problems.append(f"Row {row.seq} holds a moment that is written as none is, and found at another.")
        return str(row.chain)

    def _said(self, row: Row[Any]) -> str:
        self.entries += 1
        found = entry_of(row)
        (self.nameless if found.erased else self.named).add(found.seq)
        if not found.erased:
            if chain.commitment(row.salt, found.saying) == row.commitment:
                self.opened += 1
            else:
                self.problems.append(f"Row {row.seq} was written about somebody else, or with another proof.")
        numbers = row.seq, row.part_of
        return chain.link(self.before, numbers, row.recorded_at, found.saying, row.commitment)

    def _erasure(self, row: Row[Any]) -> str:
        erasure = Erasure(row.seq, row.erased_at, tuple(json.loads(row.rows)), row.erased_by, row.reason)
        self.erased |= set(erasure.rows)
        return chain.erasure_link(self.before, erasure)


def _as_texts(described: Table) -> list[Label[str]]:
    """Its moments as the text that they are in the file: it is texts that SQL compares."""
    return [type_coerce(c, String).label(c.name + _TEXT) for c in described.columns if isinstance(c.type, Moment)]


def _otherwise_written(row: Row[Any]) -> bool:
    """Whether a moment of it is the right one in other characters than it was written in."""
    found = row._mapping
    pairs = ((found[name], found[name + _TEXT]) for name in row._fields if name + _TEXT in row._fields)
    return any(text != (m.replace(tzinfo=None).isoformat(" ", "microseconds") if m else None) for m, text in pairs)


def _each(connection: Connection, tree: Select[Any], seq: Column[int]) -> Iterator[tuple[int, Row[Any] | None]]:
    """Each row with its number, in order; None where a value of it is of no type that its column has."""
    at = -1 << 62
    while True:
        try:
            for row in connection.execute(tree.where(seq > at).order_by(seq)):
                yield row.seq, row
                at = row.seq
            return
        except _ODD:  # the row after the last that could be read
            at = connection.execute(select(func.min(seq)).where(seq > at)).scalar_one()
            yield at, None
